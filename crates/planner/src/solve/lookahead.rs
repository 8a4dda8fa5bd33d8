//! What must still be lost when one resource is counted in whole pods.
//!
//! Prices let pods be cut to fill the last bit of room. For one resource the table knows better: by entry and
//! room left, the most that this entry and all after it can add when all other room is paid for at its price.
//! It is the dynamic program of the bounded knapsack, over units of room that are rounded so that it never
//! claims less than there is.

use super::content::Entry;

/// Units of room that a table distinguishes, at most.
const UNITS: i64 = 1024;

/// The table of one resource.
pub struct Lookahead {
    resource: usize,
    /// The price of one unit of the resource's own measure, scaled.
    price: i64,
    /// So much of the resource is one unit of the table.
    grain: i64,
    /// Lines are this long, one for each entry and one after the last.
    line: usize,
    /// By entry and units left, the most that can be added, scaled.
    most: Vec<i64>,
    /// By entry, what it and all after it add when nothing is scarce but at its price, scaled.
    free: Vec<i64>,
}

impl Lookahead {
    /// The table for a resource of which there is `room` at a scaled price of `price`; `need` says what an
    /// entry takes. `None` when amounts are too large to be counted with.
    pub fn new(
        entries: &[Entry],
        resource: usize,
        room: i64,
        price: i64,
        need: impl Fn(&Entry) -> i64,
    ) -> Option<Self> {
        let grain = (room / UNITS).max(0) + 1;
        let line = usize::try_from(room / grain).ok()? + 1;
        let mut most = vec![0i64; line * (entries.len() + 1)];
        let mut free = vec![0i64; entries.len() + 1];
        let mut queue: std::collections::VecDeque<(usize, i64)> = std::collections::VecDeque::new();
        for (at, entry) in entries.iter().enumerate().rev() {
            free[at] = free[at + 1].checked_add(entry.margin.max(0).checked_mul(i64::from(entry.most))?)?;
            let own = need(entry);
            let margin = entry.margin.checked_add(price.checked_mul(own)?)?;
            let width = usize::try_from(own / grain).ok()?;
            let (head, tail) = most.split_at_mut((at + 1) * line);
            let (target, source) = (&mut head[at * line..], &tail[..line]);
            if margin <= 0 {
                target.copy_from_slice(source);
            } else if width == 0 {
                let all = margin.checked_mul(i64::from(entry.most))?;
                source.last()?.checked_add(all)?;
                target.iter_mut().zip(source).for_each(|(target, source)| *target = source + all);
            } else {
                let count = entry.most as usize;
                source.last()?.checked_add(margin.checked_mul((line / width) as i64 + 1)?)?;
                for first in 0..width.min(line) {
                    // Along every width-th amount of room, the best of the last `count` before, each with as
                    // many margins more as it lies back: the front of the queue.
                    queue.clear();
                    for (turn, units) in (first..line).step_by(width).enumerate() {
                        let based = source[units] - margin * turn as i64;
                        while queue.back().is_some_and(|back| back.1 <= based) {
                            queue.pop_back();
                        }
                        queue.push_back((turn, based));
                        if queue.front().is_some_and(|front| front.0 + count < turn) {
                            queue.pop_front();
                        }
                        target[units] = queue.front().map_or(0, |front| front.1) + margin * turn as i64;
                    }
                }
            }
        }
        Some(Self { resource, price, grain, line, most, free })
    }

    /// What will be lost, at least, by this entry and all after it, and by room that stays empty.
    pub fn ahead(&self, entry: usize, room: &[i64]) -> i64 {
        let left = room[self.resource];
        let most = self.most[entry * self.line + (left / self.grain) as usize];
        self.price.saturating_mul(left).saturating_add(self.free[entry]) - most
    }
}
