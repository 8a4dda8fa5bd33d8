//! Questions about the state of a cluster.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{
    DisruptionBudget, HorizontalAutoscaler, Namespace, NamespacedName, Node, NodeStorage, PersistentVolume,
    Pod, PodUsage, Resources, StorageCapacity, StorageClass, StorageDriver, Timestamp, VolumeAttachment,
    VolumeClaim, Workload, WorkloadKey, WorkloadKind,
};
use wire::delta::Skipped;

use crate::ClusterState;
use crate::table::Keyed;

/// How many objects there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Nodes.
    pub nodes: usize,
    /// Pods, finished ones included.
    pub pods: usize,
    /// Namespaces.
    pub namespaces: usize,
    /// Objects that make pods, ReplicaSets and Jobs of others included.
    pub workloads: usize,
    /// Pods whose usage is known.
    pub measured_pods: usize,
    /// Pods that wait for a node.
    pub unbound_pods: usize,
}

/// What the pods of a node used when they were last measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeUsage {
    /// Thousandths of a CPU.
    pub cpu_milli: i64,
    /// Bytes of memory.
    pub memory_bytes: i64,
    /// How many pods were measured.
    pub measured_pods: usize,
}

/// All of one kind, by name.
impl ClusterState {
    /// Nodes.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &Arc<Node>> {
        self.objects.nodes.iter()
    }

    /// The node of this name.
    pub fn node(&self, name: &str) -> Option<&Arc<Node>> {
        self.objects.nodes.get(name)
    }

    /// Pods, in whatever phase.
    pub fn pods(&self) -> impl ExactSizeIterator<Item = &Arc<Pod>> {
        self.objects.pods.iter()
    }

    /// The pod of this name.
    pub fn pod(&self, name: &NamespacedName) -> Option<&Arc<Pod>> {
        self.objects.pods.get(name)
    }

    /// Namespaces.
    pub fn namespaces(&self) -> impl ExactSizeIterator<Item = &Arc<Namespace>> {
        self.objects.namespaces.iter()
    }

    /// Objects that make pods, ReplicaSets of Deployments and Jobs of CronJobs included.
    pub fn workloads(&self) -> impl ExactSizeIterator<Item = &Arc<Workload>> {
        self.objects.workloads.iter()
    }

    /// The workload of this name.
    pub fn workload(&self, key: &WorkloadKey) -> Option<&Arc<Workload>> {
        self.objects.workloads.get(key)
    }

    /// Pod disruption budgets.
    pub fn disruption_budgets(&self) -> impl ExactSizeIterator<Item = &Arc<DisruptionBudget>> {
        self.objects.disruption_budgets.iter()
    }

    /// Persistent volumes.
    pub fn volumes(&self) -> impl ExactSizeIterator<Item = &Arc<PersistentVolume>> {
        self.objects.volumes.iter()
    }

    /// The persistent volume of this name.
    pub fn volume(&self, name: &str) -> Option<&Arc<PersistentVolume>> {
        self.objects.volumes.get(name)
    }

    /// Claims to volumes.
    pub fn claims(&self) -> impl ExactSizeIterator<Item = &Arc<VolumeClaim>> {
        self.objects.claims.iter()
    }

    /// The claim of this name.
    pub fn claim(&self, name: &NamespacedName) -> Option<&Arc<VolumeClaim>> {
        self.objects.claims.get(name)
    }

    /// Storage classes.
    pub fn storage_classes(&self) -> impl ExactSizeIterator<Item = &Arc<StorageClass>> {
        self.objects.storage_classes.iter()
    }

    /// What drivers can attach, by node.
    pub fn node_storage(&self) -> impl ExactSizeIterator<Item = &Arc<NodeStorage>> {
        self.objects.node_storage.iter()
    }

    /// Storage drivers.
    pub fn storage_drivers(&self) -> impl ExactSizeIterator<Item = &Arc<StorageDriver>> {
        self.objects.storage_drivers.iter()
    }

    /// Where drivers have how much room.
    pub fn storage_capacities(&self) -> impl ExactSizeIterator<Item = &Arc<StorageCapacity>> {
        self.objects.storage_capacities.iter()
    }

    /// Which volumes are attached where.
    pub fn attachments(&self) -> impl ExactSizeIterator<Item = &Arc<VolumeAttachment>> {
        self.objects.attachments.iter()
    }

    /// Horizontal autoscalers, each once: as `autoscaling/v2` describes it where it does.
    pub fn autoscalers(&self) -> impl Iterator<Item = &Arc<HorizontalAutoscaler>> {
        let both: BTreeMap<_, _> =
            (self.objects.autoscalers_v1.iter().chain(self.objects.autoscalers.iter()))
                .map(|autoscaler| (autoscaler.key(), autoscaler))
                .collect();
        both.into_values()
    }
}

