//! The most valuable content of one bin, and a proof that there is none more valuable.
//!
//! Room has prices ([`content_prices`](super::content_prices)). At any prices, a content is worth what the
//! whole room is worth, less what is lost by room that is left and by every item that deviates from what its
//! price alone suggests. So the search goes through the items and never holds on to a branch that has lost too
//! much. Prices are integers here, and all that is derived from them is rounded towards the weaker claim: what
//! floating point got wrong only makes the search longer.

use super::content_prices::{self, Columns};
use super::depth::Search;
use super::lookahead::Lookahead;
use super::reduced::{Kind, Pattern, Reduced};

/// What is asked.
pub struct Question<'a> {
    /// The problem.
    pub reduced: &'a Reduced,
    /// The bin.
    pub kind: &'a Kind,
    /// By item, what one is worth; an item without value is left out.
    pub values: &'a [i64],
    /// By item, at most so many.
    pub counts: &'a [u32],
    /// Only a content worth more is of interest.
    pub floor: i64,
    /// How many steps a first search may take, which knows nothing but the prices.
    pub steps: u32,
    /// How many steps a second one may take that looks ahead, if the first does not come to its end.
    pub steps_ahead: u32,
}

/// What was found.
#[derive(Debug)]
pub struct Content {
    /// A content worth more than the floor, the best that was found; `None` if none was.
    pub pattern: Option<Pattern>,
    /// What it is worth; without one, the floor.
    pub value: i64,
    /// No content at all is worth more than this; at least the floor.
    pub ceiling: i64,
}

/// An item as a bin sees it.
pub struct Entry {
    /// Which.
    pub item: u32,
    /// What one is worth.
    pub value: i64,
    /// At most so many.
    pub most: u32,
    /// What one is worth above (or below) the room it takes, in the scaled unit.
    pub margin: i64,
}

/// A bin whose room has prices.
struct Priced {
    /// What all of it is worth at most, scaled.
    whole: i128,
    /// Scaled up by so many bits.
    shift: u32,
    /// Scarce resources, with the scaled price of one.
    resources: Vec<(usize, i128)>,
}

/// Group rows that take part in pricing; all groups are kept by the search.
const PRICED_GROUPS: usize = 12;

