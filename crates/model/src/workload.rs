//! Workloads: what makes pods.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Labels, Owner, PodSpec, Timestamp, Uid};

/// The kind of an object that makes pods, or that stands for pods nobody made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum WorkloadKind {
    /// `apps/v1`.
    Deployment,
    /// `apps/v1`; on its own only without a Deployment or Rollout above it.
    ReplicaSet,
    /// `apps/v1`.
    StatefulSet,
    /// `apps/v1`: one pod for each node that it selects.
    DaemonSet,
    /// `batch/v1`; on its own only without a CronJob above it.
    Job,
    /// `batch/v1`.
    CronJob,
    /// `v1`.
    ReplicationController,
    /// `argoproj.io/v1alpha1`.
    Rollout,
    /// Stands for the static pods of a node.
    Node,
    /// Stands for itself: a pod that nothing controls.
    Pod,
    /// Any other controller, by its kind.
    Other(Arc<str>),
}

impl WorkloadKind {
    /// The kind of this name.
    pub fn new(kind: &str) -> Self {
        match kind {
            "Deployment" => Self::Deployment,
            "ReplicaSet" => Self::ReplicaSet,
            "StatefulSet" => Self::StatefulSet,
            "DaemonSet" => Self::DaemonSet,
            "Job" => Self::Job,
            "CronJob" => Self::CronJob,
            "ReplicationController" => Self::ReplicationController,
            "Rollout" => Self::Rollout,
            "Node" => Self::Node,
            "Pod" => Self::Pod,
            _ => Self::Other(kind.into()),
        }
    }

    /// The name of the kind in the Kubernetes API.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Deployment => "Deployment",
            Self::ReplicaSet => "ReplicaSet",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
            Self::ReplicationController => "ReplicationController",
            Self::Rollout => "Rollout",
            Self::Node => "Node",
            Self::Pod => "Pod",
            Self::Other(kind) => kind,
        }
    }
}

impl fmt::Display for WorkloadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Names a workload.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WorkloadKey {
    /// Its namespace; that of the pod for a [`WorkloadKind::Node`].
    pub namespace: Arc<str>,
    /// Its kind.
    pub kind: WorkloadKind,
    /// Its name.
    pub name: Arc<str>,
}

/// `namespace/kind/name`, the kind in lower case as people type it.
impl fmt::Display for WorkloadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.namespace, self.kind.as_str().to_ascii_lowercase(), self.name)
    }
}

/// An object that makes pods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workload {
    /// What names it.
    pub key: WorkloadKey,
    /// Its identity.
    pub uid: Uid,
    /// Its labels.
    pub labels: Arc<Labels>,
    /// The object that controls it: a Deployment for a ReplicaSet, a CronJob for a Job.
    pub owner: Option<Arc<Owner>>,
    /// How many pods it wants (for a Job, at a time); nodes selected for a DaemonSet, zero for a CronJob.
    pub replicas: i64,
    /// How many of its pods are ready.
    pub ready: i64,
    /// Told to make no pods for now: a suspended Job or CronJob.
    pub suspended: bool,
    /// The pods it makes; `None` when a controller above it has the template already, or when it has
    /// none of its own.
    pub template: Option<Arc<PodTemplate>>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// What the pods of a workload look like before they are made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PodTemplate {
    /// Their labels.
    pub labels: Arc<Labels>,
    /// Their requests and constraints.
    pub spec: Arc<PodSpec>,
}
