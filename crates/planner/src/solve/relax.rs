//! The problem with fractions of bins allowed: what pods are worth, which contents are worth having, and
//! what no packing can be cheaper than.
//!
//! Column generation (Gilmore and Gomory 1961): a linear program over the contents found so far gives each
//! item a price; the most valuable content of each kind of bin at these prices is found and added if it is
//! worth more than the bin costs. The prices jump about, so contents are sought at prices drawn towards those
//! that gave the best bound (Wentges 1997). Any prices bound the cost: Farley's scaling (1990) makes them fit.

use super::content::{self, Content};
use super::parallel;
use super::problem::Effort;
use super::proof::{ITEMS_OF_PROOF, Proof};
use super::reduced::{Pattern, Reduced};
use super::rows::Rows;
use super::simplex::{Row, Simplex};

/// How far prices are drawn towards those of the best bound.
const PULL: f64 = 0.8;

/// After so many rounds it is looked at whether they have led anywhere.
const STRIDE: usize = 15;

/// Nano-dollars in a dollar.
pub const NANOS: f64 = 1e9;

/// What is left to pack, and what there is left for it.
#[derive(Clone, Debug)]
pub struct Rest {
    /// By item, how many.
    pub counts: Vec<u32>,
    /// By kind, how many bins.
    pub supply: Vec<Option<u32>>,
    /// By limit, how much is left; empty when limits are not looked at.
    pub limits: Vec<i64>,
}

impl Rest {
    /// All of a problem, without its limits.
    pub fn all(reduced: &Reduced) -> Self {
        Self {
            counts: reduced.items.iter().map(|item| item.count).collect(),
            supply: reduced.kinds.iter().map(|kind| kind.supply).collect(),
            limits: Vec::new(),
        }
    }

    /// Nothing is left to pack.
    pub fn is_empty(&self) -> bool {
        self.counts.iter().all(|count| *count == 0)
    }
}

/// A content of a kind of bin.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Column {
    /// The kind.
    pub kind: usize,
    /// The content.
    pub pattern: Pattern,
}

/// How far to go.
#[derive(Clone, Copy, Debug)]
pub struct Precision {
    /// Rounds of column generation, at most.
    pub rounds: usize,
    /// Stop when bound and cost are as near as this, relative to the cost.
    pub gap: f64,
    /// Stop when a stride of rounds makes it cheaper by less than this share.
    pub progress: f64,
    /// Steps of one search for a content.
    pub steps: u32,
    /// How many contents a search that looks ahead may hold on to.
    pub width: usize,
    /// Kinds are looked at harder where the bound would be the better for it.
    pub is_sharp: bool,
    /// Seconds that are to be left when it stops.
    pub reserve: f64,
}

/// A solution in fractions.
#[derive(Clone, Debug)]
pub struct Relaxation {
    /// Contents found.
    pub columns: Vec<Column>,
    /// Those used, and how often.
    pub used: Vec<(usize, f64)>,
    /// Which items shared a price.
    pub rows: Rows,
    /// By item, nano-dollars.
    pub values: Vec<i64>,
    /// By kind, what using one costs with the price of its scarcity, nano-dollars.
    pub costs: Vec<i64>,
    /// What it costs, in dollars, with a high price for what finds no place.
    pub cost: f64,
    /// The best bound.
    pub proof: Proof,
}

/// What it costs, in dollars, to leave one of an item out: more than any way to place it, the more important
/// ones most.
pub fn missing_cost(reduced: &Reduced, item: usize) -> f64 {
    let dearest = reduced.kinds.iter().map(|kind| kind.price).max().unwrap_or(0) as f64 / NANOS;
    let last = reduced.items.iter().map(|item| item.rank).max().unwrap_or(0) as f64 + 1.0;
    2.0 * (dearest + 1.0) * (2.0 - reduced.items[item].rank as f64 / last)
}

