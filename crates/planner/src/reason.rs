//! Why: the words of every decision, as values. Rendering is for whoever shows them; [`std::fmt::Display`]
//! gives one sentence.

use std::fmt;
use std::sync::Arc;

use model::{Lifecycle, Money};

use crate::plan::{NodeIndex, PodIndex};

/// Which rule of the scheduler refuses a pod on a node, by the name of its plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// `NodeUnschedulable`: the node is cordoned.
    NodeUnschedulable,
    /// `NodeName`: the pod names another node.
    NodeName,
    /// `TaintToleration`.
    TaintToleration,
    /// `NodeAffinity`: node selector or required node affinity.
    NodeAffinity,
    /// `NodePorts`: host ports.
    NodePorts,
    /// `NodeResourcesFit`: resources and pod slots.
    NodeResourcesFit,
    /// `VolumeRestrictions`: disks that cannot be shared, claims for one pod, missing claims.
    VolumeRestrictions,
    /// `NodeVolumeLimits`: attached volumes.
    NodeVolumeLimits,
    /// `VolumeBinding`.
    VolumeBinding,
    /// `VolumeZone`.
    VolumeZone,
    /// `PodTopologySpread`.
    PodTopologySpread,
    /// `InterPodAffinity`.
    InterPodAffinity,
    /// `NodeDeclaredFeatures`.
    NodeDeclaredFeatures,
}

impl Rule {
    /// All of them, in the scheduler's order.
    pub const ALL: [Self; 13] = [
        Self::NodeUnschedulable,
        Self::NodeName,
        Self::TaintToleration,
        Self::NodeAffinity,
        Self::NodePorts,
        Self::NodeResourcesFit,
        Self::VolumeRestrictions,
        Self::NodeVolumeLimits,
        Self::VolumeBinding,
        Self::VolumeZone,
        Self::PodTopologySpread,
        Self::InterPodAffinity,
        Self::NodeDeclaredFeatures,
    ];

    /// The name of the scheduler's plugin.
    pub const fn plugin(self) -> &'static str {
        match self {
            Self::NodeUnschedulable => "NodeUnschedulable",
            Self::NodeName => "NodeName",
            Self::TaintToleration => "TaintToleration",
            Self::NodeAffinity => "NodeAffinity",
            Self::NodePorts => "NodePorts",
            Self::NodeResourcesFit => "NodeResourcesFit",
            Self::VolumeRestrictions => "VolumeRestrictions",
            Self::NodeVolumeLimits => "NodeVolumeLimits",
            Self::VolumeBinding => "VolumeBinding",
            Self::VolumeZone => "VolumeZone",
            Self::PodTopologySpread => "PodTopologySpread",
            Self::InterPodAffinity => "InterPodAffinity",
            Self::NodeDeclaredFeatures => "NodeDeclaredFeatures",
        }
    }
}

/// Why a pod cannot be on a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Refusal {
    /// The rule.
    pub rule: Rule,
    /// What is wrong, with the numbers: `asks for 4 CPUs, 1.5 are free`.
    pub detail: Arc<str>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.detail, self.rule.plugin())
    }
}

/// Why a pod is left where it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PodObstacle {
    /// No controller would bring it back.
    Naked,
    /// A static pod: it belongs to its node.
    Static,
    /// It keeps data in an `emptyDir` volume.
    EmptyDir,
    /// It keeps data on the node, in a `hostPath` volume.
    HostPath,
    /// Marked `karpenter.sh/do-not-disrupt`.
    DoNotDisrupt,
    /// Marked `cluster-autoscaler.kubernetes.io/safe-to-evict: "false"`.
    NotSafeToEvict,
    /// Marked `autoscaling.cast.ai/removal-disabled`.
    RemovalDisabled,
    /// A budget allows no disruption, ever: its rule keeps every pod.
    BudgetForbids {
        /// Namespace and name of the PodDisruptionBudget.
        budget: Arc<str>,
    },
    /// A budget has nothing to spare now.
    BudgetSpent {
        /// Namespace and name of the PodDisruptionBudget.
        budget: Arc<str>,
        /// Pods that are healthy.
        healthy: i32,
        /// Pods that must be.
        desired: i32,
    },
    /// More than one budget selects it, which the API server's eviction refuses.
    TwoBudgets,
    /// It fits nowhere else, and nothing that is for sale could hold it.
    NoOtherPlace(Refusal),
}

