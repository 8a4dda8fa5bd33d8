//! One action being carried out on the simulated cluster, with the waits and the words of the official
//! controller. Waits are virtual time; an action's age since `createdAt` is shown time.

use model::Timestamp;

use super::action::{CheckStatus, Drain, EvictPod, Payload, Target};
use super::{charts::Charts, nodes, objects};
use crate::cluster::Cluster;
use crate::time::VirtualTime;
use crate::world::Standing;
use crate::world::meta::{Id, Kind};
use crate::world::pod::{Owner, Phase, Pod};

/// How an action ended: well, or with the words of its error.
pub(super) type Outcome = Result<(), String>;

/// Seconds between two looks at whether pods have gone.
const LOOK_SECONDS: i64 = 10;
/// Seconds between two tries of an eviction that a budget forbids.
const EVICTION_SECONDS: i64 = 5;
/// Seconds that a force drain waits for graceful deletion before it kills, and again after that.
const FORCE_SECONDS: i64 = 120;
/// Seconds that a patch looks for a node that is not there: six tries with growing pauses.
const LOOKUP_SECONDS: i64 = 77;
/// Seconds that a status check waits when it is not told how long.
const STATUS_SECONDS: i64 = 540;

/// An action that runs.
#[derive(Debug)]
pub(super) struct Execution {
    pub(super) id: String,
    payload: Payload,
    stage: Stage,
    /// When to go on.
    due: VirtualTime,
    /// When time is up.
    deadline: VirtualTime,
    /// The budget that was left at the start, in seconds.
    budget: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Begin,
    /// Evicting, until the deadline.
    Evicting,
    /// Deleting gracefully by force, until the deadline.
    Forcing,
    /// Deleted without grace; waiting for pods that something else holds, until the deadline.
    Killed,
    /// Waiting for something else.
    Waiting,
}

impl Execution {
    pub(super) fn new(id: String, created: Timestamp, payload: Payload, cluster: &Cluster) -> Self {
        let seconds = match &payload {
            Payload::Drain(drain) => drain.drain_timeout_seconds,
            Payload::EvictPod(evict) => evict.timeout_seconds,
            _ => 0,
        };
        let age = cluster.shown().duration_since(created).as_secs_f64().max(0.0);
        let budget = (seconds as f64 - age).max(0.0);
        let deadline = cluster.now().plus_millis((budget * 1_000.0) as i64);
        Self { id, payload, stage: Stage::Begin, due: cluster.now(), deadline, budget }
    }

    /// Goes on if it is time. Gives the outcome at the end, with the prefix that the official controller
    /// gives its handlers' errors.
    pub(super) fn go_on(&mut self, cluster: &mut Cluster, charts: &mut Charts) -> Option<Outcome> {
        if self.due > cluster.now() {
            return None;
        }
        let type_name = self.payload.type_name();
        let outcome = match self.payload.clone() {
            Payload::Drain(drain) => self.drain(&drain, cluster),
            Payload::EvictPod(evict) => self.evict(&evict, cluster),
            Payload::CheckStatus(check) => self.check_status(&check, cluster),
            Payload::PatchNode(patch) => match nodes::patch(cluster, &patch) {
                nodes::Patched::Done(outcome) => Some(outcome),
                nodes::Patched::NotFound(outcome) if self.stage == Stage::Waiting => Some(outcome),
                nodes::Patched::NotFound(_) => {
                    self.stage = Stage::Waiting;
                    self.wait(cluster, LOOKUP_SECONDS)
                }
            },
            Payload::DeleteNode(target) => Some(nodes::delete(cluster, &target)),
            Payload::CheckDeleted(target) => Some(check_deleted(cluster, &target)),
            Payload::CreateEvent => Some(Ok(())),
            Payload::ChartUpsert(chart) => Some(charts.upsert(&chart)),
            Payload::ChartUninstall(release) => Some(charts.uninstall(&release)),
            Payload::ChartRollback(release) => {
                Some(charts.rollback(&release, cluster.provider().minor_version()))
            }
            Payload::Disconnect => Some(objects::delete_namespace(cluster, "castai-agent")),
            Payload::Patch(patch) => Some(objects::patch(cluster, &patch)),
            Payload::Create(create) => Some(objects::create(cluster, &create)),
            Payload::Delete(delete) => Some(objects::delete(cluster, &delete.id)),
        };
        outcome
            .map(|outcome| outcome.map_err(|error| format!("handling action *castai.{type_name}: {error}")))
    }

