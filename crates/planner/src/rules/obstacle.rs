//! What refuses a pod a place: a small value first, a sentence when somebody asks.

use super::compile::Rules;
use super::shape::{Column, Domain, Spot};
use super::taints;
use super::volumes::ClaimTrouble;
use crate::reason::{Refusal, Rule};

/// What refuses a class a place. [`Rules::refusal`] says it in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Its claims let it go nowhere.
    Claims(ClaimTrouble),
    /// The node is cordoned.
    Cordoned,
    /// The pod names another node.
    OtherNode,
    /// A taint that it does not tolerate.
    Taint,
    /// Its node selector or node affinity does not choose the node.
    NodeAffinity,
    /// Another pod has a host port of its.
    Port {
        /// The port's number.
        port: u16,
    },
    /// Too little of something is free.
    Short {
        /// Of what, by [`Rules::columns`].
        column: usize,
        /// How much is free; below zero on an overcommitted node.
        free: i64,
    },
    /// A storage driver cannot attach that many more volumes.
    Attachments {
        /// The driver's column in [`Rules::columns`].
        column: usize,
        /// How many more the pod needs.
        wanted: i64,
        /// How many more can be attached.
        free: i64,
    },
    /// A disk is in use by a pod that does not share it.
    Disk,
    /// A claim that one pod alone may use is in use.
    ClaimInUse,
    /// A volume that it needs is not, and cannot be made, where the node could reach it.
    VolumeElsewhere,
    /// The storage driver has too little room there for a new volume.
    NoStorage,
    /// A volume's labels name another zone or region.
    VolumeZone,
    /// The node lacks the topology key of a spread constraint.
    SpreadKey {
        /// Which one of the pod's.
        constraint: u32,
    },
    /// The domain would have too many pods.
    Spread {
        /// Which one of the pod's constraints.
        constraint: u32,
        /// Pods in the domain that count, this one included if it does.
        here: i64,
        /// Pods in the least full domain.
        least: i64,
    },
    /// No pod that it must be near is in the domain.
    Affinity {
        /// The number of the domain's key.
        key: u32,
    },
    /// A pod that it must not be near is in the domain.
    AntiAffinity {
        /// The number of the domain's key.
        key: u32,
    },
    /// A pod is in the domain that must not be near it.
    AntiAffinityOfOthers {
        /// The number of the domain's key.
        key: u32,
    },
    /// The kubelet does not declare a feature that it needs.
    Feature,
}

impl Obstacle {
    /// The rule, by the scheduler's plugin.
    pub const fn rule(self) -> Rule {
        match self {
            Self::Claims(ClaimTrouble::Missing) | Self::Disk | Self::ClaimInUse => Rule::VolumeRestrictions,
            Self::Claims(ClaimTrouble::VolumeMissing) | Self::VolumeZone => Rule::VolumeZone,
            Self::Claims(_) | Self::VolumeElsewhere | Self::NoStorage => Rule::VolumeBinding,
            Self::Cordoned => Rule::NodeUnschedulable,
            Self::OtherNode => Rule::NodeName,
            Self::Taint => Rule::TaintToleration,
            Self::NodeAffinity => Rule::NodeAffinity,
            Self::Port { .. } => Rule::NodePorts,
            Self::Short { .. } => Rule::NodeResourcesFit,
            Self::Attachments { .. } => Rule::NodeVolumeLimits,
            Self::SpreadKey { .. } | Self::Spread { .. } => Rule::PodTopologySpread,
            Self::Affinity { .. } | Self::AntiAffinity { .. } | Self::AntiAffinityOfOthers { .. } => {
                Rule::InterPodAffinity
            }
            Self::Feature => Rule::NodeDeclaredFeatures,
        }
    }
}

impl Rules {
    /// The obstacle that a class met at a spot, in words.
    pub fn refusal(&self, class: usize, spot: Spot, obstacle: Obstacle) -> Refusal {
        Refusal { rule: obstacle.rule(), detail: self.sentence(class, spot, obstacle).into() }
    }

