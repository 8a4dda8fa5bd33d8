//! What the labels of a node say about its machine.
//!
//! Every provider, autoscaler and installer has labels of its own for the same few facts. This is the
//! one place that knows them, and which wins where several are there.

use crate::{Labels, Lifecycle, Provider};

/// The label that carries the node's id in the API.
pub const NODE_ID: &str = "provisioner.cast.ai/node-id";

/// The label whose values tell nodes apart.
pub const HOSTNAME: &str = "kubernetes.io/hostname";

/// Labels that settle the lifecycle, strongest first. A provider's own word about the machine comes
/// before that of whoever ordered it, and that before marks that people set by hand; in EKS the
/// agent follows the same order.
const LIFECYCLE_LABELS: [(&str, &[(&str, Lifecycle)]); 13] = {
    use Lifecycle::{OnDemand, Spot};
    [
        (
            "eks.amazonaws.com/capacityType",
            &[("SPOT", Spot), ("ON_DEMAND", OnDemand), ("CAPACITY_BLOCK", OnDemand)],
        ),
        ("cloud.google.com/gke-spot", &[("true", Spot)]),
        ("cloud.google.com/gke-preemptible", &[("true", Spot)]),
        (
            "cloud.google.com/gke-provisioning",
            &[("spot", Spot), ("preemptible", Spot), ("standard", OnDemand)],
        ),
        ("kubernetes.azure.com/scalesetpriority", &[("spot", Spot), ("regular", OnDemand)]),
        ("karpenter.sh/capacity-type", &[("spot", Spot), ("on-demand", OnDemand), ("reserved", OnDemand)]),
        ("scheduling.cast.ai/spot", &[("true", Spot)]),
        ("scheduling.cast.ai/on-demand", &[("true", OnDemand)]),
        ("scheduling.cast.ai/fake-spot", &[("true", Spot)]),
        ("node.kubernetes.io/lifecycle", LIFECYCLE_NAMES),
        ("lifecycle", LIFECYCLE_NAMES),
        ("kops.k8s.io/instance-lifecycle", LIFECYCLE_NAMES),
        ("node-lifecycle", LIFECYCLE_NAMES),
    ]
};

const LIFECYCLE_NAMES: &[(&str, Lifecycle)] = &[
    ("spot", Lifecycle::Spot),
    ("Ec2Spot", Lifecycle::Spot),
    ("preemptible", Lifecycle::Spot),
    ("normal", Lifecycle::OnDemand),
    ("on-demand", Lifecycle::OnDemand),
    ("OnDemand", Lifecycle::OnDemand),
];

/// A machine bought on demand because spot was not to be had.
const SPOT_FALLBACK: &str = "scheduling.cast.ai/spot-fallback";

/// The terms under which the machine runs. `scheduling.cast.ai/spot-fallback=true` wins over
/// everything, since such a node may also carry the label of the spot node it replaces. Otherwise the
/// first label of this list whose value is known decides (letters in either case):
/// `eks.amazonaws.com/capacityType`, `cloud.google.com/gke-spot`, `…/gke-preemptible`,
/// `…/gke-provisioning`, `kubernetes.azure.com/scalesetpriority`, `karpenter.sh/capacity-type`,
/// `scheduling.cast.ai/spot`, `…/on-demand`, `…/fake-spot`, `node.kubernetes.io/lifecycle`,
/// `lifecycle`, `kops.k8s.io/instance-lifecycle`, `node-lifecycle`. A node that says nothing runs on demand.
pub fn lifecycle(labels: &Labels) -> Lifecycle {
    if labels.get(SPOT_FALLBACK).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Lifecycle::SpotFallback;
    }
    let known = LIFECYCLE_LABELS.iter().find_map(|(label, names)| {
        let value = labels.get(label)?;
        names.iter().find(|(name, _)| name.eq_ignore_ascii_case(value)).map(|&(_, lifecycle)| lifecycle)
    });
    known.unwrap_or(Lifecycle::OnDemand)
}