/// What follows from several objects.
impl ClusterState {
    /// What makes the pod, seen from above: the Deployment or Rollout of its ReplicaSet, the CronJob of
    /// its Job, the node of a static pod, the pod itself when nothing controls it.
    ///
    /// Where the ReplicaSet itself is not known, as in a dump of pods alone, the pod's own label
    /// `pod-template-hash` tells the Deployment's name.
    pub fn workload_of(&self, pod: &Pod) -> WorkloadKey {
        let key = |kind, name: &Arc<str>| WorkloadKey {
            namespace: Arc::clone(&pod.namespace),
            kind,
            name: Arc::clone(name),
        };
        if let (true, Some(node)) = (pod.is_static, &pod.node) {
            return key(WorkloadKind::Node, node);
        }
        let Some(owner) = &pod.owner else { return key(WorkloadKind::Pod, &pod.name) };
        let direct = key(owner.kind.clone(), &owner.name);
        if !matches!(owner.kind, WorkloadKind::ReplicaSet | WorkloadKind::Job) {
            return direct;
        }
        match self.objects.workloads.get(&direct) {
            Some(workload) => match &workload.owner {
                Some(above) => key(above.kind.clone(), &above.name),
                None => direct,
            },
            None => replica_set_maker(pod, &owner.name).unwrap_or(direct),
        }
    }

    /// Pods by what makes them.
    pub fn pods_by_workload(&self) -> BTreeMap<WorkloadKey, Vec<&Arc<Pod>>> {
        let mut by_workload: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for pod in self.pods() {
            by_workload.entry(self.workload_of(pod)).or_default().push(pod);
        }
        by_workload
    }

    /// Pods by the node they are bound to, finished ones included; the node need not be known.
    pub fn pods_by_node(&self) -> BTreeMap<&str, Vec<&Arc<Pod>>> {
        let mut by_node: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for pod in self.pods() {
            if let Some(node) = &pod.node {
                by_node.entry(&**node).or_default().push(pod);
            }
        }
        by_node
    }

    /// What is requested of each node by the pods bound to it that are not finished. Nodes without
    /// such pods are left out; nodes that are not known may be in.
    pub fn requested_by_node(&self) -> BTreeMap<&str, Resources> {
        let mut by_node: BTreeMap<_, Resources> = BTreeMap::new();
        for pod in self.pods().filter(|pod| !pod.is_finished()) {
            if let Some(node) = &pod.node {
                *by_node.entry(&**node).or_default() += &pod.spec.requests;
            }
        }
        by_node
    }

    /// What the pods of each node used when they were last measured. Nodes without measured pods are
    /// left out.
    pub fn used_by_node(&self) -> BTreeMap<&str, NodeUsage> {
        let mut by_node: BTreeMap<_, NodeUsage> = BTreeMap::new();
        for (name, usage) in &self.usage {
            let Some(node) =
                self.pod(name).filter(|pod| !pod.is_finished()).and_then(|pod| pod.node.as_deref())
            else {
                continue;
            };
            let sum = by_node.entry(node).or_default();
            sum.cpu_milli = sum.cpu_milli.saturating_add(usage.cpu_milli);
            sum.memory_bytes = sum.memory_bytes.saturating_add(usage.memory_bytes);
            sum.measured_pods += 1;
        }
        by_node
    }

