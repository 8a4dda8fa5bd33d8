//! The generated cluster dumps, against the figures that were written down when they were made.
//! The smallest stands among the fixtures; the others are tested where they stand beside the repository.

use std::path::PathBuf;

use cluster::ClusterState;
use model::{Lifecycle, Provider, Resources, WorkloadKind};

use crate::support::{anywhere_8, dump, name, shared};

struct Figures {
    nodes: usize,
    spot: usize,
    pods: usize,
    workloads: usize,
    /// Requested over allocatable, in tenths of a percent.
    cpu: i64,
    memory: i64,
    nodes_below_20_percent: usize,
    provider: Provider,
}

fn check(state: &ClusterState, expected: &Figures) {
    let counts = state.counts();
    assert_eq!((counts.nodes, counts.pods), (expected.nodes, expected.pods));
    assert_eq!(state.nodes().filter(|node| node.lifecycle == Lifecycle::Spot).count(), expected.spot);
    assert!(state.nodes().all(|node| node.provider == expected.provider));
    assert_eq!(state.unschedulable_pods().count(), 3);
    let counted = state.workloads().filter(|workload| match workload.key.kind {
        WorkloadKind::Deployment | WorkloadKind::StatefulSet | WorkloadKind::CronJob => true,
        WorkloadKind::Job => workload.owner.is_none(),
        _ => false,
    });
    assert_eq!(counted.count(), expected.workloads);

    let requested = state.requested_by_node();
    let allocatable: Resources = state.nodes().map(|node| &node.allocatable).sum();
    let all: Resources = requested.values().sum();
    let tenths = |part: i64, whole: i64| (part * 2_000 / whole + 1) / 2;
    assert_eq!(tenths(all.cpu_milli, allocatable.cpu_milli), expected.cpu);
    assert_eq!(tenths(all.memory_bytes, allocatable.memory_bytes), expected.memory);
    let below = state.nodes().filter(|node| {
        let none = Resources::default();
        let on_it = requested.get(&*node.name).unwrap_or(&none);
        on_it.cpu_milli * 5 < node.allocatable.cpu_milli
            && on_it.memory_bytes * 5 < node.allocatable.memory_bytes
    });
    assert_eq!(below.count(), expected.nodes_below_20_percent);
}

fn snapshot(file: &str, expected: &Figures) {
    if let Some(path) = shared(&format!("snapshots/{file}.json.gz")) {
        check(&dump(&[path]), expected);
    }
}

const ANYWHERE_8: Figures = Figures {
    nodes: 8,
    spot: 0,
    pods: 145,
    workloads: 39,
    cpu: 353,
    memory: 327,
    nodes_below_20_percent: 3,
    provider: Provider::Other,
};

#[test]
fn anywhere() {
    let state = dump(&[anywhere_8()]);
    check(&state, &ANYWHERE_8);
    assert_eq!(state.namespaces().len(), 21);
    assert_eq!(state.disruption_budgets().len(), 11);
    assert_eq!((state.volumes().len(), state.claims().len(), state.storage_classes().len()), (8, 9, 2));
    assert_eq!(state.autoscalers().count(), 3);
}

#[test]
fn anywhere_has_its_odd_objects() {
    let state = dump(&[anywhere_8()]);
    assert!(state.pod(&name("checkout/basket-api-257fbf2f9-stl55")).unwrap().is_terminating());
    assert!(!state.node("worker-03.dc1.example.internal").unwrap().is_ready());
    assert!(state.node("worker-02.dc1.example.internal").unwrap().unschedulable);
    assert!(state.node("worker-01.dc1.example.internal").unwrap().keep().removal_disabled);
    let pods_of = |workload: &str| {
        let by_workload = state.pods_by_workload();
        let found = by_workload.iter().find(|(key, _)| key.to_string() == workload);
        found.map(|(_, pods)| pods.iter().map(|&pod| pod.clone()).collect::<Vec<_>>()).unwrap_or_default()
    };
    assert!(pods_of("data/deployment/etl-coordinator").iter().all(|pod| pod.keep.do_not_disrupt));
    assert!(pods_of("ci/deployment/runner").iter().all(|pod| pod.keep.not_safe_to_evict));
    assert!(pods_of("ml/deployment/feature-cache").iter().all(|pod| pod.keep.removal_disabled));
    assert!(pods_of("search/deployment/index-warmer").iter().all(|pod| pod.keep.removal_disabled));
    assert!(pods_of("ingress/deployment/edge-proxy").iter().all(|pod| pod.spec.host_ports[0].port == 8443));
    assert!(pods_of("search/deployment/scratch-cache").iter().all(|pod| pod.spec.empty_dir));
    assert!(pods_of("platform/deployment/legacy-shipper").iter().all(|pod| pod.spec.host_path));
    assert!(
        pods_of("ml/deployment/inference")
            .iter()
            .all(|pod| pod.spec.requests.extended("nvidia.com/gpu") == 1)
    );
    assert_eq!(pods_of("platform/deployment/dns-cache")[0].spec.topology_spread[0].max_skew, 1);
    let naked = pods_of("default/pod/debug-shell");
    assert_eq!(naked.len(), 1);
    let control_plane = state.nodes().find(|node| node.is_control_plane()).unwrap();
    assert_eq!(pods_of(&format!("kube-system/node/{}", control_plane.name)).len(), 4, "static pods");
    let evicted = state.pod(&name("growth/audit-cache-5dc747b79-vjjdk")).unwrap();
    assert_eq!((evicted.is_finished(), evicted.reason.as_deref()), (true, Some("Evicted")));
}

#[test]
fn eks() {
    snapshot(
        "eks-60",
        &Figures {
            nodes: 60,
            spot: 16,
            pods: 1_517,
            workloads: 151,
            cpu: 454,
            memory: 385,
            nodes_below_20_percent: 5,
            provider: Provider::Aws,
        },
    );
}

#[test]
fn eks_with_metrics() {
    let paths = ["snapshots/eks-60.json.gz", "snapshots/eks-60.metrics.json.gz"].map(shared);
    let Some(paths) = paths.into_iter().collect::<Option<Vec<PathBuf>>>() else { return };
    let state = dump(&paths);
    let backwards = dump(&paths.into_iter().rev().collect::<Vec<_>>());
    assert!(state == backwards, "the order of the files does not matter");
    let used = state.used_by_node();
    assert!(state.counts().measured_pods > 1_000);
    assert!(used.values().all(|node| node.cpu_milli > 0 && node.memory_bytes > 0));
}

#[test]
fn gke() {
    snapshot(
        "gke-25",
        &Figures {
            nodes: 25,
            spot: 6,
            pods: 592,
            workloads: 63,
            cpu: 492,
            memory: 399,
            nodes_below_20_percent: 5,
            provider: Provider::Gcp,
        },
    );
}

#[test]
fn karpenter() {
    snapshot(
        "karpenter-120",
        &Figures {
            nodes: 120,
            spot: 46,
            pods: 3_022,
            workloads: 301,
            cpu: 487,
            memory: 348,
            nodes_below_20_percent: 12,
            provider: Provider::Aws,
        },
    );
}
