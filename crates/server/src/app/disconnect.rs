//! Disconnecting and deleting clusters.
//!
//! A disconnection goes in steps, each of which is stored before the next: the nodes that were added for
//! the cluster are deleted, if that was asked for; then our software is removed, unless it is to stay or
//! nobody is there to do it; then the agent counts as disconnected. Steps that fail or take too long
//! are given up: a disconnection always ends. Going on is [`advance`]'s, which may be called at any
//! time, and any number of times.

use model::{ClusterId, OrganizationId};
use serde_json::json;
use store::Cluster;

use super::cluster_settings::Settings;
use super::clusters::{self, CredentialsEdit, Edit};
use super::connection::{self, ARCHIVED, Connection, DISCONNECTED, DISCONNECTED_AFTER, DISCONNECTING};
use super::work::{CLUSTER_DISCONNECT, Drain, Target, Work};
use super::{App, audit, nodes};
use crate::auth::principal::Principal;
use crate::http::error::{ApiError, ApiResult};

/// How long nodes may be drained before they are deleted with a disconnection, in seconds.
const LAST_DRAIN: Drain = Drain { seconds: 5 * 60, force: true };

/// Begins to disconnect the cluster; one that is disconnecting or disconnected stays so.
///
/// # Errors
/// 404; 409 for a deleted cluster.
pub async fn disconnect(
    app: &App,
    principal: &Principal,
    id: ClusterId,
    delete_nodes: bool,
    keep_software: bool,
) -> ApiResult<Cluster> {
    let cluster = clusters::get_unarchived(app, principal, id).await?;
    let controller = controller_is_there(app, &connection::of(app, &cluster));
    let doomed =
        if delete_nodes && controller { nodes_added_by_us(app, &cluster).await? } else { Vec::new() };
    clusters::change(app, principal, id, |cluster| {
        clusters::refuse_archived(cluster)?;
        if matches!(cluster.agent_status.as_str(), DISCONNECTING | DISCONNECTED) {
            return Ok(None);
        }
        cluster.agent_status = DISCONNECTING.to_owned();
        let mut settings = Settings::of(cluster);
        settings.remove_software = Some(controller && !keep_software);
        cluster.settings = settings.to_value();
        let mut work = Work::new(app, cluster, CLUSTER_DISCONNECT, principal.actor().id);
        for node in &doomed {
            work.delete(app, node, LAST_DRAIN);
        }
        let nodes: Vec<&str> = doomed.iter().map(|node| node.node_name.as_str()).collect();
        let event = json!({"deletedNodes": nodes, "removeSoftware": settings.remove_software});
        let work = (!work.is_empty()).then_some(work);
        Ok(Some(Edit { work, ..Edit::of("clusterDisconnectStarted", event) }))
    })
    .await?;
    get(app, principal, id).await
}

/// The cluster, archived or not, once a disconnection that waits for nothing has gone on: should a step
/// have been missed, whoever waits for the end does it.
///
/// # Errors
/// 404.
pub async fn get(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<Cluster> {
    let cluster = clusters::get(app, principal, id).await?;
    if cluster.agent_status != DISCONNECTING {
        return Ok(cluster);
    }
    advance(app, cluster.organization_id, id).await?;
    clusters::get(app, principal, id).await
}

/// Goes on with a disconnection that waits for nothing any more.
///
/// # Errors
/// What the store met; then it goes on the next time.
pub async fn advance(app: &App, organization: OrganizationId, id: ClusterId) -> ApiResult<()> {
    // Two steps at most are left: our software, and the end.
    for _ in 0..2 {
        let Some(mut cluster) = app.store.cluster(organization, id).await? else { return Ok(()) };
        if cluster.status == ARCHIVED || cluster.agent_status != DISCONNECTING {
            return Ok(());
        }
        let open = app.store.open_operations(organization, id).await?;
        if open.iter().any(|operation| operation.kind == CLUSTER_DISCONNECT) {
            return Ok(());
        }
        let mut settings = Settings::of(&cluster);
        let mut work = Work::new(app, &cluster, CLUSTER_DISCONNECT, "server".to_owned());
        if settings.remove_software.take() == Some(true) {
            work.remove_software(app);
        } else {
            cluster.agent_status = DISCONNECTED.to_owned();
        }
        cluster.settings = settings.to_value();
        let mut tx = app.store.begin().await?;
        match tx.update_cluster(&cluster).await {
            // Somebody else goes on with it.
            Err(store::Error::Conflict { .. }) => return Ok(()),
            written => written?,
        };
        if work.is_empty() {
            let entry = audit::system_entry(app, organization, "clusterDisconnected", Some(id), json!({}));
            return Ok(tx.commit(&[entry]).await?);
        }
        work.create(&mut tx).await?;
        tx.commit_unaudited().await?;
        app.live.poke_actions(id);
    }
    Ok(())
}

/// Deletes the cluster: it stays readable as archived, its keys stop working, its state and credentials
/// are forgotten, and its identity is free for a new one. Deleting it again changes nothing.
///
/// # Errors
/// 400 for a cluster with credentials that is not disconnected; 404.
pub async fn delete(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<()> {
    let cluster = clusters::change(app, principal, id, |cluster| {
        if cluster.status == ARCHIVED {
            return Ok(None);
        }
        let agent_status = connection::of(app, cluster).agent_status;
        if !cluster.credentials_id.is_empty() && agent_status != DISCONNECTED {
            return Err(ApiError::bad_request(format!(
                "the cluster has credentials and its agent is {agent_status}: disconnect it first"
            )));
        }
        cluster.status = ARCHIVED.to_owned();
        cluster.agent_status = DISCONNECTED.to_owned();
        cluster.deleted_at = Some(app.clock.now());
        cluster.credentials_id.clear();
        let event = json!({"name": cluster.name, "providerType": cluster.provider_type, "provider": cluster.provider});
        Ok(Some(Edit {
            credentials: CredentialsEdit::Forget,
            delete_keys: true,
            ..Edit::of("clusterDeleted", event)
        }))
    })
    .await?;
    // After the keys, so that nothing new arrives; again with every repetition, should this one break off.
    app.store.delete_state(cluster.organization_id, id).await?;
    app.live.forget(id);
    Ok(())
}

fn controller_is_there(app: &App, connection: &Connection) -> bool {
    let seen = connection.activity.controller_seen_at;
    seen.is_some_and(|seen| app.clock.now().duration_since(seen) < DISCONNECTED_AFTER)
}

async fn nodes_added_by_us(app: &App, cluster: &Cluster) -> ApiResult<Vec<Target>> {
    let targets = app.live.read(app, cluster.organization_id, cluster.id, |state| {
        state.nodes().filter(|node| nodes::is_added_by_us(node)).filter_map(|node| Target::of(node)).collect()
    });
    Ok(targets.await?.unwrap_or_default())
}
