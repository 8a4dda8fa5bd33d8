//! What goes wrong on purpose, and when: faults of the cloud's API, of machines and of the cluster.
//!
//! A script is a list of [`Trouble`]s. Nothing in one looks at a clock: times are seconds of the
//! cluster's life from when it is given, and chances are drawn from the cluster's seed.

use model::Lifecycle;
use serde::{Deserialize, Serialize};

use super::{Cluster, Event};
use crate::time::VirtualTime;
use crate::world::meta::{Id, Kind};
use crate::world::node::Taint;
use crate::world::pod::Pod;
use crate::world::template::Effect;

/// A fault, for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Trouble {
    /// What goes wrong.
    pub fault: Fault,
    /// Seconds until it begins.
    #[serde(default)]
    pub after_seconds: u32,
    /// How long it lasts; `None` is for ever.
    #[serde(default)]
    pub for_seconds: Option<u32>,
}

/// What may go wrong. Every chance is per thousand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Fault {
    /// There is no capacity for what matches all that is given.
    Drought {
        /// A machine type; all, if it is not given.
        #[serde(default)]
        instance_type: Option<String>,
        /// A zone; all, if it is not given.
        #[serde(default)]
        zone: Option<String>,
        /// On-demand or spot; both, if it is not given.
        #[serde(default)]
        lifecycle: Option<Lifecycle>,
        /// Whether the list of offers says so, too.
        #[serde(default)]
        announced: bool,
    },
    /// The account may use so many vCPUs.
    Quota {
        /// Of all machines together.
        cpus: u64,
    },
    /// Calls are refused as too many.
    Throttle {
        /// How likely.
        permille: u64,
        /// What the refusal says to wait.
        retry_after_millis: u64,
    },
    /// No call's credentials are accepted.
    BadCredentials,
    /// What is asked for is done, and the answer is lost on the way.
    LostAnswers {
        /// How likely, for each call that changes something.
        permille: u64,
    },
    /// Machines run and never join.
    NeverJoins {
        /// How likely, for each machine.
        permille: u64,
    },
    /// Machines take so much longer to join.
    SlowBoot {
        /// Beside the usual time.
        seconds: u32,
    },
    /// A budget allows nothing.
    BlockedBudget {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// Pods do not go when they are deleted: something holds them by a finalizer.
    StuckPods {
        /// Their namespace.
        namespace: String,
        /// What their names begin with.
        prefix: String,
    },
    /// Somebody taints every new node.
    TaintedNodes {
        /// The taint's key.
        key: String,
        /// The taint's value.
        #[serde(default)]
        value: String,
        /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
        effect: String,
    },
}

/// Why a script is refused: what is wrong with which field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct TroubleError {
    field: &'static str,
    message: String,
}

/// Faults that are or will be.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<(VirtualTime, Option<VirtualTime>, Fault)>);

impl Faults {
    /// Those that are there at `now`.
    pub(super) fn at(&self, now: VirtualTime) -> impl Iterator<Item = &Fault> {
        let is_now = move |from: VirtualTime, until: Option<VirtualTime>| {
            from <= now && until.is_none_or(|until| now < until)
        };
        self.0.iter().filter(move |(from, until, _)| is_now(*from, *until)).map(|(.., fault)| fault)
    }

    /// Whether a deleted pod stays.
    pub(super) fn holds(&self, pod: &Pod, now: VirtualTime) -> bool {
        self.at(now).any(|fault| fault.holds(pod))
    }

    /// What somebody puts on every new node.
    pub(super) fn taints_of_new_nodes(&self, now: VirtualTime) -> Vec<Taint> {
        let taint = |fault: &Fault| match fault {
            Fault::TaintedNodes { key, value, effect } => {
                Some(Taint::new(key, value, Effect::named(effect)?))
            }
            _ => None,
        };
        self.at(now).filter_map(taint).collect()
    }
}

impl Fault {
    fn holds(&self, pod: &Pod) -> bool {
        matches!(self, Self::StuckPods { namespace, prefix }
            if pod.meta.namespace == *namespace && pod.meta.name.starts_with(prefix.as_str()))
    }

