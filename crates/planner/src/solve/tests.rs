//! What a user of the solver would notice: rules kept, bounds that hold, answers that depend on nothing else.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use proptest::prelude::*;

use super::*;

/// A watch that runs out when it has been looked at so many times.
struct Looks(AtomicI64);

impl Watch for Looks {
    fn seconds_left(&self) -> f64 {
        self.0.fetch_sub(1, Ordering::Relaxed) as f64
    }
}

fn quick() -> Effort<'static> {
    Effort { watch: &Unhurried, threads: 1, seed: 7, quick: true }
}

fn set(on: impl IntoIterator<Item = usize>) -> BitSet {
    on.into_iter().collect()
}

fn bin(room: [i64; 2], price: i64, classes: usize) -> Bin {
    Bin {
        room: room.into(),
        price,
        supply: None,
        stays: false,
        accepts: set(0..classes),
        used_caps: Vec::new(),
    }
}

fn class(need: [i64; 2], count: u32) -> Class {
    Class { need: need.into(), count }
}

fn can_share(problem: &Problem, bin: usize, pods: &[(usize, u32)]) -> bool {
    let kind = &problem.bins[bin];
    let within = |resource: usize| {
        let sum: i64 = pods.iter().map(|pod| problem.classes[pod.0].need[resource] * i64::from(pod.1)).sum();
        sum == 0 || sum <= kind.room[resource]
    };
    let capped = |(index, cap): (usize, &Cap)| {
        let used = kind.used_caps.iter().filter(|used| used.0 == index).map(|used| used.1).sum::<u32>();
        let inside: u32 = pods.iter().filter(|pod| cap.classes.contains(pod.0)).map(|pod| pod.1).sum();
        inside == 0 || used + inside <= cap.most
    };
    let apart = |conflict: &Conflict| {
        !pods.iter().any(|a| {
            let others = || pods.iter().filter(|b| b.0 != a.0);
            conflict.left.contains(a.0) && others().any(|b| conflict.right.contains(b.0))
        })
    };
    pods.iter().all(|pod| kind.accepts.contains(pod.0))
        && (0..problem.resources).all(within)
        && problem.caps.iter().enumerate().all(capped)
        && problem.conflicts.iter().all(apart)
}

/// Fails when a packing breaks a rule; else what it costs, bins that stay included.
fn judged(problem: &Problem, packing: &Packing) -> i128 {
    let mut left: Vec<u32> = problem.classes.iter().map(|class| class.count).collect();
    let mut used = vec![0_u32; problem.bins.len()];
    for packed in &packing.bins {
        assert!(can_share(problem, packed.bin, &packed.pods), "{packed:?}");
        assert!(packed.pods.windows(2).all(|pair| pair[0].0 < pair[1].0));
        used[packed.bin] += 1;
        for &(class, count) in &packed.pods {
            assert!(count > 0);
            left[class] -= count;
        }
    }
    assert_eq!(left, packing.unplaced);
    for limit in &problem.limits {
        let sum: i64 = packing.bins.iter().map(|packed| limit.per_bin[packed.bin]).sum();
        assert!(sum <= limit.most);
    }
    let mut cost = 0;
    for (bin, used) in problem.bins.iter().zip(used) {
        assert!(bin.supply.is_none_or(|supply| used <= supply));
        let paid = if bin.stays { bin.supply.unwrap_or(0) } else { used };
        cost += i128::from(bin.price) * i128::from(paid);
    }
    cost
}

/// All contents of a bin within counts, the empty one first.
fn contents(problem: &Problem, bin: usize, counts: &[u32]) -> Vec<Vec<(usize, u32)>> {
    let mut found = vec![Vec::new()];
    for (class, &count) in counts.iter().enumerate() {
        for at in 0..found.len() {
            for more in 1..=count {
                let mut with = found[at].clone();
                with.push((class, more));
                if can_share(problem, bin, &with) {
                    found.push(with);
                }
            }
        }
    }
    found
}

