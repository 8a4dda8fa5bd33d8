//! The rules of the house: what holds for a whole cluster.

use std::sync::Arc;

use model::{LabelSelector, Lifecycle, Money, Resources};

use crate::template::Limits;

/// What holds for a whole cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    /// How much may be owned at a time.
    pub limits: Limits,
    /// What every node costs per hour beside its price: addresses, licences, the risk of one more machine.
    pub node_charge: Money,
    /// Which pods may run on spot machines.
    pub spot: SpotUse,
    /// What moving pods costs.
    pub disruption: DisruptionPrice,
    /// Which wishes of pods are looked at.
    pub preferences: Preferences,
    /// Room that is kept free.
    pub headroom: Vec<Headroom>,
    /// At most so many nodes are drained at a time; `None` for no limit.
    pub max_drained_at_once: Option<u32>,
    /// Pods with `emptyDir` or `hostPath` volumes may be moved, and lose what they keep there.
    pub move_local_storage: bool,
    /// Pods that carry a mark to be left where they are may be moved in spite of it.
    pub move_marked: bool,
    /// Pods that no controller would bring back may be moved, and are gone then.
    pub move_naked: bool,
    /// Nodes younger than this many seconds are left alone.
    pub min_node_age_seconds: i64,
}

/// Which pods may run on spot machines. What a pod itself demands or refuses by selectors, affinity and
/// tolerations holds in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpotUse {
    /// No pod.
    None,
    /// A bound pod keeps the lifecycle that it runs under; a new one may run on spot if it asks for it.
    #[default]
    AsToday,
    /// Pods of workloads with two or more replicas that keep nothing on a volume or node, are no
    /// StatefulSet and carry no keep mark.
    Friendly {
        /// At most this share, in percent, of each workload's pods.
        max_workload_percent: u8,
    },
    /// All pods.
    All,
}

/// What moving pods costs, against what it saves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DisruptionPrice {
    /// Dollars for each pod that is evicted.
    pub per_pod: Money,
    /// Dollars for each node that is replaced.
    pub per_node: Money,
    /// Hours for which a saving is counted: a change is worth it when its saving over this time is larger
    /// than its price.
    pub horizon_hours: u32,
}

/// Which wishes of pods are looked at. A wish that is looked at is honoured when that costs nothing and
/// dropped when it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// `preferredDuringScheduling…` of node affinity.
    pub node_affinity: bool,
    /// The same of pod affinity and anti-affinity.
    pub pod_affinity: bool,
    /// Topology spread with `ScheduleAnyway`.
    pub topology_spread: bool,
    /// Taints with `PreferNoSchedule`.
    pub taints: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { node_affinity: true, pod_affinity: true, topology_spread: true, taints: true }
    }
}

/// Room that is kept free for pods to come. It is planned like pods that are not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headroom {
    /// How people call it.
    pub name: Arc<str>,
    /// One placeholder's size.
    pub resources: Resources,
    /// How many placeholders.
    pub count: u32,
    /// Nodes that it must be on; `None` for any without taints.
    pub nodes: Option<LabelSelector>,
    /// The lifecycle that it must be on; `None` for any.
    pub lifecycle: Option<Lifecycle>,
}
