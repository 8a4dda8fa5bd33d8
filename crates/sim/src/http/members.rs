//! Clusters with everything that speaks for them, until they are told to stop.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use model::{Clock, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{Server, Tally};
use crate::agent::Agent;
use crate::controller::Controller;
use crate::protocol::{Purpose, Request, Response, Step};
use crate::sim_cloud::SimCloud;
use crate::spot_handler::SpotHandler;
use crate::subject::Subject;
use crate::world::Counts;

/// How often a controller looks at its running actions while its poll is held.
const WORK_EVERY: Duration = Duration::from_millis(250);

/// A cluster that its clients share: the agent watches it, the controller changes it, and somebody may set
/// its speed.
pub type Shared = Arc<Mutex<Subject>>;

/// The lock of something that is whole whenever it is free.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One cluster and what speaks for it.
#[derive(Debug)]
pub struct Member {
    /// The cluster.
    pub subject: Shared,
    /// Its agent.
    pub agent: Agent,
    /// Whether a controller polls for it and spot handlers watch its machines, too. A cluster that
    /// stands still has none.
    pub controlled: bool,
    /// The cloud through whose API its machines are bought and given back.
    pub cloud: Option<SimCloud>,
}

/// What a client in a cluster needs beside its protocol.
#[derive(Clone)]
struct InCluster {
    server: Server,
    subject: Shared,
    clock: Arc<dyn Clock>,
    tally: Arc<Tally>,
    stop: CancellationToken,
}

/// What became of a member.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The cluster's id, if it was registered.
    pub cluster_id: Option<String>,
    /// Whether a full snapshot was taken by the server.
    pub delivered: bool,
    /// How many objects the server should know.
    pub counts: Counts,
    /// The last failure after which nothing of its purpose succeeded.
    pub failures: Vec<String>,
    /// Actions that ended well, and with an error.
    pub actions: (u64, u64),
}

impl Ended {
    /// A member that nothing more is known of.
    fn broken(reason: String) -> Self {
        let counts = Counts::default();
        Self { cluster_id: None, delivered: false, counts, failures: vec![reason], actions: (0, 0) }
    }
}

/// Speaks for `member` until `stop`: what is under way is finished, held polls are dropped.
pub async fn run(
    server: Server,
    member: Member,
    clock: Arc<dyn Clock>,
    tally: Arc<Tally>,
    stop: CancellationToken,
) -> Ended {
    let Member { subject, mut agent, controlled, cloud } = member;
    let mut standing: BTreeMap<Purpose, String> = BTreeMap::new();
    let (mut is_known, mut in_cluster) = (false, None);
    loop {
        let _permit = if agent.writes_snapshot_at(clock.now()) {
            tokio::select! {
                permit = server.snapshots.clone().acquire_owned() => permit.ok(),
                () = stop.cancelled() => break,
            }
        } else {
            None
        };
        // A snapshot takes long to write: not on a thread that others wait for.
        let (writer, now) = (subject.clone(), clock.now());
        let written = tokio::task::spawn_blocking(move || {
            let step = agent.step(&mut lock(&writer), now);
            (agent, step)
        });
        let step = match written.await {
            Ok((returned, step)) => {
                agent = returned;
                step
            }
            Err(error) => return Ended::broken(format!("the agent broke: {error}")),
        };
        match step {
            Step::Wait(until) => {
                if !wait(until, &*clock, &stop).await {
                    break;
                }
            }
            Step::Send(request) => {
                let (purpose, began) = (request.purpose, Instant::now());
                let response = server.send(request).await;
                let broken = response.as_ref().err().cloned();
                let result = agent.answer(response.ok(), clock.now());
                let result =
                    result.map_err(|reason| broken.map_or(reason.clone(), |why| format!("{reason}: {why}")));
                tally.count(purpose, began.elapsed(), &result);
                match result {
                    Ok(()) => standing.remove(&purpose),
                    Err(reason) => standing.insert(purpose, reason),
                };
            }
        }
        if let Some(id) = agent.cluster_id().filter(|_| !is_known) {
            is_known = true;
            if let Some(cloud) = &cloud
                && let Ok(id) = id.parse()
            {
                cloud.add(id, subject.clone());
            }
            if controlled {
                let of = InCluster {
                    server: server.clone(),
                    subject: subject.clone(),
                    clock: clock.clone(),
                    tally: tally.clone(),
                    stop: stop.clone(),
                };
                let controller = Controller::new(id, clock.now());
                let spot_handler = SpotHandler::new(id, clock.now());
                in_cluster = Some((
                    tokio::spawn(control(of.clone(), controller)),
                    tokio::spawn(handle_spot(of, spot_handler)),
                ));
            }
        }
        if stop.is_cancelled() {
            break;
        }
    }
    let mut failures: Vec<String> = standing.into_values().collect();
    let mut actions = (0, 0);
    if let Some((controller, spot_handler)) = in_cluster {
        match controller.await {
            Ok((ended, failed)) => {
                actions = ended;
                failures.extend(failed);
            }
            Err(error) => failures.push(format!("the controller ended: {error}")),
        }
        match spot_handler.await {
            Ok(failed) => failures.extend(failed),
            Err(error) => failures.push(format!("the spot handler ended: {error}")),
        }
    }
    Ended {
        cluster_id: agent.cluster_id().map(str::to_owned),
        delivered: agent.has_delivered(),
        counts: agent.delivered_counts(),
        failures,
        actions,
    }
}

