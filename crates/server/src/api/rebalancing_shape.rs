//! A rebalancing plan as the contract shows it.
//!
//! Prices are sums of nodes' prices and differences of those sums, exact; percentages are rounded here, once.

use model::{Lifecycle, Money, NodeId};
use store::RebalancingPlan;
use wire::proto::Decimal;
use wire::rebalancing_configurations::{
    AchievedTotals, Configuration, ConfigurationNode, Configurations, Difference, OperatingSystem,
    ProvisionedNode, Recommendations, Totals,
};
use wire::rebalancing_plans::{
    AggressiveModeConfig, CreateParams, DeleteParams, DrainParams, ExecutionConditions, PausedDrainConfig,
    PlanError, PlanErrorReason, PlanOperation, PlanOperationType, PlanStatus, PrepareParams,
    RebalancingPlan as WirePlan,
};

use crate::app::engine::rebalancing::record::{Achieved, Planned, PlannedNode, Problem, Step, StepKind};
use crate::app::engine::rebalancing::{Content, Request, content_of, request_of};
use crate::http::error::ApiResult;

/// Who makes the nodes that are bought here.
const OURS: &str = "castai";

/// How much of a plan is told.
#[derive(Clone, Copy, Debug)]
pub struct Detail {
    /// The nodes before and after.
    pub configurations: bool,
    /// What is done.
    pub operations: bool,
}

impl Detail {
    /// All of it.
    pub const ALL: Self = Self { configurations: true, operations: true };
}

/// This plan; `csp` is the cloud of its cluster.
///
/// # Errors
/// 500 when the store holds what is no plan.
pub fn to_wire(plan: &RebalancingPlan, csp: &str, detail: Detail) -> ApiResult<WirePlan> {
    let (request, content) = (request_of(plan)?, content_of(plan)?);
    let aggressive = request.move_local_storage && request.move_marked && request.move_naked;
    Ok(WirePlan {
        aggressive_mode: Some(aggressive),
        aggressive_mode_config: (!aggressive).then_some(AggressiveModeConfig {
            ignore_local_persistent_volumes: Some(request.move_local_storage),
            ignore_problem_job_pods: Some(true),
            ignore_problem_pods_without_controller: Some(request.move_naked),
            ignore_problem_removal_disabled_pods: Some(request.move_marked),
        }),
        cluster_id: plan.cluster_id.to_string(),
        configurations: match (detail.configurations, &content.planned) {
            (true, Some(planned)) => configurations(planned, &content, &request),
            _ => Configurations::default(),
        },
        created_at: plan.created_at,
        created_nodes_at: content.created_nodes_at,
        deleted_nodes_at: content.deleted_nodes_at,
        drained_nodes_at: content.drained_nodes_at,
        errors: content.errors.iter().map(error).collect(),
        evict_gracefully: request.keep_drain_timeout_nodes,
        execution_conditions: ExecutionConditions {
            achieved_savings_percentage: request
                .least_achieved_percent
                .and_then(|percent| i32::try_from(percent).ok()),
            enabled: Some(request.least_achieved_percent.is_some()),
        },
        finished_at: content.finished_at,
        generated_at: content.generated_at,
        keep_drain_timeout_nodes: Some(request.keep_drain_timeout_nodes),
        min_nodes: i32::try_from(request.min_nodes).unwrap_or(i32::MAX),
        operations: match detail.operations {
            true => content.steps.iter().map(|step| operation(step, &content, csp)).collect(),
            false => Vec::new(),
        },
        paused_drain_config: Some(PausedDrainConfig { enabled: Some(false), timeout_seconds: None }),
        rebalancing_node_ids: request.nodes.iter().map(ToString::to_string).collect(),
        rebalancing_plan_id: plan.id.to_string(),
        schedule_id: plan.schedule_id.map(|id| id.to_string()),
        status: PlanStatus::from(plan.status.as_str()),
        triggered_at: content.triggered_at,
        updated_at: plan.updated_at,
    })
}

