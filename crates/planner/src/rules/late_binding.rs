//! Claims that are bound when their pod has a place: to a volume that exists, or to one that is made.
//!
//! They are looked at as the scheduler does for one pod at a time: a static volume that two waiting pods
//! could take is open to both.

use std::sync::Arc;

use model::{NodeSelector, PersistentVolume, StorageClass, VolumeClaim};

use super::bits::Bits;
use super::node_affinity::NodeChoices;
use super::volumes::{Claims, Reach, keep};

impl Claims<'_> {
    /// Keeps the rows where each late-binding claim finds a volume or one can be made for it.
    pub(super) fn bind_late(&self, reach: &mut Reach, claims: Vec<&VolumeClaim>, choices: &mut NodeChoices) {
        let (selected, mut searching): (Vec<_>, Vec<_>) =
            claims.into_iter().partition(|claim| claim.selected_node.is_some());
        let selected: Vec<Made> = selected
            .into_iter()
            .map(|claim| {
                let mut made = self.made(claim, choices);
                let mut here = self.rows.none();
                let node = claim.selected_node.as_deref().and_then(|node| self.rows.named(node));
                node.into_iter().for_each(|row| here.insert(row as usize));
                made.places.keep(&here);
                made
            })
            .collect();
        searching.sort_by_key(|claim| claim.request_bytes);
        let searching: Vec<(Made, Vec<Static>)> = searching
            .into_iter()
            .map(|claim| (self.made(claim, choices), self.found(claim, choices)))
            .collect();

        let (mut bound, mut space) = (self.rows.all(), self.rows.all());
        for made in &selected {
            bound.keep(&made.places);
            space.keep(&made.space);
        }
        if let [(made, found)] = &searching[..] {
            let (mut places, mut room) = (made.places.clone(), made.space.clone());
            for one in found.iter() {
                places.add(&one.rows);
                room.add(&one.rows);
            }
            bound.keep(&places);
            space.keep(&room);
        } else if searching.iter().any(|(_, found)| !found.is_empty()) {
            for row in 0..self.rows.len() {
                Self::bind_all_on(row, &searching, &mut bound, &mut space);
            }
        } else {
            for (made, _) in &searching {
                bound.keep(&made.places);
                space.keep(&made.space);
            }
        }
        keep(&mut reach.bound, &bound);
        keep(&mut reach.space, &space);
    }

    /// Gives the claims, the smallest first, the smallest volumes that suit them on one row, no volume twice.
    fn bind_all_on(row: usize, claims: &[(Made, Vec<Static>)], bound: &mut Bits, space: &mut Bits) {
        let mut taken: Vec<&str> = Vec::new();
        for (made, found) in claims {
            let free = |one: &&Static| one.rows.contains(row) && !taken.contains(&&*one.name);
            match found.iter().find(free) {
                Some(one) => taken.push(&one.name),
                None if !made.places.contains(row) => bound.remove(row),
                None if !made.space.contains(row) => space.remove(row),
                None => {}
            }
        }
    }

    /// Where a volume could be made for the claim.
    fn made(&self, claim: &VolumeClaim, choices: &mut NodeChoices) -> Made {
        let nowhere = || Made { places: self.rows.none(), space: self.rows.all() };
        let Some(class) = self.class(claim) else { return nowhere() };
        if matches!(&*class.provisioner, "" | "kubernetes.io/no-provisioner") {
            return nowhere();
        }
        let places = match &class.allowed_topologies {
            Some(NodeSelector { terms }) if terms.is_empty() => self.rows.all(),
            Some(selector) => Bits::clone(&choices.of_selector(self.rows, selector)),
            None => self.rows.all(),
        };
        let tracks = |driver: &&Arc<model::StorageDriver>| driver.name == class.provisioner;
        let space = match self.storage.drivers.iter().find(tracks) {
            Some(driver) if driver.tracks_capacity => self.with_room(class, claim.request_bytes),
            _ => self.rows.all(),
        };
        Made { places, space }
    }

    fn with_room(&self, class: &StorageClass, bytes: i64) -> Bits {
        let mut rows = self.rows.none();
        for capacity in self.storage.capacities.iter().filter(|one| one.storage_class == class.name) {
            let most = capacity.largest_volume_bytes.or(capacity.capacity_bytes);
            let (Some(nodes), true) = (&capacity.nodes, most.is_some_and(|most| most >= bytes)) else {
                continue;
            };
            let mut reached = self.rows.all();
            nodes.requirements.iter().for_each(|one| reached.keep(&self.rows.matching(one)));
            rows.add(&reached);
        }
        rows
    }

    /// Volumes that exist and would suit the claim, in the order in which they are tried.
    fn found(&self, claim: &VolumeClaim, choices: &mut NodeChoices) -> Vec<Static> {
        let class = claim.storage_class.as_deref().unwrap_or("");
        let mut found = Vec::new();
        let volumes = self.unbound.get(class).into_iter().flatten();
        for volume in volumes.filter(|volume| suits(volume, claim)) {
            let rows = match &volume.node_affinity {
                Some(affinity) => choices.of_selector(self.rows, affinity),
                None => Arc::clone(&self.everywhere),
            };
            let one = Static { name: Arc::clone(&volume.name), rows };
            if volume.claim.is_some() {
                // A volume that is kept for the claim is taken, or none.
                return vec![one];
            }
            found.push(one);
        }
        found
    }
}

/// Where a volume could be made: where the class allows it, and where there is room.
struct Made {
    places: Bits,
    space: Bits,
}

/// A volume that exists, with the rows that reach it.
struct Static {
    name: Arc<str>,
    rows: Arc<Bits>,
}

/// Whether the volume could be bound to the claim, wherever the pod goes.
fn suits(volume: &PersistentVolume, claim: &VolumeClaim) -> bool {
    let kept_for_it = match &volume.claim {
        None => false,
        Some((namespace, name)) => {
            let same = *namespace == claim.namespace && *name == claim.name;
            if !same || volume.claim_uid.as_ref().is_some_and(|uid| *uid != claim.uid) {
                return false;
            }
            true
        }
    };
    let (has, asks) = (&volume.access_modes, &claim.access_modes);
    let modes = (has.read_write_once || !asks.read_write_once)
        && (has.read_only_many || !asks.read_only_many)
        && (has.read_write_many || !asks.read_write_many)
        && (has.read_write_once_pod || !asks.read_write_once_pod);
    let labels = claim.selector.as_ref().is_none_or(|selector| selector.matches(&volume.labels));
    volume.capacity_bytes >= claim.request_bytes
        && volume.is_block == claim.is_block
        && volume.attributes_class == claim.attributes_class
        && !volume.is_terminating
        && (kept_for_it || (&*volume.phase == "Available" && labels && modes))
}
