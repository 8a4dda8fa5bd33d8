//! Adding, draining and deleting nodes by hand.
//!
//! What is done to a cluster is done by its controller; a cluster without one is read-only (phase 1).
//! Deleting a node removes it from Kubernetes. The machine under it goes with the provider's driver,
//! and without one is left to whoever made it.

use model::{ClusterId, NodeId, OperationId};
use serde_json::{Value, json};
use store::Cluster;

use super::cluster_settings::Settings;
use super::clusters::Edit;
use super::nodes::node_of;
use super::work::{DRAIN_SECONDS, Drain, NODE_DELETE, NODE_DRAIN, Target, Work};
use super::{App, clusters, connection, identity};
use crate::auth::principal::Principal;
use crate::http::error::{ApiError, ApiResult};

/// Longest time for evictions, in seconds: a day.
const MOST_DRAIN_SECONDS: i64 = 86_400;

/// Refuses to add a node, as long as no driver can.
///
/// # Errors
/// 404; 409 always, with the driver that is missing.
pub async fn add(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<(NodeId, OperationId)> {
    let cluster = managed(app, principal, id).await?;
    Err(ApiError::conflict(format!(
        "cannot add a node: this server has no cloud driver for {} (the cluster is of type {})",
        identity::cloud_of(&cluster),
        cluster.provider_type
    )))
}

/// Begins to drain a node; one that is being drained already is not drained twice. The operation.
///
/// # Errors
/// 400 for a time out of range; 404; 409 for a cluster that is read-only or disconnected, and a node
/// that is being deleted.
pub async fn drain(
    app: &App,
    principal: &Principal,
    id: ClusterId,
    node: NodeId,
    seconds: Option<i64>,
    force: bool,
) -> ApiResult<OperationId> {
    let drain = Drain { seconds: in_range("timeoutSeconds", seconds)?, force };
    let (cluster, target) = target(app, principal, id, node).await?;
    if let Some(operation) = open(app, &cluster, &target, NODE_DRAIN).await? {
        return Ok(operation);
    }
    if open(app, &cluster, &target, NODE_DELETE).await?.is_some() {
        return Err(ApiError::conflict(format!("node {} is being deleted", target.node_name)));
    }
    let mut work = Work::new(app, &cluster, NODE_DRAIN, principal.actor().id);
    work.drain(app, &target, drain);
    start(app, principal, &cluster, work, "nodeDrainStarted", shown(node, &target, drain)).await
}

/// Begins to drain and delete a node; one that is being deleted already is not deleted twice. The
/// operation.
///
/// # Errors
/// 400 for a time out of range; 404; 409 for a cluster that is read-only or disconnected.
pub async fn delete(
    app: &App,
    principal: &Principal,
    id: ClusterId,
    node: NodeId,
    seconds: Option<i64>,
    force: bool,
) -> ApiResult<OperationId> {
    let drain = Drain { seconds: in_range("drainTimeout", seconds)?, force };
    let (cluster, target) = target(app, principal, id, node).await?;
    if let Some(operation) = open(app, &cluster, &target, NODE_DELETE).await? {
        return Ok(operation);
    }
    let mut work = Work::new(app, &cluster, NODE_DELETE, principal.actor().id);
    work.delete(app, &target, drain);
    start(app, principal, &cluster, work, "nodeDeletionStarted", shown(node, &target, drain)).await
}

fn in_range(field: &str, seconds: Option<i64>) -> ApiResult<i64> {
    match seconds.unwrap_or(DRAIN_SECONDS) {
        seconds @ 0..=MOST_DRAIN_SECONDS => Ok(seconds),
        _ => Err(ApiError::field(field, format!("must be from 0 to {MOST_DRAIN_SECONDS} seconds"))),
    }
}

/// The cluster, if something can be done to its nodes.
async fn managed(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<Cluster> {
    let cluster = clusters::get_unarchived(app, principal, id).await?;
    let connection = connection::of(app, &cluster);
    if !connection::has_controller(&connection) {
        return Err(ApiError::conflict(
            "the cluster is in phase 1, read-only: no controller has connected that could change its nodes",
        ));
    }
    if matches!(connection.agent_status, connection::DISCONNECTED | connection::DISCONNECTING) {
        return Err(ApiError::conflict(format!("the cluster's agent is {}", connection.agent_status)));
    }
    Ok(cluster)
}

async fn target(
    app: &App,
    principal: &Principal,
    id: ClusterId,
    node: NodeId,
) -> ApiResult<(Cluster, Target)> {
    let cluster = managed(app, principal, id).await?;
    let found = app.live.read(app, cluster.organization_id, id, |state| {
        state.nodes().find(|one| one.id() == node).map(|node| Target::of(node))
    });
    let found = found.await?.flatten().ok_or_else(|| ApiError::not_found(format_args!("node {node}")))?;
    let target = found.ok_or_else(|| {
        ApiError::conflict(
            "the node has neither a provider id nor a node id label: no controller would find it",
        )
    })?;
    Ok((cluster, target))
}

/// The open operation of this kind on the node.
async fn open(app: &App, cluster: &Cluster, node: &Target, kind: &str) -> ApiResult<Option<OperationId>> {
    let (organization, id) = (cluster.organization_id, cluster.id);
    let mut operations = app.store.open_operations(organization, id).await?;
    operations.retain(|operation| operation.kind == kind);
    if operations.is_empty() {
        return Ok(None);
    }
    let pending = app.store.pending_actions(organization, id).await?;
    let mut on_node =
        pending.iter().filter(|action| node_of(&action.asked.payload) == Some(node.node_name.as_str()));
    Ok(on_node.find_map(|action| {
        let id = action.asked.operation_id?;
        operations.iter().any(|operation| operation.id == id).then_some(id)
    }))
}

async fn start(
    app: &App,
    principal: &Principal,
    cluster: &Cluster,
    work: Work,
    event_type: &'static str,
    mut event: Value,
) -> ApiResult<OperationId> {
    let id = work.operation.id;
    event["operationId"] = json!(id);
    clusters::change(app, principal, cluster.id, |cluster| {
        clusters::refuse_archived(cluster)?;
        let mut settings = Settings::of(cluster);
        settings.first_operation_at.get_or_insert(work.operation.created_at);
        cluster.settings = settings.to_value();
        Ok(Some(Edit { work: Some(work.clone()), ..Edit::of(event_type, event.clone()) }))
    })
    .await?;
    Ok(id)
}

fn shown(node: NodeId, target: &Target, drain: Drain) -> Value {
    json!({
        "node": {"id": node, "name": target.node_name},
        "drainTimeoutSeconds": drain.seconds, "force": drain.force,
    })
}