    fn sentence(&self, class: usize, spot: Spot, obstacle: Obstacle) -> String {
        let rule = &self.rules[class];
        let spread = |constraint: u32| &rule.spec.topology_spread[constraint as usize];
        match obstacle {
            Obstacle::Claims(trouble) => trouble.sentence().to_owned(),
            Obstacle::Cordoned => "the node is cordoned".to_owned(),
            Obstacle::OtherNode => match &rule.likeness.own.node_name {
                Some(name) => format!("it names the node {name}"),
                None => "it names another node".to_owned(),
            },
            Obstacle::Taint => {
                let taints = &self.rows.shapes[self.row(spot)].taints;
                match taints::untolerated(taints, &rule.spec.tolerations) {
                    Some(taint) => format!("it does not tolerate the taint {}", taint_text(taint)),
                    None => "it does not tolerate a taint".to_owned(),
                }
            }
            Obstacle::NodeAffinity => match &rule.likeness.own.required_node {
                Some(name) => format!("its node affinity names the node {name}"),
                None => "its node selector or node affinity does not choose the node".to_owned(),
            },
            Obstacle::Port { port } => format!("the host port {port} is taken"),
            Obstacle::Short { column, free } => {
                let (need, free) = (self.classes[class].need[column], free.max(0));
                self.columns.names[column].shortage(need, free)
            }
            Obstacle::Attachments { column, wanted, free } => match &self.columns.names[column] {
                Column::Volumes(driver) => {
                    format!("it needs {wanted} more volumes of {driver}, {} can be attached", free.max(0))
                }
                _ => "too many volumes would be attached".to_owned(),
            },
            Obstacle::Disk => "a disk of it is in use by a pod that does not share it".to_owned(),
            Obstacle::ClaimInUse => "a claim that one pod alone may use is in use".to_owned(),
            Obstacle::VolumeElsewhere => "a volume that it needs cannot be reached from there".to_owned(),
            Obstacle::NoStorage => "the storage driver has too little room there for a new volume".to_owned(),
            Obstacle::VolumeZone => "a volume of it is in another zone or region".to_owned(),
            Obstacle::SpreadKey { constraint } => {
                format!(
                    "the node lacks the label {}, over which its pods are spread",
                    spread(constraint).topology_key
                )
            }
            Obstacle::Spread { constraint, here, least } => {
                let spread = spread(constraint);
                format!(
                    "its {} would have {here} pods where another has {least}, and they may differ by {}",
                    spread.topology_key, spread.max_skew
                )
            }
            Obstacle::Affinity { key } => {
                format!("no pod that it must be near is in the same {}", self.domain_name(key))
            }
            Obstacle::AntiAffinity { key } => {
                format!("a pod that it must not be near is in the same {}", self.domain_name(key))
            }
            Obstacle::AntiAffinityOfOthers { key } => {
                format!("a pod that must not be near it is in the same {}", self.domain_name(key))
            }
            Obstacle::Feature => {
                let features: Vec<&str> = rule.likeness.own.features.iter().map(|one| &**one).collect();
                format!("the node's kubelet does not declare {}", features.join(", "))
            }
        }
    }
}

impl Rules {
    /// What people call the domains of a key.
    fn domain_name(&self, key: u32) -> &str {
        match &self.counters.keys[key as usize].domain {
            Domain::Label(label) => label,
            Domain::Node => "node",
            Domain::Cluster => "cluster",
        }
    }
}

fn taint_text(taint: &model::Taint) -> String {
    match &*taint.value {
        "" => format!("{}:{}", taint.key, taint.effect.as_str()),
        value => format!("{}={value}:{}", taint.key, taint.effect.as_str()),
    }
}

impl Column {
    /// `asks for 4 CPUs, 1.5 are free`, in the unit that people use.
    fn shortage(&self, need: i64, free: i64) -> String {
        const MIB: f64 = 1_048_576.0;
        match self {
            Self::Pods => "all pod slots are taken".to_owned(),
            Self::Cpu => format!("asks for {} CPUs, {} are free", need as f64 / 1e3, free as f64 / 1e3),
            Self::Memory => {
                format!("asks for {:.0} MiB of memory, {:.0} are free", need as f64 / MIB, free as f64 / MIB)
            }
            Self::EphemeralStorage => {
                format!(
                    "asks for {:.0} MiB of ephemeral storage, {:.0} are free",
                    need as f64 / MIB,
                    free as f64 / MIB
                )
            }
            Self::Extended(name) => format!("asks for {need} {name}, {free} are free"),
            Self::Volumes(driver) => format!("needs {need} volumes of {driver}, {free} can be attached"),
        }
    }
}

impl ClaimTrouble {
    const fn sentence(self) -> &'static str {
        match self {
            Self::Missing => "a claim of it does not exist",
            Self::NotMade => "the claim of an ephemeral volume of it is not made yet",
            Self::Lost => "the volume of a claim of it is lost",
            Self::Terminating => "a claim of it is being deleted",
            Self::NotOwned => "the claim of an ephemeral volume of it was made for another pod",
            Self::Unbound => "a claim of it is not bound, and binding does not wait for the pod",
            Self::VolumeMissing | Self::EphemeralVolumeMissing => {
                "a claim of it is bound to a volume that does not exist"
            }
        }
    }
}