    /// Whether this takes the controller itself away.
    pub(super) fn disconnects(&self) -> bool {
        matches!(self.payload, Payload::Disconnect)
    }

    fn wait(&mut self, cluster: &Cluster, seconds: i64) -> Option<Outcome> {
        self.due = cluster.now().plus_seconds(seconds);
        None
    }

    /// Cordons, evicts what budgets allow until the time is up, and then gives up or uses force.
    fn drain(&mut self, drain: &Drain, cluster: &mut Cluster) -> Option<Outcome> {
        let Some(node) = nodes::find(cluster, &drain.target) else { return Some(Ok(())) };
        if self.stage == Stage::Begin {
            cluster.cordon(node);
            self.stage = Stage::Evicting;
        }
        let pods = drainable(cluster, node);
        if pods.is_empty() {
            return Some(Ok(()));
        }
        let now = cluster.now();
        match self.stage {
            Stage::Evicting if now >= self.deadline && drain.force => {
                self.stage = Stage::Forcing;
                self.deadline = now.plus_seconds(FORCE_SECONDS);
                pods.iter().for_each(|&pod| cluster.delete_pod(pod));
                self.wait(cluster, LOOK_SECONDS)
            }
            Stage::Evicting if now >= self.deadline => Some(Err(format!(
                "node failed to drain via graceful eviction, force=false, timeout={:.6}, \
                 will not force delete pods: context deadline exceeded",
                self.budget
            ))),
            Stage::Forcing if now >= self.deadline => {
                pods.iter().for_each(|&pod| cluster.remove_pod_now(pod));
                self.stage = Stage::Killed;
                self.deadline = now.plus_seconds(FORCE_SECONDS);
                match drainable(cluster, node).is_empty() {
                    true => Some(Ok(())),
                    false => self.wait(cluster, LOOK_SECONDS),
                }
            }
            Stage::Killed if now >= self.deadline => Some(Err(
                "node failed to drain: pods that were deleted by force do not go: context deadline exceeded"
                    .to_owned(),
            )),
            Stage::Forcing | Stage::Killed => self.wait(cluster, LOOK_SECONDS),
            _ => {
                for &pod in &pods {
                    // A pod of the product's own goes last.
                    let is_last = pods.iter().all(|&other| is_own(cluster, other));
                    if is_last || !is_own(cluster, pod) {
                        let _ = evict_now(cluster, pod);
                    }
                }
                let left = (self.deadline.as_millis() - now.as_millis()).max(0) / 1_000 + 1;
                self.wait(cluster, LOOK_SECONDS.min(left))
            }
        }
    }

    fn evict(&mut self, evict: &EvictPod, cluster: &mut Cluster) -> Option<Outcome> {
        let Some(pod) = cluster.world().pod_named(&evict.namespace, &evict.pod_name).map(|pod| pod.meta.id)
        else {
            return Some(Ok(()));
        };
        if self.stage == Stage::Waiting {
            // Evicted, and not gone yet.
            return self.wait(cluster, LOOK_SECONDS);
        }
        match evict_now(cluster, pod) {
            Ok(()) => {
                self.stage = Stage::Waiting;
                self.wait(cluster, LOOK_SECONDS)
            }
            Err(last) if cluster.now() >= self.deadline => Some(Err(format!(
                "evict pod: context finished with err (context deadline exceeded); \
                 cause (context deadline exceeded); last encountered error from operation ({last})"
            ))),
            Err(_) => self.wait(cluster, EVICTION_SECONDS),
        }
    }

