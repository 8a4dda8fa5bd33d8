//! The questions that can be asked, and where they are answered.

use crate::canonical::Canonical;
use crate::ground::Ground;
use crate::plan::{NodeIndex, Plan};
use crate::solve::Effort;
use crate::{PlanningInput, consolidate, rebalance};

/// What is asked about an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Where can waiting pods go: onto nodes that exist first, then onto new ones.
    Provision,
    /// Which nodes can go or be replaced now, each step worth its price of disruption. Waiting pods as in
    /// [`Rebalance`](Self::Rebalance).
    Consolidate,
    /// What would the cluster cost if it were bought anew around what cannot be moved. Waiting pods are let onto
    /// room that is left; buying for them is [`Provision`](Self::Provision)'s question, so that a saving is one.
    Rebalance {
        /// Only these nodes may go; `None` for all.
        nodes: Option<Vec<NodeIndex>>,
    },
}

/// Answers a question. Takes as long as `effort` allows, and gives the best plan found until then; the same
/// input, question and seed give the same plan, unless time runs out.
pub fn plan(input: &PlanningInput, question: &Question, effort: &Effort<'_>) -> Plan {
    let canonical = Canonical::of(input);
    let ground = Ground::new(&canonical.input);
    let plan = match canonical.question(question) {
        Question::Provision => rebalance::provision(&ground, effort),
        Question::Consolidate => consolidate::consolidate(&ground, effort),
        Question::Rebalance { nodes } => rebalance::rebalance(&ground, nodes.as_deref(), effort),
    };
    canonical.restore(plan)
}
