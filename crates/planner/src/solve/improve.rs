//! Makes a packing cheaper: takes some bins apart and packs their pods again, again and again.
//!
//! At the prices of the relaxation every bin has a loss, what it costs above what its content is worth, and
//! all losses together are the distance from the bound. Bins that lose much are taken apart most often. The
//! prices are shaken a little each time, so that the pods come together in other ways. What is not dearer is
//! kept, since it may be the way to something cheaper.

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

use super::fill::{self, Placed, Taste};
use super::parallel;
use super::problem::Effort;
use super::reduced::Reduced;
use super::relax::Rest;

/// A packing under way: the bins, and what is left with what there is left for it.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The bins.
    pub placed: Vec<Placed>,
    /// What found no place, and what is not used.
    pub rest: Rest,
}

impl Packed {
    /// What it costs, in nano-dollars, beside what is paid in any case.
    pub fn cost(&self, reduced: &Reduced) -> i128 {
        fill::cost(reduced, &self.placed, &self.rest.counts)
    }
}

/// Groups of bins that are taken apart at the same time, whatever the number of threads.
const AT_ONCE: usize = 4;
/// Times that a group is packed again before its bins are given back.
const TRIES: usize = 6;

/// Kinds to choose from for one try.
const KINDS_AT_ONCE: usize = 8;

/// What a search knows.
pub struct Search<'a> {
    /// The problem.
    pub reduced: &'a Reduced,
    /// By item, its price.
    pub values: &'a [i64],
    /// By kind, its cost with scarcity.
    pub costs: &'a [i64],
    /// Kinds that are worth using.
    pub kinds: &'a [usize],
    /// All kinds, cheapest first.
    pub by_cost: &'a [usize],
    /// What it can cost at best.
    pub bound: i128,
}

fn below(random: &mut ChaCha8Rng, end: usize) -> usize {
    (random.next_u64() % end.max(1) as u64) as usize
}

