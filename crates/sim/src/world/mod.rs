//! The cluster as its API server knows it: objects, the indices over them, and what changed.
//!
//! Nothing here decides anything: controllers, scheduler and cloud do, through these methods, which
//! keep indices, sums and the change log true.

pub mod change;
pub mod meta;
pub mod node;
pub mod pod;
pub mod template;
pub mod workload;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::Timestamp;

use change::{Change, ChangeLog};
use meta::{Id, Kind, Meta, Uid};
use node::Node;
use pod::{Owner, Placement, Pod};
use template::{Labels, Resources, matches};
use workload::{Autoscaler, Budget, BudgetRule, Claim, Plain, Volume, Workload};

use crate::objects;
use crate::provider::Provider;
use crate::random::Random;

/// How many there are: what a report of somebody else is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Nodes.
    pub nodes: u64,
    /// Pods of every phase.
    pub pods: u64,
    /// Pods that wait for a node.
    pub unbound_pods: u64,
}

/// A budget's standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Pods that the workloads behind it want.
    pub expected: u64,
    /// Ready pods.
    pub healthy: u64,
    /// Pods that must stay ready.
    pub desired: u64,
    /// Evictions allowed now.
    pub allowed: u64,
}

/// All objects of a cluster.
#[derive(Debug)]
pub struct World {
    /// Whose cluster it is; decides labels and formulas.
    pub provider: Provider,
    /// The cluster's name.
    pub name: String,
    /// Nodes by number.
    pub nodes: BTreeMap<Id, Node>,
    /// Pods by number.
    pub pods: BTreeMap<Id, Pod>,
    /// Workloads by number.
    pub workloads: BTreeMap<Id, Workload>,
    /// Budgets by number.
    pub budgets: BTreeMap<Id, Budget>,
    /// Autoscalers by number.
    pub autoscalers: BTreeMap<Id, Autoscaler>,
    /// Claims by number.
    pub claims: BTreeMap<Id, Claim>,
    /// Volumes by number.
    pub volumes: BTreeMap<Id, Volume>,
    /// Namespaces, storage classes and services by number.
    pub plain: BTreeMap<Id, Plain>,
    /// Objects of kinds that are only kept: created by somebody through the API.
    pub kept: BTreeMap<(String, String, String), serde_json::Value>,
    pods_of: BTreeMap<Id, BTreeSet<Id>>,
    children_of: BTreeMap<Id, BTreeSet<Id>>,
    budgets_in: BTreeMap<String, Vec<Id>>,
    unbound: BTreeSet<Id>,
    repelling: BTreeSet<Id>,
    changes: ChangeLog,
    relief: bool,
    next_id: u64,
    writes: u64,
}

static NONE: BTreeSet<Id> = BTreeSet::new();

impl World {
    /// An empty cluster.
    pub fn new(provider: Provider, name: &str) -> Self {
        Self {
            provider,
            name: name.to_owned(),
            nodes: BTreeMap::new(),
            pods: BTreeMap::new(),
            workloads: BTreeMap::new(),
            budgets: BTreeMap::new(),
            autoscalers: BTreeMap::new(),
            claims: BTreeMap::new(),
            volumes: BTreeMap::new(),
            plain: BTreeMap::new(),
            kept: BTreeMap::new(),
            pods_of: BTreeMap::new(),
            children_of: BTreeMap::new(),
            budgets_in: BTreeMap::new(),
            unbound: BTreeSet::new(),
            repelling: BTreeSet::new(),
            changes: ChangeLog::default(),
            relief: false,
            next_id: 0,
            writes: 0,
        }
    }

    /// Metadata for a new object.
    pub fn meta(&mut self, random: &mut Random, namespace: &str, name: &str, created: Timestamp) -> Meta {
        self.next_id += 1;
        self.writes += 1;
        Meta {
            id: Id(self.next_id),
            uid: Uid(random.uid()),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            labels: Labels::new(),
            annotations: Labels::new(),
            created: seconds(created),
            deleted: None,
            resource_version: self.writes,
            generation: 1,
        }
    }

    /// How many there are.
    pub fn counts(&self) -> Counts {
        Counts {
            nodes: self.nodes.len() as u64,
            pods: self.pods.len() as u64,
            unbound_pods: self.unbound.len() as u64,
        }
    }

    /// Takes what changed since the last call.
    pub fn take_changes(&mut self) -> ChangeLog {
        std::mem::take(&mut self.changes)
    }