/// The least cost of packing everything, without limits; `None` when it cannot be.
fn optimum(problem: &Problem) -> Option<i128> {
    let counts: Vec<u32> = problem.classes.iter().map(|class| class.count).collect();
    let mut states: BTreeMap<Vec<u32>, i128> = BTreeMap::from([(counts.clone(), 0)]);
    for (index, bin) in problem.bins.iter().enumerate() {
        let most = bin.supply.unwrap_or(counts.iter().sum());
        let sunk = if bin.stays { i128::from(bin.price) * i128::from(most) } else { 0 };
        let each = if bin.stays { 0 } else { i128::from(bin.price) };
        let mut reached: BTreeMap<Vec<u32>, i128> = BTreeMap::new();
        let mut edge = states;
        for turn in 0..=most {
            let mut next: BTreeMap<Vec<u32>, i128> = BTreeMap::new();
            for (left, cost) in edge {
                if reached.get(&left).is_some_and(|known| *known <= cost) {
                    continue;
                }
                reached.insert(left.clone(), cost);
                for content in contents(problem, index, &left).into_iter().filter(|_| turn < most) {
                    let mut after = left.clone();
                    content.iter().for_each(|pods| after[pods.0] -= pods.1);
                    let total = next.entry(after).or_insert(i128::MAX);
                    *total = (*total).min(cost + each);
                }
            }
            edge = next;
        }
        states = reached.into_iter().map(|(left, cost)| (left, cost + sunk)).collect();
    }
    states.get(&vec![0; counts.len()]).copied()
}

prop_compose! {
    fn tiny()(classes in 1..4_usize)(
        needs in prop::collection::vec(([0..5_i64, 1..5_i64], 1..4_u32), classes),
        bins in prop::collection::vec(
            ([-1..9_i64, 2..9_i64], 1..90_i64, prop::option::of(0..3_u32), any::<bool>(), 0..8_usize),
            1..4,
        ),
        caps in prop::collection::vec((1..8_usize, 1..3_u32, 0..2_u32), 0..3),
        conflict in prop::option::of((1..8_usize, 1..8_usize)),
    ) -> Problem {
        let classes = needs.len();
        let from_bits = |bits: usize| set((0..classes).filter(move |class| bits >> class & 1 == 1));
        Problem {
            resources: 2,
            classes: needs.into_iter().map(|(need, count)| class(need, count)).collect(),
            bins: bins.into_iter().map(|(room, price, supply, stays, refuses)| Bin {
                supply,
                stays: stays && supply.is_some(),
                accepts: set((0..classes).filter(|class| refuses >> class & 1 == 0)),
                used_caps: if supply.is_some() { caps.iter().map(|cap| cap.2).enumerate().collect() } else { Vec::new() },
                ..bin(room, price, classes)
            }).collect(),
            caps: caps.iter().map(|&(bits, most, _)| Cap { classes: from_bits(bits), most }).collect(),
            conflicts: conflict.into_iter().map(|(left, right)| Conflict { left: from_bits(left), right: from_bits(right) }).collect(),
            limits: Vec::new(),
        }
    }
}

/// Fails unless a bound is what its proof says, and the proof is right.
fn proven(problem: &Problem, counts: &[u32], bound: &LowerBound) {
    let mut price: i128 =
        bound.duals.iter().zip(counts).map(|(dual, count)| i128::from(*dual) * i128::from(*count)).sum();
    for (index, (bin, worth)) in problem.bins.iter().zip(&bound.worth).enumerate() {
        let value = |content: Vec<(usize, u32)>| -> i64 {
            content.iter().map(|pods| bound.duals[pods.0] * i64::from(pods.1)).sum()
        };
        let best = contents(problem, index, counts).into_iter().map(value).max().unwrap_or(0);
        assert!(best <= *worth || bin.supply == Some(0), "bin {index} is worth {best}, not {worth}");
        assert!(bin.supply.is_some() || *worth <= bin.price);
        let over = i128::from(bin.price - worth);
        price += i128::from(bin.supply.unwrap_or(0)) * if bin.stays { over } else { over.min(0) };
    }
    assert!(bound.duals.iter().all(|dual| *dual >= 0));
    assert_eq!(i128::from(bound.price), price);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rules_are_kept_and_the_bound_is_below_the_optimum(problem in tiny()) {
        let solution = pack(&problem, &quick());
        let cost = judged(&problem, &solution.packing);
        prop_assert!(i128::from(solution.bound.price) <= cost);
        let counts: Vec<u32> = problem.classes.iter().zip(&solution.packing.unplaced).map(|(class, left)| class.count - left).collect();
        proven(&problem, &counts, &solution.bound);
        if let Some(optimum) = optimum(&problem) {
            prop_assert!(i128::from(bound(&problem, &quick()).price) <= optimum);
            if solution.packing.unplaced.iter().all(|left| *left == 0) {
                prop_assert!(cost >= optimum);
            }
            // Without supplies and conflicts, what has a place at all finds it.
            if problem.bins.iter().all(|bin| bin.supply.is_none()) {
                prop_assert_eq!(solution.packing.unplaced.iter().sum::<u32>(), 0);
            }
        }
    }

    #[test]
    fn it_can_be_stopped_at_any_time(problem in tiny(), looks in 0..40_i64) {
        let watch = Looks(AtomicI64::new(looks));
        let solution = pack(&problem, &Effort { watch: &watch, quick: false, ..quick() });
        prop_assert!(i128::from(solution.bound.price) <= judged(&problem, &solution.packing));
    }

    #[test]
    fn the_order_of_bins_does_not_change_the_cost(problem in tiny()) {
        let mut turned = problem.clone();
        turned.bins.reverse();
        let cost = |problem: &Problem| judged(problem, &pack(problem, &quick()).packing);
        prop_assert_eq!(cost(&problem), cost(&turned));
    }
}

