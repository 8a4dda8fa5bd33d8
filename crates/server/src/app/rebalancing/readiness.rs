//! What is in the way of rebalancing: which workloads can be moved and which nodes replaced, and why others not.
//!
//! Marks, owners and budgets decide it here, as they do for the planner ([`planner::readiness`]); whether pods
//! would fit elsewhere is not asked, since only a plan knows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cloud::PriceBook;
use cluster::ClusterState;
use model::{ClusterId, Money, Node, NodeId, PodPhase, Resources, Timestamp, WorkloadKey, WorkloadKind};
use planner::{OwnedNode, Picture, PlanningInput, PodObstacle, Policies, Readiness, Standing};

use super::progress;
use crate::app::{App, clusters, prices};
use crate::auth::principal::Principal;
use crate::cost::now::price_query;
use crate::http::error::ApiResult;

/// The annotation of nodes that a rebalancing could not drain, and its value.
const DRAIN_STATUS: (&str, &str) = ("rebalancing.cast.ai/status", "drain-failed");
/// Labels that controllers add to pods of one generation.
const OF_A_GENERATION: [&str; 2] = ["pod-template-hash", "controller-revision-hash"];

/// Workloads and nodes of a cluster, and what is in their way.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// By namespace, kind and name.
    pub workloads: Vec<WorkloadReadiness>,
    /// By name.
    pub nodes: Vec<NodeReadiness>,
}

/// A workload, and whether its pods can be moved.
#[derive(Clone, Debug)]
pub struct WorkloadReadiness {
    /// Which.
    pub key: WorkloadKey,
    /// Its pods that have not finished.
    pub pods: u32,
    /// What they request together.
    pub requests: Resources,
    /// What is in the way, and of how many pods.
    pub issues: BTreeMap<PodObstacle, u32>,
    /// The nodes that its pods are on, as indexes into [`Table::nodes`], with how many.
    pub nodes: BTreeMap<usize, u32>,
    /// Percent of what the cluster's nodes cost that the nodes cost which it keeps.
    pub kept_percent: i32,
}

/// A node, and whether it can be replaced.
#[derive(Clone, Debug)]
pub struct NodeReadiness {
    /// Which.
    pub node: Arc<Node>,
    /// Pods on it that do not simply go with it.
    pub pods: u32,
    /// Those of them that cannot be moved.
    pub stuck_pods: u32,
    /// Why it has to stay, a sentence for each reason; empty when it can be replaced.
    pub problems: Vec<String>,
    /// Whether a plan that is being executed replaces it.
    pub is_being_replaced: bool,
    /// Whether a rebalancing could not drain it before.
    pub drain_failed: bool,
}

impl NodeReadiness {
    /// Whether a plan may replace it now.
    pub fn is_ready(&self) -> bool {
        self.problems.is_empty() && !self.is_being_replaced && !self.drain_failed
    }
}

/// Whether aggressive mode moves a pod in spite of this.
pub fn is_overruled(obstacle: &PodObstacle) -> bool {
    match obstacle {
        PodObstacle::Naked
        | PodObstacle::EmptyDir
        | PodObstacle::HostPath
        | PodObstacle::DoNotDisrupt
        | PodObstacle::NotSafeToEvict
        | PodObstacle::RemovalDisabled => true,
        PodObstacle::Static
        | PodObstacle::BudgetForbids { .. }
        | PodObstacle::BudgetSpent { .. }
        | PodObstacle::TwoBudgets
        | PodObstacle::NoOtherPlace(_) => false,
    }
}

