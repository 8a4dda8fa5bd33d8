//! Topology spread that is demanded (`DoNotSchedule`).
//!
//! One pod is judged as the scheduler does. A plan is judged by its final state, of which is asked whether
//! some order of binding leads there: pods that carry a constraint without matching it go first, pods that
//! match it without carrying it last. What remains is the difference between the fullest domain's pods that
//! both carry and match it, beside those that were there before, and the emptiest domain's pods that match.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{Labels, NodeSelector, PodSpec, Toleration, TopologySpread};

use super::crowd::Crowd;
use super::nodes;
use super::world::{Domain, Guest, Site, World, selects};
use crate::reason::{Refusal, Rule};

/// The rule of one constraint for one pod on one node.
pub(super) fn verdict(world: &World<'_>, guest: &Guest<'_>, site: usize) -> Result<(), Refusal> {
    let demands: Vec<_> = guest.spec.topology_spread.iter().filter(|one| one.required).collect();
    for one in &demands {
        let Some(here) = world.domain(site, &one.topology_key) else {
            return refuse(format!("the node has no label {}", one.topology_key));
        };
        let mut counts = BTreeMap::<Domain, i64>::new();
        for at in eligible(world, guest.spec, one, &demands) {
            // A node that the pod's affinity names is part of its node affinity.
            if one.honor_node_affinity && guest.required_node.is_some_and(|name| name != world.sites[at].name)
            {
                continue;
            }
            let Some(domain) = world.domain(at, &one.topology_key) else { continue };
            let matching = world.residents_of(at).filter(|resident| {
                resident.guest.namespace == guest.namespace
                    && !resident.guest.terminating
                    && counts_pod(one, resident.guest.labels)
            });
            *counts.entry(domain).or_default() += matching.count() as i64;
        }
        let itself = i64::from(one.selector.as_ref().is_some_and(|own| selects(own, guest.labels)));
        let least = least(one, &counts);
        let skew = counts.get(&here).copied().unwrap_or(0) + itself - least;
        if skew > i64::from(one.max_skew) {
            return refuse(format!("skew {skew} over {}, {} is allowed", one.topology_key, one.max_skew));
        }
    }
    Ok(())
}

fn refuse(detail: String) -> Result<(), Refusal> {
    Err(Refusal { rule: Rule::PodTopologySpread, detail: detail.into() })
}

/// An empty selector counts no pod, though it matches every one.
fn counts_pod(constraint: &TopologySpread, labels: &Labels) -> bool {
    constraint.selector.as_ref().is_some_and(|own| !own.is_empty() && selects(own, labels))
}

/// The least full domain; empty when there are fewer domains than there should be.
fn least(constraint: &TopologySpread, counts: &BTreeMap<Domain, i64>) -> i64 {
    let wanted = usize::try_from(constraint.min_domains.unwrap_or(1)).unwrap_or(0);
    if counts.len() < wanted { 0 } else { counts.values().min().copied().unwrap_or(0) }
}

/// Nodes whose pods count: with the keys of all demands, not excluded by what the constraint honours.
fn eligible<'w>(
    world: &'w World<'_>,
    spec: &'w PodSpec,
    constraint: &'w TopologySpread,
    demands: &'w [&TopologySpread],
) -> impl Iterator<Item = usize> + 'w {
    (0..world.sites.len()).filter(move |&at| {
        demands.iter().all(|one| world.domain(at, &one.topology_key).is_some())
            && is_eligible(&world.sites[at], spec, constraint)
    })
}

fn is_eligible(site: &Site<'_>, spec: &PodSpec, constraint: &TopologySpread) -> bool {
    (!constraint.honor_node_affinity || nodes::affinity(spec, site).is_ok())
        && (!constraint.honor_node_taints || nodes::untolerated(spec, &site.taints).is_none())
}

/// What makes two pods carry the same constraint.
#[derive(PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Carried<'a> {
    namespace: &'a str,
    key: &'a str,
    max_skew: i32,
    min_domains: Option<i32>,
    selector: &'a Option<model::LabelSelector>,
    honors: (bool, bool),
    keys: Vec<&'a str>,
    node_selector: &'a Labels,
    node_affinity: &'a Option<NodeSelector>,
    tolerations: &'a [Toleration],
}

impl<'a> Carried<'a> {
    fn new(guest: &Guest<'a>, one: &'a TopologySpread) -> Self {
        let demands = guest.spec.topology_spread.iter().filter(|one| one.required);
        Self {
            namespace: guest.namespace,
            key: &one.topology_key,
            max_skew: one.max_skew,
            min_domains: one.min_domains,
            selector: &one.selector,
            honors: (one.honor_node_affinity, one.honor_node_taints),
            keys: demands.map(|one| &*one.topology_key).collect(),
            node_selector: &guest.spec.node_selector,
            node_affinity: &guest.spec.required_node_affinity,
            tolerations: if one.honor_node_taints { &guest.spec.tolerations } else { &[] },
        }
    }
}

