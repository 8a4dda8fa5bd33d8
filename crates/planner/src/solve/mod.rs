//! Packs classes of pods into bins at the least price, and bounds from below what any packing costs.
//!
//! - `reduced`: what is alike is taken together.
//! - `relax`: fractions of bins, by column generation over `simplex`; the bound comes from here (`proof`).
//! - `content`: the most valuable content of one bin, with proof (`content_prices`, `depth`, `lookahead`,
//!   `breadth`).
//! - `packing`: whole bins, by diving and filling (`fill`) and by packing again what loses (`improve`).
//!
//! It knows nothing of pods and zones, and gives the same answer for the same problem, whatever the number of
//! threads, unless time runs out.

mod breadth;
mod content;
mod content_prices;
mod depth;
mod expand;
mod fill;
mod first_prices;
mod improve;
mod lookahead;
mod packing;
mod parallel;
mod problem;
mod proof;
mod reduced;
mod relax;
mod rows;
mod simplex;
#[cfg(test)]
mod tests;

pub use problem::{
    Bin, BitSet, Cap, Class, Conflict, Effort, Limit, LowerBound, Packed, Packing, Problem, Solution,
    Unhurried, Watch,
};

use reduced::{Part, Reduced};
use relax::{Precision, Relaxation, Rest};

/// The share of the time that is kept for whole bins when there are to be whole bins.
const TIME_FOR_PACKING: f64 = 0.4;

/// The cheapest packing that is found, and what no packing of the pods that it places can be cheaper than.
/// Limits are kept by the packing and not looked at by the bound: they can only make it dearer.
pub fn pack(problem: &Problem, effort: &Effort<'_>) -> Solution {
    pack_at(problem, None, effort)
}

/// As [`pack`]; `prices` are what each class's pods are worth, as far as that is known already, in nano-dollars.
pub fn pack_at(problem: &Problem, prices: Option<&[i64]>, effort: &Effort<'_>) -> Solution {
    let counts: Vec<u32> = problem.classes.iter().map(|class| class.count).collect();
    let limits: Vec<i64> = problem.limits.iter().map(|limit| limit.most).collect();
    let part = Part { counts: &counts, limits: &limits, caps: None };
    let reduced = Reduced::new(problem, &part);
    let keep = effort.watch.seconds_left() * TIME_FOR_PACKING;
    let reserve = if keep.is_finite() { keep } else { 0.0 };
    let relaxed = match prices {
        Some(prices) => relaxed_at(&reduced, prices, effort, reserve),
        None => relax_in_steps(problem, &part, &reduced, effort, reserve),
    };
    let packed = packing::pack(&reduced, effort, &relaxed.relaxation);
    let (mut unplaced, mut bins) = (counts.clone(), Vec::new());
    expand::expand(&reduced, &packed, &mut unplaced, &mut bins);
    let is_left = |item: &reduced::Item| item.parts.iter().flatten().any(|&class| unplaced[class] > 0);
    let placed: Vec<u32> = counts.iter().zip(&unplaced).map(|(all, left)| all - left).collect();
    let bound = if reduced.items.iter().any(is_left) {
        bound_for(problem, &placed, effort)
    } else {
        relaxed.publish(problem, &placed, &reduced)
    };
    Solution { packing: Packing { bins, unplaced }, bound }
}

/// What no packing of all pods can be cheaper than.
pub fn bound(problem: &Problem, effort: &Effort<'_>) -> LowerBound {
    let counts: Vec<u32> = problem.classes.iter().map(|class| class.count).collect();
    bound_for(problem, &counts, effort)
}

/// A bound so near to the best one that there is, relative to the cost, is not worth more time: whole bins are
/// further away.
const GAP_OF_BOUND: f64 = 1e-3;

fn bound_for(problem: &Problem, counts: &[u32], effort: &Effort<'_>) -> LowerBound {
    let limits: Vec<i64> = problem.limits.iter().map(|limit| limit.most).collect();
    let part = Part { counts, limits: &limits, caps: None };
    let reduced = Reduced::new(problem, &part);
    let reduced = simpler(problem, &part, &reduced).unwrap_or(reduced);
    let all = Rest::all(&reduced);
    let start = first_prices::first_prices(&reduced, &all);
    let precise = Precision { gap: GAP_OF_BOUND, ..precision(effort, 0.0) };
    let relaxation = relax::relax(&reduced, &all, effort, &precise, start);
    expand::publish(problem, counts, &reduced, &relaxation.proof)
}

