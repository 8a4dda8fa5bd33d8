//! Machines that an organisation does not want bought, in one cluster or in all.

use model::{ClusterId, Lifecycle};
use serde_json::{Value, json};
use store::BlacklistEntry;

use super::{App, audit};
use crate::auth::principal::Principal;
use crate::http::error::{ApiError, ApiResult};

/// The entries, in the order in which they were added; given a cluster, those for it and those for all.
///
/// # Errors
/// 404 for a cluster that does not exist for the caller.
pub async fn list(
    app: &App,
    principal: &Principal,
    cluster: Option<ClusterId>,
) -> ApiResult<Vec<BlacklistEntry>> {
    check_cluster(app, principal, cluster).await?;
    let mut entries = app.store.blacklist(principal.organization, cluster, app.clock.now()).await?;
    entries.sort_by_key(|entry| entry.created_at);
    Ok(entries)
}

/// Adds `entry`; one that is there already stays.
///
/// # Errors
/// 404 for a cluster that does not exist for the caller.
pub async fn add(app: &App, principal: &Principal, entry: BlacklistEntry) -> ApiResult<BlacklistEntry> {
    let there = list(app, principal, entry.cluster_id).await?;
    if let Some(same) = there.into_iter().find(|one| same_machines(one, &entry)) {
        return Ok(same);
    }
    let mut tx = app.store.begin().await?;
    tx.add_to_blacklist(principal.organization, &entry).await?;
    let event = audit::entry(app, principal, "blacklistEntryAdded", entry.cluster_id, shown(&entry));
    tx.commit(&[event]).await?;
    Ok(entry)
}

/// Removes the entry for the same cluster, machines and lifecycle.
///
/// # Errors
/// 404 when there is none.
pub async fn remove(app: &App, principal: &Principal, entry: &BlacklistEntry) -> ApiResult<()> {
    let mut tx = app.store.begin().await?;
    if !tx.remove_from_blacklist(principal.organization, entry).await? {
        return Err(ApiError::not_found("a blacklist entry for this cluster, family or type, and lifecycle"));
    }
    let event = audit::entry(app, principal, "blacklistEntryRemoved", entry.cluster_id, shown(entry));
    tx.commit(&[event]).await?;
    Ok(())
}

async fn check_cluster(app: &App, principal: &Principal, cluster: Option<ClusterId>) -> ApiResult<()> {
    let Some(id) = cluster else { return Ok(()) };
    match app.store.cluster(principal.organization, id).await? {
        Some(_) => Ok(()),
        None => Err(ApiError::not_found(format_args!("cluster {id}"))),
    }
}

fn same_machines(one: &BlacklistEntry, other: &BlacklistEntry) -> bool {
    one.cluster_id == other.cluster_id
        && one.instance_family == other.instance_family
        && one.instance_type == other.instance_type
        && one.lifecycle == other.lifecycle
}

fn shown(entry: &BlacklistEntry) -> Value {
    json!({
        "instanceFamily": entry.instance_family, "instanceType": entry.instance_type,
        "lifecycle": entry.lifecycle.map_or("all", Lifecycle::as_str),
    })
}
