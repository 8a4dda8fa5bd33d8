//! From fractions of bins to whole ones.

use super::content;
use super::fill::{self, Placed, Taste};
use super::improve::{Packed, Search};
use super::problem::Effort;
use super::reduced::Reduced;
use super::relax::{self, Column, Precision, Relaxation, Rest};

/// Kinds that come so near to being worth their cost, at least, are looked at when bins are packed again.
const WORTH_USING: f64 = 0.97;

/// A dive needs so many times as long as filling bins does, at least.
const TIME_FOR_DIVE: f64 = 3.0;

/// Packs a problem, guided by its relaxation. Limits are looked at when a packing without them would exceed
/// one: then they have a price like everything scarce.
pub fn pack(reduced: &Reduced, effort: &Effort<'_>, relaxation: &Relaxation) -> Packed {
    let packed = pack_rest(reduced, &Rest::all(reduced), effort, relaxation);
    let use_of = |limit: usize| -> i128 {
        packed.placed.iter().map(|placed| i128::from(reduced.kinds[placed.kind].limits[limit])).sum()
    };
    if (0..reduced.limits.len()).all(|limit| use_of(limit) <= i128::from(reduced.limits[limit])) {
        return packed;
    }
    let rest = Rest { limits: reduced.limits.clone(), ..Rest::all(reduced) };
    let seconds = effort.watch.seconds_left();
    let reserve = if seconds.is_finite() { seconds * 0.5 } else { 0.0 };
    let precision =
        Precision { rounds: 60, gap: 1e-3, progress: 3e-4, steps: 400, width: 0, is_sharp: false, reserve };
    let limited = relax::relax_again(reduced, &rest, effort, &precision, relaxation, &relaxation.columns);
    pack_rest(reduced, &rest, effort, &limited)
}

fn pack_rest(reduced: &Reduced, rest: &Rest, effort: &Effort<'_>, relaxation: &Relaxation) -> Packed {
    let costs: Vec<i64> = relaxation.costs.iter().map(|cost| (*cost).max(1)).collect();
    let mut by_cost: Vec<usize> = (0..reduced.kinds.len()).collect();
    by_cost.sort_by_key(|&kind| (reduced.kinds[kind].cost(), kind));
    let all: Vec<usize> = (0..reduced.kinds.len()).collect();
    // What is worth nothing at the margin must find a place all the same.
    let values: Vec<i64> = relaxation.values.iter().map(|value| (*value).max(1)).collect();
    let taste = Taste {
        values: &values,
        costs: &costs,
        kinds: &all,
        by_cost: &by_cost,
        steps: 200,
        repeat: if effort.quick { 1 } else { 2 },
    };
    let mut greedy = Packed { placed: Vec::new(), rest: rest.clone() };
    let before = effort.watch.seconds_left();
    greedy.placed = fill::fill(reduced, &mut greedy.rest, &taste);
    let left = effort.watch.seconds_left();
    // A dive ends like this too, and may take as long for it.
    let is_short = left.is_finite() && left < (before - left) * TIME_FOR_DIVE;
    let mut best = greedy;
    if !effort.quick && !is_short {
        let dived = dive(reduced, rest, effort, relaxation, &taste);
        if dived.cost(reduced) < best.cost(reduced) {
            best = dived;
        }
    }
    if effort.watch.seconds_left() <= 0.0 {
        return best;
    }
    let kinds = worth_using(reduced, rest, &relaxation.values, &costs);
    let search = Search {
        reduced,
        values: &values,
        costs: &costs,
        kinds: &kinds,
        by_cost: &by_cost,
        bound: relaxation.proof.price,
    };
    search.improve(&mut best, effort, if effort.quick { 20 } else { 1000 });
    best
}

/// Kinds whose best content is nearly worth its cost.
fn worth_using(reduced: &Reduced, rest: &Rest, values: &[i64], costs: &[i64]) -> Vec<usize> {
    let worth = |kind: &usize| {
        let floor = (costs[*kind] as f64 * WORTH_USING) as i64;
        let question = content::Question {
            reduced,
            kind: &reduced.kinds[*kind],
            values,
            counts: &rest.counts,
            floor,
            steps: 200,
            width: 0,
            known: &[],
        };
        question.answer().pattern.is_some()
    };
    (0..reduced.kinds.len()).filter(worth).collect()
}

/// Takes whole bins of the relaxation, and solves it again for what is left.
fn dive(
    reduced: &Reduced,
    rest: &Rest,
    effort: &Effort<'_>,
    relaxation: &Relaxation,
    taste: &Taste<'_>,
) -> Packed {
    let mut packed = Packed { placed: Vec::new(), rest: rest.clone() };
    let mut columns: Vec<Column> = relaxation.columns.clone();
    let mut used = relaxation.used.clone();
    let reserve = effort.watch.seconds_left() * 0.6;
    loop {
        let taken = take_whole(reduced, &mut packed, &columns, &mut used);
        if taken == 0 || packed.rest.is_empty() || effort.watch.seconds_left() < reserve {
            break;
        }
        let precision = Precision {
            rounds: 8,
            gap: 1e-3,
            progress: 3e-4,
            steps: 300,
            width: 0,
            is_sharp: false,
            reserve,
        };
        let again = relax::relax_again(reduced, &packed.rest, effort, &precision, relaxation, &columns);
        columns = again.columns;
        used = again.used;
    }
    let last = fill::fill(reduced, &mut packed.rest, taste);
    packed.placed.extend(last);
    packed
}

/// Takes as many whole bins as there are of each column, or the nearest to a whole one.
fn take_whole(
    reduced: &Reduced,
    packed: &mut Packed,
    columns: &[Column],
    used: &mut [(usize, f64)],
) -> usize {
    used.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| columns[a.0].cmp(&columns[b.0])));
    let mut taken = 0;
    for &(column, amount) in used.iter() {
        let whole = (amount + 1e-6).floor() as u32;
        let times = if whole == 0 && (taken == 0 || amount > 0.85) { 1 } else { whole };
        let column = &columns[column];
        for _ in 0..times {
            let bin = Placed { kind: column.kind, pattern: column.pattern.clone() };
            let left = |&(item, count): &(u32, u32)| packed.rest.counts[item as usize] >= count;
            if !packed.rest.has(reduced, bin.kind) || !bin.pattern.iter().all(left) {
                break;
            }
            packed.rest.take(reduced, &bin);
            packed.placed.push(bin);
            taken += 1;
        }
    }
    taken
}