    /// Whether since the last call something happened that may help a pod that found no node: a node
    /// came or changed, or a pod gave back what it held.
    pub fn take_relief(&mut self) -> bool {
        std::mem::take(&mut self.relief)
    }

    /// Every object there is, in the order of creation.
    pub fn all(&self) -> Vec<(Kind, Id)> {
        let mut all: Vec<(Kind, Id)> = Vec::new();
        all.extend(self.nodes.keys().map(|&id| (Kind::Node, id)));
        all.extend(self.pods.keys().map(|&id| (Kind::Pod, id)));
        all.extend(self.workloads.iter().map(|(&id, workload)| (workload.kind, id)));
        all.extend(self.budgets.keys().map(|&id| (Kind::PodDisruptionBudget, id)));
        all.extend(self.autoscalers.keys().map(|&id| (Kind::HorizontalPodAutoscaler, id)));
        all.extend(self.claims.keys().map(|&id| (Kind::PersistentVolumeClaim, id)));
        all.extend(self.volumes.keys().map(|&id| (Kind::PersistentVolume, id)));
        all.extend(self.plain.iter().map(|(&id, plain)| (plain.kind, id)));
        all.sort_by_key(|&(_, id)| id);
        all
    }

    /// Writes down that the object differs from what was known of it.
    pub fn touch(&mut self, kind: Kind, id: Id) {
        self.writes += 1;
        self.relief |= kind == Kind::Node;
        let version = self.writes;
        let meta = match kind {
            Kind::Node => self.nodes.get_mut(&id).map(|node| &mut node.meta),
            Kind::Pod => self.pods.get_mut(&id).map(|pod| &mut pod.meta),
            Kind::PodDisruptionBudget => self.budgets.get_mut(&id).map(|budget| &mut budget.meta),
            Kind::HorizontalPodAutoscaler => self.autoscalers.get_mut(&id).map(|scaler| &mut scaler.meta),
            Kind::PersistentVolumeClaim => self.claims.get_mut(&id).map(|claim| &mut claim.meta),
            Kind::PersistentVolume => self.volumes.get_mut(&id).map(|volume| &mut volume.meta),
            Kind::Namespace | Kind::StorageClass | Kind::Service => {
                self.plain.get_mut(&id).map(|plain| &mut plain.meta)
            }
            _ => self.workloads.get_mut(&id).map(|workload| &mut workload.meta),
        };
        if let Some(meta) = meta {
            meta.resource_version = version;
            self.changes.record(kind, id, Change::Updated);
        }
    }

    /// A node joins.
    pub fn add_node(&mut self, node: Node) -> Id {
        let id = node.meta.id;
        self.relief = true;
        self.nodes.insert(id, node);
        self.changes.record(Kind::Node, id, Change::Added);
        id
    }

    /// The Node object goes; pods bound to it stay until somebody removes them.
    pub fn remove_node(&mut self, id: Id) {
        let last = objects::render(self, Kind::Node, id);
        if self.nodes.remove(&id).is_some() {
            self.changes.record(Kind::Node, id, Change::Deleted(last));
        }
    }

    /// A workload is created.
    pub fn add_workload(&mut self, workload: Workload) -> Id {
        let (id, kind) = (workload.meta.id, workload.kind);
        if let Some(owner) = workload.owner {
            self.children_of.entry(owner).or_default().insert(id);
        }
        self.workloads.insert(id, workload);
        self.changes.record(kind, id, Change::Added);
        id
    }

    /// A workload goes. Its pods are the caller's to remove first.
    pub fn remove_workload(&mut self, id: Id) {
        let Some(kind) = self.workloads.get(&id).map(|workload| workload.kind) else { return };
        let last = objects::render(self, kind, id);
        if let Some(owner) = self.workloads.remove(&id).and_then(|workload| workload.owner)
            && let Some(siblings) = self.children_of.get_mut(&owner)
        {
            siblings.remove(&id);
        }
        self.pods_of.remove(&id);
        self.children_of.remove(&id);
        self.changes.record(kind, id, Change::Deleted(last));
    }

    /// A pod is created.
    pub fn add_pod(&mut self, pod: Pod) -> Id {
        let id = pod.meta.id;
        if let Owner::Workload(owner) = pod.owner {
            self.pods_of.entry(owner).or_default().insert(id);
        }
        if pod.is_unbound() {
            self.unbound.insert(id);
        }
        if !pod.template.anti_affinity.is_empty() {
            self.repelling.insert(id);
        }
        self.pods.insert(id, pod);
        self.changes.record(Kind::Pod, id, Change::Added);
        self.touch_around(id);
        id
    }