    fn check_status(&mut self, check: &CheckStatus, cluster: &mut Cluster) -> Option<Outcome> {
        let name = &check.target.node_name;
        let found = nodes::find(cluster, &check.target);
        match check.node_status.as_str() {
            "NodeStatus_DELETED" if found.is_some() => Some(Err("node is not deleted".to_owned())),
            "NodeStatus_DELETED" => Some(Ok(())),
            "NodeStatus_READY" => {
                let seconds = check.wait_timeout_seconds.unwrap_or(STATUS_SECONDS);
                if self.stage == Stage::Begin {
                    self.stage = Stage::Waiting;
                    self.deadline = cluster.now().plus_seconds(seconds);
                }
                if found.is_some_and(|id| nodes::is_ready(cluster, id)) {
                    return Some(Ok(()));
                }
                if cluster.now() >= self.deadline {
                    let limit = go_duration(seconds);
                    return Some(Err(format!(
                        "node {name} request timeout: {limit} context deadline exceeded"
                    )));
                }
                self.wait(cluster, 1)
            }
            other => Some(Err(format!("unknown status to check provided node={name} status={other}"))),
        }
    }
}

fn check_deleted(cluster: &Cluster, target: &Target) -> Outcome {
    if nodes::find(cluster, target).is_some() { Err("node is not deleted".to_owned()) } else { Ok(()) }
}

/// The pods that a drain has to move: no daemons, mirrors, finished ones, or those that tolerate all.
fn drainable(cluster: &Cluster, node: Id) -> Vec<Id> {
    let world = cluster.world();
    let Some(node) = world.nodes.get(&node) else { return Vec::new() };
    let moves = |pod: &&Pod| {
        let is_daemon = match pod.owner {
            Owner::Workload(owner) => {
                world.workloads.get(&owner).is_some_and(|owner| owner.kind == Kind::DaemonSet)
            }
            Owner::Node(_) => true,
            Owner::Nobody => false,
        };
        let tolerates_all = pod
            .template
            .tolerations
            .iter()
            .any(|toleration| toleration.key.is_none() && toleration.effect.is_none());
        !is_daemon && !tolerates_all && !pod.is_finished()
    };
    node.pods.iter().filter_map(|id| world.pods.get(id)).filter(moves).map(|pod| pod.meta.id).collect()
}

fn is_own(cluster: &Cluster, pod: Id) -> bool {
    cluster.world().pods.get(&pod).is_some_and(|pod| pod.meta.namespace == "castai-agent")
}

/// The eviction API: refused when a budget forbids it. A pod that goes already is no error; one that never
/// ran is free to go; one that is not ready goes while its budget has the healthy pods it wants
/// (`unhealthyPodEvictionPolicy: IfHealthyBudget`).
fn evict_now(cluster: &mut Cluster, pod: Id) -> Result<(), &'static str> {
    let world = cluster.world();
    let Some(found) = world.pods.get(&pod).filter(|pod| pod.meta.deleted.is_none()) else { return Ok(()) };
    let allows = |standing: Standing| {
        standing.allowed > 0 || (!found.ready && standing.desired > 0 && standing.healthy >= standing.desired)
    };
    let budgets = world.budgets_of(found).into_iter().filter_map(|id| world.budgets.get(&id));
    let is_allowed = budgets.map(|budget| world.standing(budget)).all(allows);
    if found.phase != Phase::Pending && !is_allowed {
        return Err("Cannot evict pod as it would violate the pod's disruption budget.");
    }
    cluster.delete_pod(pod);
    Ok(())
}

/// Seconds as Go prints a duration: `6s`, `2m0s`, `1h0m0s`.
fn go_duration(seconds: i64) -> String {
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}
