//! What is in the way of rebalancing a cluster, and what can be done with it.

use axum::extract::{Path, State};
use model::WorkloadKind;
use wire::rebalancing_readiness::{
    CostImpact, GetClusterSettingsResponse, GetClusterWorkloadsResponse, GetProblematicNodesResponse,
    GetProblematicWorkloadsQuery, GetProblematicWorkloadsResponse, GetRebalancedWorkloadsResponse,
    LabelSelector, NodeMigration, NodeSpecifications, NotReadyReason, ProblematicController, ProblematicNode,
    ProblematicPod, Workload, WorkloadIssue, WorkloadMigration, WorkloadNode,
};

use super::rebalancing_shape::narrow;
use crate::app::App;
use crate::app::rebalancing::readiness::{self, NodeReadiness, Table, WorkloadReadiness, is_overruled};
use crate::app::rebalancing::settings;
use crate::auth::principal::Principal;
use crate::http::api_router::{self, ApiRouter};
use crate::http::error::ApiResult;
use crate::http::extract::{Json, Query, id};
use crate::operation;

/// Percent of a cluster's cost from which on it is a medium, and a high impact that a workload has.
const MEDIUM_PERCENT: i32 = 10;
const HIGH_PERCENT: i32 = 33;
/// The version of the part of the server that empties nodes: its own.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, api_router::ApiError> {
    router
        .add(operation!(get_cluster_workloads))?
        .add(operation!(get_problematic_workloads))?
        .add(operation!(get_problematic_nodes))?
        .add(operation!(get_rebalanced_workloads))?
        .add(operation!(get_cluster_settings))
}

/// List what rebalancing can move
///
/// The cluster's workloads, each with whether its pods can be moved or why not, and with the nodes they are on.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters/{clusterId}/workloads",
    operation_id = "AutoscalerAPIGetClusterWorkloads", tag = "rebalancing",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    responses(
        (status = 200, description = "The workloads.", body = GetClusterWorkloadsResponse),
        (status = 404, description = "There is no such cluster."),
    ),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn get_cluster_workloads(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
) -> ApiResult<Json<GetClusterWorkloadsResponse>> {
    let cluster = id("cluster", &cluster)?;
    let table = readiness::table(&app, &principal, cluster).await?;
    let workloads = table.workloads.iter().map(|workload| to_workload(workload, &table)).collect();
    Ok(Json(GetClusterWorkloadsResponse { cluster_id: cluster.to_string(), workloads }))
}

/// List workloads that rebalancing has to leave
///
/// Pods that cannot be moved, by what made them, and why. Their nodes have to stay, too.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters/{clusterId}/problematic-workloads",
    operation_id = "AutoscalerAPIGetProblematicWorkloads", tag = "rebalancing",
    params(("clusterId" = String, Path, description = "The cluster's id."), GetProblematicWorkloadsQuery),
    responses(
        (status = 200, description = "The workloads.", body = GetProblematicWorkloadsResponse),
        (status = 404, description = "There is no such cluster."),
    ),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn get_problematic_workloads(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Query(query): Query<GetProblematicWorkloadsQuery>,
) -> ApiResult<Json<GetProblematicWorkloadsResponse>> {
    let cluster = id("cluster", &cluster)?;
    let aggressive = query.aggressive_mode == Some(true);
    let table = readiness::table(&app, &principal, cluster).await?;
    let (mut controllers, mut standalone_pods) = (Vec::new(), Vec::new());
    for workload in &table.workloads {
        let left = workload.issues.keys().filter(|obstacle| !(aggressive && is_overruled(obstacle)));
        let problems: Vec<String> = left.map(ToString::to_string).collect();
        let name = format!("{}/{}", workload.key.namespace, workload.key.name);
        match workload.key.kind {
            _ if problems.is_empty() => {}
            WorkloadKind::Pod => standalone_pods.push(ProblematicPod { name, problems }),
            ref kind => controllers.push(ProblematicController { kind: kind.to_string(), name, problems }),
        }
    }
    Ok(Json(GetProblematicWorkloadsResponse {
        cluster_id: cluster.to_string(),
        has_problems: !controllers.is_empty() || !standalone_pods.is_empty(),
        controllers,
        standalone_pods,
    }))
}

/// List nodes that rebalancing has to leave
///
/// Each with why: something about the node itself, or pods on it that cannot be moved.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters/{clusterId}/problematic-nodes",
    operation_id = "AutoscalerAPIGetProblematicNodes", tag = "rebalancing",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    responses(
        (status = 200, description = "The nodes.", body = GetProblematicNodesResponse),
        (status = 404, description = "There is no such cluster."),
    ),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn get_problematic_nodes(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
) -> ApiResult<Json<GetProblematicNodesResponse>> {
    let cluster = id("cluster", &cluster)?;
    let table = readiness::table(&app, &principal, cluster).await?;
    let stuck = table.nodes.into_iter().filter(|node| !node.problems.is_empty());
    let nodes: Vec<ProblematicNode> = stuck
        .map(|one| ProblematicNode {
            name: one.node.name.to_string(),
            node_id: one.node.id().to_string(),
            problems: one.problems,
        })
        .collect();
    Ok(Json(GetProblematicNodesResponse {
        cluster_id: cluster.to_string(),
        has_problems: !nodes.is_empty(),
        nodes,
    }))
}

