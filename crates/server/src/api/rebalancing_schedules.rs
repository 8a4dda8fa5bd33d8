//! Rebalancing schedules of an organisation, and what one would do to a cluster.

use axum::extract::{Path, State};
use wire::proto::Empty;
use wire::rebalancing_schedules::{
    ListRebalancingSchedulesResponse, ListTimeZonesResponse, Node, PreviewRebalancingScheduleResponse,
    RebalancingSchedule, RebalancingScheduleUpdate, TimeZone, UpdateRebalancingScheduleQuery,
};

use crate::api::rebalancing_jobs;
use crate::app::schedules::jobs::JobView;
use crate::app::schedules::{Definition, ScheduleView, preview, zones};
use crate::app::{App, schedules};
use crate::auth::principal::Principal;
use crate::http::api_router::{self, ApiRouter};
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::{Json, Query, id};
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, api_router::ApiError> {
    router
        .add(operation!(list_rebalancing_schedules))?
        .add(operation!(create_rebalancing_schedule))?
        .add(operation!(update_rebalancing_schedule))?
        .add(operation!(get_rebalancing_schedule))?
        .add(operation!(delete_rebalancing_schedule))?
        .add(operation!(preview_rebalancing_schedule))?
        .add(operation!(list_time_zones))
}

/// List rebalancing schedules
///
/// All schedules of the organisation, by name, each with the clusters that follow it.
#[utoipa::path(
    get, path = "/v1/rebalancing-schedules",
    operation_id = "ScheduledRebalancingAPIListRebalancingSchedules", tag = "rebalancing-schedules",
    responses((status = 200, description = "The schedules.", body = ListRebalancingSchedulesResponse)),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn list_rebalancing_schedules(
    State(app): State<App>,
    principal: Principal,
) -> ApiResult<Json<ListRebalancingSchedulesResponse>> {
    let found = schedules::list(&app, &principal).await?;
    Ok(Json(ListRebalancingSchedulesResponse { schedules: found.into_iter().map(to_wire).collect() }))
}

/// Create a rebalancing schedule
///
/// No cluster is rebalanced before it follows the schedule: create a rebalancing job for it.
#[utoipa::path(
    post, path = "/v1/rebalancing-schedules",
    operation_id = "ScheduledRebalancingAPICreateRebalancingSchedule", tag = "rebalancing-schedules",
    request_body(content = RebalancingSchedule, example = json!({
        "name": "nightly", "schedule": {"cron": "CRON_TZ=Europe/Berlin 0 3 * * *"},
        "triggerConditions": {"savingsPercentage": 15},
        "launchConfiguration": {
            "numTargetedNodes": 10, "nodeTtlSeconds": 86400,
            "targetNodeSelectionAlgorithm": "TargetNodeSelectionAlgorithmUtilizedPrice",
            "rebalancingOptions": {"minNodes": 2, "keepDrainTimeoutNodes": true},
        },
    })),
    responses(
        (status = 200, description = "The schedule.", body = RebalancingSchedule),
        (status = 400, description = "Something in it makes no sense."),
        (status = 409, description = "There is one of this name."),
    ),
    extensions(("x-permission" = json!("nodes.write")))
)]
async fn create_rebalancing_schedule(
    State(app): State<App>,
    principal: Principal,
    Json(body): Json<RebalancingSchedule>,
) -> ApiResult<Json<RebalancingSchedule>> {
    let definition = Definition {
        schedule: body.schedule,
        trigger_conditions: body.trigger_conditions,
        launch_configuration: body.launch_configuration,
    };
    schedules::create(&app, &principal, &body.name, definition).await.map(to_wire).map(Json)
}

/// Update a rebalancing schedule
///
/// Parts that are absent stay; a part that is there replaces the one before whole. Clusters that follow
/// the schedule do so in its new form from now on.
#[utoipa::path(
    put, path = "/v1/rebalancing-schedules",
    operation_id = "ScheduledRebalancingAPIUpdateRebalancingSchedule", tag = "rebalancing-schedules",
    params(UpdateRebalancingScheduleQuery),
    request_body(content = RebalancingScheduleUpdate, example = json!({"schedule": {"cron": "@weekly"}})),
    responses(
        (status = 200, description = "The schedule.", body = RebalancingSchedule),
        (status = 400, description = "Something in it makes no sense, or no id is given."),
        (status = 404, description = "There is no such schedule."),
        (status = 409, description = "Another one has the name."),
    ),
    extensions(("x-permission" = json!("nodes.write")))
)]
async fn update_rebalancing_schedule(
    State(app): State<App>,
    principal: Principal,
    Query(query): Query<UpdateRebalancingScheduleQuery>,
    Json(body): Json<RebalancingScheduleUpdate>,
) -> ApiResult<Json<RebalancingSchedule>> {
    let given = query.id.filter(|text| !text.is_empty());
    let given = given.ok_or_else(|| ApiError::field("id", "must be in the query: the schedule's id"))?;
    let id = id("rebalancing schedule", &given)?;
    schedules::update(&app, &principal, id, &body).await.map(to_wire).map(Json)
}

