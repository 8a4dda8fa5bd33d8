//! A scan's result, as scripts read it. Keys are only ever added.

use cluster::ClusterState;
use model::{Lifecycle, Money, PriceSource, Provider};
use serde::Serialize;

use super::findings::Warning;
use crate::cost::now::{Amounts, ClusterCost, NodeCost, ResourceCost};
use crate::cost::report::Allocation;

/// What a cluster costs and what is made of it. Money is US dollars as exact decimal strings, a
/// share is a number from 0 to 1 rounded to four digits.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScanReport {
    /// How many nodes.
    pub(super) nodes: usize,
    /// How many of them are spot machines.
    pub(super) spot_nodes: usize,
    /// How many pods, pending and finished ones included.
    pub(super) pods: usize,
    #[serde(flatten)]
    pub(super) cost: Cost,
    /// True when the price of at least one node is an estimate.
    pub(super) estimated: bool,
    /// Requested over allocatable CPU, of all nodes.
    pub(super) requested_cpu_share: f64,
    /// Requested over allocatable memory, of all nodes.
    pub(super) requested_memory_share: f64,
    /// What pods can have.
    pub(super) allocatable: ResourceFigures,
    /// What pods that occupy a node request.
    pub(super) requested: ResourceFigures,
    /// What they use; absent when not measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) used: Option<ResourceFigures>,
    /// The part of the cost that pods could have and do not request.
    pub(super) idle: Cost,
    /// The part of the cost that nodes keep for themselves.
    pub(super) system: Cost,
    /// Namespaces, the most expensive first. With `idle` and `system` they sum to the cost exactly.
    pub(super) namespaces: Vec<NamespaceReport>,
    /// Workloads, the most expensive first; they sum likewise.
    pub(super) workloads: Vec<WorkloadReport>,
    /// Pods that wait for a node.
    pub(super) unschedulable: Vec<UnschedulablePod>,
    /// What is odd.
    pub(super) warnings: Vec<Warning>,
    /// Each node's price and where that comes from, by name.
    pub(super) node_prices: Vec<NodePrice>,
}

/// A cost, twice: a month is 730 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cost {
    pub(super) cost_per_hour: Money,
    pub(super) cost_per_month: Money,
}

impl Cost {
    fn of(per_hour: Money) -> Self {
        Self { cost_per_hour: per_hour, cost_per_month: per_hour.per_month() }
    }
}

impl From<ResourceCost> for Cost {
    fn from(cost: ResourceCost) -> Self {
        Self::of(cost.total())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResourceFigures {
    pub(super) cpu_cores: f64,
    pub(super) memory_gib: f64,
    pub(super) gpus: i64,
}

impl From<Amounts> for ResourceFigures {
    fn from(amounts: Amounts) -> Self {
        Self {
            cpu_cores: amounts.cpu_milli as f64 / 1e3,
            memory_gib: round4(amounts.memory_bytes as f64 / f64::from(1 << 30)),
            gpus: amounts.gpus,
        }
    }
}

/// What a group of pods costs and does. `used` and the waste are absent when no pod of it is
/// measured.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupReport {
    /// Pods that occupy a node.
    pub(super) pods: u64,
    #[serde(flatten)]
    pub(super) cost: Cost,
    pub(super) requested: ResourceFigures,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) used: Option<ResourceFigures>,
    /// What is paid for CPU and memory that measured pods request and do not use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) wasted_cost_per_hour: Option<Money>,
}

