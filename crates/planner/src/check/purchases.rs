//! What may be bought: constraints of templates, supply, limits, pools, tiers.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Lifecycle, Money};

use super::places::{Builder, holds};
use super::violation::Violation;
use super::world::Guest;
use crate::plan::{OfferIndex, TemplateIndex};
use crate::template::Limits;
use crate::{MachineOffer, NodeTemplate, Place, Plan, PlannedNode, PlanningInput};

/// Which constraint of a template forbids a machine; `None` when it may be bought.
fn forbids(template: &NodeTemplate, offer: &MachineOffer) -> Option<&'static str> {
    let (rules, machine) = (&template.constraints, &offer.machine.instance_type);
    let only = |list: &Option<Vec<Arc<str>>>, name: &Arc<str>| {
        list.as_ref().is_some_and(|list| !list.iter().any(|one| one == name))
    };
    let fallback = template.spot.fallback && offer.lifecycle == Lifecycle::OnDemand;
    let lifecycle = |list: &Vec<Lifecycle>| {
        list.contains(&offer.lifecycle) || (fallback && list.contains(&Lifecycle::Spot))
    };
    let rules = [
        (only(&rules.instance_types, &machine.name), "instance type"),
        (rules.excluded_instance_types.contains(&machine.name), "instance type"),
        (only(&rules.families, &machine.family), "family"),
        (rules.excluded_families.contains(&machine.family), "family"),
        (
            rules.architectures.as_ref().is_some_and(|list| !list.contains(&machine.architecture)),
            "architecture",
        ),
        (only(&rules.zones, &offer.zone), "zone"),
        (rules.min_vcpus.is_some_and(|least| machine.vcpus < least), "CPUs"),
        (rules.max_vcpus.is_some_and(|most| machine.vcpus > most), "CPUs"),
        (rules.min_memory_mib.is_some_and(|least| machine.memory_mib < least), "memory"),
        (rules.max_memory_mib.is_some_and(|most| machine.memory_mib > most), "memory"),
        (rules.gpu.is_some_and(|gpu| gpu != (machine.gpus > 0)), "GPUs"),
        (rules.burstable.is_some_and(|burstable| burstable != machine.burstable), "burstable CPUs"),
        (rules.lifecycles.as_ref().is_some_and(|list| !lifecycle(list)), "lifecycle"),
    ];
    rules.into_iter().find(|(forbidden, _)| *forbidden).map(|(_, what)| what)
}

/// All machines that some template may buy, none of an empty pool.
pub(super) fn allowed(input: &PlanningInput) -> Vec<(OfferIndex, TemplateIndex)> {
    let mut all = Vec::new();
    for (template_index, template) in input.templates.iter().enumerate() {
        for (offer_index, offer) in input.offers.iter().enumerate() {
            if offer.available != Some(0) && forbids(template, offer).is_none() {
                all.push((offer_index, template_index));
            }
        }
    }
    all
}

/// Nodes that are bought: position in the plan, node, offer, template.
fn bought(plan: &Plan) -> impl Iterator<Item = (usize, &PlannedNode, OfferIndex, TemplateIndex)> {
    plan.nodes.iter().enumerate().filter_map(|(at, node)| match node.place {
        Place::New { offer, template } => Some((at, node, offer, template)),
        Place::Existing(_) => None,
    })
}

pub(super) fn judge(input: &PlanningInput, plan: &Plan, found: &mut Vec<Violation>) {
    let mut of_offer = BTreeMap::<OfferIndex, usize>::new();
    for (at, _, offer, template) in bought(plan) {
        *of_offer.entry(offer).or_default() += 1;
        if let Some(why) = forbids(&input.templates[template], &input.offers[offer]) {
            found.push(Violation::NotAllowed { at, why });
        }
    }
    for (offer, bought) in of_offer {
        if let Some(available) = input.offers[offer].available.filter(|&most| bought > most as usize) {
            found.push(Violation::Supply { offer, bought, available });
        }
    }
    judge_limits(input, plan, found);
    judge_pools(input, plan, found);
}

/// What is owned in a scope.
#[derive(Clone, Copy, Default)]
struct Owned {
    cpu_milli: i64,
    memory_bytes: i64,
    nodes: i64,
    price: Money,
}

impl Owned {
    fn add(&mut self, other: Self) {
        self.cpu_milli += other.cpu_milli;
        self.memory_bytes += other.memory_bytes;
        self.nodes += other.nodes;
        self.price += other.price;
    }
}

