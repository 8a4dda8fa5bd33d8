//! Deltas of the agent, applied: read whole, checked for continuity, stored, and only then part of the
//! state. What was acknowledged is on disk.
//!
//! The token tells where in the sequence an agent is. The last one and the one before are accepted: an
//! agent whose connection broke after its delta was applied sends it again with the older one, and
//! objects are whole, so applying it twice does no harm. A full snapshot is accepted with any token:
//! the agent that was told its token is invalid still sends it.

use std::io::Read;
use std::sync::Arc;

use cluster::{ClusterState, Delta, EncodeError};
use model::{ClusterId, Timestamp};
use store::{Cluster, ClusterActivity};
use wire::delta::DeltaError;

use super::live::{LiveCluster, Progress, loaded};
use super::{App, metering};
use crate::http::error::{ApiError, ApiResult};

/// The text by which agents know that they must start over.
const INVALID_TOKEN: &str = "invalid continuity token";
/// Deltas after a snapshot are folded into it when they are this many, …
const COMPACT_AFTER_DELTAS: usize = 400;
/// … or larger than it, and than this many bytes.
const COMPACT_AFTER_BYTES: usize = 512 * 1024;

/// Reads a delta from `body`, which is decompressed already, to its end. Blocks; run it where that is
/// allowed.
///
/// # Errors
/// 400 that says where the text went wrong.
pub fn read_delta(body: impl Read, received_at: Timestamp) -> ApiResult<Delta> {
    cluster::decode_delta(body, received_at).map_err(|error| {
        let DeltaError { path, source } = &error;
        ApiError::field(path.clone(), source.to_string()).with_cause(error)
    })
}

/// Applies a delta that was read whole; the token to answer with.
///
/// # Errors
/// 400 `invalid continuity token` when the agent must send a full snapshot; what the store met, and
/// then nothing was applied.
pub async fn apply(app: &App, cluster: &Cluster, given_token: &str, delta: Delta) -> ApiResult<String> {
    if !delta.head.cluster_id.is_empty() && delta.head.cluster_id != cluster.id.to_string() {
        return Err(ApiError::field(
            "clusterId",
            format!("must be {}, the cluster it is sent to", cluster.id),
        ));
    }
    let live = app.live.entry(cluster.id);
    let mut guard = live.progress.lock().await;
    let progress = loaded(app, &live, &mut guard, cluster.organization_id, cluster.id).await?;

    let full = delta.is_full_snapshot();
    if !full
        && !(progress.sequence > 0
            && (given_token == progress.token || given_token == progress.previous_token))
    {
        return Err(ApiError::bad_request(INVALID_TOKEN));
    }
    for skipped in &delta.skipped {
        app.metrics.skipped_object(&skipped.kind);
        tracing::debug!(cluster = %cluster.id, kind = skipped.kind, name = skipped.name, "skipped an object: {}", skipped.error);
    }
    let received_at = delta.received_at;
    note(app, cluster.id, full, received_at);
    if !full && delta.change_count() == 0 && delta.skipped.is_empty() {
        // A heartbeat: nothing to keep, and the token stays what it was.
        return Ok(progress.token.clone());
    }

    let token = app.ids.next_uuid().as_simple().to_string();
    let kept = if full {
        keep_snapshot(app, cluster, &live, progress, &token, delta).await
    } else {
        keep_delta(app, cluster, &live, progress, &token, delta).await
    };
    if let Err(error) = kept {
        // Another server has it now, or the store failed half-way: what is right is in the store.
        *guard = None;
        app.live.forget(cluster.id);
        return Err(error);
    }
    let progress = loaded(app, &live, &mut guard, cluster.organization_id, cluster.id).await?;
    progress.previous_token = std::mem::replace(&mut progress.token, token.clone());
    let to_compact = progress.deltas > COMPACT_AFTER_DELTAS
        || progress.delta_bytes > progress.snapshot_bytes.max(COMPACT_AFTER_BYTES);
    drop(guard);
    if to_compact {
        tokio::spawn(compact(app.clone(), cluster.clone(), live));
    }
    if let Err(error) = metering::state_changed(app, cluster.organization_id, cluster.id, received_at).await {
        tracing::warn!(cluster = %cluster.id, "cannot count costs, trying again later: {error}");
    }
    app.engine.poke();
    Ok(token)
}

