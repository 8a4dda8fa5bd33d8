//! Machines as a cloud knows them, which is not what a cluster knows of its nodes.

use std::sync::Arc;

use model::{ActionId, ClusterId, Labels, Lifecycle, Timestamp};
use serde::{Deserialize, Serialize};

/// How a machine is named in a call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MachineKey {
    /// By the action that made it: known before the machine is, and all that is left after a crash.
    Action(ActionId),
    /// By its provider id, which is `spec.providerID` of its node: for machines that others made.
    Provider(Arc<str>),
}

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    /// The provider's name of it, as its node will carry it in `spec.providerID`. `None` as long as the
    /// provider has not named it: a NodeClaim exists before its machine.
    pub provider_id: Option<Arc<str>>,
    /// The name of its node, where the cloud can tell.
    pub node_name: Option<Arc<str>>,
    /// What it is. A driver that lets others choose says here what they chose.
    pub instance_type: Arc<str>,
    /// Where it is; `None` where the cloud has no zones or has not chosen yet.
    pub zone: Option<Arc<str>>,
    /// The terms it runs under.
    pub lifecycle: Lifecycle,
    /// How far it is.
    pub state: MachineState,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When the cloud takes it back, once it has said so.
    pub interrupted_at: Option<Timestamp>,
    /// Why it is going or gone.
    pub ended: Option<Ended>,
    /// The cluster it belongs to.
    pub cluster: ClusterId,
    /// The action that made it; `None` for a machine of somebody else.
    pub action: Option<ActionId>,
    /// The node template it was made from.
    pub node_template: Option<Arc<str>>,
    /// The tags asked for beside those above.
    pub tags: Labels,
}

impl Machine {
    /// Whether `key` names it.
    pub fn is(&self, key: &MachineKey) -> bool {
        match key {
            MachineKey::Action(action) => self.action == Some(*action),
            MachineKey::Provider(id) => self.provider_id.as_ref() == Some(id),
        }
    }
}

/// How far a machine is. It only ever goes forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MachineState {
    /// Ordered; it costs nothing yet with most providers.
    Pending,
    /// The provider runs it and bills it. Whether its node joined is for the cluster to say.
    Running,
    /// On its way out.
    Terminating,
    /// No more.
    Gone,
}

/// How a machine ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    /// Why.
    pub reason: EndReason,
    /// When that began.
    pub at: Timestamp,
    /// The cloud's words; empty where it has none.
    pub message: String,
}

/// Why a machine ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EndReason {
    /// Somebody asked for it.
    Deleted,
    /// Spot capacity that the cloud took back.
    Interrupted,
    /// It broke, or never came up.
    Failed,
}

impl MachineState {
    /// Whether it is there or about to be.
    pub const fn is_alive(self) -> bool {
        matches!(self, Self::Pending | Self::Running)
    }
}
