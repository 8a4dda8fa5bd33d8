//! Fills bins one after the other with what pays best for them, until nothing is left.

use super::content;
use super::reduced::{Pattern, Reduced};
use super::relax::{Rest, missing_cost};

/// A bin with what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its kind.
    pub kind: usize,
    /// What is in it.
    pub pattern: Pattern,
}

/// How to choose.
pub struct Taste<'a> {
    /// By item, what placing one is worth.
    pub values: &'a [i64],
    /// By kind, what using one costs, scarcity included; at least one.
    pub costs: &'a [i64],
    /// Kinds to choose from.
    pub kinds: &'a [usize],
    /// All kinds, cheapest first, to put the last pods into.
    pub by_cost: &'a [usize],
    /// Steps for one content.
    pub steps: u32,
    /// Take the same bin again for this share of the times that it could be taken: one half, say, is 2; zero
    /// for never.
    pub repeat: u32,
}

/// What bins cost, in nano-dollars, and what pods that found no place cost instead.
pub fn cost(reduced: &Reduced, placed: &[Placed], counts: &[u32]) -> i128 {
    let bins: i128 = placed.iter().map(|placed| i128::from(reduced.kinds[placed.kind].cost())).sum();
    bins + missing(reduced, counts)
}

fn missing(reduced: &Reduced, counts: &[u32]) -> i128 {
    let of = |(item, count): (usize, &u32)| match count {
        0 => 0,
        count => (missing_cost(reduced, item) * 1e9) as i128 * i128::from(*count),
    };
    counts.iter().enumerate().map(of).sum()
}

impl Rest {
    /// There is another bin of a kind.
    pub fn has(&self, reduced: &Reduced, kind: usize) -> bool {
        self.supply[kind] != Some(0)
            && self.limits.iter().zip(&reduced.kinds[kind].limits).all(|(left, use_of)| use_of <= left)
    }

    /// Takes a bin with its content away.
    pub fn take(&mut self, reduced: &Reduced, placed: &Placed) {
        for &(item, count) in &placed.pattern {
            self.counts[item as usize] -= count;
        }
        self.supply[placed.kind] = self.supply[placed.kind].map(|supply| supply - 1);
        for (left, use_of) in self.limits.iter_mut().zip(&reduced.kinds[placed.kind].limits) {
            *left -= use_of;
        }
    }

    /// Gives a bin with its content back.
    pub fn give(&mut self, reduced: &Reduced, placed: &Placed) {
        for &(item, count) in &placed.pattern {
            self.counts[item as usize] += count;
        }
        self.supply[placed.kind] = self.supply[placed.kind].map(|supply| supply + 1);
        for (left, use_of) in self.limits.iter_mut().zip(&reduced.kinds[placed.kind].limits) {
            *left += use_of;
        }
    }

    /// All that is left to pack.
    pub fn pattern(&self) -> Pattern {
        let left = self.counts.iter().enumerate().filter(|left| *left.1 > 0);
        left.map(|(item, count)| (item as u32, *count)).collect()
    }
}

/// A bin of a kind can hold a content.
pub fn holds(reduced: &Reduced, kind: usize, pattern: &[(u32, u32)]) -> bool {
    let kind = &reduced.kinds[kind];
    if pattern.iter().any(|&(item, count)| kind.most[item as usize] < count) {
        return false;
    }
    let within = |resource: usize| {
        let need =
            |&(item, count): &(u32, u32)| reduced.items[item as usize].need[resource] * i64::from(count);
        pattern.iter().map(need).sum::<i64>() <= kind.room[resource]
    };
    let group_holds = |group: usize| {
        let inside =
            pattern.iter().filter(|pods| reduced.groups_of[pods.0 as usize].contains(&(group as u32)));
        inside.map(|pods| pods.1).sum::<u32>() <= kind.groups[group]
    };
    let together = |item: u32| {
        let apart = &reduced.apart[item as usize];
        apart.is_empty() || !pattern.iter().any(|pods| apart.binary_search(&pods.0).is_ok())
    };
    (0..kind.room.len()).all(within)
        && (0..kind.groups.len()).all(group_holds)
        && pattern.iter().all(|pods| together(pods.0))
}

/// Packs what is left; what stays in `rest` found no place.
pub fn fill(reduced: &Reduced, rest: &mut Rest, taste: &Taste<'_>) -> Vec<Placed> {
    let mut placed: Vec<Placed> = Vec::new();
    let mut spent = 0i128;
    // The cheapest way to end it with one bin for all that was left at some point.
    let mut ending: Option<(i128, usize, Placed)> = None;
    // What a kind's content can be worth for its cost, at most. It only sinks while pods find their place, so a
    // kind whose last hope is below another's content need not be looked at.
    // The prices of its room hardly change either.
    let mut hopes: Vec<(f64, usize, Vec<f64>)> =
        taste.kinds.iter().map(|&kind| (f64::INFINITY, kind, Vec::new())).collect();
    while !rest.is_empty() {
        let all = rest.pattern();
        if all.len() <= 64 {
            let last =
                taste.by_cost.iter().find(|&&kind| rest.has(reduced, kind) && holds(reduced, kind, &all));
            if let Some(&kind) = last {
                let total = spent + i128::from(reduced.kinds[kind].cost());
                if ending.as_ref().is_none_or(|ending| total < ending.0) {
                    ending = Some((total, placed.len(), Placed { kind, pattern: all }));
                }
            }
        }
        if ending.as_ref().is_some_and(|ending| ending.0 <= spent) {
            break;
        }
        hopes.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut best: Option<(f64, Placed)> = None;
        for (hope, kind, prices) in &mut hopes {
            if best.as_ref().is_some_and(|best| *hope <= best.0) {
                break;
            }
            let kind = *kind;
            if !rest.has(reduced, kind) {
                continue;
            }
            let cost = taste.costs[kind] as f64;
            let floor = best.as_ref().map_or(0, |best| (best.0 * cost) as i64);
            let found = content::Question {
                reduced,
                kind: &reduced.kinds[kind],
                values: taste.values,
                counts: &rest.counts,
                floor,
                steps: taste.steps,
                width: 0,
                known: prices,
            }
            .answer();
            *hope = found.ceiling as f64 / cost;
            *prices = found.prices;
            if let Some(pattern) = found.pattern {
                best = Some((found.value as f64 / cost, Placed { kind, pattern }));
            }
        }
        let Some((_, bin)) = best else { break };
        let fit =
            bin.pattern.iter().map(|&(item, count)| rest.counts[item as usize] / count).min().unwrap_or(1);
        for turn in 0..fit.checked_div(taste.repeat).unwrap_or(1).max(1) {
            if turn > 0 && !rest.has(reduced, bin.kind) {
                break;
            }
            rest.take(reduced, &bin);
            spent += i128::from(reduced.kinds[bin.kind].cost());
            placed.push(bin.clone());
        }
    }
    if let Some((total, length, last)) = ending
        && total < spent + missing(reduced, &rest.counts)
    {
        placed.drain(length..).for_each(|bin| rest.give(reduced, &bin));
        rest.take(reduced, &last);
        placed.push(last);
    }
    placed
}