/// What leaving one of an item out costs in a program of fractions, in dollars: where limits do not come in between,
/// the price of the cheapest bin that takes it is enough, as a bin more is always to be had. The less that is, the
/// sooner prices of pods become reasonable.
fn missing_dual(reduced: &Reduced, rest: &Rest, item: usize) -> f64 {
    let takes = |kind: &&super::reduced::Kind| kind.supply.is_none() && kind.most[item] > 0;
    // Kinds are in the order of their prices.
    let cheapest = reduced.kinds.iter().find(takes).filter(|_| rest.limits.is_empty());
    cheapest.map_or_else(|| missing_cost(reduced, item), |kind| kind.price.max(1) as f64 / NANOS * 1.001)
}

/// A column generation under way.
struct Generation<'a> {
    reduced: &'a Reduced,
    rest: &'a Rest,
    effort: &'a Effort<'a>,
    rows: Rows,
    simplex: Simplex,
    columns: Vec<Column>,
    known: std::collections::HashSet<Column, foldhash::fast::FixedState>,
    /// By kind, the row of its supply.
    supply_row: Vec<Option<usize>>,
    first_limit_row: usize,
    /// Items that some free bin takes without end are worth nothing.
    worthless: Vec<bool>,
    /// By kind, what its room was worth in the last round.
    prices: Vec<Vec<f64>>,
}

impl<'a> Generation<'a> {
    fn new(reduced: &'a Reduced, rest: &'a Rest, effort: &'a Effort<'a>, of_items: Rows) -> Self {
        let mut asked = vec![(0.0, 0.0_f64); of_items.count];
        for (item, &(row, weight)) in of_items.of.iter().enumerate() {
            asked[row].0 += weight * f64::from(rest.counts[item]);
            asked[row].1 = asked[row].1.max(missing_dual(reduced, rest, item) / weight);
        }
        let mut rows: Vec<Row> =
            asked.into_iter().map(|(amount, missing)| Row::AtLeast { amount, missing }).collect();
        let mut supply_row = Vec::new();
        for supply in &rest.supply {
            supply_row.push(supply.map(|_| rows.len()));
            rows.extend(supply.map(|supply| Row::AtMost { amount: f64::from(supply) }));
        }
        let first_limit_row = rows.len();
        rows.extend(rest.limits.iter().map(|_| Row::AtMost { amount: 1.0 }));
        let mut worthless = vec![false; reduced.items.len()];
        for kind in reduced.kinds.iter().filter(|kind| kind.supply.is_none() && kind.price <= 0) {
            kind.takes.iter().for_each(|&item| worthless[item as usize] = true);
        }
        let simplex = Simplex::new(rows);
        let known = std::collections::HashSet::default();
        Self {
            reduced,
            rest,
            effort,
            rows: of_items,
            simplex,
            columns: Vec::new(),
            known,
            supply_row,
            first_limit_row,
            worthless,
            prices: vec![Vec::new(); reduced.kinds.len()],
        }
    }

    fn add(&mut self, column: Column) -> bool {
        if column.pattern.is_empty() || !self.known.insert(column.clone()) {
            return false;
        }
        let kind = &self.reduced.kinds[column.kind];
        let mut content: Vec<(u32, f64)> = Vec::with_capacity(column.pattern.len());
        for &(item, count) in &column.pattern {
            let (row, weight) = self.rows.of[item as usize];
            let amount = weight * f64::from(count);
            match content.iter_mut().find(|entry| entry.0 == row as u32) {
                Some(entry) => entry.1 += amount,
                None => content.push((row as u32, amount)),
            }
        }
        let supply = self.supply_row[column.kind].map(|row| (row as u32, 1.0));
        let limits = self.rest.limits.iter().zip(&kind.limits).enumerate();
        let limits = limits.filter(|(_, (_, use_of))| **use_of > 0).map(|(at, (left, use_of))| {
            ((self.first_limit_row + at) as u32, *use_of as f64 / (*left as f64).max(1e-3))
        });
        self.simplex.add(kind.cost() as f64 / NANOS, content.into_iter().chain(supply).chain(limits));
        self.columns.push(column);
        true
    }

