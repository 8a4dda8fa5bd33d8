//! A whole cluster, or chosen nodes of it, to a cheaper configuration; and its little sister, places for pods
//! that wait.

use std::collections::{BTreeMap, BTreeSet};

use crate::assemble::{assemble, certify};
use crate::formulate::{Formulation, Role, Scope};
use crate::ground::Ground;
use crate::layout::lay_out;
use crate::movable::{goes_with_node, node_obstacle};
use crate::plan::{Bound, NodeIndex, Plan, PodIndex};
use crate::reason::KeptReason;
use crate::solve::{self, Bin, Effort, LowerBound, Packing, Problem, Solution, Watch};

/// Of the time there is, the share that a bound of its own may take before the packing.
const TIME_FOR_BOUND: f64 = 0.4;

/// Of the time there is, the share after which it should be known whether everybody has a place.
const TIME_TO_SETTLE: f64 = 0.1;

/// Places for waiting pods: nodes that exist stay as they are and are filled first.
pub(crate) fn provision(ground: &Ground<'_>, effort: &Effort<'_>) -> Plan {
    let mut scope = Scope { buys_for_waiting: true, ..empty_scope(ground) };
    scope.demand.extend(ground.pending().chain(ground.placeholders.clone()));
    solve_scope(ground, &mut scope, effort)
}

/// Buys the cluster anew around what cannot be moved.
pub(crate) fn rebalance(ground: &Ground<'_>, nodes: Option<&[NodeIndex]>, effort: &Effort<'_>) -> Plan {
    let mut scope = scope_of(ground, nodes);
    let rebalanced = solve_scope(ground, &mut scope, effort);
    or_idle(ground, rebalanced, effort)
}

/// A plan, or the one that leaves everything as it is when that costs no more: whatever a search came up with,
/// doing nothing is always possible.
pub(crate) fn or_idle(ground: &Ground<'_>, plan: Plan, effort: &Effort<'_>) -> Plan {
    let mut idle = empty_scope(ground);
    idle.demand.extend(ground.placeholders.clone());
    let mut idle = solve_scope(ground, &mut idle, &Effort { quick: true, ..*effort });
    if idle.after > plan.after {
        return plan;
    }
    idle.bound = plan.bound;
    // It was not asked whether nodes could go, so that why they stay is what the other plan knows.
    let mut known = plan.kept.into_iter().map(|kept| (kept.node, kept.reasons)).collect::<BTreeMap<_, _>>();
    for kept in &mut idle.kept {
        kept.reasons = known.remove(&kept.node).unwrap_or_else(|| vec![KeptReason::Used]);
    }
    idle
}

/// Nothing moves; nodes that work take pods.
fn empty_scope(ground: &Ground<'_>) -> Scope {
    let role = |node| match node_obstacle(ground.input, node) {
        Some(KeptReason::NotReady) => Role::Closed,
        _ => Role::Stays,
    };
    Scope {
        demand: Vec::new(),
        nodes: (0..ground.input.cluster.nodes.len()).map(role).collect(),
        most_of_pool: vec![None; ground.input.templates.len()],
        buys_for_waiting: false,
        opened: BTreeSet::new(),
    }
}

/// Everything that may move on the nodes asked for.
pub(crate) fn scope_of(ground: &Ground<'_>, nodes: Option<&[NodeIndex]>) -> Scope {
    let mut scope = empty_scope(ground);
    let asked: Vec<NodeIndex> = nodes.map_or_else(|| (0..scope.nodes.len()).collect(), <[_]>::to_vec);
    for node in asked {
        if node_obstacle(ground.input, node).is_some() {
            continue;
        }
        scope.nodes[node] = Role::MayGo;
        let moves =
            |&pod: &PodIndex| !goes_with_node(&ground.pods[pod]) && ground.movability.obstacle(pod).is_none();
        scope.demand.extend(ground.pods_on[node].iter().copied().filter(moves));
    }
    scope.demand.extend(ground.placeholders.clone());
    scope.demand.sort_unstable();
    scope
}

