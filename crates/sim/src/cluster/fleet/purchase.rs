//! Buying a machine: what it takes, what may stand in the way, and how it becomes a node.

use std::sync::Arc;

use cloud::driver::{CreateRequest, DriverError, Machine as Shown, MachineState};
use model::{Lifecycle, TaintEffect};

use super::Owned;
use crate::cluster::faults::Fault;
use crate::cluster::groups::unnamed_node;
use crate::cluster::{Cluster, Event};
use crate::machine::Machine;
use crate::world::node::{Node, Taint};
use crate::world::template::Effect;

/// Least and most seconds until an ordered machine runs.
const RUNS_SECONDS: (u64, u64) = (5, 15);
/// Least and most seconds until it joins.
const JOINS_SECONDS: (u64, u64) = (45, 110);
/// What names of machines have in place of a group's.
const POOL: &str = "cast-pool";

impl Cluster {
    /// Buys the machine that is asked for. The same action gives the same machine.
    ///
    /// # Errors
    /// A request that cannot be met, as [`DriverError`] says.
    pub fn buy(&mut self, request: &CreateRequest) -> Result<Shown, DriverError> {
        self.admit()?;
        let known = self.fleet.by_action.get(&request.action);
        if let Some(owned) = known.and_then(|serial| self.fleet.machines.get(serial)) {
            if owned.request.as_deref() != Some(request) {
                return Err(DriverError::invalid("action", "made another machine: take a new action"));
            }
            let machine = owned.shown(request.cluster);
            return self.answer_arrives().map(|()| machine);
        }
        let machine = self.machine_for(request)?;
        let zone = self.zone_for(request)?;
        if self.cpus_in_use() + machine.cpus > self.quota() {
            let message = format!(
                "{} vCPUs in use, {} more would pass the limit of {}",
                self.cpus_in_use(),
                machine.cpus,
                self.quota()
            );
            return Err(DriverError::Quota { message });
        }
        let owned = self.order_machine(request, machine, zone);
        self.answer_arrives().map(|()| owned)
    }

    /// vCPUs that the account may use.
    fn quota(&self) -> u64 {
        let quota = |fault: &Fault| match fault {
            Fault::Quota { cpus } => Some(*cpus),
            _ => None,
        };
        self.faults.at(self.now).filter_map(quota).fold(self.dynamics.quota_cpus, u64::min)
    }

    /// The type, if it is sold on the terms asked for, with the set-up asked for.
    fn machine_for(&self, request: &CreateRequest) -> Result<Machine, DriverError> {
        let (name, region) = (&request.instance_type, self.provider().region());
        let offer = self.market.offer(name).ok_or_else(|| {
            DriverError::invalid("instanceType", format_args!("{name} is not sold in {region:?}"))
        })?;
        if offer.price(request.lifecycle).is_none() {
            return Err(DriverError::invalid(
                "lifecycle",
                format_args!("{name} is not sold as spot in {region}"),
            ));
        }
        let mut machine = Machine::of(&offer.instance_type);
        match request.configuration.max_pods {
            Some(0) => return Err(DriverError::invalid("configuration.maxPods", "must be at least 1")),
            Some(pods) => machine.max_pods = u64::from(pods),
            None => {}
        }
        if request.configuration.disk.gib == Some(0) {
            return Err(DriverError::invalid("configuration.disk.gib", "must be at least 1"));
        }
        Ok(machine)
    }

