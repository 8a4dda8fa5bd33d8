//! What the in-cluster controller is asked to do: offered at every poll until it is acknowledged.

use std::time::Duration;

use model::ActionId;
use serde_json::json;
use store::{Action, AuditEntry, Cluster, ClusterActivity};
use tokio::time::Instant;

use super::{App, audit, disconnect};
use crate::auth::principal::Principal;
use crate::http::error::ApiResult;

/// How long a poll is held while there is nothing to do; the controller allows five minutes.
const HELD: Duration = Duration::from_secs(30);
/// How often a held poll looks again: another server may have added an action.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// The error of an action that nobody acknowledged in time.
const OVERDUE: &str = "the controller did not acknowledge the action before its deadline";

/// The actions that the controller is to carry out now. Waits a while when there are none.
///
/// # Errors
/// What the store met.
pub async fn poll(app: &App, cluster: &Cluster) -> ApiResult<Vec<Action>> {
    let live = app.live.entry(cluster.id);
    let held_until = Instant::now() + HELD;
    loop {
        note_controller(app, cluster);
        // Listening begins before looking, so that an action added in between is not missed.
        let poked = live.actions.notified();
        tokio::pin!(poked);
        poked.as_mut().enable();
        let pending = app.store.pending_actions(cluster.organization_id, cluster.id).await?;
        if !pending.is_empty() || Instant::now() >= held_until {
            return Ok(pending);
        }
        tokio::select! {
            () = poked => {}
            () = tokio::time::sleep_until(held_until.min(Instant::now() + LOOK_EVERY)) => {}
            () = app.stopping.cancelled() => return Ok(pending),
        }
    }
}

/// Closes an action. Closing it again, or one that is not known, changes nothing: the controller must
/// not be told to try again.
///
/// # Errors
/// What the store met.
pub async fn acknowledge(
    app: &App,
    principal: &Principal,
    cluster: &Cluster,
    id: ActionId,
    error: Option<&str>,
) -> ApiResult<()> {
    note_controller(app, cluster);
    let entry = |action: &Action| {
        let event = json!({"action": shown(action), "error": error});
        audit::entry(app, principal, "actionAcknowledged", Some(cluster.id), event)
    };
    close(app, cluster.organization_id, cluster.id, id, error, entry).await?;
    app.live.poke_actions(cluster.id);
    app.engine.poke();
    Ok(())
}

/// Fails the actions that nobody acknowledged in time.
///
/// # Errors
/// What the store met.
pub async fn fail_overdue(app: &App) -> ApiResult<()> {
    for overdue in app.store.overdue_actions(app.clock.now()).await? {
        let entry = |action: &Action| {
            let event = json!({"action": shown(action), "error": OVERDUE});
            audit::system_entry(
                app,
                overdue.organization_id,
                "actionExpired",
                Some(overdue.cluster_id),
                event,
            )
        };
        close(app, overdue.organization_id, overdue.cluster_id, overdue.id, Some(OVERDUE), entry).await?;
        app.live.poke_actions(overdue.cluster_id);
    }
    Ok(())
}

async fn close(
    app: &App,
    organization: model::OrganizationId,
    cluster: model::ClusterId,
    id: ActionId,
    error: Option<&str>,
    entry: impl FnOnce(&Action) -> AuditEntry,
) -> ApiResult<()> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    match tx.acknowledge_action(organization, cluster, id, error, now).await? {
        Some(action) if action.done_at == Some(now) => tx.commit(&[entry(&action)]).await?,
        _ => tx.commit_unaudited().await?,
    }
    // It may be what a disconnection waited for.
    disconnect::advance(app, organization, cluster).await
}

fn note_controller(app: &App, cluster: &Cluster) {
    let seen = ClusterActivity { controller_seen_at: Some(app.clock.now()), ..ClusterActivity::default() };
    app.live.note_activity(cluster.id, seen);
}

/// An action in the audit log: its kind, not its whole payload.
fn shown(action: &Action) -> serde_json::Value {
    let kind = action.asked.payload.as_object().and_then(|payload| payload.keys().next());
    json!({"id": action.asked.id, "kind": kind, "operationId": action.asked.operation_id})
}
