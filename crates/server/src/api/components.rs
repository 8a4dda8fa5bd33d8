//! What in-cluster components report about themselves: log lines and metrics.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use model::Timestamp;
use store::{ComponentLog, ComponentMetric};
use wire::components::{IngestComponentLogsRequest, WriteMetricsRequest};
use wire::proto::Empty;

use crate::app::{App, clusters};
use crate::auth::principal::Principal;
use crate::http::api_router::{ApiError as RouterError, ApiRouter};
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::{Json, id};
use crate::operation;

/// Longest name of a component.
const LONGEST_NAME: usize = 100;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, RouterError> {
    router.add(operation!(ingest_logs))?.add(operation!(write_metrics))
}

/// Send log lines of a component
///
/// Kept among the last lines of the cluster's components.
#[utoipa::path(
    post, path = "/v1/clusters/{clusterId}/components/{component}/logs", operation_id = "ComponentsIngestLogs", tag = "agent",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("component" = String, Path, description = "Name of the component, such as `spot-handler`."),
    ),
    request_body = IngestComponentLogsRequest,
    responses((status = 200, description = "They were taken.", body = Empty)),
    extensions(("x-permission" = json!("agent.report")))
)]
async fn ingest_logs(
    State(app): State<App>,
    principal: Principal,
    Path((cluster, component)): Path<(String, String)>,
    Json(body): Json<IngestComponentLogsRequest>,
) -> ApiResult<Json<Empty>> {
    let cluster = clusters::get(&app, &principal, id("cluster", &cluster)?).await?;
    let component = name(component)?;
    for entry in body.entries {
        let level = entry.level.strip_prefix("LOG_LEVEL_").unwrap_or(&entry.level).to_ascii_lowercase();
        let log = ComponentLog {
            component: component.clone(),
            level,
            message: entry.message,
            fields: serde_json::to_value(entry.fields).unwrap_or_default(),
            time: entry.time,
        };
        app.component_logs.append(&cluster, log);
    }
    Ok(Json(Empty {}))
}

/// Send metrics of a component
///
/// The last value of each series is kept.
#[utoipa::path(
    post, path = "/v1/clusters/{clusterId}/components/{component}/metrics", operation_id = "ComponentsIngestMetrics", tag = "agent",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("component" = String, Path, description = "Name of the component, such as `cluster-controller`."),
    ),
    request_body = WriteMetricsRequest,
    responses((status = 200, description = "They were taken.", body = Empty)),
    extensions(("x-permission" = json!("agent.report")))
)]
async fn write_metrics(
    State(app): State<App>,
    principal: Principal,
    Path((cluster, component)): Path<(String, String)>,
    Json(body): Json<WriteMetricsRequest>,
) -> ApiResult<Json<Empty>> {
    let cluster = clusters::get(&app, &principal, id("cluster", &cluster)?).await?;
    let component = name(component)?;
    let mut metrics = Vec::with_capacity(body.timeseries.len());
    for (index, series) in body.timeseries.into_iter().enumerate() {
        let Some(last) = series.samples.into_iter().max_by_key(|sample| sample.timestamp) else { continue };
        let time = Timestamp::from_millisecond(last.timestamp).map_err(|_| {
            ApiError::field(format!("timeseries[{index}].samples"), "timestamps are milliseconds since 1970")
        })?;
        // Sorted, so that the same labels in another order are the same series.
        let labels: BTreeMap<_, _> =
            series.labels.into_iter().map(|label| (label.name, label.value)).collect();
        let series = serde_json::to_string(&labels).map_err(ApiError::internal)?;
        metrics.push(ComponentMetric { component: component.clone(), series, value: last.value, time });
    }
    app.store.record_metrics(cluster.organization_id, cluster.id, &metrics).await?;
    Ok(Json(Empty {}))
}

fn name(component: String) -> ApiResult<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if !component.is_empty() && component.len() <= LONGEST_NAME && component.bytes().all(plain) {
        Ok(component)
    } else {
        Err(ApiError::field("component", "must be a name of letters, digits, dashes and dots"))
    }
}
