//! A month that the demo's cluster has behind it, lived through in seconds.
//!
//! The simulation writes the bodies that the agent would have posted every hour; they are read by the
//! decoder, applied to a state, priced and counted by the meter that live clusters are counted with.
//! Nothing is invented on the way into the store.

use anyhow::Context as _;
use cluster::ClusterState;
use jiff::SignedDuration;
use model::{Money, Timestamp};
use sim::{Cluster, Informer};
use store::CostRows;
use tokio::sync::mpsc;

use crate::app::{App, prices};
use crate::cost::hourly::CostMeter;
use crate::cost::now::ClusterCost;

/// How much of the history is stored at a time.
const HOURS_A_CHUNK: i64 = 24;

/// What the thread that lives through the history has to say.
enum Told {
    /// What the cluster was like at the start.
    Start { nodes: usize, pods: usize, per_hour: Money },
    /// A stretch of history, ready to be stored.
    Chunk { until: Timestamp, rows: CostRows },
}

/// How far it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lived {
    /// The cluster as it was at the start.
    Start {
        /// Its nodes.
        nodes: usize,
        /// Its pods.
        pods: usize,
        /// What it cost.
        per_hour: Money,
    },
    /// So many days, and what they cost.
    Days(i64, Money),
}

/// Lives from `start` to `end` and stores what it cost; tells `progress` at the start and day by day. Gives back the
/// cluster as it is at `end`.
pub(super) async fn live_through(
    app: &App,
    owner: &store::Cluster,
    mut cluster: Cluster,
    (start, end): (Timestamp, Timestamp),
    mut progress: impl FnMut(Lived),
) -> anyhow::Result<Cluster> {
    let prices = prices::book(app, owner.organization_id).await.map_err(anyhow::Error::from)?;
    let (chunks, mut received) = mpsc::channel::<Told>(2);
    let id = owner.id.to_string();
    let living = tokio::task::spawn_blocking(move || -> anyhow::Result<Cluster> {
        let mut informer = Informer::new();
        let mut state = ClusterState::new();
        let mut meter = CostMeter::new(start);
        let mut now = start;
        let mut body = informer.full_snapshot(&mut cluster, &id, now);
        let mut hours = 0;
        loop {
            let delta = cluster::decode_delta(&body[..], now)
                .context("the simulation wrote a delta that cannot be read")?;
            state.apply(delta);
            informer.delivered();
            let next = now.saturating_add(SignedDuration::from_hours(1)).unwrap_or(end).min(end);
            let cost = ClusterCost::of(&state, &prices);
            if hours == 0 {
                let (nodes, pods) = (cost.nodes.len(), state.counts().pods);
                let _ = chunks.blocking_send(Told::Start { nodes, pods, per_hour: cost.total().total() });
            }
            meter.count(&cost, next);
            hours += 1;
            let over = next >= end;
            if over || hours % HOURS_A_CHUNK == 0 {
                let chunk = Told::Chunk { until: meter.counted_until(), rows: meter.rows() };
                meter.clear();
                if chunks.blocking_send(chunk).is_err() {
                    break;
                }
            }
            if over {
                break;
            }
            now = next;
            cluster.advance(now);
            body = informer.delta(&mut cluster, &id, now);
        }
        cluster.advance(end);
        Ok(cluster)
    });
    let (mut stored_until, mut days, mut total) = (None, 0, Money::ZERO);
    while let Some(told) = received.recv().await {
        match told {
            Told::Start { nodes, pods, per_hour } => progress(Lived::Start { nodes, pods, per_hour }),
            Told::Chunk { until, rows } => {
                days += 1;
                total += rows.cluster.iter().map(|row| row.measures.cost).sum();
                app.store.add_cost(owner.organization_id, owner.id, stored_until, until, &rows).await?;
                stored_until = Some(until);
                progress(Lived::Days(days, total));
            }
        }
    }
    living.await.context("the simulation ended")?
}
