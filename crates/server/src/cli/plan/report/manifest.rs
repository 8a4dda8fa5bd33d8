//! What a change costs, as scripts read it.

use std::collections::BTreeMap;

use model::{Money, WorkloadKey};
use planner::{Place, Plan};
use serde::Serialize;

use super::{NodeAfter, UnplacedPod, dollars, pod_name};
use crate::cli::plan::ask::Answer;
use crate::cli::plan::manifest::Change;

/// What a change to a cluster needs.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli::plan) struct ManifestReport {
    pub(in crate::cli::plan) before: Cost,
    pub(in crate::cli::plan) after: Cost,
    pub(in crate::cli::plan) adds: Adds,
    /// What the manifest makes.
    pub(in crate::cli::plan) workloads: Vec<WorkloadChange>,
    /// Nodes to buy on which pods of it are. Waiting pods may need them in any case.
    pub(in crate::cli::plan) new_nodes: Vec<NodeAfter>,
    /// Pods of it that go onto nodes that are there.
    pub(in crate::cli::plan) pods_on_existing_nodes: usize,
    /// Pods of it that go onto nodes that are bought.
    pub(in crate::cli::plan) pods_on_new_nodes: usize,
    /// Pods of it without a place.
    pub(in crate::cli::plan) unplaced: Vec<UnplacedPod>,
    pub(in crate::cli::plan) solve_seconds: f64,
}

/// All nodes, once waiting pods have theirs.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli::plan) struct Cost {
    #[serde(serialize_with = "dollars")]
    pub(in crate::cli::plan) cost_per_hour: Money,
    pub(in crate::cli::plan) nodes: usize,
}

/// What the change adds; negative where it needs less than before.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli::plan) struct Adds {
    #[serde(serialize_with = "dollars")]
    pub(in crate::cli::plan) per_hour: Money,
    #[serde(serialize_with = "dollars")]
    pub(in crate::cli::plan) per_month: Money,
    pub(in crate::cli::plan) nodes: i64,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli::plan) struct WorkloadChange {
    pub(in crate::cli::plan) workload: String,
    pub(in crate::cli::plan) kind: String,
    /// Pods that come.
    pub(in crate::cli::plan) pods: usize,
    /// Pods of it that go.
    pub(in crate::cli::plan) replaces: usize,
}

impl ManifestReport {
    pub(in crate::cli::plan) fn new(change: &Change, before: &Plan, answer: &Answer) -> Self {
        let (input, after) = (&change.input, &answer.plan);
        let is_new = |pod: &usize| change.pods.contains_key(pod);
        let (mut new_nodes, mut pods_on_existing_nodes, mut pods_on_new_nodes) = (Vec::new(), 0, 0);
        for node in &after.nodes {
            let pods = node.pods.iter().filter(|pod| is_new(pod)).count();
            match node.place {
                Place::Existing(_) => pods_on_existing_nodes += pods,
                Place::New { .. } if pods > 0 => {
                    pods_on_new_nodes += pods;
                    new_nodes.push(NodeAfter::new(input, node));
                }
                Place::New { .. } => {}
            }
        }
        // DaemonSets' pods are not in a plan: they belong to their nodes.
        let of_daemons = change.pods.values().filter(|key| key.kind == model::WorkloadKind::DaemonSet);
        pods_on_existing_nodes += of_daemons.count();
        let mut workloads = BTreeMap::<&WorkloadKey, (usize, usize)>::new();
        for key in change.pods.values() {
            workloads.entry(key).or_default().0 += 1;
        }
        for (key, _) in &change.without_room {
            workloads.entry(key).or_default().0 += 1;
        }
        for (key, replaced) in &change.replaced {
            workloads.entry(key).or_default().1 = *replaced;
        }
        let unplaced = after.unplaced.iter().filter(|one| is_new(&one.pod));
        let unplaced = unplaced
            .map(|one| UnplacedPod { pod: pod_name(input, one.pod), reason: one.verdict.to_string() })
            .chain(change.without_room.iter().map(|(key, node)| UnplacedPod {
                pod: format!("{}/{} on {node}", key.namespace, key.name),
                reason: "its node has no room for it".to_owned(),
            }));
        let count = |nodes: usize| i64::try_from(nodes).unwrap_or(i64::MAX);
        let adds = after.after - before.after;
        Self {
            before: Cost { cost_per_hour: before.after, nodes: before.nodes.len() },
            after: Cost { cost_per_hour: after.after, nodes: after.nodes.len() },
            adds: Adds {
                per_hour: adds,
                per_month: adds.per_month(),
                nodes: count(after.nodes.len()) - count(before.nodes.len()),
            },
            workloads: workloads
                .into_iter()
                .map(|(key, (pods, replaces))| WorkloadChange {
                    workload: format!("{}/{}", key.namespace, key.name),
                    kind: key.kind.to_string(),
                    pods,
                    replaces,
                })
                .collect(),
            new_nodes,
            pods_on_existing_nodes,
            pods_on_new_nodes,
            unplaced: unplaced.collect(),
            solve_seconds: answer.seconds,
        }
    }
}
