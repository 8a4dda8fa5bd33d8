//! A second, independent implementation of the rules, which proves plans.
//!
//! [`check`] judges a whole plan: places, rules, limits, budgets, prices and the bound. [`verdict`] judges
//! one pod on one node as kube-scheduler's filters would. Both read the input alone; nothing of what made
//! the plan is used here, so that one mistake is not made twice. Nothing is repaired: a plan is right or it
//! has violations.
//!
//! Wishes (`preferred…`, `ScheduleAnyway`, `PreferNoSchedule`) and headroom are not judged: a plan may drop
//! them, and says so in its reasons.

mod amounts;
mod budgets;
mod crowd;
mod neighbours;
mod nodes;
mod places;
mod ports;
mod prices;
mod purchases;
mod spot;
mod spread;
mod storage;
mod violation;
mod world;

use model::Pod;

pub use violation::Violation;

use crate::plan::NodeIndex;
use crate::reason::Refusal;
use crate::{Picture, Plan, PlanningInput};
use world::{Guest, World};

/// Everything that is wrong with a plan; empty for a right one.
pub fn check(input: &PlanningInput, plan: &Plan) -> Vec<Violation> {
    let mut found = places::unknown(input, plan);
    if !found.is_empty() {
        return found;
    }
    let roles = places::roles(&input.cluster);
    places::judge(input, plan, &roles, &mut found);
    let mut builder = places::Builder::new(input);
    let world = places::after(input, plan, &roles, &mut builder);
    let allowed = purchases::allowed(input);
    let before = World::today(&input.cluster);
    rules(&world, &before, &allowed, &mut builder, &mut found);
    budgets::judge(input, plan, &mut found);
    purchases::judge(input, plan, &mut found);
    purchases::judge_tiers(input, plan, &allowed, &mut builder, &mut found);
    spot::judge(input, plan, &roles, &mut found);
    places::judge_refused(input, plan, &allowed, &mut builder, &mut found);
    prices::judge(input, plan, &allowed, &mut found);
    found
}

/// The scheduler's rules, for everybody who arrives somewhere.
fn rules<'a>(
    world: &World<'a>,
    before: &World<'a>,
    allowed: &[(usize, usize)],
    builder: &mut places::Builder<'a>,
    found: &mut Vec<Violation>,
) {
    let mut refused = Vec::new();
    for site in 0..world.sites.len() {
        if let Err(refusal) = amounts::full(world, site) {
            found.push(Violation::Refused { pod: None, at: site, refusal });
        }
    }
    let arrivals = || world.residents.iter().enumerate().filter(|(_, resident)| resident.arrives);
    for (index, resident) in arrivals().filter(|(_, resident)| resident.guest.pod.is_some()) {
        let (guest, site) = (&resident.guest, resident.site);
        let verdict = nodes::verdict(guest, &world.sites[site])
            .and_then(|()| ports::verdict(world, guest, site))
            .and_then(|()| storage::verdict(world, guest, site))
            .and_then(|()| nodes::features(guest, &world.sites[site]));
        refused.extend(verdict.err().map(|refusal| (index, refusal)));
    }
    let crowd = crowd::Crowd::new(world);
    let spreads =
        arrivals().any(|(_, resident)| resident.guest.spec.topology_spread.iter().any(|one| one.required));
    if spreads {
        let for_sale: Vec<_> =
            allowed.iter().map(|&(offer, template)| builder.site(offer, template).site.clone()).collect();
        spread::judge(world, &crowd, &for_sale, before, &mut refused);
    }
    neighbours::judge(world, &crowd, &mut refused);
    found.extend(refused.into_iter().map(|(index, refusal)| {
        let resident = &world.residents[index];
        Violation::Refused { pod: resident.guest.pod, at: resident.site, refusal }
    }));
}

/// Whether kube-scheduler's filters accept a pod on a node of the picture, with everybody else where they
/// are today. The pod need not be in the picture; a `node` that it has already is where it asks to be.
///
/// # Errors
/// With the first rule that refuses it, in the scheduler's order.
pub fn verdict(picture: &Picture, pod: &Pod, node: NodeIndex) -> Result<(), Refusal> {
    let world = World::today(picture);
    let mut guest = Guest::of(pod, None);
    guest.named_node = pod.node.as_deref();
    nodes::verdict(&guest, &world.sites[node])?;
    ports::verdict(&world, &guest, node)?;
    amounts::verdict(&world, &guest, node)?;
    storage::verdict(&world, &guest, node)?;
    spread::verdict(&world, &guest, node)?;
    neighbours::verdict(&world, &guest, node)?;
    nodes::features(&guest, &world.sites[node])
}