    /// Solves the linear program of the contents so far, as far as time allows.
    fn solve(&mut self, reserve: f64) {
        for _ in 0..200 {
            if self.simplex.solve(250) || self.effort.watch.seconds_left() <= reserve {
                return;
            }
        }
    }

    /// For each item the bin that holds it alone at the least cost, so that nothing is missing that fits.
    fn add_single_items(&mut self) {
        for (item, &count) in self.rest.counts.iter().enumerate().filter(|item| *item.1 > 0) {
            let each = |kind: usize| {
                let most = self.reduced.kinds[kind].most[item].min(count);
                (most > 0).then(|| (self.reduced.kinds[kind].cost() as f64 / f64::from(most), kind, most))
            };
            let available = |kind: &usize| self.rest.supply[*kind] != Some(0);
            let best = (0..self.reduced.kinds.len())
                .filter(available)
                .filter_map(each)
                .min_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((_, kind, most)) = best {
                self.add(Column { kind, pattern: [(item as u32, most)].into() });
            }
        }
    }

    /// What a bin of a kind must be worth to be worth having: its cost, and the price of its supply and limits.
    fn threshold(&self, kind: usize, duals: &[f64]) -> i64 {
        let supply = self.supply_row[kind].map_or(0.0, |row| -duals[row]);
        let use_of = |limit: usize| {
            self.reduced.kinds[kind].limits[limit] as f64 / (self.rest.limits[limit] as f64).max(1e-3)
        };
        let limits: f64 = (0..self.rest.limits.len())
            .map(|limit| -duals[self.first_limit_row + limit] * use_of(limit))
            .sum();
        self.reduced.kinds[kind].cost().saturating_add(((supply + limits) * NANOS).ceil() as i64)
    }

    /// For each of the kinds the most valuable content.
    fn contents(
        &self,
        kinds: &[usize],
        values: &[i64],
        duals: &[f64],
        (steps, width): (u32, usize),
    ) -> Vec<Content> {
        parallel::ordered(self.effort.threads, kinds.len(), |at| {
            let kind = kinds[at];
            if self.rest.supply[kind] == Some(0) {
                return Content::nothing(0);
            }
            content::Question {
                reduced: self.reduced,
                kind: &self.reduced.kinds[kind],
                values,
                counts: &self.rest.counts,
                floor: self.threshold(kind, duals),
                steps,
                width,
                known: &self.prices[kind],
            }
            .answer()
        })
    }

    /// By item, its price in dollars.
    fn prices_of_items(&self, duals: &[f64]) -> Vec<f64> {
        self.rows.of.iter().map(|&(row, weight)| duals[row] * weight).collect()
    }

    /// By item, its price in nano-dollars.
    fn values(&self, prices: &[f64]) -> Vec<i64> {
        (0..self.reduced.items.len())
            .map(|item| {
                if self.worthless[item] || self.rest.counts[item] == 0 {
                    0
                } else {
                    (prices[item] * NANOS) as i64
                }
            })
            .collect()
    }
}

/// Solves it in fractions; `centre` are prices to begin with. Where there are many items, coarse programs come first:
/// when time is up before the full one has come anywhere, theirs is the solution.
pub fn relax(
    reduced: &Reduced,
    rest: &Rest,
    effort: &Effort<'_>,
    precision: &Precision,
    centre: Vec<i64>,
) -> Relaxation {
    let mut best: Option<Relaxation> = None;
    let mut start = Start {
        columns: Vec::new(),
        values: centre,
        proof: Proof::trivial(reduced),
        rows: Rows::fine(reduced),
    };
    for items_per_row in ITEMS_PER_ROW {
        let Some(rows) = Rows::coarse(reduced, &start.values, items_per_row) else { continue };
        let seconds = effort.watch.seconds_left() - precision.reserve;
        let own = if seconds.is_finite() { seconds * TIME_AFTER_COARSE } else { 0.0 };
        let roughly = Precision {
            width: 0,
            progress: PROGRESS_OF_COARSE,
            gap: GAP_OF_COARSE,
            reserve: precision.reserve + own,
            ..*precision
        };
        let coarse = generate(reduced, rest, effort, &roughly, Start { rows, ..start });
        start = Start {
            columns: coarse.columns.clone(),
            values: coarse.proof.values.clone(),
            proof: coarse.proof.clone(),
            rows: Rows::fine(reduced),
        };
        best = Some(coarse.or_before(reduced, best));
    }
    generate(reduced, rest, effort, precision, start).or_before(reduced, best)
}

