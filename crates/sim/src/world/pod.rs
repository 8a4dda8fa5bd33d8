//! Pods.

use std::sync::Arc;

use model::Timestamp;

use super::meta::{Id, Meta};
use super::template::{PodTemplate, Resources};

/// What made a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A person: nothing would bring it back.
    Nobody,
    /// A workload.
    Workload(Id),
    /// The kubelet of a node, from a file: the object is only a mirror.
    Node(Id),
}

/// A pod's phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not all containers started yet.
    Pending,
    /// Started.
    Running,
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed,
}

impl Phase {
    /// The Kubernetes name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }
}

/// Where a pod is bound. The names stay when the node goes, as they do in the API.
#[derive(Clone, Debug)]
pub struct Placement {
    /// The node, gone or not.
    pub node: Id,
    /// `spec.nodeName`.
    pub node_name: Arc<str>,
    /// The node's zone.
    pub zone: Arc<str>,
    /// The node's address.
    pub host: [u8; 4],
    /// When it was bound.
    pub bound: Timestamp,
}

/// A pod.
#[derive(Clone, Debug)]
pub struct Pod {
    /// Metadata; its labels are those that the template lacks.
    pub meta: Meta,
    /// What it asks for, shared with its siblings.
    pub template: Arc<PodTemplate>,
    /// What the scheduler reserves for it.
    pub requests: Resources,
    /// What made it.
    pub owner: Owner,
    /// Where it is bound.
    pub placement: Option<Placement>,
    /// Its phase.
    pub phase: Phase,
    /// Whether all containers are ready.
    pub ready: bool,
    /// When its containers started.
    pub started: Option<Timestamp>,
    /// When its containers ended.
    pub finished: Option<Timestamp>,
    /// `status.reason` of a failed pod: `Evicted`, or why it cannot be scheduled, as its condition says.
    pub note: Option<Note>,
    /// Restarts of its container.
    pub restarts: u32,
    /// The claims it mounts.
    pub claims: Vec<Id>,
}

/// What the status says beyond the phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The scheduler found no node, with its words.
    Unschedulable(String),
    /// The kubelet evicted it for want of memory.
    Evicted,
    /// The pod collector found its node gone.
    NodeGone,
}

impl Pod {
    /// Whether it has ended.
    pub fn is_finished(&self) -> bool {
        matches!(self.phase, Phase::Succeeded | Phase::Failed)
    }

    /// Whether it counts as one of its workload's replicas.
    pub fn is_active(&self) -> bool {
        !self.is_finished() && self.meta.deleted.is_none()
    }

    /// Whether it waits for a node.
    pub fn is_unbound(&self) -> bool {
        self.placement.is_none() && self.is_active()
    }
}
