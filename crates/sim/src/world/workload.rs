//! Workloads, and what stands beside them: budgets, autoscalers, volumes, services.

use std::sync::Arc;

use model::Timestamp;

use super::meta::{Id, Kind, Meta};
use super::template::{Labels, PodTemplate};
use crate::time::VirtualTime;

/// A Deployment, ReplicaSet, StatefulSet, DaemonSet, Job or CronJob.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Metadata.
    pub meta: Meta,
    /// Which of them.
    pub kind: Kind,
    /// The workload it belongs to: the Deployment of a ReplicaSet, the CronJob of a Job.
    pub owner: Option<Id>,
    /// Pods wanted; of a CronJob nothing.
    pub replicas: u32,
    /// The pod it makes.
    pub template: Arc<PodTemplate>,
    /// Labels by which it finds its pods.
    pub selector: Labels,
    /// Counts the templates it had.
    pub revision: u32,
    /// The template's hash: `pod-template-hash` or `controller-revision-hash`.
    pub hash: String,
    /// A claim of this many GiB for each pod of a StatefulSet; zero is none.
    pub claim_gib: u32,
    /// What its jobs are like.
    pub batch: Option<Batch>,
}

/// What a Job or CronJob does.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// Minutes between two runs; zero for a job of its own.
    pub every_minutes: u32,
    /// How long one run takes, in seconds; zero never ends.
    pub run_seconds: u32,
    /// When the CronJob last started a job.
    pub last_scheduled: Option<Timestamp>,
    /// When the Job ended.
    pub completed: Option<Timestamp>,
}

impl Batch {
    /// The schedule in cron's words.
    pub fn schedule(self) -> String {
        match self.every_minutes {
            minutes @ 0..60 => format!("*/{minutes} * * * *"),
            minutes @ 60..1_440 => format!("0 */{} * * *", minutes / 60),
            _ => "0 0 * * *".to_owned(),
        }
    }
}

/// A number or a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// So many pods.
    Count(u64),
    /// So many percent of the pods.
    Percent(u64),
}

impl Limit {
    /// Pods out of `total`, shares rounded up, as Kubernetes does for both kinds of budget.
    pub fn of(self, total: u64) -> u64 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => (total * percent).div_ceil(100),
        }
    }
}

/// What a budget asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetRule {
    /// At most so many pods away.
    MaxUnavailable(Limit),
    /// At least so many pods there.
    MinAvailable(Limit),
}

/// A PodDisruptionBudget.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Metadata.
    pub meta: Meta,
    /// The pods it guards.
    pub selector: Labels,
    /// What it asks.
    pub rule: BudgetRule,
    /// Allows nothing for the time being, whatever the rule says.
    pub blocked: bool,
}

/// A HorizontalPodAutoscaler on CPU use.
#[derive(Clone, Debug)]
pub struct Autoscaler {
    /// Metadata.
    pub meta: Meta,
    /// The Deployment it scales.
    pub target: Id,
    /// Fewest replicas.
    pub minimum: u32,
    /// Most replicas.
    pub maximum: u32,
    /// The use to keep, in percent of the request.
    pub target_percent: u64,
    /// The use last seen, in percent of the request.
    pub current_percent: u64,
    /// The CPU one pod used on average when last seen, in thousandths.
    pub current_cpu_milli: u64,
    /// When it last changed the replicas, and what it shows as that time.
    pub last_scaled: Option<(VirtualTime, Timestamp)>,
}

/// A PersistentVolumeClaim, with its volume once it is bound.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Metadata.
    pub meta: Meta,
    /// Size in GiB.
    pub gib: u32,
    /// The volume and its zone; none until a pod that uses it is scheduled.
    pub volume: Option<(Id, Arc<str>)>,
    /// The node for which it was provisioned.
    pub selected_node: Arc<str>,
}

/// A PersistentVolume.
#[derive(Clone, Debug)]
pub struct Volume {
    /// Metadata.
    pub meta: Meta,
    /// Its claim.
    pub claim: Id,
    /// The only zone it can be used in.
    pub zone: Arc<str>,
    /// The provider's name for the disk.
    pub handle: String,
}

/// A Namespace, StorageClass or Service: objects that say nothing beyond their names here.
#[derive(Clone, Debug)]
pub struct Plain {
    /// Metadata.
    pub meta: Meta,
    /// Which of them.
    pub kind: Kind,
    /// The pods a Service sends to.
    pub selector: Labels,
    /// The Service's own address.
    pub cluster_ip: [u8; 4],
}