/// Solves it in fractions where prices are known already: a coarse program is enough to say which contents go
/// together, as items that share a row keep their prices' proportion.
pub fn relax_roughly(
    reduced: &Reduced,
    rest: &Rest,
    effort: &Effort<'_>,
    precision: &Precision,
    values: Vec<i64>,
) -> Relaxation {
    let coarse = Rows::coarse(reduced, &values, ITEMS_PER_ROW[0]);
    let precision = match coarse {
        Some(_) => Precision { width: 0, progress: PROGRESS_OF_COARSE, gap: GAP_OF_COARSE, ..*precision },
        None => *precision,
    };
    let rows = coarse.unwrap_or_else(|| Rows::fine(reduced));
    let start = Start { columns: Vec::new(), values, proof: Proof::trivial(reduced), rows };
    generate(reduced, rest, effort, &precision, start)
}

/// Solves it for another rest, beginning with what is known of the whole.
pub fn relax_again(
    reduced: &Reduced,
    rest: &Rest,
    effort: &Effort<'_>,
    precision: &Precision,
    known: &Relaxation,
    columns: &[Column],
) -> Relaxation {
    let start = Start {
        columns: columns.to_vec(),
        values: known.values.clone(),
        proof: Proof::trivial(reduced),
        rows: known.rows.clone(),
    };
    generate(reduced, rest, effort, precision, start)
}

/// How many items share a row in the programs before the full one.
const ITEMS_PER_ROW: [usize; 2] = [5, 2];

/// The share of the time that is kept for what comes after a coarse program.
const TIME_AFTER_COARSE: f64 = 0.6;

/// A coarse program is near enough then.
const GAP_OF_COARSE: f64 = 0.01;

/// A coarse program goes on while that many rounds lead so far.
const PROGRESS_OF_COARSE: f64 = 3e-3;

/// A program is far from solved while its cost is so far from what is proven.
const FAR_FROM_SOLVED: f64 = 0.03;

/// Where a column generation begins.
struct Start {
    columns: Vec<Column>,
    /// By item, nano-dollars.
    values: Vec<i64>,
    proof: Proof,
    rows: Rows,
}

impl Relaxation {
    /// How far its cost is from what is proven, relative to the cost.
    fn gap(&self, reduced: &Reduced) -> f64 {
        let sunk = reduced.sunk() as f64 / NANOS;
        (self.cost - self.proof.price as f64 / NANOS) / (self.cost + sunk).max(f64::MIN_POSITIVE)
    }

    /// Itself, or the one before it with the better proof, if that has come further.
    fn or_before(self, reduced: &Reduced, before: Option<Self>) -> Self {
        match before {
            Some(before) if self.gap(reduced) > before.gap(reduced).max(FAR_FROM_SOLVED) => {
                Self { proof: self.proof, ..before }
            }
            _ => self,
        }
    }
}

