//! The machines of the simulated cloud, whoever bought them, and its API: what is for sale, buying,
//! giving back.
//!
//! A machine is not its node: it runs before a node joins, and goes on after somebody deleted the Node
//! object, until it is given back or taken. Of the set-up that is asked for, the disk's size, the image,
//! the most pods and the tags show on machine and node; networks, identities, scripts and the inner
//! life of a kubelet are not simulated, and what is said of them has no effect.

mod purchase;

use std::collections::BTreeMap;
use std::sync::Arc;

use cloud::driver::{
    CreateRequest, DriverError, EndReason, Ended, Machine as Shown, MachineKey, MachineState, ZoneOffer,
};
use model::{ActionId, ClusterId, Labels, Lifecycle, Timestamp};

use super::faults::Fault;
use super::{Cluster, Event};
use crate::machine::Machine;
use crate::random::Random;
use crate::time::VirtualTime;
use crate::world::meta::Id;
use crate::world::node::Node;

/// Seconds for which a machine that is gone can still be seen.
const SEEN_AFTER_SECONDS: i64 = 3_600;
/// Least and most seconds that a machine takes to go.
const GOING_SECONDS: (u64, u64) = (10, 30);

/// All machines, by serial number.
#[derive(Debug)]
pub(super) struct Fleet {
    machines: BTreeMap<u64, Owned>,
    by_action: BTreeMap<ActionId, u64>,
    made: u64,
    /// Chances of the API alone: who buys through it does not change what else happens.
    random: Random,
}

/// A machine.
#[derive(Debug)]
struct Owned {
    machine: Machine,
    provider_id: String,
    node_name: String,
    address: [u8; 4],
    zone: Arc<str>,
    lifecycle: Lifecycle,
    state: MachineState,
    created: Timestamp,
    interrupted: Option<Timestamp>,
    ended: Option<Ended>,
    gone: Option<VirtualTime>,
    /// Its node, once it joined.
    node: Option<Id>,
    /// What it was bought with; `None` for one of a group.
    request: Option<Arc<CreateRequest>>,
}

impl Fleet {
    pub(super) fn new(seed: u64) -> Self {
        let random = Random::new(seed, 2);
        Self { machines: BTreeMap::new(), by_action: BTreeMap::new(), made: 0, random }
    }

    pub(super) fn next_serial(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    /// A machine of a group, with its node.
    pub(super) fn adopt(&mut self, serial: u64, node: &Node) {
        let owned = Owned {
            machine: node.machine.clone(),
            provider_id: node.provider_id.clone(),
            node_name: node.meta.name.clone(),
            address: node.address,
            zone: node.zone.clone(),
            lifecycle: node.lifecycle,
            state: MachineState::Running,
            created: node.meta.created,
            interrupted: None,
            ended: None,
            gone: None,
            node: Some(node.meta.id),
            request: None,
        };
        self.machines.insert(serial, owned);
    }

    /// vCPUs of machines that are there or about to be.
    pub(super) fn cpus(&self) -> u64 {
        let alive = self.machines.values().filter(|owned| owned.state.is_alive());
        alive.map(|owned| owned.machine.cpus).sum()
    }

    /// The machine is older than it seemed.
    pub(super) fn backdate(&mut self, node: Id, created: Timestamp) {
        if let Some((_, owned)) = self.of_node(node) {
            owned.created = created;
        }
    }

    /// The cloud said when it takes the machine back.
    pub(super) fn interrupt(&mut self, node: Id, end: Timestamp) {
        if let Some((_, owned)) = self.of_node(node).filter(|(_, owned)| owned.state.is_alive()) {
            owned.interrupted = Some(end);
        }
    }

    /// An ordered machine runs, unless it was given back before.
    pub(super) fn runs(&mut self, serial: u64) {
        if let Some(owned) =
            self.machines.get_mut(&serial).filter(|owned| owned.state == MachineState::Pending)
        {
            owned.state = MachineState::Running;
        }
    }

    /// Machines of groups that went long ago are forgotten; what was bought by an action is not, or the
    /// same action would buy again.
    pub(super) fn forget_long_gone(&mut self, now: VirtualTime) {
        self.machines.retain(|_, owned| owned.request.is_some() || owned.is_seen(now));
    }

    fn of_node(&mut self, node: Id) -> Option<(u64, &mut Owned)> {
        let mut machines = self.machines.iter_mut();
        machines.find(|(_, owned)| owned.node == Some(node)).map(|(&serial, owned)| (serial, owned))
    }

    fn serial_of(&self, key: &MachineKey) -> Option<u64> {
        match key {
            MachineKey::Action(action) => self.by_action.get(action).copied(),
            MachineKey::Provider(id) if id.is_empty() => None,
            MachineKey::Provider(id) => {
                self.machines.iter().find(|(_, owned)| *owned.provider_id == **id).map(|(&serial, _)| serial)
            }
        }
    }
}

impl Owned {
    fn is_seen(&self, now: VirtualTime) -> bool {
        self.gone.is_none_or(|gone| now < gone.plus_seconds(SEEN_AFTER_SECONDS))
    }

    fn end(&mut self, state: MachineState, reason: EndReason, at: Timestamp, message: &str) {
        self.state = state;
        self.ended.get_or_insert_with(|| Ended { reason, at, message: message.to_owned() });
    }