fn configurations(planned: &Planned, content: &Content, request: &Request) -> Configurations {
    let is_asked = |node: &&PlannedNode| {
        request.nodes.is_empty() || request.nodes.contains(&node.id) || node.order.is_some()
    };
    let blue: Vec<&PlannedNode> = planned.blue.iter().filter(is_asked).collect();
    let green: Vec<&PlannedNode> = planned.green.iter().filter(is_asked).collect();
    let (all_blue, all_green) =
        (planned.blue.iter().collect::<Vec<_>>(), planned.green.iter().collect::<Vec<_>>());
    let base = Base { asked: price(&blue), cluster: price(&all_blue) };
    Configurations {
        achieved: content.achieved.map(|achieved| AchievedTotals {
            affected_node_totals: achieved_totals(&blue, &green, content, achieved),
            cluster_totals: achieved_totals(&all_blue, &all_green, content, achieved),
        }),
        achieved_diff: content.achieved.map(|achieved| base.difference(achieved.gone - achieved.came)),
        diff: Some(base.difference(base.asked - price(&green))),
        blue: Some(configuration(&blue, &all_blue, content)),
        green: Some(configuration(&green, &all_green, content)),
        recommendations: Some(Recommendations { applied: Some(false) }),
    }
}

/// What savings are shares of.
struct Base {
    /// What the nodes cost that the plan is about.
    asked: Money,
    /// What the cluster's nodes cost.
    cluster: Money,
}

impl Base {
    fn difference(&self, saved: Money) -> Difference {
        Difference {
            cluster_savings_percentage: percent(saved, self.cluster),
            price_hourly: saved,
            price_monthly: saved.per_month(),
            savings_percentage: percent(saved, self.asked),
        }
    }
}

/// The share of `part` in `whole` in percent; 0 of nothing.
fn percent(part: Money, whole: Money) -> Decimal {
    Decimal::ratio(part.nanos().saturating_mul(100), whole.nanos()).unwrap_or_default()
}

fn configuration(nodes: &[&PlannedNode], all: &[&PlannedNode], content: &Content) -> Configuration {
    Configuration {
        cluster_totals: totals(all),
        nodes: nodes.iter().map(|node| to_node(node, content)).collect(),
        totals: totals(nodes),
    }
}

fn price(nodes: &[&PlannedNode]) -> Money {
    nodes.iter().map(|node| node.price).sum()
}

fn totals(nodes: &[&PlannedNode]) -> Totals {
    let sum = |of: fn(&PlannedNode) -> i64| narrow(nodes.iter().map(|node| of(node)).sum());
    let price = price(nodes);
    Totals {
        memory_mib: sum(|node| node.memory_mib),
        migratable_pods: sum(|node| i64::from(node.pods.saturating_sub(node.problematic_pods))),
        milli_cpu: sum(|node| node.cpu_milli),
        nodes: narrow(nodes.len() as i64),
        pods: sum(|node| i64::from(node.pods)),
        price_hourly: price,
        price_monthly: price.per_month(),
        problematic_pods: sum(|node| i64::from(node.problematic_pods)),
        replaceable_nodes: sum(|node| i64::from(!node.stays && node.order.is_none())),
    }
}

/// The sums over what is there in the end: of the nodes before those that did not go, and those that came.
fn achieved_totals(
    blue: &[&PlannedNode],
    green: &[&PlannedNode],
    content: &Content,
    achieved: Achieved,
) -> Totals {
    let ended = |kind: StepKind, node: NodeId| {
        content.steps.iter().any(|step| step.kind == kind && step.node == node && step.is_done())
    };
    let left = blue.iter().filter(|node| !ended(StepKind::Delete, node.id)).map(|node| {
        // Of a node that stays as planned, what it holds afterwards is what the plan says.
        *green.iter().find(|after| after.id == node.id).unwrap_or(node)
    });
    let came = green.iter().filter(|node| node.order.is_some() && ended(StepKind::Create, node.id)).copied();
    let there: Vec<&PlannedNode> = left.chain(came).collect();
    let price_hourly = price(blue) - achieved.gone + achieved.came;
    Totals { price_hourly, price_monthly: price_hourly.per_month(), ..totals(&there) }
}

