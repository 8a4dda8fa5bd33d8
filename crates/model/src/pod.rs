//! Pods.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Labels, PodSpec, Timestamp, Uid, WorkloadKind};

/// A pod: what tells it from its siblings, and pointers to what it shares with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pod {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name, unique in the namespace at any one time.
    pub name: Arc<str>,
    /// Its identity: a pod of the same name that comes later has another.
    pub uid: Uid,
    /// Its labels.
    pub labels: Arc<Labels>,
    /// Requests and constraints, shared with its siblings.
    pub spec: Arc<PodSpec>,
    /// The object that controls it; `None` for a naked pod.
    pub owner: Option<Arc<Owner>>,
    /// The node it is bound to, which need not be known.
    pub node: Option<Arc<str>>,
    /// The only node it may run on, when its node affinity names one and nothing else: how the
    /// DaemonSet controller makes a pod for a node. That affinity is then not repeated in `spec`.
    pub required_node: Option<Arc<str>>,
    /// Claims of its namespace whose volumes it mounts, generic ephemeral volumes included.
    pub claims: Box<[Arc<str>]>,
    /// Where it is in its life.
    pub phase: PodPhase,
    /// Why it is there, in one word: `Evicted`, `Preempting`, …
    pub reason: Option<Arc<str>>,
    /// All its containers are ready.
    pub ready: bool,
    /// When it was asked to end; `None` as long as nobody did.
    pub deleted_at: Option<Timestamp>,
    /// What the scheduler said when it did not bind the pod.
    pub unschedulable: Option<Box<Unschedulable>>,
    /// Marks that ask for the pod to be left where it is.
    pub keep: KeepMarks,
    /// Written by a kubelet for a static pod of its node (a mirror pod): nothing can move it.
    pub is_static: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// Held back by its own scheduling gates: no scheduler looks at it yet.
    pub is_gated: bool,
    /// Features that its node's kubelet must declare.
    pub required_features: Box<[Arc<str>]>,
    /// Those of `claims` that belong to generic ephemeral volumes: made for this pod alone.
    pub ephemeral_claims: Box<[Arc<str>]>,
}

impl Pod {
    /// Succeeded or failed: it occupies nothing any more.
    pub fn is_finished(&self) -> bool {
        matches!(self.phase, PodPhase::Succeeded | PodPhase::Failed)
    }

    /// Bound to a node and occupying its resources.
    pub fn is_occupying(&self) -> bool {
        self.node.is_some() && !self.is_finished()
    }

    /// Waiting for a node.
    pub fn is_unbound(&self) -> bool {
        self.node.is_none() && !self.is_finished()
    }

    /// Asked to end, and not gone yet.
    pub fn is_terminating(&self) -> bool {
        self.deleted_at.is_some()
    }
}

/// The controller named in an object's owner references.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Owner {
    /// Its kind.
    pub kind: WorkloadKind,
    /// Its name, in the namespace of what it owns.
    pub name: Arc<str>,
    /// Its identity.
    pub uid: Uid,
}

/// Where a pod is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PodPhase {
    /// Not all containers have started; it may be bound or not.
    Pending,
    /// At least one container runs.
    Running,
    /// All containers ended well.
    Succeeded,
    /// All containers ended, one of them badly, or the pod was evicted.
    Failed,
    /// The node does not answer, or no phase was given.
    #[default]
    Unknown,
}

impl PodPhase {
    /// The name in the Kubernetes API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Unknown => "Unknown",
        }
    }
}

/// The condition `PodScheduled=False`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unschedulable {
    /// In one word: `Unschedulable`, `SchedulingGated`, `SchedulerError`.
    pub reason: Arc<str>,
    /// In a sentence, as the scheduler wrote it; may be empty.
    pub message: Arc<str>,
}

/// Marks by which people ask that a pod be left where it is. As labels and as annotations they mean
/// the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct KeepMarks {
    /// `karpenter.sh/do-not-disrupt: "true"`, or the older `do-not-evict`.
    pub do_not_disrupt: bool,
    /// `cluster-autoscaler.kubernetes.io/safe-to-evict: "false"`.
    pub not_safe_to_evict: bool,
    /// `autoscaling.cast.ai/removal-disabled: "true"`.
    pub removal_disabled: bool,
}

impl KeepMarks {
    /// The mark that one label or annotation stands for, if any.
    pub fn from_pair(name: &str, value: &str) -> Self {
        let is_true = value.eq_ignore_ascii_case("true");
        match name {
            "karpenter.sh/do-not-disrupt" | "karpenter.sh/do-not-evict" => {
                Self { do_not_disrupt: is_true, ..Self::default() }
            }
            "cluster-autoscaler.kubernetes.io/safe-to-evict" => {
                Self { not_safe_to_evict: value.eq_ignore_ascii_case("false"), ..Self::default() }
            }
            "autoscaling.cast.ai/removal-disabled" => Self { removal_disabled: is_true, ..Self::default() },
            _ => Self::default(),
        }
    }

    /// The marks of both.
    pub fn union(self, other: Self) -> Self {
        Self {
            do_not_disrupt: self.do_not_disrupt || other.do_not_disrupt,
            not_safe_to_evict: self.not_safe_to_evict || other.not_safe_to_evict,
            removal_disabled: self.removal_disabled || other.removal_disabled,
        }
    }

    /// True when there is one.
    pub fn any(self) -> bool {
        self.do_not_disrupt || self.not_safe_to_evict || self.removal_disabled
    }
}

/// What a pod used when it was last measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodUsage {
    /// Thousandths of a CPU, all containers together, rounded up.
    pub cpu_milli: i64,
    /// Bytes of memory, all containers together.
    pub memory_bytes: i64,
    /// When it was measured.
    pub at: Timestamp,
}
