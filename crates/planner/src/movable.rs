//! Which pods may be moved and which nodes may go, as far as that is a matter of marks, owners and
//! budgets. Whether a pod would fit elsewhere is not asked here.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{DisruptionBudget, DisruptionLimit, Pod, PodAmount, PodPhase, WorkloadKind};

use crate::plan::{NodeIndex, PodIndex};
use crate::reason::{KeptReason, PodObstacle};
use crate::{Picture, PlanningInput, Policies};

/// The node label and annotation by which people keep a node.
const KEEP_NODE: [(&str, &str); 2] =
    [("autoscaling.cast.ai/removal-disabled", "true"), ("karpenter.sh/do-not-disrupt", "true")];

/// What is in the way of moving pods, found once for an input.
#[derive(Debug)]
pub(crate) struct Movability {
    /// By pod.
    obstacles: Vec<Option<PodObstacle>>,
    /// By pod, the one budget that counts it.
    budget_of: Vec<Option<usize>>,
}

impl Movability {
    pub(crate) fn of(input: &PlanningInput) -> Self {
        let cluster = &input.cluster;
        let (budget_of, several) = budgets_of_pods(cluster);
        let obstacles = cluster
            .pods
            .iter()
            .enumerate()
            .map(|(index, pod)| {
                standing(pod, &input.policies).or_else(|| {
                    if several[index] {
                        return Some(PodObstacle::TwoBudgets);
                    }
                    budget_of[index].and_then(|budget: usize| refuses(&cluster.budgets[budget], pod))
                })
            })
            .collect();
        Self { obstacles, budget_of }
    }

    /// What is in the way of moving a pod.
    pub(crate) fn obstacle(&self, pod: PodIndex) -> Option<&PodObstacle> {
        self.obstacles[pod].as_ref()
    }

    /// The budget that counts a pod, as an index into [`Picture::budgets`].
    pub(crate) fn budget(&self, pod: PodIndex) -> Option<usize> {
        self.budget_of[pod]
    }
}

/// Made by a DaemonSet: it comes and goes with its node, so that nobody moves it.
pub(crate) fn is_daemon(pod: &Pod) -> bool {
    pod.owner.as_ref().is_some_and(|owner| owner.kind == WorkloadKind::DaemonSet)
}

/// Tied to its node in a way that ends with the node and is nobody's loss.
pub fn goes_with_node(pod: &Pod) -> bool {
    pod.is_static || is_daemon(pod) || pod.is_terminating()
}

/// Obstacles that stand in the pod itself.
fn standing(pod: &Pod, policies: &Policies) -> Option<PodObstacle> {
    if pod.is_static {
        return Some(PodObstacle::Static);
    }
    if !policies.move_marked && pod.keep.do_not_disrupt {
        return Some(PodObstacle::DoNotDisrupt);
    }
    if !policies.move_marked && pod.keep.not_safe_to_evict {
        return Some(PodObstacle::NotSafeToEvict);
    }
    if !policies.move_marked && pod.keep.removal_disabled {
        return Some(PodObstacle::RemovalDisabled);
    }
    if !policies.move_naked && pod.owner.is_none() {
        return Some(PodObstacle::Naked);
    }
    if !policies.move_local_storage && pod.spec.host_path {
        return Some(PodObstacle::HostPath);
    }
    (!policies.move_local_storage && pod.spec.empty_dir).then_some(PodObstacle::EmptyDir)
}

/// For each pod the first budget that selects it, and whether there is another.
fn budgets_of_pods(cluster: &Picture) -> (Vec<Option<usize>>, Vec<bool>) {
    let mut by_namespace: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, budget) in cluster.budgets.iter().enumerate() {
        by_namespace.entry(&budget.namespace).or_default().push(index);
    }
    let mut first = vec![None; cluster.pods.len()];
    let mut several = vec![false; cluster.pods.len()];
    for (index, pod) in cluster.pods.iter().enumerate() {
        for &budget in by_namespace.get(&*pod.namespace).into_iter().flatten() {
            let selector = cluster.budgets[budget].selector.as_ref();
            if selector.is_some_and(|selector| selector.matches(&pod.labels)) {
                several[index] = first[index].is_some();
                first[index] = first[index].or(Some(budget));
            }
        }
    }
    (first, several)
}

/// Whether the eviction of a pod would be refused for its budget, as the API server decides it: a pod that
/// does not run yet is let go, and one that is not ready where that takes nothing from the budget.
fn refuses(budget: &DisruptionBudget, pod: &Pod) -> Option<PodObstacle> {
    if pod.phase == PodPhase::Pending {
        return None;
    }
    let enough = budget.current_healthy >= budget.desired_healthy && budget.desired_healthy > 0;
    if !pod.ready && (budget.evict_unready_always || enough) {
        return None;
    }
    if budget.disruptions_allowed > 0 {
        return None;
    }
    let name: Arc<str> = format!("{}/{}", budget.namespace, budget.name).into();
    let forbids = match budget.limit {
        Some(DisruptionLimit::MaxUnavailable(PodAmount::Count(most) | PodAmount::Percent(most))) => most <= 0,
        Some(DisruptionLimit::MinAvailable(PodAmount::Percent(least))) => least >= 100,
        Some(DisruptionLimit::MinAvailable(PodAmount::Count(least))) => least >= budget.expected_pods,
        None => false,
    };
    Some(if forbids {
        PodObstacle::BudgetForbids { budget: name }
    } else {
        PodObstacle::BudgetSpent {
            budget: name,
            healthy: budget.current_healthy,
            desired: budget.desired_healthy,
        }
    })
}

/// Why a node is not to be touched, whatever is on it.
pub(crate) fn node_obstacle(input: &PlanningInput, index: NodeIndex) -> Option<KeptReason> {
    let node = &input.cluster.nodes[index].node;
    let marked = |(name, value): &(&str, &str)| {
        let is_set = |text: Option<&str>| text.is_some_and(|text| text.eq_ignore_ascii_case(value));
        is_set(node.labels.get(name)) || is_set(node.annotations.get(name))
    };
    if let Some((mark, _)) = KEEP_NODE.iter().find(|mark| marked(mark)) {
        return Some(KeptReason::Marked { mark: (*mark).into() });
    }
    if node.is_control_plane() {
        return Some(KeptReason::ControlPlane);
    }
    if !node.is_ready() {
        return Some(KeptReason::NotReady);
    }
    let (seconds, least) =
        (input.now.duration_since(node.created_at).as_secs(), input.policies.min_node_age_seconds);
    (least > 0 && seconds < least).then_some(KeptReason::TooYoung { seconds, least })
}
