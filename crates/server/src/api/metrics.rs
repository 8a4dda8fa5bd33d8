//! What clusters cost and hold, for Prometheus. The metrics of the process itself are at `/metrics`.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use crate::app::{App, cluster_metrics};
use crate::auth::principal::Principal;
use crate::http::api_router::{ApiError as RouterError, ApiRouter};
use crate::http::error::ApiResult;
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, RouterError> {
    router.add(operation!(scrape))
}

/// Metrics of all clusters
///
/// Cost, nodes, pods, CPU and memory of each cluster now, in the Prometheus text format; scrape it with
/// `Authorization: Token`.
#[utoipa::path(
    get, path = "/v1/metrics/prom", operation_id = "MetricsPrometheusScrape", tag = "cost-reports",
    responses((status = 200, description = "The metrics.", body = String, content_type = "text/plain")),
    extensions(("x-permission" = json!("costs.read")))
)]
async fn scrape(State(app): State<App>, principal: Principal) -> ApiResult<impl IntoResponse> {
    const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, PROMETHEUS)], cluster_metrics::text(&app, &principal).await?))
}
