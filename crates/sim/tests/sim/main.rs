//! What the simulator promises, at its public surface.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod agent;
mod cloud_api;
mod cloud_http;
mod controller;
mod determinism;
mod invariants;
mod replay;
mod scenario;
mod spot;

use jiff::SignedDuration;
use model::Timestamp;
use sim::Cluster;
use sim::provider::Provider;
use sim::scenario::{Dynamics, load_test};

/// When every test's cluster begins: a Monday.
fn start() -> Timestamp {
    "2026-11-02T10:30:00Z".parse().unwrap()
}

fn after(time: Timestamp, seconds: i64) -> Timestamp {
    time.saturating_add(SignedDuration::from_secs(seconds)).unwrap()
}

/// A small cluster in which much goes wrong.
fn troubled(provider: Provider, seed: u64) -> Cluster {
    let dynamics = Dynamics {
        rollout_every_hours: 1,
        reclaim_permille_per_hour: 150,
        silence_permille_per_hour: 400,
        growth_permille_per_day: 150,
        ..Dynamics::ORDINARY
    };
    Cluster::new(&load_test(provider, "troubled", 6, seed, dynamics), seed, start(), None)
}
