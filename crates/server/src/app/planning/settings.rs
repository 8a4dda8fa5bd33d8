//! From a cluster's policies and node templates, as they are kept, to what the planner takes.
//!
//! Pure: what is sold and for how much comes as a [`Market`]. What cannot be honoured is not dropped in silence:
//! [`unhonoured`] names it.

mod unhonoured;

use std::sync::Arc;

use cloud::PriceBook;
use model::{Lifecycle, Node, Offer, Provider, Resources, Taint, TaintEffect};
use planner::{
    Constraints, DisruptionPrice, Headroom, Limits, NodeTemplate as Template, Policies, PriorityTier,
    SpotPolicy, SpotUse,
};
use store::BlacklistEntry;
use wire::node_templates::NodeTemplate;
use wire::policies as wire_policies;
use wire::template_constraints::{ConstraintState, TemplateConstraints};

use super::HORIZON_HOURS;
use crate::app::instance_types::filter::{Filter, price};
use crate::app::node_templates::{self, LABEL};
pub use unhonoured::{Warning, unhonoured};

/// What the name of a template's half that buys spot ends with.
pub const SPOT_HALF: &str = ", spot";
/// The label of spot nodes and of their fallbacks, which is also the key of their taint.
const SPOT: &str = "scheduling.cast.ai/spot";
/// With diversity, at most this share of the nodes that one plan buys for a template is of one type in one zone.
const DIVERSE_POOL_PERCENT: u8 = 50;
/// What diversity may cost where nobody says: what the policies of a new cluster say.
const DIVERSITY_PRICE_INCREASE_PERCENT: u32 = 20;
/// The size of a placeholder for headroom, in thousandths of a CPU, at most.
const PLACEHOLDER_CPU_MILLI: i64 = 1_000;

/// What is sold where the cluster is.
#[derive(Clone, Copy)]
pub struct Market<'a> {
    /// By whom.
    pub provider: Provider,
    /// Where.
    pub region: &'a str,
    /// For how much.
    pub prices: &'a PriceBook,
}

impl<'a> Market<'a> {
    fn offers(&self) -> &'a [Offer] {
        self.prices.catalog().offers(self.provider, self.region)
    }
}

/// The planner's templates: of each that is enabled, for Linux, in the order given. One that buys both on demand and
/// spot becomes two where spot nodes get a taint, the second called by its name and [`SPOT_HALF`].
pub fn templates(
    documents: &[NodeTemplate],
    blacklist: &[BlacklistEntry],
    market: Market<'_>,
) -> Vec<Template> {
    let enabled = documents.iter().filter(|document| document.is_enabled != Some(false));
    let mut all = Vec::new();
    for document in enabled {
        let filter = Filter::of(document.constraints.as_ref());
        if !filter.wants_linux() {
            continue;
        }
        let terms = filter.terms();
        if is_split(document, &terms) {
            all.extend(terms.iter().map(|&terms| template(document, &[terms], true, blacklist, market)));
        } else {
            all.push(template(document, &terms, false, blacklist, market));
        }
    }
    all
}

fn is_split(document: &NodeTemplate, terms: &[Lifecycle]) -> bool {
    let untainted = document.constraints.as_ref().and_then(|one| one.lifecycle_taints_disabled);
    terms.len() > 1 && untainted != Some(true)
}

fn template(
    document: &NodeTemplate,
    terms: &[Lifecycle],
    is_half: bool,
    blacklist: &[BlacklistEntry],
    market: Market<'_>,
) -> Template {
    let nothing = TemplateConstraints::default();
    let wanted = document.constraints.as_ref().unwrap_or(&nothing);
    let name = document.name.as_deref().unwrap_or_default();
    let only_spot = terms == [Lifecycle::Spot];
    let mut labels = node_templates::labels(document);
    let mut taints = node_templates::taints(document);
    if only_spot {
        labels.insert(SPOT.to_owned(), "true".to_owned());
    }
    if only_spot && is_half {
        taints.push(Taint { key: SPOT.into(), value: "true".into(), effect: TaintEffect::NoSchedule });
    }
    let resource_limits = wanted.resource_limits.clone().unwrap_or_default();
    let cpu = resource_limits.cpu_limit_max_cores.filter(|_| resource_limits.cpu_limit_enabled == Some(true));
    Template {
        name: if only_spot && is_half { format!("{name}{SPOT_HALF}").into() } else { name.into() },
        labels: labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        taints,
        constraints: constraints(document, wanted, terms, blacklist, market),
        limits: Limits { cpu_milli: cpu.map(|cores| i64::from(cores) * 1_000), ..Limits::default() },
        spot: spot_policy(wanted, terms),
        max_pods: None,
    }
}

