//! Leaves out machines that another one beats in everything: of hundreds of types for sale, a few dozen are
//! ever worth buying.

use std::collections::BTreeMap;

use model::Money;

use super::BinOf;
use crate::ground::Ground;
use crate::solve::{BitSet, Limit};

/// What is left after looking through all bins.
pub(super) struct Undominated {
    /// Which bins are worth looking at, in order: all nodes, and each new machine for which there is no cheaper
    /// one that takes the same pods, has as much room, and counts no more against any limit.
    pub(super) kept: Vec<usize>,
    /// By bin: the one kept that beats it, itself when it is kept; `None` when it takes nobody.
    pub(super) best: Vec<Option<usize>>,
}

/// Looks through all bins.
pub(super) fn undominated(
    ground: &Ground<'_>,
    bins: &[BinOf],
    accepts: &[BitSet],
    location_of: &[usize],
    limits: &[Limit],
) -> Undominated {
    let mut best_of: Vec<Option<usize>> = vec![None; bins.len()];
    let mut kept: Vec<usize> = Vec::new();
    let mut alike: BTreeMap<(usize, usize, &BitSet), Vec<Machine>> = BTreeMap::new();
    for (at, &bin) in bins.iter().enumerate() {
        let BinOf::New { candidate, commitment: None } = bin else {
            kept.push(at);
            continue;
        };
        let one = &ground.candidates[candidate];
        let offer = &ground.input.offers[one.offer];
        let is_rationed = offer.available.is_some()
            || ground.sells_spot(candidate)
                && ground.input.templates[one.template].spot.max_pool_percent.is_some();
        if is_rationed {
            kept.push(at);
        } else if !accepts[at].is_empty() {
            let machine = Machine { price: one.price, rank: one.rank, bin: at, candidate };
            alike.entry((one.template, location_of[at], &accepts[at])).or_default().push(machine);
        }
    }
    for (_, mut machines) in alike {
        machines.sort_unstable();
        let mut best: Vec<&Machine> = Vec::new();
        for machine in &machines {
            let room = &ground.rooms[machine.candidate];
            let beats = |other: &&&Machine| {
                (other.price < machine.price || other.rank <= machine.rank)
                    && ground.rooms[other.candidate].iter().zip(room).all(|(theirs, mine)| theirs >= mine)
                    && limits.iter().all(|limit| limit.per_bin[other.bin] <= limit.per_bin[machine.bin])
            };
            match best.iter().find(beats) {
                Some(other) => best_of[machine.bin] = Some(other.bin),
                None => {
                    best.push(machine);
                    kept.push(machine.bin);
                }
            }
        }
    }
    kept.iter().for_each(|&at| best_of[at] = Some(at));
    kept.sort_unstable();
    Undominated { kept, best: best_of }
}

/// A new machine; cheaper ones first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Machine {
    price: Money,
    rank: u32,
    bin: usize,
    candidate: usize,
}