    /// The number of a zone that has the machine: the one asked for, or the one with the fewest nodes.
    fn zone_for(&mut self, request: &CreateRequest) -> Result<usize, DriverError> {
        let (names, name) = (self.provider().zones(), &request.instance_type);
        let sold = self.market.offer(name).map(|offer| offer.zones.clone()).unwrap_or_default();
        let is_sold = |zone: &str| sold.is_empty() || sold.iter().any(|one| &**one == zone);
        let choice: Vec<usize> = match &request.zone {
            None => self.zones_by_size().into_iter().filter(|&zone| is_sold(names[zone])).collect(),
            Some(zone) => {
                let wanted = names.iter().position(|name| *name == &**zone && is_sold(name));
                vec![wanted.ok_or_else(|| {
                    let sold: Vec<&str> = names.into_iter().filter(|zone| is_sold(zone)).collect();
                    let message = format!("{name} is not sold in {zone:?}, but in {}", sold.join(", "));
                    DriverError::invalid("zone", message)
                })?]
            }
        };
        let is_dry = |zone: usize| {
            self.faults
                .at(self.now)
                .any(|fault| fault.drought(name, names[zone], request.lifecycle).is_some())
        };
        let found = choice.into_iter().find(|&zone| !is_dry(zone));
        let by_chance = self.fleet.random.chance(self.dynamics.no_capacity_permille);
        found.filter(|_| !by_chance).ok_or_else(|| DriverError::Capacity {
            instance_type: name.clone(),
            zone: request.zone.clone(),
            lifecycle: request.lifecycle,
            message: "there is not enough capacity to meet the request".to_owned(),
        })
    }

    fn order_machine(&mut self, request: &CreateRequest, machine: Machine, zone: usize) -> Shown {
        let provider = self.provider();
        let serial = self.fleet.next_serial();
        let random = &mut self.fleet.random;
        let identity = provider.identity(&self.world.name, POOL, zone, serial, random);
        let runs = random.between(RUNS_SECONDS.0, RUNS_SECONDS.1);
        let mut joins = Some(random.between(JOINS_SECONDS.0, JOINS_SECONDS.1));
        for fault in self.faults.at(self.now) {
            match fault {
                Fault::NeverJoins { permille } if random.chance(*permille) => joins = None,
                Fault::SlowBoot { seconds } => joins = joins.map(|joins| joins + u64::from(*seconds)),
                _ => {}
            }
        }
        let owned = Owned {
            machine,
            provider_id: identity.provider_id,
            node_name: identity.node_name,
            address: identity.address,
            zone: Arc::from(provider.zones()[zone]),
            lifecycle: request.lifecycle,
            state: MachineState::Pending,
            created: self.shown(),
            interrupted: None,
            ended: None,
            gone: None,
            node: None,
            request: Some(Arc::new(request.clone())),
        };
        let shown = owned.shown(request.cluster);
        self.fleet.machines.insert(serial, owned);
        self.fleet.by_action.insert(request.action, serial);
        self.plan(runs, Event::MachineRuns(serial));
        if let Some(joins) = joins {
            self.plan(joins, Event::MachineJoins(serial));
        }
        shown
    }

    /// The machine's kubelet registers its node, ready, unless the machine was given back meanwhile.
    pub(in crate::cluster) fn machine_joins(&mut self, serial: u64) {
        let Some(owned) = self.fleet.machines.get(&serial).filter(|owned| owned.state.is_alive()) else {
            return;
        };
        let Some(request) = owned.request.clone() else { return };
        let (provider, now) = (self.provider(), self.shown());
        let mut node = Node {
            lifecycle: owned.lifecycle,
            provider_id: owned.provider_id.clone(),
            address: owned.address,
            disk_gib: request.configuration.disk.gib,
            image: request.configuration.image.clone(),
            allocatable: provider.allocatable(&owned.machine),
            taints: request.taints.iter().map(taint).collect(),
            ..unnamed_node(owned.machine.clone(), &owned.zone, now)
        };
        node.meta = self.world.meta(&mut self.random, "", &owned.node_name, now);
        // The kubelet is told to say spot only of what may be taken back.
        let terms = if owned.lifecycle == Lifecycle::Spot { Lifecycle::Spot } else { Lifecycle::OnDemand };
        node.meta.labels = provider.node_labels(&owned.node_name, &owned.machine, &owned.zone, None, terms);
        let asked = request.node_labels();
        node.meta.labels.extend(asked.iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
        let id = self.node_joins(node);
        if let Some(owned) = self.fleet.machines.get_mut(&serial) {
            owned.node = Some(id);
        }
    }
}

fn taint(asked: &model::Taint) -> Taint {
    let effect = match asked.effect {
        TaintEffect::NoSchedule => Effect::NoSchedule,
        TaintEffect::PreferNoSchedule => Effect::PreferNoSchedule,
        TaintEffect::NoExecute => Effect::NoExecute,
    };
    Taint::new(&asked.key, &asked.value, effect)
}