fn spot_policy(wanted: &TemplateConstraints, terms: &[Lifecycle]) -> SpotPolicy {
    let spot = terms.contains(&Lifecycle::Spot);
    let diverse = spot && wanted.enable_spot_diversity == Some(true);
    let limit =
        wanted.spot_diversity_price_increase_limit_percent.and_then(|limit| u32::try_from(limit).ok());
    SpotPolicy {
        fallback: spot && wanted.use_spot_fallbacks == Some(true),
        max_pool_percent: diverse.then_some(DIVERSE_POOL_PERCENT),
        max_price_increase_percent: diverse.then(|| limit.unwrap_or(DIVERSITY_PRICE_INCREASE_PERCENT)),
    }
}

fn constraints(
    document: &NodeTemplate,
    wanted: &TemplateConstraints,
    terms: &[Lifecycle],
    blacklist: &[BlacklistEntry],
    market: Market<'_>,
) -> Constraints {
    let families = wanted.instance_families.clone().unwrap_or_default();
    let offers = market.offers();
    let refused = Refused::by(blacklist, terms);
    let mut excluded_families = as_sold(&families.exclude.unwrap_or_default(), offers);
    excluded_families.extend(refused.families);
    let mut excluded_instance_types = refused.instance_types;
    let filter = Filter::of(document.constraints.as_ref());
    let is_cheap = |offer: &Offer| {
        terms.iter().any(|&terms| filter.price_fits(&offer.instance_type, price(market.prices, offer, terms)))
    };
    let unfit = offers.iter().filter(|offer| !filter.kind_fits(&offer.instance_type) || !is_cheap(offer));
    excluded_instance_types.extend(unfit.map(|offer| Arc::clone(&offer.instance_type.name)));
    Constraints {
        instance_types: None,
        excluded_instance_types,
        families: families.include.filter(|list| !list.is_empty()).map(|list| as_sold(&list, offers)),
        excluded_families,
        architectures: architectures(wanted),
        zones: wanted
            .azs
            .as_ref()
            .filter(|list| !list.is_empty())
            .map(|list| list.iter().map(|zone| zone.as_str().into()).collect()),
        min_vcpus: limit(wanted.min_cpu),
        max_vcpus: limit(wanted.max_cpu),
        min_memory_mib: limit(wanted.min_memory).map(u64::from),
        max_memory_mib: limit(wanted.max_memory).map(u64::from),
        gpu: (wanted.is_gpu_only == Some(true)).then_some(true),
        burstable: (wanted.burstable == Some(ConstraintState::Disabled)).then_some(false),
        lifecycles: Some(terms.to_vec()),
        priority: tiers(wanted, terms, offers),
    }
}

/// Machines that the blacklist refuses.
struct Refused {
    families: Vec<Arc<str>>,
    instance_types: Vec<Arc<str>>,
}

impl Refused {
    /// Under any of these terms: a template cannot refuse a machine under one of two.
    fn by(blacklist: &[BlacklistEntry], terms: &[Lifecycle]) -> Self {
        let holds =
            |entry: &&BlacklistEntry| entry.lifecycle.is_none_or(|lifecycle| terms.contains(&lifecycle));
        let entries = || blacklist.iter().filter(holds);
        Self {
            families: entries().filter_map(|one| one.instance_family.as_deref().map(Into::into)).collect(),
            instance_types: entries()
                .filter_map(|one| one.instance_type.as_deref().map(Into::into))
                .collect(),
        }
    }
}

/// 0 is no limit.
fn limit(number: Option<i32>) -> Option<u32> {
    number.and_then(|number| u32::try_from(number).ok()).filter(|&number| number > 0)
}

/// Families in the spelling of the catalogue, where it has them.
fn as_sold(families: &[String], offers: &[Offer]) -> Vec<Arc<str>> {
    let sold = |name: &String| {
        let known = offers.iter().map(|offer| &offer.instance_type.family);
        let mut same = known.filter(|family| family.eq_ignore_ascii_case(name));
        same.next().map_or_else(|| name.as_str().into(), Arc::clone)
    };
    families.iter().map(sold).collect()
}

/// Those that are allowed, the preferred ones first.
fn architectures(wanted: &TemplateConstraints) -> Option<Vec<model::Architecture>> {
    let read = |names: &Option<Vec<String>>| -> Vec<model::Architecture> {
        names.iter().flatten().filter_map(|name| name.parse().ok()).collect()
    };
    let (allowed, preferred) = (read(&wanted.architectures), read(&wanted.architecture_priority));
    let allowed = if allowed.is_empty() { model::Architecture::ALL.to_vec() } else { allowed };
    let mut ordered: Vec<_> = preferred.into_iter().filter(|one| allowed.contains(one)).collect();
    let rest: Vec<_> = allowed.into_iter().filter(|one| !ordered.contains(one)).collect();
    ordered.extend(rest);
    Some(ordered)
}

