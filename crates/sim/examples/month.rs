//! A month of the demo's history, and how long it took.

use std::time::Instant;

use jiff::SignedDuration;
use model::Timestamp;

fn main() {
    let seed = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(7);
    let start: Timestamp = "2026-10-01T00:00:00Z".parse().unwrap_or(Timestamp::UNIX_EPOCH);
    let began = Instant::now();
    let mut cluster = sim::demo_cluster(seed, start);
    let mut informer = sim::Informer::new();
    let mut bytes = informer.full_snapshot(&mut cluster, "demo", start).len();
    informer.delivered();
    println!(
        "{:8.3} s  start: {:?} {:?}",
        began.elapsed().as_secs_f64(),
        cluster.counts(),
        cluster.cost_per_hour()
    );
    let mut simulated = std::time::Duration::ZERO;
    for hour in 1..=30 * 24 {
        let now = start.saturating_add(SignedDuration::from_hours(hour)).unwrap_or(start);
        let before = Instant::now();
        cluster.advance(now);
        simulated += before.elapsed();
        bytes += informer.delta(&mut cluster, "demo", now).len();
        informer.delivered();
        if hour % 72 == 0 {
            println!(
                "{:8.3} s  day {:2}: {:?} {:?}",
                began.elapsed().as_secs_f64(),
                hour / 24,
                cluster.counts(),
                cluster.cost_per_hour()
            );
        }
    }
    for pod in cluster.world().unbound().iter().filter_map(|id| cluster.world().pods.get(id)) {
        println!("{}/{} {:?}", pod.meta.namespace, pod.meta.name, pod.note);
    }
    println!(
        "{:8.3} s in all, {:.3} s of it the world; {} MB of deltas",
        began.elapsed().as_secs_f64(),
        simulated.as_secs_f64(),
        bytes / 1_000_000
    );
}
