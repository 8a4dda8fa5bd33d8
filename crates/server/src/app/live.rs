//! The states of clusters in memory: read from the store when first needed, changed by deltas.
//!
//! Changing a state is [`super::ingest`]'s; everybody else only reads. When components were last heard
//! of is noted here and written to the store in bulk.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, RwLock};

use cluster::ClusterState;
use model::{ClusterId, OrganizationId};
use store::ClusterActivity;
use tokio::sync::Notify;

use super::App;
use crate::http::error::{ApiError, ApiResult};

/// All clusters that were needed since the start.
#[derive(Default)]
pub struct LiveClusters {
    clusters: Mutex<HashMap<ClusterId, Arc<LiveCluster>>>,
    activity: Mutex<HashMap<ClusterId, Activity>>,
}

/// When a cluster's components were last heard of, and whether the store knows.
#[derive(Clone, Copy, Default)]
struct Activity {
    seen: ClusterActivity,
    unsaved: bool,
}

/// One cluster's state, and what orders its changes.
pub struct LiveCluster {
    /// Held while a delta is applied; also says how far things are.
    pub(super) progress: tokio::sync::Mutex<Option<Progress>>,
    pub(super) state: RwLock<ClusterState>,
    /// Poked when the controller has something new to do.
    pub(super) actions: Notify,
}

/// How far a cluster's deltas were applied, as the store knows it.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    /// The number of the last delta; 0 when none was ever received.
    pub(super) sequence: i64,
    /// The token given with it.
    pub(super) token: String,
    /// The token given with the one before.
    pub(super) previous_token: String,
    /// Whether the agent is to send everything anew.
    pub(super) resync_requested: bool,
    /// Bytes of the stored snapshot.
    pub(super) snapshot_bytes: usize,
    /// Bytes of the deltas stored after it.
    pub(super) delta_bytes: usize,
    /// How many those are.
    pub(super) deltas: usize,
}

impl LiveCluster {
    fn new() -> Self {
        Self {
            progress: tokio::sync::Mutex::new(None),
            state: RwLock::new(ClusterState::new()),
            actions: Notify::new(),
        }
    }

