//! What the unmodified agent sent to a server while a real Kubernetes API changed.

use cluster::ClusterState;
use model::{Lifecycle, Provider, WorkloadKind};

use crate::support::{apply, at, decode, exchange, name, recording};

/// The state after the exchanges up to and including this one.
fn state_after(number: &str) -> ClusterState {
    let mut state = ClusterState::new();
    for (exchange, body) in recording("agent-eks") {
        apply(&mut state, &body);
        if exchange == number {
            return state;
        }
    }
    panic!("no exchange {number}");
}

fn pods_of<'a>(state: &'a ClusterState, deployment: &str) -> Vec<&'a str> {
    let of_it = state.pods().filter(|pod| *state.workload_of(pod).name == *deployment);
    of_it.map(|pod| &*pod.name).collect()
}

#[test]
fn full_snapshot() {
    let body = exchange(&recording("agent-eks"), "0089");
    let delta = decode(&body);
    assert!(delta.is_full_snapshot());
    assert_eq!(delta.head.cluster_id, "5b2f7a34-0c1d-4e7b-9a53-6f1f0a7a4e01");
    assert_eq!(delta.head.cluster_version, "1.36.2");
    assert_eq!(delta.skipped, []);
    let mut state = ClusterState::new();
    state.apply(delta);

    let counts = state.counts();
    assert_eq!((counts.nodes, counts.pods, counts.namespaces), (12, 176, 22));
    assert_eq!(counts.measured_pods, 166);
    assert_eq!(counts.workloads, 52 + 80 + 8 + 7 + 4 + 4 + 1);
    assert_eq!(state.disruption_budgets().len(), 20);
    assert_eq!((state.volumes().len(), state.claims().len(), state.storage_classes().len()), (4, 8, 2));
    assert_eq!(state.node_storage().len(), 1);
    assert_eq!(state.last_full_snapshot(), Some(at(0)));
    assert!(state.nodes().all(|node| node.provider == Provider::Aws && node.is_ready()));

    let labelled = state.node("ip-10-0-2-35.ec2.internal").unwrap();
    assert_eq!(labelled.labels.get("scheduling.cast.ai/spot"), Some("true"));
    assert_eq!(labelled.labels.get("scheduling.cast.ai/fake-spot"), Some("true"));
    assert_eq!(labelled.lifecycle, Lifecycle::Spot);
    let memory = state.node("ip-10-0-1-14.ec2.internal").unwrap();
    assert_eq!(memory.capacity.memory_bytes, 15_155 << 20);
    assert_eq!(memory.allocatable.cpu_milli, 3_920);
    assert_eq!(&*memory.zone, "us-east-1b");
    assert_eq!(memory.pool.as_deref(), Some("general"));
}

#[test]
fn an_autoscaler_that_comes_in_two_versions_counts_once() {
    let state = state_after("0089");
    let autoscalers: Vec<_> = state.autoscalers().collect();
    assert_eq!(autoscalers.len(), 15);
    let digest = autoscalers.iter().find(|one| &*one.name == "digest-admin").unwrap();
    assert_eq!((digest.min_replicas, digest.max_replicas, digest.target_cpu_percent), (4, 27, Some(70)));
    assert_eq!(digest.target_kind, WorkloadKind::Deployment);
}

#[test]
fn a_heartbeat_changes_nothing_but_the_time() {
    let mut state = state_after("0092");
    let before = state.clone();
    let heartbeat = exchange(&recording("agent-eks"), "0095");
    state.apply(cluster::decode_delta(heartbeat.as_bytes(), at(15)).unwrap());
    assert_eq!((state.last_delta(), state.last_full_snapshot()), (Some(at(15)), Some(at(0))));
    assert_eq!(state.counts(), before.counts());
    assert!(state.pods().eq(before.pods()));
}

#[test]
fn a_deployment_is_created_scaled_and_loses_a_pod() {
    assert_eq!(pods_of(&state_after("0095"), "web-rec").len(), 0);
    let created = state_after("0098");
    assert_eq!(pods_of(&created, "web-rec").len(), 3);
    let pod = created.pod(&name("default/web-rec-69575856d5-j8vsd")).unwrap();
    assert_eq!(created.workload_of(pod).to_string(), "default/deployment/web-rec");
    assert_eq!(pods_of(&state_after("0104"), "web-rec").len(), 5);
    assert_eq!(pods_of(&state_after("0129"), "web-rec").len(), 2);

    let replaced = state_after("0132");
    let pods = pods_of(&replaced, "web-rec");
    assert_eq!(pods.len(), 2);
    assert!(pods.contains(&"web-rec-69575856d5-nhrzq") && !pods.contains(&"web-rec-69575856d5-8lf2r"));
}

