//! Nodes of a cluster: listing, draining, deleting.

use axum::extract::{Path, State};
use wire::node_config::{AddNodeResponse, NodeConfig};
use wire::nodes::{
    DeleteNodeQuery, DeleteNodeResponse, DrainConfig, DrainNodeResponse, GetListNodesFiltersResponse,
    ListNodesQuery, ListNodesResponse, Node,
};

use super::node_shape::{filters, to_wire};
use crate::app::{App, node_removal, nodes};
use crate::auth::principal::Principal;
use crate::http::api_router::{ApiError as RouterError, ApiRouter};
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::{Json, Query, id};
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, RouterError> {
    router
        .add(operation!(list_nodes))?
        .add(operation!(list_nodes_filters))?
        .add(operation!(get_node))?
        .add(operation!(add_node))?
        .add(operation!(drain_node))?
        .add(operation!(delete_node))
}

/// List nodes
///
/// The cluster's nodes by name, as its agent last reported them; conditions add up. Without any paging
/// parameter, all of them.
#[utoipa::path(
    get, path = "/v1/kubernetes/external-clusters/{clusterId}/nodes", operation_id = "ExternalClusterAPIListNodes", tag = "clusters",
    params(("clusterId" = String, Path, description = "The cluster's id."), ListNodesQuery),
    responses((status = 200, description = "The nodes.", body = ListNodesResponse)),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn list_nodes(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Query(query): Query<ListNodesQuery>,
) -> ApiResult<Json<ListNodesResponse>> {
    let (found, next) = nodes::list(&app, &principal, id("cluster", &cluster)?, &query).await?;
    Ok(Json(ListNodesResponse {
        items: found.iter().map(to_wire).collect(),
        next_cursor: Some(next.map(|cursor| cursor.to_string()).unwrap_or_default()),
    }))
}

/// List what nodes can be chosen by
///
/// The query parameters of the list of nodes, with the values that occur in the organisation's clusters
/// or, for words of the API, all of them.
#[utoipa::path(
    get, path = "/v1/kubernetes/external-clusters/filters/nodes", operation_id = "ExternalClusterAPIGetListNodesFilters", tag = "clusters",
    responses((status = 200, description = "The parameters.", body = GetListNodesFiltersResponse)),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn list_nodes_filters(
    State(app): State<App>,
    principal: Principal,
) -> ApiResult<Json<GetListNodesFiltersResponse>> {
    Ok(Json(filters(nodes::occurring_values(&app, &principal).await?)))
}

/// Get a node
///
/// The node as the cluster's agent last reported it.
#[utoipa::path(
    get, path = "/v1/kubernetes/external-clusters/{clusterId}/nodes/{nodeId}", operation_id = "ExternalClusterAPIGetNode", tag = "clusters",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("nodeId" = String, Path, description = "The node's id."),
    ),
    responses((status = 200, description = "The node.", body = Node)),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn get_node(
    State(app): State<App>,
    principal: Principal,
    Path((cluster, node)): Path<(String, String)>,
) -> ApiResult<Json<Node>> {
    let found = nodes::get(&app, &principal, id("cluster", &cluster)?, id("node", &node)?).await?;
    Ok(Json(to_wire(&found)))
}

/// Add a node
///
/// Starts a machine that joins the cluster. It takes a driver of the cluster's provider; this version has
/// none, and answers 409 that says which is missing.
#[utoipa::path(
    post, path = "/v1/kubernetes/external-clusters/{clusterId}/nodes", operation_id = "ExternalClusterAPIAddNode", tag = "clusters",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    request_body(content = NodeConfig, example = json!({"instanceType": "m5.large", "spotConfig": {"isSpot": false}})),
    responses((status = 200, description = "The addition that was begun.", body = AddNodeResponse)),
    extensions(("x-permission" = json!("nodes.write")))
)]
async fn add_node(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Json(_): Json<NodeConfig>,
) -> ApiResult<Json<AddNodeResponse>> {
    let (node, operation) = node_removal::add(&app, &principal, id("cluster", &cluster)?).await?;
    Ok(Json(AddNodeResponse { node_id: node.to_string(), operation_id: operation.to_string() }))
}

/// Drain a node
///
/// Has the cluster's controller cordon the node and evict its pods: for 20 minutes unless another time
/// is given, and with `force` by deleting what is left then. A node that is being drained already is
/// not drained twice. Answers 409 for a cluster in phase 1, which has no controller.
#[utoipa::path(
    post, path = "/v1/kubernetes/external-clusters/{clusterId}/nodes/{nodeId}/drain", operation_id = "ExternalClusterAPIDrainNode", tag = "clusters",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("nodeId" = String, Path, description = "The node's id."),
    ),
    request_body(content = DrainConfig, example = json!({"timeoutSeconds": 600, "force": false})),
    responses((status = 200, description = "The drain that was begun.", body = DrainNodeResponse)),
    extensions(("x-permission" = json!("nodes.write")))
)]
async fn drain_node(
    State(app): State<App>,
    principal: Principal,
    Path((cluster, node)): Path<(String, String)>,
    Json(body): Json<DrainConfig>,
) -> ApiResult<Json<DrainNodeResponse>> {
    let (cluster, node) = (id("cluster", &cluster)?, id("node", &node)?);
    let seconds = body.timeout_seconds.map(i64::from);
    let force = body.force.unwrap_or(false);
    let operation = node_removal::drain(&app, &principal, cluster, node, seconds, force).await?;
    Ok(Json(DrainNodeResponse { operation_id: operation.to_string() }))
}

/// Delete a node
///
/// Has the cluster's controller drain the node, then delete it. With `forceDelete`, pods that could not
/// be evicted in time are deleted; without, the operation fails then and the node stays, cordoned. The
/// machine under the node is left to whoever made it. A node that is being deleted already is not
/// deleted twice. Answers 409 for a cluster in phase 1, which has no controller.
#[utoipa::path(
    delete, path = "/v1/kubernetes/external-clusters/{clusterId}/nodes/{nodeId}", operation_id = "ExternalClusterAPIDeleteNode", tag = "clusters",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("nodeId" = String, Path, description = "The node's id."),
        DeleteNodeQuery,
    ),
    responses((status = 200, description = "The deletion that was begun.", body = DeleteNodeResponse)),
    extensions(("x-permission" = json!("nodes.write")))
)]
async fn delete_node(
    State(app): State<App>,
    principal: Principal,
    Path((cluster, node)): Path<(String, String)>,
    Query(query): Query<DeleteNodeQuery>,
) -> ApiResult<Json<DeleteNodeResponse>> {
    let (cluster, node) = (id("cluster", &cluster)?, id("node", &node)?);
    let seconds = match query.drain_timeout.as_deref() {
        None => None,
        Some(text) => {
            let wrong = |_| ApiError::field("drainTimeout", "must be a number of seconds, such as 600");
            Some(text.trim_end_matches('s').parse().map_err(wrong)?)
        }
    };
    let force = query.force_delete.unwrap_or(false);
    let operation = node_removal::delete(&app, &principal, cluster, node, seconds, force).await?;
    Ok(Json(DeleteNodeResponse { operation_id: operation.to_string() }))
}