/// Who runs the machine: from the scheme of `spec.providerID`, else from labels that only one
/// provider's nodes have.
pub fn provider(provider_id: &str, labels: &Labels) -> Provider {
    match provider_id.split_once("://") {
        Some(("aws", _)) => return Provider::Aws,
        Some(("gce", _)) => return Provider::Gcp,
        Some(("azure", _)) => return Provider::Azure,
        Some(_) => return Provider::Other,
        None => {}
    }
    let has = |prefix: &str| labels.iter().any(|(name, _)| name.starts_with(prefix));
    if has("eks.amazonaws.com/") || has("k8s.io/cloud-provider-aws") {
        Provider::Aws
    } else if has("cloud.google.com/") {
        Provider::Gcp
    } else if has("kubernetes.azure.com/") {
        Provider::Azure
    } else {
        Provider::Other
    }
}

/// The machine type.
pub const INSTANCE_TYPE: [&str; 2] = ["node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"];

/// The region.
pub const REGION: [&str; 2] = ["topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"];

/// The zone.
pub const ZONE: [&str; 2] = ["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"];

/// The pool, group or template that made the node: what whoever added it says, from the most
/// particular to the most general.
pub const POOL: [&str; 9] = [
    "scheduling.cast.ai/node-template",
    "karpenter.sh/nodepool",
    "karpenter.sh/provisioner-name",
    "eks.amazonaws.com/nodegroup",
    "alpha.eksctl.io/nodegroup-name",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/agentpool",
    "agentpool",
    "kops.k8s.io/instancegroup",
];

/// The value of the first of `names` that is there.
pub fn first<'a>(labels: &'a Labels, names: &[&str]) -> Option<&'a std::sync::Arc<str>> {
    names.iter().find_map(|name| labels.get_shared(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lifecycle_of(labels: &[(&str, &str)]) -> Lifecycle {
        lifecycle(&labels.iter().copied().collect())
    }

    #[test]
    fn every_provider_says_spot_in_its_own_words() {
        for label in [
            ("eks.amazonaws.com/capacityType", "SPOT"),
            ("karpenter.sh/capacity-type", "spot"),
            ("cloud.google.com/gke-spot", "true"),
            ("cloud.google.com/gke-preemptible", "true"),
            ("kubernetes.azure.com/scalesetpriority", "spot"),
            ("scheduling.cast.ai/spot", "true"),
            ("scheduling.cast.ai/fake-spot", "true"),
            ("node.kubernetes.io/lifecycle", "spot"),
            ("lifecycle", "Ec2Spot"),
        ] {
            assert_eq!(lifecycle_of(&[label]), Lifecycle::Spot, "{label:?}");
        }
        assert_eq!(lifecycle_of(&[]), Lifecycle::OnDemand);
        assert_eq!(lifecycle_of(&[("scheduling.cast.ai/spot", "false")]), Lifecycle::OnDemand);
    }

    #[test]
    fn the_stronger_label_wins() {
        let eks = ("eks.amazonaws.com/capacityType", "ON_DEMAND");
        let ours = ("scheduling.cast.ai/spot", "true");
        assert_eq!(lifecycle_of(&[eks, ours]), Lifecycle::OnDemand);
        assert_eq!(
            lifecycle_of(&[ours, ("scheduling.cast.ai/spot-fallback", "true")]),
            Lifecycle::SpotFallback
        );
        let unknown = ("eks.amazonaws.com/capacityType", "SOMETHING_NEW");
        assert_eq!(lifecycle_of(&[unknown, ours]), Lifecycle::Spot, "an unknown value decides nothing");
    }

    #[test]
    fn the_provider_id_comes_before_labels() {
        let eks: Labels = [("eks.amazonaws.com/nodegroup", "a")].into_iter().collect();
        assert_eq!(provider("aws:///us-east-1b/i-0bb968a437d5c8dfc", &Labels::default()), Provider::Aws);
        assert_eq!(provider("gce://project/zone/name", &eks), Provider::Gcp);
        assert_eq!(provider("kind://docker/kind/node", &eks), Provider::Other);
        assert_eq!(provider("", &eks), Provider::Aws);
        assert_eq!(provider("", &Labels::default()), Provider::Other);
    }
}