impl Question<'_> {
    /// Looks for it.
    pub fn answer(&self) -> Content {
        let mut entries: Vec<Entry> = Vec::new();
        for &item in &self.kind.takes {
            let at = item as usize;
            let most = self.kind.most[at].min(self.counts[at]);
            if most > 0 && self.values[at] > 0 {
                entries.push(Entry { item, value: self.values[at], most, margin: 0 });
            }
        }
        let everything: i128 =
            entries.iter().map(|entry| i128::from(entry.value) * i128::from(entry.most)).sum();
        if everything <= i128::from(self.floor) {
            return Content { pattern: None, value: self.floor, ceiling: self.floor };
        }
        let priced = self.price(&mut entries, everything);
        let ceiling = i64::try_from((priced.whole >> priced.shift).min(everything)).unwrap_or(i64::MAX);
        let ceiling = ceiling.max(self.floor);
        let Ok(whole) = i64::try_from(priced.whole) else {
            return Content { pattern: None, value: self.floor, ceiling };
        };
        if ceiling <= self.floor || self.steps == 0 {
            return Content { pattern: None, value: self.floor, ceiling };
        }
        entries.sort_by_key(|entry| {
            (std::cmp::Reverse(entry.margin.unsigned_abs()), std::cmp::Reverse(entry.value), entry.item)
        });
        let mut search = Search::new(self, &entries, whole, priced.shift);
        search.run(self.steps, &[]);
        let mut ceiling = if search.ended() { search.best } else { ceiling };
        if !search.ended() && self.steps_ahead > 0 {
            let tables = self.look_ahead(&entries, &priced);
            let least = tables.iter().map(|table| table.ahead(0, &self.kind.room)).max().unwrap_or(0);
            ceiling = ceiling.min((whole - least) >> priced.shift).max(search.best);
            search.run(self.steps_ahead, &tables);
            if search.ended() {
                ceiling = search.best;
            }
        }
        let (value, mut found) = (search.best, std::mem::take(&mut search.found));
        found.sort_unstable();
        let pattern = (!found.is_empty()).then(|| found.into());
        Content { pattern, value, ceiling }
    }

    /// Tables for the two resources whose room is worth most.
    fn look_ahead(&self, entries: &[Entry], priced: &Priced) -> Vec<Lookahead> {
        let mut resources = priced.resources.clone();
        let worth = |&(resource, price): &(usize, i128)| price * i128::from(self.kind.room[resource]);
        resources.sort_by_key(|row| (std::cmp::Reverse(worth(row)), row.0));
        let table = |&(resource, price): &(usize, i128)| {
            let need = |entry: &Entry| self.reduced.items[entry.item as usize].need[resource];
            Lookahead::new(entries, resource, self.kind.room[resource], i64::try_from(price).ok()?, need)
        };
        resources.iter().take(2).filter_map(table).collect()
    }

    /// Prices the room and sets the margins.
    fn price(&self, entries: &mut [Entry], everything: i128) -> Priced {
        let need = |entry: &Entry, resource: usize| self.reduced.items[entry.item as usize].need[resource];
        let tight = |resource: &usize| {
            let asked: i128 =
                entries.iter().map(|entry| i128::from(need(entry, *resource)) * i128::from(entry.most)).sum();
            asked > i128::from(self.kind.room[*resource])
        };
        let resources: Vec<usize> = (0..self.kind.room.len()).filter(tight).collect();
        let mut groups: Vec<(u64, usize)> = Vec::new();
        if !self.reduced.groups.is_empty() {
            let mut asked = vec![0u64; self.reduced.groups.len()];
            for entry in entries.iter() {
                for &group in &self.reduced.groups_of[entry.item as usize] {
                    asked[group as usize] += u64::from(entry.most);
                }
            }
            groups = (0..asked.len())
                .filter(|&group| asked[group] > u64::from(self.kind.groups[group]))
                .map(|group| (asked[group], group))
                .collect();
            groups.sort_by_key(|group| (std::cmp::Reverse(group.0), group.1));
            groups.truncate(PRICED_GROUPS);
        }
        let rows = resources.len() + groups.len();
        let bits = |amount: i128| 128 - amount.leading_zeros();
        let mut shares = Vec::with_capacity(entries.len() * rows);
        for entry in entries.iter() {
            shares.extend(resources.iter().map(|&r| need(entry, r) as f64 / self.kind.room[r] as f64));
            let of = &self.reduced.groups_of[entry.item as usize];
            shares.extend(groups.iter().map(|(_, group)| match of.contains(&(*group as u32)) {
                true => 1.0 / f64::from(self.kind.groups[*group]),
                false => 0.0,
            }));
        }
        let values: Vec<f64> = entries.iter().map(|entry| entry.value as f64).collect();
        let most: Vec<f64> = entries.iter().map(|entry| f64::from(entry.most)).collect();
        let prices = content_prices::prices(&Columns { values: &values, most: &most, shares: &shares, rows });
        // The whole is at most everything and about the sum of the prices: neither may come near 63 bits.
        let largest = everything.min(prices.iter().sum::<f64>() as i128 * 2 + 2);
        let shift = 59u32.saturating_sub(bits(largest));
        let scale = (1u64 << shift) as f64;
        let unit = |price: f64, room: i64| (price * scale / room as f64).round() as i128;
        let by_resource: Vec<i128> =
            resources.iter().zip(&prices).map(|(&r, price)| unit(*price, self.kind.room[r])).collect();
        let by_group: Vec<i128> = groups
            .iter()
            .zip(&prices[resources.len()..])
            .map(|((_, group), price)| unit(*price, i64::from(self.kind.groups[*group])))
            .collect();
        let mut whole: i128 =
            resources.iter().zip(&by_resource).map(|(&r, price)| i128::from(self.kind.room[r]) * price).sum();
        whole += groups
            .iter()
            .zip(&by_group)
            .map(|((_, group), price)| i128::from(self.kind.groups[*group]) * price)
            .sum::<i128>();
        for entry in entries.iter_mut() {
            let mut margin = i128::from(entry.value) << shift;
            for (&resource, price) in resources.iter().zip(&by_resource) {
                margin -= i128::from(need(entry, resource)) * price;
            }
            for ((_, group), price) in groups.iter().zip(&by_group) {
                if self.reduced.groups_of[entry.item as usize].contains(&(*group as u32)) {
                    margin -= price;
                }
            }
            whole += margin.max(0) * i128::from(entry.most);
            entry.margin = i64::try_from(margin).unwrap_or(if margin > 0 { i64::MAX } else { -i64::MAX });
        }
        if whole >> shift <= everything {
            return Priced { whole, shift, resources: resources.into_iter().zip(by_resource).collect() };
        }
        // Prices that claim more than all items are worth say nothing: none at all claim just that.
        let shift = 59u32.saturating_sub(bits(everything));
        for entry in entries.iter_mut() {
            entry.margin = i64::try_from(i128::from(entry.value) << shift).unwrap_or(i64::MAX);
        }
        Priced {
            whole: everything << shift,
            shift,
            resources: resources.into_iter().map(|r| (r, 0)).collect(),
        }
    }
}
