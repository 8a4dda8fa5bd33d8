//! Cost and use, integrated over time into the hourly rows that the store adds up.
//!
//! Time is counted in whole seconds and hours in whole hours since 1970, UTC. In each hour the rows
//! of the cluster, those of the namespaces and those of the workloads have the same sum of costs, to
//! the nano-dollar; [`IDLE`] and [`SYSTEM`] stand among the latter two. What is allocatable and how
//! long nodes were there is told by the rows of the cluster only.

use std::collections::{BTreeMap, HashMap};
use std::ops::AddAssign;
use std::sync::Arc;

use model::{Lifecycle, Money, Timestamp, WorkloadKey, WorkloadKind};
use store::{ClusterHour, CostRows, Measures, NamespaceHour, WorkloadHour};

use super::now::{Amounts, ClusterCost, NodeCost, PodCost, ResourceCost};
use super::{IDLE, SYSTEM};

/// Seconds in an hour.
const HOUR: i64 = 3_600;

/// Integrates the cost of one cluster over time. It remembers up to when it has counted, so that
/// the same stretch, told twice or late, is counted once.
#[derive(Clone, Debug)]
pub struct CostMeter {
    /// Seconds since 1970.
    counted_until: i64,
    cluster: BTreeMap<(i64, Lifecycle), Sums>,
    workloads: BTreeMap<(i64, WorkloadKey), Sums>,
}

impl CostMeter {
    /// Starts at `counted_until`, of which the second that has begun is left out: everything before
    /// is taken to be counted.
    pub fn new(counted_until: Timestamp) -> Self {
        Self {
            counted_until: counted_until.as_second(),
            cluster: BTreeMap::new(),
            workloads: BTreeMap::new(),
        }
    }

    /// Up to when time is counted, on the full second.
    pub fn counted_until(&self) -> Timestamp {
        Timestamp::from_second(self.counted_until).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Counts the time from [`Self::counted_until`] until `until`, throughout which the cluster was
    /// as `cost` says. Time that was counted already changes nothing.
    pub fn count(&mut self, cost: &ClusterCost, until: Timestamp) {
        let until = until.as_second();
        while self.counted_until < until {
            let hour = self.counted_until.div_euclid(HOUR);
            let end = until.min((hour + 1) * HOUR);
            self.count_within(cost, hour, end - self.counted_until);
            self.counted_until = end;
        }
    }

    /// Passes over the time until `until` without counting it, since nothing is known of it.
    pub fn skip(&mut self, until: Timestamp) {
        self.counted_until = self.counted_until.max(until.as_second());
    }

    /// What was counted since the last [`Self::clear`], to be stored together with
    /// [`Self::counted_until`]. Amounts of memory are rounded to the MiB-second here.
    pub fn rows(&self) -> CostRows {
        let mut namespaces = BTreeMap::<(i64, &Arc<str>), Sums>::new();
        for ((hour, workload), sums) in &self.workloads {
            *namespaces.entry((*hour, &workload.namespace)).or_default() += *sums;
        }
        CostRows {
            cluster: self
                .cluster
                .iter()
                .map(|(&(hour, lifecycle), sums)| ClusterHour { hour, lifecycle, measures: sums.measures() })
                .collect(),
            namespaces: namespaces
                .into_iter()
                .map(|((hour, namespace), sums)| NamespaceHour {
                    hour,
                    namespace: Arc::clone(namespace),
                    measures: sums.measures(),
                })
                .collect(),
            workloads: self
                .workloads
                .iter()
                .map(|((hour, workload), sums)| WorkloadHour {
                    hour: *hour,
                    workload: workload.clone(),
                    measures: sums.measures(),
                })
                .collect(),
        }
    }

    /// Forgets the rows, which are stored now. Goes on counting where it was.
    pub fn clear(&mut self) {
        self.cluster.clear();
        self.workloads.clear();
    }

    fn count_within(&mut self, cost: &ClusterCost, hour: i64, seconds: i64) {
        // Pods are many and workloads few: sums by reference first, rows after.
        let mut workloads = HashMap::<&WorkloadKey, Sums>::new();
        let [mut idle, mut system] = [Sums::default(); 2];
        for node in &cost.nodes {
            let amount = node.price.per_hour.over_nanoseconds(seconds * 1_000_000_000);
            let mut parts = split_like(amount, node).into_iter();
            let mut of_node = Sums {
                allocatable: Integral::new(Amounts::of(&node.node.allocatable), seconds),
                node_seconds: seconds,
                ..Sums::default()
            };
            for of_nobody in [&mut idle, &mut system] {
                let sums = Sums { cost: parts.next().unwrap_or_default(), ..Sums::default() };
                *of_nobody += sums;
                of_node += sums;
            }
            for (pod, cost) in node.pods.iter().zip(parts) {
                let sums = Sums::of_pod(pod, cost, seconds);
                *workloads.entry(&pod.workload).or_default() += sums;
                of_node += sums;
            }
            *self.cluster.entry((hour, node.node.lifecycle)).or_default() += of_node;
        }
        if !cost.nodes.is_empty() {
            *self.workloads.entry((hour, stand_in(IDLE))).or_default() += idle;
            *self.workloads.entry((hour, stand_in(SYSTEM))).or_default() += system;
        }
        for (workload, sums) in workloads {
            *self.workloads.entry((hour, workload.clone())).or_default() += sums;
        }
    }
}

/// The key of the rows of [`IDLE`] and [`SYSTEM`]: namespace and name; the kind says nothing.
fn stand_in(name: &str) -> WorkloadKey {
    WorkloadKey { namespace: name.into(), kind: WorkloadKind::Node, name: name.into() }
}

/// Divides `amount` as the node's price per hour is divided: idle, system, then the pods. The parts
/// sum to `amount` exactly.
fn split_like(amount: Money, node: &NodeCost) -> Vec<ResourceCost> {
    let shares = [node.idle, node.system].into_iter().chain(node.pods.iter().map(|pod| pod.cost));
    let weights: Vec<u64> = shares
        .flat_map(|share| [share.cpu, share.memory, share.gpu])
        .map(|share| share.nanos().unsigned_abs())
        .collect();
    let parts = amount.split(&weights);
    parts.as_chunks().0.iter().map(|&[cpu, memory, gpu]| ResourceCost { cpu, memory, gpu }).collect()
}

/// An amount times seconds. Bytes are kept exact here, in 128 bits.
#[derive(Clone, Copy, Debug, Default)]
struct Integral {
    milli_core_seconds: i64,
    byte_seconds: i128,
}

impl Integral {
    fn new(amounts: Amounts, seconds: i64) -> Self {
        Self {
            milli_core_seconds: amounts.cpu_milli * seconds,
            byte_seconds: i128::from(amounts.memory_bytes) * i128::from(seconds),
        }
    }

