//! Rebalancing plans: asked for, listed, looked at, executed, cancelled.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::{ClusterId, RebalancingPlanId};
use store::Page;
use wire::page::PageQuery;
use wire::rebalancing_plans::{
    GenerateRebalancingPlanRequest, GenerateRebalancingPlanResponse, GetRebalancingPlanQuery,
    ListRebalancingPlansQuery, ListRebalancingPlansResponse, RebalancingPlan,
};

use super::rebalancing_shape::{Detail, to_wire};
use crate::app::rebalancing::plans;
use crate::app::{App, clusters, identity};
use crate::auth::principal::Principal;
use crate::http::api_router::{self, ApiRouter};
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::{Json, Query, id};
use crate::http::page;
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, api_router::ApiError> {
    router
        .add(operation!(list_rebalancing_plans))?
        .add(operation!(generate_rebalancing_plan))?
        .add(operation!(get_rebalancing_plan))?
        .add(operation!(execute_rebalancing_plan))?
        .add(operation!(cancel_rebalancing_plan))
}

/// List rebalancing plans
///
/// The cluster's plans, newest first. Without `limit`, all of them.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters/{clusterId}/rebalancing-plans",
    operation_id = "AutoscalerAPIListRebalancingPlans", tag = "rebalancing",
    params(("clusterId" = String, Path, description = "The cluster's id."), ListRebalancingPlansQuery),
    responses(
        (status = 200, description = "The plans.", body = ListRebalancingPlansResponse),
        (status = 400, description = "The limit or the cursor makes no sense."),
        (status = 404, description = "There is no such cluster."),
    ),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn list_rebalancing_plans(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Query(query): Query<ListRebalancingPlansQuery>,
) -> ApiResult<Json<ListRebalancingPlansResponse>> {
    let cluster = id("cluster", &cluster)?;
    let statuses = query.filter_statuses.unwrap_or_default();
    let statuses = statuses.iter().map(|status| status.as_str().to_owned()).collect();
    let page = page_of(query.limit.map(|limit| limit.0), query.cursor)?;
    let found = plans::list(&app, &principal, cluster, statuses, &page).await?;
    let csp = cloud(&app, &principal, cluster).await?;
    let detail = Detail {
        configurations: query.include_configurations == Some(true),
        operations: query.include_operations == Some(true),
    };
    Ok(Json(ListRebalancingPlansResponse {
        items: found.items.iter().map(|plan| to_wire(plan, &csp, detail)).collect::<ApiResult<_>>()?,
        next_cursor: found.next.map(|cursor| cursor.to_string()),
    }))
}

/// Generate a rebalancing plan
///
/// Has a cheaper configuration made for the cluster, or for the nodes named, and answers at once: ask for the plan
/// until it is no longer `generating`. Nothing is done to the cluster before the plan is executed.
#[utoipa::path(
    post, path = "/v1/kubernetes/clusters/{clusterId}/rebalancing-plans",
    operation_id = "AutoscalerAPIGenerateRebalancingPlan", tag = "rebalancing",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    request_body(content = GenerateRebalancingPlanRequest, example = json!({
        "minNodes": 3, "evictGracefully": true, "rebalancingNodes": [],
        "executionConditions": {"enabled": true, "achievedSavingsPercentage": 80}
    })),
    responses(
        (status = 202, description = "The plan's id.", body = GenerateRebalancingPlanResponse),
        (status = 400, description = "Something in it makes no sense, such as a node that is not there."),
        (status = 404, description = "There is no such cluster."),
        (status = 409, description = "The cluster was deleted."),
    ),
    extensions(("x-permission" = json!("nodes.write")))
)]
async fn generate_rebalancing_plan(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Json(body): Json<GenerateRebalancingPlanRequest>,
) -> ApiResult<(StatusCode, Json<GenerateRebalancingPlanResponse>)> {
    let plan = plans::generate(&app, &principal, id("cluster", &cluster)?, &body).await?;
    let answer = GenerateRebalancingPlanResponse { rebalancing_plan_id: plan.id.to_string() };
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

/// Get a rebalancing plan
///
/// How far it is and, when asked for, the nodes before and after with what they cost, and what is done.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters/{clusterId}/rebalancing-plans/{rebalancingPlanId}",
    operation_id = "AutoscalerAPIGetRebalancingPlan", tag = "rebalancing",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("rebalancingPlanId" = String, Path, description = "The plan's id."),
        GetRebalancingPlanQuery,
    ),
    responses(
        (status = 200, description = "The plan.", body = RebalancingPlan),
        (status = 404, description = "There is no such cluster or plan."),
    ),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn get_rebalancing_plan(
    State(app): State<App>,
    principal: Principal,
    Path(path): Path<(String, String)>,
    Query(query): Query<GetRebalancingPlanQuery>,
) -> ApiResult<Json<RebalancingPlan>> {
    let (cluster, plan) = ids(&path)?;
    let plan = plans::get(&app, &principal, cluster, plan).await?;
    let detail = Detail {
        configurations: query.include_configurations == Some(true),
        operations: query.include_operations == Some(true),
    };
    to_wire(&plan, &cloud(&app, &principal, cluster).await?, detail).map(Json)
}