/// A relaxation, and the one of a simpler problem before it.
struct Relaxed {
    relaxation: Relaxation,
    simpler: Option<(Reduced, Relaxation)>,
}

impl Relaxed {
    /// The better of the bounds.
    fn publish(&self, problem: &Problem, counts: &[u32], reduced: &Reduced) -> LowerBound {
        let own = expand::publish(problem, counts, reduced, &self.relaxation.proof);
        let simpler = self.simpler.as_ref();
        let simpler =
            simpler.map(|(reduced, relaxed)| expand::publish(problem, counts, reduced, &relaxed.proof));
        simpler.filter(|simpler| simpler.price >= own.price).unwrap_or(own)
    }
}

/// The relaxation of a problem that starts at the prices given.
fn relaxed_at(reduced: &Reduced, prices: &[i64], effort: &Effort<'_>, reserve: f64) -> Relaxed {
    let centre: Vec<i64> = reduced.items.iter().map(|item| prices[item.parts[0][0]]).collect();
    let (rest, precise) = (Rest::all(reduced), precision(effort, reserve));
    let relaxation = relax::relax_roughly(reduced, &rest, effort, &precise, centre);
    Relaxed { relaxation, simpler: None }
}

/// The relaxation of a part of a problem, without its limits, so that `reserve` seconds are left. A simpler
/// problem's prices are where the larger one starts.
fn relax_in_steps(
    problem: &Problem,
    part: &Part<'_>,
    reduced: &Reduced,
    effort: &Effort<'_>,
    reserve: f64,
) -> Relaxed {
    let rest = Rest::all(reduced);
    let mut centre = first_prices::first_prices(reduced, &rest);
    let mut precise = precision(effort, reserve);
    let simpler = simpler(problem, part, reduced).map(|small| {
        let seconds = effort.watch.seconds_left() - reserve;
        let reserve = if seconds.is_finite() { reserve + seconds * TIME_AFTER_SIMPLER } else { 0.0 };
        let all = Rest::all(&small);
        let start = first_prices::first_prices(&small, &all);
        let relaxed = relax::relax(&small, &all, effort, &precision(effort, reserve), start);
        let by_class = expand::by_class(problem, &small, &relaxed.values);
        centre = reduced.items.iter().map(|item| by_class[item.parts[0][0]]).collect();
        if effort.quick {
            precise.rounds = 6;
        }
        (small, relaxed)
    });
    let mut relaxation = relax::relax(reduced, &rest, effort, &precise, centre.clone());
    // Prices of a program that is far from solved say less than those of a simpler one that is solved.
    if simpler.as_ref().is_some_and(|(_, simpler)| relaxation.cost > simpler.cost * FAR_FROM_SOLVED) {
        relaxation.values = centre;
    }
    Relaxed { relaxation, simpler }
}

fn precision(effort: &Effort<'_>, reserve: f64) -> Precision {
    if effort.quick {
        Precision { rounds: 40, gap: 3e-3, progress: 3e-4, steps: 200, width: 0, is_sharp: false, reserve }
    } else {
        Precision {
            rounds: 1500,
            gap: 1e-4,
            progress: 3e-4,
            steps: 400,
            width: 16_384,
            is_sharp: true,
            reserve,
        }
    }
}

/// The problem without caps that can hardly matter: their classes are like others then, which makes a smaller
/// problem whose bound is as good as that of the whole one. `None` when there is nothing to leave out.
fn simpler(problem: &Problem, part: &Part<'_>, reduced: &Reduced) -> Option<Reduced> {
    let reach = |cap: &Cap| {
        let total: u64 = cap.classes.iter().map(|class| u64::from(part.counts[class])).sum();
        total as f64 / f64::from(cap.most.max(1))
    };
    let covering = first_prices::covering(reduced, &Rest::all(reduced)).1;
    let bins = problem.caps.iter().map(reach).fold(covering, f64::max);
    let matters: Vec<bool> = problem.caps.iter().map(|cap| reach(cap) > bins * CAPS_THAT_MATTER).collect();
    let small =
        matters.contains(&false).then(|| Reduced::new(problem, &Part { caps: Some(&matters), ..*part }));
    small.filter(|small| small.items.len() < reduced.items.len())
}

/// The share of the time for relaxing that is kept for the problem itself when there is a simpler one.
const TIME_AFTER_SIMPLER: f64 = 0.4;

/// A relaxation that costs so many times what the simpler one does has not come far.
const FAR_FROM_SOLVED: f64 = 1.005;

/// A cap matters when its pods take this share of all bins, at least.
const CAPS_THAT_MATTER: f64 = 0.25;
