//! The same seed gives the same bytes.

use sim::{Informer, Provider};

use super::{after, start, troubled};

fn stream(seed: u64) -> Vec<Vec<u8>> {
    let (mut cluster, mut informer) = (troubled(Provider::Eks, seed), Informer::new());
    let mut bodies = vec![informer.full_snapshot(&mut cluster, "c", start())];
    for step in 1..=60 {
        let now = after(start(), step * 300);
        cluster.advance(now);
        bodies.push(informer.delta(&mut cluster, "c", now));
        informer.delivered();
    }
    bodies
}

#[test]
fn the_same_seed_gives_the_same_stream() {
    assert!(stream(5) == stream(5), "two runs of one seed differ");
    assert!(stream(5) != stream(6), "two seeds give one stream");
}

/// However finely time is cut, the same happens.
#[test]
fn how_often_one_looks_changes_nothing() {
    let mut coarse = troubled(Provider::Gke, 9);
    let mut fine = troubled(Provider::Gke, 9);
    for step in 1..=720 {
        fine.advance(after(start(), step * 10));
    }
    coarse.advance(after(start(), 7_200));
    let names = |cluster: &sim::Cluster| -> Vec<String> {
        cluster.world().pods.values().map(|pod| pod.meta.name.clone()).collect()
    };
    assert_eq!(names(&coarse), names(&fine));
}
