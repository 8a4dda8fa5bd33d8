//! Whether anything may be done to a cluster. Watching is the default: acting takes a controller in the cluster,
//! a driver for its machines, and policies that are enabled.

use serde_json::Value;
use store::Cluster;

use crate::app::policies::Stored as Policies;
use crate::app::{App, connection, identity};
use crate::http::error::{ApiError, ApiResult};

/// Refuses while something is missing, and says what to do about it.
///
/// # Errors
/// 409; what the store met.
pub(super) async fn check(app: &App, cluster: &Cluster) -> ApiResult<()> {
    let connection = connection::of(app, cluster);
    if !connection::has_controller(&connection) {
        return Err(ApiError::conflict(
            "the cluster is read-only (phase 1): no controller has connected that could drain its nodes; install \
             it with the cluster's credentials script",
        ));
    }
    if connection.agent_status != connection::ONLINE {
        return Err(ApiError::conflict(format!(
            "the cluster's agent is {}: what is not seen is not changed; restart the agent and try again",
            connection.agent_status
        )));
    }
    if Policies::of(app, cluster).await?.document.get("enabled") != Some(&Value::Bool(true)) {
        return Err(ApiError::conflict(
            "the cluster is read-only: its policies are not enabled; set `enabled` to true in its policies",
        ));
    }
    let driver = app.drivers.of(cluster.id).await.map_err(|error| {
        ApiError::conflict("the cloud driver cannot be reached: try again").with_cause(error)
    })?;
    match driver {
        Some(_) => Ok(()),
        None => Err(ApiError::conflict(format!(
            "the cluster is read-only: this server has no cloud driver for {} that could buy its machines; start \
             the server with one",
            identity::cloud_of(cluster)
        ))),
    }
}
