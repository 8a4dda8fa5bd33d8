//! What the in-cluster controller asks for and answers.

use axum::extract::{Path, State};
use serde_json::json;
use store::{Action, ComponentLog};
use wire::controller::{AckClusterActionRequest, ClusterAction, ListActionsResponse, LogEntry};
use wire::error::InvalidRequest;
use wire::proto::Empty;

use crate::app::{App, actions, clusters};
use crate::auth::principal::Principal;
use crate::http::api_router::{ApiError as RouterError, ApiRouter};
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::{Json, id};
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, RouterError> {
    router.add(operation!(poll_actions))?.add(operation!(acknowledge_action))?.add(operation!(ingest_logs))
}

/// Poll actions
///
/// What the controller is to do now. An action is offered at every poll until it is acknowledged; one
/// that depends on another is offered after that one succeeded. With nothing to do, the answer is held
/// for up to 30 seconds.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters/{clusterId}/actions", operation_id = "ClusterActionsPoll", tag = "actions",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("X-K8s-Version" = Option<String>, Header, description = "Major and minor version of Kubernetes, such as `1.36`."),
    ),
    responses((status = 200, description = "The actions, oldest first; empty when there is nothing to do.", body = ListActionsResponse)),
    extensions(("x-permission" = json!("agent.report")))
)]
async fn poll_actions(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
) -> ApiResult<Json<ListActionsResponse>> {
    let cluster = clusters::get(&app, &principal, id("cluster", &cluster)?).await?;
    let pending = actions::poll(&app, &cluster).await?;
    let items = pending.iter().map(to_wire).collect::<Result<_, _>>().map_err(ApiError::internal)?;
    Ok(Json(ListActionsResponse { items }))
}

/// Acknowledge an action
///
/// Says that the action was carried out, or why not. May be repeated; an unknown action is taken as
/// acknowledged, since the controller would carry it out again otherwise.
#[utoipa::path(
    post, path = "/v1/kubernetes/clusters/{clusterId}/actions/{actionId}/ack", operation_id = "ClusterActionsAck", tag = "actions",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("actionId" = String, Path, description = "The action's id."),
    ),
    request_body(content = AckClusterActionRequest, example = json!({"error": "node failed to drain"})),
    responses((status = 200, description = "It is closed.", body = Empty)),
    extensions(("x-permission" = json!("agent.report")))
)]
async fn acknowledge_action(
    State(app): State<App>,
    principal: Principal,
    Path((cluster, action)): Path<(String, String)>,
    Json(body): Json<AckClusterActionRequest>,
) -> ApiResult<Json<Empty>> {
    let cluster = clusters::get(&app, &principal, id("cluster", &cluster)?).await?;
    // What is no id is no action of ours, and so acknowledged already.
    if let Ok(action) = action.parse() {
        actions::acknowledge(&app, &principal, &cluster, action, body.error.as_deref()).await?;
    }
    Ok(Json(Empty {}))
}

/// Send a log line of the controller
///
/// Kept among the last lines of the cluster's components; the field `id` names the action it is about.
#[utoipa::path(
    post, path = "/v1/kubernetes/clusters/{clusterId}/actions/logs", operation_id = "ClusterActionsIngestLogs", tag = "actions",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    request_body = LogEntry,
    responses((status = 200, description = "It was taken.", body = Empty)),
    extensions(("x-permission" = json!("agent.report")))
)]
async fn ingest_logs(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Json(body): Json<LogEntry>,
) -> ApiResult<Json<Empty>> {
    let cluster = clusters::get(&app, &principal, id("cluster", &cluster)?).await?;
    let log = ComponentLog {
        component: "cluster-controller".to_owned(),
        level: body.level,
        message: body.message,
        fields: serde_json::to_value(body.fields).unwrap_or_default(),
        time: body.time,
    };
    app.component_logs.append(&cluster, log);
    Ok(Json(Empty {}))
}

/// The payload is stored as it is on the wire; reading it back as the wire's type makes sure of it.
fn to_wire(action: &Action) -> Result<ClusterAction, InvalidRequest> {
    let mut whole = action.asked.payload.clone();
    if let Some(fields) = whole.as_object_mut() {
        fields.insert("id".to_owned(), json!(action.asked.id));
        fields.insert("createdAt".to_owned(), json!(action.asked.created_at));
    }
    wire::from_json(whole.to_string().as_bytes())
}
