//! The most that pods on one machine can be worth: a knapsack of several resources.
//!
//! Let room have prices. A set of pods is worth what the whole room is worth, less what it loses: by room
//! that is left, by a pod that is in though it is worth less than its room, by one that is out though it is
//! worth more. So the room's worth with everything that gains bounds every set, at any prices. Where that is
//! not enough, one resource or two are counted exactly by a table and only the others have prices, and all sets that
//! could still be worth more are searched. Prices come from floating point, but they are whole numbers
//! before anything is concluded from them.

use std::collections::BTreeMap;

use super::prices;
use super::question::{Daemon, MachineType, Pod, Term};
use super::search::{Ended, Exact, Search};

/// CPU, memory, slots, GPUs.
pub(super) const RESOURCES: usize = 4;
/// Prices of room are in this fraction of a nano-dollar.
pub(super) const SCALE: i128 = 1 << 32;

/// The first search may take this share of the steps; then it is worth while to count two resources exactly.
const PATIENCE: u64 = 100;
/// One exact resource is counted in at most so many units, each of two in fewer.
const UNITS: i64 = 4_000;
const UNITS_OF_TWO: i64 = 1_000;
/// Machines whose pods are worth more than this together, in nano-dollars, are beyond the tables' numbers.
const MOST_WORTH: i128 = 1 << 45;

/// Pods that are alike for this machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) need: [i64; RESOURCES],
    pub(super) value: i64,
    /// How many fit at most.
    pub(super) most: i64,
    /// Of all items with this number at most one pod fits.
    pub(super) group: Option<usize>,
}

pub(super) struct Knapsack {
    pub(super) room: [i64; RESOURCES],
    pub(super) items: Vec<Item>,
}

/// How a claim came out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// The prices of room alone prove it.
    ByPrices,
    /// No set is worth more: all that could be were looked at.
    BySearch {
        /// How many steps that took.
        steps: u64,
    },
    /// A set is worth more.
    Refuted {
        /// How much, in nano-dollars.
        value: i64,
    },
    /// Neither was found in time.
    GaveUp,
}

impl Knapsack {
    pub(super) fn new(machine: &MachineType, daemon: Option<&Daemon>, pods: &[Pod], duals: &[i64]) -> Self {
        let taken = daemon.map_or([0; RESOURCES], |daemon| [daemon.cpu, daemon.mem, 1, 0]);
        let has = [machine.cpu, machine.mem, machine.pods, machine.gpu.unwrap_or(0)];
        let mut room: [i64; RESOURCES] = std::array::from_fn(|at| has[at] - taken[at]);
        let mut groups = BTreeMap::<&Term, usize>::new();
        let mut counts = BTreeMap::<([i64; RESOURCES], i64, Option<usize>), i64>::new();
        for (pod, &value) in pods.iter().zip(duals) {
            let need = [pod.cpu, pod.mem, 1, pod.gpu.unwrap_or(0)];
            if value <= 0 || (0..RESOURCES).any(|at| need[at] > 0 && need[at] > room[at]) {
                continue;
            }
            let next = groups.len();
            // A pod of several groups is counted in one of them: that allows more sets, not fewer.
            let group = pod.lonely().next().map(|term| *groups.entry(term).or_insert(next));
            *counts.entry((need, value, group)).or_default() += 1;
        }
        // What is no multiple of all needs is never filled.
        for at in 0..RESOURCES {
            let unit = counts.keys().fold(0, |unit, (need, _, _)| gcd(unit, need[at]));
            room[at] = if unit > 0 { room[at] / unit * unit } else { room[at].max(0) };
        }
        let item = |((need, value, group), count): (([i64; RESOURCES], i64, Option<usize>), i64)| {
            let fits = (0..RESOURCES).filter(|&at| need[at] > 0).map(|at| room[at] / need[at]);
            let most = fits.min().unwrap_or(count).min(count).min(if group.is_some() { 1 } else { count });
            Item { need, value, most, group }
        };
        Self { room, items: counts.into_iter().map(item).collect() }
    }

