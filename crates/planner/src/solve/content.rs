//! The most valuable content of one bin, and a proof that there is none more valuable.
//!
//! Room has prices ([`content_prices`](super::content_prices)). At any prices, a content is worth what the
//! whole room is worth, less what is lost by room that is left and by every item that deviates from what its
//! price alone suggests. So the search goes through the items and never holds on to a branch that has lost too
//! much. Prices are integers here, and all that is derived from them is rounded towards the weaker claim: what
//! floating point got wrong only makes the search longer.

use super::breadth;
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
    /// How many contents a second one may hold on to, which looks ahead, if the first does not come to its
    /// end; zero for none.
    pub width: usize,
    /// By resource, what the whole room of it was worth when this was asked before, if it was: where these prices
    /// show that there is nothing of interest, no others are sought.
    pub known: &'a [f64],
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
    /// By resource, what the whole room of it is worth; empty when that was not asked.
    pub prices: Vec<f64>,
}

impl Content {
    /// Nothing is worth more than the floor.
    pub fn nothing(floor: i64) -> Self {
        Self { pattern: None, value: floor, ceiling: floor, prices: Vec::new() }
    }
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
    /// Scaled up by so many bits.
    shift: u32,
    /// Scarce resources, with the scaled price of one.
    resources: Vec<(usize, i128)>,
    /// Scarce groups, with the scaled price of one.
    groups: Vec<(usize, i128)>,
}

/// Where items exclude each other contents cannot be compared by room and value alone: steps of a search in
/// depth for each content that one in breadth could hold.
const STEPS_FOR_WIDTH: usize = 50;

