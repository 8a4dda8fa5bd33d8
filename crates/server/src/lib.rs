//! The `supercargo` binary, as a library so that tests can start servers.
//!
//! Where to look: [`cli`] for commands, [`serve`] for what a server is made of, [`http`] for the
//! router and the wire, [`auth`] for keys and permissions, [`api`] for operations by area, [`app`]
//! for what they do, [`cost`] for money. A handler holds no SQL and no policy.

pub mod api;
pub mod app;
pub mod auth;
pub mod cli;
pub mod cost;
pub mod http;
pub mod metrics;
pub mod serve;
