//! What is odd about a cluster, or about what is known of it.

use std::collections::BTreeMap;

use cluster::ClusterState;
use serde::Serialize;

use crate::cli::cluster::NotListed;
use crate::cost::now::{Amounts, ClusterCost, NodeCost};

/// Something the reader of a report should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Warning {
    /// What kind of oddity it is; these words do not change.
    pub(super) kind: WarningKind,
    /// What it is about: names of nodes, pods or kinds of objects; none where it is the whole.
    pub(super) objects: Vec<String>,
    /// The oddity in a sentence.
    pub(super) message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum WarningKind {
    /// There is nothing to price.
    NoNodes,
    /// Nodes whose price is an estimate.
    UnpricedNodes,
    /// It is not known what pods use.
    NoMetrics,
    /// Objects that may not be listed or are not served.
    NotListed,
    /// Nodes whose kubelet does not report that they are ready.
    NodesNotReady,
    /// Nodes that take no new pods.
    CordonedNodes,
    /// Nodes of which hardly anything is requested.
    AlmostEmptyNodes,
    /// Pods bound to nodes that are not there.
    PodsOnUnknownNodes,
}

impl From<&NotListed> for Warning {
    fn from(one: &NotListed) -> Self {
        Self {
            kind: WarningKind::NotListed,
            objects: vec![one.objects.clone()],
            message: format!("not listed: {}", one.reason),
        }
    }
}

/// A node counts as almost empty below this many per cent of its CPU and of its memory.
const ALMOST_EMPTY_PERCENT: i64 = 20;

/// Looks for all of them.
pub(super) fn find(state: &ClusterState, cost: &ClusterCost) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if cost.nodes.is_empty() {
        warnings.push(Warning {
            kind: WarningKind::NoNodes,
            objects: Vec::new(),
            message: "no nodes: there is nothing to price".to_owned(),
        });
    } else if cost.pods().measured_pods == 0 {
        warnings.push(Warning {
            kind: WarningKind::NoMetrics,
            objects: Vec::new(),
            message: "no pod metrics: what pods use, and so what they waste, is not known".to_owned(),
        });
    }
    let mut warn = |kind, objects: Vec<String>, message: &dyn Fn(usize) -> String| {
        if !objects.is_empty() {
            let message = message(objects.len());
            warnings.push(Warning { kind, objects, message });
        }
    };
    let names = |wanted: &dyn Fn(&NodeCost) -> bool| -> Vec<String> {
        cost.nodes.iter().filter(|one| wanted(one)).map(|one| one.node.name.to_string()).collect()
    };
    let mut unpriced = BTreeMap::<String, Vec<String>>::new();
    for one in cost.nodes.iter().filter(|one| one.price.estimated) {
        unpriced.entry(machine(one)).or_default().push(one.node.name.to_string());
    }
    for (machine, nodes) in unpriced {
        warn(WarningKind::UnpricedNodes, nodes, &|count| {
            let verb = if count == 1 { "is" } else { "are" };
            format!("{count} {} ({machine}) {verb} priced by an estimate", plural(count, "node"))
        });
    }
    warn(WarningKind::NodesNotReady, names(&|one| !one.node.is_ready()), &|count| {
        format!("{} not ready", are(count, "node"))
    });
    warn(WarningKind::CordonedNodes, names(&|one| one.node.unschedulable), &|count| {
        format!("{} cordoned: no new pods", are(count, "node"))
    });
    warn(WarningKind::AlmostEmptyNodes, names(&is_almost_empty), &|count| {
        format!("of {count} {} less than {ALMOST_EMPTY_PERCENT} % is requested", plural(count, "node"))
    });
    let lost = state.pods().filter(|pod| pod.is_occupying());
    let lost = lost.filter(|pod| pod.node.as_deref().is_some_and(|node| state.node(node).is_none()));
    let lost = lost.map(|pod| format!("{}/{}", pod.namespace, pod.name)).collect();
    warn(WarningKind::PodsOnUnknownNodes, lost, &|count| {
        format!("{} on nodes that are not listed, and not counted", are(count, "pod"))
    });
    warnings
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { noun.to_owned() } else { format!("{noun}s") }
}

fn are(count: usize, noun: &str) -> String {
    format!("{count} {} {}", plural(count, noun), if count == 1 { "is" } else { "are" })
}

/// What a node is, in words, for those whose price is not known.
fn machine(one: &NodeCost) -> String {
    let node = &one.node;
    let of_type = match node.instance_type.is_empty() {
        true => "no stated type".to_owned(),
        false => format!("type {}", node.instance_type),
    };
    let region = if node.region.is_empty() { "no stated region" } else { &*node.region };
    format!("{of_type}, {}, {region}, {}", node.provider, node.lifecycle)
}

fn is_almost_empty(one: &NodeCost) -> bool {
    let (requested, allocatable) = (one.requested(), Amounts::of(&one.node.allocatable));
    let little = |requested: i64, allocatable: i64| {
        i128::from(requested) * 100 < i128::from(allocatable) * i128::from(ALMOST_EMPTY_PERCENT)
    };
    little(requested.cpu_milli, allocatable.cpu_milli)
        && little(requested.memory_bytes, allocatable.memory_bytes)
}
