//! What the spot handler tells of nodes.

use axum::extract::{Path, State};
use wire::clusters::CloudEvent;
use wire::proto::Empty;

use crate::app::{App, cloud_events};
use crate::auth::principal::Principal;
use crate::http::api_router::{ApiError, ApiRouter};
use crate::http::error::ApiResult;
use crate::http::extract::{Json, id};
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, ApiError> {
    router.add(operation!(handle_cloud_event))
}

/// Tell of a cloud event
///
/// Records that a machine was told by its provider to be taken back (`interrupted`), or that this grew
/// likely (`rebalanceRecommendation`). Its node then shows as `interrupted`.
#[utoipa::path(
    post, path = "/v1/kubernetes/external-clusters/{clusterId}/events", operation_id = "ExternalClusterAPIHandleCloudEvent", tag = "clusters",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    request_body(content = CloudEvent, example = json!({
        "eventType": "interrupted", "nodeId": "", "providerId": "aws:///eu-central-1a/i-0bb968a437d5c8dfc"
    })),
    responses((status = 200, description = "It is recorded.", body = Empty)),
    extensions(("x-permission" = json!("agent.report")))
)]
async fn handle_cloud_event(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Json(event): Json<CloudEvent>,
) -> ApiResult<Json<Empty>> {
    let cluster = id("cluster", &cluster)?;
    cloud_events::record(
        &app,
        &principal,
        cluster,
        event.event_type.unwrap_or_default(),
        event.node_id.unwrap_or_default(),
        event.provider_id.unwrap_or_default(),
    )
    .await?;
    Ok(Json(Empty {}))
}
