//! What holds in every cluster at every moment, whatever happens in it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sim::world::World;
use sim::world::meta::Id;
use sim::world::template::Resources;
use sim::{Cluster, Provider};

use super::{after, start, troubled};

/// Longest time from a node's end until the pod collector has removed its pods, in seconds.
const COLLECTOR_SECONDS: i64 = 60;

fn within_allocatable(world: &World) {
    let mut asked: BTreeMap<Id, (Resources, u64)> = BTreeMap::new();
    for pod in world.pods.values().filter(|pod| !pod.is_finished()) {
        if let Some(placement) = &pod.placement {
            let entry = asked.entry(placement.node).or_default();
            entry.0 = entry.0.plus(pod.template.effective_requests());
            entry.1 += 1;
        }
    }
    for (id, node) in &world.nodes {
        let (sum, pods) = asked.get(id).copied().unwrap_or_default();
        assert_eq!((node.used, node.active_pods), (sum, pods), "the sums of {}", node.meta.name);
        assert_eq!(sum.max(node.allocatable), node.allocatable, "{} holds too much", node.meta.name);
        assert!(pods <= node.machine.max_pods, "{} holds too many", node.meta.name);
    }
}

/// Node of every bound pod → the time since when it is missing.
fn nodes_exist(world: &World, missing: &mut BTreeMap<Id, i64>, second: i64) {
    let bound = world.pods.values().filter_map(|pod| pod.placement.as_ref());
    for placement in bound.filter(|placement| !world.nodes.contains_key(&placement.node)) {
        let since = *missing.entry(placement.node).or_insert(second);
        assert!(second - since <= COLLECTOR_SECONDS, "pods of {} were never collected", placement.node_name);
    }
}

fn watch(mut cluster: Cluster, steps: i64) {
    let mut missing = BTreeMap::new();
    for step in 0..steps {
        cluster.advance(after(start(), step * 20));
        within_allocatable(cluster.world());
        nodes_exist(cluster.world(), &mut missing, step * 20);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn nodes_never_hold_more_than_they_have(seed in 0_u64..1_000_000, provider in 0_usize..4) {
        watch(troubled(Provider::ALL[provider], seed), 600);
    }
}

#[test]
fn the_demo_is_a_wasteful_shop() {
    let cluster = sim::demo_cluster(7, start());
    let counts = cluster.counts();
    assert_eq!(counts.nodes, 57);
    assert!((1_200..1_900).contains(&counts.pods), "{counts:?}");
    assert_eq!(counts.unbound_pods, 3, "the two solvers and the mainframe's bridge");
    let world = cluster.world();
    let all = world
        .nodes
        .values()
        .fold((0, 0), |sum, node| (sum.0 + node.used.cpu_milli, sum.1 + node.allocatable.cpu_milli));
    let percent = all.0 * 100 / all.1;
    assert!((30..65).contains(&percent), "{percent} % requested");
    let stuck = world.budgets.values().filter(|budget| world.standing(budget).allowed == 0).count();
    assert!(stuck >= 2, "{stuck} budgets allow nothing");
    let mut names: Vec<_> = world
        .workloads
        .values()
        .map(|workload| (workload.kind, &workload.meta.namespace, &workload.meta.name))
        .collect();
    let total = names.len();
    names.sort_by_key(|&(kind, namespace, name)| (kind, namespace, name));
    names.dedup();
    assert_eq!(names.len(), total, "names are unique");
    within_allocatable(world);
}