impl From<Allocation> for GroupReport {
    fn from(group: Allocation) -> Self {
        let measured = group.measured_pods > 0;
        Self {
            pods: group.pods,
            cost: group.cost.into(),
            requested: group.requested.into(),
            used: measured.then(|| group.used.into()),
            wasted_cost_per_hour: measured.then_some(group.wasted_cost),
        }
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NamespaceReport {
    pub(super) namespace: String,
    #[serde(flatten)]
    pub(super) group: GroupReport,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WorkloadReport {
    pub(super) namespace: String,
    pub(super) kind: String,
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) group: GroupReport,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UnschedulablePod {
    pub(super) namespace: String,
    pub(super) pod: String,
    /// Why it has no node, as the scheduler says.
    pub(super) reason: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NodePrice {
    pub(super) node: String,
    pub(super) provider: Provider,
    pub(super) region: String,
    pub(super) instance_type: String,
    pub(super) lifecycle: Lifecycle,
    pub(super) price_per_hour: Money,
    pub(super) estimated: bool,
    pub(super) sources: Vec<PriceSource>,
}

impl From<&NodeCost> for NodePrice {
    fn from(one: &NodeCost) -> Self {
        let node = &one.node;
        Self {
            node: node.name.to_string(),
            provider: node.provider,
            region: node.region.to_string(),
            instance_type: node.instance_type.to_string(),
            lifecycle: node.lifecycle,
            price_per_hour: one.price.per_hour,
            estimated: one.price.estimated,
            sources: one.price.sources.clone(),
        }
    }
}

impl ScanReport {
    pub(super) fn new(state: &ClusterState, cost: &ClusterCost, warnings: Vec<Warning>) -> Self {
        let allocatable: Amounts = cost.nodes.iter().map(|one| Amounts::of(&one.node.allocatable)).sum();
        let pods = cost.pods();
        let mut namespaces: Vec<NamespaceReport> = cost
            .by_namespace()
            .into_iter()
            .map(|(namespace, group)| NamespaceReport {
                namespace: namespace.to_string(),
                group: group.into(),
            })
            .collect();
        let mut workloads: Vec<WorkloadReport> = cost
            .by_workload()
            .into_iter()
            .map(|(key, group)| WorkloadReport {
                namespace: key.namespace.to_string(),
                kind: key.kind.to_string(),
                name: key.name.to_string(),
                group: group.into(),
            })
            .collect();
        // Sorting is stable: equal costs stay in the order of names.
        namespaces.sort_by_key(|one| std::cmp::Reverse(one.group.cost.cost_per_hour));
        workloads.sort_by_key(|one| std::cmp::Reverse(one.group.cost.cost_per_hour));
        let unschedulable = state.unschedulable_pods().map(|(pod, reason)| UnschedulablePod {
            namespace: pod.namespace.to_string(),
            pod: pod.name.to_string(),
            reason,
        });
        Self {
            nodes: cost.nodes.len(),
            spot_nodes: cost.nodes.iter().filter(|one| one.node.lifecycle == Lifecycle::Spot).count(),
            pods: state.pods().count(),
            cost: cost.total().into(),
            estimated: cost.is_estimated(),
            requested_cpu_share: share(pods.requested.cpu_milli, allocatable.cpu_milli),
            requested_memory_share: share(pods.requested.memory_bytes, allocatable.memory_bytes),
            allocatable: allocatable.into(),
            requested: pods.requested.into(),
            used: (pods.measured_pods > 0).then(|| pods.used.into()),
            idle: cost.idle().into(),
            system: cost.system().into(),
            namespaces,
            workloads,
            unschedulable: unschedulable.collect(),
            warnings,
            node_prices: cost.nodes.iter().map(NodePrice::from).collect(),
        }
    }

    /// Workloads that waste most money, the most wasteful first; none when nothing is measured.
    pub(super) fn most_wasteful(&self, count: usize) -> Vec<&WorkloadReport> {
        let wasted = |one: &&WorkloadReport| one.group.wasted_cost_per_hour.unwrap_or(Money::ZERO);
        let mut wasteful: Vec<&WorkloadReport> =
            self.workloads.iter().filter(|one| wasted(one) > Money::ZERO).collect();
        wasteful.sort_by_key(|one| std::cmp::Reverse(wasted(one)));
        wasteful.truncate(count);
        wasteful
    }
}

/// `part` of `whole`, rounded to four digits; nothing of nothing is 0.
pub(super) fn share(part: i64, whole: i64) -> f64 {
    if whole == 0 { 0.0 } else { round4(part as f64 / whole as f64) }
}

fn round4(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}
