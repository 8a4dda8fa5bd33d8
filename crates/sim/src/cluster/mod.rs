//! A cluster that lives: events on a virtual clock change the world, controllers answer at once.
//!
//! No event looks at a wall clock, draws from anything but the cluster's own seed, or does I/O:
//! the same seed and the same calls give the same world, byte for byte.

mod build;
mod controllers;
pub mod faults;
mod fleet;
mod groups;
mod kubelet;
mod load;
pub(crate) mod notices;
mod oddities;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cloud::Catalog;
use model::{Money, Timestamp};

use crate::cluster::faults::Faults;
use crate::cluster::fleet::Fleet;
use crate::cluster::notices::Notices;
use crate::machine::Machine;
use crate::market::Market;
use crate::objects::PodMetrics;
use crate::provider::Provider;
use crate::queue::EventQueue;
use crate::random::Random;
use crate::scenario::{Dynamics, Group, Scenario};
use crate::scheduler;
use crate::time::{Pace, VirtualTime};
use crate::world::change::ChangeLog;
use crate::world::meta::{Id, Kind};
use crate::world::pod::Note;
use crate::world::{Counts, World};

/// Fewest seconds until the pod collector comes for the pods of a node that is gone.
const POD_COLLECTOR_SECONDS: u64 = 40;
/// Seconds from a spot machine's notice to its end.
const NOTICE_SECONDS: u64 = 120;
/// Seconds between two tries of pods that found no node.
const UNSCHEDULABLE_SECONDS: u64 = 30;

/// What will happen.
#[derive(Clone, Debug)]
enum Event {
    /// The scheduler tries the pods that wait.
    Schedule,
    /// Pods that found no node are tried again.
    Unschedulable,
    /// A pod's containers start.
    PodStarts(Id),
    /// A job's pod comes to its end.
    PodEnds(Id),
    /// A terminating pod is gone.
    PodGone(Id),
    /// A bought machine joins.
    NodeJoins(Purchase),
    /// A kubelet falls silent.
    NodeSilent(Id),
    /// A silent node's pods are evicted.
    NodeEvicted(Id),
    /// A spot machine gets the notice that it is taken back.
    SpotNotice(Id),
    /// A machine is gone, and its Node object with it; its group replaces it.
    NodeGone(Id),
    /// A machine bought through the cloud's API runs.
    MachineRuns(u64),
    /// It joins as a node.
    MachineJoins(u64),
    /// A machine that was given back is gone.
    MachineGone(u64),
    /// A fault begins or ends.
    FaultsChange,
    /// A group replaces a machine that it lost in a zone.
    Replace {
        /// Which group.
        group: usize,
        /// Which zone.
        zone: usize,
    },
    /// The pod collector removes the pods of a node that is gone.
    PodsCollected(Vec<Id>),
    /// The group autoscaler looks at pods that wait.
    GroupsGrow,
    /// The group autoscaler looks at nodes that idle.
    GroupsShrink,
    /// A CronJob's time has come.
    Cron(Id),
    /// Autoscalers look at the use.
    Autoscalers,
    /// A Deployment gets a new version.
    Rollout,
    /// The hour's chances: reclaims, silent nodes, prices.
    Hour,
}

/// A machine that a group bought and that has not joined yet.
#[derive(Clone, Debug)]
struct Purchase {
    group: usize,
    machine: Machine,
    zone: usize,
}

/// A simulated cluster.
#[derive(Debug)]
pub struct Cluster {
    world: World,
    groups: Vec<Group>,
    dynamics: Dynamics,
    market: Market,
    queue: EventQueue<Event>,
    random: Random,
    pace: Pace,
    start: Timestamp,
    now: VirtualTime,
    dirty: BTreeSet<Id>,
    booting: Vec<Purchase>,
    /// Pods that found no node; they are tried again when something leaves or joins.
    unschedulable: BTreeSet<Id>,
    /// Pods for which no group sells a machine, with the time to look again.
    unsellable: BTreeMap<Id, VirtualTime>,
    schedule_planned: bool,
    fleet: Fleet,
    faults: Faults,
    /// Whether groups grow, shrink and replace what they lost.
    groups_act: bool,
    notices: Notices,
}

