//! Simulated clusters and clouds on a virtual clock, and the in-cluster clients that speak for them.
//!
//! - [`Cluster`] is a discrete-event simulation of one cluster and the cloud under it. It is made
//!   from a [`scenario`] and a seed; nothing in it looks at the wall's clock, does I/O or draws from
//!   anything but the seed.
//! - [`Informer`] writes a cluster's changes as the bodies that the agent posts; [`Agent`] knows when, and
//!   what to do with the answers.
//! - [`Controller`] carries out what the server asks of the cluster; [`SpotHandler`] passes on what the cloud
//!   says of machines that it takes back.
//! - [`SimCloud`] is the cloud's API: a driver in process. [`cloud_server`] offers it to others, and
//!   [`cloud_client`] is the driver that asks them.
//! - [`http`] sends for those in the cluster. It and the two ends of the cloud's API do all I/O.

mod agent;
pub mod cloud_client;
pub mod cloud_server;
pub mod cluster;
mod controller;
pub mod http;
mod informer;
pub mod machine;
pub mod market;
mod objects;
pub mod protocol;
pub mod provider;
mod queue;
pub mod random;
pub mod scenario;
mod scheduler;
mod sim_cloud;
mod spot_handler;
mod subject;
pub mod time;
pub mod world;

use model::Timestamp;

pub use agent::{Agent, Rhythm};
pub use cluster::Cluster;
pub use controller::Controller;
pub use informer::{AGENT_VERSION, Informer};
pub use provider::Provider;
pub use sim_cloud::SimCloud;
pub use spot_handler::SpotHandler;
pub use subject::Subject;

/// The demo's cluster as it stood at `start`: about 60 nodes and 1,500 pods of a shop on EKS, priced by
/// the catalogue that is compiled in.
pub fn demo_cluster(seed: u64, start: Timestamp) -> Cluster {
    Cluster::new(&scenario::shop(seed), seed, start, Some(cloud::Catalog::builtin()))
}
