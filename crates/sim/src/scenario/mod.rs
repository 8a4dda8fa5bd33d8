//! What a simulated cluster is made of and what happens to it: data, without behaviour.

mod load;
mod shop;

use std::sync::Arc;

use model::Lifecycle;

use crate::machine::Machine;
use crate::provider::Provider;
use crate::world::meta::Kind;
use crate::world::node::Taint;
use crate::world::template::{Labels, PodTemplate};
use crate::world::workload::BudgetRule;

pub use load::load_test;
pub use shop::shop;

/// A cluster to simulate.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The cluster's name.
    pub name: String,
    /// Whose it is.
    pub provider: Provider,
    /// Node groups, in the order in which the group autoscaler asks them.
    pub groups: Vec<Group>,
    /// Workloads, created in this order.
    pub workloads: Vec<WorkloadPlan>,
    /// What no workload explains.
    pub oddities: Vec<Oddity>,
    /// What goes on.
    pub dynamics: Dynamics,
}

/// Something in a cluster that no workload explains.
#[derive(Clone, Debug)]
pub enum Oddity {
    /// A pod that nobody owns: nothing would bring it back.
    NakedPod(PodPlan),
    /// Mirrors of a file on the first nodes: so many.
    StaticPods(PodPlan, usize),
    /// A pod that its kubelet evicted and nobody removed.
    EvictedPod(PodPlan),
    /// The node of this number was cordoned and forgotten.
    CordonedNode(usize),
    /// The node of this number has a label with which it must not be removed.
    KeptNode(usize),
    /// A claim of so many GiB that no pod uses.
    UnusedClaim {
        /// Its namespace.
        namespace: &'static str,
        /// Its name.
        name: &'static str,
        /// Its size.
        gib: u32,
    },
}

/// A pod without a workload.
#[derive(Clone, Debug)]
pub struct PodPlan {
    /// Its namespace.
    pub namespace: &'static str,
    /// Its name; of a static pod, what comes before the node's.
    pub name: &'static str,
    /// What it asks for.
    pub template: Arc<PodTemplate>,
}

/// A node group or pool.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Machine types with how many of each there are at the start. The autoscaler buys any of them.
    pub machines: Vec<(Machine, u32)>,
    /// The terms.
    pub lifecycle: Lifecycle,
    /// Labels beyond the provider's.
    pub labels: Labels,
    /// Taints of its nodes.
    pub taints: Vec<Taint>,
    /// Most nodes the autoscaler may have.
    pub maximum: u32,
    /// Seconds after which an idle node is given back; `None` keeps it for ever.
    pub scale_down_after: Option<i64>,
}

/// A workload to create.
#[derive(Clone, Debug)]
pub struct WorkloadPlan {
    /// Which kind.
    pub kind: Kind,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Replicas at the start.
    pub replicas: u32,
    /// Its pods.
    pub template: PodTemplate,
    /// Fewest and most replicas, and the use in percent that an autoscaler keeps.
    pub autoscale: Option<(u32, u32, u64)>,
    /// Its budget.
    pub budget: Option<BudgetRule>,
    /// GiB of each pod's claim.
    pub claim_gib: u32,
    /// Minutes between runs (CronJobs) and seconds of a run (Jobs and CronJobs).
    pub batch: Option<(u32, u32)>,
}

/// What happens by itself. Every chance is per thousand.
#[derive(Clone, Copy, Debug)]
pub struct Dynamics {
    /// Whether anything changes at all after the start. Without it a cluster only sends heartbeats.
    pub alive: bool,
    /// Growth of all demand per day, in thousandths.
    pub growth_permille_per_day: u64,
    /// Hours between two rollouts of some Deployment; zero is never.
    pub rollout_every_hours: u32,
    /// Chance per hour that a spot node is taken back.
    pub reclaim_permille_per_hour: u64,
    /// Chance per hour that some node falls silent.
    pub silence_permille_per_hour: u64,
    /// Chance that a purchase finds no capacity.
    pub no_capacity_permille: u64,
    /// Most vCPUs that may be bought.
    pub quota_cpus: u64,
}

impl Dynamics {
    /// A cluster in which nothing happens.
    pub const QUIET: Self = Self {
        alive: false,
        growth_permille_per_day: 0,
        rollout_every_hours: 0,
        reclaim_permille_per_hour: 0,
        silence_permille_per_hour: 0,
        no_capacity_permille: 0,
        quota_cpus: u64::MAX,
    };

    /// A cluster that lives, and in which nothing goes wrong by itself.
    pub const CALM: Self = Self { alive: true, ..Self::QUIET };

    /// A cluster on an ordinary day.
    pub const ORDINARY: Self = Self {
        alive: true,
        growth_permille_per_day: 4,
        rollout_every_hours: 3,
        reclaim_permille_per_hour: 1,
        silence_permille_per_hour: 6,
        no_capacity_permille: 80,
        quota_cpus: 2_000,
    };
}