fn to_node(node: &PlannedNode, content: &Content) -> ConfigurationNode {
    let is_new = node.order.is_some();
    let created = content.steps.iter().find(|step| step.kind == StepKind::Create && step.node == node.id);
    let provisioned_at = created.filter(|step| step.is_done()).and_then(|step| step.finished_at);
    let template = node.template.as_deref().unwrap_or_default();
    ConfigurationNode {
        created_at: node.created_at,
        id: (!is_new || provisioned_at.is_some()).then(|| node.id.to_string()),
        instance_type: node.instance_type.to_string(),
        is_control_plane: node.is_control_plane,
        is_legacy: !is_new && !node.is_ours,
        is_spot: node.lifecycle == Lifecycle::Spot,
        is_spot_fallback: node.lifecycle == Lifecycle::SpotFallback,
        managed_by: if is_new || node.is_ours { OURS.to_owned() } else { template.to_owned() },
        memory_mib: narrow(node.memory_mib),
        milli_cpu: narrow(node.cpu_milli),
        name: node.name.as_deref().unwrap_or(template).to_owned(),
        os: operating_system(node),
        price_hourly: node.price,
        provisioned_node: provisioned_at.map(|created_at| ProvisionedNode {
            created_at,
            instance_type: node.instance_type.to_string(),
            is_spot: node.lifecycle == Lifecycle::Spot,
            is_spot_fallback: node.lifecycle == Lifecycle::SpotFallback,
            memory_mib: narrow(node.memory_mib),
            milli_cpu: narrow(node.cpu_milli),
            os: operating_system(node),
            price_hourly: node.price,
        }),
        total_pods: narrow(node.pods.into()),
        total_problematic_pods: narrow(node.problematic_pods.into()),
    }
}

fn operating_system(node: &PlannedNode) -> OperatingSystem {
    match &*node.operating_system {
        "linux" => OperatingSystem::Linux,
        "windows" => OperatingSystem::Windows,
        _ => OperatingSystem::Unknown,
    }
}

fn operation(step: &Step, content: &Content, csp: &str) -> PlanOperation {
    let planned = content.planned.iter().flat_map(|planned| planned.blue.iter().chain(&planned.green));
    let node = planned.into_iter().find(|node| node.id == step.node);
    let (csp, instance_type) =
        (csp.to_owned(), node.map_or_else(String::new, |node| node.instance_type.to_string()));
    let is = |lifecycle: Lifecycle| node.is_some_and(|node| node.lifecycle == lifecycle);
    let (is_spot, is_spot_fallback) = (is(Lifecycle::Spot), is(Lifecycle::SpotFallback));
    let (mut create_params, mut delete_params, mut drain_params, mut prepare_params) =
        (None, None, None, None);
    let r#type = match step.kind {
        StepKind::Create => {
            let order = step.request.as_ref();
            create_params = Some(CreateParams {
                az_name: order.and_then(|order| order.zone.as_deref()).map(str::to_owned),
                csp,
                instance_type,
                is_spot,
                is_spot_fallback,
                node_configuration_id: None,
                spot_reliability_score: None,
                subnet_id: order.and_then(|order| order.configuration.subnet.as_deref()).map(str::to_owned),
                volume_size_gib: order
                    .and_then(|order| order.configuration.disk.gib)
                    .and_then(|gib| i32::try_from(gib).ok()),
            });
            PlanOperationType::CreateNode
        }
        StepKind::Prepare => {
            prepare_params = Some(PrepareParams {
                csp,
                instance_type,
                is_spot,
                is_spot_fallback,
                spot_reliability_score: None,
            });
            PlanOperationType::PrepareNode
        }
        StepKind::Drain => {
            drain_params =
                Some(DrainParams { csp, drain_timeout: None, instance_type, is_spot, is_spot_fallback });
            PlanOperationType::DrainNode
        }
        StepKind::Delete => {
            delete_params = Some(DeleteParams { csp, instance_type, is_spot, is_spot_fallback });
            PlanOperationType::DeleteNode
        }
    };
    PlanOperation {
        create_params,
        created_at: step.created_at,
        delete_params,
        drain_params,
        error: step.error.clone(),
        finished_at: step.finished_at,
        id: step.id.to_string(),
        node_id: Some(step.node.to_string()),
        prepare_params,
        r#type,
    }
}

fn error(problem: &Problem) -> PlanError {
    PlanError {
        message: problem.message.clone(),
        node: problem.node.as_deref().map(str::to_owned),
        pod: None,
        reason: PlanErrorReason::from(problem.reason.as_str()),
    }
}

/// An amount as the contract has it: 32 bits.
pub(super) fn narrow(amount: i64) -> i32 {
    i32::try_from(amount).unwrap_or(if amount < 0 { i32::MIN } else { i32::MAX })
}
