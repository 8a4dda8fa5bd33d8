//! The problem with what is alike taken together: classes that can stand for each other become one item,
//! bins one kind; what is dearer and no better than something else goes.
//!
//! Nothing is lost: every packing of items into kinds is one of classes into bins at the same price, and the
//! cheapest one stays. Where the order of things decides ties, it is by what they are, not by where they stand.

use foldhash::fast::FixedState;
use std::collections::HashMap;

use super::problem::{BitSet, Problem};

/// What is put into one bin: items and how many of each, ordered by item, no zeros.
pub type Pattern = Box<[(u32, u32)]>;

/// Classes that can stand for each other.
#[derive(Debug)]
pub struct Item {
    /// What one takes of each resource.
    pub need: Box<[i64]>,
    /// How many there are.
    pub count: u32,
    /// The classes. With several parts, each part has a cap of its own and all parts are equal in number: a
    /// bin holds as many as all caps together allow when they are dealt out in turn.
    pub parts: Vec<Vec<usize>>,
    /// The lower, the more important that it finds a place.
    pub rank: usize,
}

/// Bins that can stand for each other.
#[derive(Debug)]
pub struct Kind {
    /// What it has of each resource, never negative.
    pub room: Box<[i64]>,
    /// Nano-dollars per hour for one.
    pub price: i64,
    /// How many there are; `None` for any number.
    pub supply: Option<u32>,
    /// Its price is paid in any case.
    pub stays: bool,
    /// By item, how many could be in it if nothing else were.
    pub most: Box<[u32]>,
    /// The items of which there could be one.
    pub takes: Vec<u32>,
    /// By group, how many more it can hold.
    pub groups: Box<[u32]>,
    /// By limit, what one counts.
    pub limits: Box<[i64]>,
    /// The bins, in the order of use, with how many of each; only the cheapest where supply is unlimited.
    pub bins: Vec<(usize, Option<u32>)>,
}

impl Kind {
    /// What using one costs: nothing when it is paid for anyway.
    pub fn cost(&self) -> i64 {
        if self.stays { 0 } else { self.price }
    }
}

/// Items of which a bin holds at most so many together.
#[derive(Debug)]
pub struct Group {
    /// The items.
    pub items: Vec<u32>,
}

/// The problem, reduced.
#[derive(Debug)]
pub struct Reduced {
    /// What must find a place and can.
    pub items: Vec<Item>,
    /// Where, cheapest first.
    pub kinds: Vec<Kind>,
    /// Caps over several items.
    pub groups: Vec<Group>,
    /// By item, the groups that it is in.
    pub groups_of: Vec<Vec<u32>>,
    /// By item, the items that it cannot share a bin with.
    pub apart: Vec<Vec<u32>>,
    /// Limits that there are, by what is left.
    pub limits: Vec<i64>,
    /// By bin, the kind that is at least as good; `None` for one that holds nothing.
    pub kind_of: Vec<Option<usize>>,
}

/// Which classes and bins a reduction looks at.
pub struct Part<'a> {
    /// By class, how many are to be packed.
    pub counts: &'a [u32],
    /// By limit, what is left.
    pub limits: &'a [i64],
    /// By cap, whether it is looked at; `None` for all.
    pub caps: Option<&'a [bool]>,
}

/// Room, most, groups, limits, price where supply is limited, stays: kinds equal in all of them are one.
type KindKey = (Box<[i64]>, Box<[u32]>, Box<[u32]>, Box<[i64]>, Option<i64>, bool);

/// Need, count, cap and accepting bins: items equal in all of them are dealt out together.
type DealtKey = (Box<[i64]>, u32, u32, Vec<u64>);

/// A class and what makes it differ from others.
#[derive(PartialEq, Eq, Hash)]
struct Likeness<'a> {
    need: &'a [i64],
    accepted: Vec<u64>,
    caps: Vec<usize>,
    conflicts: Vec<(usize, bool, bool)>,
    alone: Option<usize>,
}

fn bits(len: usize, on: impl Iterator<Item = usize>) -> Vec<u64> {
    let mut words = vec![0; len.div_ceil(64)];
    for index in on {
        words[index / 64] |= 1 << (index % 64);
    }
    words
}

