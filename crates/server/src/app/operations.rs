//! Long work that clients poll.

use model::OperationId;
use store::Operation;

use super::App;
use crate::auth::principal::Principal;
use crate::http::error::{ApiError, ApiResult};

/// The operation, if it exists for the caller.
///
/// # Errors
/// 404 when it does not.
pub async fn get(app: &App, principal: &Principal, id: OperationId) -> ApiResult<Operation> {
    let operation = app.store.operation(principal.organization, id).await?;
    operation
        .filter(|operation| principal.may_see_cluster(operation.cluster_id))
        .ok_or_else(|| ApiError::not_found(format_args!("operation {id}")))
}