    /// A pod goes for good.
    pub fn remove_pod(&mut self, id: Id) {
        let last = objects::render(self, Kind::Pod, id);
        self.touch_around(id);
        let Some(pod) = self.pods.remove(&id) else { return };
        if !pod.is_finished() {
            self.release(pod.requests, pod.placement.as_ref());
        }
        if let Owner::Workload(owner) = pod.owner
            && let Some(siblings) = self.pods_of.get_mut(&owner)
        {
            siblings.remove(&id);
        }
        if let Some(node) = pod.placement.and_then(|placement| self.nodes.get_mut(&placement.node)) {
            node.pods.remove(&id);
        }
        self.unbound.remove(&id);
        self.repelling.remove(&id);
        self.changes.record(Kind::Pod, id, Change::Deleted(last));
    }

    /// Binds a pod to a node that the scheduler, or a daemon's own rule, chose.
    pub fn bind(&mut self, pod_id: Id, node_id: Id, now: Timestamp) {
        let (Some(pod), Some(node)) = (self.pods.get_mut(&pod_id), self.nodes.get_mut(&node_id)) else {
            return;
        };
        pod.placement = Some(Placement {
            node: node_id,
            node_name: Arc::from(node.meta.name.as_str()),
            zone: node.zone.clone(),
            host: node.address,
            bound: seconds(now),
        });
        pod.note = None;
        node.pods.insert(pod_id);
        node.active_pods += 1;
        node.used = node.used.plus(pod.requests);
        self.unbound.remove(&pod_id);
        self.touch(Kind::Pod, pod_id);
    }

    /// Changes a pod's status through `change`, keeping the node's sums when it ends by it.
    pub fn update_pod(&mut self, id: Id, change: impl FnOnce(&mut Pod)) {
        let Some(pod) = self.pods.get_mut(&id) else { return };
        let (was_finished, was_unbound) = (pod.is_finished(), pod.is_unbound());
        change(pod);
        if was_unbound && !pod.is_unbound() {
            self.unbound.remove(&id);
        }
        if pod.is_finished() && !was_finished {
            let (held, placement) = (pod.requests, pod.placement.clone());
            self.release(held, placement.as_ref());
        }
        self.touch(Kind::Pod, id);
        self.touch_around(id);
    }

    /// Gives back what a pod held of its node.
    fn release(&mut self, held: Resources, placement: Option<&Placement>) {
        if let Some(node) = placement.and_then(|placement| self.nodes.get_mut(&placement.node)) {
            self.relief = true;
            node.used = node.used.minus(held);
            node.active_pods = node.active_pods.saturating_sub(1);
        }
    }

    /// The workloads and budgets whose status counts this pod.
    fn touch_around(&mut self, id: Id) {
        let Some(pod) = self.pods.get(&id) else { return };
        let mut owner = match pod.owner {
            Owner::Workload(owner) => Some(owner),
            _ => None,
        };
        let budgets = self.budgets_of(pod);
        while let Some((owner_id, workload)) = owner.and_then(|id| Some((id, self.workloads.get(&id)?))) {
            let kind = workload.kind;
            owner = workload.owner;
            self.touch(kind, owner_id);
        }
        for budget in budgets {
            self.touch(Kind::PodDisruptionBudget, budget);
        }
    }

    /// A budget is created.
    pub fn add_budget(&mut self, budget: Budget) {
        let id = budget.meta.id;
        self.budgets_in.entry(budget.meta.namespace.clone()).or_default().push(id);
        self.budgets.insert(id, budget);
        self.changes.record(Kind::PodDisruptionBudget, id, Change::Added);
    }

    /// An autoscaler is created.
    pub fn add_autoscaler(&mut self, autoscaler: Autoscaler) {
        let id = autoscaler.meta.id;
        self.autoscalers.insert(id, autoscaler);
        self.changes.record(Kind::HorizontalPodAutoscaler, id, Change::Added);
    }

    /// A claim is created.
    pub fn add_claim(&mut self, claim: Claim) -> Id {
        let id = claim.meta.id;
        self.claims.insert(id, claim);
        self.changes.record(Kind::PersistentVolumeClaim, id, Change::Added);
        id
    }