fn judge_limits(input: &PlanningInput, plan: &Plan, found: &mut Vec<Violation>) {
    let existing = |node: usize, price: Money| {
        let capacity = &input.cluster.nodes[node].node.capacity;
        Owned {
            cpu_milli: capacity.cpu_milli,
            memory_bytes: capacity.memory_bytes,
            nodes: 1,
            price: price + input.policies.node_charge,
        }
    };
    let scopes = input.templates.iter().enumerate().map(|(at, one)| (Some(at), &one.name, &one.limits));
    let cluster: Arc<str> = "the cluster".into();
    for (scope, whose, limits) in scopes.chain([(None, &cluster, &input.policies.limits)]) {
        let is_in = |template: Option<TemplateIndex>| scope.is_none() || template == scope;
        let (mut before, mut after, mut buys) = (Owned::default(), Owned::default(), false);
        for (node, owned) in input.cluster.nodes.iter().enumerate().filter(|(_, one)| is_in(one.template)) {
            before.add(existing(node, owned.price));
        }
        for node in &plan.nodes {
            match node.place {
                Place::Existing(index) if is_in(input.cluster.nodes[index].template) => {
                    after.add(existing(index, node.price));
                }
                Place::New { offer, template } if is_in(Some(template)) => {
                    buys = true;
                    let machine = &input.offers[offer].machine.instance_type;
                    after.add(Owned {
                        cpu_milli: i64::from(machine.vcpus) * 1000,
                        memory_bytes: i64::try_from(machine.memory_mib << 20).unwrap_or(i64::MAX),
                        nodes: 1,
                        price: node.price + input.policies.node_charge,
                    });
                }
                _ => {}
            }
        }
        if buys {
            exceeded(whose, limits, before, after, found);
        }
    }
}

fn exceeded(whose: &Arc<str>, limits: &Limits, before: Owned, after: Owned, found: &mut Vec<Violation>) {
    let sums = [
        ("thousandths of CPUs", limits.cpu_milli, before.cpu_milli, after.cpu_milli),
        ("bytes of memory", limits.memory_bytes, before.memory_bytes, after.memory_bytes),
        ("nodes", limits.nodes, before.nodes, after.nodes),
        ("nano-dollars per hour", limits.price.map(Money::nanos), before.price.nanos(), after.price.nanos()),
    ];
    for (what, most, before, owned) in sums {
        if let Some(most) = most
            && owned > most.max(before)
        {
            found.push(Violation::Limit { whose: Arc::clone(whose), what, owned, most });
        }
    }
}

/// Spot machines of one type in one zone, against all that the template buys.
fn judge_pools(input: &PlanningInput, plan: &Plan, found: &mut Vec<Violation>) {
    for (index, template) in input.templates.iter().enumerate() {
        let Some(percent) = template.spot.max_pool_percent else { continue };
        let mine: Vec<_> = bought(plan).filter(|one| one.3 == index).collect();
        let most = (mine.len() * usize::from(percent)).div_ceil(100).max(1);
        let mut pools = BTreeMap::<(&str, &str), usize>::new();
        for (at, _, offer, _) in mine {
            let offer = &input.offers[offer];
            if offer.lifecycle != Lifecycle::Spot {
                continue;
            }
            let machines = pools.entry((&offer.machine.instance_type.name, &offer.zone)).or_default();
            *machines += 1;
            if *machines == most + 1 {
                found.push(Violation::Pool { at, machines: *machines, most });
            }
        }
    }
}

/// Machines of a later tier whose every pod fits a machine of an earlier tier in the same zone, of which
/// there is no limit.
pub(super) fn judge_tiers(
    input: &PlanningInput,
    plan: &Plan,
    allowed: &[(OfferIndex, TemplateIndex)],
    builder: &mut Builder<'_>,
    found: &mut Vec<Violation>,
) {
    if input.policies.limits != Limits::default() {
        return;
    }
    for (at, node, offer, template) in bought(plan) {
        let rules = &input.templates[template];
        if rules.constraints.priority.is_empty() || rules.limits != Limits::default() || node.pods.is_empty()
        {
            continue;
        }
        let tier = |offer: OfferIndex| {
            let one = &input.offers[offer];
            let family = &one.machine.instance_type.family;
            let tiers = &rules.constraints.priority;
            let is_in = |tier: &crate::PriorityTier| {
                (tier.families.is_empty() || tier.families.contains(family))
                    && tier.lifecycle.is_none_or(|lifecycle| lifecycle == one.lifecycle)
            };
            tiers.iter().position(is_in).unwrap_or(tiers.len())
        };
        let earlier: Vec<OfferIndex> = allowed
            .iter()
            .filter(|&&(other, its)| {
                its == template
                    && tier(other) < tier(offer)
                    && input.offers[other].zone == input.offers[offer].zone
                    && input.offers[other].lifecycle == input.offers[offer].lifecycle
                    && input.offers[other].available.is_none()
            })
            .map(|&(other, _)| other)
            .collect();
        let fits_earlier = |&pod: &usize| {
            let guest = Guest::of(&input.cluster.pods[pod], Some(pod));
            earlier.iter().any(|&other| holds(builder.site(other, template), &guest))
        };
        if node.pods.iter().all(fits_earlier) {
            found.push(Violation::NotAllowed { at, why: "tier: an earlier one holds its pods" });
        }
    }
}
