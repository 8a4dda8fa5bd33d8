//! Prices of pods to begin with, before any content is known.

use super::reduced::{Item, Kind, Reduced};
use super::relax::{NANOS, Rest};
use super::simplex::{Row, Simplex};

/// By item, the prices that prove more by themselves: [`covering`]'s or [`shares`]'s.
pub fn first_prices(reduced: &Reduced, rest: &Rest) -> Vec<i64> {
    let worth = |values: &[i64]| -> i128 {
        values.iter().zip(&rest.counts).map(|(value, count)| i128::from(*value) * i128::from(*count)).sum()
    };
    let covering = covering(reduced, rest).0;
    match shares(reduced, rest) {
        Some(shares) if worth(&shares) > worth(&covering) => {
            let or_covering = |(share, covering): (&i64, &i64)| if *share > 0 { *share } else { *covering };
            shares.iter().zip(&covering).map(or_covering).collect()
        }
        _ => covering,
    }
}

/// By item, what the room that it takes is worth when all resources are covered at the least cost, pods being
/// like water: good prices to begin with. And how many bins that takes.
pub fn covering(reduced: &Reduced, rest: &Rest) -> (Vec<i64>, f64) {
    let resources = reduced.items.first().map_or(0, |item| item.need.len());
    let total = |resource: usize| -> f64 {
        let sum = |(item, count): (&Item, &u32)| item.need[resource] as f64 * f64::from(*count);
        reduced.items.iter().zip(&rest.counts).map(sum).sum()
    };
    let totals: Vec<f64> = (0..resources).map(total).collect();
    let asked: Vec<usize> = (0..resources).filter(|&resource| totals[resource] > 0.0).collect();
    let rows = asked.iter().map(|_| Row::AtLeast { amount: 1.0, missing: 1e9 }).collect();
    let mut simplex = Simplex::new(rows);
    for kind in reduced.kinds.iter().filter(|kind| kind.supply.is_none()) {
        let entries = asked.iter().enumerate().filter(|(_, resource)| kind.room[**resource] > 0);
        simplex.add(
            kind.price as f64 / NANOS,
            entries.map(|(row, &resource)| (row as u32, kind.room[resource] as f64 / totals[resource])),
        );
    }
    simplex.solve(1000);
    let prices: Vec<f64> = simplex.duals().map(|dual| if dual > 1e8 { 0.0 } else { dual }).collect();
    let value = |item: &Item| {
        let worth: f64 =
            asked.iter().zip(&prices).map(|(&r, price)| item.need[r] as f64 / totals[r] * price).sum();
        (worth * NANOS) as i64
    };
    (reduced.items.iter().map(value).collect(), simplex.used().map(|used| used.1).sum())
}

/// By item, the least share of a bin's price that it could be told to pay, over the unlimited bins that take it:
/// where a bin's price is divided among resources by fixed weights, nothing in it ever pays more than the bin costs.
/// Better prices to begin with than [`covering`]'s where bins take some items only. `None` where all bins take all
/// that they have room for.
fn shares(reduced: &Reduced, rest: &Rest) -> Option<Vec<i64>> {
    let resources = reduced.items.first().map_or(0, |item| item.need.len());
    let asked: Vec<usize> =
        (0..resources).filter(|&resource| reduced.items.iter().any(|item| item.need[resource] > 0)).collect();
    let free: Vec<&Kind> =
        reduced.kinds.iter().filter(|kind| kind.supply.is_none() && kind.price > 0).collect();
    let fits = |kind: &Kind, item: &Item| kind.room.iter().zip(&item.need).all(|(room, need)| need <= room);
    let is_selective = |kind: &&Kind| {
        reduced.items.iter().zip(&kind.most).any(|(item, most)| *most == 0 && fits(kind, item))
    };
    if !free.iter().any(is_selective) {
        return None;
    }
    let values = |weights: &[f64]| -> Vec<f64> {
        let mut values = vec![f64::INFINITY; reduced.items.len()];
        for kind in &free {
            let price = |(&resource, weight): (&usize, &f64)| match kind.room[resource] {
                0 => 0.0,
                room => kind.price as f64 * weight / room as f64,
            };
            let prices: Vec<f64> = asked.iter().zip(weights).map(price).collect();
            for &item in &kind.takes {
                let need = &reduced.items[item as usize].need;
                let share =
                    asked.iter().zip(&prices).map(|(&resource, price)| need[resource] as f64 * price).sum();
                let value = &mut values[item as usize];
                *value = value.min(share);
            }
        }
        values.iter().map(|value| if value.is_finite() { *value } else { 0.0 }).collect()
    };
    let worth = |values: &[f64]| -> f64 {
        values.iter().zip(&rest.counts).map(|(value, count)| value * f64::from(*count)).sum()
    };
    let mut weights = vec![1.0 / asked.len() as f64; asked.len()];
    let mut best = values(&weights);
    for step in [0.25, 0.1, 0.04] {
        let mut is_rising = true;
        while std::mem::take(&mut is_rising) {
            for (from, to) in (0..asked.len() * asked.len()).map(|at| (at / asked.len(), at % asked.len())) {
                let moved = weights[from].min(step);
                if from == to || moved <= 0.0 {
                    continue;
                }
                let mut next = weights.clone();
                next[from] -= moved;
                next[to] += moved;
                let found = values(&next);
                if worth(&found) > worth(&best) * (1.0 + 1e-4) {
                    (weights, best) = (next, found);
                    is_rising = true;
                }
            }
        }
    }
    Some(best.into_iter().map(|value| value as i64).collect())
}
