//! The optimisation engine: the cheapest cluster that holds the pods, and a proof of how close to it a
//! plan is.
//!
//! The planner is pure: the same input gives the same plan. It does no I/O, asks nobody for a price and
//! looks at no clock; whoever calls it says how long it may take ([`Effort`]).
//!
//! - [`PlanningInput`] is what is asked, [`Plan`] what is answered.
//! - `rules` says where a pod can be, as kube-scheduler does.
//! - `solve` packs numbers: classes of pods into bins, with a lower bound.
//! - `check` proves a plan by a second, independent implementation of the rules.

mod assemble;
mod candidates;
mod canonical;
mod certificate;
pub mod check;
mod commitments;
mod consolidate;
mod explain;
mod formulate;
mod ground;
mod input;
mod layout;
pub mod machines;
mod movable;
mod plan;
mod policy;
mod preferences;
mod question;
mod readiness;
mod reason;
mod rebalance;
pub mod rules;
pub mod scenario;
pub mod solve;
mod template;
mod verdict;
mod waiting;
mod waves;
mod words;

pub use certificate::{Certificate, MachineWorth, NodeWorth, PricedClass};
pub use explain::{Explanation, Subject, explain};
pub use input::{Commitment, Machine, MachineOffer, OwnedNode, Picture, PlanningInput, Storage};
pub use movable::goes_with_node;
pub use plan::{
    Bound, KeptNode, Move, NodeIndex, OfferIndex, Place, Plan, PlannedNode, PodIndex, RemovedNode,
    TemplateIndex, Unplaced,
};
pub use policy::{DisruptionPrice, Headroom, Policies, Preferences, SpotUse};
pub use question::{Question, plan};
pub use readiness::{Readiness, Standing, readiness};
pub use reason::{Alternative, Choice, KeptReason, NodeReason, PodObstacle, Refusal, Rule, Verdict, WhyNot};
pub use solve::{Effort, Unhurried, Watch};
pub use template::{Constraints, Limits, NodeTemplate, PriorityTier, SpotPolicy};