/// Whether the agent is to send everything anew. Stays so until it has: every replica asks, and only
/// the leader acts on it.
///
/// # Errors
/// What the store met.
pub async fn resync_requested(app: &App, cluster: &Cluster) -> ApiResult<bool> {
    let live = app.live.entry(cluster.id);
    let mut guard = live.progress.lock().await;
    Ok(loaded(app, &live, &mut guard, cluster.organization_id, cluster.id).await?.resync_requested)
}

/// Asks the agent for a full snapshot.
///
/// # Errors
/// What the store met.
pub async fn request_resync(app: &App, cluster: &Cluster) -> ApiResult<()> {
    let live = app.live.entry(cluster.id);
    let mut guard = live.progress.lock().await;
    let progress = loaded(app, &live, &mut guard, cluster.organization_id, cluster.id).await?;
    if progress.sequence > 0 {
        app.store.request_resync(cluster.organization_id, cluster.id, true).await?;
        progress.resync_requested = true;
    }
    Ok(())
}

fn note(app: &App, cluster: ClusterId, full: bool, at: Timestamp) {
    let seen = ClusterActivity {
        last_snapshot_at: full.then_some(at),
        last_delta_at: Some(at),
        agent_seen_at: Some(at),
        controller_seen_at: None,
    };
    app.live.note_activity(cluster, seen);
}

async fn keep_snapshot(
    app: &App,
    cluster: &Cluster,
    live: &Arc<LiveCluster>,
    progress: &mut Progress,
    token: &str,
    delta: Delta,
) -> ApiResult<()> {
    let built = tokio::task::spawn_blocking(move || {
        let mut state = ClusterState::new();
        state.apply(delta);
        let body = state.encode()?;
        Ok::<_, EncodeError>((state, body))
    });
    let (state, body) = built.await.map_err(ApiError::internal)?.map_err(ApiError::internal)?;
    let sequence = app
        .store
        .replace_snapshot(cluster.organization_id, cluster.id, progress.sequence, token, &body)
        .await?;
    *live.state.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = state;
    *progress = Progress {
        sequence,
        resync_requested: false,
        snapshot_bytes: body.len(),
        delta_bytes: 0,
        deltas: 0,
        ..progress.clone()
    };
    Ok(())
}

async fn keep_delta(
    app: &App,
    cluster: &Cluster,
    live: &Arc<LiveCluster>,
    progress: &mut Progress,
    token: &str,
    delta: Delta,
) -> ApiResult<()> {
    let encoded = tokio::task::spawn_blocking(move || {
        let body = delta.encode()?;
        Ok::<_, EncodeError>((delta, body))
    });
    let (delta, body) = encoded.await.map_err(ApiError::internal)?.map_err(ApiError::internal)?;
    progress.sequence =
        app.store.append_delta(cluster.organization_id, cluster.id, progress.sequence, token, &body).await?;
    live.state.write().unwrap_or_else(|poisoned| poisoned.into_inner()).apply(delta);
    progress.delta_bytes += body.len();
    progress.deltas += 1;
    Ok(())
}

/// Folds the stored deltas into the stored snapshot.
async fn compact(app: App, cluster: Cluster, live: Arc<LiveCluster>) {
    let mut guard = live.progress.lock().await;
    let Some(progress) = guard.as_mut() else { return };
    let encoded = {
        let live = live.clone();
        tokio::task::spawn_blocking(move || live.ask(ClusterState::encode)).await
    };
    let Ok(Ok(body)) = encoded else { return };
    match app.store.compact_state(cluster.organization_id, cluster.id, progress.sequence, &body).await {
        Ok(()) => {
            progress.snapshot_bytes = body.len();
            (progress.delta_bytes, progress.deltas) = (0, 0);
        }
        Err(error) => tracing::warn!(cluster = %cluster.id, "cannot fold deltas into the snapshot: {error}"),
    }
}
