//! The most that pods on one machine can be worth: a knapsack of several resources.
//!
//! Let room have prices. A set of pods is worth what the whole room is worth, less what it loses: by room
//! that is left, by a pod that is in though it is worth less than its room, by one that is out though it is
//! worth more. So the room's worth with everything that gains bounds every set, at any prices. Where that is
//! not enough, all sets that lose little enough are searched. Prices come from floating point, but they are
//! whole numbers before anything is concluded from them.

use std::collections::BTreeMap;

use super::prices;
use super::question::{Daemon, MachineType, Pod, Term};

/// CPU, memory, slots, GPUs.
pub(super) const RESOURCES: usize = 4;
/// Prices of room are in this fraction of a nano-dollar.
const SCALE: i128 = 1 << 32;

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
        let mut search = Search::new(self, prices, most);
        if search.allowed < 0 {
            return Proof::ByPrices;
        }
        search.steps_left = steps;
        match search.descend(0, self.room, 0, 0) {
            Some(Ended::Found(value)) => Proof::Refuted { value },
            Some(Ended::GaveUp) => Proof::GaveUp,
            None => Proof::BySearch { steps: steps - search.steps_left },
        }
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

enum Ended {
    Found(i64),
    GaveUp,
}

/// A depth-first search through the sets that lose at most `allowed`.
struct Search {
    /// The items, members of a group together, then those first of whose deviation much is lost.
    items: Vec<Item>,
    /// By item, what one is worth above its room, scaled.
    margins: Vec<i128>,
    /// By item, what it and all later ones gain at most, scaled.
    gains: Vec<i128>,
    /// By item, by resource: what it and all later ones take at most.
    takes: Vec<[i64; RESOURCES]>,
    /// By item, the first item that is not of its group.
    group_ends: Vec<usize>,
    prices: [i128; RESOURCES],
    /// What the whole room is worth, scaled.
    room_worth: i128,
    /// What a set must reach to refute the claim, scaled.
    goal: i128,
    /// What may be lost, scaled; negative when nothing may.
    allowed: i128,
    most: i64,
    steps_left: u64,
}

impl Search {
    fn new(knapsack: &Knapsack, prices: [i128; RESOURCES], most: i64) -> Self {
        let margin = |item: &Item| {
            let room: i128 = (0..RESOURCES).map(|at| prices[at] * i128::from(item.need[at])).sum();
            i128::from(item.value) * SCALE - room
        };
        let mut ordered: Vec<(i128, Item)> =
            knapsack.items.iter().map(|item| (margin(item), *item)).collect();
        ordered.sort_by_key(|(margin, item)| {
            (item.group.unwrap_or(usize::MAX), std::cmp::Reverse(margin.abs()))
        });
        let len = ordered.len();
        let (mut gains, mut takes) = (vec![0; len + 1], vec![[0_i64; RESOURCES]; len + 1]);
        let mut group_ends = vec![len; len];
        for at in (0..len).rev() {
            let (margin, item) = &ordered[at];
            let gain = (*margin).max(0) * i128::from(item.most);
            let next =
                ordered.get(at + 1).filter(|(_, next)| item.group.is_some() && next.group == item.group);
            group_ends[at] = if next.is_some() { group_ends[at + 1] } else { at + 1 };
            // Of a group at most one gains: this one, or the best of those behind it.
            let behind = gains[group_ends[at]];
            gains[at] = if next.is_some() { gains[at + 1].max(behind + gain) } else { behind + gain };
            takes[at] = std::array::from_fn(|resource| {
                takes[at + 1][resource].saturating_add(item.need[resource].saturating_mul(item.most))
            });
        }
        let room_worth: i128 = (0..RESOURCES).map(|at| prices[at] * i128::from(knapsack.room[at])).sum();
        let goal = (i128::from(most) + 1) * SCALE;
        Self {
            margins: ordered.iter().map(|one| one.0).collect(),
            items: ordered.into_iter().map(|one| one.1).collect(),
            allowed: room_worth + gains[0] - goal,
            gains,
            takes,
            group_ends,
            prices,
            room_worth,
            goal,
            most,
            steps_left: 0,
        }
    }

    /// Tries all numbers of the item `at` and of later ones. `gained` is what the chosen are worth above
    /// their room, `value` what they are worth.
    fn descend(&mut self, at: usize, room: [i64; RESOURCES], gained: i128, value: i64) -> Option<Ended> {
        if value > self.most {
            return Some(Ended::Found(value));
        }
        if self.steps_left == 0 {
            return Some(Ended::GaveUp);
        }
        self.steps_left -= 1;
        if at == self.items.len() {
            return None;
        }
        // Room that the rest cannot take is lost.
        let unused = |resource: usize| i128::from((room[resource] - self.takes[at][resource]).max(0));
        let lost: i128 = (0..RESOURCES).map(|resource| self.prices[resource] * unused(resource)).sum();
        if self.room_worth + gained + self.gains[at] - lost < self.goal {
            return None;
        }
        let (margin, item) = (self.margins[at], self.items[at]);
        let fits = (0..RESOURCES)
            .filter(|&resource| item.need[resource] > 0)
            .map(|resource| room[resource] / item.need[resource]);
        let most = fits.min().unwrap_or(item.most).min(item.most);
        for step in 0..=most {
            let number = if margin > 0 { most - step } else { step };
            let next = if number > 0 && item.group.is_some() { self.group_ends[at] } else { at + 1 };
            let gained = gained + margin * i128::from(number);
            // Further numbers of an item outside groups lose even more.
            if self.room_worth + gained + self.gains[next] < self.goal {
                if item.group.is_none() {
                    break;
                }
                continue;
            }
            let left = std::array::from_fn(|resource| room[resource] - number * item.need[resource]);
            let ended = self.descend(next, left, gained, value + number * item.value);
            if ended.is_some() {
                return ended;
            }
        }
        None
    }
}
