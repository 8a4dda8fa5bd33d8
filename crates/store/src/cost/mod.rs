//! Cost roll-ups: sums per hour of each cluster's lifecycles, namespaces and workloads, made elsewhere
//! and only added, summed and thinned here. All sums are of integers, hence exact.
//!
//! Hours are whole hours since 1970, UTC. A day that was thinned is one row at its first hour: sums
//! over days, months and whole ranges stay what they were, and ranges should then begin and end at
//! days.

mod read;
mod thin;
mod write;

use std::ops::AddAssign;
use std::sync::Arc;

use model::{ClusterId, Lifecycle, Money, WorkloadKey};
use sqlx::any::AnyRow;

use crate::row::Columns as _;

pub use thin::ThinPolicy;

/// The columns of [`Measures`], in the order in which they are bound.
const MEASURES: [&str; 14] = [
    "cost",
    "cpu_cost",
    "memory_cost",
    "wasted_cost",
    "cpu_allocatable",
    "cpu_requested",
    "cpu_used",
    "cpu_wasted",
    "memory_allocatable",
    "memory_requested",
    "memory_used",
    "memory_wasted",
    "node_seconds",
    "pod_seconds",
];

/// What an hour, or several, came to: sums over time, so that rows add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// US dollars, for all resources. What is neither for CPU nor for memory is for GPUs.
    pub cost: Money,
    /// US dollars for CPU.
    pub cpu_cost: Money,
    /// US dollars for memory.
    pub memory_cost: Money,
    /// US dollars for what measured pods requested and did not use.
    pub wasted_cost: Money,
    /// Milli-core-seconds that pods could request.
    pub cpu_allocatable: i64,
    /// Milli-core-seconds that pods requested.
    pub cpu_requested: i64,
    /// Milli-core-seconds that measured pods used.
    pub cpu_used: i64,
    /// Milli-core-seconds that measured pods requested and did not use.
    pub cpu_wasted: i64,
    /// MiB-seconds that pods could request.
    pub memory_allocatable: i64,
    /// MiB-seconds that pods requested.
    pub memory_requested: i64,
    /// MiB-seconds that measured pods used.
    pub memory_used: i64,
    /// MiB-seconds that measured pods requested and did not use.
    pub memory_wasted: i64,
    /// Seconds that nodes were there, summed over nodes.
    pub node_seconds: i64,
    /// Seconds that pods occupied a node, summed over pods.
    pub pod_seconds: i64,
}

impl Measures {
    fn values(&self) -> [i64; 14] {
        [
            self.cost.nanos(),
            self.cpu_cost.nanos(),
            self.memory_cost.nanos(),
            self.wasted_cost.nanos(),
            self.cpu_allocatable,
            self.cpu_requested,
            self.cpu_used,
            self.cpu_wasted,
            self.memory_allocatable,
            self.memory_requested,
            self.memory_used,
            self.memory_wasted,
            self.node_seconds,
            self.pod_seconds,
        ]
    }

    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            cost: row.money("cost")?,
            cpu_cost: row.money("cpu_cost")?,
            memory_cost: row.money("memory_cost")?,
            wasted_cost: row.money("wasted_cost")?,
            cpu_allocatable: row.int("cpu_allocatable")?,
            cpu_requested: row.int("cpu_requested")?,
            cpu_used: row.int("cpu_used")?,
            cpu_wasted: row.int("cpu_wasted")?,
            memory_allocatable: row.int("memory_allocatable")?,
            memory_requested: row.int("memory_requested")?,
            memory_used: row.int("memory_used")?,
            memory_wasted: row.int("memory_wasted")?,
            node_seconds: row.int("node_seconds")?,
            pod_seconds: row.int("pod_seconds")?,
        })
    }
}

impl AddAssign for Measures {
    fn add_assign(&mut self, other: Self) {
        self.cost += other.cost;
        self.cpu_cost += other.cpu_cost;
        self.memory_cost += other.memory_cost;
        self.wasted_cost += other.wasted_cost;
        self.cpu_allocatable += other.cpu_allocatable;
        self.cpu_requested += other.cpu_requested;
        self.cpu_used += other.cpu_used;
        self.cpu_wasted += other.cpu_wasted;
        self.memory_allocatable += other.memory_allocatable;
        self.memory_requested += other.memory_requested;
        self.memory_used += other.memory_used;
        self.memory_wasted += other.memory_wasted;
        self.node_seconds += other.node_seconds;
        self.pod_seconds += other.pod_seconds;
    }
}

/// Rows to be added to those of the same hour and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CostRows {
    /// By hour and lifecycle.
    pub cluster: Vec<ClusterHour>,
    /// By hour and namespace.
    pub namespaces: Vec<NamespaceHour>,
    /// By hour and workload.
    pub workloads: Vec<WorkloadHour>,
}

/// An hour of the nodes of one lifecycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterHour {
    /// Whole hours since 1970, UTC.
    pub hour: i64,
    /// The terms under which the nodes ran.
    pub lifecycle: Lifecycle,
    /// What it came to.
    pub measures: Measures,
}

/// An hour of a namespace, or of what stands in for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceHour {
    /// Whole hours since 1970, UTC.
    pub hour: i64,
    /// The namespace.
    pub namespace: Arc<str>,
    /// What it came to.
    pub measures: Measures,
}

/// An hour of a workload, or of what stands in for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadHour {
    /// Whole hours since 1970, UTC.
    pub hour: i64,
    /// The workload.
    pub workload: WorkloadKey,
    /// What it came to.
    pub measures: Measures,
}

/// The hours from `from` up to, and without, `until`; both in whole hours since 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourRange {
    /// The first hour.
    pub from: i64,
    /// The first hour after.
    pub until: i64,
}

/// What rows are added up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// Each hour by itself.
    Hour,
    /// The day, UTC.
    Day,
    /// The month, UTC.
    Month,
    /// The whole range, which counts as one bucket that begins at its first hour.
    Whole,
}

/// What the nodes of one lifecycle came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterCost {
    /// The cluster.
    pub cluster_id: ClusterId,
    /// The first hour of the bucket.
    pub hour: i64,
    /// The lifecycle.
    pub lifecycle: Lifecycle,
    /// What it came to.
    pub measures: Measures,
}

/// What a namespace came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceCost {
    /// The cluster.
    pub cluster_id: ClusterId,
    /// The first hour of the bucket.
    pub hour: i64,
    /// The namespace, or what stands in for one.
    pub namespace: String,
    /// What it came to.
    pub measures: Measures,
}

/// What a workload came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadCost {
    /// The cluster.
    pub cluster_id: ClusterId,
    /// The first hour of the bucket.
    pub hour: i64,
    /// The workload, or what stands in for one.
    pub workload: WorkloadKey,
    /// What it came to.
    pub measures: Measures,
}
