//! Packing scenarios: files that ask one question of the planner, and the form of its answer.
//!
//! A scenario is machine types with their offers, pods that wait, and what a daemon takes of every node.
//! Reading is strict: what could be misunderstood is an error that says where, what is wrong and what
//! would be right. Nothing is unpacked here; who calls has the plain JSON.

mod file;
mod input;
mod outcome;

use std::io::Read;
use std::sync::Arc;

use model::{Labels, Money, PodSpec};

pub use outcome::{Outcome, OutcomeNode, OutcomePod, Proof, ProofClass, ProofNode, ProofType};

/// A question: which machines for these pods.
#[derive(Clone, Debug)]
pub struct Scenario {
    types: Vec<MachineType>,
    /// Pods that differ in nothing but their name share one of these.
    shapes: Vec<Shape>,
    /// By pod, its shape.
    pods: Vec<u32>,
    daemon: Option<Daemon>,
}

/// What a machine type has for pods, the daemon included, and where it can be had.
#[derive(Clone, Debug)]
struct MachineType {
    name: Arc<str>,
    cpu_milli: i64,
    memory_mib: i64,
    pods: i64,
    gpus: i64,
    offers: Vec<Offer>,
}

#[derive(Clone, Debug)]
struct Offer {
    zone: Arc<str>,
    spot: bool,
    price: Money,
}

#[derive(Clone, Debug)]
struct Shape {
    labels: Arc<Labels>,
    spec: Arc<PodSpec>,
}

/// What is taken from every node, beside one pod slot.
#[derive(Clone, Copy, Debug)]
struct Daemon {
    cpu_milli: i64,
    memory_mib: i64,
}

/// Why a file is not a scenario.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The source failed.
    #[error("the scenario cannot be read")]
    Read(#[source] std::io::Error),
    /// Not JSON, or JSON of another shape.
    #[error("{path}: {problem}")]
    Form {
        /// Where: `pods[3].cpu`; `the scenario` for the whole.
        path: String,
        /// What is wrong and what would be right, with line and column.
        problem: serde_json::Error,
    },
    /// Of the right shape, but without sense.
    #[error("{path}: {wrong}; {right}")]
    Sense {
        /// Where: `types[0].offs`.
        path: String,
        /// What is wrong.
        wrong: String,
        /// What would be right.
        right: &'static str,
    },
}

impl Scenario {
    /// Reads plain JSON.
    ///
    /// # Errors
    /// When the source fails or the text is not a scenario: no JSON, amounts that are negative, not whole
    /// or beyond a billion, prices that are no numbers, fields nobody knows, no types, a type twice or
    /// without offers, a topology key other than zone and hostname.
    pub fn read(mut from: impl Read) -> Result<Self, ScenarioError> {
        let mut text = Vec::new();
        from.read_to_end(&mut text).map_err(ScenarioError::Read)?;
        file::parse(&text)
    }

    /// How many pods wait.
    pub fn pods(&self) -> usize {
        self.pods.len()
    }
}

#[cfg(test)]
mod tests;