/// Polls and acts until `stop`, or until it is told to go.
async fn control(of: InCluster, mut controller: Controller) -> ((u64, u64), Vec<String>) {
    let InCluster { server, subject, clock, tally, stop } = of;
    let mut standing: BTreeMap<Purpose, String> = BTreeMap::new();
    let mut given_up = Vec::new();
    while !stop.is_cancelled() && !controller.is_disconnected() {
        let step = match lock(&subject).cluster_mut() {
            Some(cluster) => controller.step(cluster, clock.now()),
            None => break,
        };
        let request = match step {
            Step::Wait(until) => {
                wait(until, &*clock, &stop).await;
                continue;
            }
            Step::Send(request) => request,
        };
        let (purpose, began) = (request.purpose, Instant::now());
        let Some(response) = held(&server, request, &mut controller, &subject, &*clock, &stop).await else {
            break;
        };
        let broken = response.as_ref().err().cloned();
        let result = match lock(&subject).cluster_mut() {
            Some(cluster) => controller.answer(response.ok(), cluster, clock.now()),
            None => break,
        };
        let result = result.map_err(|reason| broken.map_or(reason.clone(), |why| format!("{reason}: {why}")));
        tally.count(purpose, began.elapsed(), &result);
        match (purpose, result) {
            (Purpose::Acknowledge, Err(reason)) => given_up.push(reason),
            (purpose, Err(reason)) => {
                standing.insert(purpose, reason);
            }
            (purpose, Ok(())) => {
                standing.remove(&purpose);
            }
        }
    }
    given_up.extend(standing.into_values());
    (controller.ended(), given_up)
}

/// Tells the server of notices until `stop`. Gives the last failure after which nothing succeeded.
async fn handle_spot(of: InCluster, mut handler: SpotHandler) -> Option<String> {
    let InCluster { server, subject, clock, tally, stop } = of;
    let mut standing = None;
    while !stop.is_cancelled() {
        let step = handler.step(lock(&subject).cluster_mut()?, clock.now());
        let request = match step {
            Step::Wait(until) => {
                wait(until, &*clock, &stop).await;
                continue;
            }
            Step::Send(request) => request,
        };
        let (purpose, began) = (request.purpose, Instant::now());
        let response = server.send(request).await;
        let result = handler.answer(response, lock(&subject).cluster_mut()?, clock.now());
        tally.count(purpose, began.elapsed(), &result);
        standing = result.err();
    }
    standing
}

/// Sends a request of the controller's; while the server holds it, running actions go on. None when it
/// was a poll and there is no more time.
async fn held(
    server: &Server,
    request: Request,
    controller: &mut Controller,
    subject: &Shared,
    clock: &dyn Clock,
    stop: &CancellationToken,
) -> Option<Result<Response, String>> {
    let sending = server.send(request);
    tokio::pin!(sending);
    loop {
        tokio::select! {
            response = &mut sending => return Some(response),
            () = stop.cancelled(), if controller.is_polling() => return None,
            () = tokio::time::sleep(WORK_EVERY) => {
                if let Some(cluster) = lock(subject).cluster_mut() {
                    controller.work(cluster, clock.now());
                }
            }
        }
    }
}

/// Waits for `until`. False when it is time to stop.
async fn wait(until: Timestamp, clock: &dyn Clock, stop: &CancellationToken) -> bool {
    let left = Duration::try_from(until.duration_since(clock.now())).unwrap_or_default();
    tokio::select! {
        () = stop.cancelled() => false,
        () = tokio::time::sleep(left) => true,
    }
}
