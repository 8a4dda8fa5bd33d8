//! Cost and use of connected clusters, counted as time passes.
//!
//! Between two deltas a cluster is taken to be as the first one left it, and is counted so when the
//! second arrives and every minute besides. A cluster that nothing was heard of for
//! [`BELIEVED`] is not counted any further: what is not known is not in the reports. After a restart
//! counting goes on where it was stored, with the state that was stored.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use model::{ClusterId, OrganizationId, Timestamp};
use store::ThinPolicy;

use super::{App, prices};
use crate::cost::hourly::CostMeter;
use crate::cost::now::ClusterCost;
use crate::http::error::{ApiError, ApiResult};

/// How long a cluster that is silent is taken to be as it was.
pub const BELIEVED: SignedDuration = SignedDuration::from_mins(30);
/// How long hours, and then days, are kept.
pub const KEPT: ThinPolicy = ThinPolicy { hourly_days: 92, daily_days: Some(1_100) };

/// The meters of clusters that are counted.
#[derive(Default)]
pub struct Metering(Mutex<HashMap<ClusterId, Arc<tokio::sync::Mutex<Option<Meter>>>>>);

/// One cluster's meter.
struct Meter {
    counted: CostMeter,
    /// Up to when the store has it.
    stored_until: Option<Timestamp>,
    /// What the cluster costs since it was last looked at.
    current: Arc<ClusterCost>,
}

impl Metering {
    /// Stops counting a cluster.
    pub fn forget(&self, cluster: ClusterId) {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).remove(&cluster);
    }

    fn entry(&self, cluster: ClusterId) -> Arc<tokio::sync::Mutex<Option<Meter>>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).entry(cluster).or_default().clone()
    }
}

/// Counts a cluster until `now` as it was, and looks at it anew: it has changed.
///
/// # Errors
/// What the store met; then the time is counted the next time.
pub async fn state_changed(
    app: &App,
    organization: OrganizationId,
    cluster: ClusterId,
    now: Timestamp,
) -> ApiResult<()> {
    let entry = app.metering.entry(cluster);
    let mut guard = entry.lock().await;
    let cost = look(app, organization, cluster).await?;
    match guard.as_mut() {
        Some(meter) => {
            meter.counted.count(&meter.current, now);
            meter.current = cost;
        }
        None => *guard = Some(start(app, organization, cluster, cost, now).await?),
    }
    Ok(())
}

/// Counts all live clusters until now and stores what was counted.
///
/// # Errors
/// What the store met when listing clusters; what goes wrong with one cluster is logged and tried
/// again the next time.
pub async fn store_all(app: &App) -> ApiResult<()> {
    let now = app.clock.now();
    for cluster in app.store.all_live_clusters().await? {
        let noted = app.live.activity(cluster.id).last_delta_at.max(cluster.activity.last_delta_at);
        let Some(heard) = noted else { continue };
        let believed_until = heard.saturating_add(BELIEVED).unwrap_or(heard);
        if let Err(error) =
            count_and_store(app, cluster.organization_id, cluster.id, now.min(believed_until)).await
        {
            tracing::warn!(cluster = %cluster.id, "cannot store costs, trying again later: {error}");
        }
    }
    Ok(())
}

/// Thins old rows out.
///
/// # Errors
/// What the store met.
pub async fn thin(app: &App) -> ApiResult<()> {
    app.store.thin_costs(app.clock.now(), KEPT).await?;
    Ok(())
}

async fn count_and_store(
    app: &App,
    organization: OrganizationId,
    cluster: ClusterId,
    until: Timestamp,
) -> ApiResult<()> {
    let entry = app.metering.entry(cluster);
    let mut guard = entry.lock().await;
    if guard.is_none() {
        let cost = look(app, organization, cluster).await?;
        *guard = Some(start(app, organization, cluster, cost, until).await?);
    }
    let Some(meter) = guard.as_mut() else { return Ok(()) };
    meter.counted.count(&meter.current, until);
    let counted_until = meter.counted.counted_until();
    if meter.stored_until.is_some_and(|stored| stored >= counted_until) {
        return Ok(());
    }
    let rows = meter.counted.rows();
    let stored = app.store.add_cost(organization, cluster, meter.stored_until, counted_until, &rows).await;
    if let Err(error) = stored {
        // Somebody else has counted this time, or nobody knows: the store says where to go on.
        *guard = None;
        return Err(error.into());
    }
    meter.stored_until = Some(counted_until);
    meter.counted.clear();
    // Prices may have changed, which no delta tells.
    meter.current = look(app, organization, cluster).await?;
    Ok(())
}

/// A meter that goes on where the store is, or starts `now` with a cluster that was never counted, or
/// not for so long that nothing is known of the time between.
async fn start(
    app: &App,
    organization: OrganizationId,
    cluster: ClusterId,
    current: Arc<ClusterCost>,
    now: Timestamp,
) -> ApiResult<Meter> {
    let stored_until = app.store.cost_counted_until(organization, cluster).await?;
    let mut counted = CostMeter::new(stored_until.unwrap_or(now));
    if counted.counted_until().duration_until(now) > BELIEVED {
        counted.skip(now);
    }
    Ok(Meter { counted, stored_until, current })
}

/// What the cluster costs as it is.
async fn look(app: &App, organization: OrganizationId, cluster: ClusterId) -> ApiResult<Arc<ClusterCost>> {
    let prices = prices::book(app, organization).await?;
    let live = app.live.ready(app, organization, cluster).await?;
    let cost = tokio::task::spawn_blocking(move || live.ask(|state| ClusterCost::of(state, &prices)));
    Ok(Arc::new(cost.await.map_err(ApiError::internal)?))
}