    /// What the pod used when it was last measured.
    pub fn usage(&self, pod: &Pod) -> Option<PodUsage> {
        self.usage.get(&pod.key()).copied()
    }

    /// Pods that wait for a node and are not about to go, each with the reason: the scheduler's own words, or
    /// a sentence when it left none.
    pub fn unschedulable_pods(&self) -> impl Iterator<Item = (&Arc<Pod>, String)> {
        let waiting = self.pods().filter(|pod| pod.is_unbound() && !pod.is_terminating());
        waiting.map(|pod| (pod, why_unbound(pod)))
    }

    /// The pods that a budget protects: those of its namespace that it selects.
    pub fn pods_of_budget(&self, budget: &DisruptionBudget) -> impl Iterator<Item = &Arc<Pod>> {
        let from = NamespacedName { namespace: Arc::clone(&budget.namespace), name: "".into() };
        let namespace = Arc::clone(&budget.namespace);
        let selector = budget.selector.clone();
        self.objects
            .pods
            .starting_at(from)
            .take_while(move |pod| pod.namespace == namespace)
            .filter(move |pod| selector.as_ref().is_some_and(|selector| selector.matches(&pod.labels)))
    }

    /// How many objects there are.
    pub fn counts(&self) -> Counts {
        Counts {
            nodes: self.objects.nodes.len(),
            pods: self.objects.pods.len(),
            namespaces: self.objects.namespaces.len(),
            workloads: self.objects.workloads.len(),
            measured_pods: self.usage.len(),
            unbound_pods: self.pods().filter(|pod| pod.is_unbound()).count(),
        }
    }
}

/// What the agent said besides the objects.
impl ClusterState {
    /// Version of the API server, without the leading `v`; empty before the first delta.
    pub fn cluster_version(&self) -> &str {
        &self.facts.cluster_version
    }

    /// Version of the agent; empty before the first delta.
    pub fn agent_version(&self) -> &str {
        &self.facts.agent_version
    }

    /// When the last full snapshot was received.
    pub fn last_full_snapshot(&self) -> Option<Timestamp> {
        self.facts.last_full_snapshot
    }

    /// When the last delta was received, empty ones and full snapshots included.
    pub fn last_delta(&self) -> Option<Timestamp> {
        self.facts.last_delta
    }

    /// Objects that could not be used when they last came, up to a thousand of them.
    pub fn skipped(&self) -> impl Iterator<Item = Skipped> {
        self.facts.skipped.iter().map(|((kind, namespace, name), error)| Skipped {
            kind: kind.clone(),
            namespace: namespace.clone(),
            name: name.clone(),
            error: error.clone(),
        })
    }

    /// How often an object could not be used, ever.
    pub fn skipped_count(&self) -> u64 {
        self.facts.skipped_count
    }
}

/// The Deployment or Rollout of a ReplicaSet that is not known, by the hash at the end of its name.
fn replica_set_maker(pod: &Pod, replica_set: &str) -> Option<WorkloadKey> {
    let labels = [
        ("pod-template-hash", WorkloadKind::Deployment),
        ("rollouts-pod-template-hash", WorkloadKind::Rollout),
    ];
    labels.into_iter().find_map(|(label, kind)| {
        let name = replica_set.strip_suffix(pod.labels.get(label)?)?.strip_suffix('-')?;
        Some(WorkloadKey { namespace: Arc::clone(&pod.namespace), kind, name: name.into() })
    })
}

fn why_unbound(pod: &Pod) -> String {
    match &pod.unschedulable {
        Some(said) if !said.message.is_empty() => said.message.to_string(),
        Some(said) if &*said.reason == "SchedulingGated" => {
            "Scheduling is held back by the pod's own scheduling gates.".to_owned()
        }
        Some(said) if !said.reason.is_empty() => {
            format!("The scheduler did not place it and gave no more than {:?} as reason.", said.reason)
        }
        Some(_) => "The scheduler did not place it and gave no reason.".to_owned(),
        None => match &pod.spec.scheduler {
            Some(scheduler) => format!("The scheduler {scheduler:?} has not looked at it yet."),
            None => "The scheduler has not looked at it yet.".to_owned(),
        },
    }
}
