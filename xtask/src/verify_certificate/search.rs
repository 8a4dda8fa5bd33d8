//! The search for a set of pods that is worth more than is claimed.
//!
//! One resource is counted exactly: a table says for every amount of it how much the items from some position
//! on gain at most, the other resources at their prices. The table is made once for a machine; the search
//! walks through the items and leaves a branch when the table says that it leads nowhere.

use std::collections::VecDeque;

use super::knapsack::{Item, Knapsack, RESOURCES, SCALE, gcd};

/// The exact resource is counted in at most so many units.
const UNITS: i64 = 4_000;

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
    /// By item and units of the exact resource: what it and all later ones gain at most, scaled.
    gains: Vec<Vec<i128>>,
    /// By item, by resource: what it and all later ones take at most.
    takes: Vec<[i64; RESOURCES]>,
    /// By item, the first item that is not of its group.
    group_ends: Vec<usize>,
    /// Prices of room, zero for the exact resource.
    prices: [i128; RESOURCES],
    exact: usize,
    unit: i64,
    /// What the whole room is worth but for the exact resource, scaled.
    room_worth: i128,
    /// What a set must reach, scaled.
    goal: i128,
    pub(super) steps_left: u64,
}

impl Search {
    pub(super) fn new(knapsack: &Knapsack, mut prices: [i128; RESOURCES], exact: usize, goal: i128) -> Self {
        prices[exact] = 0;
        let mut items = knapsack.items.clone();
        items.sort_by_key(|item| (item.group.unwrap_or(usize::MAX), std::cmp::Reverse(item.value)));
        let margins: Vec<i128> = items.iter().map(|item| item.margin(&prices)).collect();
        let shared = items.iter().fold(0, |unit, item| gcd(unit, item.need[exact])).max(1);
        let unit = shared * (knapsack.room[exact] / shared).div_euclid(UNITS).saturating_add(1);
        let len = items.len();
        let mut group_ends = vec![len; len];
        let mut takes = vec![[0_i64; RESOURCES]; len + 1];
        // Needs are rounded down to units and the room as well: whatever fits still fits.
        let units = (knapsack.room[exact] / unit).max(0) as usize;
        let mut gains = vec![Vec::new(); len + 1];
        gains[len] = vec![0; units + 1];
        for at in (0..len).rev() {
            let item = &items[at];
            let next = items.get(at + 1).filter(|next| item.group.is_some() && next.group == item.group);
            group_ends[at] = if next.is_some() { group_ends[at + 1] } else { at + 1 };
            takes[at] = std::array::from_fn(|resource| {
                takes[at + 1][resource].saturating_add(item.need[resource].saturating_mul(item.most))
            });
            let need = (item.need[exact] / unit) as usize;
            gains[at] = if item.group.is_some() {
                one_of(&gains[at + 1], &gains[group_ends[at]], need, margins[at])
            } else {
                several(&gains[at + 1], need, margins[at], item.most as usize)
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
            unit,
            room_worth,
            goal,
            steps_left: 0,
        }
    }

    /// What no set is worth more than, scaled.
    pub(super) fn ceiling(&self) -> i128 {
        self.room_worth + self.gains[0].last().copied().unwrap_or(0)
    }

    fn gain(&self, at: usize, room: &[i64; RESOURCES]) -> i128 {
        self.gains[at][(room[self.exact] / self.unit) as usize]
    }

    /// Tries all numbers of the item `at` and of later ones. `gained` is what the chosen are worth above
    /// what they take of the priced resources, `value` what they are worth.
    pub(super) fn descend(
        &mut self,
        at: usize,
        room: [i64; RESOURCES],
        gained: i128,
        value: i64,
    ) -> Option<Ended> {
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
fn one_of(others: &[i128], behind: &[i128], need: usize, margin: i128) -> Vec<i128> {
    let with = |room: usize| room.checked_sub(need).map(|left| behind[left] + margin);
    others
        .iter()
        .enumerate()
        .map(|(room, &without)| with(room).map_or(without, |with| with.max(without)))
        .collect()
}

/// Gains with up to `most` of an item: the best of a window that slides over equal remainders.
fn several(behind: &[i128], need: usize, margin: i128, most: usize) -> Vec<i128> {
    if need == 0 {
        let all = margin.max(0) * most as i128;
        return behind.iter().map(|gain| gain + all).collect();
    }
    let mut gains = behind.to_vec();
    let mut window = VecDeque::<(usize, i128)>::new();
    for remainder in 0..need.min(behind.len()) {
        window.clear();
        for (step, room) in (remainder..behind.len()).step_by(need).enumerate() {
            let level = behind[room] - margin * step as i128;
            while window.back().is_some_and(|&(_, other)| other <= level) {
                window.pop_back();
            }
            window.push_back((step, level));
            while window.front().is_some_and(|&(start, _)| start + most < step) {
                window.pop_front();
            }
            if let Some(&(_, best)) = window.front() {
                gains[room] = best + margin * step as i128;
            }
        }
    }
    gains
}
