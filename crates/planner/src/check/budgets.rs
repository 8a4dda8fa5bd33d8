//! What may be moved, and how many pods of a budget at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{DisruptionBudget, DisruptionLimit, Pod, PodAmount, PodPhase};

use super::violation::Violation;
use super::world::selects;
use crate::plan::NodeIndex;
use crate::reason::{KeptReason, PodObstacle};
use crate::{Plan, PlanningInput};

/// Moves of pods that must be left, removals of nodes that must be left, and waves that are too large.
pub(super) fn judge(input: &PlanningInput, plan: &Plan, found: &mut Vec<Violation>) {
    let mut moved = BTreeMap::<(usize, u32), i64>::new();
    for one in &plan.moves {
        let pod = &input.cluster.pods[one.pod];
        let budgets = budgets_of(input, pod);
        if let Some(obstacle) = obstacle(input, pod, &budgets) {
            found.push(Violation::Unmovable { pod: one.pod, obstacle });
        }
        for (index, budget) in budgets {
            if counts(budget, pod) {
                *moved.entry((index, one.wave)).or_default() += 1;
            }
        }
    }
    for ((budget, wave), moved) in moved {
        let budget = &input.cluster.budgets[budget];
        let allowed = i64::from(budget.disruptions_allowed);
        if moved > allowed {
            found.push(Violation::BudgetExceeded { budget: name(budget), wave, moved, allowed });
        }
    }
    for removed in &plan.removed {
        if let Some(reason) = node_obstacle(input, removed.node) {
            found.push(Violation::NodeKept { node: removed.node, reason });
        }
    }
    if let Some(allowed) = input.policies.max_drained_at_once {
        let goes: BTreeSet<NodeIndex> = plan.removed.iter().map(|removed| removed.node).collect();
        let mut drained = BTreeMap::<u32, BTreeSet<NodeIndex>>::new();
        for one in plan.moves.iter().filter(|one| goes.contains(&one.from)) {
            drained.entry(one.wave).or_default().insert(one.from);
        }
        for (wave, nodes) in drained {
            if nodes.len() > allowed as usize {
                found.push(Violation::DrainedAtOnce { wave, nodes: nodes.len(), allowed });
            }
        }
    }
}

fn name(budget: &DisruptionBudget) -> Arc<str> {
    format!("{}/{}", budget.namespace, budget.name).into()
}

fn budgets_of<'a>(input: &'a PlanningInput, pod: &Pod) -> Vec<(usize, &'a DisruptionBudget)> {
    let selected = |budget: &DisruptionBudget| {
        budget.namespace == pod.namespace
            && budget.selector.as_ref().is_some_and(|selector| selects(selector, &pod.labels))
    };
    let budgets = input.cluster.budgets.iter().enumerate();
    budgets.map(|(index, budget)| (index, &**budget)).filter(|(_, budget)| selected(budget)).collect()
}

/// Whether the eviction of the pod is taken from the budget. A pod that does not run yet is not counted, nor
/// one that is not ready where the budget lets such pods go.
fn counts(budget: &DisruptionBudget, pod: &Pod) -> bool {
    let healthy = budget.desired_healthy > 0 && budget.current_healthy >= budget.desired_healthy;
    pod.phase != PodPhase::Pending && (pod.ready || !(budget.evict_unready_always || healthy))
}

/// Why a pod must be left where it is; see [`PodObstacle`].
fn obstacle(input: &PlanningInput, pod: &Pod, budgets: &[(usize, &DisruptionBudget)]) -> Option<PodObstacle> {
    let policies = &input.policies;
    let (local, marked, naked) = (!policies.move_local_storage, !policies.move_marked, !policies.move_naked);
    let standing = [
        (pod.is_static, PodObstacle::Static),
        (marked && pod.keep.do_not_disrupt, PodObstacle::DoNotDisrupt),
        (marked && pod.keep.not_safe_to_evict, PodObstacle::NotSafeToEvict),
        (marked && pod.keep.removal_disabled, PodObstacle::RemovalDisabled),
        (naked && pod.owner.is_none(), PodObstacle::Naked),
        (local && pod.spec.host_path, PodObstacle::HostPath),
        (local && pod.spec.empty_dir, PodObstacle::EmptyDir),
        (budgets.len() > 1, PodObstacle::TwoBudgets),
    ];
    if let Some((_, obstacle)) = standing.into_iter().find(|(holds, _)| *holds) {
        return Some(obstacle);
    }
    let &(_, budget) = budgets.first()?;
    if !counts(budget, pod) || budget.disruptions_allowed > 0 {
        return None;
    }
    let never = match budget.limit? {
        DisruptionLimit::MaxUnavailable(PodAmount::Count(most) | PodAmount::Percent(most)) => most <= 0,
        DisruptionLimit::MinAvailable(PodAmount::Percent(least)) => least >= 100,
        DisruptionLimit::MinAvailable(PodAmount::Count(least)) => least >= budget.expected_pods,
    };
    Some(if never {
        PodObstacle::BudgetForbids { budget: name(budget) }
    } else {
        PodObstacle::BudgetSpent {
            budget: name(budget),
            healthy: budget.current_healthy,
            desired: budget.desired_healthy,
        }
    })
}

/// Why a node must be left alone, whatever is on it.
fn node_obstacle(input: &PlanningInput, node: NodeIndex) -> Option<KeptReason> {
    let node = &input.cluster.nodes[node].node;
    for mark in ["autoscaling.cast.ai/removal-disabled", "karpenter.sh/do-not-disrupt"] {
        let values = [node.labels.get(mark), node.annotations.get(mark)];
        if values.into_iter().flatten().any(|value| value.eq_ignore_ascii_case("true")) {
            return Some(KeptReason::Marked { mark: mark.into() });
        }
    }
    if node.is_control_plane() {
        return Some(KeptReason::ControlPlane);
    }
    if !node.is_ready() {
        return Some(KeptReason::NotReady);
    }
    let seconds = (input.now.as_nanosecond() - node.created_at.as_nanosecond()) / 1_000_000_000;
    let least = input.policies.min_node_age_seconds;
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    (seconds < least).then_some(KeptReason::TooYoung { seconds, least })
}
