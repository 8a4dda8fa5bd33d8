//! What the planner answers.

use model::Money;

use crate::certificate::Certificate;
use crate::reason::{KeptReason, NodeReason, Verdict};

/// A pod, as an index into [`Picture::pods`](crate::Picture::pods).
pub type PodIndex = usize;
/// A node that exists, as an index into [`Picture::nodes`](crate::Picture::nodes).
pub type NodeIndex = usize;
/// A machine for sale, as an index into [`PlanningInput::offers`](crate::PlanningInput::offers).
pub type OfferIndex = usize;
/// A node template, as an index into [`PlanningInput::templates`](crate::PlanningInput::templates).
pub type TemplateIndex = usize;

/// What to buy, keep, replace and move.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Price per hour of all nodes now, the charge per node included.
    pub before: Money,
    /// Price per hour of all nodes when the plan is carried out, the charge per node included.
    pub after: Money,
    /// All nodes when the plan is carried out, existing ones first, each in the order of the input.
    pub nodes: Vec<PlannedNode>,
    /// Nodes that go, and why they can.
    pub removed: Vec<RemovedNode>,
    /// Bound pods that change their node, in the order in which they may move.
    pub moves: Vec<Move>,
    /// Waiting pods that still have no place, each with the one reason.
    pub unplaced: Vec<Unplaced>,
    /// Nodes that were looked at and stay, and why.
    pub kept: Vec<KeptNode>,
    /// What no plan can be cheaper than.
    pub bound: Bound,
}

/// A node when the plan is carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedNode {
    /// Which.
    pub place: Place,
    /// Price per hour, without the charge per node.
    pub price: Money,
    /// The pods it is for, those that are there already and stay included, DaemonSets' pods and static
    /// pods not.
    pub pods: Vec<PodIndex>,
    /// Why it is there.
    pub reason: NodeReason,
}

/// A node that exists, or one to be bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// It exists.
    Existing(NodeIndex),
    /// It is bought.
    New {
        /// The machine.
        offer: OfferIndex,
        /// What it is to look like.
        template: TemplateIndex,
    },
}

/// A node that goes.
#[derive(Clone, Debug, PartialEq)]
pub struct RemovedNode {
    /// Which.
    pub node: NodeIndex,
    /// Price per hour that ends, without the charge per node.
    pub price: Money,
}

/// A bound pod that changes its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// The pod.
    pub pod: PodIndex,
    /// From where.
    pub from: NodeIndex,
    /// To where, as an index into [`Plan::nodes`].
    pub to: usize,
    /// Moves of one wave may happen at the same time; a later wave waits for the earlier one, so that no
    /// budget is exceeded.
    pub wave: u32,
}

/// A waiting pod that still has no place.
#[derive(Clone, Debug, PartialEq)]
pub struct Unplaced {
    /// The pod.
    pub pod: PodIndex,
    /// Why.
    pub verdict: Verdict,
}

/// A node that was looked at and stays.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptNode {
    /// Which.
    pub node: NodeIndex,
    /// The first obstacle, and those that stand behind it. Never empty.
    pub reasons: Vec<KeptReason>,
}

/// What no plan can be cheaper than.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// Proven: the certificate says how.
    Certified {
        /// Price per hour, the charge per node included.
        per_hour: Money,
        /// The proof.
        certificate: Certificate,
    },
    /// There is none for this question.
    Unknown {
        /// Why, in a sentence.
        why: String,
    },
}

impl Default for Bound {
    fn default() -> Self {
        Self::Unknown { why: "nothing was planned".into() }
    }
}

impl Plan {
    /// By how much the plan is dearer than what is proven to be needed: 0.02 for two percent. `None`
    /// without a bound, or when the bound is zero.
    pub fn gap(&self) -> Option<f64> {
        match &self.bound {
            Bound::Certified { per_hour, .. } if per_hour.nanos() > 0 => {
                Some(self.after.nanos() as f64 / per_hour.nanos() as f64 - 1.0)
            }
            _ => None,
        }
    }
}
