//! All objects of a cluster, one table for each kind.

use std::sync::Arc;

use model::{
    DisruptionBudget, HorizontalAutoscaler, Interner, Namespace, NamespacedName, Node, NodeStorage,
    PersistentVolume, Pod, StorageCapacity, StorageClass, StorageDriver, VolumeAttachment, VolumeClaim,
    Workload, WorkloadKey, WorkloadKind,
};
use wire::k8s::{Object, ObjectKind, ObjectRef};

use crate::table::Table;

/// The objects of a cluster, or those that a delta brings.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Objects {
    pub(crate) nodes: Table<Node>,
    pub(crate) pods: Table<Pod>,
    pub(crate) namespaces: Table<Namespace>,
    pub(crate) workloads: Table<Workload>,
    pub(crate) disruption_budgets: Table<DisruptionBudget>,
    pub(crate) volumes: Table<PersistentVolume>,
    pub(crate) claims: Table<VolumeClaim>,
    pub(crate) storage_classes: Table<StorageClass>,
    pub(crate) node_storage: Table<NodeStorage>,
    /// As `autoscaling/v2` describes them.
    pub(crate) autoscalers: Table<HorizontalAutoscaler>,
    /// The same ones as `autoscaling/v1` describes them: the agent sends both.
    pub(crate) autoscalers_v1: Table<HorizontalAutoscaler>,
    pub(crate) storage_drivers: Table<StorageDriver>,
    pub(crate) storage_capacities: Table<StorageCapacity>,
    pub(crate) attachments: Table<VolumeAttachment>,
}

impl Objects {
    /// Puts the object in its table.
    pub(crate) fn set(&mut self, object: Object) {
        match object {
            Object::Node(node) => self.nodes.set(node.into()),
            Object::Pod(pod) => self.pods.set(pod.into()),
            Object::Namespace(namespace) => self.namespaces.set(namespace.into()),
            Object::Workload(workload) => self.workloads.set(workload.into()),
            Object::DisruptionBudget(budget) => self.disruption_budgets.set(budget.into()),
            Object::PersistentVolume(volume) => self.volumes.set(volume.into()),
            Object::VolumeClaim(claim) => self.claims.set(claim.into()),
            Object::StorageClass(class) => self.storage_classes.set(class.into()),
            Object::NodeStorage(storage) => self.node_storage.set(storage.into()),
            Object::Autoscaler(autoscaler) => self.autoscalers.set(autoscaler.into()),
            Object::AutoscalerV1(autoscaler) => self.autoscalers_v1.set(autoscaler.into()),
            Object::StorageDriver(driver) => self.storage_drivers.set(driver.into()),
            Object::StorageCapacity(capacity) => self.storage_capacities.set(capacity.into()),
            Object::VolumeAttachment(attachment) => self.attachments.set(attachment.into()),
        }
    }

    /// Takes an object away, unless another than the one meant has its name; whether there was one.
    pub(crate) fn remove(&mut self, object: &ObjectRef) -> bool {
        let uid = object.uid.as_ref();
        let name = &object.name;
        let named = NamespacedName { namespace: Arc::clone(&object.namespace), name: Arc::clone(name) };
        match &object.kind {
            ObjectKind::Node => self.nodes.remove(name, uid),
            ObjectKind::Pod => self.pods.remove(&named, uid),
            ObjectKind::Namespace => self.namespaces.remove(name, uid),
            ObjectKind::Workload(kind) => self.workloads.remove(&workload_key(kind, named), uid),
            ObjectKind::DisruptionBudget => self.disruption_budgets.remove(&named, uid),
            ObjectKind::PersistentVolume => self.volumes.remove(name, uid),
            ObjectKind::VolumeClaim => self.claims.remove(&named, uid),
            ObjectKind::StorageClass => self.storage_classes.remove(name, uid),
            ObjectKind::NodeStorage => self.node_storage.remove(name, uid),
            ObjectKind::Autoscaler => self.autoscalers.remove(&named, uid),
            ObjectKind::AutoscalerV1 => self.autoscalers_v1.remove(&named, uid),
            ObjectKind::StorageDriver => self.storage_drivers.remove(name, uid),
            ObjectKind::StorageCapacity => self.storage_capacities.remove(&named, uid),
            ObjectKind::VolumeAttachment => self.attachments.remove(name, uid),
        }
    }

    /// Whether there is an object of this kind and name; of kinds that live in no namespace, the name
    /// alone counts.
    pub(crate) fn contains(&self, kind: &ObjectKind, named: &NamespacedName) -> bool {
        match kind {
            ObjectKind::Node => self.nodes.get(&named.name).is_some(),
            ObjectKind::Pod => self.pods.get(named).is_some(),
            ObjectKind::Namespace => self.namespaces.get(&named.name).is_some(),
            ObjectKind::Workload(kind) => self.workloads.get(&workload_key(kind, named.clone())).is_some(),
            ObjectKind::DisruptionBudget => self.disruption_budgets.get(named).is_some(),
            ObjectKind::PersistentVolume => self.volumes.get(&named.name).is_some(),
            ObjectKind::VolumeClaim => self.claims.get(named).is_some(),
            ObjectKind::StorageClass => self.storage_classes.get(&named.name).is_some(),
            ObjectKind::NodeStorage => self.node_storage.get(&named.name).is_some(),
            ObjectKind::Autoscaler => self.autoscalers.get(named).is_some(),
            ObjectKind::AutoscalerV1 => self.autoscalers_v1.get(named).is_some(),
            ObjectKind::StorageDriver => self.storage_drivers.get(&named.name).is_some(),
            ObjectKind::StorageCapacity => self.storage_capacities.get(named).is_some(),
            ObjectKind::VolumeAttachment => self.attachments.get(&named.name).is_some(),
        }
    }

    /// Puts each of `newer` in the place of the one of its name, and lets it share what it repeats.
    pub(crate) fn merge(&mut self, newer: Self, interner: &mut Interner) {
        self.nodes.merge(newer.nodes, interner);
        self.pods.merge(newer.pods, interner);
        self.workloads.merge(newer.workloads, interner);
        self.namespaces.merge(newer.namespaces, interner);
        self.disruption_budgets.merge(newer.disruption_budgets, interner);
        self.volumes.merge(newer.volumes, interner);
        self.claims.merge(newer.claims, interner);
        self.storage_classes.merge(newer.storage_classes, interner);
        self.node_storage.merge(newer.node_storage, interner);
        self.autoscalers.merge(newer.autoscalers, interner);
        self.autoscalers_v1.merge(newer.autoscalers_v1, interner);
        self.storage_drivers.merge(newer.storage_drivers, interner);
        self.storage_capacities.merge(newer.storage_capacities, interner);
        self.attachments.merge(newer.attachments, interner);
    }

    /// How many there are, of all kinds.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
            + self.pods.len()
            + self.namespaces.len()
            + self.workloads.len()
            + self.disruption_budgets.len()
            + self.volumes.len()
            + self.claims.len()
            + self.storage_classes.len()
            + self.node_storage.len()
            + self.autoscalers.len()
            + self.autoscalers_v1.len()
            + self.storage_drivers.len()
            + self.storage_capacities.len()
            + self.attachments.len()
    }
}

fn workload_key(kind: &WorkloadKind, named: NamespacedName) -> WorkloadKey {
    WorkloadKey { namespace: named.namespace, kind: kind.clone(), name: named.name }
}
