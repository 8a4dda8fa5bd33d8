//! Back from items and kinds to classes and bins.

use std::collections::BTreeMap;

use super::improve;
use super::problem::{LowerBound, Packed, Problem};
use super::proof::Proof;
use super::reduced::{Kind, Reduced};

/// Adds a packing's bins to `bins`: items are dealt out to their classes, kinds to their bins. What is placed
/// is taken off `left`, by class.
pub fn expand(reduced: &Reduced, packed: &improve::Packed, left: &mut [u32], bins: &mut Vec<Packed>) {
    let mut turn = vec![0usize; reduced.items.len()];
    let mut used = vec![0u32; reduced.kinds.len()];
    let mut order: Vec<_> = packed.placed.iter().collect();
    order.sort_by(|a, b| (a.kind, &a.pattern).cmp(&(b.kind, &b.pattern)));
    for placed in order {
        let mut pods: BTreeMap<usize, u32> = BTreeMap::new();
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
        let bin = nth_bin(&reduced.kinds[placed.kind], used[placed.kind]);
        used[placed.kind] += 1;
        bins.push(Packed { bin, pods: pods.into_iter().collect() });
    }
}

/// The bin that is the n-th of its kind to be used.
fn nth_bin(kind: &Kind, mut index: u32) -> usize {
    for &(bin, supply) in &kind.bins {
        match supply {
            Some(supply) if index >= supply => index -= supply,
            _ => return bin,
        }
    }
    kind.bins[0].0
}

/// A proof in the terms of the problem, for `counts` of its classes.
pub fn publish(problem: &Problem, counts: &[u32], reduced: &Reduced, proof: &Proof) -> LowerBound {
    let duals = by_class(problem, reduced, &proof.values);
    let worth: Vec<i64> =
        reduced.kind_of.iter().map(|kind| kind.map_or(0, |kind| proof.ceilings[kind])).collect();
    let each = duals.iter().zip(counts).map(|(dual, count)| i128::from(*dual) * i128::from(*count));
    let mut price: i128 = each.sum();
    for (bin, worth) in problem.bins.iter().zip(&worth) {
        let over = i128::from(bin.price) - i128::from(*worth);
        price += i128::from(bin.supply.unwrap_or(0)) * if bin.stays { over } else { over.min(0) };
    }
    LowerBound { price: i64::try_from(price).unwrap_or(0), duals, worth }
}

/// Values of items, by class; zero for classes that are no part of any.
pub fn by_class(problem: &Problem, reduced: &Reduced, values: &[i64]) -> Vec<i64> {
    let mut by_class = vec![0; problem.classes.len()];
    for (item, value) in reduced.items.iter().zip(values) {
        item.parts.iter().flatten().for_each(|&class| by_class[class] = *value);
    }
    by_class
}
