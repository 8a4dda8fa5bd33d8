//! Long work that clients poll.

use axum::extract::{Path, State};
use wire::operations::{Operation, OperationError};

use crate::app::{App, operations};
use crate::auth::principal::Principal;
use crate::http::api_router::{ApiError, ApiRouter};
use crate::http::error::ApiResult;
use crate::http::extract::{Json, id};
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, ApiError> {
    router.add(operation!(get_operation))
}

/// Get an operation
///
/// Long work, such as draining a node. To be polled until it is `done`; it failed when it has an
/// `error` then. Work that its cluster never answers for fails by itself.
#[utoipa::path(
    get, path = "/v1/kubernetes/external-clusters/operations/{id}", operation_id = "OperationsAPIGetOperation", tag = "clusters",
    params(("id" = String, Path, description = "The operation's id.")),
    responses((status = 200, description = "The operation.", body = Operation)),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn get_operation(
    State(app): State<App>,
    principal: Principal,
    Path(operation): Path<String>,
) -> ApiResult<Json<Operation>> {
    let operation = operations::get(&app, &principal, id("operation", &operation)?).await?;
    Ok(Json(Operation {
        created_at: Some(operation.created_at),
        done: operation.done,
        error: operation.error.map(|error| OperationError { reason: error.reason, details: error.details }),
        finished_at: operation.finished_at,
        id: operation.id.to_string(),
    }))
}
