//! Deltas become cluster state, and questions about it are answered.
//!
//! [`decode_delta`] reads what the agent sends into a staged [`Delta`]; [`ClusterState::apply`] takes it over and
//! cannot fail, so that a broken delta never leaves half of itself behind. [`DumpReader`] makes the
//! same state from what `kubectl get -o json` prints. Both keep one copy of what replicas share.
//!
//! This crate decides nothing: no sequence of deltas, no prices, no placement. It does no I/O but
//! reading from what it is given.

mod codec;
mod delta;
mod dump;
mod objects;
mod queries;
mod state;
mod table;

pub use codec::{DecodeError, EncodeError};
pub use delta::{Delta, decode_delta};
pub use dump::{DumpError, DumpReader};
pub use queries::{Counts, NodeUsage};
pub use state::ClusterState;
pub use wire::delta::{DeltaError, DeltaHead, Skipped, gunzip};