/// Judges a final state. `for_sale` are nodes that could be bought: their zones count as empty domains for
/// pods that go to nodes that are bought, so that a plan does not meet a spread by leaving zones out.
/// `before` says where pods are today.
pub(super) fn judge(
    world: &World<'_>,
    crowd: &Crowd<'_>,
    for_sale: &[Site<'_>],
    before: &World<'_>,
    found: &mut Vec<(usize, Refusal)>,
) {
    let mut carriers = BTreeMap::<Carried<'_>, (Vec<usize>, &TopologySpread)>::new();
    for (index, resident) in world.residents.iter().enumerate() {
        for one in resident.guest.spec.topology_spread.iter().filter(|one| one.required) {
            let entry = carriers.entry(Carried::new(&resident.guest, one));
            entry.or_insert_with(|| (Vec::new(), one)).0.push(index);
        }
    }
    for (carried, (carriers, constraint)) in carriers {
        judge_one(world, crowd, for_sale, before, &carried, &carriers, constraint, found);
    }
}

#[expect(clippy::too_many_arguments, reason = "the parts of one question, asked in one place")]
fn judge_one(
    world: &World<'_>,
    crowd: &Crowd<'_>,
    for_sale: &[Site<'_>],
    before: &World<'_>,
    carried: &Carried<'_>,
    carriers: &[usize],
    constraint: &TopologySpread,
    found: &mut Vec<(usize, Refusal)>,
) {
    let Some(&first) = carriers.iter().find(|&&index| world.residents[index].arrives) else { return };
    let spec = world.residents[first].guest.spec;
    let demands: Vec<_> = spec.topology_spread.iter().filter(|one| one.required).collect();
    let mut eligible_at = vec![false; world.sites.len()];
    eligible(world, spec, constraint, &demands).for_each(|at| eligible_at[at] = true);
    let mut all = BTreeMap::<Domain, i64>::new();
    for at in (0..world.sites.len()).filter(|&at| eligible_at[at]) {
        if let Some(domain) = world.domain(at, carried.key) {
            all.entry(domain).or_default();
        }
    }
    let (carrying, mut heavy) = (carriers.iter().copied().collect::<BTreeSet<_>>(), all.clone());
    let matching =
        crowd.matching(|namespace, labels| namespace == carried.namespace && counts_pod(constraint, labels));
    for index in matching {
        let resident = &world.residents[index];
        if resident.guest.terminating || !eligible_at[resident.site] {
            continue;
        }
        let Some(domain) = world.domain(resident.site, carried.key) else { continue };
        if let Some(count) = all.get_mut(&domain) {
            *count += 1;
        }
        if (carrying.contains(&index) || !resident.arrives)
            && let Some(count) = heavy.get_mut(&domain)
        {
            *count += 1;
        }
    }
    let mut told = BTreeSet::new();
    for &index in carriers.iter().filter(|&&index| world.residents[index].arrives) {
        let resident = &world.residents[index];
        let Some(domain) = world.domain(resident.site, carried.key) else {
            found.push((index, missing(carried.key)));
            continue;
        };
        if !constraint.selector.as_ref().is_some_and(|own| selects(own, resident.guest.labels))
            || !told.insert(domain.clone())
        {
            continue;
        }
        let count = heavy.get(&domain).copied().unwrap_or(0);
        let mut floor = least(constraint, &all);
        let bought = carriers.iter().any(|&other| {
            let other = &world.residents[other];
            other.arrives
                && world.sites[other.site].bought
                && world.domain(other.site, carried.key).as_ref() == Some(&domain)
        });
        if bought
            && count > was(before, carried, &domain)
            && unused(world, for_sale, spec, constraint, &demands, &all)
        {
            floor = 0;
        }
        if count - floor > i64::from(constraint.max_skew) {
            let detail =
                format!("skew {} over {}, {} is allowed", count - floor, carried.key, constraint.max_skew);
            found.push((index, Refusal { rule: Rule::PodTopologySpread, detail: detail.into() }));
        }
    }
}

fn missing(key: &str) -> Refusal {
    Refusal { rule: Rule::PodTopologySpread, detail: format!("the node has no label {key}").into() }
}

/// How many pods that the constraint counts are in the domain today.
fn was(before: &World<'_>, carried: &Carried<'_>, domain: &Domain) -> i64 {
    let counts = |labels: &Labels| carried.selector.as_ref().is_some_and(|own| selects(own, labels));
    let there = before.residents.iter().filter(|one| {
        one.guest.namespace == carried.namespace
            && before.domain(one.site, carried.key).as_ref() == Some(domain)
            && counts(one.guest.labels)
    });
    there.count() as i64
}

/// Whether an empty domain of the key could be had: a zone in which a machine is for sale, or one more node.
fn unused(
    world: &World<'_>,
    for_sale: &[Site<'_>],
    spec: &PodSpec,
    constraint: &TopologySpread,
    demands: &[&TopologySpread],
    used: &BTreeMap<Domain, i64>,
) -> bool {
    debug_assert!(!world.sites.is_empty());
    for_sale.iter().any(|site| {
        let has = |key: &str| key == "kubernetes.io/hostname" || site.labels.get(key).is_some();
        let new = match site.labels.get_shared(&constraint.topology_key) {
            Some(value) => !used.contains_key(&Domain::Named(Arc::clone(value))),
            None => &*constraint.topology_key == "kubernetes.io/hostname",
        };
        new && demands.iter().all(|one| has(&one.topology_key)) && is_eligible(site, spec, constraint)
    })
}
