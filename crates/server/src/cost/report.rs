//! Cost per hour added up by workload and by namespace.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Money, WorkloadKey};

use super::now::{Amounts, ClusterCost, PodCost, ResourceCost};

/// What a group of pods costs per hour and what it makes of that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocation {
    /// Pods that occupy a node.
    pub pods: u64,
    /// US dollars per hour.
    pub cost: ResourceCost,
    /// What the pods request.
    pub requested: Amounts,
    /// Of how many of the pods the use is measured.
    pub measured_pods: u64,
    /// What those use.
    pub used: Amounts,
    /// What those request and do not use, pod by pod: one that uses more than it requests does not
    /// make up for another.
    pub wasted: Amounts,
    /// What `wasted` costs, US dollars per hour.
    pub wasted_cost: Money,
}

impl Allocation {
    fn add(&mut self, pod: &PodCost) {
        self.pods += 1;
        self.cost += pod.cost;
        self.requested += pod.requested;
        if let Some(used) = pod.used {
            self.measured_pods += 1;
            self.used += used;
            self.wasted += pod.wasted();
            self.wasted_cost += pod.cost.of_wasted(pod.wasted(), pod.requested);
        }
    }
}

impl ClusterCost {
    /// The cost of each workload. With [`Self::idle`] and [`Self::system`] it sums to
    /// [`Self::total`] exactly.
    pub fn by_workload(&self) -> BTreeMap<&WorkloadKey, Allocation> {
        let mut groups = BTreeMap::<_, Allocation>::new();
        for pod in self.nodes.iter().flat_map(|node| &node.pods) {
            groups.entry(&pod.workload).or_default().add(pod);
        }
        groups
    }

    /// The cost of each namespace, which is that of its workloads.
    pub fn by_namespace(&self) -> BTreeMap<&Arc<str>, Allocation> {
        let mut groups = BTreeMap::<_, Allocation>::new();
        for pod in self.nodes.iter().flat_map(|node| &node.pods) {
            groups.entry(&pod.workload.namespace).or_default().add(pod);
        }
        groups
    }

    /// What all pods together cost.
    pub fn pods(&self) -> Allocation {
        let mut all = Allocation::default();
        self.nodes.iter().flat_map(|node| &node.pods).for_each(|pod| all.add(pod));
        all
    }

    /// What nobody requests, though pods could have it.
    pub fn idle(&self) -> ResourceCost {
        self.nodes.iter().map(|node| node.idle).sum()
    }

    /// What nodes keep for themselves.
    pub fn system(&self) -> ResourceCost {
        self.nodes.iter().map(|node| node.system).sum()
    }
}
