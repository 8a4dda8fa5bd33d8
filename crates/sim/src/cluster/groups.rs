//! Node groups that grow for pods that wait, by machines that take time to boot, within quotas and as
//! far as there is capacity. Somebody else may do that instead: then groups are left as they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Lifecycle, Timestamp};

use super::{Cluster, Event, NOTICE_SECONDS, Purchase};
use crate::machine::Machine;
use crate::scheduler::Needs;
use crate::world::meta::{Id, Kind};
use crate::world::node::Node;
use crate::world::pod::{Owner, Pod};
use crate::world::template::Resources;

/// Seconds between two looks at pods that wait.
const GROW_SECONDS: u64 = 30;
/// Seconds between two looks at nodes that idle.
const SHRINK_SECONDS: u64 = 600;
/// Seconds after which a group that found no capacity looks again.
const REPLACE_SECONDS: u64 = 300;
/// Seconds after which a pod that no machine for sale would take is looked at again.
const UNSELLABLE_SECONDS: i64 = 3_600;
/// Most machines bought at one look.
const BOUGHT_AT_ONCE: usize = 10;

impl Cluster {
    /// First fit of the waiting pods into machines that could be bought; what boots already counts.
    pub(super) fn grow_groups(&mut self) {
        self.plan(GROW_SECONDS, Event::GroupsGrow);
        if !self.groups_act {
            return;
        }
        let now = self.now;
        self.unsellable.retain(|_, until| *until > now);
        let sellable = |id: &&Id| !self.unsellable.contains_key(id);
        let waiting: Vec<Id> = self.world.unbound().iter().filter(sellable).copied().collect();
        if waiting.is_empty() {
            return;
        }
        let mut expected: Vec<Node> = Vec::new();
        for purchase in self.booting.clone() {
            let node = self.blank_node(&purchase, self.start);
            expected.push(node);
        }
        let mut bought = 0;
        for id in waiting {
            let Some(pod) = self.world.pods.get(&id).cloned() else { continue };
            let room = {
                let needs = Needs::of(&self.world, &pod);
                expected.iter_mut().find(|node| needs.filter(node).is_none())
            };
            if let Some(node) = room {
                node.used = node.used.plus(pod.requests);
                node.active_pods += 1;
                continue;
            }
            if bought == BOUGHT_AT_ONCE {
                return;
            }
            if let Some(mut node) = self.buy_for(&pod) {
                node.used = node.used.plus(pod.requests);
                node.active_pods += 1;
                expected.push(node);
                bought += 1;
            }
        }
    }

    /// Buys the cheapest machine that would take the pod. `None` if there is none, or none to be had.
    fn buy_for(&mut self, pod: &Pod) -> Option<Node> {
        let mut choices: Vec<(Option<model::Money>, Purchase)> = Vec::new();
        for group in 0..self.groups.len() {
            let Some(definition) = self.groups.get(group) else { continue };
            let in_group = self.world.nodes.values().filter(|node| *node.group == *definition.name).count()
                + self.booting.iter().filter(|purchase| purchase.group == group).count();
            if in_group >= definition.maximum as usize {
                continue;
            }
            for (machine, _) in &definition.machines {
                for zone in self.zones_by_size() {
                    let purchase = Purchase { group, machine: machine.clone(), zone };
                    let node = self.blank_node(&purchase, self.start);
                    if Needs::of(&self.world, pod).filter(&node).is_none() {
                        choices.push((self.market.price(machine, definition.lifecycle), purchase));
                        break;
                    }
                }
            }
        }
        if choices.is_empty() {
            self.unsellable.insert(pod.meta.id, self.now.plus_seconds(UNSELLABLE_SECONDS));
        }
        // Without a price at all the first in order; otherwise the cheapest with a price.
        choices.sort_by_key(|(price, purchase)| (price.is_none(), *price, purchase.group));
        for (_, purchase) in choices {
            if self.cpus_in_use() + purchase.machine.cpus > self.dynamics.quota_cpus {
                continue;
            }
            if self.random.chance(self.dynamics.no_capacity_permille) {
                continue;
            }
            self.order(purchase.clone());
            return Some(self.blank_node(&purchase, self.start));
        }
        None
    }

    /// vCPUs of the account that machines use, or will when they have booted.
    pub(super) fn cpus_in_use(&self) -> u64 {
        self.fleet.cpus() + self.booting.iter().map(|purchase| purchase.machine.cpus).sum::<u64>()
    }

