//! Reasons in words: one sentence each, without a full stop, so that they can stand in a table.

use std::fmt;

use crate::PlanningInput;
use crate::plan::PodIndex;
use crate::reason::{KeptReason, PodObstacle, Verdict};

impl fmt::Display for PodObstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Naked => f.write_str("naked: no controller would bring it back"),
            Self::Static => f.write_str("static: it belongs to its node"),
            Self::EmptyDir => f.write_str("local storage: an emptyDir would be lost"),
            Self::HostPath => f.write_str("local storage: a hostPath stays on its node"),
            Self::DoNotDisrupt => f.write_str("marked karpenter.sh/do-not-disrupt"),
            Self::NotSafeToEvict => {
                f.write_str("marked cluster-autoscaler.kubernetes.io/safe-to-evict: \"false\"")
            }
            Self::RemovalDisabled => f.write_str("marked autoscaling.cast.ai/removal-disabled"),
            Self::BudgetForbids { budget } => {
                write!(f, "PodDisruptionBudget {budget} never allows a disruption")
            }
            Self::BudgetSpent { budget, healthy, desired } => write!(
                f,
                "PodDisruptionBudget {budget} has nothing to spare now: {healthy} healthy, {desired} needed"
            ),
            Self::TwoBudgets => {
                f.write_str("more than one PodDisruptionBudget selects it, which no eviction passes")
            }
            Self::NoOtherPlace(refusal) => write!(f, "fits nowhere else: {refusal}"),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LimitReached { limit } => write!(f, "limit reached: {limit}"),
            Self::NoMachine { refusals } if refusals.is_empty() => f.write_str(
                "no machine can hold it: none is for sale, and none that is there is large enough",
            ),
            Self::NoMachine { refusals } => {
                f.write_str("no machine can hold it")?;
                for (index, (refusal, count)) in refusals.iter().enumerate() {
                    let sign = if index == 0 { ": " } else { "; " };
                    write!(f, "{sign}{refusal} on {count} of those for sale")?;
                }
                Ok(())
            }
            Self::NeedsMachine { instance_type, zone, lifecycle, price } => write!(
                f,
                "it fits no node that stays; the cheapest machine that could hold it is {instance_type} \
                 ({}) in {zone} at ${price}/hour",
                lifecycle.as_str().replace('_', "-")
            ),
            Self::NoPlace(refusal) => write!(f, "machines could hold it, but no place is left: {refusal}"),
            Self::NotOurs { why } => f.write_str(why),
        }
    }
}

impl KeptReason {
    /// The reason in a sentence, with the names that `input` gives to indexes.
    pub fn sentence(&self, input: &PlanningInput) -> String {
        match self {
            Self::Marked { mark } => format!("the node is marked {mark}"),
            Self::ControlPlane => "it runs the control plane".to_owned(),
            Self::TooYoung { seconds, least } => {
                format!("it is {seconds} s old, and left alone until it is {least} s old")
            }
            Self::NotReady => "its kubelet does not answer".to_owned(),
            Self::NotAsked => "it was not asked about".to_owned(),
            Self::Pod { pod, obstacle } => format!("pod {}: {obstacle}", pod_name(input, *pod)),
            Self::NoCheaper { by } => {
                format!("nothing cheaper holds its pods: the next best is ${by}/hour dearer")
            }
            Self::NotWorthIt { saving, disruption } => {
                format!("it would save ${saving}/hour, and moving its pods is priced at ${disruption}")
            }
            Self::Used => "the plan uses it: nothing cheaper could replace it".to_owned(),
        }
    }
}

/// Namespace and name of a pod.
fn pod_name(input: &PlanningInput, pod: PodIndex) -> String {
    input.cluster.pods.get(pod).map_or_else(String::new, |pod| format!("{}/{}", pod.namespace, pod.name))
}