impl Search<'_> {
    /// Improves it until time runs out, or until `idle` rounds one after the other have brought nothing.
    pub fn improve(&self, packed: &mut Packed, effort: &Effort<'_>, idle: usize) {
        let mut random = ChaCha8Rng::seed_from_u64(effort.seed);
        let mut cost = packed.cost(self.reduced);
        let mut since = 0;
        while since < idle
            && cost > self.bound
            && effort.watch.seconds_left() > 0.0
            && !packed.placed.is_empty()
        {
            let groups = self.choose(packed, &mut random);
            let rests: Vec<Rest> = groups.iter().map(|group| self.taken_apart(packed, group)).collect();
            let seeds: Vec<u64> = groups.iter().map(|_| random.next_u64()).collect();
            let found = parallel::ordered(effort.threads, groups.len(), |index| {
                let bins: Vec<Placed> = groups[index].iter().map(|&bin| packed.placed[bin].clone()).collect();
                self.pack_again(&bins, &rests[index], &packed.rest.counts, seeds[index])
            });
            let mut gone = Vec::new();
            for (group, again) in groups.iter().zip(found) {
                let Some(again) = again else { continue };
                // Groups share what is left over: the first to use it has it.
                let mut rest = packed.rest.clone();
                group.iter().for_each(|&bin| rest.give(self.reduced, &packed.placed[bin]));
                let possible = again.iter().all(|bin| {
                    let fits = rest.has(self.reduced, bin.kind)
                        && bin.pattern.iter().all(|&(item, count)| rest.counts[item as usize] >= count);
                    if fits {
                        rest.take(self.reduced, bin);
                    }
                    fits
                });
                if possible {
                    packed.rest = rest;
                    gone.extend(group.iter().copied());
                    packed.placed.extend(again);
                }
            }
            gone.sort_unstable();
            for bin in gone.into_iter().rev() {
                packed.placed.swap_remove(bin);
            }
            let now = packed.cost(self.reduced);
            since = if now < cost { 0 } else { since + 1 };
            cost = now;
        }
    }

    /// Bins to take apart, in groups that share none.
    fn choose(&self, packed: &Packed, random: &mut ChaCha8Rng) -> Vec<Vec<usize>> {
        let loss = |placed: &Placed| {
            let worth: i128 = placed
                .pattern
                .iter()
                .map(|&(item, count)| i128::from(self.values[item as usize]) * i128::from(count))
                .sum();
            (i128::from(self.costs[placed.kind]) - worth).max(0) as f64
        };
        let losses: Vec<f64> = packed.placed.iter().map(loss).collect();
        let mean = losses.iter().sum::<f64>() / losses.len() as f64;
        let mut sums = Vec::with_capacity(losses.len());
        let mut sum = 0.0;
        for loss in &losses {
            sum += loss + mean * 0.1 + 1.0;
            sums.push(sum);
        }
        let mut free = vec![true; losses.len()];
        let mut left = losses.len();
        let mut groups = Vec::new();
        for _ in 0..AT_ONCE {
            let size = (1 + below(random, 3) + below(random, 4)).min(left);
            let mut group = Vec::new();
            for _ in 0..size * 4 {
                let at = random.next_u64() as f64 / u64::MAX as f64 * sum;
                let bin = sums.partition_point(|sum| *sum < at).min(losses.len() - 1);
                if free[bin] {
                    free[bin] = false;
                    left -= 1;
                    group.push(bin);
                }
                if group.len() == size {
                    break;
                }
            }
            if !group.is_empty() {
                groups.push(group);
            }
        }
        groups
    }

    /// What is to be packed again when bins are taken apart.
    fn taken_apart(&self, packed: &Packed, group: &[usize]) -> Rest {
        let mut rest = packed.rest.clone();
        group.iter().for_each(|&bin| rest.give(self.reduced, &packed.placed[bin]));
        rest
    }

    /// Other bins for the same pods that cost no more; `None` if none were found.
    fn pack_again(&self, bins: &[Placed], rest: &Rest, left_out: &[u32], seed: u64) -> Option<Vec<Placed>> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut best = fill::cost(self.reduced, bins, left_out);
        let mut found = None;
        let unbeaten = self.unbeaten(rest);
        for _ in 0..TRIES {
            let strength = [0.0, 0.02, 0.05, 0.1, 0.2][below(&mut random, 5)];
            let mut values = self.values.to_vec();
            for (value, _) in values.iter_mut().zip(&rest.counts).filter(|(_, count)| **count > 0) {
                let shake = 1.0 + strength * (random.next_u32() as f64 / f64::from(u32::MAX) - 0.5) * 2.0;
                *value = ((*value).max(1) as f64 * shake) as i64 + 1;
            }
            let mut kinds = unbeaten.clone();
            while kinds.len() > KINDS_AT_ONCE {
                kinds.swap_remove(below(&mut random, kinds.len()));
            }
            kinds.extend(bins.iter().map(|bin| bin.kind));
            kinds.sort_unstable();
            kinds.dedup();
            let taste = Taste {
                values: &values,
                costs: self.costs,
                kinds: &kinds,
                by_cost: self.by_cost,
                steps: 60,
                repeat: 0,
            };
            let mut rest = rest.clone();
            let again = fill::fill(self.reduced, &mut rest, &taste);
            let cost = fill::cost(self.reduced, &again, &rest.counts);
            if cost < best || (cost == best && again != bins) {
                (best, found) = (cost, Some(again));
            }
        }
        found
    }

    /// The kinds that for the pods in question no other beats in cost, room and pods taken.
    fn unbeaten(&self, rest: &Rest) -> Vec<usize> {
        let items: Vec<usize> = (0..rest.counts.len()).filter(|&item| rest.counts[item] > 0).collect();
        let mut unbeaten: Vec<(usize, Vec<u32>)> = Vec::new();
        for &at in self.kinds.iter().filter(|&&kind| rest.has(self.reduced, kind)) {
            let kind = &self.reduced.kinds[at];
            let most: Vec<u32> = items.iter().map(|&item| kind.most[item].min(rest.counts[item])).collect();
            if most.iter().all(|most| *most == 0) {
                continue;
            }
            let is_beaten = unbeaten.iter().any(|(other, others)| {
                let rival = &self.reduced.kinds[*other];
                rival.supply.is_none()
                    && self.costs[*other] <= self.costs[at]
                    && rival.room.iter().zip(&kind.room).all(|(a, b)| a >= b)
                    && rival.groups.iter().zip(&kind.groups).all(|(a, b)| a >= b)
                    && others.iter().zip(&most).all(|(a, b)| a >= b)
            });
            if !is_beaten {
                unbeaten.push((at, most));
            }
        }
        unbeaten.into_iter().map(|(kind, _)| kind).collect()
    }
}
