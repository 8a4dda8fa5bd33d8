//! Labels and taints that a new node will carry.
//!
//! Some come with the machine wherever it runs, some with whoever makes the node (a managed node group,
//! Karpenter, GKE, AKS), which shows in the template's labels, and some are the template's own. The node's
//! name, and with it `kubernetes.io/hostname`, is not known before it exists.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Architecture, Labels, Lifecycle, Provider, Taint, TaintEffect, node_labels as names};

use super::gpu_resource;
use crate::{MachineOffer, NodeTemplate};

/// The labels of a node that is made of `offer` for `template`, but for its hostname. The template's own
/// labels win.
pub fn node_labels(offer: &MachineOffer, template: &NodeTemplate) -> Labels {
    let mut labels = BTreeMap::<Arc<str>, Arc<str>>::new();
    let mut set = |name: &str, value: &str| {
        labels.insert(name.into(), value.into());
    };
    let machine = &offer.machine.instance_type;
    for name in ["kubernetes.io/arch", "beta.kubernetes.io/arch"] {
        set(name, machine.architecture.as_str());
    }
    for name in ["kubernetes.io/os", "beta.kubernetes.io/os"] {
        set(name, "linux");
    }
    for (names, value) in
        [(names::INSTANCE_TYPE, &machine.name), (names::REGION, &offer.region), (names::ZONE, &offer.zone)]
    {
        names.iter().filter(|_| !value.is_empty()).for_each(|name| set(name, value));
    }
    let spot = offer.lifecycle == Lifecycle::Spot;
    if spot {
        set("scheduling.cast.ai/spot", "true");
    } else {
        set("scheduling.cast.ai/on-demand", "true");
    }
    match machine.provider {
        Provider::Aws => set("topology.ebs.csi.aws.com/zone", &offer.zone),
        Provider::Gcp => {
            set("topology.gke.io/zone", &offer.zone);
            set("cloud.google.com/machine-family", &machine.family);
        }
        Provider::Azure => set("topology.disk.csi.azure.com/zone", &offer.zone),
        Provider::Other => {}
    }
    if gpu_resource(machine) == Some("nvidia.com/gpu") {
        set("nvidia.com/gpu.present", "true");
    }
    for (mark, maker) in MAKERS {
        if template.labels.get(mark).is_some() {
            maker(offer, spot, &mut set);
        }
    }
    for (name, value) in template.labels.iter() {
        set(name, value);
    }
    labels.into_iter().collect()
}

/// The taints of a node that is made of `offer` for `template`: the template's, and those that the
/// provider's Kubernetes puts on such machines unasked.
pub fn node_taints(offer: &MachineOffer, template: &NodeTemplate) -> Vec<Taint> {
    let mut taints = template.taints.clone();
    let mut add = |key: &str, value: &str| {
        let taint = Taint { key: key.into(), value: value.into(), effect: TaintEffect::NoSchedule };
        if !taints.iter().any(|one| one.key == taint.key && one.effect == taint.effect) {
            taints.push(taint);
        }
    };
    let machine = &offer.machine.instance_type;
    if template.labels.get(GKE).is_some() {
        if machine.architecture == Architecture::Arm64 {
            add("kubernetes.io/arch", "arm64");
        }
        if machine.gpus > 0 {
            add("nvidia.com/gpu", "present");
        }
    }
    if template.labels.get(AKS).is_some() && offer.lifecycle == Lifecycle::Spot {
        add("kubernetes.azure.com/scalesetpriority", "spot");
    }
    taints
}

const GKE: &str = "cloud.google.com/gke-nodepool";
const AKS: &str = "kubernetes.azure.com/agentpool";

/// Takes a label's name and value.
type Set<'a> = &'a mut dyn FnMut(&str, &str);

