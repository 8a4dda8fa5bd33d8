//! The search for a set of pods that is worth more than is claimed.
//!
//! One or two resources are counted exactly: a table says for every amount of them how much the items from some
//! position on gain at most, the other resources at their prices. The table is made once for a machine; the
//! search walks through the items and leaves a branch when the table says that it leads nowhere.

use std::collections::{HashMap, VecDeque};

use super::knapsack::{Item, Knapsack, RESOURCES, SCALE};

/// Tables hold gains in this many units of [`SCALE`], rounded up: half the memory, and still a ceiling.
const COARSE: i128 = 1 << 16;

/// So many states of a search are remembered.
const REMEMBERED: usize = 4_000_000;

/// A resource that is counted exactly, in units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exact {
    pub(super) resource: usize,
    pub(super) unit: i64,
}

/// How a search ended early.
pub(super) enum Ended {
    /// With a set of this worth.
    Found(i64),
    /// Without steps.
    GaveUp,
}

pub(super) struct Search {
    /// The items, members of a group together, then the most valuable first.
    items: Vec<Item>,
    /// By item, what one is worth above what it takes of the priced resources, scaled.
    margins: Vec<i128>,
    /// By item and units of the exact resources: what it and all later ones gain at most.
    gains: Vec<Vec<i64>>,
    /// By item, by resource: what it and all later ones take at most.
    takes: Vec<[i64; RESOURCES]>,
    /// By item, the first item that is not of its group.
    group_ends: Vec<usize>,
    /// Prices of room, zero for the exact resources.
    prices: [i128; RESOURCES],
    exact: [Exact; 2],
    /// By exact resource, how many amounts a table tells apart.
    shape: [usize; 2],
    /// What the whole room is worth but for the exact resources, scaled.
    room_worth: i128,
    /// What a set must reach, scaled.
    pub(super) goal: i128,
    room: [i64; RESOURCES],
    steps_allowed: u64,
    steps_left: u64,
    /// By item and room left: the most that a set was worth with which the search came by. With less it need
    /// not go on, whichever pods these were.
    seen: HashMap<(usize, [i64; RESOURCES]), i64>,
}

impl Search {
    pub(super) fn new(
        knapsack: &Knapsack,
        mut prices: [i128; RESOURCES],
        exact: [Exact; 2],
        goal: i128,
    ) -> Self {
        exact.iter().for_each(|one| prices[one.resource] = 0);
        let mut items = knapsack.items.clone();
        items.sort_by_key(|item| (item.group.unwrap_or(usize::MAX), std::cmp::Reverse(item.value)));
        let margins: Vec<i128> = items.iter().map(|item| item.margin(&prices)).collect();
        let len = items.len();
        let mut group_ends = vec![len; len];
        let mut takes = vec![[0_i64; RESOURCES]; len + 1];
        // Needs are rounded down to units and the room as well: whatever fits still fits.
        let shape = exact.map(|one| (knapsack.room[one.resource] / one.unit).max(0) as usize + 1);
        let mut gains = vec![Vec::new(); len + 1];
        gains[len] = vec![0; shape[0] * shape[1]];
        for at in (0..len).rev() {
            let item = &items[at];
            let next = items.get(at + 1).filter(|next| item.group.is_some() && next.group == item.group);
            group_ends[at] = if next.is_some() { group_ends[at + 1] } else { at + 1 };
            takes[at] = std::array::from_fn(|resource| {
                takes[at + 1][resource].saturating_add(item.need[resource].saturating_mul(item.most))
            });
            let need = exact.map(|one| (item.need[one.resource] / one.unit) as usize);
            let margin = margins[at].div_euclid(COARSE) + i128::from(margins[at].rem_euclid(COARSE) > 0);
            let margin = i64::try_from(margin).unwrap_or(i64::MAX);
            gains[at] = if item.group.is_some() {
                one_of(&gains[at + 1], &gains[group_ends[at]], shape, need, margin)
            } else {
                several(&gains[at + 1], shape, need, margin, item.most as usize)
            };
        }
        let room_worth = (0..RESOURCES).map(|at| prices[at] * i128::from(knapsack.room[at])).sum();
        Self {
            items,
            margins,
            gains,
            takes,
            group_ends,
            prices,
            exact,
            shape,
            room_worth,
            goal,
            room: knapsack.room,
            steps_allowed: 0,
            steps_left: 0,
            seen: HashMap::new(),
        }
    }

    /// What no set is worth more than, scaled.
    pub(super) fn ceiling(&self) -> i128 {
        self.room_worth + i128::from(self.gains[0].last().copied().unwrap_or(0)) * COARSE
    }

