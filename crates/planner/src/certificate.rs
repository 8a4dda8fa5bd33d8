//! The proof of a lower bound, in a form that an outsider can verify.

use model::{Lifecycle, Money};

use crate::plan::PodIndex;

/// Prices of pods at which no machine is worth more than it costs. See `docs/lower-bound.md` for why that
/// proves a bound on every plan's cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Certificate {
    /// Pods that are alike, with the price of one of them.
    pub classes: Vec<PricedClass>,
    /// For each machine for sale, the most that any feasible set of pods on it is worth at these prices.
    pub machines: Vec<MachineWorth>,
    /// For each node that exists and could hold pods, the same.
    pub nodes: Vec<NodeWorth>,
}

/// Pods that are alike.
#[derive(Clone, Debug, PartialEq)]
pub struct PricedClass {
    /// The pods.
    pub pods: Vec<PodIndex>,
    /// What one of them is worth per hour, in nano-dollars, rounded down.
    pub dual_nanos: i64,
}

/// A machine for sale at the prices of the certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineWorth {
    /// The machine type.
    pub instance_type: std::sync::Arc<str>,
    /// The zone.
    pub zone: std::sync::Arc<str>,
    /// The lifecycle.
    pub lifecycle: Lifecycle,
    /// Price per hour, the charge per node included.
    pub price: Money,
    /// At least the most that any feasible set of pods on it is worth, and at most the price unless
    /// `supply` limits it.
    pub max_value: Money,
    /// How many can be had; `None` for any number.
    pub supply: Option<u32>,
}

/// A node that exists at the prices of the certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeWorth {
    /// Which.
    pub node: usize,
    /// Price per hour, the charge per node included.
    pub price: Money,
    /// At least the most that any feasible set of pods on it is worth.
    pub max_value: Money,
    /// It stays in any case, so that its price is paid whatever is planned.
    pub stays: bool,
}
