//! Volumes: which nodes reach them, how many a node can attach, and who may share them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{
    InlineDisk, Labels, NodeDriver, PersistentVolume, StorageClass, StorageDriver, VolumeAttachment,
    VolumeClaim,
};

use super::world::{Guest, Site, World, selects, selects_node};
use crate::Storage;
use crate::reason::{Refusal, Rule};

/// Volumes and claims by name.
pub(super) struct StorageIndex<'a> {
    storage: &'a Storage,
    volumes: BTreeMap<&'a str, &'a PersistentVolume>,
    claims: BTreeMap<(&'a str, &'a str), &'a VolumeClaim>,
    classes: BTreeMap<&'a str, &'a StorageClass>,
    drivers: BTreeMap<&'a str, &'a StorageDriver>,
    nodes: BTreeMap<&'a str, &'a [NodeDriver]>,
    attachments: BTreeMap<&'a str, Vec<&'a VolumeAttachment>>,
}

const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";

impl<'a> StorageIndex<'a> {
    pub(super) fn new(storage: &'a Storage) -> Self {
        let mut attachments = BTreeMap::<_, Vec<_>>::new();
        for one in &storage.attachments {
            attachments.entry(&*one.node).or_default().push(&**one);
        }
        Self {
            storage,
            volumes: storage.volumes.iter().map(|one| (&*one.name, &**one)).collect(),
            claims: storage.claims.iter().map(|one| ((&*one.namespace, &*one.name), &**one)).collect(),
            classes: storage.classes.iter().map(|one| (&*one.name, &**one)).collect(),
            drivers: storage.drivers.iter().map(|one| (&*one.name, &**one)).collect(),
            nodes: storage.nodes.iter().map(|one| (&*one.node, &*one.drivers)).collect(),
            attachments,
        }
    }

    /// The storage drivers of a node.
    pub(super) fn drivers_on(&self, node: &str) -> &'a [NodeDriver] {
        self.nodes.get(node).copied().unwrap_or_default()
    }

    fn claim(&self, guest: &Guest<'_>, name: &str) -> Option<&'a VolumeClaim> {
        self.claims.get(&(guest.namespace, name)).copied()
    }

    fn class(&self, claim: &VolumeClaim) -> Option<&'a StorageClass> {
        self.classes.get(claim.storage_class.as_deref()?).copied()
    }
}

fn refuse(rule: Rule, detail: impl Into<Arc<str>>) -> Result<(), Refusal> {
    Err(Refusal { rule, detail: detail.into() })
}

/// The four rules of volumes, in the scheduler's order.
pub(super) fn verdict(world: &World<'_>, guest: &Guest<'_>, site: usize) -> Result<(), Refusal> {
    restrictions(world, guest, site)?;
    if guest.claims.is_empty() {
        return Ok(());
    }
    limits(world, guest, site)?;
    binding(world, guest, &world.sites[site])?;
    zones(world, guest, &world.sites[site])
}

/// Claims that are missing or for one pod only, disks that cannot be shared.
fn restrictions(world: &World<'_>, guest: &Guest<'_>, site: usize) -> Result<(), Refusal> {
    for name in guest.claims.iter().filter(|name| !guest.ephemeral_claims.contains(name)) {
        let Some(claim) = world.storage.claim(guest, name) else {
            return refuse(Rule::VolumeRestrictions, format!("claim {name} does not exist"));
        };
        let uses = |other: &Guest<'_>| {
            other.namespace == guest.namespace
                && other.claims.contains(name)
                && !other.ephemeral_claims.contains(name)
                && !is_same(other, guest)
        };
        if claim.access_modes.read_write_once_pod && world.residents.iter().any(|one| uses(&one.guest)) {
            return refuse(Rule::VolumeRestrictions, format!("claim {name} is for one pod, and in use"));
        }
    }
    for resident in world.residents_of(site) {
        if is_same(&resident.guest, guest) {
            continue;
        }
        for disk in &guest.spec.inline_disks {
            if resident.guest.spec.inline_disks.iter().any(|other| excludes(disk, other)) {
                return refuse(Rule::VolumeRestrictions, format!("disk {} is in use on the node", disk.id));
            }
        }
    }
    Ok(())
}

fn is_same(a: &Guest<'_>, b: &Guest<'_>) -> bool {
    a.pod.is_some() && a.pod == b.pod
}

/// Whether two pods of one node cannot both have the disk.
fn excludes(a: &InlineDisk, b: &InlineDisk) -> bool {
    let shareable = match &*a.source {
        "awsElasticBlockStore" => false,
        "gcePersistentDisk" | "iscsi" | "rbd" => a.read_only && b.read_only,
        _ => true,
    };
    a.source == b.source && a.id == b.id && !shareable
}

