//! Volumes, as far as they decide where pods can run.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{LabelSelector, Labels, NodeSelector, Uid};

/// How many nodes or pods may mount a volume at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AccessModes {
    /// By one node, read and write.
    pub read_write_once: bool,
    /// By many nodes, reading only.
    pub read_only_many: bool,
    /// By many nodes, read and write.
    pub read_write_many: bool,
    /// By one pod.
    pub read_write_once_pod: bool,
}

/// A PersistentVolume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersistentVolume {
    /// Its name.
    pub name: Arc<str>,
    /// Its identity.
    pub uid: Uid,
    /// Its labels; older provisioners write zone and region here.
    pub labels: Arc<Labels>,
    /// Bytes.
    pub capacity_bytes: i64,
    /// Who may mount it.
    pub access_modes: AccessModes,
    /// Its storage class; empty for none.
    pub storage_class: Arc<str>,
    /// The nodes that can reach it; `None` for all.
    pub node_affinity: Option<NodeSelector>,
    /// The driver that attaches it (the in-tree plugin's name for older volumes); it counts against
    /// the driver's limit of attached volumes on a node.
    pub driver: Option<Arc<str>>,
    /// The claim it is bound to or kept for, as namespace and name.
    pub claim: Option<(Arc<str>, Arc<str>)>,
    /// `Available`, `Bound`, `Released`, `Failed` or `Pending`.
    pub phase: Arc<str>,
    /// The identity of the claim it is bound to or kept for; `None` where only the name is known.
    pub claim_uid: Option<Uid>,
    /// The driver's name for it; empty when it has none. Volumes of one driver with one handle are one disk.
    pub handle: Arc<str>,
    /// A bare block device instead of a file system.
    pub is_block: bool,
    /// Asked to go: no claim gets it any more.
    pub is_terminating: bool,
    /// Its VolumeAttributesClass; empty for none.
    pub attributes_class: Arc<str>,
}

/// A PersistentVolumeClaim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeClaim {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Its identity.
    pub uid: Uid,
    /// Its storage class; `None` for the cluster's default, empty for none at all.
    pub storage_class: Option<Arc<str>>,
    /// Bytes.
    pub request_bytes: i64,
    /// How it is to be mounted.
    pub access_modes: AccessModes,
    /// The volume it is bound to.
    pub volume: Option<Arc<str>>,
    /// The node for which a late-binding volume is being made.
    pub selected_node: Option<Arc<str>>,
    /// `Pending`, `Bound` or `Lost`.
    pub phase: Arc<str>,
    /// `volume` was named by whoever made the claim, and the binding is not complete yet.
    pub is_prebound: bool,
    /// The labels of volumes that may be bound to it; `None` for any.
    pub selector: Option<LabelSelector>,
    /// A bare block device is wanted instead of a file system.
    pub is_block: bool,
    /// Asked to go: no pod can start with it any more.
    pub is_terminating: bool,
    /// The object that controls it: the pod, for a generic ephemeral volume.
    pub owner_uid: Option<Uid>,
    /// Its VolumeAttributesClass; empty for none.
    pub attributes_class: Arc<str>,
}

/// A StorageClass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageClass {
    /// Its name.
    pub name: Arc<str>,
    /// Its identity.
    pub uid: Uid,
    /// The driver that makes its volumes; `kubernetes.io/no-provisioner` makes none.
    pub provisioner: Arc<str>,
    /// Volumes are made where the first pod goes (`WaitForFirstConsumer`), not at once.
    pub binds_late: bool,
    /// The node labels of places where its volumes can be; `None` for everywhere.
    pub allowed_topologies: Option<NodeSelector>,
    /// Claims without a class get this one.
    pub is_default: bool,
}

/// What the storage drivers of a node can do: its CSINode object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeStorage {
    /// The node's name.
    pub node: Arc<str>,
    /// The CSINode's own identity.
    pub uid: Uid,
    /// Its drivers.
    pub drivers: Box<[NodeDriver]>,
}

/// A storage driver on a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeDriver {
    /// Its name.
    pub name: Arc<str>,
    /// How many volumes it can attach here; `None` for any number.
    pub attach_limit: Option<i32>,
    /// The node labels by which it tells places apart.
    pub topology_keys: Box<[Arc<str>]>,
}

/// A storage driver: its CSIDriver object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageDriver {
    /// Its name.
    pub name: Arc<str>,
    /// Its identity.
    pub uid: Uid,
    /// It says where how much room is left, and no volume is made where there is too little.
    pub tracks_capacity: bool,
}

/// How much room a driver has left in one part of the cluster: a CSIStorageCapacity object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageCapacity {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Its identity.
    pub uid: Uid,
    /// The storage class of which it speaks.
    pub storage_class: Arc<str>,
    /// The nodes that can reach the room, by their labels; `None` for no node.
    pub nodes: Option<LabelSelector>,
    /// Bytes left; `None` when unknown, which is as good as nothing.
    pub capacity_bytes: Option<i64>,
    /// Bytes that one volume may have; `None` for as many as are left.
    pub largest_volume_bytes: Option<i64>,
}

/// A volume that is attached, or to be attached, to a node: a VolumeAttachment object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeAttachment {
    /// Its name.
    pub name: Arc<str>,
    /// Its identity.
    pub uid: Uid,
    /// The driver that attaches.
    pub driver: Arc<str>,
    /// The node.
    pub node: Arc<str>,
    /// The PersistentVolume; `None` for a volume that a pod names itself.
    pub volume: Option<Arc<str>>,
}
