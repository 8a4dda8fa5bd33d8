//! Connected clusters: registration, reading, credentials, disconnection.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use wire::clusters::{
    Cluster, ClusterUpdate, CreateClusterTokenResponse, DisconnectConfig, ListClustersResponse,
    ReconcileClusterQuery, RegisterClusterRequest,
};
use wire::proto::Empty;

use super::cluster_shape::{to_wire, to_wire_all};
use crate::app::{App, clusters, credentials, disconnect, registration};
use crate::auth::principal::Principal;
use crate::http::api_router::{ApiError, ApiRouter};
use crate::http::error::ApiResult;
use crate::http::extract::{Json, Query, id};
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, ApiError> {
    router
        .add(operation!(list_clusters))?
        .add(operation!(list_kubernetes_clusters))?
        .add(operation!(register_cluster))?
        .add(operation!(get_cluster))?
        .add(operation!(get_kubernetes_cluster))?
        .add(operation!(update_cluster))?
        .add(operation!(delete_cluster))?
        .add(operation!(disconnect_cluster))?
        .add(operation!(create_cluster_token))?
        .add(operation!(update_cluster_tags))?
        .add(operation!(reconcile_cluster))
}

/// List clusters
///
/// The organisation's clusters by name, without the deleted ones.
#[utoipa::path(
    get, path = "/v1/kubernetes/external-clusters", operation_id = "ExternalClusterAPIListClusters", tag = "clusters",
    responses((status = 200, description = "The clusters.", body = ListClustersResponse)),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn list_clusters(
    State(app): State<App>,
    principal: Principal,
) -> ApiResult<Json<ListClustersResponse>> {
    let found = clusters::list(&app, &principal).await?;
    Ok(Json(ListClustersResponse { items: to_wire_all(&app, &found).await? }))
}

/// List clusters by their short path
///
/// The same clusters as at `/v1/kubernetes/external-clusters`.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters", operation_id = "KubernetesClustersAPIListClusters", tag = "clusters",
    responses((status = 200, description = "The clusters.", body = ListClustersResponse)),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn list_kubernetes_clusters(
    state: State<App>,
    principal: Principal,
) -> ApiResult<Json<ListClustersResponse>> {
    list_clusters(state, principal).await
}

/// Register a cluster
///
/// Makes a cluster known, or finds it again: the same account, region and name (EKS, self-managed on
/// EC2), project, location and name (GKE), subscription and node resource group (AKS), or uid of the
/// namespace kube-system (others) is the same cluster, whoever registers it and however often. After
/// a cluster was deleted, its identity makes a new one. A cluster's own key registers that cluster and
/// no other.
#[utoipa::path(
    post, path = "/v1/kubernetes/external-clusters", operation_id = "ExternalClusterAPIRegisterCluster", tag = "clusters",
    request_body(content = RegisterClusterRequest, example = json!({
        "name": "production", "eks": {"accountId": "123456789012", "region": "eu-central-1", "clusterName": "production"}
    })),
    responses((status = 200, description = "The cluster.", body = Cluster)),
    extensions(("x-permission" = json!("agent.register")))
)]
async fn register_cluster(
    State(app): State<App>,
    principal: Principal,
    Json(body): Json<RegisterClusterRequest>,
) -> ApiResult<Json<Cluster>> {
    let cluster = registration::register(&app, &principal, &body).await?;
    Ok(Json(to_wire(&app, &cluster).await?))
}

/// Get a cluster
///
/// A deleted cluster is still found, with the status `archived`.
#[utoipa::path(
    get, path = "/v1/kubernetes/external-clusters/{clusterId}", operation_id = "ExternalClusterAPIGetCluster", tag = "clusters",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    responses((status = 200, description = "The cluster.", body = Cluster)),
    extensions(("x-permission" = json!("agent.read")))
)]
async fn get_cluster(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
) -> ApiResult<Json<Cluster>> {
    let cluster = disconnect::get(&app, &principal, id("cluster", &cluster)?).await?;
    Ok(Json(to_wire(&app, &cluster).await?))
}

/// Get a cluster by its short path
///
/// The same cluster as at `/v1/kubernetes/external-clusters/{clusterId}`.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters/{clusterId}", operation_id = "KubernetesClustersAPIGetCluster", tag = "clusters",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    responses((status = 200, description = "The cluster.", body = Cluster)),
    extensions(("x-permission" = json!("agent.read")))
)]
async fn get_kubernetes_cluster(
    state: State<App>,
    principal: Principal,
    cluster: Path<String>,
) -> ApiResult<Json<Cluster>> {
    get_cluster(state, principal, cluster).await
}

