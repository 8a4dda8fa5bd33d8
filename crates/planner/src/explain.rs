//! Why a node stays and where a pod could be: answers that are worked out only when they are asked for, or for
//! the nodes of a plan that stay.

use crate::assemble::{Cheapest, may_go};
use crate::formulate::{BinOf, Formulation, Scope};
use crate::ground::Ground;
use crate::layout::Layout;
use crate::movable::{goes_with_node, node_obstacle};
use crate::plan::{NodeIndex, Place, Plan, PodIndex};
use crate::reason::{KeptReason, PodObstacle, Refusal, WhyNot};
use crate::rules::Spot;
use crate::{PlanningInput, Verdict};
use model::Money;

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A node that exists.
    Node(NodeIndex),
    /// A pod.
    Pod(PodIndex),
}

/// Everything a plan has to say about one node or pod.
#[derive(Clone, Debug, PartialEq)]
pub enum Explanation {
    /// About a node.
    Node {
        /// It goes, and this much per hour with it; `None` when it stays.
        removed: Option<Money>,
        /// Why it stays: the first obstacle, and those behind it. Empty when it goes.
        reasons: Vec<KeptReason>,
    },
    /// About a pod.
    Pod {
        /// Where it will be, as an index into [`Plan::nodes`]; `None` for nowhere.
        to: Option<usize>,
        /// It changes its node.
        moves: bool,
        /// Why it cannot be moved, if so.
        obstacle: Option<PodObstacle>,
        /// Why it has no place, if so.
        verdict: Option<Verdict>,
        /// Whether each node that exists would take it now, as things are, in the order of the input.
        nodes: Vec<WhyNot>,
    },
}

/// Explains what a plan means for a node or a pod.
pub fn explain(input: &PlanningInput, plan: &Plan, subject: Subject) -> Explanation {
    match subject {
        Subject::Node(node) => Explanation::Node {
            removed: plan.removed.iter().find(|removed| removed.node == node).map(|removed| removed.price),
            reasons: plan
                .kept
                .iter()
                .filter(|kept| kept.node == node)
                .flat_map(|kept| kept.reasons.clone())
                .collect(),
        },
        Subject::Pod(pod) => {
            let ground = Ground::new(input);
            let to = plan.nodes.iter().position(|node| node.pods.contains(&pod));
            let home = ground.node_of.get(pod).copied().flatten();
            let moves =
                to.is_some_and(|to| home.is_some_and(|home| plan.nodes[to].place != Place::Existing(home)));
            let occupancy = ground.rules.occupancy();
            let class = ground.rules.class_of(pod);
            let nodes = (0..input.cluster.nodes.len()).map(|node| {
                let refusal = class.filter(|_| home != Some(node)).and_then(|class| {
                    let obstacle = occupancy.fits(class, occupancy.existing(node)).err()?;
                    Some(ground.rules.refusal(class, Spot::Existing(node), obstacle))
                });
                WhyNot { node, refusal }
            });
            Explanation::Pod {
                to,
                moves,
                obstacle: ground.movability.obstacle(pod).cloned(),
                verdict: plan.unplaced.iter().find(|one| one.pod == pod).map(|one| one.verdict.clone()),
                nodes: nodes.collect(),
            }
        }
    }
}

/// Why a node stays: the first obstacle, and those that stand behind it.
pub(crate) fn kept_reasons(
    ground: &Ground<'_>,
    scope: &Scope,
    offers: &Cheapest,
    formulation: &Formulation,
    layout: &Layout,
    node: NodeIndex,
) -> Vec<KeptReason> {
    let mut reasons: Vec<KeptReason> = node_obstacle(ground.input, node).into_iter().collect();
    if reasons.is_empty() && !may_go(scope, node) {
        reasons.push(KeptReason::NotAsked);
    }
    for &pod in &ground.pods_on[node] {
        if goes_with_node(&ground.pods[pod]) {
            continue;
        }
        match ground.movability.obstacle(pod) {
            Some(obstacle) => reasons.push(KeptReason::Pod { pod, obstacle: obstacle.clone() }),
            None if may_go(scope, node) && !scope.demand.contains(&pod) => {
                let refusal = nowhere_else(ground, pod, node);
                reasons.push(KeptReason::Pod { pod, obstacle: PodObstacle::NoOtherPlace(refusal) });
            }
            None => {}
        }
    }
    if reasons.is_empty() {
        reasons.push(economic(ground, offers, formulation, layout, node));
    }
    reasons
}

/// What the nearest other place refuses a pod for.
fn nowhere_else(ground: &Ground<'_>, pod: PodIndex, home: NodeIndex) -> Refusal {
    let fallback = || Refusal {
        rule: crate::Rule::InterPodAffinity,
        detail: "rules between pods leave no other place".into(),
    };
    let Some(class) = ground.rules.class_of(pod) else { return fallback() };
    let others = (0..ground.input.cluster.nodes.len()).filter(|&node| node != home).map(Spot::Existing);
    let all = others.chain((0..ground.candidates.len()).map(Spot::New));
    let mut last = None;
    for spot in all {
        match ground.rules.admits(class, spot) {
            Ok(()) => return fallback(),
            Err(obstacle) => last = Some(ground.rules.refusal(class, spot, obstacle)),
        }
    }
    last.unwrap_or_else(fallback)
}

/// What a node that could go is kept for.
fn economic(
    ground: &Ground<'_>,
    offers: &Cheapest,
    formulation: &Formulation,
    layout: &Layout,
    node: NodeIndex,
) -> KeptReason {
    let Some(laid) = layout.nodes.iter().find(|laid| laid.bin == BinOf::Existing(node)) else {
        return KeptReason::Used;
    };
    let own = ground.node_prices[node] + ground.input.policies.node_charge;
    let cheapest = offers.holding(&formulation.problem, &laid.contents).next();
    let price = cheapest.and_then(|bin| match formulation.bins[bin] {
        BinOf::New { candidate, .. } => Some(ground.candidates[candidate].price),
        BinOf::Existing(_) => None,
    });
    match price {
        Some(price) if price >= own && !laid.contents.is_empty() => KeptReason::NoCheaper { by: price - own },
        _ => KeptReason::Used,
    }
}
