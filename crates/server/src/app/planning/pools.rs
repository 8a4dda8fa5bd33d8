//! Node templates read off the pools that a cluster has.
//!
//! A pool's new nodes carry the labels and taints that all its nodes have in common, but for those that
//! come with the machine. They keep the pool's architecture, its terms (spot, on demand) and its GPUs;
//! their types are free.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cloud::Catalog;
use model::{Architecture, InstanceType, Labels, Lifecycle, Node, Taint};
use planner::{Constraints, NodeTemplate, SpotPolicy, SpotUse};

/// A pool's machines may grow to this many times the CPUs of its largest one…
const GROWTH: u32 = 4;
/// …and to this many CPUs in any case.
const SMALL_VCPUS: u32 = 32;

/// Templates, and which of the nodes they were read off belongs to which.
#[derive(Clone, Debug, Default)]
pub struct Pools {
    /// The templates, in the order of their names.
    pub templates: Vec<NodeTemplate>,
    /// By node, its template; `None` for nodes of which no more can be bought: those of the control
    /// plane, and Windows nodes, of which no prices are known.
    pub of_nodes: Vec<Option<usize>>,
}

/// What one template is made of. Nodes of different architecture, and nodes with and without GPUs, are
/// kept apart even where they are of one pool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    pool: Option<Arc<str>>,
    architecture: Architecture,
    gpus: bool,
    /// Tells pools apart that have no name: the labels and taints of their nodes.
    looks: Option<(Labels, Vec<Taint>)>,
}

impl Pools {
    /// The pools of `nodes`. Where `spot` is left as it is today, new nodes of a pool run under the terms
    /// of those that it has; otherwise under any that `spot` leaves.
    pub fn of(nodes: &[Arc<Node>], catalog: &Catalog, spot: SpotUse) -> Self {
        let kinds: Vec<Option<Kind>> = nodes.iter().map(|node| kind(node)).collect();
        let distinct: BTreeSet<&Kind> = kinds.iter().flatten().collect();
        let distinct: Vec<&Kind> = distinct.into_iter().collect();
        let of_nodes: Vec<Option<usize>> =
            kinds.iter().map(|kind| distinct.binary_search(&kind.as_ref()?).ok()).collect();
        let templates = distinct.iter().enumerate().map(|(index, kind)| {
            let members = nodes.iter().zip(&of_nodes).filter(|(_, of)| **of == Some(index));
            let members: Vec<&Node> = members.map(|(node, _)| &**node).collect();
            template(name(index, &distinct), kind, &members, catalog, spot)
        });
        Self { templates: templates.collect(), of_nodes }
    }
}

fn kind(node: &Node) -> Option<Kind> {
    let architecture: Architecture = match node.architecture() {
        "" => Architecture::Amd64,
        known => known.parse().ok()?,
    };
    if node.is_control_plane() || !matches!(node.operating_system(), "" | "linux") {
        return None;
    }
    let looks = node.pool.is_none().then(|| (labels(&[node]), taints(&[node])));
    Some(Kind { pool: node.pool.clone(), architecture, gpus: has_gpus(node), looks })
}

/// The pool's name, with what sets the template apart where the pool makes more than one.
fn name(index: usize, kinds: &[&Kind]) -> Arc<str> {
    let kind = kinds[index];
    let Some(pool) = &kind.pool else {
        let number = kinds[..index].iter().filter(|one| one.pool.is_none()).count() + 1;
        return format!("unnamed pool {number}").into();
    };
    let siblings = || kinds.iter().filter(|one| one.pool == kind.pool);
    let mut name = pool.to_string();
    if siblings().any(|one| one.architecture != kind.architecture) {
        name = format!("{name}, {}", kind.architecture);
    }
    if kind.gpus && siblings().any(|one| !one.gpus) {
        name.push_str(", GPUs");
    }
    name.into()
}

fn template(name: Arc<str>, kind: &Kind, nodes: &[&Node], catalog: &Catalog, spot: SpotUse) -> NodeTemplate {
    let machines: Vec<&Arc<InstanceType>> =
        nodes.iter().filter_map(|node| catalog.instance_type(node.provider, &node.instance_type)).collect();
    let terms: BTreeSet<Lifecycle> = nodes.iter().map(|node| node.lifecycle).collect();
    let lifecycles = match spot {
        SpotUse::None => Some(vec![Lifecycle::OnDemand]),
        SpotUse::Friendly { .. } | SpotUse::All => None,
        SpotUse::AsToday => {
            let spot = terms.contains(&Lifecycle::Spot) || terms.contains(&Lifecycle::SpotFallback);
            let on_demand = terms.contains(&Lifecycle::OnDemand);
            let both = [on_demand.then_some(Lifecycle::OnDemand), spot.then_some(Lifecycle::Spot)];
            Some(both.into_iter().flatten().collect())
        }
    };
    let vcpus = nodes.iter().map(|node| u32::try_from(node.capacity.cpu_milli / 1000).unwrap_or(0)).max();
    let largest = vcpus.unwrap_or(0).saturating_mul(GROWTH).max(SMALL_VCPUS);
    let may_burst = machines.iter().any(|machine| machine.burstable);
    let several_terms = lifecycles.as_ref().is_none_or(|terms| terms.len() != 1);
    let labels = labels(nodes);
    let labels = labels.iter().filter(|(name, _)| !(several_terms && TERMS.contains(name)));
    NodeTemplate {
        name,
        labels: labels.collect(),
        taints: taints(nodes),
        constraints: Constraints {
            instance_types: kind.gpus.then(|| with_same_gpus(&machines, catalog)),
            architectures: Some(vec![kind.architecture]),
            max_vcpus: Some(largest),
            gpu: Some(kind.gpus),
            burstable: if may_burst { None } else { Some(false) },
            lifecycles,
            ..Constraints::default()
        },
        spot: SpotPolicy { fallback: terms.contains(&Lifecycle::SpotFallback), ..SpotPolicy::default() },
        ..NodeTemplate::default()
    }
}