/// Get a rebalancing schedule
///
/// The schedule with the clusters that follow it.
#[utoipa::path(
    get, path = "/v1/rebalancing-schedules/{id}",
    operation_id = "ScheduledRebalancingAPIGetRebalancingSchedule", tag = "rebalancing-schedules",
    params(("id" = String, Path, description = "The schedule's id.")),
    responses(
        (status = 200, description = "The schedule.", body = RebalancingSchedule),
        (status = 404, description = "There is no such schedule."),
    ),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn get_rebalancing_schedule(
    State(app): State<App>,
    principal: Principal,
    Path(schedule): Path<String>,
) -> ApiResult<Json<RebalancingSchedule>> {
    let id = id("rebalancing schedule", &schedule)?;
    schedules::get(&app, &principal, id).await.map(to_wire).map(Json)
}

/// Delete a rebalancing schedule
///
/// While clusters follow it, it stays: they would cease to be rebalanced without anybody being told.
/// Delete their jobs first. Clusters that were deleted do not count.
#[utoipa::path(
    delete, path = "/v1/rebalancing-schedules/{id}",
    operation_id = "ScheduledRebalancingAPIDeleteRebalancingSchedule", tag = "rebalancing-schedules",
    params(("id" = String, Path, description = "The schedule's id.")),
    responses(
        (status = 200, description = "It is gone.", body = Empty),
        (status = 404, description = "There is no such schedule."),
        (status = 409, description = "Clusters follow it."),
    ),
    extensions(("x-permission" = json!("nodes.write")))
)]
async fn delete_rebalancing_schedule(
    State(app): State<App>,
    principal: Principal,
    Path(schedule): Path<String>,
) -> ApiResult<Json<Empty>> {
    schedules::delete(&app, &principal, id("rebalancing schedule", &schedule)?).await?;
    Ok(Json(Empty {}))
}

/// Preview a rebalancing schedule
///
/// Which of the cluster's nodes the schedule would rebalance now, first those that it takes first, and
/// the next times at which it is due. Nothing is kept, and nothing is done; it is for those who may have it done.
#[utoipa::path(
    post, path = "/v1/kubernetes/clusters/{clusterId}/rebalancing-schedule-preview",
    operation_id = "ScheduledRebalancingAPIPreviewRebalancingSchedule", tag = "rebalancing-schedules",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    request_body(content = RebalancingScheduleUpdate, example = json!({
        "schedule": {"cron": "CRON_TZ=Europe/Berlin 0 3 * * *"},
        "launchConfiguration": {"numTargetedNodes": 10, "nodeTtlSeconds": 86400},
    })),
    responses(
        (status = 200, description = "What it would do.", body = PreviewRebalancingScheduleResponse),
        (status = 400, description = "Something in it makes no sense."),
        (status = 404, description = "There is no such cluster."),
        (status = 409, description = "The cluster was deleted."),
    ),
    extensions(("x-permission" = json!("nodes.write")))
)]
async fn preview_rebalancing_schedule(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Json(body): Json<RebalancingScheduleUpdate>,
) -> ApiResult<Json<PreviewRebalancingScheduleResponse>> {
    let found = preview::preview(&app, &principal, id("cluster", &cluster)?, body).await?;
    let nodes = found.nodes.iter().map(|node| Node { id: Some(node.id.to_string()) });
    Ok(Json(PreviewRebalancingScheduleResponse {
        affected_nodes: nodes.collect(),
        will_trigger_at: found.times,
    }))
}

/// List time zones
///
/// The zones that `CRON_TZ=` of a schedule takes, by name, with how far each is ahead of UTC now.
#[utoipa::path(
    get, path = "/v1/time-zones",
    operation_id = "ScheduledRebalancingAPIListAvailableRebalancingTZ", tag = "rebalancing-schedules",
    responses((status = 200, description = "The zones.", body = ListTimeZonesResponse)),
    extensions(("x-permission" = json!("authenticated")))
)]
async fn list_time_zones(State(app): State<App>) -> Json<ListTimeZonesResponse> {
    let to_wire = |(name, offset): (&str, jiff::tz::Offset)| {
        let (sign, minutes) = (if offset.is_negative() { '-' } else { '+' }, offset.seconds().abs() / 60);
        TimeZone { name: name.to_owned(), offset: format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60) }
    };
    Json(ListTimeZonesResponse { time_zones: zones::all(app.clock.now()).into_iter().map(to_wire).collect() })
}

fn to_wire(view: ScheduleView) -> RebalancingSchedule {
    let ScheduleView { schedule, definition, next_trigger_at, jobs } = view;
    let job = |job: store::RebalancingJob| {
        let next_trigger_at = next_trigger_at.filter(|_| job.enabled);
        rebalancing_jobs::to_wire(JobView { job, next_trigger_at })
    };
    RebalancingSchedule {
        id: Some(schedule.id.to_string()),
        last_trigger_at: jobs.iter().filter_map(|job| job.last_trigger_at).max(),
        jobs: Some(jobs.into_iter().map(job).collect()),
        launch_configuration: definition.launch_configuration,
        name: schedule.name,
        next_trigger_at,
        schedule: definition.schedule,
        trigger_conditions: definition.trigger_conditions,
    }
}
