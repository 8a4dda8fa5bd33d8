//! Cost reports of clusters.

use axum::extract::{Path, State};
use wire::allocation_group_costs::SortOrder;
use wire::cost_reports::{
    AggregateBy, ClusterCostQuery, ClusterCostReport, ClustersSummary, EfficiencyReport, NamespaceCostReport,
    PeriodQuery, WorkloadCostReport, WorkloadEfficiencyQuery, WorkloadEfficiencyReport,
};

use crate::app::{App, clusters, cost_reports};
use crate::auth::principal::Principal;
use crate::http::api_router::{ApiError as RouterError, ApiRouter};
use crate::http::error::ApiResult;
use crate::http::extract::{Json, Query, id};
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, RouterError> {
    router
        .add(operation!(cluster_cost))?
        .add(operation!(cluster_efficiency))?
        .add(operation!(workload_efficiency))?
        .add(operation!(workload_costs))?
        .add(operation!(namespace_costs))?
        .add(operation!(clusters_summary))
}

/// Cost of a cluster
///
/// What the cluster cost in each hour, day or month (UTC) of a period, by lifecycle and by resource, and
/// as a whole: average day, cost per CPU, forecast. Hours in which nothing was heard of the cluster are
/// not in it.
#[utoipa::path(
    get, path = "/v1/cost-reports/clusters/{clusterId}/cost", operation_id = "CostReportClusterCost", tag = "cost-reports",
    params(("clusterId" = String, Path, description = "The cluster's id."), ClusterCostQuery),
    responses((status = 200, description = "The report.", body = ClusterCostReport)),
    extensions(("x-permission" = json!("costs.read")))
)]
async fn cluster_cost(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Query(query): Query<ClusterCostQuery>,
) -> ApiResult<Json<ClusterCostReport>> {
    let cluster = clusters::get(&app, &principal, id("cluster", &cluster)?).await?;
    let range = cost_reports::range(query.start_time, query.end_time)?;
    let by = query.aggregate_by.unwrap_or(AggregateBy::Day);
    Ok(Json(cost_reports::cluster_cost(&app, &cluster, range, &by).await?))
}

/// Efficiency of a cluster
///
/// What the cluster's pods could have, requested and used over a period, what was wasted and what that
/// cost; and the same as it is now, with its age.
#[utoipa::path(
    get, path = "/v1/cost-reports/clusters/{clusterId}/efficiency", operation_id = "CostReportClusterEfficiency", tag = "cost-reports",
    params(("clusterId" = String, Path, description = "The cluster's id."), PeriodQuery),
    responses((status = 200, description = "The report.", body = EfficiencyReport)),
    extensions(("x-permission" = json!("costs.read")))
)]
async fn cluster_efficiency(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Query(query): Query<PeriodQuery>,
) -> ApiResult<Json<EfficiencyReport>> {
    let cluster = clusters::get(&app, &principal, id("cluster", &cluster)?).await?;
    let range = cost_reports::range(query.start_time, query.end_time)?;
    Ok(Json(cost_reports::efficiency(&app, &cluster, range).await?))
}

/// Efficiency of workloads
///
/// What each workload requested, used and wasted over a period, and what the waste cost; the most
/// wasteful first.
#[utoipa::path(
    get, path = "/v1/cost-reports/clusters/{clusterId}/workload-efficiency", operation_id = "CostReportWorkloadEfficiency", tag = "cost-reports",
    params(("clusterId" = String, Path, description = "The cluster's id."), WorkloadEfficiencyQuery),
    responses((status = 200, description = "The report.", body = WorkloadEfficiencyReport)),
    extensions(("x-permission" = json!("costs.read")))
)]
async fn workload_efficiency(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Query(query): Query<WorkloadEfficiencyQuery>,
) -> ApiResult<Json<WorkloadEfficiencyReport>> {
    let cluster = clusters::get(&app, &principal, id("cluster", &cluster)?).await?;
    let range = cost_reports::range(query.start_time, query.end_time)?;
    let ascending = matches!(query.sort_order, Some(SortOrder::Ascending | SortOrder::LowercaseAscending));
    Ok(Json(cost_reports::workload_efficiency(&app, &cluster, range, ascending).await?))
}

/// Cost of workloads
///
/// What each workload cost over a period: its share of each node it ran on. Workloads, `idle` and
/// `system` sum to the cluster exactly.
#[utoipa::path(
    get, path = "/v1/cost-reports/clusters/{clusterId}/workload-costs", operation_id = "CostReportWorkloadCosts", tag = "cost-reports",
    params(("clusterId" = String, Path, description = "The cluster's id."), PeriodQuery),
    responses((status = 200, description = "The report.", body = WorkloadCostReport)),
    extensions(("x-permission" = json!("costs.read")))
)]
async fn workload_costs(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Query(query): Query<PeriodQuery>,
) -> ApiResult<Json<WorkloadCostReport>> {
    let cluster = clusters::get(&app, &principal, id("cluster", &cluster)?).await?;
    let range = cost_reports::range(query.start_time, query.end_time)?;
    Ok(Json(cost_reports::workload_costs(&app, &cluster, range).await?))
}

/// Cost of namespaces
///
/// What each namespace cost over a period, and day by day. Namespaces, `idle` and `system` sum to the
/// cluster exactly.
#[utoipa::path(
    get, path = "/v1/cost-reports/clusters/{clusterId}/namespace-costs", operation_id = "CostReportNamespaceCosts", tag = "cost-reports",
    params(("clusterId" = String, Path, description = "The cluster's id."), PeriodQuery),
    responses((status = 200, description = "The report.", body = NamespaceCostReport)),
    extensions(("x-permission" = json!("costs.read")))
)]
async fn namespace_costs(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Query(query): Query<PeriodQuery>,
) -> ApiResult<Json<NamespaceCostReport>> {
    let cluster = clusters::get(&app, &principal, id("cluster", &cluster)?).await?;
    let range = cost_reports::range(query.start_time, query.end_time)?;
    Ok(Json(cost_reports::namespace_costs(&app, &cluster, range).await?))
}

/// All clusters at a glance
///
/// How many nodes each cluster of the organisation has now, by lifecycle and by who added them. Counts
/// are strings.
#[utoipa::path(
    get, path = "/v1/cost-reports/organization/clusters/summary", operation_id = "CostReportOrganizationClustersSummary", tag = "cost-reports",
    responses((status = 200, description = "The clusters, by name.", body = ClustersSummary)),
    extensions(("x-permission" = json!("costs.read")))
)]
async fn clusters_summary(State(app): State<App>, principal: Principal) -> ApiResult<Json<ClustersSummary>> {
    Ok(Json(cost_reports::clusters_summary(&app, &principal).await?))
}
