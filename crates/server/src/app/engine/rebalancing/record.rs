//! What is kept of a rebalancing plan, in the engine's own form: what was asked, what was planned, what was done.

use std::sync::Arc;

use cloud::driver::CreateRequest;
use model::{ActionId, Lifecycle, Money, NodeId, Timestamp};
use serde::{Deserialize, Serialize};

/// How far a plan is, in the contract's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is being made.
    Generating,
    /// It can be looked at, and executed.
    Generated,
    /// New machines are bought and join.
    CreatingNodes,
    /// Nodes that go are closed to new pods.
    PreparingNodes,
    /// Their pods move.
    DrainingNodes,
    /// They go.
    DeletingNodes,
    /// Everything was done.
    Finished,
    /// What could be done was; some nodes stay.
    PartiallyFinished,
    /// It could not be made or executed. Still open: what was bought for it is given back.
    Error,
}

impl Status {
    const ALL: [Self; 9] = [
        Self::Generating,
        Self::Generated,
        Self::CreatingNodes,
        Self::PreparingNodes,
        Self::DrainingNodes,
        Self::DeletingNodes,
        Self::Finished,
        Self::PartiallyFinished,
        Self::Error,
    ];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Generating => "generating",
            Self::Generated => "generated",
            Self::CreatingNodes => "creating_nodes",
            Self::PreparingNodes => "preparing_nodes",
            Self::DrainingNodes => "draining_nodes",
            Self::DeletingNodes => "deleting_nodes",
            Self::Finished => "finished",
            Self::PartiallyFinished => "partially_finished",
            Self::Error => "error",
        }
    }

    /// The status of this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// What was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Request {
    /// The nodes to replace; all that can be when empty.
    pub nodes: Vec<NodeId>,
    /// The cluster is to have at least so many nodes afterwards.
    pub min_nodes: u32,
    /// Pods that keep something on their node's disk may be moved, and lose it.
    pub move_local_storage: bool,
    /// Pods that carry a mark to be left where they are may be moved in spite of it.
    pub move_marked: bool,
    /// Pods that no controller would bring back may be moved, and are gone then.
    pub move_naked: bool,
    /// A node whose pods do not go in time is kept; otherwise they are deleted then.
    pub keep_drain_timeout_nodes: bool,
    /// Once the new nodes are there, go on only when at least this share, in percent, of the predicted saving
    /// is achieved.
    pub least_achieved_percent: Option<u32>,
    /// A node that is kept stays closed to new pods for so many seconds.
    pub uncordon_after_seconds: u32,
    /// A node that is kept stays closed to new pods until somebody opens it.
    pub never_uncordon: bool,
}

/// What is known of a plan beside what was asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Content {
    /// The plan, once it is made.
    pub planned: Option<Planned>,
    /// What is done to carry it out.
    pub steps: Vec<Step>,
    /// Nodes that are kept and are to be opened again.
    pub reopenings: Vec<Reopening>,
    /// What went wrong.
    pub errors: Vec<Problem>,
    /// What was saved, as far as it is seen in the cluster.
    pub achieved: Option<Achieved>,
    /// When it was made.
    pub generated_at: Option<Timestamp>,
    /// When it was decided to execute it.
    pub triggered_at: Option<Timestamp>,
    /// When all new nodes were there.
    pub created_nodes_at: Option<Timestamp>,
    /// When the last node was drained.
    pub drained_nodes_at: Option<Timestamp>,
    /// When the last node was gone.
    pub deleted_nodes_at: Option<Timestamp>,
    /// When it came to its end.
    pub finished_at: Option<Timestamp>,
}

/// A plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Planned {
    /// Price per hour of the cluster now.
    pub before: Money,
    /// Price per hour of the cluster afterwards.
    pub after: Money,
    /// What no plan can be cheaper than, per hour; `None` when nothing is proven.
    pub bound: Option<Money>,
    /// All nodes now.
    pub blue: Vec<PlannedNode>,
    /// All nodes afterwards.
    pub green: Vec<PlannedNode>,
    /// Pods that change their node.
    pub moves: Vec<PlannedMove>,
    /// Nodes that were looked at and stay, and why.
    pub kept: Vec<Kept>,
}

