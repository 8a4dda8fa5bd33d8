//! The planner from outside: plans of random clusters, and the check of plans that are wrong on purpose.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod check;
mod cluster;
mod properties;