impl Cluster {
    /// The cluster of `scenario` as it stands at `start`, everything running. The same `seed` gives
    /// the same cluster. Without a `catalog` nothing has a price, and the autoscaler buys by order.
    pub fn new(scenario: &Scenario, seed: u64, start: Timestamp, catalog: Option<Arc<Catalog>>) -> Self {
        let start = crate::world::seconds(start);
        let mut cluster = Self {
            world: World::new(scenario.provider, &scenario.name),
            groups: scenario.groups.clone(),
            dynamics: scenario.dynamics,
            market: Market::new(scenario.provider, catalog),
            queue: EventQueue::default(),
            random: Random::new(seed, 0),
            pace: Pace::new(start),
            start,
            now: VirtualTime::default(),
            dirty: BTreeSet::new(),
            booting: Vec::new(),
            unschedulable: BTreeSet::new(),
            unsellable: BTreeMap::new(),
            schedule_planned: false,
            fleet: Fleet::new(seed),
            faults: Faults::default(),
            groups_act: true,
            notices: Notices::default(),
        };
        cluster.build(scenario);
        cluster
    }

    /// Lets everything happen that happens until `shown` is on the wall. The past is left alone.
    pub fn advance(&mut self, shown: Timestamp) {
        let until = self.pace.virtual_at(shown);
        self.advance_to(until);
    }

    /// The same by virtual time.
    pub fn advance_to(&mut self, until: VirtualTime) {
        while let Some((due, event)) = self.queue.next_due(until) {
            self.now = self.now.max(due);
            self.happen(event);
            self.settle();
        }
        self.now = self.now.max(until);
    }

    /// From now on `speed` virtual seconds pass in one of the wall; 0 stands still. Call
    /// [`advance`](Self::advance) with the wall's time first: `shown` is where both meet.
    pub fn set_speed(&mut self, shown: Timestamp, speed: u32) {
        self.advance(shown);
        self.pace = self.pace.at_speed(self.now, shown, speed);
    }

    /// How many virtual seconds pass in one of the wall.
    pub fn speed(&self) -> u32 {
        self.pace.speed()
    }

    /// The time that an object written now would show.
    pub fn shown(&self) -> Timestamp {
        self.pace.shown(self.now)
    }

    /// Virtual time now.
    pub fn now(&self) -> VirtualTime {
        self.now
    }

    /// The objects.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The provider.
    pub fn provider(&self) -> Provider {
        self.world.provider
    }

    /// How many objects there are.
    pub fn counts(&self) -> Counts {
        self.world.counts()
    }

    /// What all nodes cost an hour at the simulated cloud's prices of the moment, and how many of
    /// them have no price.
    pub fn cost_per_hour(&self) -> (Money, usize) {
        let mut unpriced = 0;
        let prices = self.world.nodes.values().filter_map(|node| {
            let price = self.market.price(&node.machine, node.lifecycle);
            unpriced += usize::from(price.is_none());
            price
        });
        (prices.sum(), unpriced)
    }

    /// Takes what changed since the last call.
    pub fn take_changes(&mut self) -> ChangeLog {
        self.world.take_changes()
    }

    /// What every running pod uses now, as metrics-server would answer.
    pub fn pod_metrics(&self) -> Vec<PodMetrics> {
        self.measure()
    }

    pub(crate) fn world_mut(&mut self) -> &mut World {
        &mut self.world
    }

    /// A workload's spec changed: its controller answers before anything else happens.
    pub(crate) fn reconcile_now(&mut self, workload: Id) {
        self.dirty.insert(workload);
        self.settle();
    }

    /// Whether node groups grow for waiting pods, shrink, and replace machines that they lost, as they do
    /// at first. Without it nothing but the cloud's API brings machines.
    pub fn set_group_autoscaler(&mut self, acts: bool) {
        self.groups_act = acts;
    }

