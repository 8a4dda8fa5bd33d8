//! Packs classes of pods into bins at the least price, and bounds from below what any packing costs.

mod content;
mod content_prices;
mod depth;
mod fill;
mod improve;
mod lookahead;
mod packing;
mod parallel;
mod problem;
mod reduced;
mod relax;
mod simplex;

pub use problem::{
    Bin, BitSet, Cap, Class, Conflict, Effort, Limit, LowerBound, Packed, Packing, Problem, Solution,
    Unhurried, Watch,
};

use reduced::{Part, Reduced};
use relax::{Precision, Proof, Relaxation, Rest};

/// The cheapest packing that is found, and what no packing of all pods can be cheaper than. Limits are
/// kept by the packing and not looked at by the bound: they can only make it dearer.
pub fn pack(problem: &Problem, effort: &Effort<'_>) -> Solution {
    let counts: Vec<u32> = problem.classes.iter().map(|class| class.count).collect();
    let limits: Vec<i64> = problem.limits.iter().map(|limit| limit.most).collect();
    let reduced = Reduced::new(problem, &Part { counts: &counts, tier: None, limits: &limits });
    let rest = Rest::all(&reduced);
    let relaxation = relaxed(&reduced, &rest, effort, 0.7);
    let packed = packing::pack(&reduced, &rest, effort, &relaxation);
    let packing = expand(problem, &reduced, &packed);
    Solution { packing, bound: published(problem, &reduced, &relaxation.proof) }
}

/// What no packing of all pods can be cheaper than.
pub fn bound(problem: &Problem, effort: &Effort<'_>) -> LowerBound {
    let counts: Vec<u32> = problem.classes.iter().map(|class| class.count).collect();
    let limits: Vec<i64> = Vec::new();
    let reduced = Reduced::new(problem, &Part { counts: &counts, tier: None, limits: &limits });
    let relaxation = relaxed(&reduced, &Rest::all(&reduced), effort, 0.0);
    published(problem, &reduced, &relaxation.proof)
}

fn relaxed(reduced: &Reduced, rest: &Rest, effort: &Effort<'_>, reserve: f64) -> Relaxation {
    let reserve = if reserve > 0.0 { effort.watch.seconds_left() * reserve } else { 0.0 };
    let precision = if effort.quick {
        Precision { rounds: 40, gap: 5e-3, steps: 200, steps_ahead: 0, reserve }
    } else {
        Precision { rounds: 300, gap: 1e-4, steps: 400, steps_ahead: 200_000, reserve }
    };
    let centre = relax::covering_values(reduced, rest);
    let relaxation = relax::relax(reduced, rest, effort, &precision, &[], centre);
    relaxation
}

/// Items dealt out to their classes, kinds to their bins.
fn expand(problem: &Problem, reduced: &Reduced, packed: &improve::Packed) -> Packing {
    let mut left: Vec<u32> = problem.classes.iter().map(|class| class.count).collect();
    let mut turn = vec![0usize; reduced.items.len()];
    let mut used = vec![0u32; reduced.kinds.len()];
    let mut order: Vec<&fill::Placed> = packed.placed.iter().collect();
    order.sort_by(|a, b| (a.kind, &a.pattern).cmp(&(b.kind, &b.pattern)));
    let mut packing = Packing::default();
    for placed in order {
        let mut pods: std::collections::BTreeMap<usize, u32> = std::collections::BTreeMap::new();
        for &(item, count) in &placed.pattern {
            let parts = &reduced.items[item as usize].parts;
            for _ in 0..count {
                let part = &parts[turn[item as usize] % parts.len()];
                turn[item as usize] += 1;
                if let Some(&class) = part.iter().find(|&&class| left[class] > 0) {
                    left[class] -= 1;
                    *pods.entry(class).or_insert(0) += 1;
                }
            }
        }
        packing.bins.push(Packed {
            bin: nth_bin(&reduced.kinds[placed.kind], used[placed.kind]),
            pods: pods.into_iter().collect(),
        });
        used[placed.kind] += 1;
    }
    packing.unplaced = left;
    packing
}

/// The bin that is the n-th of its kind to be used.
fn nth_bin(kind: &reduced::Kind, mut index: u32) -> usize {
    for &(bin, supply) in &kind.bins {
        match supply {
            Some(supply) if index >= supply => index -= supply,
            _ => return bin,
        }
    }
    kind.bins[0].0
}

/// A proof in the terms of the problem.
fn published(problem: &Problem, reduced: &Reduced, proof: &Proof) -> LowerBound {
    let mut duals = vec![0; problem.classes.len()];
    for (item, value) in reduced.items.iter().zip(&proof.values) {
        item.parts.iter().flatten().for_each(|&class| duals[class] = *value);
    }
    let worth: Vec<i64> =
        reduced.kind_of.iter().map(|kind| kind.map_or(0, |kind| proof.ceilings[kind])).collect();
    let mut price: i128 = duals
        .iter()
        .zip(&problem.classes)
        .map(|(dual, class)| i128::from(*dual) * i128::from(class.count))
        .sum();
    for (bin, worth) in problem.bins.iter().zip(&worth) {
        let over = i128::from(bin.price) - i128::from(*worth);
        price += i128::from(bin.supply.unwrap_or(0)) * if bin.stays { over } else { over.min(0) };
    }
    LowerBound { price: i64::try_from(price.max(0)).unwrap_or(i64::MAX), duals, worth }
}