    /// Runs `question` on the state as it is now.
    pub(super) fn ask<T>(&self, question: impl FnOnce(&ClusterState) -> T) -> T {
        question(&self.state.read().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}

impl LiveClusters {
    /// The cluster's entry, whether or not its state was read yet.
    pub(super) fn entry(&self, cluster: ClusterId) -> Arc<LiveCluster> {
        lock(&self.clusters).entry(cluster).or_insert_with(|| Arc::new(LiveCluster::new())).clone()
    }

    /// Forgets the state, so that it is read from the store when next needed.
    pub(super) fn forget(&self, cluster: ClusterId) {
        lock(&self.clusters).remove(&cluster);
    }

    /// Runs `question` on a cluster's state; `None` when nothing was ever received of it.
    ///
    /// # Errors
    /// What the store met, when the state had to be read.
    pub async fn read<T>(
        &self,
        app: &App,
        organization: OrganizationId,
        cluster: ClusterId,
        question: impl FnOnce(&ClusterState) -> T,
    ) -> ApiResult<Option<T>> {
        let live = self.entry(cluster);
        let received = {
            let mut progress = live.progress.lock().await;
            loaded(app, &live, &mut progress, organization, cluster).await?.sequence > 0
        };
        Ok(received.then(|| live.ask(question)))
    }

    /// The cluster, with its state read from the store; empty when nothing was ever received of it.
    pub(super) async fn ready(
        &self,
        app: &App,
        organization: OrganizationId,
        cluster: ClusterId,
    ) -> ApiResult<Arc<LiveCluster>> {
        let live = self.entry(cluster);
        loaded(app, &live, &mut *live.progress.lock().await, organization, cluster).await?;
        Ok(live)
    }

    /// The same without waiting for a delta that is being applied, which of a large cluster takes
    /// seconds: what was known before it, for what hardly ever changes.
    ///
    /// # Errors
    /// What the store met, when the state had to be read.
    pub async fn glance<T>(
        &self,
        app: &App,
        organization: OrganizationId,
        cluster: ClusterId,
        question: impl FnOnce(&ClusterState) -> T,
    ) -> ApiResult<Option<T>> {
        let live = self.entry(cluster);
        if live.progress.try_lock().is_err() {
            return Ok(Some(live.ask(question)));
        }
        self.read(app, organization, cluster, question).await
    }

    /// When the cluster's components were last heard of, as far as it was noted since the start.
    pub fn activity(&self, cluster: ClusterId) -> ClusterActivity {
        lock(&self.activity).get(&cluster).copied().unwrap_or_default().seen
    }

    /// Notes that components were heard of; what is `None` stays as it was.
    pub fn note_activity(&self, cluster: ClusterId, seen: ClusterActivity) {
        let mut activity = lock(&self.activity);
        let known = activity.entry(cluster).or_default();
        let ClusterActivity { last_snapshot_at, last_delta_at, agent_seen_at, controller_seen_at } = seen;
        known.seen = ClusterActivity {
            last_snapshot_at: last_snapshot_at.or(known.seen.last_snapshot_at),
            last_delta_at: last_delta_at.or(known.seen.last_delta_at),
            agent_seen_at: agent_seen_at.or(known.seen.agent_seen_at),
            controller_seen_at: controller_seen_at.or(known.seen.controller_seen_at),
        };
        known.unsaved = true;
    }

    /// Writes what was noted since the last time.
    ///
    /// # Errors
    /// What the store met; then it is written the next time.
    pub async fn save_activity(&self, app: &App) -> store::Result<()> {
        let unsaved: Vec<_> = {
            let mut activity = lock(&self.activity);
            let taken =
                activity.iter_mut().map(|(id, one)| (*id, one.seen, std::mem::take(&mut one.unsaved)));
            taken.filter(|(_, _, unsaved)| *unsaved).map(|(id, seen, _)| (id, seen)).collect()
        };
        if unsaved.is_empty() {
            return Ok(());
        }
        let saved = app.store.touch_clusters(&unsaved).await;
        if saved.is_err() {
            let mut activity = lock(&self.activity);
            for (id, _) in &unsaved {
                activity.entry(*id).or_default().unsaved = true;
            }
        }
        saved
    }

    /// Lets whoever waits for the cluster's actions look again.
    pub fn poke_actions(&self, cluster: ClusterId) {
        self.entry(cluster).actions.notify_waiters();
    }

    /// How many clusters are held.
    pub fn len(&self) -> usize {
        lock(&self.clusters).len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How far the cluster is, reading it and its state from the store the first time.
pub(super) async fn loaded<'p>(
    app: &App,
    live: &Arc<LiveCluster>,
    progress: &'p mut Option<Progress>,
    organization: OrganizationId,
    cluster: ClusterId,
) -> ApiResult<&'p mut Progress> {
    if progress.is_none() {
        let (found, state) = match app.store.load_state(organization, cluster).await? {
            None => (Progress::nothing(), ClusterState::new()),
            Some(kept) => {
                let read = tokio::task::spawn_blocking(move || rebuild(kept)).await;
                read.map_err(ApiError::internal)?.map_err(ApiError::internal)?
            }
        };
        *live.state.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = state;
        *progress = Some(found);
        app.metrics.set_clusters_in_memory(app.live.len());
    }
    Ok(progress.get_or_insert_with(Progress::nothing))
}

impl Progress {
    fn nothing() -> Self {
        Self {
            sequence: 0,
            token: String::new(),
            previous_token: String::new(),
            resync_requested: false,
            snapshot_bytes: 0,
            delta_bytes: 0,
            deltas: 0,
        }
    }
}

/// The state at its last delta, from a snapshot and the deltas after it.
fn rebuild(kept: store::ClusterState) -> Result<(Progress, ClusterState), cluster::DecodeError> {
    let mut state = ClusterState::new();
    let mut progress = Progress {
        sequence: kept.sequence,
        token: kept.token,
        previous_token: kept.previous_token,
        resync_requested: kept.resync_requested,
        deltas: kept.deltas.len(),
        ..Progress::nothing()
    };
    if let Some(snapshot) = kept.snapshot {
        progress.snapshot_bytes = snapshot.body.len();
        state = ClusterState::decode(&snapshot.body)?;
    }
    for delta in kept.deltas {
        progress.delta_bytes += delta.body.len();
        state.apply(cluster::Delta::decode(&delta.body)?);
    }
    Ok((progress, state))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
