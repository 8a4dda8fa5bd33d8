//! The server as its users meet it: over HTTP, on a port of its own, with a real store.
//!
//! `harness` starts servers and checks every answer against the published document; the other modules
//! hold the tests, one per area of what a user would notice.

mod agent;
mod audit;
mod crash;
mod document;
mod harness;
mod inventory;
mod invitations;
mod key_secrecy;
mod keys;
mod members;
mod permissions;
mod prices;
mod process;
mod sessions;
mod transport;
