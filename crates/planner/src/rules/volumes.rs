//! VolumeRestrictions, VolumeBinding and VolumeZone: where a pod's claims let it go. What becomes of claims
//! that wait for their pod is in `late_binding`.

use std::sync::Arc;

use model::{Operator, PersistentVolume, Pod, Requirement, StorageClass, VolumeClaim};

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
    pub(super) storage: &'s Storage,
    claims: Map<(&'s str, &'s str), &'s Arc<VolumeClaim>>,
    volumes: Map<&'s str, &'s Arc<PersistentVolume>>,
    classes: Map<&'s str, &'s Arc<StorageClass>>,
    /// Volumes that late-binding claims could take, by class, the smallest first.
    pub(super) unbound: Map<&'s str, Vec<&'s Arc<PersistentVolume>>>,
    pub(super) everywhere: Arc<Bits>,
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
}

pub(super) fn keep(rows: &mut Arc<Bits>, others: &Bits) {
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
