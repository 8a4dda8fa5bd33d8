//! VolumeRestrictions, VolumeBinding and VolumeZone: where a pod's claims let it go.
//!
//! Late-binding claims are looked at as the scheduler does for one pod at a time: a static volume that two
//! waiting pods could take is open to both.

use std::sync::Arc;

use model::{NodeSelector, Operator, PersistentVolume, Pod, Requirement, StorageClass, VolumeClaim};

use super::bits::Bits;
use super::ids::Map;
use super::node_affinity::NodeChoices;
use super::rows::Rows;
use crate::input::Storage;

/// The labels by which VolumeZone tells places apart, each with the one that took its place.
const ZONE_LABELS: [(&str, &str); 4] = [
    ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
    ("topology.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("topology.kubernetes.io/region", "topology.kubernetes.io/region"),
];

/// Why a pod with claims can go nowhere at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClaimTrouble {
    /// The claim does not exist.
    Missing,
    /// The claim of a generic ephemeral volume does not exist yet.
    NotMade,
    /// Its volume is lost.
    Lost,
    /// It is being deleted.
    Terminating,
    /// It was made for another pod.
    NotOwned,
    /// It waits to be bound, and its class does not wait for a pod.
    Unbound,
    /// The volume it is bound to does not exist.
    VolumeMissing,
    /// The same, of a generic ephemeral volume.
    EphemeralVolumeMissing,
}

/// What the claims of a pod ask for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Reach {
    /// Why the pod can go nowhere.
    pub(super) trouble: Option<ClaimTrouble>,
    /// Rows where all volumes are or could be.
    pub(super) bound: Arc<Bits>,
    /// Rows where drivers have room for volumes to be made.
    pub(super) space: Arc<Bits>,
    /// Rows in the zones that the volumes' labels name.
    pub(super) zone: Arc<Bits>,
}

/// Volumes and claims by name.
pub(super) struct Claims<'s> {
    pub(super) rows: &'s Rows,
    storage: &'s Storage,
    claims: Map<(&'s str, &'s str), &'s Arc<VolumeClaim>>,
    volumes: Map<&'s str, &'s Arc<PersistentVolume>>,
    classes: Map<&'s str, &'s Arc<StorageClass>>,
    /// Volumes that late-binding claims could take, by class, the smallest first.
    unbound: Map<&'s str, Vec<&'s Arc<PersistentVolume>>>,
    everywhere: Arc<Bits>,
}

impl<'s> Claims<'s> {
    pub(super) fn new(storage: &'s Storage, rows: &'s Rows) -> Self {
        let mut unbound: Map<&str, Vec<&Arc<PersistentVolume>>> = Map::default();
        for volume in &storage.volumes {
            if volume.claim.is_some() || &*volume.phase == "Available" {
                unbound.entry(&volume.storage_class).or_default().push(volume);
            }
        }
        for volumes in unbound.values_mut() {
            volumes.sort_by(|a, b| (a.capacity_bytes, &a.name).cmp(&(b.capacity_bytes, &b.name)));
        }
        Self {
            rows,
            storage,
            claims: storage.claims.iter().map(|one| ((&*one.namespace, &*one.name), one)).collect(),
            volumes: storage.volumes.iter().map(|one| (&*one.name, one)).collect(),
            classes: storage.classes.iter().map(|one| (&*one.name, one)).collect(),
            unbound,
            everywhere: Arc::new(rows.all()),
        }
    }

