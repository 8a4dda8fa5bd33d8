//! What can be wrong with a plan.

use std::fmt;
use std::sync::Arc;

use model::Money;

use crate::plan::{NodeIndex, PodIndex};
use crate::reason::{KeptReason, PodObstacle, Refusal};

/// One thing that is wrong with a plan. Positions of planned nodes are those of
/// [`Plan::nodes`](crate::Plan::nodes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// The plan names something that the input does not have.
    Unknown {
        /// What: `pod 17`, `offer 3`.
        what: String,
    },
    /// Each pod has one place or one verdict.
    PodCount {
        /// The pod.
        pod: PodIndex,
        /// How often it is there.
        times: usize,
    },
    /// A pod that is nobody's to place has a place: finished, static, a DaemonSet's, bound elsewhere.
    NotToPlace {
        /// The pod.
        pod: PodIndex,
    },
    /// A pod that runs today has no place.
    Evicted {
        /// The pod.
        pod: PodIndex,
    },
    /// Each node that exists stays or goes.
    NodeCount {
        /// The node.
        node: NodeIndex,
        /// How often it is there.
        times: usize,
    },
    /// Nodes that exist come before those that are bought, in the order of the input.
    Order {
        /// The planned node that is out of order.
        at: usize,
    },
    /// The scheduler would not put the pod there.
    Refused {
        /// The pod; `None` for one that a DaemonSet will make.
        pod: Option<PodIndex>,
        /// The planned node.
        at: usize,
        /// Why not.
        refusal: Refusal,
    },
    /// Pods change their node that are not among the moves, or the other way round.
    Moves {
        /// The pod.
        pod: PodIndex,
        /// What does not agree.
        problem: &'static str,
    },
    /// A pod is moved that must be left where it is.
    Unmovable {
        /// The pod.
        pod: PodIndex,
        /// Why.
        obstacle: PodObstacle,
    },
    /// A node goes that must be left alone.
    NodeKept {
        /// The node.
        node: NodeIndex,
        /// Why.
        reason: KeptReason,
    },
    /// A wave takes more of a budget than it has.
    BudgetExceeded {
        /// Namespace and name of the PodDisruptionBudget.
        budget: Arc<str>,
        /// The wave.
        wave: u32,
        /// Pods of the budget that move in it.
        moved: i64,
        /// How many may.
        allowed: i64,
    },
    /// More nodes are drained in a wave than the policies allow.
    DrainedAtOnce {
        /// The wave.
        wave: u32,
        /// Nodes.
        nodes: usize,
        /// How many may.
        allowed: u32,
    },
    /// The template does not buy this machine.
    NotAllowed {
        /// The planned node.
        at: usize,
        /// Which constraint forbids it.
        why: &'static str,
    },
    /// More is bought than there is.
    Supply {
        /// The offer.
        offer: usize,
        /// Nodes bought.
        bought: usize,
        /// How many can be had.
        available: u32,
    },
    /// More is owned than a limit allows, and more than before.
    Limit {
        /// Whose limit: a template's name, `the cluster`.
        whose: Arc<str>,
        /// Of what.
        what: &'static str,
        /// How much is owned after the plan.
        owned: i64,
        /// How much may be.
        most: i64,
    },
    /// Too many spot machines of one pool.
    Pool {
        /// The planned node that is one too many.
        at: usize,
        /// Machines in the pool.
        machines: usize,
        /// How many may be.
        most: usize,
    },
    /// A pod is put on a spot machine, or taken off one, against the policies.
    Spot {
        /// The pod.
        pod: PodIndex,
        /// The planned node.
        at: usize,
    },
    /// A pod is said to fit no machine, and fits one.
    WronglyRefused {
        /// The pod.
        pod: PodIndex,
        /// The offer.
        offer: usize,
    },
    /// Commitments are used for more machines than they cover.
    Commitments,
    /// A sum or a price is not what the input says.
    Price {
        /// Which.
        what: String,
        /// What the plan says.
        planned: Money,
        /// What it is.
        right: Money,
    },
    /// The bound is not proven.
    Certificate {
        /// What is wrong with the proof.
        problem: String,
    },
    /// The bound is above the plan's own cost.
    BoundAboveCost {
        /// The bound.
        bound: Money,
        /// The cost.
        cost: Money,
    },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { what } => write!(f, "the input has no {what}"),
            Self::PodCount { pod, times } => write!(f, "pod {pod} is there {times} times, not once"),
            Self::NotToPlace { pod } => write!(f, "pod {pod} has a place, but is not to be placed"),
            Self::Evicted { pod } => write!(f, "pod {pod} runs today and has no place"),
            Self::NodeCount { node, times } => {
                write!(f, "node {node} stays or goes {times} times, not once")
            }
            Self::Order { at } => write!(f, "planned node {at} is out of order"),
            Self::Refused { pod: Some(pod), at, refusal } => {
                write!(f, "pod {pod} cannot be on planned node {at}: {refusal}")
            }
            Self::Refused { pod: None, at, refusal } => write!(f, "planned node {at}: {refusal}"),
            Self::Moves { pod, problem } => write!(f, "pod {pod}: {problem}"),
            Self::Unmovable { pod, obstacle } => write!(f, "pod {pod} is moved: {obstacle}"),
            Self::NodeKept { node, reason } => write!(f, "node {node} goes: {reason:?}"),
            Self::BudgetExceeded { budget, wave, moved, allowed } => {
                write!(f, "wave {wave} moves {moved} pods of budget {budget}, {allowed} may be away")
            }
            Self::DrainedAtOnce { wave, nodes, allowed } => {
                write!(f, "wave {wave} drains {nodes} nodes, {allowed} are allowed")
            }
            Self::NotAllowed { at, why } => write!(f, "planned node {at}: its template forbids its {why}"),
            Self::Supply { offer, bought, available } => {
                write!(f, "{bought} of offer {offer} are bought, {available} can be had")
            }
            Self::Limit { whose, what, owned, most } => {
                write!(f, "{what} of {whose}: {owned} are owned, the limit is {most}")
            }
            Self::Pool { at, machines, most } => {
                write!(f, "planned node {at}: {machines} spot machines in its pool, {most} are allowed")
            }
            Self::Spot { pod, at } => {
                write!(
                    f,
                    "pod {pod} changes between spot and on demand on planned node {at}, against the policies"
                )
            }
            Self::WronglyRefused { pod, offer } => {
                write!(f, "pod {pod} is said to fit no machine, and fits offer {offer}")
            }
            Self::Commitments => f.write_str("commitments are used for more machines than they cover"),
            Self::Price { what, planned, right } => write!(f, "{what}: {planned} planned, {right} is right"),
            Self::Certificate { problem } => write!(f, "the bound is not proven: {problem}"),
            Self::BoundAboveCost { bound, cost } => {
                write!(f, "the bound {bound} is above the plan's own cost {cost}")
            }
        }
    }
}
