//! The answer to a scenario, and its proof, as JSON.
//!
//! Amounts of money are JSON numbers here, in dollars. A number written by serde_json reads back as the
//! same nano-dollars as long as it is below four million dollars, more than any scenario costs in an hour.

use std::sync::Arc;

use model::{Lifecycle, Money};
use serde::{Serialize, Serializer};

use super::Scenario;
use crate::input::PlanningInput;
use crate::plan::{Bound, Place, Plan, PodIndex};

/// What `supercargo plan --scenario` prints.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Dollars per hour of all nodes, the charge per node included.
    #[serde(serialize_with = "dollars")]
    pub cost_per_hour: Money,
    /// Dollars per hour that no plan can be cheaper than; zero when nothing is proven.
    #[serde(serialize_with = "dollars")]
    pub lower_bound_per_hour: Money,
    /// Cost above the bound as a share of the bound; `None` without a bound.
    pub gap: Option<f64>,
    /// How long it took.
    pub solve_seconds: f64,
    /// What is bought.
    pub nodes: Vec<OutcomeNode>,
    /// What found no place.
    pub unplaced: Vec<OutcomePod>,
}

/// A node that is bought.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutcomeNode {
    /// The machine type.
    #[serde(rename = "type")]
    pub instance_type: Arc<str>,
    /// The zone.
    pub zone: Arc<str>,
    /// `on-demand` or `spot`.
    pub capacity_type: &'static str,
    /// Dollars per hour.
    #[serde(serialize_with = "dollars")]
    pub price_per_hour: Money,
    /// Its pods, as positions in the scenario.
    pub pods: Vec<PodIndex>,
}

/// A pod without a place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutcomePod {
    /// Its position in the scenario.
    pub pod: PodIndex,
    /// Why, in a sentence.
    pub reason: String,
}

/// The proof of the bound: see `docs/lower-bound.md`. An outsider needs nothing but this and the scenario
/// to verify it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// Pods that are alike with the price of one.
    pub classes: Vec<ProofClass>,
    /// By machine for sale, the most that any feasible set of pods on it is worth.
    pub types: Vec<ProofType>,
    /// The same for nodes that exist; left out when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<ProofNode>,
    /// What is proven, in dollars per hour.
    #[serde(serialize_with = "dollars")]
    pub bound_per_hour: Money,
}

/// Pods that are alike.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProofClass {
    /// The pods, as positions in the scenario.
    pub pods: Vec<PodIndex>,
    /// What one of them is worth, in dollars per hour.
    #[serde(serialize_with = "dollars")]
    pub dual: Money,
}

/// A machine for sale.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProofType {
    /// The machine type.
    #[serde(rename = "type")]
    pub instance_type: Arc<str>,
    /// The zone.
    pub zone: Arc<str>,
    /// `on-demand` or `spot`.
    pub capacity_type: &'static str,
    /// Dollars per hour, the charge per node included.
    #[serde(serialize_with = "dollars")]
    pub price_per_hour: Money,
    /// At least the most that any feasible set of pods on it is worth.
    #[serde(serialize_with = "dollars")]
    pub max_value: Money,
    /// How many can be had; left out when there is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supply: Option<u32>,
}

/// A node that exists.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProofNode {
    /// Its name.
    pub node: Arc<str>,
    /// Dollars per hour, the charge per node included.
    #[serde(serialize_with = "dollars")]
    pub price_per_hour: Money,
    /// At least the most that any feasible set of pods on it is worth.
    #[serde(serialize_with = "dollars")]
    pub max_value: Money,
    /// It is paid for in any case.
    pub stays: bool,
}

impl Scenario {
    /// The plan for [`Scenario::input`] in the words of scenarios.
    pub fn outcome(&self, input: &PlanningInput, plan: &Plan, solve_seconds: f64) -> Outcome {
        let node = |node: &crate::plan::PlannedNode| {
            let Place::New { offer, .. } = node.place else { return None };
            let offer = input.offers.get(offer)?;
            Some(OutcomeNode {
                instance_type: Arc::clone(&offer.machine.instance_type.name),
                zone: Arc::clone(&offer.zone),
                capacity_type: capacity_type(offer.lifecycle),
                price_per_hour: node.price,
                pods: node.pods.clone(),
            })
        };
        Outcome {
            cost_per_hour: plan.after,
            lower_bound_per_hour: match plan.bound {
                Bound::Certified { per_hour, .. } => per_hour,
                Bound::Unknown { .. } => Money::ZERO,
            },
            gap: plan.gap(),
            solve_seconds,
            nodes: plan.nodes.iter().filter_map(node).collect(),
            unplaced: plan
                .unplaced
                .iter()
                .map(|one| OutcomePod { pod: one.pod, reason: one.verdict.to_string() })
                .collect(),
        }
    }
}

impl Proof {
    /// The certificate of a plan; `None` when its bound is not known.
    pub fn of(input: &PlanningInput, plan: &Plan) -> Option<Self> {
        let Bound::Certified { per_hour, certificate } = &plan.bound else { return None };
        let class = |class: &crate::PricedClass| ProofClass {
            pods: class.pods.clone(),
            dual: Money::from_nanos(class.dual_nanos),
        };
        let machine = |one: &crate::MachineWorth| ProofType {
            instance_type: Arc::clone(&one.instance_type),
            zone: Arc::clone(&one.zone),
            capacity_type: capacity_type(one.lifecycle),
            price_per_hour: one.price,
            max_value: one.max_value,
            supply: one.supply,
        };
        let node = |one: &crate::NodeWorth| {
            let owned = input.cluster.nodes.get(one.node)?;
            Some(ProofNode {
                node: Arc::clone(&owned.node.name),
                price_per_hour: one.price,
                max_value: one.max_value,
                stays: one.stays,
            })
        };
        Some(Self {
            classes: certificate.classes.iter().map(class).collect(),
            types: certificate.machines.iter().map(machine).collect(),
            nodes: certificate.nodes.iter().filter_map(node).collect(),
            bound_per_hour: *per_hour,
        })
    }
}

/// The value of `karpenter.sh/capacity-type`, which is what scenarios say.
fn capacity_type(lifecycle: Lifecycle) -> &'static str {
    match lifecycle {
        Lifecycle::Spot => "spot",
        Lifecycle::OnDemand | Lifecycle::SpotFallback => "on-demand",
    }
}

fn dollars<S: Serializer>(amount: &Money, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(amount.nanos() as f64 / 1e9)
}