/// What is in the way of rebalancing the cluster. Before its first snapshot the table is empty.
///
/// # Errors
/// 404 when the cluster does not exist for the caller.
pub async fn table(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<Table> {
    let cluster = clusters::get(app, principal, id).await?;
    let book = prices::book(app, cluster.organization_id).await?;
    let replaced = progress::nodes_being_replaced(app, &cluster).await?;
    let now = app.clock.now();
    let table = app.live.read(app, cluster.organization_id, id, |state| look(state, &book, &replaced, now));
    Ok(table.await?.unwrap_or_default())
}

/// Selectors of the workloads with pods on nodes that are being replaced; `None` while no plan is executed.
///
/// # Errors
/// 404 when the cluster does not exist for the caller.
pub async fn rebalanced(
    app: &App,
    principal: &Principal,
    id: ClusterId,
) -> ApiResult<Option<Vec<BTreeMap<String, String>>>> {
    let cluster = clusters::get(app, principal, id).await?;
    if progress::executing(app, &cluster).await?.is_empty() {
        return Ok(None);
    }
    let replaced = progress::nodes_being_replaced(app, &cluster).await?;
    let selectors = app.live.read(app, cluster.organization_id, id, |state| selectors(state, &replaced));
    Ok(Some(selectors.await?.unwrap_or_default()))
}

fn look(state: &ClusterState, book: &PriceBook, replaced: &BTreeSet<NodeId>, now: Timestamp) -> Table {
    let input = input(state, book, now);
    let readiness = planner::readiness(&input);
    let nodes = nodes(&input, &readiness, replaced);
    let by_name: BTreeMap<&str, usize> =
        nodes.iter().enumerate().map(|(index, one)| (&*one.node.name, index)).collect();
    let total: Money = input.cluster.nodes.iter().map(|owned| owned.price).sum();
    let prices: BTreeMap<&str, Money> =
        input.cluster.nodes.iter().map(|owned| (&*owned.node.name, owned.price)).collect();

    let mut workloads: BTreeMap<WorkloadKey, WorkloadReadiness> = BTreeMap::new();
    let mut kept: BTreeMap<WorkloadKey, BTreeSet<&str>> = BTreeMap::new();
    for (pod, standing) in input.cluster.pods.iter().zip(&readiness.pods) {
        let key = state.workload_of(pod);
        let comes_with_node = matches!(key.kind, WorkloadKind::DaemonSet | WorkloadKind::Node);
        if comes_with_node || pod.is_finished() || pod.is_terminating() {
            continue;
        }
        let workload = workloads.entry(key.clone()).or_insert_with(|| WorkloadReadiness {
            key: key.clone(),
            pods: 0,
            requests: Resources::default(),
            issues: BTreeMap::new(),
            nodes: BTreeMap::new(),
            kept_percent: 0,
        });
        workload.pods += 1;
        workload.requests += &pod.spec.requests;
        let node = pod.node.as_deref();
        if let Some(index) = node.and_then(|name| by_name.get(name)) {
            *workload.nodes.entry(*index).or_default() += 1;
        }
        if let Standing::Stuck(obstacle) = standing {
            *workload.issues.entry(obstacle.clone()).or_default() += 1;
            kept.entry(key).or_default().extend(node);
        }
    }
    for (key, names) in kept {
        if let Some(workload) = workloads.get_mut(&key) {
            let price: Money = names.iter().filter_map(|name| prices.get(name).copied()).sum();
            workload.kept_percent = percent(price, total);
        }
    }
    Table { workloads: workloads.into_values().collect(), nodes }
}

/// The cluster as far as movability goes: nothing is for sale.
fn input(state: &ClusterState, book: &PriceBook, now: Timestamp) -> PlanningInput {
    let mut nodes: Vec<OwnedNode> = state
        .nodes()
        .map(|node| OwnedNode {
            node: Arc::clone(node),
            price: book.price(&price_query(node)).per_hour,
            template: None,
        })
        .collect();
    nodes.sort_by(|a, b| a.node.name.cmp(&b.node.name));
    let mut pods: Vec<_> = state.pods().cloned().collect();
    pods.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    PlanningInput {
        cluster: Picture {
            nodes,
            pods,
            budgets: state.disruption_budgets().cloned().collect(),
            ..Picture::default()
        },
        offers: Vec::new(),
        templates: Vec::new(),
        policies: Policies::default(),
        commitments: Vec::new(),
        now,
    }
}

fn nodes(input: &PlanningInput, readiness: &Readiness, replaced: &BTreeSet<NodeId>) -> Vec<NodeReadiness> {
    let mut nodes: Vec<NodeReadiness> = input
        .cluster
        .nodes
        .iter()
        .zip(&readiness.nodes)
        .map(|(owned, keeps)| NodeReadiness {
            node: Arc::clone(&owned.node),
            pods: 0,
            stuck_pods: 0,
            problems: keeps.iter().map(|reason| reason.sentence(input)).collect(),
            is_being_replaced: replaced.contains(&owned.node.id()),
            drain_failed: owned.node.annotations.get(DRAIN_STATUS.0) == Some(DRAIN_STATUS.1),
        })
        .collect();
    let by_name: BTreeMap<Arc<str>, usize> =
        nodes.iter().enumerate().map(|(index, one)| (Arc::clone(&one.node.name), index)).collect();
    for (pod, standing) in input.cluster.pods.iter().zip(&readiness.pods) {
        let occupied = pod.node.as_ref().filter(|_| pod.is_occupying());
        let Some(node) = occupied.and_then(|name| by_name.get(name)).map(|&index| &mut nodes[index]) else {
            continue;
        };
        node.pods += u32::from(*standing != Standing::GoesWithNode);
        if let Standing::Stuck(obstacle) = standing {
            node.stuck_pods += 1;
            node.problems.push(format!("pod {}/{}: {obstacle}", pod.namespace, pod.name));
        }
    }
    nodes
}

/// The labels that all running pods of each workload with pods on these nodes have in common.
fn selectors(state: &ClusterState, nodes: &BTreeSet<NodeId>) -> Vec<BTreeMap<String, String>> {
    let names: BTreeSet<&str> =
        state.nodes().filter(|node| nodes.contains(&node.id())).map(|node| &*node.name).collect();
    let is_there = |pod: &model::Pod| pod.node.as_deref().is_some_and(|node| names.contains(node));
    let mut selectors = Vec::new();
    for (key, mut pods) in state.pods_by_workload() {
        pods.retain(|pod| matches!(pod.phase, PodPhase::Running | PodPhase::Pending));
        let goes_with_node = matches!(key.kind, WorkloadKind::DaemonSet | WorkloadKind::Node);
        if goes_with_node || !pods.iter().any(|pod| is_there(pod)) {
            continue;
        }
        let Some((first, others)) = pods.split_first() else { continue };
        let common = first.labels.iter().filter(|(name, value)| {
            !OF_A_GENERATION.contains(name) && others.iter().all(|pod| pod.labels.get(name) == Some(*value))
        });
        let common: BTreeMap<String, String> =
            common.map(|(name, value)| (name.to_string(), value.to_string())).collect();
        if !common.is_empty() {
            selectors.push(common);
        }
    }
    selectors
}

/// The share of `part` in `whole`, in whole percent.
fn percent(part: Money, whole: Money) -> i32 {
    match whole.nanos() {
        0 => 0,
        whole => i32::try_from(i128::from(part.nanos()) * 100 / i128::from(whole)).unwrap_or(i32::MAX),
    }
}
