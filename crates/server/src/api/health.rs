//! How a cluster's picture is: how old, and how whole. Ours; the contract has no such operation.

use axum::extract::{Path, State};
use model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wire::proto::Int64;

use crate::app::{App, clusters, connection};
use crate::auth::principal::Principal;
use crate::http::api_router::{ApiError, ApiRouter};
use crate::http::error::ApiResult;
use crate::http::extract::{Json, id};
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, ApiError> {
    router.add(operation!(get_cluster_health))
}

/// How old and how whole the picture of a cluster is.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterHealth {
    /// `waiting-connection`, `online`, `non-responding`, `disconnecting` or `disconnected`.
    #[schema(example = "online")]
    pub agent_status: String,
    /// Seconds since the agent last reported; absent when it never did. Figures of the cluster are so old.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub data_age_seconds: Option<Int64>,
    /// When the agent last sent everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub last_snapshot_at: Option<Timestamp>,
    /// When the agent last sent anything of the cluster's state, be it that nothing changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub last_delta_at: Option<Timestamp>,
    /// When any replica of the agent was last heard of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub agent_seen_at: Option<Timestamp>,
    /// When the controller last asked for actions; absent while the cluster is only watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub controller_seen_at: Option<Timestamp>,
    /// How often an object could not be read since the last full snapshot.
    pub skipped_count: Int64,
    /// The objects that cannot be read now, and so are missing in every figure; at most a thousand.
    pub skipped_objects: Vec<SkippedObject>,
}

/// An object that cannot be read.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SkippedObject {
    /// Its kind.
    #[schema(example = "Pod")]
    pub kind: String,
    /// Its namespace; empty if it has none.
    #[schema(example = "payments")]
    pub namespace: String,
    /// Its name.
    #[schema(example = "ledger-7d4b9c-x2x7q")]
    pub name: String,
    /// What is wrong with it.
    #[schema(example = "spec.containers[0].resources.requests.cpu: \"four\" is no quantity")]
    pub error: String,
}

/// Health of a cluster's data
///
/// How old the picture of the cluster is, when its components were last heard of, and which objects could
/// not be read and are therefore missing in it.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters/{clusterId}/health", operation_id = "ClustersAPIGetClusterHealth", tag = "clusters",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    responses((status = 200, description = "How it is.", body = ClusterHealth)),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn get_cluster_health(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
) -> ApiResult<Json<ClusterHealth>> {
    let cluster = clusters::get(&app, &principal, id("cluster", &cluster)?).await?;
    let connection = connection::of(&app, &cluster);
    let skipped =
        |state: &cluster::ClusterState| (state.skipped_count(), state.skipped().collect::<Vec<_>>());
    let (count, objects) =
        app.live.read(&app, cluster.organization_id, cluster.id, skipped).await?.unwrap_or_default();
    let activity = connection.activity;
    let age = activity.last_delta_at.map(|at| app.clock.now().duration_since(at).as_secs().max(0));
    Ok(Json(ClusterHealth {
        agent_status: connection.agent_status.to_owned(),
        data_age_seconds: age.map(Int64),
        last_snapshot_at: activity.last_snapshot_at,
        last_delta_at: activity.last_delta_at,
        agent_seen_at: activity.agent_seen_at,
        controller_seen_at: activity.controller_seen_at,
        skipped_count: Int64(i64::try_from(count).unwrap_or(i64::MAX)),
        skipped_objects: objects
            .into_iter()
            .map(|one| SkippedObject {
                kind: one.kind,
                namespace: one.namespace,
                name: one.name,
                error: one.error,
            })
            .collect(),
    }))
}