fn tiers(wanted: &TemplateConstraints, terms: &[Lifecycle], offers: &[Offer]) -> Vec<PriorityTier> {
    let mut tiers = Vec::new();
    for one in wanted.custom_priority.iter().flatten() {
        let families = as_sold(one.families.as_deref().unwrap_or_default(), offers);
        let lifecycle = match (one.spot == Some(true), one.on_demand == Some(true)) {
            (true, false) => Some(Lifecycle::Spot),
            (false, true) => Some(Lifecycle::OnDemand),
            (true, true) | (false, false) => None,
        };
        if lifecycle.is_none_or(|lifecycle| terms.contains(&lifecycle)) {
            tiers.push(PriorityTier { families, lifecycle });
        }
    }
    tiers
}

/// Which of `templates`, made by [`templates`], each node was made from: by its label and its terms.
pub fn of_nodes(nodes: &[Arc<Node>], templates: &[Template]) -> Vec<Option<usize>> {
    let of = |node: &Arc<Node>| {
        let name = node.labels.get(LABEL)?;
        let is_spot = node.lifecycle != Lifecycle::OnDemand;
        let position = |wanted: &str| templates.iter().position(|template| *template.name == *wanted);
        let half = is_spot.then(|| position(&format!("{name}{SPOT_HALF}"))).flatten();
        half.or_else(|| position(name))
    };
    nodes.iter().map(of).collect()
}

/// What holds for the whole cluster. Pods themselves say whether they run on spot: by what they tolerate and
/// select. Headroom is in per cent of what `nodes` have, in placeholders of at most one CPU.
pub fn policies(document: &wire_policies::Policies, nodes: &[Arc<Node>]) -> Policies {
    let limits = document.cluster_limits.clone().filter(|limits| limits.enabled == Some(true));
    let most = limits.and_then(|limits| limits.cpu).and_then(|cpu| cpu.max_cores).filter(|&most| most > 0);
    let pods = document.unschedulable_pods.clone().unwrap_or_default();
    let evictor = document.node_downscaler.clone().unwrap_or_default().evictor.unwrap_or_default();
    let headroom = [
        headroom("headroom", pods.headroom.as_ref(), Lifecycle::OnDemand, nodes),
        headroom("headroom, spot", pods.headroom_spot.as_ref(), Lifecycle::Spot, nodes),
    ];
    Policies {
        limits: Limits { cpu_milli: most.map(|cores| i64::from(cores) * 1_000), ..Limits::default() },
        spot: SpotUse::All,
        disruption: DisruptionPrice { horizon_hours: HORIZON_HOURS, ..DisruptionPrice::default() },
        headroom: headroom.into_iter().flatten().collect(),
        min_node_age_seconds: i64::from(evictor.node_grace_period_minutes.unwrap_or(0)) * 60,
        ..Policies::default()
    }
}

fn headroom(
    name: &str,
    wanted: Option<&wire_policies::Headroom>,
    lifecycle: Lifecycle,
    nodes: &[Arc<Node>],
) -> Option<Headroom> {
    let wanted = wanted.filter(|wanted| wanted.enabled == Some(true))?;
    let of_terms = |node: &&Arc<Node>| (node.lifecycle == Lifecycle::Spot) == (lifecycle == Lifecycle::Spot);
    let mut sum = Resources::default();
    for node in nodes.iter().filter(|node| !node.is_control_plane()).filter(of_terms) {
        sum += &node.allocatable;
    }
    let part = |amount: i64, percent: Option<i32>| {
        let part = i128::from(amount) * i128::from(percent.unwrap_or(0)) / 100;
        i64::try_from(part).unwrap_or(i64::MAX)
    };
    let cpu_milli = part(sum.cpu_milli, wanted.cpu_percentage);
    let memory_bytes = part(sum.memory_bytes, wanted.memory_percentage);
    if cpu_milli <= 0 && memory_bytes <= 0 {
        return None;
    }
    let count = (cpu_milli.saturating_add(PLACEHOLDER_CPU_MILLI - 1) / PLACEHOLDER_CPU_MILLI).max(1);
    let resources = Resources {
        cpu_milli: cpu_milli / count,
        memory_bytes: memory_bytes / count,
        pods: 1,
        ..Resources::default()
    };
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    Some(Headroom { name: name.into(), resources, count, nodes: None, lifecycle: Some(lifecycle) })
}

#[cfg(test)]
mod tests;
