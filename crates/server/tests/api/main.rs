//! The server as its users meet it: over HTTP, on a port of its own, with a real store.
//!
//! `harness` starts servers and checks every answer against the published document; the other modules
//! hold the tests, one per area of what a user would notice.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod actions;
mod agent;
mod audit;
mod autoscaler;
mod cluster_credentials;
mod clusters;
mod connected;
mod crash;
mod default_node_template;
mod disconnection;
mod document;
mod evictor_config;
mod harness;
mod instance_types;
mod inventory;
mod invitations;
mod key_secrecy;
mod keys;
mod members;
mod node_configuration;
mod node_configuration_default;
mod node_template;
mod nodes;
mod permissions;
mod plan;
mod prices;
mod process;
mod rebalancing_execution;
mod rebalancing_job;
mod rebalancing_plan;
mod rebalancing_readiness;
mod rebalancing_schedule;
mod sessions;
mod simulation;
mod transport;