/// Solves what a scope asks, and proves how good the answer is.
pub(crate) fn solve_scope(ground: &Ground<'_>, scope: &mut Scope, effort: &Effort<'_>) -> Plan {
    let whole = effort.watch.seconds_left();
    let settling = Reserved { watch: effort.watch, share: 1.0 - TIME_TO_SETTLE, whole };
    let quick = Effort { quick: true, watch: &settling, ..*effort };
    let mut formulation = settle(ground, scope, &quick);
    // Without rules between zones it is easier to find out what pods are worth: a bound, and where the packing
    // starts.
    let relaxed = &formulation.relaxed;
    let pricing = Reserved { watch: effort.watch, share: 1.0 - TIME_TO_SETTLE - TIME_FOR_BOUND, whole };
    let proven =
        (!relaxed.is_same).then(|| solve::bound(&relaxed.problem, &Effort { watch: &pricing, ..*effort }));
    let prices = proven.as_ref().map(|proven| formulation.prices(&proven.duals));
    let mut solution = solve::pack_at(&formulation.problem, prices.as_deref(), effort);
    let quick = Effort { quick: true, ..*effort };
    diversify(ground, scope, &mut formulation, &mut solution, &quick);
    if !ground.input.cluster.nodes.is_empty() {
        rest(&formulation.problem, &formulation.relaxed.problem, &mut solution.packing, effort);
    }
    let layout = lay_out(ground, &formulation, &solution.packing);
    let known = if formulation.relaxed.is_same { Some(&solution.bound) } else { proven.as_ref() };
    let bound = bound(ground, &mut formulation, &layout.unplaced, known, effort);
    let mut plan = assemble(ground, scope, &formulation, layout);
    plan.bound = bound;
    plan
}

/// The bound for everything of a formulation that has a place.
pub(crate) fn prove(
    ground: &Ground<'_>,
    formulation: &mut Formulation,
    unplaced: &[PodIndex],
    effort: &Effort<'_>,
) -> Bound {
    bound(ground, formulation, unplaced, None, effort)
}

/// Asks again as if the plan were carried out, until nothing cheaper is found: machines that are bought are
/// there then, those that go are not. Whoever asks about the new cluster is told that it is as it should be.
/// `real` has the same bins at their own prices.
fn rest(problem: &Problem, real: &Problem, packing: &mut Packing, effort: &Effort<'_>) {
    let missing = |packing: &Packing| packing.unplaced.iter().sum::<u32>();
    let is_paid = |bin: usize| !problem.bins[bin].stays;
    let price = |packing: &Packing| -> i64 {
        packing
            .bins
            .iter()
            .filter(|packed| is_paid(packed.bin))
            .map(|packed| real.bins[packed.bin].price)
            .sum()
    };
    let is_node = |&bin: &usize| problem.bins[bin].supply == Some(1) && is_paid(bin);
    let now: i64 = (0..problem.bins.len()).filter(is_node).map(|bin| real.bins[bin].price).sum();
    if price(packing) >= now {
        return;
    }
    let mut tries = 0;
    while tries < TRIES && effort.watch.seconds_left() > 0.0 {
        let (carried_out, of) = carried_out(problem, real, packing);
        let effort = Effort { seed: effort.seed.wrapping_add(tries), ..*effort };
        let mut next = solve::pack(&carried_out, &effort).packing;
        next.bins.iter_mut().for_each(|packed| packed.bin = of[packed.bin]);
        if missing(&next) <= missing(packing) && price(&next) < price(packing) {
            *packing = next;
            tries = 0;
        } else {
            tries += 1;
        }
    }
}

/// How often a search has to come back with nothing before that is taken for an answer.
const TRIES: u64 = 2;

/// The problem when a packing is carried out, and which bin each of its bins was: nodes that are left, nodes that
/// were bought, what is for sale.
fn carried_out(problem: &Problem, real: &Problem, packing: &Packing) -> (Problem, Vec<usize>) {
    let mut used: BTreeMap<usize, u32> = BTreeMap::new();
    packing.bins.iter().for_each(|packed| *used.entry(packed.bin).or_default() += 1);
    let used = |at: usize| used.get(&at).copied().unwrap_or(0);
    let (nodes, sold): (Vec<usize>, Vec<usize>) =
        (0..problem.bins.len()).partition(|&at| problem.bins[at].supply == Some(1));
    let mut next = Problem { bins: Vec::new(), ..problem.clone() };
    let mut of: Vec<usize> = nodes.into_iter().filter(|&at| problem.bins[at].stays || used(at) > 0).collect();
    next.bins.extend(of.iter().map(|&at| problem.bins[at].clone()));
    for &at in &sold {
        for _ in 0..used(at) {
            next.bins.push(Bin { supply: Some(1), price: real.bins[at].price, ..problem.bins[at].clone() });
            of.push(at);
        }
    }
    for &at in &sold {
        let supply = problem.bins[at].supply.map(|supply| supply.saturating_sub(used(at)));
        next.bins.push(Bin { supply, ..problem.bins[at].clone() });
        of.push(at);
    }
    for limit in &mut next.limits {
        limit.per_bin = of.iter().map(|&at| limit.per_bin[at]).collect();
    }
    (next, of)
}