    /// A volume is provisioned for a claim, in a zone, for a pod on a node.
    pub fn add_volume(&mut self, volume: Volume, node_name: &str) {
        let id = volume.meta.id;
        if let Some(claim) = self.claims.get_mut(&volume.claim) {
            claim.volume = Some((id, volume.zone.clone()));
            claim.selected_node = Arc::from(node_name);
        }
        self.touch(Kind::PersistentVolumeClaim, volume.claim);
        self.volumes.insert(id, volume);
        self.changes.record(Kind::PersistentVolume, id, Change::Added);
    }

    /// A Namespace, StorageClass or Service is created.
    pub fn add_plain(&mut self, plain: Plain) {
        let (id, kind) = (plain.meta.id, plain.kind);
        self.plain.insert(id, plain);
        self.changes.record(kind, id, Change::Added);
    }

    /// A namespace goes, with the objects in it that only have a name here; workloads and pods are
    /// the caller's to remove first.
    pub fn remove_namespace(&mut self, name: &str) {
        let inside = self.plain.values().filter(|plain| {
            plain.meta.namespace == name || (plain.kind == Kind::Namespace && plain.meta.name == name)
        });
        let gone: Vec<(Kind, Id)> = inside.map(|plain| (plain.kind, plain.meta.id)).collect();
        for (kind, id) in gone {
            let last = objects::render(self, kind, id);
            self.plain.remove(&id);
            self.changes.record(kind, id, Change::Deleted(last));
        }
    }

    /// The pods a workload made.
    pub fn pods_of(&self, workload: Id) -> &BTreeSet<Id> {
        self.pods_of.get(&workload).unwrap_or(&NONE)
    }

    /// The workloads a workload made.
    pub fn children_of(&self, workload: Id) -> &BTreeSet<Id> {
        self.children_of.get(&workload).unwrap_or(&NONE)
    }

    /// The pods that wait for a node, oldest first.
    pub fn unbound(&self) -> &BTreeSet<Id> {
        &self.unbound
    }

    /// The pods with anti-affinity of their own: they keep others away, too.
    pub fn repelling(&self) -> &BTreeSet<Id> {
        &self.repelling
    }

    /// The node of that name.
    pub fn node_named(&self, name: &str) -> Option<&Node> {
        self.nodes.values().find(|node| node.meta.name == name)
    }

    /// The pod of that name.
    pub fn pod_named(&self, namespace: &str, name: &str) -> Option<&Pod> {
        self.pods.values().find(|pod| pod.meta.name == name && pod.meta.namespace == namespace)
    }

    /// The workload of that kind and name.
    pub fn workload_named(&self, kind: Kind, namespace: &str, name: &str) -> Option<&Workload> {
        self.workloads.values().find(|workload| {
            workload.kind == kind && workload.meta.name == name && workload.meta.namespace == namespace
        })
    }

    /// The budgets that guard a pod.
    pub fn budgets_of(&self, pod: &Pod) -> Vec<Id> {
        let Some(budgets) = self.budgets_in.get(&pod.meta.namespace) else { return Vec::new() };
        let guards = |id: &&Id| {
            self.budgets.get(id).is_some_and(|budget| matches(&budget.selector, &pod.template.labels))
        };
        budgets.iter().filter(guards).copied().collect()
    }

    /// How a budget stands
    /// (<https://kubernetes.io/docs/tasks/run-application/configure-pdb/>).
    pub fn standing(&self, budget: &Budget) -> Standing {
        let (mut expected, mut healthy) = (0, 0);
        for (id, workload) in &self.workloads {
            let guarded = workload.meta.namespace == budget.meta.namespace
                && matches!(workload.kind, Kind::ReplicaSet | Kind::StatefulSet)
                && matches(&budget.selector, &workload.template.labels);
            if guarded {
                expected += u64::from(workload.replicas);
                healthy += self.pods_of(*id).iter().filter(|id| self.is_healthy(id)).count() as u64;
            }
        }
        let desired = match budget.rule {
            BudgetRule::MinAvailable(limit) => limit.of(expected),
            BudgetRule::MaxUnavailable(limit) => expected.saturating_sub(limit.of(expected)),
        };
        let desired = if budget.blocked { expected.max(healthy) } else { desired };
        let allowed = if expected == 0 { 0 } else { healthy.saturating_sub(desired) };
        Standing { expected, healthy, desired, allowed }
    }

    fn is_healthy(&self, id: &Id) -> bool {
        self.pods.get(id).is_some_and(|pod| pod.ready && pod.meta.deleted.is_none())
    }
}

/// Whole seconds: Kubernetes keeps no more.
pub fn seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
