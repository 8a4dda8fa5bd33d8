//! What every Kubernetes object has: kind, identity, names, versions.

use std::fmt;

use model::Timestamp;

use super::template::Labels;

/// An object's number in its world: unique over all kinds, rising with the order of creation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub u64);

/// A Kubernetes uid, written as a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Uid(pub u128);

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.0;
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            bits >> 96,
            (bits >> 80) & 0xffff,
            (bits >> 64) & 0xffff,
            (bits >> 48) & 0xffff,
            bits & 0xffff_ffff_ffff
        )
    }
}

/// The kinds of objects that a simulated cluster has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A namespace.
    Namespace,
    /// A node.
    Node,
    /// A storage class.
    StorageClass,
    /// A volume.
    PersistentVolume,
    /// A claim to a volume.
    PersistentVolumeClaim,
    /// Interchangeable pods with rolling updates.
    Deployment,
    /// One revision of a Deployment.
    ReplicaSet,
    /// Numbered pods with claims of their own.
    StatefulSet,
    /// A pod on every node.
    DaemonSet,
    /// Work that ends.
    Job,
    /// Jobs by the clock.
    CronJob,
    /// A service.
    Service,
    /// A pod.
    Pod,
    /// How many pods may be disturbed at a time.
    PodDisruptionBudget,
    /// Replicas that follow use.
    HorizontalPodAutoscaler,
}

impl Kind {
    /// The Kubernetes name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Namespace => "Namespace",
            Self::Node => "Node",
            Self::StorageClass => "StorageClass",
            Self::PersistentVolume => "PersistentVolume",
            Self::PersistentVolumeClaim => "PersistentVolumeClaim",
            Self::Deployment => "Deployment",
            Self::ReplicaSet => "ReplicaSet",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
            Self::Service => "Service",
            Self::Pod => "Pod",
            Self::PodDisruptionBudget => "PodDisruptionBudget",
            Self::HorizontalPodAutoscaler => "HorizontalPodAutoscaler",
        }
    }

    /// Group and version, as `apiVersion` has them.
    pub const fn api_version(self) -> &'static str {
        match self {
            Self::Deployment | Self::ReplicaSet | Self::StatefulSet | Self::DaemonSet => "apps/v1",
            Self::Job | Self::CronJob => "batch/v1",
            Self::StorageClass => "storage.k8s.io/v1",
            Self::PodDisruptionBudget => "policy/v1",
            Self::HorizontalPodAutoscaler => "autoscaling/v2",
            _ => "v1",
        }
    }
}

/// `metadata` without what the kind itself decides.
#[derive(Clone, Debug)]
pub struct Meta {
    /// The object's number.
    pub id: Id,
    /// The object's uid.
    pub uid: Uid,
    /// Empty for kinds without namespace.
    pub namespace: String,
    /// Unique in its namespace and kind.
    pub name: String,
    /// Labels.
    pub labels: Labels,
    /// Annotations.
    pub annotations: Labels,
    /// `creationTimestamp`.
    pub created: Timestamp,
    /// `deletionTimestamp`: set while it is going.
    pub deleted: Option<Timestamp>,
    /// Counts the world's writes.
    pub resource_version: u64,
    /// Counts the changes of `spec`.
    pub generation: u32,
}
