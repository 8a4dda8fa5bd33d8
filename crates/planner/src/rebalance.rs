//! A whole cluster, or chosen nodes of it, to a cheaper configuration; and its little sister, places for pods
//! that wait.

use std::collections::BTreeMap;

use crate::assemble::{assemble, certify};
use crate::formulate::{Formulation, Role, Scope};
use crate::ground::Ground;
use crate::layout::lay_out;
use crate::movable::{goes_with_node, node_obstacle};
use crate::plan::{Bound, NodeIndex, Plan, PodIndex};
use crate::reason::KeptReason;
use crate::solve::{self, Effort, LowerBound, Solution, Watch};

/// Of the time there is, the share that is kept for the bound where it needs work of its own.
const TIME_FOR_BOUND: f64 = 0.3;

/// Places for waiting pods: nodes that exist stay as they are and are filled first.
pub(crate) fn provision(ground: &Ground<'_>, effort: &Effort<'_>) -> Plan {
    let mut scope = empty_scope(ground);
    scope.demand.extend(ground.pending().chain(ground.placeholders.clone()));
    solve_scope(ground, &mut scope, effort)
}

/// Buys the cluster anew around what cannot be moved.
pub(crate) fn rebalance(ground: &Ground<'_>, nodes: Option<&[NodeIndex]>, effort: &Effort<'_>) -> Plan {
    let mut scope = scope_of(ground, nodes);
    let rebalanced = solve_scope(ground, &mut scope, effort);
    // Whatever the search came up with, doing no more than placing what waits is always possible.
    let quick = Effort { quick: true, ..*effort };
    let mut provisioned = provision(ground, &quick);
    if provisioned.unplaced.len() > rebalanced.unplaced.len() || provisioned.after > rebalanced.after {
        return rebalanced;
    }
    provisioned.bound = rebalanced.bound;
    // It was not asked whether nodes could go, so that why they stay is what the other plan knows.
    let mut known =
        rebalanced.kept.into_iter().map(|kept| (kept.node, kept.reasons)).collect::<BTreeMap<_, _>>();
    for kept in &mut provisioned.kept {
        kept.reasons = known.remove(&kept.node).unwrap_or_else(|| vec![KeptReason::Used]);
    }
    provisioned
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
        open_tier: 0,
    }
}

/// Everything that may move on the nodes asked for, and everything that waits.
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
    scope.demand.extend(ground.pending().chain(ground.placeholders.clone()));
    scope.demand.sort_unstable();
    scope
}

/// Solves what a scope asks, and proves how good the answer is.
pub(crate) fn solve_scope(ground: &Ground<'_>, scope: &mut Scope, effort: &Effort<'_>) -> Plan {
    let quick = Effort { quick: true, ..*effort };
    let mut formulation = settle(ground, scope, &quick);
    let reserved =
        Reserved { watch: effort.watch, share: TIME_FOR_BOUND, whole: effort.watch.seconds_left() };
    let own_time = Effort { watch: &reserved, ..*effort };
    let pack_effort = if formulation.relaxed.is_same { effort } else { &own_time };
    let mut solution = solve::pack(&formulation.problem, pack_effort);
    diversify(ground, scope, &mut formulation, &mut solution, &quick);
    let layout = lay_out(ground, &formulation, &solution.packing);
    let bound = bound(ground, &mut formulation, &layout.unplaced, Some(&solution.bound), effort);
    let mut plan = assemble(ground, scope, &formulation, layout);
    plan.bound = bound;
    plan
}

/// The problem of a scope in which every pod that runs could find a place somewhere.
pub(crate) fn place_all(ground: &Ground<'_>, scope: &mut Scope, quick: &Effort<'_>) -> Formulation {
    settle(ground, scope, quick)
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

/// Takes out of the scope what runs and would lose its place: it stays where it is. Opens later tiers for what
/// earlier ones have no machine left.
fn settle(ground: &Ground<'_>, scope: &mut Scope, quick: &Effort<'_>) -> Formulation {
    loop {
        let formulation = Formulation::new(ground, scope);
        let is_safe =
            ground.pods_on.iter().all(Vec::is_empty) || scope.nodes.iter().all(|&role| role != Role::MayGo);
        if is_safe {
            return formulation;
        }
        let packing = solve::pack(&formulation.problem, quick).packing;
        let layout = lay_out(ground, &formulation, &packing);
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
    if let Some(known) = known.filter(|_| formulation.relaxed.is_same && left_out.is_empty()) {
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
