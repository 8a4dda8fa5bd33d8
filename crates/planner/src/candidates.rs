//! What could be bought: offers that a template allows, dressed as nodes of that template.

use std::sync::Arc;

use model::{Lifecycle, Money};

use crate::plan::{OfferIndex, TemplateIndex};
use crate::template::Constraints;
use crate::{MachineOffer, NodeTemplate, PlanningInput};

/// An offer as a node of a template.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) offer: OfferIndex,
    pub(crate) template: TemplateIndex,
    /// Per hour, the charge per node included.
    pub(crate) price: Money,
    /// Tiers are tried in order, zero first.
    pub(crate) tier: u32,
    /// At equal price the smaller one is taken.
    pub(crate) rank: u32,
}

/// A tier behind all tiers of a template: on demand where spot was asked for.
const FALLBACK_TIER: u32 = 1_000;

/// All offers that some template may buy, by template and offer.
pub(crate) fn candidates(input: &PlanningInput) -> Vec<Candidate> {
    let mut all = Vec::new();
    for (template_index, template) in input.templates.iter().enumerate() {
        let first = all.len();
        for (offer_index, offer) in input.offers.iter().enumerate() {
            if offer.available == Some(0) {
                continue;
            }
            let Some((tier, rank)) = place_in(template, offer) else { continue };
            all.push(Candidate {
                offer: offer_index,
                template: template_index,
                price: offer.price + input.policies.node_charge,
                tier,
                rank,
            });
        }
        if let Some(percent) = template.spot.max_price_increase_percent {
            let dear: Vec<bool> =
                all[first..].iter().map(|one| is_too_dear(input, &all[first..], one, percent)).collect();
            let mut dear = dear.into_iter();
            let mut at = 0;
            all.retain(|_| {
                at += 1;
                at <= first || !dear.next().unwrap_or(false)
            });
        }
    }
    all
}

/// Whether a spot machine costs more than the limit above the cheapest spot machine that has at least its room, and
/// so could hold the same pods.
fn is_too_dear(input: &PlanningInput, all: &[Candidate], one: &Candidate, percent: u32) -> bool {
    let own = &input.offers[one.offer];
    if own.lifecycle != Lifecycle::Spot {
        return false;
    }
    let cheapest = all
        .iter()
        .map(|other| &input.offers[other.offer])
        .filter(|other| other.lifecycle == Lifecycle::Spot && holds_as_much(other, own))
        .map(|other| other.price)
        .min();
    cheapest.is_some_and(|cheapest| {
        i128::from(own.price.nanos()) * 100 > i128::from(cheapest.nanos()) * (100 + i128::from(percent))
    })
}

fn holds_as_much(other: &MachineOffer, own: &MachineOffer) -> bool {
    let (theirs, mine) = (&other.machine.allocatable, &own.machine.allocatable);
    theirs.cpu_milli >= mine.cpu_milli
        && theirs.memory_bytes >= mine.memory_bytes
        && theirs.pods >= mine.pods
        && theirs.ephemeral_storage_bytes >= mine.ephemeral_storage_bytes
        && mine.extended.iter().all(|(name, &amount)| theirs.extended(name) >= amount)
        && other.machine.instance_type.architecture == own.machine.instance_type.architecture
}

/// The tier and the rank of an offer under a template; `None` when the template does not buy it.
fn place_in(template: &NodeTemplate, offer: &MachineOffer) -> Option<(u32, u32)> {
    let constraints = &template.constraints;
    let rank = allows(constraints, offer)?;
    let lifecycle = match &constraints.lifecycles {
        None => 0,
        Some(only) if only.contains(&offer.lifecycle) => 0,
        Some(only) if only.contains(&Lifecycle::Spot) && template.spot.fallback => FALLBACK_TIER,
        Some(_) => return None,
    };
    let machine = &offer.machine.instance_type;
    let in_tier = |tier: &crate::PriorityTier| {
        (tier.families.is_empty() || tier.families.contains(&machine.family))
            && tier.lifecycle.is_none_or(|lifecycle| lifecycle == offer.lifecycle)
    };
    let tiers = &constraints.priority;
    let tier = tiers.iter().position(in_tier).unwrap_or(tiers.len());
    Some((lifecycle + u32::try_from(tier).unwrap_or(u32::MAX / 2), rank))
}

/// Whether the constraints allow the machine and its zone; the rank of its architecture when they do.
fn allows(constraints: &Constraints, offer: &MachineOffer) -> Option<u32> {
    let machine = &offer.machine.instance_type;
    let is_listed =
        |list: &Option<Vec<Arc<str>>>, name: &Arc<str>| list.as_ref().is_none_or(|list| list.contains(name));
    let allowed = is_listed(&constraints.instance_types, &machine.name)
        && is_listed(&constraints.families, &machine.family)
        && is_listed(&constraints.zones, &offer.zone)
        && !constraints.excluded_instance_types.contains(&machine.name)
        && !constraints.excluded_families.contains(&machine.family)
        && constraints.min_vcpus.is_none_or(|least| machine.vcpus >= least)
        && constraints.max_vcpus.is_none_or(|most| machine.vcpus <= most)
        && constraints.min_memory_mib.is_none_or(|least| machine.memory_mib >= least)
        && constraints.max_memory_mib.is_none_or(|most| machine.memory_mib <= most)
        && constraints.gpu.is_none_or(|gpu| gpu == (machine.gpus > 0))
        && constraints.burstable.is_none_or(|burstable| burstable == machine.burstable);
    if !allowed {
        return None;
    }
    match &constraints.architectures {
        None => Some(0),
        Some(order) => {
            let rank = order.iter().position(|&one| one == machine.architecture)?;
            u32::try_from(rank).ok()
        }
    }
}