/// A node in a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedNode {
    /// Its id; of a new node the one that it will have.
    pub id: NodeId,
    /// Its name; `None` for a node that is not there yet.
    pub name: Option<Arc<str>>,
    /// The machine type.
    pub instance_type: Arc<str>,
    /// The zone.
    pub zone: Arc<str>,
    /// The terms.
    pub lifecycle: Lifecycle,
    /// Thousandths of CPUs that the machine has.
    pub cpu_milli: i64,
    /// MiB of memory that the machine has.
    pub memory_mib: i64,
    /// Price per hour.
    pub price: Money,
    /// Pods, those that belong to the node itself left out.
    pub pods: u32,
    /// Pods among them that cannot be moved.
    pub problematic_pods: u32,
    /// The node template it is made from, or was.
    pub template: Option<Arc<str>>,
    /// Its operating system, in the spelling of Go; empty when unknown.
    pub operating_system: Arc<str>,
    /// It runs the control plane.
    pub is_control_plane: bool,
    /// It was bought for the cluster, or is to be, rather than made by its provider or its people.
    pub is_ours: bool,
    /// When it joined.
    pub created_at: Option<Timestamp>,
    /// It is there before and afterwards.
    pub stays: bool,
    /// Why this one, in a sentence; empty for nodes that are there already.
    pub why: String,
    /// What the cloud is asked for; only for a node that is not there yet.
    pub order: Option<CreateRequest>,
}

/// A pod that changes its node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedMove {
    /// The pod's namespace.
    pub namespace: Arc<str>,
    /// The pod's name.
    pub name: Arc<str>,
    /// From where.
    pub from: NodeId,
    /// To where.
    pub to: NodeId,
    /// Moves of one wave may happen at the same time.
    pub wave: u32,
}

/// A node that stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    /// Which.
    pub node: NodeId,
    /// Why, the first obstacle first, a sentence each.
    pub reasons: Vec<String>,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StepKind {
    /// Buys a machine, which joins as a node.
    Create,
    /// Closes a node to new pods.
    Prepare,
    /// Moves its pods.
    Drain,
    /// Deletes it, and gives its machine back.
    Delete,
}

/// One thing that is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Its id: of the controller's action, and of what the cloud is asked for.
    pub id: ActionId,
    /// What it does.
    pub kind: StepKind,
    /// To which node.
    pub node: NodeId,
    /// The node's name, once it has one.
    pub node_name: Option<Arc<str>>,
    /// The machine under it, once it is known.
    pub provider_id: Option<Arc<str>>,
    /// What the cloud is asked for.
    pub request: Option<CreateRequest>,
    /// When it was decided on.
    pub created_at: Timestamp,
    /// When the cloud had nothing to sell, the last time it was asked.
    #[serde(default)]
    pub sold_out_at: Option<Timestamp>,
    /// When the cloud took the order.
    pub ordered_at: Option<Timestamp>,
    /// When the cloud took a machine back that was bought in vain.
    #[serde(default)]
    pub given_back_at: Option<Timestamp>,
    /// When it was seen to be done, or given up.
    pub finished_at: Option<Timestamp>,
    /// Why it was given up.
    pub error: Option<String>,
}

impl Step {
    /// Neither done nor given up.
    pub fn is_open(&self) -> bool {
        self.finished_at.is_none()
    }

    /// Done.
    pub fn is_done(&self) -> bool {
        self.finished_at.is_some() && self.error.is_none()
    }

    /// Ends it.
    pub fn end(&mut self, at: Timestamp, error: Option<String>) {
        self.finished_at = Some(at);
        self.error = error;
    }
}

/// A node that is kept, and when it takes pods again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reopening {
    /// The id of the controller's action.
    pub id: ActionId,
    /// Which node.
    pub node: NodeId,
    /// When; `None` once it was asked for.
    pub due_at: Option<Timestamp>,
}

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The contract's word for it.
    pub reason: String,
    /// A sentence.
    pub message: String,
    /// The node's name, where it is about one.
    pub node: Option<Arc<str>>,
}

/// What was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Achieved {
    /// Price per hour of the nodes that are gone.
    pub gone: Money,
    /// Price per hour of the nodes that came.
    pub came: Money,
}