    /// A machine is lost, taken back or given up: its group replaces it, in the same zone, since volumes
    /// may be there.
    pub(super) fn lose_node(&mut self, id: Id) {
        self.machine_lost(id);
        let Some(node) = self.world.nodes.get(&id) else { return };
        let group = self.groups.iter().position(|group| *group.name == *node.group);
        let zone = self.world.provider.zones().iter().position(|zone| *zone == &*node.zone);
        self.remove_node(id);
        if let Some((group, zone)) = group.zip(zone) {
            self.replace(group, zone);
        }
    }

    /// Buys the group's cheapest machine that is to be had; looks again later when none is.
    pub(super) fn replace(&mut self, group: usize, zone: usize) {
        let Some(definition) = self.groups.get(group).filter(|_| self.groups_act) else { return };
        let lifecycle = definition.lifecycle;
        let mut machines: Vec<Machine> =
            definition.machines.iter().map(|(machine, _)| machine.clone()).collect();
        machines.sort_by_key(|machine| {
            let price = self.market.price(machine, lifecycle);
            (price.is_none(), price)
        });
        for machine in machines {
            if !self.random.chance(self.dynamics.no_capacity_permille) {
                self.order(Purchase { group, machine, zone });
                return;
            }
        }
        self.plan(REPLACE_SECONDS, Event::Replace { group, zone });
    }

    /// The machine will boot and join.
    fn order(&mut self, purchase: Purchase) {
        let delay = self.random.between(45, 110);
        self.booting.push(purchase.clone());
        self.plan(delay, Event::NodeJoins(purchase));
    }

    /// The zones, the one with the fewest nodes first.
    pub(super) fn zones_by_size(&self) -> Vec<usize> {
        let names = self.world.provider.zones();
        let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
        for node in self.world.nodes.values() {
            *sizes.entry(&node.zone).or_default() += 1;
        }
        let mut zones: Vec<usize> = (0..names.len()).collect();
        zones.sort_by_key(|&zone| {
            let booting = self.booting.iter().filter(|purchase| purchase.zone == zone).count();
            names.get(zone).and_then(|name| sizes.get(name)).copied().unwrap_or(0) + booting
        });
        zones
    }

    /// The node that a purchase will become, without identity, its daemons' requests taken off.
    fn blank_node(&self, purchase: &Purchase, now: Timestamp) -> Node {
        let provider = self.world.provider;
        let zone = provider.zones().get(purchase.zone).copied().unwrap_or_default();
        let mut node = unnamed_node(purchase.machine.clone(), zone, now);
        node.allocatable = provider.allocatable(&purchase.machine);
        if let Some(group) = self.groups.get(purchase.group) {
            node.group = Arc::from(group.name.as_str());
            node.lifecycle = group.lifecycle;
            node.taints = group.taints.clone();
            node.meta.labels =
                provider.node_labels("", &purchase.machine, zone, Some(&group.name), group.lifecycle);
            node.meta.labels.extend(group.labels.clone());
        }
        for daemon in self.world.workloads.values().filter(|workload| workload.kind == Kind::DaemonSet) {
            if node.accepts(&daemon.template.node_selector, &daemon.template.tolerations) {
                node.used = node.used.plus(daemon.template.effective_requests());
                node.active_pods += 1;
            }
        }
        node
    }

    /// A bought machine joins, ready.
    pub(super) fn join(&mut self, purchase: Purchase) {
        if let Some(index) = self.booting.iter().position(|booting| {
            booting.group == purchase.group
                && booting.machine == purchase.machine
                && booting.zone == purchase.zone
        }) {
            self.booting.remove(index);
        }
        self.add_node(purchase.group, purchase.machine, purchase.zone);
    }

    /// A node of `group` is there, ready, with its daemons.
    pub(super) fn add_node(&mut self, group: usize, machine: Machine, zone: usize) -> Option<Id> {
        let now = self.shown();
        let provider = self.world.provider;
        let definition = self.groups.get(group)?.clone();
        let serial = self.fleet.next_serial();
        let identity = provider.identity(&self.world.name, &definition.name, zone, serial, &mut self.random);
        let mut node = self.blank_node(&Purchase { group, machine, zone }, now);
        node.used = Resources::default();
        node.active_pods = 0;
        node.meta = self.world.meta(&mut self.random, "", &identity.node_name, now);
        node.meta.labels = provider.node_labels(
            &identity.node_name,
            &node.machine,
            &node.zone,
            Some(&definition.name),
            definition.lifecycle,
        );
        node.meta.labels.extend(definition.labels);
        node.provider_id = identity.provider_id;
        node.address = identity.address;
        self.fleet.adopt(serial, &node);
        Some(self.node_joins(node))
    }

