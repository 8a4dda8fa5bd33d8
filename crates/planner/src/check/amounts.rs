//! Resources and pod slots.

use model::Resources;

use super::world::{Guest, World};
use crate::reason::{Refusal, Rule};

/// Whether a pod that is not there yet would find room.
pub(super) fn verdict(world: &World<'_>, guest: &Guest<'_>, site: usize) -> Result<(), Refusal> {
    let mut taken: Resources = world.residents_of(site).map(|one| &one.guest.spec.requests).sum();
    // A pod takes one slot, whatever its requests say.
    taken.pods = i64::try_from(world.on[site].len()).unwrap_or(i64::MAX);
    room(&guest.spec.requests, &taken, &world.sites[site].allocatable)
}

/// Whether all that is on a node, the arriving included, finds room. What is there already may exceed it.
pub(super) fn full(world: &World<'_>, site: usize) -> Result<(), Refusal> {
    let (mut taken, mut arriving) = (Resources::default(), Resources::default());
    let (mut slots, mut arrivals) = (0, 0);
    for resident in world.residents_of(site) {
        slots += 1;
        if resident.arrives {
            arrivals += 1;
            arriving += &resident.guest.spec.requests;
        } else {
            taken += &resident.guest.spec.requests;
        }
    }
    if arrivals == 0 {
        return Ok(());
    }
    taken.pods = slots - 1;
    room(&arriving, &taken, &world.sites[site].allocatable)
}

/// One more slot, and every resource that is asked for.
fn room(asked: &Resources, taken: &Resources, allocatable: &Resources) -> Result<(), Refusal> {
    let refuse = |detail: String| Err(Refusal { rule: Rule::NodeResourcesFit, detail: detail.into() });
    if taken.pods + 1 > allocatable.pods {
        return refuse(format!("all {} pod slots are taken", allocatable.pods));
    }
    let named = [
        ("CPU (thousandths)", asked.cpu_milli, taken.cpu_milli, allocatable.cpu_milli),
        ("memory (bytes)", asked.memory_bytes, taken.memory_bytes, allocatable.memory_bytes),
        (
            "ephemeral storage (bytes)",
            asked.ephemeral_storage_bytes,
            taken.ephemeral_storage_bytes,
            allocatable.ephemeral_storage_bytes,
        ),
    ];
    let extended = asked
        .extended
        .iter()
        .map(|(name, &asked)| (&**name, asked, taken.extended(name), allocatable.extended(name)));
    for (name, asked, taken, has) in named.into_iter().chain(extended) {
        if asked > 0 && asked > has.saturating_sub(taken) {
            let free = has.saturating_sub(taken);
            return refuse(format!("{name}: {asked} asked for, {free} free"));
        }
    }
    Ok(())
}
