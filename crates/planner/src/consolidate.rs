//! Which nodes can go or be replaced now, each step worth its price.
//!
//! Nodes are asked a few at a time, the most wasteful first: could their pods live on the room that others have
//! and on fewer, cheaper or other machines? A step is taken when what it saves over the policies' horizon is
//! more than the disruption it causes. A step of one node finds those that can simply go; a step of a dozen
//! finds three that become two, or one that becomes two smaller.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::assemble::assemble;
use crate::formulate::{BinOf, Formulation};
use crate::ground::Ground;
use crate::layout::lay_out;
use crate::plan::{Plan, PodIndex};
use crate::rebalance::{or_idle, prove, scope_of, settle};
use crate::solve::{self, Bin, BitSet, Class, Effort, Limit, Packed, Packing, Problem};

/// How many nodes are asked together, one size after another.
const STEP_SIZES: [usize; 3] = [1, 4, 12];

/// The steps that are each worth their disruption, taken together.
pub(crate) fn consolidate(ground: &Ground<'_>, effort: &Effort<'_>) -> Plan {
    let quick = Effort { quick: true, ..*effort };
    let mut scope = scope_of(ground, None);
    let mut formulation = settle(ground, &mut scope, &quick);
    let mut state = State::of(ground, &formulation);
    // Whoever should not be where it is, by rules that looked away when it came, is left alone here.
    loop {
        let misplaced = state.misplaced(ground, &formulation);
        if misplaced.is_empty() {
            break;
        }
        scope.demand.retain(|pod| !misplaced.contains(pod));
        formulation = Formulation::new(ground, &scope);
        state = State::of(ground, &formulation);
    }
    // What has to leave where it is, and room that is to be kept free, get a place first.
    state.step(ground, &formulation, &[], &quick);
    let mut is_changing = true;
    while is_changing && effort.watch.seconds_left() > 0.0 {
        is_changing = false;
        for size in STEP_SIZES {
            let order = state.by_waste(&formulation);
            for set in order.chunks(size) {
                if effort.watch.seconds_left() <= 0.0 {
                    break;
                }
                // A step before may have taken some of them away.
                let set: Vec<usize> = set.iter().filter_map(|&id| state.position(id)).collect();
                is_changing |= !set.is_empty() && state.step(ground, &formulation, &set, &quick);
            }
        }
    }
    let layout = lay_out(ground, &formulation, &state.packing());
    let unplaced = layout.unplaced.clone();
    let mut plan = assemble(ground, &scope, &formulation, layout);
    plan.bound = prove(ground, &mut formulation, &unplaced, &quick);
    or_idle(ground, plan, &quick)
}

/// Who is where while steps are tried, in the numbers of a formulation.
struct State {
    nodes: Vec<Open>,
    /// How many nodes there have been: the number of the next one.
    made: usize,
    /// By class, how many have no place.
    loose: Vec<u32>,
}

/// A node that is there, or would be bought.
#[derive(Clone)]
struct Open {
    /// Its number, which it keeps while others come and go.
    id: usize,
    bin: usize,
    /// Nano-dollars per hour. A machine that is chosen counts as one that is there from then on: it need not be
    /// cheaper than others by what speaks against buying.
    price: i64,
    contents: BTreeMap<usize, u32>,
    free: Vec<i64>,
}

impl State {
    /// The cluster as it is.
    fn of(ground: &Ground<'_>, formulation: &Formulation) -> Self {
        let problem = &formulation.problem;
        let mut nodes: Vec<Open> = Vec::new();
        let mut open_of: BTreeMap<usize, usize> = BTreeMap::new();
        for (bin, &of) in formulation.bins.iter().enumerate() {
            if let BinOf::Existing(node) = of {
                open_of.insert(node, nodes.len());
                let free = problem.bins[bin].room.to_vec();
                let price = problem.bins[bin].price;
                nodes.push(Open { id: nodes.len(), bin, price, contents: BTreeMap::new(), free });
            }
        }
        let mut state = Self { made: nodes.len(), nodes, loose: vec![0; problem.classes.len()] };
        for (class, part) in formulation.parts.iter().enumerate() {
            for unit in part.pods.chunks(part.unit) {
                let home = |&pod: &PodIndex| ground.node_of.get(pod).copied().flatten();
                let node = home(&unit[0]).filter(|&node| unit.iter().all(|pod| home(pod) == Some(node)));
                match node.and_then(|node| open_of.get(&node)) {
                    Some(&at) if problem.bins[state.nodes[at].bin].accepts.contains(class) => {
                        state.nodes[at].add(problem, class, 1);
                    }
                    _ => state.loose[class] += 1,
                }
            }
        }
        state
    }