/// All types whose GPUs are those of one of `machines`.
fn with_same_gpus(machines: &[&Arc<InstanceType>], catalog: &Catalog) -> Vec<Arc<str>> {
    let wanted: BTreeSet<_> = machines.iter().map(|one| (one.provider, &one.gpu_model)).collect();
    let providers: BTreeSet<_> = machines.iter().map(|one| one.provider).collect();
    let all = providers.into_iter().flat_map(|provider| catalog.types(provider));
    let same = all.filter(|one| one.gpus > 0 && wanted.contains(&(one.provider, &one.gpu_model)));
    same.map(|one| Arc::clone(&one.name)).collect()
}

fn has_gpus(node: &Node) -> bool {
    let is_gpu = |name: &str| name.ends_with("/gpu") || name.starts_with("nvidia.com/mig-");
    node.capacity.extended.keys().any(|name| is_gpu(name))
        || node.labels.get("nvidia.com/gpu.present").is_some()
        || node.labels.get("cloud.google.com/gke-accelerator").is_some()
}

/// What people write on nodes to tell spot from on demand.
const TERMS: [&str; 3] = ["lifecycle", "node-lifecycle", "kops.k8s.io/instance-lifecycle"];

/// Labels that say what a node is made of, where it is, or what happened to it.
const OF_MACHINE: [&str; 36] = [
    "alpha.eksctl.io/instance-id",
    "autoscaling.cast.ai/*",
    "beta.kubernetes.io/*",
    "cloud.google.com/gke-accelerator",
    "cloud.google.com/gke-cpu-scaling-level",
    "cloud.google.com/gke-preemptible",
    "cloud.google.com/gke-provisioning",
    "cloud.google.com/gke-spot",
    "cloud.google.com/machine-family",
    "eks.amazonaws.com/capacityType",
    "eks.amazonaws.com/nodegroup-image",
    "eks.amazonaws.com/sourceLaunchTemplate*",
    "failure-domain.beta.kubernetes.io/*",
    "feature.node.kubernetes.io/*",
    "karpenter.azure.com/sku-*",
    "karpenter.k8s.aws/instance-*",
    "karpenter.sh/capacity-type",
    "karpenter.sh/do-not-disrupt",
    "karpenter.sh/initialized",
    "karpenter.sh/registered",
    "kubernetes.azure.com/node-image-version",
    "kubernetes.azure.com/scalesetpriority",
    "kubernetes.io/arch",
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "node.kubernetes.io/*",
    "nvidia.com/gfd.timestamp",
    "nvidia.com/gpu.count",
    "nvidia.com/gpu.machine",
    "nvidia.com/gpu.present",
    "provisioner.cast.ai/*",
    "scheduling.cast.ai/fake-spot",
    "scheduling.cast.ai/on-demand",
    "scheduling.cast.ai/spot*",
    "topology.*",
    "volumes.kubernetes.io/*",
];

/// Taints that say what happened to a node rather than what it is for.
const PASSING: [&str; 8] = [
    "DeletionCandidateOfClusterAutoscaler",
    "ToBeDeletedByClusterAutoscaler",
    "autoscaling.cast.ai/*",
    "karpenter.sh/*",
    "node.cilium.io/*",
    "node.cloudprovider.kubernetes.io/*",
    "node.kubernetes.io/*",
    "provisioner.cast.ai/*",
];

fn is_listed(name: &str, list: &[&str]) -> bool {
    list.iter().any(|one| match one.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *one,
    })
}

/// The labels that all of `nodes` have, but for those of their machines.
fn labels(nodes: &[&Node]) -> Labels {
    let Some((first, others)) = nodes.split_first() else { return Labels::default() };
    let common = first.labels.iter().filter(|&(name, value)| {
        !is_listed(name, &OF_MACHINE)
            && *value != *first.name
            && others.iter().all(|node| node.labels.get(name) == Some(value))
    });
    common.collect()
}

/// The taints that all of `nodes` have and that are there to stay.
fn taints(nodes: &[&Node]) -> Vec<Taint> {
    let mut count = BTreeMap::<&Taint, usize>::new();
    for taint in nodes.iter().flat_map(|node| &node.taints) {
        *count.entry(taint).or_default() += 1;
    }
    let common =
        count.into_iter().filter(|(taint, count)| *count == nodes.len() && !is_listed(&taint.key, &PASSING));
    common.map(|(taint, _)| taint.clone()).collect()
}