fn greatest_divisor(mut a: i64, mut b: i64) -> i64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Reduced {
    /// Takes together what is alike.
    pub fn new(problem: &Problem, part: &Part<'_>) -> Self {
        let live: Vec<usize> = (0..problem.bins.len()).collect();
        let mut caps = live_caps(problem, part.counts, &live);
        caps.retain(|&cap| part.caps.is_none_or(|caps| caps[cap]));
        let mut items = items(problem, part.counts, &live, &caps);
        deal_out(problem, &mut items, &caps, &live);
        items.sort_by(|a, b| (&b.need, b.count, a.rank).cmp(&(&a.need, a.count, b.rank)));
        let mut item_of = vec![None; problem.classes.len()];
        for (index, item) in items.iter().enumerate() {
            for &class in item.parts.iter().flatten() {
                item_of[class] = Some(index);
            }
        }
        let capped: Vec<Capped> =
            caps.iter().filter_map(|&cap| Capped::new(problem, cap, &item_of, &items)).collect();
        let groups: Vec<Group> = capped.iter().filter_map(|cap| cap.group()).collect();
        let mut groups_of = vec![Vec::new(); items.len()];
        for (index, group) in groups.iter().enumerate() {
            for &item in &group.items {
                groups_of[item as usize].push(index as u32);
            }
        }
        let apart = conflicts(problem, &item_of, items.len());
        let limits = part.limits.to_vec();
        let mut reduced = Self {
            items,
            kinds: Vec::new(),
            groups,
            groups_of,
            apart,
            limits,
            kind_of: vec![None; problem.bins.len()],
        };
        reduced.gather_kinds(problem, &live, &capped);
        reduced.divide_units();
        reduced
    }

    fn gather_kinds(&mut self, problem: &Problem, live: &[usize], capped: &[Capped]) {
        let mut order = live.to_vec();
        order.sort_by_cached_key(|&bin| {
            let kind = &problem.bins[bin];
            (kind.price, std::cmp::Reverse(kind.room.clone()), kind.stays, kind.supply, bin)
        });
        let mut accepts: HashMap<&BitSet, Vec<bool>, FixedState> = HashMap::default();
        let mut alike: HashMap<KindKey, usize, FixedState> = HashMap::default();
        for bin in order {
            let source = &problem.bins[bin];
            let accepted = accepts.entry(&source.accepts).or_insert_with(|| {
                self.items.iter().map(|item| source.accepts.contains(item.parts[0][0])).collect()
            });
            let Some(kind) = kind(problem, bin, &self.items, accepted, capped) else { continue };
            let covered = self.kinds.iter().position(|other| {
                other.supply.is_none()
                    && !kind.stays
                    && other.room.iter().zip(&kind.room).all(|(a, b)| a >= b)
                    && other.limits.iter().zip(&kind.limits).all(|(a, b)| a <= b)
                    && other.groups.iter().zip(&kind.groups).all(|(a, b)| a >= b)
                    && other.most.iter().zip(&kind.most).all(|(a, b)| a >= b)
            });
            if let Some(other) = covered {
                self.kind_of[bin] = Some(other);
                continue;
            }
            let key = (
                kind.room.clone(),
                kind.most.clone(),
                kind.groups.clone(),
                kind.limits.clone(),
                kind.supply.map(|_| kind.price),
                kind.stays,
            );
            let at = *alike.entry(key).or_insert(self.kinds.len());
            self.kind_of[bin] = Some(at);
            if at == self.kinds.len() {
                self.kinds.push(kind);
            } else if let (Some(sum), Some(more)) = (self.kinds[at].supply, kind.supply) {
                self.kinds[at].supply = Some(sum.saturating_add(more));
                self.kinds[at].bins.extend(kind.bins);
            }
        }
    }

    /// Amounts in the largest unit that needs are whole in: small numbers, and room that nobody could use goes.
    fn divide_units(&mut self) {
        for resource in 0..self.items.first().map_or(0, |item| item.need.len()) {
            let unit = self.items.iter().fold(0, |unit, item| greatest_divisor(unit, item.need[resource]));
            if unit > 1 {
                self.items.iter_mut().for_each(|item| item.need[resource] /= unit);
                self.kinds.iter_mut().for_each(|kind| kind.room[resource] /= unit);
            }
        }
    }

    /// What the kinds that stay cost in any case.
    pub fn sunk(&self) -> i128 {
        self.kinds
            .iter()
            .filter(|kind| kind.stays)
            .map(|kind| i128::from(kind.price) * i128::from(kind.supply.unwrap_or(0)))
            .sum()
    }
}

/// Caps that keep something out of some bin.
fn live_caps(problem: &Problem, counts: &[u32], live: &[usize]) -> Vec<usize> {
    let mut used = vec![false; problem.caps.len()];
    for &bin in live {
        for &(cap, amount) in &problem.bins[bin].used_caps {
            used[cap] |= amount > 0;
        }
    }
    let total =
        |cap: usize| problem.caps[cap].classes.iter().map(|class| u64::from(counts[class])).sum::<u64>();
    (0..problem.caps.len())
        .filter(|&cap| {
            let total = total(cap);
            total > 0 && (used[cap] || total > u64::from(problem.caps[cap].most))
        })
        .collect()
}