    /// Pods that run where the problem would not put them.
    fn misplaced(&self, ground: &Ground<'_>, formulation: &Formulation) -> BTreeSet<PodIndex> {
        let runs = |pod: &&PodIndex| ground.node_of.get(**pod).copied().flatten().is_some();
        let loose = formulation.parts.iter().zip(&self.loose).filter(|(_, loose)| **loose > 0);
        loose.flat_map(|(part, _)| &part.pods).filter(runs).copied().collect()
    }

    /// Nodes that may go by their numbers, those with the most unused money first; alike ones in an order that
    /// does not depend on
    /// how they are numbered.
    fn by_waste(&self, formulation: &Formulation) -> Vec<usize> {
        let problem = &formulation.problem;
        let mut order: Vec<usize> =
            (0..self.nodes.len()).filter(|&at| !problem.bins[self.nodes[at].bin].stays).collect();
        order.sort_by_cached_key(|&at| {
            let (open, bin) = (&self.nodes[at], &problem.bins[self.nodes[at].bin]);
            let unused = |(&free, &room): (&i64, &i64)| {
                if room > 0 {
                    (i128::from(open.price) * i128::from(free.max(0)) / i128::from(room)) as i64
                } else {
                    open.price
                }
            };
            let waste = open.free.iter().zip(&bin.room).map(unused).min().unwrap_or(0);
            (Reverse(waste), bin.room.clone(), open.contents.clone(), at)
        });
        order.iter().map(|&at| self.nodes[at].id).collect()
    }

    /// Where the node of this number is now.
    fn position(&self, id: usize) -> Option<usize> {
        self.nodes.iter().position(|open| open.id == id)
    }

    /// Asks some nodes whether there is something better for their pods, and for pods without a place. Takes
    /// the answer when it is worth it.
    fn step(
        &mut self,
        ground: &Ground<'_>,
        formulation: &Formulation,
        set: &[usize],
        effort: &Effort<'_>,
    ) -> bool {
        let problem = &formulation.problem;
        let mut counts = self.loose.clone();
        set.iter()
            .flat_map(|&at| &self.nodes[at].contents)
            .for_each(|(&class, &count)| counts[class] += count);
        let classes: Vec<usize> = (0..counts.len()).filter(|&class| counts[class] > 0).collect();
        if classes.is_empty() && set.is_empty() {
            return false;
        }
        let small = Small::of(self, problem, set, &classes, &counts);
        let packing = solve::pack(&small.problem, effort).packing;
        let now: i64 = set.iter().map(|&at| self.nodes[at].price).sum();
        let then: i64 = packing.bins.iter().map(|packed| small.problem.bins[packed.bin].price).sum();
        let missing: u32 = packing.unplaced.iter().sum();
        let loose: u32 = self.loose.iter().sum();
        let is_worth_it = || {
            let kept =
                packing.bins.iter().filter(|packed| matches!(small.of[packed.bin], Target::Asked(_))).count();
            let moved: u32 = set.iter().map(|&at| self.leaving(at, &small, &classes, &packing)).sum();
            let price = &ground.input.policies.disruption;
            let disruption = i128::from(price.per_pod.nanos()) * i128::from(moved)
                + i128::from(price.per_node.nanos()) * (set.len() - kept) as i128;
            i128::from(now - then) * i128::from(price.horizon_hours.max(1)) > disruption
        };
        // Nobody who has a place loses it.
        let is_fair =
            classes.iter().zip(&packing.unplaced).all(|(&class, &missing)| missing <= self.loose[class]);
        let is_better = is_fair && (missing < loose || now > then && is_worth_it());
        if is_better {
            self.take(formulation, set, &small, &classes, &packing);
        }
        is_better
    }