impl PodObstacle {
    /// The obstacle in a word, to tell obstacles apart.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Naked => "Naked",
            Self::Static => "Static",
            Self::EmptyDir => "EmptyDir",
            Self::HostPath => "HostPath",
            Self::DoNotDisrupt => "DoNotDisrupt",
            Self::NotSafeToEvict => "NotSafeToEvict",
            Self::RemovalDisabled => "RemovalDisabled",
            Self::BudgetForbids { .. } => "BudgetForbids",
            Self::BudgetSpent { .. } => "BudgetSpent",
            Self::TwoBudgets => "TwoBudgets",
            Self::NoOtherPlace(_) => "NoOtherPlace",
        }
    }
}

/// Why a node stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptReason {
    /// The node is marked `autoscaling.cast.ai/removal-disabled`, or with the do-not-disrupt annotation.
    Marked {
        /// The label or annotation.
        mark: Arc<str>,
    },
    /// It runs the control plane.
    ControlPlane,
    /// It is younger than the policies ask for.
    TooYoung {
        /// Its age in seconds.
        seconds: i64,
        /// The least age.
        least: i64,
    },
    /// Its kubelet does not answer: nothing is known of what would happen to its pods.
    NotReady,
    /// It was not among the nodes that the question is about.
    NotAsked,
    /// A pod on it cannot be moved.
    Pod {
        /// The pod.
        pod: PodIndex,
        /// Why.
        obstacle: PodObstacle,
    },
    /// Nothing cheaper holds its pods: the cheapest alternative costs this much more per hour.
    NoCheaper {
        /// The cheapest alternative's price above what stays.
        by: Money,
    },
    /// Moving costs more than it saves within the policies' horizon.
    NotWorthIt {
        /// Dollars per hour saved.
        saving: Money,
        /// Dollars for the disruption.
        disruption: Money,
    },
    /// The plan uses it: it is as cheap as what could replace it.
    Used,
}

/// Why a node is part of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct NodeReason {
    /// How this one compares.
    pub choice: Choice,
    /// The next best machines for the same pods with what they cost, the cheapest first; at most two. Only
    /// for nodes that are bought.
    pub next_best: Vec<Alternative>,
    /// Wishes of pods that are dropped because they cost, in words.
    pub dropped: Vec<Arc<str>>,
}

/// How a node compares.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Choice {
    /// It exists and stays.
    #[default]
    Stays,
    /// The cheapest machine that holds its pods.
    Cheapest,
    /// Not the cheapest for these pods alone, but limits or pools left no cheaper one.
    Limited {
        /// Which limit.
        limit: Arc<str>,
    },
}

/// A machine that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// The machine type.
    pub instance_type: Arc<str>,
    /// The zone.
    pub zone: Arc<str>,
    /// The lifecycle.
    pub lifecycle: Lifecycle,
    /// Its price per hour.
    pub price: Money,
}

/// What becomes of a waiting pod that has no place in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A limit is reached.
    LimitReached {
        /// Which one, with its amount.
        limit: Arc<str>,
    },
    /// Nothing that exists or is for sale can hold it.
    NoMachine {
        /// For each rule, how many of the machines for sale it rules out, the last candidates' rule first.
        refusals: Vec<(Refusal, usize)>,
    },
    /// It fits no node that stays, and the question was not about buying for it: this is the cheapest machine
    /// that could hold it.
    NeedsMachine {
        /// The machine type.
        instance_type: Arc<str>,
        /// The zone.
        zone: Arc<str>,
        /// The lifecycle.
        lifecycle: Lifecycle,
        /// Its price per hour.
        price: Money,
    },
    /// Machines could hold it, but rules between pods leave no place.
    NoPlace(Refusal),
    /// It waits by its own wish: scheduling gates, or another scheduler's.
    NotOurs {
        /// Why.
        why: Arc<str>,
    },
}

/// Why one node was or was not taken for a pod: an answer to a question, made only when asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyNot {
    /// The node.
    pub node: NodeIndex,
    /// What refuses the pod there; `None` when it would fit.
    pub refusal: Option<Refusal>,
}