/// Classes that are equal in all that the problem says of them, taken together, without those that no bin
/// can hold.
fn items(problem: &Problem, counts: &[u32], live: &[usize], caps: &[usize]) -> Vec<Item> {
    let mut kinds_of_accepts: HashMap<&BitSet, (), FixedState> = HashMap::default();
    let mut accepts = Vec::new();
    for &bin in live {
        let set = &problem.bins[bin].accepts;
        if kinds_of_accepts.insert(set, ()).is_none() {
            accepts.push(set);
        }
    }
    let mut caps_of = vec![Vec::new(); counts.len()];
    for &cap in caps {
        for class in problem.caps[cap].classes.iter() {
            caps_of[class].push(cap);
        }
    }
    let mut conflicts_of = vec![Vec::new(); counts.len()];
    for (index, conflict) in problem.conflicts.iter().enumerate() {
        for (class, of) in conflicts_of.iter_mut().enumerate() {
            let sides = (conflict.left.contains(class), conflict.right.contains(class));
            if sides.0 || sides.1 {
                of.push((index, sides.0, sides.1));
            }
        }
    }
    let mut found: HashMap<Likeness<'_>, usize, FixedState> = HashMap::default();
    let mut items: Vec<Item> = Vec::new();
    for (class, &count) in counts.iter().enumerate().filter(|class| *class.1 > 0) {
        let accepted: Vec<usize> = (0..accepts.len()).filter(|&set| accepts[set].contains(class)).collect();
        let need = &problem.classes[class].need;
        let fits = !accepted.is_empty()
            && live.iter().any(|&bin| {
                let bin = &problem.bins[bin];
                bin.accepts.contains(class)
                    && bin.supply != Some(0)
                    && need.iter().zip(&bin.room).all(|(need, room)| *need <= 0 || need <= room)
            });
        if !fits {
            continue;
        }
        let alone = conflicts_of[class].iter().any(|side| side.1 && side.2).then_some(class);
        let likeness = Likeness {
            need,
            accepted: bits(accepts.len(), accepted.into_iter()),
            caps: std::mem::take(&mut caps_of[class]),
            conflicts: std::mem::take(&mut conflicts_of[class]),
            alone,
        };
        match found.entry(likeness) {
            std::collections::hash_map::Entry::Occupied(at) => {
                let item = &mut items[*at.get()];
                item.count = item.count.saturating_add(count);
                item.parts[0].push(class);
            }
            std::collections::hash_map::Entry::Vacant(at) => {
                at.insert(items.len());
                items.push(Item { need: need.clone(), count, parts: vec![vec![class]], rank: class });
            }
        }
    }
    items
}

/// Takes items together that differ in nothing but in having a cap each: dealt out in turn they keep all
/// caps as long as a bin holds no more than the caps' sum.
fn deal_out(problem: &Problem, items: &mut Vec<Item>, caps: &[usize], live: &[usize]) {
    let mut caps_of: Vec<Vec<usize>> = vec![Vec::new(); problem.classes.len()];
    for &cap in caps {
        for class in problem.caps[cap].classes.iter() {
            caps_of[class].push(cap);
        }
    }
    let mut shared = vec![0usize; problem.caps.len()];
    for item in items.iter() {
        for &cap in &caps_of[item.parts[0][0]] {
            shared[cap] += 1;
        }
    }
    let mut used = vec![false; problem.caps.len()];
    for &bin in live {
        for &(cap, amount) in &problem.bins[bin].used_caps {
            used[cap] |= amount > 0;
        }
    }
    let in_conflict = |class: usize| {
        problem
            .conflicts
            .iter()
            .any(|conflict| conflict.left.contains(class) || conflict.right.contains(class))
    };
    let mut accepts: Vec<&BitSet> = live.iter().map(|&bin| &problem.bins[bin].accepts).collect();
    accepts.sort_by_cached_key(|set| set.iter().collect::<Vec<_>>());
    accepts.dedup();
    let mut found: HashMap<DealtKey, usize, FixedState> = HashMap::default();
    let mut kept: Vec<Item> = Vec::new();
    for item in items.drain(..) {
        let class = item.parts[0][0];
        let own = match caps_of[class][..] {
            [cap] if shared[cap] == 1 && !used[cap] && !in_conflict(class) => Some(cap),
            _ => None,
        };
        let Some(cap) = own else {
            kept.push(item);
            continue;
        };
        let accepted = bits(accepts.len(), (0..accepts.len()).filter(|&set| accepts[set].contains(class)));
        match found.entry((item.need.clone(), item.count, problem.caps[cap].most, accepted)) {
            std::collections::hash_map::Entry::Occupied(at) => {
                let first = &mut kept[*at.get()];
                first.parts.extend(item.parts);
            }
            std::collections::hash_map::Entry::Vacant(at) => {
                at.insert(kept.len());
                kept.push(item);
            }
        }
    }
    for item in &mut kept {
        item.count = item.count.saturating_mul(item.parts.len() as u32);
    }
    *items = kept;
}

