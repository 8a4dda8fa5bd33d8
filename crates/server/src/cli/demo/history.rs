//! A month that the demo's cluster has behind it, lived through in seconds.
//!
//! The simulation writes the bodies that the agent would have posted every hour; they are read by the
//! decoder, applied to a state, priced and counted by the meter that live clusters are counted with.
//! Nothing is invented on the way into the store.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use anyhow::Context as _;
use cloud::PriceBook;
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
/// How many hours the simulation may be ahead of the counting.
const HOURS_AHEAD: usize = 8;

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

/// An hour as the agent would have reported it: when, until when it stays so, and the body.
struct Hour {
    from: Timestamp,
    until: Timestamp,
    body: Vec<u8>,
}

/// Lives from `start` to `end` and stores what it cost; tells `progress` at the start and day by day. Gives
/// back the cluster as it is at `end`. Living, counting and storing go on side by side.
pub(super) async fn live_through(
    app: &App,
    owner: &store::Cluster,
    cluster: Cluster,
    (start, end): (Timestamp, Timestamp),
    mut progress: impl FnMut(Lived),
) -> anyhow::Result<Cluster> {
    let prices = prices::book(app, owner.organization_id).await?;
    let (hours, reported) = sync_channel(HOURS_AHEAD);
    let (told, mut received) = mpsc::channel(2);
    let id = owner.id.to_string();
    let living = tokio::task::spawn_blocking(move || live(cluster, &id, (start, end), &hours));
    let counting = tokio::task::spawn_blocking(move || count(start, &reported, &prices, &told));

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
    counting.await.context("counting the history ended")??;
    living.await.context("the simulation ended")
}

/// Lives, and reports every hour.
fn live(
    mut cluster: Cluster,
    id: &str,
    (start, end): (Timestamp, Timestamp),
    hours: &SyncSender<Hour>,
) -> Cluster {
    let mut informer = Informer::new();
    let mut from = start;
    while from < end {
        let body = if from == start {
            informer.full_snapshot(&mut cluster, id, from)
        } else {
            informer.delta(&mut cluster, id, from)
        };
        informer.delivered();
        let until = from.saturating_add(SignedDuration::from_hours(1)).unwrap_or(end).min(end);
        // Nobody counts any more when counting has failed, which is told there.
        if hours.send(Hour { from, until, body }).is_err() {
            break;
        }
        cluster.advance(until);
        from = until;
    }
    cluster
}

/// Counts what was reported, and tells of it a day at a time.
fn count(
    start: Timestamp,
    reported: &Receiver<Hour>,
    prices: &PriceBook,
    told: &mpsc::Sender<Told>,
) -> anyhow::Result<()> {
    let (mut state, mut meter, mut hours) = (ClusterState::new(), CostMeter::new(start), 0);
    let tell = |meter: &mut CostMeter| {
        let chunk = Told::Chunk { until: meter.counted_until(), rows: meter.rows() };
        meter.clear();
        told.blocking_send(chunk).context("nobody stores the history")
    };
    for Hour { from, until, body } in reported {
        let delta = cluster::decode_delta(&body[..], from)
            .context("the simulation wrote a delta that cannot be read")?;
        state.apply(delta);
        let cost = ClusterCost::of(&state, prices);
        if hours == 0 {
            let (nodes, pods) = (cost.nodes.len(), state.counts().pods);
            let start = Told::Start { nodes, pods, per_hour: cost.total().total() };
            told.blocking_send(start).context("nobody stores the history")?;
        }
        meter.count(&cost, until);
        hours += 1;
        if hours % HOURS_A_CHUNK == 0 {
            tell(&mut meter)?;
        }
    }
    if hours % HOURS_A_CHUNK != 0 {
        tell(&mut meter)?;
    }
    Ok(())
}
