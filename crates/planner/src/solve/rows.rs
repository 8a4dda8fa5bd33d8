//! Which items share a price while contents are sought.
//!
//! A program with a row for each item takes long to find its prices when there are hundreds. Items that run on the
//! same bins and take about as much of everything have about the same price for what they take: given one
//! row, they are priced in proportion. Prices found so are as true as any, and where the full program begins.

use std::collections::BTreeMap;

use super::reduced::{Item, Reduced};
use super::relax::NANOS;

/// So many items have rows of their own from the start.
const FEW_ITEMS: usize = 300;

/// How finely items are told apart, finest first: steps of a resource's share in what an item takes, and steps
/// in size for each doubling.
const GRAINS: [(f64, f64); 5] = [(8.0, 2.0), (6.0, 1.0), (4.0, 0.5), (2.0, 0.25), (1.0, 0.0)];

/// By item, its row and its weight there.
#[derive(Clone, Debug)]
pub struct Rows {
    /// Row and weight.
    pub of: Vec<(usize, f64)>,
    /// How many rows.
    pub count: usize,
}

impl Rows {
    /// A row for each item.
    pub fn fine(reduced: &Reduced) -> Self {
        let count = reduced.items.len();
        Self { of: (0..count).map(|item| (item, 1.0)).collect(), count }
    }

    /// A row for those alike in where they may be and in what they take; `worth` weighs them: by item, what its
    /// room is worth. At most one row for so many items; `None` when there are few items, or no way to take so many
    /// together.
    pub fn coarse(reduced: &Reduced, worth: &[i64], items_per_row: usize) -> Option<Self> {
        let items = reduced.items.len();
        if items <= FEW_ITEMS {
            return None;
        }
        let places = places(reduced);
        let totals: Vec<f64> = (0..reduced.items[0].need.len())
            .map(|resource| {
                let all = |item: &Item| item.need[resource] as f64 * f64::from(item.count);
                reduced.items.iter().map(all).sum()
            })
            .collect();
        // An item that costs next to nothing still counts for something.
        let least = (worth.iter().sum::<i64>() / (1_000 * items as i64)).max(1);
        let grains =
            GRAINS.iter().map(|grain| (true, grain)).chain(GRAINS.iter().map(|grain| (false, grain)));
        for (tells_places, (of_share, of_size)) in grains {
            let mut rows = BTreeMap::new();
            let mut of = Vec::with_capacity(items);
            for (at, item) in reduced.items.iter().enumerate() {
                let part = |(need, total): (&i64, &f64)| *need as f64 / total.max(1.0);
                let parts: Vec<f64> = item.need.iter().zip(&totals).map(part).collect();
                let all: f64 = parts.iter().sum::<f64>().max(f64::MIN_POSITIVE);
                let shape: Vec<i64> =
                    parts.iter().map(|part| (part / all * of_share).round() as i64).collect();
                let size = (all.log2() * of_size).floor() as i64;
                let place = if tells_places { places[at] } else { 0 };
                let next = rows.len();
                let row = *rows.entry((place, shape, size)).or_insert(next);
                of.push((row, worth[at].max(least) as f64 / NANOS));
            }
            if rows.len() * items_per_row <= items {
                return Some(Self { of, count: rows.len() });
            }
        }
        None
    }
}

/// By item, a number for the set of kinds that take it, of those of which there is any number.
fn places(reduced: &Reduced) -> Vec<usize> {
    let mut numbers = BTreeMap::new();
    let unlimited = || reduced.kinds.iter().filter(|kind| kind.supply.is_none());
    (0..reduced.items.len())
        .map(|item| {
            let takes: Vec<bool> = unlimited().map(|kind| kind.most[item] > 0).collect();
            let next = numbers.len();
            *numbers.entry(takes).or_insert(next)
        })
        .collect()
}