/// Sizes as they occur, and machines from small to large.
fn cluster(pods: u32) -> Problem {
    let sizes = [[100, 128], [250, 512], [500, 2048], [1000, 1024], [1500, 4096], [3000, 3072]];
    let machines =
        [[1900, 3000, 85], [3900, 7000, 170], [3900, 15000, 192], [7900, 15000, 340], [15800, 62000, 770]];
    Problem {
        resources: 2,
        classes: sizes.iter().map(|&need| class(need, pods / 6)).collect(),
        bins: machines.iter().map(|&[cpu, memory, price]| bin([cpu, memory], price * 1_000_000, 6)).collect(),
        caps: vec![Cap { classes: set([1]), most: 2 }, Cap { classes: set([2, 3]), most: 3 }],
        ..Problem::default()
    }
}

#[test]
fn a_cluster_is_packed_near_the_bound() {
    let problem = cluster(600);
    let solution = pack(&problem, &Effort { quick: false, ..quick() });
    let cost = judged(&problem, &solution.packing);
    assert_eq!(solution.packing.unplaced, [0; 6]);
    let gap = cost as f64 / solution.bound.price as f64 - 1.0;
    assert!(gap < 0.01, "{gap}");
}

#[test]
fn one_thread_and_two_find_the_same() {
    let problem = cluster(300);
    let by = |threads: usize| pack(&problem, &Effort { threads, ..quick() });
    assert_eq!(by(1), by(2));
}

#[test]
fn limits_leave_out_what_comes_last() {
    let mut problem = cluster(60);
    problem.limits.push(Limit { per_bin: vec![1; 5].into(), most: 2 });
    let solution = pack(&problem, &quick());
    judged(&problem, &solution.packing);
    assert_eq!(solution.packing.bins.len(), 2);
    assert!(solution.packing.unplaced.iter().sum::<u32>() > 0);
    problem.limits[0].most = 0;
    assert_eq!(pack(&problem, &quick()).packing.unplaced, [10; 6]);
}

#[test]
fn what_stays_is_filled_before_anything_is_bought() {
    let mut problem = Problem {
        resources: 2,
        classes: vec![class([4, 4], 5)],
        bins: vec![bin([8, 8], 90_000_000, 1), bin([8, 8], 50_000_000, 1)],
        ..Problem::default()
    };
    problem.bins[0].supply = Some(2);
    problem.bins[0].stays = true;
    let solution = pack(&problem, &quick());
    assert_eq!(solution.packing.unplaced, [0]);
    assert_eq!(judged(&problem, &solution.packing), 230_000_000);
    assert!((204_990_000..=205_000_000).contains(&solution.bound.price), "{}", solution.bound.price);
}

#[test]
fn deployments_with_a_cap_each_are_dealt_out() {
    let classes = 6;
    let problem = Problem {
        resources: 2,
        classes: vec![class([1, 1], 3); classes],
        bins: vec![bin([4, 100], 10, classes)],
        caps: (0..classes).map(|class| Cap { classes: set([class]), most: 1 }).collect(),
        ..Problem::default()
    };
    let solution = pack(&problem, &quick());
    assert_eq!(judged(&problem, &solution.packing), 50);
    assert_eq!(solution.packing.unplaced, vec![0; classes]);
}
