//! A small cluster's six hours, as text. Renew it with `UPDATE_GOLDEN=1 cargo test -p sim`.

use std::fmt::Write as _;

use sim::Provider;

use super::{after, start, troubled};

#[test]
fn six_troubled_hours() {
    let mut cluster = troubled(Provider::Eks, 4);
    let mut text = String::from("hour  nodes  ready  pods  waiting  requested cpu\n");
    for half_hour in 0..=12 {
        cluster.advance(after(start(), half_hour * 1_800));
        let (world, counts) = (cluster.world(), cluster.counts());
        let ready = world.nodes.values().filter(|node| node.ready).count();
        let (used, all) = world
            .nodes
            .values()
            .fold((0, 0), |sum, node| (sum.0 + node.used.cpu_milli, sum.1 + node.allocatable.cpu_milli));
        let _ = writeln!(
            text,
            "{:4.1} {:6} {ready:6} {:5} {:8} {:12} %",
            half_hour as f64 / 2.0,
            counts.nodes,
            counts.pods,
            counts.unbound_pods,
            used * 100 / all
        );
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sim/golden/six_troubled_hours.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(file, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(file).unwrap());
}