/// Get what is being rebalanced
///
/// Whether a rebalancing plan is being executed, and selectors of the workloads whose pods it moves.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters/{clusterId}/rebalanced-workloads",
    operation_id = "AutoscalerAPIGetRebalancedWorkloads", tag = "rebalancing",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    responses(
        (status = 200, description = "The selectors.", body = GetRebalancedWorkloadsResponse),
        (status = 404, description = "There is no such cluster."),
    ),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn get_rebalanced_workloads(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
) -> ApiResult<Json<GetRebalancedWorkloadsResponse>> {
    let found = readiness::rebalanced(&app, &principal, id("cluster", &cluster)?).await?;
    let is_active = found.is_some();
    let selectors = found.into_iter().flatten();
    Ok(Json(GetRebalancedWorkloadsResponse {
        is_active,
        selectors: selectors
            .map(|labels| LabelSelector { match_expressions: None, match_labels: Some(labels) })
            .collect(),
    }))
}

/// Get what can be done with a cluster
///
/// What the server can do with it, and what it found in it. What is set for it is in its policies and node
/// templates.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters/{clusterId}/settings",
    operation_id = "AutoscalerAPIGetClusterSettings", tag = "rebalancing",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    responses(
        (status = 200, description = "What there is to say.", body = GetClusterSettingsResponse),
        (status = 404, description = "There is no such cluster."),
    ),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn get_cluster_settings(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
) -> ApiResult<Json<GetClusterSettingsResponse>> {
    let found = settings::get(&app, &principal, id("cluster", &cluster)?).await?;
    Ok(Json(GetClusterSettingsResponse {
        agent_version: found.agent_version,
        arm64_supported: found.arm64_supported,
        enable_default_node_template: found.default_template_enabled,
        evictor_max_target_nodes: None,
        evictor_version: VERSION.to_owned(),
        ip_threshold_subnet_spread: None,
        karpenter_installed: found.karpenter_installed,
        karpenter_version: None,
        price_threshold_zone_spread: None,
        // Nobody can tell the server of capacity paid for, and it buys Linux nodes only.
        reservations_enabled: false,
        windows_autoscaling_enabled: false,
    }))
}

fn to_workload(workload: &WorkloadReadiness, table: &Table) -> Workload {
    let issues = workload.issues.iter().map(|(obstacle, pods)| WorkloadIssue {
        description: match pods {
            1 => format!("1 pod: {obstacle}"),
            pods => format!("{pods} pods: {obstacle}"),
        },
        kind: obstacle.kind().to_owned(),
    });
    let level = match workload.kept_percent {
        HIGH_PERCENT.. => "high",
        MEDIUM_PERCENT.. => "medium",
        _ => "low",
    };
    Workload {
        cost_impact: CostImpact { level: level.to_owned(), value: workload.kept_percent },
        issues: issues.collect(),
        memory_mib: narrow(workload.requests.memory_bytes >> 20),
        milli_cpu: narrow(workload.requests.cpu_milli),
        name: workload.key.name.to_string(),
        namespace: workload.key.namespace.to_string(),
        nodes: workload.nodes.iter().map(|(&node, &pods)| to_node(&table.nodes[node], pods)).collect(),
        replicas: narrow(workload.pods.into()),
        resource: workload.key.kind.to_string(),
        status: WorkloadMigration { migration_status: word(workload.issues.is_empty()) },
    }
}

fn to_node(one: &NodeReadiness, workload_pods: u32) -> WorkloadNode {
    let node = &one.node;
    let reason = match one {
        NodeReadiness { is_being_replaced: true, .. } => NotReadyReason::AlreadyRebalancing,
        NodeReadiness { drain_failed: true, .. } => NotReadyReason::RebalancingNodeDrainFailed,
        NodeReadiness { stuck_pods: 1.., .. } => NotReadyReason::ProblematicWorkloads,
        _ => NotReadyReason::Invalid,
    };
    WorkloadNode {
        id: node.id().to_string(),
        name: node.name.to_string(),
        specs: NodeSpecifications {
            instance_type: node.instance_type.to_string(),
            memory_mib: narrow(node.capacity.memory_bytes >> 20),
            milli_cpu: narrow(node.capacity.cpu_milli),
        },
        status: NodeMigration { migration_status: word(one.is_ready()), reason },
        total_pods: narrow(one.pods.into()),
        total_problematic_pods: narrow(one.stuck_pods.into()),
        workload_replicas: narrow(workload_pods.into()),
    }
}

fn word(is_ready: bool) -> String {
    if is_ready { "ready" } else { "not-ready" }.to_owned()
}