    /// How many units a packing takes from one of the nodes asked.
    fn leaving(&self, at: usize, small: &Small, classes: &[usize], packing: &Packing) -> u32 {
        let before: u32 = self.nodes[at].contents.values().sum();
        let stay: u32 = packing
            .bins
            .iter()
            .filter(|packed| small.of[packed.bin] == Target::Asked(at))
            .flat_map(|packed| &packed.pods)
            .map(|&(class, count)| {
                count.min(self.nodes[at].contents.get(&classes[class]).copied().unwrap_or(0))
            })
            .sum();
        before - stay
    }

    fn take(
        &mut self,
        formulation: &Formulation,
        set: &[usize],
        small: &Small,
        classes: &[usize],
        packing: &Packing,
    ) {
        let problem = &formulation.problem;
        for (&class, &missing) in classes.iter().zip(&packing.unplaced) {
            self.loose[class] = missing;
        }
        let mut is_gone: Vec<bool> = vec![false; self.nodes.len()];
        for &at in set {
            is_gone[at] = true;
            let open = &mut self.nodes[at];
            open.contents.clear();
            open.free = problem.bins[open.bin].room.to_vec();
        }
        for packed in &packing.bins {
            let at = match small.of[packed.bin] {
                Target::Asked(at) | Target::Other(at) => at,
                Target::Bought(bin) => {
                    let free = problem.bins[bin].room.to_vec();
                    let price = formulation.relaxed.problem.bins[bin].price;
                    let contents = BTreeMap::new();
                    self.nodes.push(Open { id: self.made, bin, price, contents, free });
                    self.made += 1;
                    is_gone.push(false);
                    self.nodes.len() - 1
                }
            };
            is_gone[at] = false;
            packed.pods.iter().for_each(|&(class, count)| self.nodes[at].add(problem, classes[class], count));
        }
        let mut at = 0;
        self.nodes.retain(|_| {
            at += 1;
            !is_gone[at - 1]
        });
    }

    fn packing(&self) -> Packing {
        Packing {
            bins: self
                .nodes
                .iter()
                .map(|open| Packed {
                    bin: open.bin,
                    pods: open.contents.iter().map(|(&class, &count)| (class, count)).collect(),
                })
                .collect(),
            unplaced: self.loose.clone(),
        }
    }
}

impl Open {
    fn add(&mut self, problem: &Problem, class: usize, count: u32) {
        *self.contents.entry(class).or_default() += count;
        let need = &problem.classes[class].need;
        self.free.iter_mut().zip(need).for_each(|(free, need)| *free -= need * i64::from(count));
    }
}

/// What a bin of a small problem stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// One of the nodes asked.
    Asked(usize),
    /// Another node, with the room it has left.
    Other(usize),
    /// A new machine, by its bin in the whole problem.
    Bought(usize),
}

/// The problem of one step.
struct Small {
    problem: Problem,
    of: Vec<Target>,
}