    /// Whether it is a drought of this type in this zone on these terms; if so, whether it is announced.
    pub(super) fn drought(&self, machine: &str, place: &str, terms: Lifecycle) -> Option<bool> {
        let Self::Drought { instance_type, zone, lifecycle, announced } = self else { return None };
        // A fallback is on-demand capacity.
        let terms = if terms == Lifecycle::SpotFallback { Lifecycle::OnDemand } else { terms };
        let matches = instance_type.as_ref().is_none_or(|name| name == machine)
            && zone.as_ref().is_none_or(|zone| zone == place)
            && lifecycle.is_none_or(|lifecycle| lifecycle == terms);
        matches.then_some(*announced)
    }
}

impl Cluster {
    /// Lets something go wrong.
    ///
    /// # Errors
    /// A fault that names what there is not.
    pub fn trouble(&mut self, trouble: Trouble) -> Result<(), TroubleError> {
        self.check(&trouble.fault)?;
        let from = self.now.plus_seconds(i64::from(trouble.after_seconds));
        let until = trouble.for_seconds.map(|seconds| from.plus_seconds(i64::from(seconds)));
        self.faults.0.push((from, until, trouble.fault));
        self.queue.plan(from, Event::FaultsChange);
        if let Some(until) = until {
            self.queue.plan(until, Event::FaultsChange);
        }
        self.faults_changed();
        Ok(())
    }

    fn check(&self, fault: &Fault) -> Result<(), TroubleError> {
        let wrong = |field, message: String| Err(TroubleError { field, message });
        match fault {
            Fault::Drought { instance_type: Some(name), .. } if self.market.offer(name).is_none() => {
                wrong("instanceType", format!("{name} is not sold in {}", self.provider().region()))
            }
            Fault::Drought { zone: Some(zone), .. } if !self.provider().zones().contains(&zone.as_str()) => {
                wrong("zone", format!("no zone {zone:?}: there are {}", self.provider().zones().join(", ")))
            }
            Fault::Drought { lifecycle: Some(Lifecycle::SpotFallback), .. } => {
                wrong("lifecycle", "a fallback is on-demand capacity: on_demand or spot".to_owned())
            }
            Fault::Throttle { permille, .. }
            | Fault::LostAnswers { permille }
            | Fault::NeverJoins { permille }
                if *permille > 1_000 =>
            {
                wrong("permille", format!("{permille} is more than always: from 0 to 1000"))
            }
            Fault::BlockedBudget { namespace, name } => {
                let is_it =
                    |meta: &crate::world::meta::Meta| meta.namespace == *namespace && meta.name == *name;
                match self.world.budgets.values().any(|budget| is_it(&budget.meta)) {
                    true => Ok(()),
                    false => wrong("name", format!("no budget {name} in namespace {namespace}")),
                }
            }
            Fault::TaintedNodes { effect, .. } if Effect::named(effect).is_none() => {
                wrong("effect", format!("{effect:?} is not NoSchedule, PreferNoSchedule or NoExecute"))
            }
            _ => Ok(()),
        }
    }

    /// Marks and releases what faults that began or ended concern.
    pub(super) fn faults_changed(&mut self) {
        let now = self.now;
        let is_blocked = |namespace: &str, name: &str| {
            self.faults.at(now).any(|fault| {
                matches!(fault, Fault::BlockedBudget { namespace: inside, name: of }
                    if inside == namespace && of == name)
            })
        };
        let changed: Vec<Id> = self
            .world
            .budgets
            .values()
            .filter(|budget| budget.blocked != is_blocked(&budget.meta.namespace, &budget.meta.name))
            .map(|budget| budget.meta.id)
            .collect();
        for id in changed {
            if let Some(budget) = self.world.budgets.get_mut(&id) {
                budget.blocked = !budget.blocked;
            }
            self.world.touch(Kind::PodDisruptionBudget, id);
        }

        let (kept, over): (Vec<_>, Vec<_>) = std::mem::take(&mut self.faults.0)
            .into_iter()
            .partition(|(_, until, _)| until.is_none_or(|until| now < until));
        self.faults.0 = kept;
        let was_held = |pod: &&Pod| pod.meta.deleted.is_some() && over.iter().any(|(.., f)| f.holds(pod));
        let released: Vec<Id> = self.world.pods.values().filter(was_held).map(|pod| pod.meta.id).collect();
        released.into_iter().for_each(|pod| self.remove_pod_now(pod));
    }
}