/// A cap in terms of items.
struct Capped {
    cap: usize,
    most: u32,
    items: Vec<u32>,
}

impl Capped {
    fn new(problem: &Problem, cap: usize, item_of: &[Option<usize>], items: &[Item]) -> Option<Self> {
        let mut inside: Vec<u32> = problem.caps[cap]
            .classes
            .iter()
            .filter_map(|class| item_of[class].map(|item| item as u32))
            .collect();
        inside.sort_unstable();
        inside.dedup();
        let first = *inside.first()?;
        // A cap of a dealt-out item stands for the caps of all its parts; one of them is enough.
        let parts = &items[first as usize].parts;
        if parts.len() > 1 && !problem.caps[cap].classes.contains(parts[0][0]) {
            return None;
        }
        let most = problem.caps[cap].most.saturating_mul(parts.len() as u32);
        Some(Self { cap, most, items: inside })
    }

    fn group(&self) -> Option<Group> {
        (self.items.len() > 1).then(|| Group { items: self.items.clone() })
    }
}

fn conflicts(problem: &Problem, item_of: &[Option<usize>], items: usize) -> Vec<Vec<u32>> {
    let mut apart = vec![Vec::new(); items];
    let of = |set: &BitSet| {
        let mut found: Vec<usize> =
            set.iter().filter_map(|class| item_of.get(class).copied().flatten()).collect();
        found.sort_unstable();
        found.dedup();
        found
    };
    for conflict in &problem.conflicts {
        let (left, right) = (of(&conflict.left), of(&conflict.right));
        for &a in &left {
            for &b in right.iter().filter(|&&b| b != a) {
                apart[a].push(b as u32);
                apart[b].push(a as u32);
            }
        }
    }
    for list in &mut apart {
        list.sort_unstable();
        list.dedup();
    }
    apart
}

/// The room that could ever be used: not more than all its items take, nor more than the items hungriest for it take
/// when they fill another resource. Machines that differ in room that nobody can use are then alike.
fn usable(room: &[i64], items: &[Item], most: &[u32], takes: &[u32]) -> Box<[i64]> {
    let need = |item: u32, resource: usize| i128::from(items[item as usize].need[resource]);
    let all = |resource: usize| -> i128 {
        takes.iter().map(|&item| need(item, resource) * i128::from(most[item as usize])).sum()
    };
    let beside = |resource: usize, other: usize| -> Option<i128> {
        let mut hungriest = (0i128, 1i128);
        for &item in takes {
            let (this, that) = (need(item, resource), need(item, other));
            if that == 0 && this > 0 {
                return None;
            }
            if this * hungriest.1 > hungriest.0 * that {
                hungriest = (this, that);
            }
        }
        Some(i128::from(room[other]) * hungriest.0 / hungriest.1)
    };
    let least = |resource: usize| {
        let others = (0..room.len()).filter(|&other| other != resource);
        let least = others.filter_map(|other| beside(resource, other)).min();
        let least = least.unwrap_or(i128::MAX).min(all(resource));
        i64::try_from(least).unwrap_or(i64::MAX).min(room[resource])
    };
    (0..room.len()).map(least).collect()
}

/// A bin in terms of items; `None` if it can hold none.
fn kind(problem: &Problem, bin: usize, items: &[Item], accepted: &[bool], capped: &[Capped]) -> Option<Kind> {
    let source = &problem.bins[bin];
    let room: Box<[i64]> = source.room.iter().map(|room| (*room).max(0)).collect();
    let mut most: Box<[u32]> = items
        .iter()
        .zip(accepted)
        .map(|(item, accepted)| {
            if !accepted || source.supply == Some(0) {
                return 0;
            }
            let fit = item
                .need
                .iter()
                .zip(&room)
                .filter(|(need, _)| **need > 0)
                .map(|(need, room)| room / need)
                .min();
            fit.map_or(item.count, |fit| u32::try_from(fit).unwrap_or(u32::MAX).min(item.count))
        })
        .collect();
    let mut groups = Vec::new();
    for cap in capped {
        let used = source.used_caps.iter().filter(|used| used.0 == cap.cap).map(|used| used.1).sum();
        let left = cap.most.saturating_sub(used);
        for &item in &cap.items {
            most[item as usize] = most[item as usize].min(left);
        }
        if cap.items.len() > 1 {
            groups.push(left);
        }
    }
    let takes: Vec<u32> = (0..items.len() as u32).filter(|&item| most[item as usize] > 0).collect();
    (!takes.is_empty()).then(|| Kind {
        room: usable(&room, items, &most, &takes),
        price: source.price,
        supply: source.supply,
        stays: source.stays,
        most,
        takes,
        groups: groups.into(),
        limits: problem.limits.iter().map(|limit| limit.per_bin[bin]).collect(),
        bins: vec![(bin, source.supply)],
    })
}