/// Volumes that a driver attaches to a node.
fn limits(world: &World<'_>, guest: &Guest<'_>, site: usize) -> Result<(), Refusal> {
    let it = &world.sites[site];
    if it.drivers.iter().all(|driver| driver.attach_limit.is_none()) {
        return Ok(());
    }
    let mut there = BTreeSet::new();
    for resident in world.residents_of(site).filter(|one| !is_same(&one.guest, guest)) {
        there.extend(disks(&world.storage, &resident.guest));
    }
    for attachment in world.storage.attachments.get(it.name).into_iter().flatten() {
        let volume = attachment.volume.as_deref().and_then(|name| world.storage.volumes.get(name));
        if let Some(volume) = volume
            && let Some(driver) = &volume.driver
        {
            there.insert((&**driver, volume.handle.to_string()));
        }
    }
    let new: BTreeSet<_> =
        disks(&world.storage, guest).into_iter().filter(|disk| !there.contains(disk)).collect();
    for driver in it.drivers {
        let Some(limit) = driver.attach_limit else { continue };
        let of_driver =
            |disks: &BTreeSet<(&str, String)>| disks.iter().filter(|disk| disk.0 == &*driver.name).count();
        let (more, sum) = (of_driver(&new), of_driver(&new) + of_driver(&there));
        if more > 0 && sum > usize::try_from(limit).unwrap_or(0) {
            let detail = format!("{sum} volumes of {} would be attached, {limit} can be", driver.name);
            return refuse(Rule::NodeVolumeLimits, detail);
        }
    }
    Ok(())
}

/// The disks behind a pod's claims, by driver and handle; one for a claim that has none yet.
fn disks<'a>(storage: &StorageIndex<'a>, guest: &Guest<'_>) -> Vec<(&'a str, String)> {
    let disk = |name: &Arc<str>| {
        let claim = storage.claim(guest, name)?;
        match claim.volume.as_deref() {
            Some(volume) => {
                let volume = storage.volumes.get(volume)?;
                Some((volume.driver.as_deref()?, volume.handle.to_string()))
            }
            None => {
                let class = storage.class(claim)?;
                Some((&*class.provisioner, format!("claim {}/{}", claim.namespace, claim.name)))
            }
        }
    };
    guest.claims.iter().filter_map(disk).collect()
}

/// Whether each claim's volume can be reached from the node, found, or made for it.
fn binding(world: &World<'_>, guest: &Guest<'_>, site: &Site<'_>) -> Result<(), Refusal> {
    let storage = &world.storage;
    let (mut bound, mut late, mut waits) = (Vec::new(), Vec::new(), false);
    for name in guest.claims {
        let ephemeral = guest.ephemeral_claims.contains(name);
        let Some(claim) = storage.claim(guest, name) else {
            return refuse(Rule::VolumeBinding, format!("claim {name} does not exist yet"));
        };
        if &*claim.phase == "Lost" {
            return refuse(Rule::VolumeBinding, format!("the volume of claim {name} is lost"));
        }
        if claim.is_terminating {
            return refuse(Rule::VolumeBinding, format!("claim {name} is being deleted"));
        }
        if ephemeral && guest.uid.is_some() && claim.owner_uid.as_ref() != guest.uid {
            return refuse(Rule::VolumeBinding, format!("claim {name} was made for another pod"));
        }
        match &claim.volume {
            Some(volume) if !claim.is_prebound => bound.push(volume),
            Some(_) => waits = true,
            None if storage.class(claim).is_some_and(|class| class.binds_late) => late.push(claim),
            None => waits = true,
        }
    }
    if waits {
        return refuse(Rule::VolumeBinding, "a claim waits for its volume");
    }
    for volume in bound {
        // A volume that does not exist is the other rule's matter.
        let Some(volume) = storage.volumes.get(&**volume) else { continue };
        if !reaches(site, volume) {
            return refuse(Rule::VolumeBinding, format!("volume {} cannot be reached", volume.name));
        }
    }
    find_or_make(storage, site, &mut late)
}

fn reaches(site: &Site<'_>, volume: &PersistentVolume) -> bool {
    volume.node_affinity.as_ref().is_none_or(|nodes| selects_node(nodes, site.name, &site.labels))
}

/// Claims that bind late: to a volume that waits, the smallest claim first, or to one that is made.
fn find_or_make(
    storage: &StorageIndex<'_>,
    site: &Site<'_>,
    claims: &mut [&VolumeClaim],
) -> Result<(), Refusal> {
    claims.sort_by_key(|claim| claim.request_bytes);
    let mut chosen = BTreeSet::new();
    for claim in claims.iter() {
        if let Some(node) = &claim.selected_node {
            if **node != *site.name {
                let detail = format!("the volume of claim {} is being made on {node}", claim.name);
                return refuse(Rule::VolumeBinding, detail);
            }
        } else if let Some(volume) = find(storage, site, claim, &chosen) {
            chosen.insert(&*volume.name);
            continue;
        }
        make(storage, site, claim)?;
    }
    Ok(())
}