    /// Whether no set is worth more than `most`.
    pub(super) fn prove(&self, most: i64, steps: u64) -> Proof {
        if most < 0 {
            return Proof::Refuted { value: 0 };
        }
        let prices = prices::of_room(self);
        let prices: [i128; RESOURCES] =
            std::array::from_fn(|at| (prices[at].max(0.0) * SCALE as f64).round() as i128);
        let goal = (i128::from(most) + 1) * SCALE;
        if self.worth_by_prices(&prices) < goal {
            return Proof::ByPrices;
        }
        let sum: i128 = self.items.iter().map(|item| i128::from(item.value) * i128::from(item.most)).sum();
        if sum > MOST_WORTH {
            return Proof::GaveUp;
        }
        let mut search = self.with_one(prices, goal);
        let mut ended = search.run(steps / PATIENCE);
        if matches!(ended, Some(Ended::GaveUp)) {
            search = self.with_two(prices, search);
            ended = search.run(steps);
        }
        match ended {
            Some(Ended::Found(value)) => Proof::Refuted { value },
            Some(Ended::GaveUp) => Proof::GaveUp,
            None => Proof::BySearch { steps: search.steps() },
        }
    }

    /// Resources by what their room is worth, the dearest first.
    fn by_worth(&self, prices: &[i128; RESOURCES]) -> [usize; RESOURCES] {
        let mut order: [usize; RESOURCES] = std::array::from_fn(|at| at);
        order.sort_by_key(|&at| std::cmp::Reverse(prices[at] * i128::from(self.room[at])));
        order
    }

    /// The unit in which a resource is counted in at most `units` steps: what all needs share, or a multiple.
    fn unit(&self, resource: usize, units: i64) -> i64 {
        let shared = self.items.iter().fold(0, |unit, item| gcd(unit, item.need[resource])).max(1);
        shared * (self.room[resource] / shared / units + 1)
    }

    /// The search that begins with the lowest ceiling when one resource is counted exactly.
    fn with_one(&self, prices: [i128; RESOURCES], goal: i128) -> Search {
        let order = self.by_worth(&prices);
        let search = |resource: usize| {
            // In one unit that nothing fills, a resource tells nothing.
            let exact = [self.unit(resource, UNITS), i64::MAX].map(|unit| Exact { resource, unit });
            Search::new(self, prices, exact, goal)
        };
        let mut best = search(order[0]);
        for &at in order[1..].iter().filter(|&&at| prices[at] > 0) {
            if best.ceiling() < goal {
                break;
            }
            let other = search(at);
            if other.ceiling() < best.ceiling() {
                best = other;
            }
        }
        best
    }

    /// The same with the two dearest resources, in the units that serve best: a coarser one that divides the
    /// needs of large pods may tell more than a finer one that divides none.
    fn with_two(&self, prices: [i128; RESOURCES], mut best: Search) -> Search {
        let order = self.by_worth(&prices);
        let first = Exact { resource: order[0], unit: self.unit(order[0], UNITS_OF_TWO) };
        for shift in 0..40 {
            let second = Exact { resource: order[1], unit: 1 << shift };
            if (8..UNITS_OF_TWO).contains(&(self.room[order[1]] / second.unit)) {
                let other = Search::new(self, prices, [first, second], best.goal);
                if other.ceiling() < best.ceiling() {
                    best = other;
                }
            }
        }
        best
    }
    /// What all room is worth, and all that gains, scaled.
    fn worth_by_prices(&self, prices: &[i128; RESOURCES]) -> i128 {
        let mut of_groups = BTreeMap::<usize, i128>::new();
        let mut sum: i128 = (0..RESOURCES).map(|at| prices[at] * i128::from(self.room[at])).sum();
        for item in &self.items {
            let gain = item.margin(prices).max(0) * i128::from(item.most);
            match item.group {
                None => sum += gain,
                Some(group) => {
                    let best = of_groups.entry(group).or_default();
                    *best = gain.max(*best);
                }
            }
        }
        sum + of_groups.values().sum::<i128>()
    }
}

impl Item {
    /// What one is worth above its room, scaled.
    pub(super) fn margin(&self, prices: &[i128; RESOURCES]) -> i128 {
        let room: i128 = (0..RESOURCES).map(|at| prices[at] * i128::from(self.need[at])).sum();
        i128::from(self.value) * SCALE - room
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