    fn plan(&mut self, seconds: u64, event: Event) {
        self.queue.plan(self.now.plus_seconds(seconds as i64), event);
    }

    /// The scheduler looks a moment later, at everything that piled up till then.
    fn wake_scheduler(&mut self) {
        let is_new = |id| !self.unschedulable.contains(id);
        if !self.schedule_planned && self.world.unbound().iter().any(is_new) {
            self.schedule_planned = true;
            self.queue.plan(self.now.plus_millis(500), Event::Schedule);
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Schedule => self.schedule(),
            Event::Unschedulable => self.retry_unschedulable(),
            Event::PodStarts(id) => self.start_pod(id),
            Event::PodEnds(id) => self.end_pod(id),
            Event::PodGone(id) => self.finish_deletion(id),
            Event::NodeJoins(purchase) => self.join(purchase),
            Event::NodeSilent(id) => self.silence(id),
            Event::NodeEvicted(id) => self.evict_silent(id),
            Event::SpotNotice(id) => self.notice_spot(id),
            Event::NodeGone(id) => self.lose_node(id),
            Event::MachineRuns(serial) => self.fleet.runs(serial),
            Event::MachineJoins(serial) => self.machine_joins(serial),
            Event::MachineGone(serial) => self.machine_gone(serial),
            Event::FaultsChange => self.faults_changed(),
            Event::Replace { group, zone } => self.replace(group, zone),
            Event::PodsCollected(pods) => self.collect_pods(pods),
            Event::GroupsGrow => self.grow_groups(),
            Event::GroupsShrink => self.shrink_groups(),
            Event::Cron(id) => self.run_cron(id),
            Event::Autoscalers => self.run_autoscalers(),
            Event::Rollout => self.run_rollout(),
            Event::Hour => self.run_hour(),
        }
    }

    /// Lets controllers answer until none has anything left to do.
    fn settle(&mut self) {
        while let Some(id) = self.dirty.pop_first() {
            self.reconcile(id);
        }
        self.wake_scheduler();
    }

    /// Tries every pod that waits and was not tried before, oldest first.
    fn schedule(&mut self) {
        self.schedule_planned = false;
        let now = self.shown();
        let waiting: Vec<Id> = self.world.unbound().difference(&self.unschedulable).copied().collect();
        for id in waiting {
            let Some(pod) = self.world.pods.get(&id) else { continue };
            match scheduler::place(&self.world, pod) {
                Ok(node) => {
                    self.provision_volumes(id, node);
                    self.world.bind(id, node, now);
                    let delay = self.random.between(2, 12);
                    self.plan(delay, Event::PodStarts(id));
                }
                Err(reason) => {
                    self.unschedulable.insert(id);
                    let note = Some(Note::Unschedulable(reason));
                    if pod.note != note {
                        self.world.update_pod(id, |pod| pod.note = note);
                    }
                }
            }
        }
    }

    /// kube-scheduler tries again when something changed that may help, a pod that left or a node that
    /// changed; here, if there was such a thing since the last time.
    fn retry_unschedulable(&mut self) {
        self.plan(UNSCHEDULABLE_SECONDS, Event::Unschedulable);
        if self.world.take_relief() {
            self.unschedulable.clear();
        }
    }

    /// The controllers of a pod's owner have to look.
    fn owner_changed(&mut self, owner: Id) {
        self.dirty.insert(owner);
        if let Some(parent) = self.world.workloads.get(&owner).and_then(|workload| workload.owner) {
            self.dirty.insert(parent);
        }
    }

    /// All DaemonSets have to look at all nodes.
    fn nodes_changed(&mut self) {
        let daemons = self.world.workloads.iter().filter(|(_, workload)| workload.kind == Kind::DaemonSet);
        let daemons: Vec<Id> = daemons.map(|(&id, _)| id).collect();
        self.dirty.extend(daemons);
    }
}