/// Execute a rebalancing plan
///
/// Buys the new nodes, moves the pods onto them and gives the old nodes back; ask for the plan to see how far it
/// is. A plan that the cluster has outgrown is refused, and so is any while the cluster is read-only.
#[utoipa::path(
    post, path = "/v1/kubernetes/clusters/{clusterId}/rebalancing-plans/{rebalancingPlanId}/execute",
    operation_id = "AutoscalerAPIExecuteRebalancingPlan", tag = "rebalancing",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("rebalancingPlanId" = String, Path, description = "The plan's id."),
    ),
    responses(
        (status = 202, description = "The plan, which is being executed.", body = RebalancingPlan),
        (status = 404, description = "There is no such cluster or plan."),
        (status = 409, description = "The plan is not `generated`, or holds no longer; another one is being \
            executed; or the cluster is read-only. The message says which, and what to do."),
    ),
    extensions(("x-permission" = json!("nodes.write")))
)]
async fn execute_rebalancing_plan(
    State(app): State<App>,
    principal: Principal,
    Path(path): Path<(String, String)>,
) -> ApiResult<(StatusCode, Json<RebalancingPlan>)> {
    let (cluster, plan) = ids(&path)?;
    let plan = plans::execute(&app, &principal, cluster, plan).await?;
    let csp = cloud(&app, &principal, cluster).await?;
    Ok((StatusCode::ACCEPTED, Json(to_wire(&plan, &csp, Detail::ALL)?)))
}

/// Cancel a rebalancing plan
///
/// An addition to the contract. A plan that is not executed yet can no longer be. Of one that is, as long as no
/// pods leave nodes, what was bought is given back and closed nodes take pods again. It ends as `error`, and
/// `errors` says by whom it was cancelled.
#[utoipa::path(
    post, path = "/v1/kubernetes/clusters/{clusterId}/rebalancing-plans/{rebalancingPlanId}/cancel",
    operation_id = "CancelRebalancingPlan", tag = "rebalancing",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("rebalancingPlanId" = String, Path, description = "The plan's id."),
    ),
    responses(
        (status = 202, description = "The plan.", body = RebalancingPlan),
        (status = 404, description = "There is no such cluster or plan."),
        (status = 409, description = "It has ended, or pods are leaving nodes already."),
    ),
    extensions(("x-permission" = json!("nodes.write")))
)]
async fn cancel_rebalancing_plan(
    State(app): State<App>,
    principal: Principal,
    Path(path): Path<(String, String)>,
) -> ApiResult<(StatusCode, Json<RebalancingPlan>)> {
    let (cluster, plan) = ids(&path)?;
    let plan = plans::cancel(&app, &principal, cluster, plan).await?;
    let csp = cloud(&app, &principal, cluster).await?;
    Ok((StatusCode::ACCEPTED, Json(to_wire(&plan, &csp, Detail::ALL)?)))
}

fn ids((cluster, plan): &(String, String)) -> ApiResult<(ClusterId, RebalancingPlanId)> {
    Ok((id("cluster", cluster)?, id("rebalancing plan", plan)?))
}

/// The page asked for under names without a prefix.
fn page_of(limit: Option<i64>, cursor: Option<String>) -> ApiResult<Page> {
    let limit = match limit {
        None => None,
        Some(limit @ 1..) => Some(u32::try_from(limit).unwrap_or(u32::MAX)),
        Some(_) => return Err(ApiError::field("limit", "must be at least 1")),
    };
    page::stored(PageQuery { limit, cursor: cursor.filter(|text| !text.is_empty()) })
}

/// Who runs the cluster's machines.
async fn cloud(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<String> {
    Ok(identity::cloud_of(&clusters::get(app, principal, id).await?).to_string())
}