#[test]
fn cordon_and_uncordon() {
    let cordoned = |state: &ClusterState| state.node("ip-10-0-1-11.ec2.internal").unwrap().unschedulable;
    assert!(!cordoned(&state_after("0132")));
    assert!(cordoned(&state_after("0135")));
    assert!(!cordoned(&state_after("0138")));
}

#[test]
fn a_namespace_comes_with_its_labels() {
    let state = state_after("0141");
    let recorded = state.namespaces().find(|namespace| &*namespace.name == "recorded").unwrap();
    assert_eq!(recorded.labels.get("team"), Some("rec"));
}

#[test]
fn objects_that_were_never_seen_can_be_deleted() {
    let (before, after) = (state_after("0141"), state_after("0144"));
    assert_eq!(before.counts(), after.counts());
}

#[test]
fn pods_outlive_their_node_for_a_while() {
    let gone = "ip-10-0-2-9.ec2.internal";
    let before = state_after("0144");
    let bound = before.pods_by_node()[gone].len();
    assert_eq!(bound, 11);
    let without_node = state_after("0147");
    assert!(without_node.node(gone).is_none());
    assert_eq!(without_node.pods_by_node()[gone].len(), bound);
    let collected = state_after("0178");
    assert!(!collected.pods_by_node().contains_key(gone));
}

#[test]
fn measurements_of_dead_pods_are_dropped_though_they_go_on_arriving() {
    let deleted = name("default/web-rec-69575856d5-8lf2r");
    let last = recording("agent-eks").into_iter().rfind(|(number, _)| number == "0184").unwrap().1;
    assert!(last.contains("web-rec-69575856d5-8lf2r"), "the agent still reports it");
    let state = state_after("0187");
    assert!(state.pod(&deleted).is_none());
    assert!(state.pods().all(|pod| state.usage(pod).is_none_or(|usage| usage.at >= pod.created_at)));
    assert!(state.counts().measured_pods <= state.counts().pods);
}

#[test]
fn removals_inside_a_full_snapshot_name_what_is_not_there() {
    let body = exchange(&recording("agent-resync"), "0088");
    assert_eq!(body.matches("\"event\":\"delete\"").count(), 29);
    let mut state = ClusterState::new();
    apply(&mut state, &body);
    let replica_sets = state.workloads().filter(|workload| workload.key.kind == WorkloadKind::ReplicaSet);
    assert!(replica_sets.into_iter().all(|workload| workload.replicas > 0));
    assert_eq!(state.counts().nodes, 11);
}

#[test]
fn unbound_pods_say_why() {
    let state = state_after("0089");
    let reasons: Vec<(String, String)> =
        state.unschedulable_pods().map(|(pod, reason)| (pod.name.to_string(), reason)).collect();
    assert!(reasons.iter().all(|(_, reason)| !reason.is_empty()));
    let of = |prefix: &str| &reasons.iter().find(|(pod, _)| pod.starts_with(prefix)).unwrap().1;
    assert!(of("mainframe-bridge").contains("node affinity/selector"), "{}", of("mainframe-bridge"));
    assert!(of("batch-solver").contains("Insufficient cpu"), "{}", of("batch-solver"));
}

#[test]
fn every_delta_can_be_applied_twice() {
    let (mut once, mut twice) = (ClusterState::new(), ClusterState::new());
    for (number, body) in recording("agent-eks") {
        apply(&mut once, &body);
        apply(&mut twice, &body);
        apply(&mut twice, &body);
        assert!(once == twice, "{number}");
    }
}

#[test]
fn a_budget_finds_its_pods() {
    let state = state_after("0089");
    let budget = state.disruption_budgets().find(|one| &*one.name == "payout-cache").unwrap();
    assert_eq!(budget.disruptions_allowed, 0);
    let pods: Vec<_> = state.pods_of_budget(budget).map(|pod| &*pod.name).collect();
    assert_eq!(pods.len(), budget.expected_pods as usize, "{pods:?}");
}