/// Writes labels for an offer, which is of spot or not.
type Maker = fn(&MachineOffer, bool, Set<'_>);

/// What those who make nodes write on them, by the label in a template that shows who makes its nodes.
const MAKERS: [(&str, Maker); 4] = [
    ("eks.amazonaws.com/nodegroup", |_, spot, set| {
        set("eks.amazonaws.com/capacityType", if spot { "SPOT" } else { "ON_DEMAND" });
    }),
    ("karpenter.sh/nodepool", karpenter),
    (GKE, |_, spot, set| {
        set("cloud.google.com/gke-provisioning", if spot { "spot" } else { "standard" });
        if spot {
            set("cloud.google.com/gke-spot", "true");
        }
    }),
    (AKS, |_, spot, set| {
        set("kubernetes.azure.com/scalesetpriority", if spot { "spot" } else { "regular" });
    }),
];

fn karpenter(offer: &MachineOffer, spot: bool, set: Set<'_>) {
    set("karpenter.sh/capacity-type", if spot { "spot" } else { "on-demand" });
    set("karpenter.sh/registered", "true");
    set("karpenter.sh/initialized", "true");
    let machine = &offer.machine.instance_type;
    let (vcpus, memory) = (machine.vcpus.to_string(), machine.memory_mib.to_string());
    match machine.provider {
        Provider::Aws => {
            let (family, size) = machine.name.split_once('.').unwrap_or((&machine.name, ""));
            let category: &str = family.split(|one: char| one.is_ascii_digit()).next().unwrap_or(family);
            let generation = family.trim_start_matches(|one: char| !one.is_ascii_digit());
            let generation = generation.split(|one: char| !one.is_ascii_digit()).next().unwrap_or_default();
            for (name, value) in [
                ("family", family),
                ("size", size),
                ("category", category),
                ("generation", generation),
                ("cpu", &vcpus),
                ("memory", &memory),
            ] {
                set(&format!("karpenter.k8s.aws/instance-{name}"), value);
            }
            if machine.gpus > 0 {
                set("karpenter.k8s.aws/instance-gpu-count", &machine.gpus.to_string());
            }
        }
        Provider::Azure => {
            set("karpenter.azure.com/sku-cpu", &vcpus);
            set("karpenter.azure.com/sku-memory", &memory);
        }
        Provider::Gcp | Provider::Other => {}
    }
}

#[cfg(test)]
mod tests {
    use model::{InstanceType, Money};

    use super::*;
    use crate::Machine;

    fn offer(provider: Provider, name: &str, lifecycle: Lifecycle) -> MachineOffer {
        let instance_type = InstanceType {
            provider,
            name: name.into(),
            family: name.split(['.', '-']).next().unwrap().into(),
            architecture: Architecture::Arm64,
            vcpus: 8,
            memory_mib: 16_384,
            gpus: 0,
            gpu_model: None,
            local_ssd_gib: None,
            max_pods: None,
            burstable: false,
        };
        MachineOffer {
            machine: Arc::new(Machine::of(Arc::new(instance_type))),
            region: "here-1".into(),
            zone: "here-1a".into(),
            lifecycle,
            price: Money::ZERO,
            available: None,
        }
    }

    fn template(labels: &[(&str, &str)]) -> NodeTemplate {
        NodeTemplate { labels: labels.iter().copied().collect(), ..NodeTemplate::default() }
    }

    #[test]
    fn a_node_of_karpenter_says_what_it_is_made_of() {
        let template = template(&[("karpenter.sh/nodepool", "general"), ("team", "a")]);
        let labels = node_labels(&offer(Provider::Aws, "c6gn.2xlarge", Lifecycle::Spot), &template);
        for (name, value) in [
            ("kubernetes.io/arch", "arm64"),
            ("kubernetes.io/os", "linux"),
            ("node.kubernetes.io/instance-type", "c6gn.2xlarge"),
            ("topology.kubernetes.io/zone", "here-1a"),
            ("failure-domain.beta.kubernetes.io/region", "here-1"),
            ("karpenter.sh/nodepool", "general"),
            ("karpenter.sh/capacity-type", "spot"),
            ("karpenter.k8s.aws/instance-category", "c"),
            ("karpenter.k8s.aws/instance-family", "c6gn"),
            ("karpenter.k8s.aws/instance-generation", "6"),
            ("karpenter.k8s.aws/instance-size", "2xlarge"),
            ("karpenter.k8s.aws/instance-cpu", "8"),
            ("scheduling.cast.ai/spot", "true"),
            ("team", "a"),
        ] {
            assert_eq!(labels.get(name), Some(value), "{name}");
        }
        assert_eq!(labels.get("eks.amazonaws.com/capacityType"), None, "Karpenter does not write that");
    }

    #[test]
    fn the_labels_tell_the_lifecycle_that_was_bought() {
        for (provider, pool) in [
            (Provider::Aws, "eks.amazonaws.com/nodegroup"),
            (Provider::Aws, "karpenter.sh/nodepool"),
            (Provider::Gcp, GKE),
            (Provider::Azure, AKS),
            (Provider::Other, "pool"),
        ] {
            for lifecycle in [Lifecycle::OnDemand, Lifecycle::Spot] {
                let labels = node_labels(&offer(provider, "a1.large", lifecycle), &template(&[(pool, "x")]));
                assert_eq!(names::lifecycle(&labels), lifecycle, "{pool}");
            }
        }
    }

    #[test]
    fn providers_taint_some_machines_unasked() {
        let gke =
            node_taints(&offer(Provider::Gcp, "t2a-standard-4", Lifecycle::Spot), &template(&[(GKE, "a")]));
        assert_eq!(gke.len(), 1);
        assert_eq!((&*gke[0].key, &*gke[0].value), ("kubernetes.io/arch", "arm64"));
        let aks =
            node_taints(&offer(Provider::Azure, "Standard_D8ps", Lifecycle::Spot), &template(&[(AKS, "a")]));
        assert_eq!(&*aks[0].key, "kubernetes.azure.com/scalesetpriority");
        let tainted = NodeTemplate { taints: gke, ..template(&[(GKE, "a")]) };
        let again = node_taints(&offer(Provider::Gcp, "t2a-standard-4", Lifecycle::OnDemand), &tainted);
        assert_eq!(again, tainted.taints, "none twice");
    }
}