impl Small {
    fn of(state: &State, whole: &Problem, set: &[usize], classes: &[usize], counts: &[u32]) -> Self {
        let mut small = Self {
            problem: Problem {
                resources: whole.resources,
                classes: classes
                    .iter()
                    .map(|&class| Class { need: whole.classes[class].need.clone(), count: counts[class] })
                    .collect(),
                ..Problem::default()
            },
            of: Vec::new(),
        };
        let number: BTreeMap<usize, usize> =
            classes.iter().enumerate().map(|(number, &class)| (class, number)).collect();
        let renumber = |classes: &BitSet| -> BitSet {
            classes.iter().filter_map(|class| number.get(&class).copied()).collect()
        };
        let is_asked: Vec<bool> = {
            let mut asked = vec![false; state.nodes.len()];
            set.iter().for_each(|&at| asked[at] = true);
            asked
        };
        let mut from: Vec<usize> = Vec::new();
        for (at, open) in state.nodes.iter().enumerate() {
            let bin = &whole.bins[open.bin];
            if is_asked[at] {
                small.problem.bins.push(Bin {
                    price: open.price,
                    supply: Some(1),
                    accepts: renumber(&bin.accepts),
                    ..bin.clone()
                });
                small.of.push(Target::Asked(at));
                from.push(open.bin);
                continue;
            }
            let accepts: BitSet = classes
                .iter()
                .enumerate()
                .filter(|&(_, &class)| bin.accepts.contains(class) && open.takes(whole, class))
                .map(|(number, _)| number)
                .collect();
            if accepts.is_empty() {
                continue;
            }
            let used_caps = whole.caps.iter().enumerate().filter_map(|(cap, one)| {
                let before = bin
                    .used_caps
                    .iter()
                    .filter(|&&(used, _)| used == cap)
                    .map(|&(_, count)| count)
                    .sum::<u32>();
                let inside: u32 = open
                    .contents
                    .iter()
                    .filter(|&(&class, _)| one.classes.contains(class))
                    .map(|(_, &count)| count)
                    .sum();
                Some((cap, before + inside)).filter(|&(_, count)| count > 0)
            });
            let used_caps = used_caps.collect();
            small.problem.bins.push(Bin {
                room: open.free.clone().into(),
                price: 0,
                supply: Some(1),
                stays: true,
                accepts,
                used_caps,
            });
            small.of.push(Target::Other(at));
            from.push(open.bin);
        }
        let ceiling: i64 = set.iter().map(|&at| state.nodes[at].price).sum();
        let waits = state.loose.iter().any(|&count| count > 0);
        for (at, bin) in whole.bins.iter().enumerate() {
            // A limited bin may be used up by now; a node that exists is among the open ones.
            let used =
                state.nodes.iter().filter(|open| bin.supply.is_some() && open.bin == at).count() as u32;
            let supply = bin.supply.map(|supply| supply.saturating_sub(used));
            if bin.supply == Some(1) && used > 0
                || supply == Some(0)
                || !waits && bin.price >= ceiling
                || bin.stays
            {
                continue;
            }
            let accepts = renumber(&bin.accepts);
            if !accepts.is_empty() {
                small.problem.bins.push(Bin { supply, accepts, ..bin.clone() });
                small.of.push(Target::Bought(at));
                from.push(at);
            }
        }
        small.problem.caps = whole
            .caps
            .iter()
            .map(|cap| solve::Cap { classes: renumber(&cap.classes), most: cap.most })
            .collect();
        small.problem.conflicts = whole
            .conflicts
            .iter()
            .map(|one| solve::Conflict { left: renumber(&one.left), right: renumber(&one.right) })
            .filter(|one| !one.left.is_empty() && !one.right.is_empty())
            .collect();
        small.problem.limits = whole
            .limits
            .iter()
            .map(|limit| {
                let others = state.nodes.iter().enumerate().filter(|(at, _)| !is_asked[*at]);
                let used: i64 = others.map(|(_, open)| limit.per_bin[open.bin]).sum();
                let counts = small.of.iter().zip(&from).map(|(of, &bin)| match of {
                    Target::Other(_) => 0,
                    _ => limit.per_bin[bin],
                });
                Limit { per_bin: counts.collect(), most: limit.most - used }
            })
            .collect();
        small
    }
}

impl Open {
    /// Whether one more of a class has room, beside what is in here.
    fn takes(&self, whole: &Problem, class: usize) -> bool {
        let need = &whole.classes[class].need;
        self.free.iter().zip(need).all(|(&free, &need)| need == 0 || need <= free)
            && whole.conflicts.iter().all(|conflict| {
                let meets = |own: &BitSet, other: &BitSet| {
                    own.contains(class)
                        && self.contents.keys().any(|&inside| inside != class && other.contains(inside))
                };
                !meets(&conflict.left, &conflict.right) && !meets(&conflict.right, &conflict.left)
            })
    }
}
