//! What must still be lost when one resource is counted in whole pods.
//!
//! Prices let pods be cut to fill the last bit of room. For one resource the table knows better: by entry and
//! room left, the most that this entry and all after it can add when all other room is paid for at its price.
//! It is the dynamic program of the bounded knapsack, over units of room that are rounded so that it never
//! claims less than there is.

use super::content::Entry;

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
    /// The table for a resource of which there is `room` at a scaled price of `price`, in at most so many units
    /// of room; `need` says what an entry takes. `None` when amounts are too large to be counted with.
    pub fn new(
        entries: &[Entry],
        (resource, room, price): (usize, i64, i64),
        units: i64,
        need: impl Fn(&Entry) -> i64,
    ) -> Option<Self> {
        let grain = room / units + 1;
        let line = usize::try_from(room / grain).ok()? + 1;
        let mut most = vec![0i64; line * (entries.len() + 1)];
        let mut free = vec![0i64; entries.len() + 1];
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
                source.last()?.checked_add(margin.checked_mul(line.div_ceil(width) as i64)?)?;
                add(target, source, margin, width, entry.most as usize);
            }
        }
        Some(Self { resource, price, grain, line, most, free })
    }

    /// Which resource is counted.
    pub fn resource(&self) -> usize {
        self.resource
    }

    /// What will be lost, at least, by an entry and all after it, and by room that stays empty, when so much
    /// of the resource is left.
    pub fn ahead(&self, entry: usize, left: i64) -> i64 {
        let most = self.most[entry * self.line + (left / self.grain) as usize];
        self.price.saturating_mul(left).saturating_add(self.free[entry]) - most
    }
}

/// By units of room, the most that up to `count` pods of `width` units add to what comes after them.
fn add(target: &mut [i64], source: &[i64], margin: i64, width: usize, count: usize) {
    target.copy_from_slice(source);
    if count <= 4 {
        for pods in 1..=count {
            let Some(with) = target.get_mut(pods * width..) else { break };
            let more = margin * pods as i64;
            with.iter_mut().zip(source).for_each(|(target, source)| *target = (*target).max(source + more));
        }
    } else if count * width >= target.len() {
        for units in width..target.len() {
            target[units] = target[units].max(target[units - width] + margin);
        }
    } else {
        // Along every width-th amount of room, the best of the last `count` before, each with as many margins
        // more as it lies back: the front of a queue whose values fall.
        let mut queue: std::collections::VecDeque<(usize, i64)> = std::collections::VecDeque::new();
        for first in 0..width {
            queue.clear();
            for (turn, units) in (first..target.len()).step_by(width).enumerate() {
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
