//! Rebalancing jobs: the schedules that a cluster follows.

use axum::extract::{Path, State};
use model::{ClusterId, RebalancingJobId, RebalancingScheduleId};
use wire::proto::Empty;
use wire::rebalancing_schedules::{
    JobStatus, ListRebalancingJobsQuery, ListRebalancingJobsResponse, RebalancingJob,
};

use crate::app::App;
use crate::app::schedules::jobs::{self, JobChange, JobView};
use crate::auth::principal::Principal;
use crate::http::api_router::{self, ApiRouter};
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::{Json, Query, id};
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, api_router::ApiError> {
    router
        .add(operation!(list_rebalancing_jobs))?
        .add(operation!(create_rebalancing_job))?
        .add(operation!(get_rebalancing_job))?
        .add(operation!(update_rebalancing_job))?
        .add(operation!(delete_rebalancing_job))
}

/// List rebalancing jobs
///
/// The schedules that the cluster follows, a job for each.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters/{clusterId}/rebalancing-jobs",
    operation_id = "ScheduledRebalancingAPIListRebalancingJobs", tag = "rebalancing-schedules",
    params(("clusterId" = String, Path, description = "The cluster's id."), ListRebalancingJobsQuery),
    responses(
        (status = 200, description = "The jobs.", body = ListRebalancingJobsResponse),
        (status = 404, description = "There is no such cluster."),
    ),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn list_rebalancing_jobs(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Query(query): Query<ListRebalancingJobsQuery>,
) -> ApiResult<Json<ListRebalancingJobsResponse>> {
    let cluster = id("cluster", &cluster)?;
    let schedule = schedule_id(query.rebalancing_schedule_id.as_deref())?;
    let found = jobs::list(&app, &principal, cluster, schedule).await?;
    Ok(Json(ListRebalancingJobsResponse { jobs: found.into_iter().map(to_wire).collect() }))
}

/// Create a rebalancing job
///
/// The cluster follows the schedule from now on, unless `enabled` is false. Status, plan and times are
/// told, not set.
#[utoipa::path(
    post, path = "/v1/kubernetes/clusters/{clusterId}/rebalancing-jobs",
    operation_id = "ScheduledRebalancingAPICreateRebalancingJob", tag = "rebalancing-schedules",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    request_body(content = RebalancingJob, example = json!({
        "rebalancingScheduleId": "5f0c2f0e-0d55-4b8e-a8a5-2a1b6d3d9c01", "enabled": true
    })),
    responses(
        (status = 200, description = "The job.", body = RebalancingJob),
        (status = 400, description = "There is no such schedule."),
        (status = 404, description = "There is no such cluster."),
        (status = 409, description = "The cluster follows the schedule already, or was deleted."),
    ),
    extensions(("x-permission" = json!("nodes.write")))
)]
async fn create_rebalancing_job(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Json(body): Json<RebalancingJob>,
) -> ApiResult<Json<RebalancingJob>> {
    let cluster: ClusterId = id("cluster", &cluster)?;
    let named = body.cluster_id.as_deref().filter(|text| !text.is_empty());
    if named.is_some_and(|named| named.parse() != Ok(cluster)) {
        return Err(ApiError::field("clusterId", format!("must be {cluster}, as in the path, or absent")));
    }
    let schedule = schedule_id(Some(&body.rebalancing_schedule_id))?.ok_or_else(jobs::no_schedule)?;
    let enabled = body.enabled.unwrap_or(true);
    jobs::create(&app, &principal, cluster, schedule, enabled).await.map(to_wire).map(Json)
}

