//! What new nodes may look like: node templates with their constraints and limits.

use std::sync::Arc;

use model::{Architecture, Labels, Lifecycle, Money, Taint};

/// A kind of node that may be bought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeTemplate {
    /// Its name.
    pub name: Arc<str>,
    /// Labels that its nodes get, beside those that every node of the provider has.
    pub labels: Labels,
    /// Taints that its nodes get.
    pub taints: Vec<Taint>,
    /// Which machines.
    pub constraints: Constraints,
    /// How much of them.
    pub limits: Limits,
    /// How spot machines are used.
    pub spot: SpotPolicy,
    /// Pods per node, where the template says so; the machine's own limit holds too.
    pub max_pods: Option<i64>,
}

/// Which machines a template may buy. What is empty or `None` restricts nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constraints {
    /// Vendors' instance types; only these.
    pub instance_types: Option<Vec<Arc<str>>>,
    /// Never these instance types.
    pub excluded_instance_types: Vec<Arc<str>>,
    /// Only these families.
    pub families: Option<Vec<Arc<str>>>,
    /// Never these families.
    pub excluded_families: Vec<Arc<str>>,
    /// Instruction sets in the order of preference: an earlier one is taken at equal price; `None` for any.
    pub architectures: Option<Vec<Architecture>>,
    /// Only these zones.
    pub zones: Option<Vec<Arc<str>>>,
    /// Virtual CPUs, at least.
    pub min_vcpus: Option<u32>,
    /// Virtual CPUs, at most.
    pub max_vcpus: Option<u32>,
    /// MiB of memory, at least.
    pub min_memory_mib: Option<u64>,
    /// MiB of memory, at most.
    pub max_memory_mib: Option<u64>,
    /// Only (`true`) or never (`false`) machines with GPUs.
    pub gpu: Option<bool>,
    /// Only (`true`) or never (`false`) machines with CPU credits or a shared core.
    pub burstable: Option<bool>,
    /// Only these lifecycles of [`Lifecycle::OnDemand`] and [`Lifecycle::Spot`]; `None` for both.
    pub lifecycles: Option<Vec<Lifecycle>>,
    /// Tiers that are tried in order: a machine of a later tier is bought only for pods that no machine of an
    /// earlier one can hold or for which none is left. Empty for one tier of everything.
    pub priority: Vec<PriorityTier>,
}

/// Machines that go before those of later tiers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriorityTier {
    /// Families of the tier; empty for all.
    pub families: Vec<Arc<str>>,
    /// The lifecycle of the tier; `None` for both.
    pub lifecycle: Option<Lifecycle>,
}

/// How much may be owned at a time, nodes that exist already included. `None` for no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Thousandths of virtual CPUs.
    pub cpu_milli: Option<i64>,
    /// Bytes of memory, as sold.
    pub memory_bytes: Option<i64>,
    /// Nodes.
    pub nodes: Option<i64>,
    /// Dollars per hour.
    pub price: Option<Money>,
}

/// How spot machines are used by a template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpotPolicy {
    /// Buy on demand what spot cannot be had for.
    pub fallback: bool,
    /// At most this share, in percent, of the nodes bought by one plan in one pool: a machine type in a zone.
    pub max_pool_percent: Option<u8>,
    /// A spot machine is bought only if it is at most this much dearer, in percent, than the cheapest spot
    /// machine of the template that has at least its room: how much diversity may cost.
    pub max_price_increase_percent: Option<u32>,
}