    fn shown(&self, cluster: ClusterId) -> Shown {
        let request = self.request.as_deref();
        let provider_id = (!self.provider_id.is_empty()).then(|| Arc::from(self.provider_id.as_str()));
        Shown {
            provider_id,
            node_name: Some(Arc::from(self.node_name.as_str())),
            instance_type: self.machine.name.clone(),
            zone: Some(self.zone.clone()),
            lifecycle: self.lifecycle,
            state: self.state,
            created_at: self.created,
            interrupted_at: self.interrupted,
            ended: self.ended.clone(),
            cluster,
            action: request.map(|request| request.action),
            node_template: request.and_then(|request| request.node_template.clone()),
            tags: request.map_or_else(Labels::default, |request| request.configuration.tags.clone()),
        }
    }
}

impl Cluster {
    /// The machines that there are or were until an hour ago, in the order of their creation. They are
    /// shown as those of `cluster`, whose id only the server knows.
    ///
    /// # Errors
    /// What goes wrong with the cloud's API.
    pub fn machines(&mut self, cluster: ClusterId) -> Result<Vec<Shown>, DriverError> {
        self.admit()?;
        let seen = self.fleet.machines.values().filter(|owned| owned.is_seen(self.now));
        Ok(seen.map(|owned| owned.shown(cluster)).collect())
    }

    /// One machine, if the cloud knows it.
    ///
    /// # Errors
    /// What goes wrong with the cloud's API.
    pub fn machine(&mut self, cluster: ClusterId, key: &MachineKey) -> Result<Option<Shown>, DriverError> {
        self.admit()?;
        let found = self.fleet.serial_of(key).and_then(|serial| self.fleet.machines.get(&serial));
        Ok(found.map(|owned| owned.shown(cluster)))
    }

    /// What is for sale in the cluster's zones, at the prices of the moment.
    ///
    /// # Errors
    /// What goes wrong with the cloud's API.
    pub fn zone_offers(&mut self) -> Result<Vec<ZoneOffer>, DriverError> {
        self.admit()?;
        let mut offers = Vec::new();
        for offer in self.market.offers() {
            let name = &offer.instance_type.name;
            for zone in self.provider().zones() {
                if !offer.zones.is_empty() && !offer.zones.iter().any(|one| **one == *zone) {
                    continue;
                }
                for lifecycle in [Lifecycle::OnDemand, Lifecycle::Spot] {
                    let Some(price) = self.market.price_of(offer, lifecycle) else { continue };
                    let announced =
                        self.faults.at(self.now).any(|one| one.drought(name, zone, lifecycle) == Some(true));
                    offers.push(ZoneOffer {
                        instance_type: name.clone(),
                        zone: Arc::from(zone),
                        lifecycle,
                        per_hour: Some(price),
                        available: !announced,
                    });
                }
            }
        }
        Ok(offers)
    }

    /// Gives a machine back, whoever bought it; its group, if it has one, does not replace it. One that is
    /// unknown or on its way is no error.
    ///
    /// # Errors
    /// What goes wrong with the cloud's API.
    pub fn give_back(&mut self, key: &MachineKey) -> Result<(), DriverError> {
        self.admit()?;
        let at = self.shown();
        let serial = self.fleet.serial_of(key);
        let Some((serial, owned)) =
            serial.and_then(|serial| Some((serial, self.fleet.machines.get_mut(&serial)?)))
        else {
            return Ok(());
        };
        if owned.state.is_alive() {
            owned.end(MachineState::Terminating, EndReason::Deleted, at, "");
            let delay = self.fleet.random.between(GOING_SECONDS.0, GOING_SECONDS.1);
            self.plan(delay, Event::MachineGone(serial));
        }
        self.answer_arrives()
    }

    /// Whether the API takes a call now.
    fn admit(&mut self) -> Result<(), DriverError> {
        let random = &mut self.fleet.random;
        for fault in self.faults.at(self.now) {
            match fault {
                Fault::BadCredentials => {
                    return Err(DriverError::Auth { message: "the credentials are not valid".to_owned() });
                }
                Fault::Throttle { permille, retry_after_millis } if random.chance(*permille) => {
                    let retry_after = std::time::Duration::from_millis(*retry_after_millis);
                    return Err(DriverError::Throttled { retry_after });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether what was done is heard of by whoever asked for it.
    fn answer_arrives(&mut self) -> Result<(), DriverError> {
        let random = &mut self.fleet.random;
        let is_lost = self
            .faults
            .at(self.now)
            .any(|fault| matches!(fault, Fault::LostAnswers { permille } if random.chance(*permille)));
        if is_lost {
            return Err(DriverError::Transient { message: "the connection broke".to_owned() });
        }
        Ok(())
    }

    /// The machine is no more: neither is its node, and soon its pods are not.
    pub(super) fn machine_gone(&mut self, serial: u64) {
        let Some(owned) = self.fleet.machines.get_mut(&serial) else { return };
        owned.state = MachineState::Gone;
        owned.gone = Some(self.now);
        if let Some(node) = owned.node {
            self.remove_node(node);
        }
    }

    /// The cloud takes the machine of a node back, or gives it up because it fell silent.
    pub(super) fn machine_lost(&mut self, node: Id) {
        let (now, at) = (self.now, self.shown());
        let Some((_, owned)) =
            self.fleet.of_node(node).filter(|(_, owned)| owned.state != MachineState::Gone)
        else {
            return;
        };
        let (reason, message) = match owned.interrupted {
            Some(_) => (EndReason::Interrupted, "spot capacity was taken back"),
            None => (EndReason::Failed, "the machine did not pass its health check"),
        };
        owned.end(MachineState::Gone, reason, at, message);
        owned.gone = Some(now);
    }

    /// A group gives the machine of a node back.
    pub(super) fn machine_given_back(&mut self, node: Id) {
        let (now, at) = (self.now, self.shown());
        if let Some((_, owned)) = self.fleet.of_node(node) {
            owned.end(MachineState::Gone, EndReason::Deleted, at, "");
            owned.gone = Some(now);
        }
    }
}