/// Column generation until nothing more is to be gained, or time is up.
fn generate(
    reduced: &Reduced,
    rest: &Rest,
    effort: &Effort<'_>,
    precision: &Precision,
    start: Start,
) -> Relaxation {
    let Start { columns, values, mut proof, rows } = start;
    let mut centre: Vec<f64> = values.iter().map(|value| *value as f64 / NANOS).collect();
    let mut generation = Generation::new(reduced, rest, effort, rows);
    let sunk = reduced.sunk() as f64 / NANOS;
    for column in columns {
        let pattern = column.pattern.iter().filter_map(|&(item, count)| {
            let count = count.min(rest.counts[item as usize]);
            (count > 0).then_some((item, count))
        });
        if rest.supply[column.kind] != Some(0) {
            generation.add(Column { kind: column.kind, pattern: pattern.collect() });
        }
    }
    generation.add_single_items();
    let mut pull = 1.0;
    let mut width = 0;
    let mut milestone = f64::INFINITY;
    let mut is_ending = false;
    let kinds: Vec<usize> = (0..reduced.kinds.len()).collect();
    for round in 0..precision.rounds {
        generation.solve(precision.reserve);
        let cost = generation.simplex.cost();
        let near = (cost + sunk) * precision.gap;
        if (cost - proof.price as f64 / NANOS <= near && rest.limits.is_empty())
            || effort.watch.seconds_left() <= precision.reserve && round > 0
        {
            break;
        }
        let duals: Vec<f64> = generation.simplex.duals().collect();
        let own = generation.prices_of_items(&duals);
        let drawn: Vec<f64> =
            own.iter().zip(&centre).map(|(own, centre)| pull * centre + (1.0 - pull) * own).collect();
        let values = generation.values(&drawn);
        let mut contents = generation.contents(&kinds, &values, &duals, (precision.steps, width));
        if rest.limits.is_empty() {
            let mut found = Proof::of(reduced, rest, &values, &contents, |content| content.ceiling);
            if precision.is_sharp && reduced.items.len() <= ITEMS_OF_PROOF {
                let aims = (proof.price, (cost * NANOS) as i128);
                let ask = |kinds: &[usize], sharper: usize| {
                    let is_over = effort.watch.seconds_left() <= precision.reserve;
                    let ask = || generation.contents(kinds, &values, &duals, (precision.steps, sharper));
                    (sharper > width && !is_over).then(ask)
                };
                found = found.sharpened((reduced, rest, &values), &mut contents, aims, ask);
            }
            if found.price > proof.price {
                centre = found.values.iter().map(|value| *value as f64 / NANOS).collect();
                proof = found;
            }
        }
        let mut improving = false;
        for (kind, content) in contents.into_iter().enumerate() {
            generation.prices[kind] = content.prices;
            let Some(pattern) = content.pattern else { continue };
            let worth: f64 = pattern.iter().map(|&(item, count)| own[item as usize] * f64::from(count)).sum();
            let threshold = generation.threshold(kind, &duals) as f64 / NANOS;
            if generation.add(Column { kind, pattern }) {
                improving |= worth > threshold * (1.0 + 1e-7);
            }
        }
        let stuck = round % STRIDE == STRIDE - 1 && {
            let is_stuck = cost > milestone * (1.0 - precision.progress);
            milestone = cost;
            is_stuck
        };
        is_ending |= stuck && width >= precision.width;
        if improving && !stuck && !is_ending {
            pull = PULL;
        } else if pull > 0.0 && (!stuck || is_ending) {
            pull = if pull > 0.25 { pull - 0.25 } else { 0.0 };
        } else if width < precision.width {
            width = (width * 8).clamp(32, precision.width);
            milestone = f64::INFINITY;
            pull = PULL;
        } else {
            break;
        }
    }
    generation.solve(precision.reserve);
    let duals: Vec<f64> = generation.simplex.duals().collect();
    let cost = generation.simplex.cost();
    let is_far = (cost - proof.price as f64 / NANOS) > (cost + sunk) * FAR_FROM_SOLVED && proof.price > 0;
    Relaxation {
        // Prices of a program that is far from solved say less than those that prove something.
        values: if is_far {
            proof.values.clone()
        } else {
            generation.values(&generation.prices_of_items(&duals))
        },
        rows: generation.rows.clone(),
        costs: (0..reduced.kinds.len()).map(|kind| generation.threshold(kind, &duals)).collect(),
        used: generation.simplex.used().collect(),
        cost,
        columns: generation.columns,
        proof,
    }
}