    /// Searches all sets; `None` when none reaches the goal.
    pub(super) fn run(&mut self, steps: u64) -> Option<Ended> {
        (self.steps_allowed, self.steps_left) = (steps, steps);
        self.seen.clear();
        self.descend(0, self.room, 0, 0)
    }

    /// How many steps the last run took.
    pub(super) fn steps(&self) -> u64 {
        self.steps_allowed - self.steps_left
    }

    fn gain(&self, at: usize, room: &[i64; RESOURCES]) -> i128 {
        let [first, second] = self.exact.map(|one| (room[one.resource] / one.unit) as usize);
        i128::from(self.gains[at][first * self.shape[1] + second]) * COARSE
    }

    /// Tries all numbers of the item `at` and of later ones. `gained` is what the chosen are worth above
    /// what they take of the priced resources, `value` what they are worth.
    fn descend(&mut self, at: usize, room: [i64; RESOURCES], gained: i128, value: i64) -> Option<Ended> {
        if i128::from(value) * SCALE >= self.goal {
            return Some(Ended::Found(value));
        }
        if self.steps_left == 0 {
            return Some(Ended::GaveUp);
        }
        self.steps_left -= 1;
        if at == self.items.len() {
            return None;
        }
        // Priced room that the rest cannot take is lost.
        let unused = |resource: usize| i128::from((room[resource] - self.takes[at][resource]).max(0));
        let lost: i128 = (0..RESOURCES).map(|resource| self.prices[resource] * unused(resource)).sum();
        if self.room_worth + gained + self.gain(at, &room) - lost < self.goal {
            return None;
        }
        if self.seen.get(&(at, room)).is_some_and(|&most| most >= value) {
            return None;
        }
        if self.seen.len() < REMEMBERED {
            self.seen.insert((at, room), value);
        }
        let (margin, item) = (self.margins[at], self.items[at]);
        let fits = (0..RESOURCES)
            .filter(|&resource| item.need[resource] > 0)
            .map(|resource| room[resource] / item.need[resource]);
        let most = fits.min().unwrap_or(item.most).min(item.most);
        for number in (0..=most).rev() {
            let next = if number > 0 && item.group.is_some() { self.group_ends[at] } else { at + 1 };
            let gained = gained + margin * i128::from(number);
            let left = std::array::from_fn(|resource| room[resource] - number * item.need[resource]);
            if self.room_worth + gained + self.gain(next, &left) < self.goal {
                continue;
            }
            let ended = self.descend(next, left, gained, value + number * item.value);
            if ended.is_some() {
                return ended;
            }
        }
        None
    }
}

/// Gains with at most one of a group: none of this item, or one and nothing else of its group.
fn one_of(others: &[i64], behind: &[i64], shape: [usize; 2], need: [usize; 2], margin: i64) -> Vec<i64> {
    let mut gains = others.to_vec();
    for first in need[0]..shape[0] {
        for second in need[1]..shape[1] {
            let with = behind[(first - need[0]) * shape[1] + second - need[1]] + margin;
            let gain = &mut gains[first * shape[1] + second];
            *gain = with.max(*gain);
        }
    }
    gains
}

/// Gains with up to `most` of an item: the best of a window that slides over the amounts that differ by whole
/// items.
fn several(behind: &[i64], shape: [usize; 2], need: [usize; 2], margin: i64, most: usize) -> Vec<i64> {
    if need == [0, 0] {
        let all = margin.max(0) * most as i64;
        return behind.iter().map(|gain| gain + all).collect();
    }
    let mut gains = behind.to_vec();
    let mut window = VecDeque::<(usize, i64)>::new();
    for first in 0..shape[0] {
        // A walk begins where one item less would be no amount any more.
        let starts = if first < need[0] { shape[1] } else { need[1].min(shape[1]) };
        for second in 0..starts {
            window.clear();
            let (mut at, mut step) = ([first, second], 0);
            while at[0] < shape[0] && at[1] < shape[1] {
                let index = at[0] * shape[1] + at[1];
                let level = behind[index] - margin * step as i64;
                while window.back().is_some_and(|&(_, other)| other <= level) {
                    window.pop_back();
                }
                window.push_back((step, level));
                while window.front().is_some_and(|&(start, _)| start + most < step) {
                    window.pop_front();
                }
                if let Some(&(_, best)) = window.front() {
                    gains[index] = best + margin * step as i64;
                }
                at = [at[0] + need[0], at[1] + need[1]];
                step += 1;
            }
        }
    }
    gains
}
