//! Exceptions from how pods are evicted and nodes removed.

use axum::extract::{Path, State};
use wire::evictor::AdvancedConfig;

use crate::app::{App, evictor_config};
use crate::auth::principal::Principal;
use crate::http::api_router::{self, ApiRouter};
use crate::http::error::ApiResult;
use crate::http::extract::{Json, id};
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, api_router::ApiError> {
    router.add(operation!(get_advanced_config))?.add(operation!(replace_advanced_config))
}

/// Get the evictor's exceptions
///
/// In their order; none for a cluster for which nothing was set.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters/{clusterId}/evictor-advanced-config",
    operation_id = "EvictorAPIGetAdvancedConfig", tag = "evictor",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    responses((status = 200, description = "The exceptions.", body = AdvancedConfig)),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn get_advanced_config(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
) -> ApiResult<Json<AdvancedConfig>> {
    Ok(Json(evictor_config::get(&app, &principal, id("cluster", &cluster)?).await?))
}

/// Replace the evictor's exceptions
///
/// The list takes the place of the one before; an empty one removes it.
#[utoipa::path(
    post, path = "/v1/kubernetes/clusters/{clusterId}/evictor-advanced-config",
    operation_id = "EvictorAPIUpsertAdvancedConfig", tag = "evictor",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    request_body(content = AdvancedConfig, example = json!({"evictionConfig": [{
        "podSelector": {
            "namespace": "batch", "kind": "Job",
            "labelSelector": {"matchExpressions": [{"key": "tier", "operator": "In", "values": ["long"]}]}
        },
        "settings": {"removalDisabled": {"enabled": true}}
    }]})),
    responses((status = 200, description = "The exceptions as they are now.", body = AdvancedConfig)),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn replace_advanced_config(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Json(body): Json<AdvancedConfig>,
) -> ApiResult<Json<AdvancedConfig>> {
    Ok(Json(evictor_config::replace(&app, &principal, id("cluster", &cluster)?, body).await?))
}