/// Get a rebalancing job
///
/// The job, with how far its last rebalancing is and when it is due next.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters/{clusterId}/rebalancing-jobs/{id}",
    operation_id = "ScheduledRebalancingAPIGetRebalancingJob", tag = "rebalancing-schedules",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("id" = String, Path, description = "The job's id."),
    ),
    responses(
        (status = 200, description = "The job.", body = RebalancingJob),
        (status = 404, description = "There is no such cluster or job."),
    ),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn get_rebalancing_job(
    State(app): State<App>,
    principal: Principal,
    Path(path): Path<(String, String)>,
) -> ApiResult<Json<RebalancingJob>> {
    let (cluster, id) = ids(&path)?;
    jobs::get(&app, &principal, cluster, id).await.map(to_wire).map(Json)
}

/// Update a rebalancing job
///
/// Has the cluster follow the schedule or not, or another one. What is absent or empty stays as it is. One
/// that is enabled anew is due the next time, not for the times in between.
#[utoipa::path(
    put, path = "/v1/kubernetes/clusters/{clusterId}/rebalancing-jobs/{id}",
    operation_id = "ScheduledRebalancingAPIUpdateRebalancingJob", tag = "rebalancing-schedules",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("id" = String, Path, description = "The job's id."),
    ),
    request_body(content = RebalancingJob, example = json!({"rebalancingScheduleId": "", "enabled": false})),
    responses(
        (status = 200, description = "The job.", body = RebalancingJob),
        (status = 400, description = "There is no such schedule."),
        (status = 404, description = "There is no such cluster or job."),
        (status = 409, description = "The cluster follows the schedule already, or was deleted."),
    ),
    extensions(("x-permission" = json!("nodes.write")))
)]
async fn update_rebalancing_job(
    State(app): State<App>,
    principal: Principal,
    Path(path): Path<(String, String)>,
    Json(body): Json<RebalancingJob>,
) -> ApiResult<Json<RebalancingJob>> {
    let (cluster, id) = ids(&path)?;
    let change =
        JobChange { enabled: body.enabled, schedule: schedule_id(Some(&body.rebalancing_schedule_id))? };
    jobs::update(&app, &principal, cluster, id, &change).await.map(to_wire).map(Json)
}

/// Delete a rebalancing job
///
/// The cluster no longer follows the schedule. A rebalancing that has begun goes on.
#[utoipa::path(
    delete, path = "/v1/kubernetes/clusters/{clusterId}/rebalancing-jobs/{id}",
    operation_id = "ScheduledRebalancingAPIDeleteRebalancingJob", tag = "rebalancing-schedules",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("id" = String, Path, description = "The job's id."),
    ),
    responses(
        (status = 200, description = "It is gone.", body = Empty),
        (status = 404, description = "There is no such cluster or job."),
    ),
    extensions(("x-permission" = json!("nodes.write")))
)]
async fn delete_rebalancing_job(
    State(app): State<App>,
    principal: Principal,
    Path(path): Path<(String, String)>,
) -> ApiResult<Json<Empty>> {
    let (cluster, id) = ids(&path)?;
    jobs::delete(&app, &principal, cluster, id).await?;
    Ok(Json(Empty {}))
}

fn ids((cluster, job): &(String, String)) -> ApiResult<(ClusterId, RebalancingJobId)> {
    Ok((id("cluster", cluster)?, id("rebalancing job", job)?))
}

/// A schedule named outside the path; an empty text names none.
fn schedule_id(text: Option<&str>) -> ApiResult<Option<RebalancingScheduleId>> {
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| text.parse().map_err(|_| jobs::no_schedule())).transpose()
}

/// A job as it is shown.
pub(super) fn to_wire(view: JobView) -> RebalancingJob {
    let JobView { job, next_trigger_at } = view;
    RebalancingJob {
        cluster_id: Some(job.cluster_id.to_string()),
        enabled: Some(job.enabled),
        id: Some(job.id.to_string()),
        last_trigger_at: job.last_trigger_at,
        next_trigger_at,
        rebalancing_plan_id: Some(job.plan_id).filter(|id| !id.is_empty()),
        rebalancing_schedule_id: job.schedule_id.to_string(),
        status: Some(JobStatus::from(job.status.as_str())),
    }
}