    fn mib_seconds(self) -> i64 {
        let rounded = (self.byte_seconds + (1 << 19)) >> 20;
        i64::try_from(rounded).unwrap_or(i64::MAX)
    }
}

impl AddAssign for Integral {
    fn add_assign(&mut self, other: Self) {
        self.milli_core_seconds += other.milli_core_seconds;
        self.byte_seconds += other.byte_seconds;
    }
}

/// A row in the making.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    cost: ResourceCost,
    wasted_cost: Money,
    allocatable: Integral,
    requested: Integral,
    used: Integral,
    wasted: Integral,
    node_seconds: i64,
    pod_seconds: i64,
}

impl Sums {
    /// A pod over `seconds`, of which `cost` was paid for it.
    fn of_pod(pod: &PodCost, cost: ResourceCost, seconds: i64) -> Self {
        Self {
            cost,
            wasted_cost: cost.of_wasted(pod.wasted(), pod.requested),
            requested: Integral::new(pod.requested, seconds),
            used: Integral::new(pod.used.unwrap_or_default(), seconds),
            wasted: Integral::new(pod.wasted(), seconds),
            pod_seconds: seconds,
            ..Self::default()
        }
    }

    fn measures(&self) -> Measures {
        Measures {
            cost: self.cost.total(),
            cpu_cost: self.cost.cpu,
            memory_cost: self.cost.memory,
            wasted_cost: self.wasted_cost,
            cpu_allocatable: self.allocatable.milli_core_seconds,
            cpu_requested: self.requested.milli_core_seconds,
            cpu_used: self.used.milli_core_seconds,
            cpu_wasted: self.wasted.milli_core_seconds,
            memory_allocatable: self.allocatable.mib_seconds(),
            memory_requested: self.requested.mib_seconds(),
            memory_used: self.used.mib_seconds(),
            memory_wasted: self.wasted.mib_seconds(),
            node_seconds: self.node_seconds,
            pod_seconds: self.pod_seconds,
        }
    }
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.cost += other.cost;
        self.wasted_cost += other.wasted_cost;
        self.allocatable += other.allocatable;
        self.requested += other.requested;
        self.used += other.used;
        self.wasted += other.wasted;
        self.node_seconds += other.node_seconds;
        self.pod_seconds += other.pod_seconds;
    }
}