    pub(super) fn claim(&self, pod: &Pod, name: &str) -> Option<&'s Arc<VolumeClaim>> {
        self.claims.get(&(&*pod.namespace, name)).copied()
    }

    pub(super) fn volume(&self, name: &str) -> Option<&'s Arc<PersistentVolume>> {
        self.volumes.get(name).copied()
    }

    /// The class of a claim, if it has one and that exists.
    pub(super) fn class(&self, claim: &VolumeClaim) -> Option<&'s Arc<StorageClass>> {
        self.classes.get(claim.storage_class.as_deref()?).copied()
    }

    /// Where the pod's claims let it go.
    pub(super) fn reach(&self, pod: &Pod, choices: &mut NodeChoices) -> Reach {
        let mut reach = Reach {
            trouble: None,
            bound: Arc::clone(&self.everywhere),
            space: Arc::clone(&self.everywhere),
            zone: Arc::clone(&self.everywhere),
        };
        let mut late = Vec::new();
        let mut troubles = Vec::new();
        for name in &pod.claims {
            let is_ephemeral = pod.ephemeral_claims.contains(name);
            let Some(claim) = self.claim(pod, name) else {
                troubles.push(if is_ephemeral { ClaimTrouble::NotMade } else { ClaimTrouble::Missing });
                continue;
            };
            match self.of_claim(claim, pod, is_ephemeral) {
                Err(trouble) => troubles.push(trouble),
                Ok(None) => late.push(&**claim),
                Ok(Some(volume)) => {
                    if let Some(affinity) = &volume.node_affinity {
                        keep(&mut reach.bound, &choices.of_selector(self.rows, affinity));
                    }
                    if !is_ephemeral {
                        self.keep_zones(&mut reach.zone, volume);
                    }
                }
            }
        }
        // A claim that is missing is noticed before anything else about claims.
        let missing = troubles.iter().position(|&trouble| trouble == ClaimTrouble::Missing);
        reach.trouble = missing.or((!troubles.is_empty()).then_some(0)).map(|at| troubles[at]);
        if reach.trouble.is_none() && !late.is_empty() {
            self.bind_late(&mut reach, late, choices);
        }
        reach
    }

    /// The volume of a bound claim; `None` for one that is bound when its pod has a place.
    fn of_claim(
        &self,
        claim: &VolumeClaim,
        pod: &Pod,
        is_ephemeral: bool,
    ) -> Result<Option<&'s PersistentVolume>, ClaimTrouble> {
        if &*claim.phase == "Lost" {
            return Err(ClaimTrouble::Lost);
        }
        if claim.is_terminating {
            return Err(ClaimTrouble::Terminating);
        }
        if is_ephemeral && claim.owner_uid != Some(pod.uid.clone()) {
            return Err(ClaimTrouble::NotOwned);
        }
        match &claim.volume {
            Some(volume) if !claim.is_prebound => match self.volume(volume) {
                Some(volume) => Ok(Some(volume)),
                None if is_ephemeral => Err(ClaimTrouble::EphemeralVolumeMissing),
                None => Err(ClaimTrouble::VolumeMissing),
            },
            None if self.class(claim).is_some_and(|class| class.binds_late) => Ok(None),
            _ => Err(ClaimTrouble::Unbound),
        }
    }

    /// Keeps the rows that are in the zone and region that the volume's labels name, and those that say
    /// nothing about where they are.
    fn keep_zones(&self, zone: &mut Arc<Bits>, volume: &PersistentVolume) {
        let mut inside: Option<Bits> = None;
        for (label, newer) in ZONE_LABELS {
            let Some(value) = volume.labels.get(label) else { continue };
            let values: Vec<&str> = value.split("__").map(str::trim).collect();
            if values.contains(&"") {
                continue;
            }
            let with = |key: &str| {
                self.rows.matching(&Requirement {
                    key: key.into(),
                    operator: Operator::In,
                    values: values.iter().map(|&value| value.into()).collect(),
                })
            };
            let mut rows = with(newer);
            rows.take_out(&self.rows.with_label(label));
            rows.add(&with(label));
            inside.get_or_insert_with(|| self.rows.all()).keep(&rows);
        }
        if let Some(mut rows) = inside {
            let mut anywhere = self.rows.all();
            ZONE_LABELS.iter().for_each(|(label, _)| anywhere.take_out(&self.rows.with_label(label)));
            rows.add(&anywhere);
            keep(zone, &rows);
        }
    }

    /// Keeps the rows where each late-binding claim finds a volume or one can be made for it.
    fn bind_late(&self, reach: &mut Reach, claims: Vec<&VolumeClaim>, choices: &mut NodeChoices) {
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

fn keep(rows: &mut Arc<Bits>, others: &Bits) {
    Arc::make_mut(rows).keep(others);
}

#[cfg(test)]
mod tests {

    use std::sync::Arc;

    use model::Pod;

    use crate::input::Picture;
    use crate::reason::Rule;
    use crate::rules::testing::*;

    fn cluster(storage: impl FnOnce(&mut crate::input::Storage)) -> Picture {
        let mut picture = picture([node("a", "a"), node("b", "b"), node("nowhere", "")], []);
        picture.storage.classes = vec![Arc::new(class("fast", true)), Arc::new(class("eager", false))];
        storage(&mut picture.storage);
        picture
    }

    fn asks(claims: &[&str]) -> Pod {
        with_claims(pod("new", |_| {}), claims)
    }

    #[test]
    fn bound_volumes_say_where() {
        let picture = cluster(|storage| {
            storage.claims = vec![Arc::new(claim("c", Some("v")))];
            storage.volumes = vec![Arc::new(volume("v", Some("b")))];
        });
        let elsewhere = Some(Rule::VolumeBinding);
        assert_eq!(refusals(&picture, asks(&["c"])), [elsewhere, None, elsewhere]);
    }

    #[test]
    fn zone_labels_are_not_asked_of_nodes_that_say_nothing() {
        let picture = cluster(|storage| {
            storage.claims = vec![Arc::new(claim("c", Some("v")))];
            let mut one = volume("v", None);
            one.labels = Arc::new([(ZONE, "b__c")].into_iter().collect());
            storage.volumes = vec![Arc::new(one)];
        });
        assert_eq!(refusals(&picture, asks(&["c"])), [Some(Rule::VolumeZone), None, None]);
    }

    #[test]
    fn trouble_with_a_claim_keeps_the_pod_from_everywhere() {
        let picture = cluster(|storage| {
            let mut eager = claim("eager", None);
            eager.storage_class = Some("eager".into());
            let mut lost = claim("lost", Some("v"));
            lost.phase = "Lost".into();
            storage.claims = [eager, lost, claim("broken", Some("v"))].map(Arc::new).into();
        });
        for (claim, rule) in [
            ("missing", Rule::VolumeRestrictions),
            ("eager", Rule::VolumeBinding),
            ("lost", Rule::VolumeBinding),
            ("broken", Rule::VolumeZone),
        ] {
            assert_eq!(refusals(&picture, asks(&[claim])), [Some(rule); 3], "{claim}");
        }
    }

    #[test]
    fn static_volumes_are_given_out_once_the_smallest_first() {
        let picture = cluster(|storage| {
            let mut class = class("local", true);
            class.provisioner = "kubernetes.io/no-provisioner".into();
            storage.classes.push(Arc::new(class));
            let local = |name: &str, bytes| {
                let mut one = claim(name, None);
                (one.storage_class, one.request_bytes) = (Some("local".into()), bytes);
                Arc::new(one)
            };
            storage.claims = vec![local("large", 20), local("small", 10)];
            let disk = |name: &str, zone, bytes| {
                let mut one = volume(name, Some(zone));
                (one.storage_class, one.capacity_bytes) = ("local".into(), bytes);
                Arc::new(one)
            };
            storage.volumes = vec![disk("a1", "a", 20), disk("b1", "b", 20), disk("b2", "b", 10)];
        });
        let elsewhere = Some(Rule::VolumeBinding);
        assert_eq!(refusals(&picture, asks(&["large"])), [None, None, elsewhere]);
        assert_eq!(refusals(&picture, asks(&["large", "small"])), [elsewhere, None, elsewhere]);
    }

    #[test]
    fn a_volume_is_made_where_its_driver_has_room() {
        let picture = cluster(|storage| {
            storage.claims = vec![Arc::new(claim("c", None))];
            storage.drivers = vec![Arc::new(model::StorageDriver {
                name: DRIVER.into(),
                uid: model::Uid::new("driver"),
                tracks_capacity: true,
            })];
            let room = |zone: &str, bytes| {
                Arc::new(model::StorageCapacity {
                    namespace: "shop".into(),
                    name: zone.into(),
                    uid: model::Uid::new(zone),
                    storage_class: "fast".into(),
                    nodes: Some(model::LabelSelector { requirements: Box::new([one_of(ZONE, &[zone])]) }),
                    capacity_bytes: Some(bytes),
                    largest_volume_bytes: None,
                })
            };
            storage.capacities = vec![room("a", 1 << 30), room("b", 1 << 29)];
        });
        let full = Some(Rule::VolumeBinding);
        assert_eq!(refusals(&picture, asks(&["c"])), [None, full, full]);
    }
}