/// Update a cluster's credentials
///
/// Keeps the credentials by which the cluster's machines are managed, encrypted, in place of those
/// before, and gives the cluster a new `credentialsId`. Their shape is checked, not whether the cloud
/// accepts them. For EKS the credentials are a role, and `eks` without one takes it away. `aks` without
/// `httpProxyConfig` takes the proxies away.
#[utoipa::path(
    post, path = "/v1/kubernetes/external-clusters/{clusterId}", operation_id = "ExternalClusterAPIUpdateCluster", tag = "clusters",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    request_body(content = ClusterUpdate, example = json!({"eks": {"assumeRoleArn": "arn:aws:iam::123456789012:role/supercargo"}})),
    responses((status = 200, description = "The cluster as it is now.", body = Cluster)),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn update_cluster(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Json(body): Json<ClusterUpdate>,
) -> ApiResult<Json<Cluster>> {
    let cluster = credentials::update(&app, &principal, id("cluster", &cluster)?, &body).await?;
    Ok(Json(to_wire(&app, &cluster).await?))
}

/// Delete a cluster
///
/// Forgets the cluster's state and credentials, disables its keys, and keeps it readable with the
/// status `archived`; nothing is done to the cluster itself. Deleting it again changes nothing. A
/// cluster with credentials must be disconnected first.
#[utoipa::path(
    delete, path = "/v1/kubernetes/external-clusters/{clusterId}", operation_id = "ExternalClusterAPIDeleteCluster", tag = "clusters",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    responses((status = 204, description = "It is deleted.")),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn delete_cluster(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
) -> ApiResult<StatusCode> {
    disconnect::delete(&app, &principal, id("cluster", &cluster)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Disconnect a cluster
///
/// Ends the management of the cluster: deletes the nodes that were added for it, if asked to, then
/// removes our in-cluster software, unless told to keep it. The agent status is `disconnecting`
/// meanwhile and `disconnected` in the end, which comes even if the cluster does not answer. A
/// cluster without a controller is disconnected at once. Registering it connects it again.
#[utoipa::path(
    post, path = "/v1/kubernetes/external-clusters/{clusterId}/disconnect", operation_id = "ExternalClusterAPIDisconnectCluster", tag = "clusters",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    request_body(content = DisconnectConfig, example = json!({"deleteProvisionedNodes": false, "keepKubernetesResources": true})),
    responses((status = 200, description = "The cluster as it is now.", body = Cluster)),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn disconnect_cluster(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Json(body): Json<DisconnectConfig>,
) -> ApiResult<Json<Cluster>> {
    let cluster = disconnect::disconnect(
        &app,
        &principal,
        id("cluster", &cluster)?,
        body.delete_provisioned_nodes.unwrap_or(false),
        body.keep_kubernetes_resources.unwrap_or(false),
    )
    .await?;
    Ok(Json(to_wire(&app, &cluster).await?))
}

/// Create a cluster token
///
/// Makes a key for the cluster's components, good for this cluster alone. It is shown this once;
/// earlier ones stay good.
#[utoipa::path(
    post, path = "/v1/kubernetes/external-clusters/{clusterId}/token", operation_id = "ExternalClusterAPICreateClusterToken", tag = "clusters",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    responses((status = 200, description = "The key.", body = CreateClusterTokenResponse)),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn create_cluster_token(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
) -> ApiResult<Json<CreateClusterTokenResponse>> {
    let token = clusters::create_token(&app, &principal, id("cluster", &cluster)?).await?;
    Ok(Json(CreateClusterTokenResponse { token: token.reveal().to_owned() }))
}

/// Replace a cluster's tags
///
/// The cluster has these tags and no others afterwards.
#[utoipa::path(
    post, path = "/v1/kubernetes/external-clusters/{clusterId}/tags", operation_id = "ExternalClusterAPIUpdateClusterTags", tag = "clusters",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    request_body(content = BTreeMap<String, String>, example = json!({"team": "platform"})),
    responses((status = 200, description = "They are set.", body = Empty)),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn update_cluster_tags(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Json(tags): Json<BTreeMap<String, String>>,
) -> ApiResult<Json<Empty>> {
    clusters::set_tags(&app, &principal, id("cluster", &cluster)?, &tags).await?;
    Ok(Json(Empty {}))
}

/// Reconcile a cluster
///
/// Asks the agent to send the whole state anew, and sets `reconciledAt`. Start-up data of AKS nodes is
/// read by no one yet, so that there is nothing to skip.
#[utoipa::path(
    post, path = "/v1/kubernetes/external-clusters/{clusterId}/reconcile", operation_id = "ExternalClusterAPIReconcileCluster", tag = "clusters",
    params(("clusterId" = String, Path, description = "The cluster's id."), ReconcileClusterQuery),
    responses((status = 200, description = "It was asked.", body = Empty)),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn reconcile_cluster(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Query(_): Query<ReconcileClusterQuery>,
) -> ApiResult<Json<Empty>> {
    clusters::reconcile(&app, &principal, id("cluster", &cluster)?).await?;
    Ok(Json(Empty {}))
}
