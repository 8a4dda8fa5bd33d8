//! Cluster state as a user of the crate meets it: recordings of the agent replayed, dumps read, bytes
//! stored and read back. One binary, so that it is linked once.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so; helpers of tests are no tests to clippy"
)]

mod dumps;
mod forms;
mod recordings;
mod reliability;
mod scheduling;
mod snapshots;
mod support;