/// A bin holds few pods when no more than so many of the smallest fit.
const FEW_PODS: i64 = 40;
/// Then so many contents are nearly all there are.
const WIDTH_FOR_FEW: usize = 4096;

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
            return Content::nothing(self.floor);
        }
        let tight = self.tight(&entries);
        if !self.known.is_empty() {
            let known: Vec<f64> = tight.iter().map(|&resource| self.known[resource]).collect();
            let (priced, whole) = self.at_prices(&mut entries, everything, (&tight, &known), (&[], &[]));
            if whole >> priced.shift <= i128::from(self.floor) {
                return Content { prices: self.known.to_vec(), ..Content::nothing(self.floor) };
            }
        }
        let (priced, whole, prices) = self.price(&mut entries, everything, &tight);
        let ceiling = i64::try_from((whole >> priced.shift).min(everything)).unwrap_or(i64::MAX);
        let ceiling = ceiling.max(self.floor);
        let nothing = Content { ceiling, prices, ..Content::nothing(self.floor) };
        let Ok(whole) = i64::try_from(whole) else { return nothing };
        if ceiling <= self.floor || self.steps == 0 {
            return nothing;
        }
        sort(&mut entries);
        let mut search = Search::new(self, &entries, whole, priced.shift);
        search.run(self.steps, &[]);
        let found = Content {
            pattern: search.content(),
            value: search.best(),
            ceiling: if search.ended() { search.best() } else { ceiling },
            prices: nothing.prices,
        };
        if search.ended() || self.width == 0 { found } else { self.look_harder(entries, priced, found) }
    }

    /// Searches that count whole pods in what they still expect, for a better content than was found.
    fn look_harder(&self, mut entries: Vec<Entry>, mut priced: Priced, found: Content) -> Content {
        let Some((whole, tables)) = self.sharpen(&mut entries, &mut priced) else { return found };
        sort(&mut entries);
        let tables: Vec<Lookahead> =
            tables.iter().filter_map(|&scarce| self.table(&entries, scarce)).collect();
        let ahead = |table: &Lookahead| table.ahead(0, self.kind.room[table.resource()]);
        let least = tables.iter().map(ahead).max().unwrap_or(0);
        let ceiling = found.ceiling.min((whole - least) >> priced.shift).max(found.value);
        if ceiling == found.value {
            return Content { ceiling, ..found };
        }
        if !self.reduced.apart.iter().all(Vec::is_empty) {
            let mut search = Search::new(self, &entries, whole, priced.shift);
            search.improve_on(found.value);
            search.run(u32::try_from(self.width * STEPS_FOR_WIDTH).unwrap_or(u32::MAX), &tables);
            let ceiling = if search.ended() { search.best() } else { ceiling };
            let pattern = search.content().or(found.pattern);
            return Content { pattern, value: search.best(), ceiling, prices: found.prices };
        }
        let width = if self.holds_few(&entries) { self.width.max(WIDTH_FOR_FEW) } else { self.width };
        let wide = breadth::search(self, &entries, (whole, priced.shift), &tables, found.value, width);
        let ceiling = ceiling.min(wide.ceiling);
        Content { pattern: wide.pattern.or(found.pattern), value: wide.value, ceiling, prices: found.prices }
    }

    /// The bin has room for few of these pods.
    fn holds_few(&self, entries: &[Entry]) -> bool {
        (0..self.kind.room.len()).any(|resource| {
            let needs = entries.iter().map(|entry| self.reduced.items[entry.item as usize].need[resource]);
            needs.min().is_some_and(|least| least > 0 && self.kind.room[resource] / least <= FEW_PODS)
        })
    }

    /// Prices that suit counting one of the three dearest resources in whole pods: the others' prices are moved to
    /// where least is left to be hoped for. Gives what the whole bin is worth then, and the resources to
    /// count with their prices. `None` when amounts are too large.
    fn sharpen(&self, entries: &mut [Entry], priced: &mut Priced) -> Option<(i64, Vec<(usize, i128)>)> {
        let worth = |&(resource, price): &(usize, i128)| price * i128::from(self.kind.room[resource]);
        let mut order: Vec<usize> = (0..priced.resources.len()).collect();
        order.sort_by_key(|&row| (std::cmp::Reverse(worth(&priced.resources[row])), row));
        order.truncate(3);
        let hope = |entries: &mut [Entry], priced: &Priced, counted: usize| -> Option<i64> {
            let whole = i64::try_from(self.set_margins(entries, priced)).ok()?;
            let table = self.table(entries, (priced.resources[counted].0, priced.resources[counted].1))?;
            Some(whole - table.ahead(0, self.kind.room[table.resource()]))
        };
        for &counted in &order {
            let mut least = hope(entries, priced, counted)?;
            for &moved in order.iter().filter(|&&moved| moved != counted) {
                for step in [0.2, -0.2, 0.08, -0.08, 0.03, -0.03] {
                    for _ in 0..4 {
                        let before = priced.resources[moved].1;
                        let floor = i128::from(step > 0.0);
                        priced.resources[moved].1 = before + (before as f64 * step) as i128 + floor;
                        match hope(entries, priced, counted) {
                            Some(now) if now < least => least = now,
                            _ => {
                                priced.resources[moved].1 = before;
                                break;
                            }
                        }
                    }
                }
            }
        }
        let whole = i64::try_from(self.set_margins(entries, priced)).ok()?;
        Some((whole, order.iter().map(|&row| priced.resources[row]).collect()))
    }

    fn table(&self, entries: &[Entry], (resource, price): (usize, i128)) -> Option<Lookahead> {
        let need = |entry: &Entry| self.reduced.items[entry.item as usize].need[resource];
        let units = if self.width < 1000 { 256 } else { 1024 };
        let scarce = (resource, self.kind.room[resource], i64::try_from(price).ok()?);
        Lookahead::new(entries, scarce, units, need)
    }

    /// Sets the margins that prices leave; gives what the whole bin is worth at most, scaled.
    fn set_margins(&self, entries: &mut [Entry], priced: &Priced) -> i128 {
        let room = |&(resource, price): &(usize, i128)| i128::from(self.kind.room[resource]) * price;
        let left = |&(group, price): &(usize, i128)| i128::from(self.kind.groups[group]) * price;
        let mut whole =
            priced.resources.iter().map(room).sum::<i128>() + priced.groups.iter().map(left).sum::<i128>();
        for entry in entries.iter_mut() {
            let at = entry.item as usize;
            let mut margin = i128::from(entry.value) << priced.shift;
            for &(resource, price) in &priced.resources {
                margin -= i128::from(self.reduced.items[at].need[resource]) * price;
            }
            for &(group, price) in &priced.groups {
                if self.reduced.groups_of[at].contains(&(group as u32)) {
                    margin -= price;
                }
            }
            whole += margin.max(0) * i128::from(entry.most);
            entry.margin = i64::try_from(margin).unwrap_or(if margin > 0 { i64::MAX } else { -i64::MAX });
        }
        whole
    }

    /// The resources of which there is not enough for all.
    fn tight(&self, entries: &[Entry]) -> Vec<usize> {
        let need = |entry: &Entry, resource: usize| self.reduced.items[entry.item as usize].need[resource];
        let is_tight = |resource: &usize| {
            let asked: i128 =
                entries.iter().map(|entry| i128::from(need(entry, *resource)) * i128::from(entry.most)).sum();
            asked > i128::from(self.kind.room[*resource])
        };
        (0..self.kind.room.len()).filter(is_tight).collect()
    }

    /// The groups of which there is not enough for all, those that are asked for most first.
    fn tight_groups(&self, entries: &[Entry]) -> Vec<usize> {
        if self.reduced.groups.is_empty() {
            return Vec::new();
        }
        let mut asked = vec![0u64; self.reduced.groups.len()];
        for entry in entries {
            for &group in &self.reduced.groups_of[entry.item as usize] {
                asked[group as usize] += u64::from(entry.most);
            }
        }
        let mut groups: Vec<usize> =
            (0..asked.len()).filter(|&group| asked[group] > u64::from(self.kind.groups[group])).collect();
        groups.sort_by_key(|&group| (std::cmp::Reverse(asked[group]), group));
        groups.truncate(PRICED_GROUPS);
        groups
    }

    /// Prices the room and sets the margins; gives what the whole bin is worth at most, scaled, and by resource what
    /// its room is worth.
    fn price(
        &self,
        entries: &mut [Entry],
        everything: i128,
        resources: &[usize],
    ) -> (Priced, i128, Vec<f64>) {
        let groups = self.tight_groups(entries);
        let rows = resources.len() + groups.len();
        let mut shares = Vec::with_capacity(entries.len() * rows);
        for entry in entries.iter() {
            let item = &self.reduced.items[entry.item as usize];
            shares.extend(resources.iter().map(|&r| item.need[r] as f64 / self.kind.room[r] as f64));
            let of = &self.reduced.groups_of[entry.item as usize];
            shares.extend(groups.iter().map(|&group| match of.contains(&(group as u32)) {
                true => 1.0 / f64::from(self.kind.groups[group]),
                false => 0.0,
            }));
        }
        let values: Vec<f64> = entries.iter().map(|entry| entry.value as f64).collect();
        let most: Vec<f64> = entries.iter().map(|entry| f64::from(entry.most)).collect();
        let prices = content_prices::prices(&Columns { values: &values, most: &most, shares: &shares, rows });
        let (of_resources, of_groups) = prices.split_at(resources.len());
        let (priced, whole) =
            self.at_prices(entries, everything, (resources, of_resources), (&groups, of_groups));
        let mut by_resource = vec![0.0; self.kind.room.len()];
        resources.iter().zip(of_resources).for_each(|(&resource, price)| by_resource[resource] = *price);
        (priced, whole, by_resource)
    }

    /// Sets the margins at prices of whole rooms; gives what the whole bin is worth at most, scaled.
    fn at_prices(
        &self,
        entries: &mut [Entry],
        everything: i128,
        (resources, of_resources): (&[usize], &[f64]),
        (groups, of_groups): (&[usize], &[f64]),
    ) -> (Priced, i128) {
        let bits = |amount: i128| 128 - amount.leading_zeros();
        let above = |entry: &Entry| {
            let at = entry.item as usize;
            let need = &self.reduced.items[at].need;
            let room: f64 = resources
                .iter()
                .zip(of_resources)
                .map(|(&r, price)| need[r] as f64 / self.kind.room[r] as f64 * price)
                .sum();
            let group: f64 = groups
                .iter()
                .zip(of_groups)
                .filter(|(group, _)| self.reduced.groups_of[at].contains(&(**group as u32)))
                .map(|(&group, price)| price / f64::from(self.kind.groups[group]))
                .sum();
            (entry.value as f64 - room - group).max(0.0) * f64::from(entry.most)
        };
        // The whole will be about this, by duality, and neither it nor twice it may need more than 62 bits.
        let whole =
            of_resources.iter().chain(of_groups).sum::<f64>() + entries.iter().map(above).sum::<f64>();
        let largest = everything.min((whole * 1.1) as i128 + 2);
        let shift = 59u32.saturating_sub(bits(largest));
        let scale = (1u64 << shift) as f64;
        let unit = |price: f64, room: i64| (price * scale / room as f64).round() as i128;
        let by_resource =
            resources.iter().zip(of_resources).map(|(&r, price)| (r, unit(*price, self.kind.room[r])));
        let by_group = groups
            .iter()
            .zip(of_groups)
            .map(|(&group, price)| (group, unit(*price, i64::from(self.kind.groups[group]))));
        let mut priced = Priced { shift, resources: by_resource.collect(), groups: by_group.collect() };
        let whole = self.set_margins(entries, &priced);
        if whole >> shift <= everything {
            return (priced, whole);
        }
        // Prices that claim more than all items are worth say nothing: none at all claim just that.
        priced.shift = 59u32.saturating_sub(bits(everything));
        priced.resources.iter_mut().for_each(|row| row.1 = 0);
        priced.groups.clear();
        let whole = self.set_margins(entries, &priced);
        (priced, whole)
    }
}

/// Entries whose place is clear first, those between all doubt last.
fn sort(entries: &mut [Entry]) {
    entries.sort_by_key(|entry| {
        (std::cmp::Reverse(entry.margin.unsigned_abs()), std::cmp::Reverse(entry.value), entry.item)
    });
}
