//! Clusters, as they exist for a caller.

use model::ClusterId;
use store::Cluster;

use super::App;
use crate::auth::principal::Principal;
use crate::http::error::{ApiError, ApiResult};

/// The cluster, archived or not, if it exists for the caller. Every operation on a cluster begins here.
///
/// # Errors
/// 404 when it does not.
pub async fn get(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<Cluster> {
    let missing = || ApiError::not_found(format_args!("cluster {id}"));
    if !principal.may_see_cluster(id) {
        return Err(missing());
    }
    app.store.cluster(principal.organization, id).await?.ok_or_else(missing)
}

/// Nothing more is taken from a cluster that was deleted.
///
/// # Errors
/// 409 when it was.
pub fn refuse_archived(cluster: &Cluster) -> ApiResult<()> {
    match cluster.deleted_at {
        Some(at) => Err(ApiError::conflict(format!("cluster {} was deleted at {at}", cluster.id))),
        None => Ok(()),
    }
}