/// The smallest volume that the claim can have on this node; the one that is kept for it before all.
fn find<'a>(
    storage: &StorageIndex<'a>,
    site: &Site<'_>,
    claim: &VolumeClaim,
    chosen: &BTreeSet<&str>,
) -> Option<&'a PersistentVolume> {
    let mut smallest: Option<&PersistentVolume> = None;
    for volume in &storage.storage.volumes {
        let kept = volume.claim.as_ref().map(|(namespace, name)| {
            *namespace == claim.namespace
                && *name == claim.name
                && volume.claim_uid.as_ref().is_none_or(|uid| *uid == claim.uid)
        });
        let unfit = chosen.contains(&*volume.name)
            || kept == Some(false)
            || volume.capacity_bytes < claim.request_bytes
            || volume.is_block != claim.is_block
            || volume.attributes_class != claim.attributes_class
            || volume.is_terminating;
        if unfit {
            continue;
        }
        if kept == Some(true) {
            return reaches(site, volume).then_some(volume);
        }
        let modes = (&claim.access_modes, &volume.access_modes);
        let has_modes = (!modes.0.read_write_once || modes.1.read_write_once)
            && (!modes.0.read_only_many || modes.1.read_only_many)
            && (!modes.0.read_write_many || modes.1.read_write_many)
            && (!modes.0.read_write_once_pod || modes.1.read_write_once_pod);
        let fits = &*volume.phase == "Available"
            && claim.selector.as_ref().is_none_or(|selector| selects(selector, &volume.labels))
            && *volume.storage_class == *claim.storage_class.as_deref().unwrap_or("")
            && has_modes
            && reaches(site, volume);
        if fits && smallest.is_none_or(|least| volume.capacity_bytes < least.capacity_bytes) {
            smallest = Some(volume);
        }
    }
    smallest
}

/// Whether a volume can be made for the claim on this node.
fn make(storage: &StorageIndex<'_>, site: &Site<'_>, claim: &VolumeClaim) -> Result<(), Refusal> {
    let class = storage.class(claim);
    let Some(class) = class.filter(|class| !["", NO_PROVISIONER].contains(&&*class.provisioner)) else {
        let detail = format!("no volume here for claim {}, and none is made", claim.name);
        return refuse(Rule::VolumeBinding, detail);
    };
    if let Some(places) = &class.allowed_topologies
        && !selects_node(places, site.name, &site.labels)
    {
        return refuse(Rule::VolumeBinding, format!("class {} makes no volumes here", class.name));
    }
    let tracked = storage.drivers.get(&*class.provisioner).is_some_and(|driver| driver.tracks_capacity);
    let has_room = |one: &Arc<model::StorageCapacity>| {
        one.storage_class == class.name
            && one.largest_volume_bytes.or(one.capacity_bytes).is_some_and(|most| most >= claim.request_bytes)
            && one.nodes.as_ref().is_some_and(|nodes| selects(nodes, &site.labels))
    };
    if tracked && claim.request_bytes > 0 && !storage.storage.capacities.iter().any(has_room) {
        return refuse(Rule::VolumeBinding, format!("not enough storage is left for claim {}", claim.name));
    }
    Ok(())
}

/// Zone and region labels of volumes, each with its older name.
const PLACES: [[&str; 2]; 2] = [
    ["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"],
    ["topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"],
];

/// Volumes that say by labels where they are. A node without any such label is not asked.
fn zones(world: &World<'_>, guest: &Guest<'_>, site: &Site<'_>) -> Result<(), Refusal> {
    for name in guest.claims {
        let volume = world.storage.claim(guest, name).and_then(|claim| claim.volume.as_deref());
        let Some(volume) = volume else { continue };
        let Some(volume) = world.storage.volumes.get(volume) else {
            return refuse(Rule::VolumeZone, format!("volume {volume} does not exist"));
        };
        if !PLACES.iter().flatten().any(|label| site.labels.get(label).is_some()) {
            continue;
        }
        for [new, old] in PLACES {
            for (label, other) in [(new, old), (old, new)] {
                let Some(places) = volume.labels.get(label) else { continue };
                if !is_in(&site.labels, label, other, places) {
                    let detail = format!("volume {} is in {places}", volume.name);
                    return refuse(Rule::VolumeZone, detail);
                }
            }
        }
    }
    Ok(())
}

fn is_in(labels: &Labels, label: &str, other: &str, places: &str) -> bool {
    let here = labels.get(label).or_else(|| labels.get(other));
    here.is_some_and(|here| places.split("__").any(|place| place == here))
}