/// Takes out of the scope what runs and would lose its place: it stays where it is. Opens later tiers for what
/// earlier ones have no machine left.
pub(crate) fn settle(ground: &Ground<'_>, scope: &mut Scope, quick: &Effort<'_>) -> Formulation {
    loop {
        let formulation = Formulation::new(ground, scope);
        let has_tiers = ground.candidates.iter().any(|one| one.tier > 0);
        let nobody_moves =
            ground.pods_on.iter().all(Vec::is_empty) || scope.nodes.iter().all(|&role| role != Role::MayGo);
        let is_safe = nobody_moves && !has_tiers;
        if is_safe {
            return formulation;
        }
        let packing = solve::pack(&formulation.problem, quick).packing;
        let layout = lay_out(ground, &formulation, &packing);
        // What no machine of its first tier is left for may have one of a later tier.
        let opened = scope.opened.len();
        if has_tiers {
            scope.opened.extend(layout.unplaced.iter().copied());
        }
        if scope.opened.len() > opened {
            continue;
        }
        let runs = |pod: &PodIndex| ground.node_of.get(*pod).copied().flatten().is_some();
        let lost: Vec<PodIndex> = layout.unplaced.into_iter().filter(runs).collect();
        if lost.is_empty() {
            return formulation;
        }
        scope.demand.retain(|pod| lost.binary_search(pod).is_err());
    }
}

/// Keeps spot machines of one plan from crowding into one pool, where a template asks for that.
fn diversify(
    ground: &Ground<'_>,
    scope: &mut Scope,
    formulation: &mut Formulation,
    solution: &mut Solution,
    effort: &Effort<'_>,
) {
    let templates = &ground.input.templates;
    for _ in 0..DIVERSITY_ROUNDS {
        let mut bought = vec![0_u32; templates.len()];
        let mut pools: BTreeMap<usize, u32> = BTreeMap::new();
        for packed in &solution.packing.bins {
            if let Some((candidate, template)) = formulation.candidate(ground, packed.bin) {
                bought[template] += 1;
                *pools.entry(candidate).or_default() += 1;
            }
        }
        let mut most: Vec<Option<u32>> = vec![None; templates.len()];
        let mut is_crowded = false;
        for (index, template) in templates.iter().enumerate() {
            let Some(percent) = template.spot.max_pool_percent else { continue };
            let allowed = (bought[index] * u32::from(percent.min(100))).div_ceil(100).max(1);
            most[index] = Some(allowed);
            is_crowded |= pools.iter().any(|(&candidate, &count)| {
                ground.candidates[candidate].template == index
                    && ground.sells_spot(candidate)
                    && count > allowed
            });
        }
        if !is_crowded {
            return;
        }
        scope.most_of_pool = most;
        *formulation = Formulation::new(ground, scope);
        solution.packing = solve::pack(&formulation.problem, effort).packing;
    }
}

/// How often the share of a pool is settled anew when its limit changes how many machines are bought.
const DIVERSITY_ROUNDS: usize = 3;

/// What no plan for the pods that have a place can be cheaper than.
fn bound(
    ground: &Ground<'_>,
    formulation: &mut Formulation,
    unplaced: &[PodIndex],
    known: Option<&LowerBound>,
    effort: &Effort<'_>,
) -> Bound {
    let takes_nobody =
        |class: usize| formulation.relaxed.problem.bins.iter().all(|bin| !bin.accepts.contains(class));
    let left_out: Vec<(usize, u32)> = (0..formulation.relaxed.pods.len())
        .filter(|&class| !takes_nobody(class))
        .map(|class| {
            let pods = &formulation.relaxed.pods[class];
            (class, pods.iter().filter(|pod| unplaced.binary_search(pod).is_ok()).count() as u32)
        })
        .filter(|&(_, count)| count > 0)
        .collect();
    if let Some(known) = known.filter(|_| left_out.is_empty()) {
        let relaxed = &formulation.relaxed;
        if !relaxed.is_same {
            return certify(ground, formulation, &relaxed.problem, &relaxed.pods, known);
        }
        let pods: Vec<Vec<PodIndex>> = formulation.parts.iter().map(|part| part.pods.clone()).collect();
        return certify(ground, formulation, &formulation.problem, &pods, known);
    }
    for (class, count) in left_out {
        let relaxed = &mut formulation.relaxed;
        relaxed.problem.classes[class].count -= count;
        relaxed.pods[class].retain(|pod| unplaced.binary_search(pod).is_err());
    }
    let bound = solve::bound(&formulation.relaxed.problem, effort);
    certify(ground, formulation, &formulation.relaxed.problem, &formulation.relaxed.pods, &bound)
}

/// A watch that keeps back a share of the whole time.
struct Reserved<'a> {
    watch: &'a dyn Watch,
    share: f64,
    whole: f64,
}

impl Watch for Reserved<'_> {
    fn seconds_left(&self) -> f64 {
        let left = self.watch.seconds_left();
        if self.whole.is_finite() { left - self.share * self.whole } else { left }
    }
}
