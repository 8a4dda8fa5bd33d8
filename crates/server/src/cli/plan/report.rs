//! A plan as scripts read it. Keys are only ever added. Figures are numbers; money is US dollars.

pub(super) mod manifest;

use std::collections::BTreeMap;

use model::{Lifecycle, Money, PriceQuery};
use planner::{Bound, KeptReason, Place, PlannedNode, PlanningInput};
use serde::{Serialize, Serializer};

use super::ask::Answer;
use super::whole::Whole;
use crate::cost::now::price_query;

/// What a cluster costs, what it could cost, and what is in the way.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlanReport {
    pub(super) before: Before,
    pub(super) after: After,
    pub(super) saving: Saving,
    /// No plan under the same rules can cost less; `null` where that is not known.
    #[serde(serialize_with = "optional_dollars")]
    pub(super) lower_bound_per_hour: Option<Money>,
    /// Cost above the bound as a share of the bound.
    pub(super) gap: Option<f64>,
    /// Why no bound is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) no_bound: Option<String>,
    /// How many pods change their node.
    pub(super) moves: usize,
    /// In how many waves they do, so that no budget is exceeded.
    pub(super) waves: usize,
    /// Which pods, in that order.
    pub(super) moved_pods: Vec<MovedPod>,
    /// Nodes that go.
    pub(super) removed: Vec<RemovedNode>,
    /// Nodes that stay, and why.
    pub(super) kept: Vec<KeptNode>,
    /// Pods that keep a node where it is, by what made them.
    pub(super) unmovable: Vec<Unmovable>,
    /// Waiting pods that still have no place, and why.
    pub(super) unplaced: Vec<UnplacedPod>,
    /// True when a price that matters is an estimate.
    pub(super) estimated: bool,
    pub(super) solve_seconds: f64,
    /// What could not be read.
    pub(super) not_listed: Vec<String>,
    /// Machines by type and terms, for the table.
    #[serde(skip)]
    pub(super) machines: Vec<MachineRow>,
    /// What all nodes cost beside their prices, now and then.
    #[serde(skip)]
    pub(super) charges: [Money; 2],
    /// How many of the nodes are spot machines.
    #[serde(skip)]
    pub(super) spot_nodes: usize,
    /// How many pods, pending and finished ones included.
    #[serde(skip)]
    pub(super) pods: usize,
    /// Bound pods that are not a node's own.
    #[serde(skip)]
    pub(super) placed_pods: usize,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Before {
    #[serde(serialize_with = "dollars")]
    pub(super) cost_per_hour: Money,
    #[serde(serialize_with = "dollars")]
    pub(super) cost_per_month: Money,
    pub(super) nodes: usize,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct After {
    #[serde(serialize_with = "dollars")]
    pub(super) cost_per_hour: Money,
    #[serde(serialize_with = "dollars")]
    pub(super) cost_per_month: Money,
    pub(super) nodes: Vec<NodeAfter>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NodeAfter {
    #[serde(rename = "type")]
    pub(super) instance_type: String,
    pub(super) zone: String,
    pub(super) capacity_type: &'static str,
    #[serde(serialize_with = "dollars")]
    pub(super) price_per_hour: Money,
    /// The node's name where it exists.
    pub(super) existing: Option<String>,
    /// The template of a node that is bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) template: Option<String>,
    /// Its pods, those that belong to the node itself left out.
    pub(super) pods: Vec<String>,
    /// The next best machines for the same pods, the cheapest first. Only for nodes that are bought.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) next_best: Vec<NextBest>,
    /// Wishes of pods that cost something and are not followed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) dropped_wishes: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NextBest {
    #[serde(rename = "type")]
    pub(super) instance_type: String,
    pub(super) zone: String,
    pub(super) capacity_type: &'static str,
    #[serde(serialize_with = "dollars")]
    pub(super) price_per_hour: Money,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Saving {
    #[serde(serialize_with = "dollars")]
    pub(super) per_hour: Money,
    #[serde(serialize_with = "dollars")]
    pub(super) per_month: Money,
    /// Of the cost before.
    pub(super) share: f64,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct MovedPod {
    pub(super) pod: String,
    pub(super) from: String,
    /// The node's name where it exists, else its place in `after.nodes`.
    pub(super) to: String,
    pub(super) wave: u32,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RemovedNode {
    pub(super) node: String,
    #[serde(serialize_with = "dollars")]
    pub(super) price_per_hour: Money,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct KeptNode {
    pub(super) node: String,
    /// The first obstacle.
    pub(super) reason: String,
    /// Those that stand behind it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) behind: Vec<String>,
    /// Reasons that are alike but for names are one for the table.
    #[serde(skip)]
    pub(super) kind: String,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Unmovable {
    /// Namespace and name of what made the pods.
    pub(super) workload: String,
    pub(super) kind: String,
    pub(super) pods: usize,
    pub(super) reason: String,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct UnplacedPod {
    pub(super) pod: String,
    pub(super) reason: String,
}

/// Nodes of one type under the same terms, now and then.
#[derive(Clone, Debug)]
pub(super) struct MachineRow {
    pub(super) instance_type: String,
    pub(super) capacity_type: &'static str,
    pub(super) nodes: [usize; 2],
    pub(super) cost: [Money; 2],
}

/// The value of `karpenter.sh/capacity-type`.
pub(super) fn capacity_type(lifecycle: Lifecycle) -> &'static str {
    match lifecycle {
        Lifecycle::Spot => "spot",
        Lifecycle::OnDemand | Lifecycle::SpotFallback => "on-demand",
    }
}

fn dollars<S: Serializer>(amount: &Money, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(amount.nanos() as f64 / 1e9)
}

fn optional_dollars<S: Serializer>(amount: &Option<Money>, serializer: S) -> Result<S::Ok, S::Error> {
    match amount {
        Some(amount) => dollars(amount, serializer),
        None => serializer.serialize_none(),
    }
}

/// Namespace and name of a pod.
pub(super) fn pod_name(input: &PlanningInput, pod: usize) -> String {
    let pod = &input.cluster.pods[pod];
    format!("{}/{}", pod.namespace, pod.name)
}

impl NodeAfter {
    /// A planned node in names.
    pub(super) fn new(input: &PlanningInput, node: &PlannedNode) -> Self {
        let (instance_type, zone, lifecycle, existing, template) = match node.place {
            Place::Existing(index) => {
                let owned = &input.cluster.nodes[index].node;
                (&owned.instance_type, &owned.zone, owned.lifecycle, Some(owned.name.to_string()), None)
            }
            Place::New { offer, template } => {
                let offer = &input.offers[offer];
                let template = input.templates[template].name.to_string();
                (&offer.machine.instance_type.name, &offer.zone, offer.lifecycle, None, Some(template))
            }
        };
        let next_best = node.reason.next_best.iter().map(|one| NextBest {
            instance_type: one.instance_type.to_string(),
            zone: one.zone.to_string(),
            capacity_type: capacity_type(one.lifecycle),
            price_per_hour: one.price,
        });
        Self {
            instance_type: instance_type.to_string(),
            zone: zone.to_string(),
            capacity_type: capacity_type(lifecycle),
            price_per_hour: node.price,
            existing,
            template,
            pods: node.pods.iter().map(|&pod| pod_name(input, pod)).collect(),
            next_best: next_best.collect(),
            dropped_wishes: node.reason.dropped.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Saving {
    fn new(before: Money, after: Money) -> Self {
        let saved = before - after;
        Self { per_hour: saved, per_month: saved.per_month(), share: share(saved, before) }
    }
}

impl PlanReport {
    pub(super) fn new(whole: &Whole, answer: &Answer) -> Self {
        let (input, plan) = (&whole.input, &answer.plan);
        let nodes: Vec<NodeAfter> = plan.nodes.iter().map(|node| NodeAfter::new(input, node)).collect();
        let node_name = |index: usize| input.cluster.nodes[index].node.name.to_string();
        let moved_pods: Vec<MovedPod> = plan
            .moves
            .iter()
            .map(|one| MovedPod {
                pod: pod_name(input, one.pod),
                from: node_name(one.from),
                to: nodes[one.to].existing.clone().unwrap_or_else(|| format!("after.nodes[{}]", one.to)),
                wave: one.wave,
            })
            .collect();
        let waves = plan.moves.iter().map(|one| one.wave).collect::<std::collections::BTreeSet<_>>().len();
        let (bound, no_bound) = match &plan.bound {
            Bound::Certified { per_hour, .. } => (Some(*per_hour), None),
            Bound::Unknown { why } => (None, Some(why.clone())),
        };
        let charge = |nodes: usize| -> Money {
            let nanos = input.policies.node_charge.nanos().saturating_mul(i64::try_from(nodes).unwrap_or(0));
            Money::from_nanos(nanos)
        };
        let pods = &input.cluster.pods;
        Self {
            before: Before {
                cost_per_hour: plan.before,
                cost_per_month: plan.before.per_month(),
                nodes: input.cluster.nodes.len(),
            },
            saving: Saving::new(plan.before, plan.after),
            lower_bound_per_hour: bound,
            gap: plan.gap(),
            no_bound,
            moves: plan.moves.len(),
            waves,
            moved_pods,
            removed: plan
                .removed
                .iter()
                .map(|one| RemovedNode { node: node_name(one.node), price_per_hour: one.price })
                .collect(),
            kept: plan.kept.iter().map(|one| kept(input, one)).collect(),
            unmovable: unmovable(whole, answer),
            unplaced: plan
                .unplaced
                .iter()
                .map(|one| UnplacedPod { pod: pod_name(input, one.pod), reason: one.verdict.to_string() })
                .collect(),
            estimated: is_estimated(whole, answer),
            solve_seconds: answer.seconds,
            not_listed: whole
                .not_listed
                .iter()
                .map(|one| format!("{}: {}", one.objects, one.reason))
                .collect(),
            machines: machines(input, &nodes),
            charges: [charge(input.cluster.nodes.len()), charge(nodes.len())],
            spot_nodes: input
                .cluster
                .nodes
                .iter()
                .filter(|one| one.node.lifecycle == Lifecycle::Spot)
                .count(),
            pods: pods.len(),
            placed_pods: pods.iter().filter(|pod| pod.is_occupying() && !is_nodes_own(pod)).count(),
            after: After { cost_per_hour: plan.after, cost_per_month: plan.after.per_month(), nodes },
        }
    }
}

/// Comes and goes with its node.
fn is_nodes_own(pod: &model::Pod) -> bool {
    pod.is_static || pod.owner.as_ref().is_some_and(|owner| owner.kind == model::WorkloadKind::DaemonSet)
}

fn share(part: Money, whole: Money) -> f64 {
    if whole.is_zero() { 0.0 } else { part.nanos() as f64 / whole.nanos() as f64 }
}

fn kept(input: &PlanningInput, kept: &planner::KeptNode) -> KeptNode {
    let mut sentences = kept.reasons.iter().map(|reason| reason.sentence(input));
    let kind = match kept.reasons.first() {
        Some(KeptReason::Pod { .. }) => "a pod on it cannot be moved".to_owned(),
        Some(KeptReason::NoCheaper { .. }) => "nothing cheaper holds its pods".to_owned(),
        Some(KeptReason::NotWorthIt { .. }) => "moving its pods costs more than it saves".to_owned(),
        Some(KeptReason::TooYoung { least, .. }) => format!("younger than {least} s"),
        Some(other) => other.sentence(input),
        None => String::new(),
    };
    KeptNode {
        node: input.cluster.nodes[kept.node].node.name.to_string(),
        reason: sentences.next().unwrap_or_default(),
        behind: sentences.collect(),
        kind,
    }
}

/// Pods that hold their nodes, by what made them and by the obstacle.
fn unmovable(whole: &Whole, answer: &Answer) -> Vec<Unmovable> {
    let mut groups = BTreeMap::<(String, String, String), std::collections::BTreeSet<usize>>::new();
    for reason in answer.plan.kept.iter().flat_map(|kept| &kept.reasons) {
        if let KeptReason::Pod { pod, obstacle } = reason {
            let made_by = whole.state.workload_of(&whole.input.cluster.pods[*pod]);
            let name = format!("{}/{}", made_by.namespace, made_by.name);
            groups.entry((name, made_by.kind.to_string(), obstacle.to_string())).or_default().insert(*pod);
        }
    }
    let group = groups.into_iter().map(|((workload, kind, reason), pods)| Unmovable {
        workload,
        kind,
        pods: pods.len(),
        reason,
    });
    group.collect()
}

fn is_estimated(whole: &Whole, answer: &Answer) -> bool {
    let input = &whole.input;
    let is_guess = |query: &PriceQuery<'_>| whole.prices.price(query).estimated;
    let new = answer.plan.nodes.iter().filter_map(|node| match node.place {
        Place::New { offer, .. } => Some(&input.offers[offer]),
        Place::Existing(_) => None,
    });
    input.cluster.nodes.iter().any(|owned| is_guess(&price_query(&owned.node)))
        || new.into_iter().any(|offer| {
            is_guess(&PriceQuery {
                provider: offer.machine.instance_type.provider,
                region: Some(&offer.region),
                zone: Some(&offer.zone),
                instance_type: Some(&offer.machine.instance_type.name),
                lifecycle: offer.lifecycle,
                size: model::MachineSize::default(),
            })
        })
}

/// By type and terms, the dearest now first.
fn machines(input: &PlanningInput, after: &[NodeAfter]) -> Vec<MachineRow> {
    let mut rows = BTreeMap::<(String, &'static str), ([usize; 2], [Money; 2])>::new();
    let mut add = |instance_type: &str, capacity_type, when: usize, price: Money| {
        let name = if instance_type.is_empty() { "(type not known)" } else { instance_type };
        let (nodes, cost) = rows.entry((name.to_owned(), capacity_type)).or_default();
        nodes[when] += 1;
        cost[when] += price;
    };
    for owned in &input.cluster.nodes {
        add(&owned.node.instance_type, capacity_type(owned.node.lifecycle), 0, owned.price);
    }
    for node in after {
        add(&node.instance_type, node.capacity_type, 1, node.price_per_hour);
    }
    let row = |((instance_type, capacity_type), (nodes, cost))| MachineRow {
        instance_type,
        capacity_type,
        nodes,
        cost,
    };
    let mut rows: Vec<MachineRow> = rows.into_iter().map(row).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.cost));
    rows
}