    /// A node is there: whoever marks new nodes does, and its daemons come.
    pub(super) fn node_joins(&mut self, mut node: Node) -> Id {
        node.taints.extend(self.faults.taints_of_new_nodes(self.now));
        let id = self.world.add_node(node);
        self.nodes_changed();
        id
    }

    /// Gives back nodes of which nothing but daemons is left, where the group does that.
    pub(super) fn shrink_groups(&mut self) {
        self.plan(SHRINK_SECONDS, Event::GroupsShrink);
        if !self.groups_act {
            return;
        }
        let mut idle: Vec<Id> = Vec::new();
        for group in &self.groups {
            let Some(seconds) = group.scale_down_after else { continue };
            let of_group = self.world.nodes.values().filter(|node| *node.group == *group.name && node.ready);
            idle.extend(of_group.filter(|node| self.idles(node, seconds)).map(|node| node.meta.id));
        }
        // One at a time: what leaves may be missed.
        if let Some(&first) = idle.first() {
            self.machine_given_back(first);
            self.remove_node(first);
        }
    }

    fn idles(&self, node: &Node, seconds: i64) -> bool {
        let now = self.shown();
        let old_enough =
            now.duration_since(node.meta.created).as_secs() * i64::from(self.speed().max(1)) > seconds;
        let protected = node.meta.labels.contains_key("autoscaling.cast.ai/removal-disabled");
        old_enough
            && !protected
            && node.pods.iter().filter_map(|id| self.world.pods.get(id)).all(|pod| match pod.owner {
                Owner::Workload(owner) => {
                    pod.is_finished()
                        || self.world.workloads.get(&owner).is_some_and(|owner| owner.kind == Kind::DaemonSet)
                }
                Owner::Node(_) => true,
                Owner::Nobody => pod.is_finished(),
            })
    }

    /// The hour's chances.
    pub(super) fn run_hour(&mut self) {
        self.plan(3_600, Event::Hour);
        let machines = self.groups.iter().flat_map(|group| group.machines.iter().map(|(machine, _)| machine));
        self.market.move_prices(machines, &mut self.random);
        self.fleet.forget_long_gone(self.now);
        let spot = self.world.nodes.values().filter(|node| node.lifecycle == Lifecycle::Spot);
        for id in spot.map(|node| node.meta.id).collect::<Vec<_>>() {
            if self.random.chance(self.dynamics.reclaim_permille_per_hour) {
                let within = self.random.below(3_400);
                self.plan(within, Event::SpotNotice(id));
                self.plan(within + NOTICE_SECONDS, Event::NodeGone(id));
            }
        }
        if self.random.chance(self.dynamics.silence_permille_per_hour) {
            let nodes: Vec<Id> = self.world.nodes.keys().copied().collect();
            if let Some(&id) = self.random.pick(&nodes) {
                let within = self.random.below(3_400);
                self.plan(within, Event::NodeSilent(id));
            }
        }
    }
}

/// A node of no group, without identity, labels and pods.
pub(super) fn unnamed_node(machine: Machine, zone: &str, now: Timestamp) -> Node {
    use crate::world::meta::{Meta, Uid};
    use crate::world::template::Labels;
    Node {
        meta: Meta {
            id: Id::default(),
            uid: Uid(0),
            namespace: String::new(),
            name: String::new(),
            labels: Labels::new(),
            annotations: Labels::new(),
            created: now,
            deleted: None,
            resource_version: 0,
            generation: 1,
        },
        group: Arc::from(""),
        machine,
        lifecycle: Lifecycle::OnDemand,
        disk_gib: None,
        image: None,
        zone: Arc::from(zone),
        provider_id: String::new(),
        address: [0; 4],
        taints: Vec::new(),
        unschedulable: false,
        ready: true,
        ready_since: crate::world::seconds(now),
        extra_capacity: BTreeMap::new(),
        allocatable: Resources::default(),
        used: Resources::default(),
        pods: Default::default(),
        active_pods: 0,
    }
}
