//! NodeVolumeLimits: how many volumes a storage driver can attach to a node.
//!
//! A volume that one pod alone uses is an amount like memory: so many of the driver's. One that pods share,
//! or that is attached where no pod uses it, is counted once on each node, by its number.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::Pod;

use super::ids::{Ids, Map};
use super::resources::{Columns, UNLIMITED};
use super::rows::Rows;
use super::shape::Shape;
use super::volumes::Claims;
use crate::input::Storage;

/// A volume as its driver knows it: the driver and the handle, or the claim for which it is to be made.
type VolumeName = (Arc<str>, String);

/// All volumes that count.
#[derive(Debug, Default)]
pub(super) struct Attachments {
    names: Ids<VolumeName>,
    uses: Vec<Use>,
    /// Volumes that are attached to a row where no pod uses them.
    pub(super) unused: Vec<(u32, u32)>,
}

/// Who uses a volume.
#[derive(Clone, Copy, Debug, Default)]
struct Use {
    pods: u32,
    is_attached_unused: bool,
}

/// The volumes of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Attached {
    /// Those it alone uses: how many of each driver.
    pub(super) own: Vec<(Arc<str>, i64)>,
    /// Others.
    pub(super) shared: Vec<u32>,
}

/// Drivers that have a limit on some row.
pub(super) fn limited_drivers(rows: &Rows) -> BTreeSet<Arc<str>> {
    let drivers = rows.shapes.iter().flat_map(|shape| &shape.drivers);
    drivers.filter(|one| one.attach_limit.is_some()).map(|one| Arc::clone(&one.name)).collect()
}

/// How many volumes the driver can attach to a node of this shape.
pub(super) fn limit(shape: &Shape, driver: &str) -> i64 {
    let named = shape.drivers.iter().find(|one| *one.name == *driver);
    named.and_then(|one| one.attach_limit).map_or(UNLIMITED, i64::from)
}

/// The volumes of a pod that drivers with a limit attach, each once.
fn volumes_of(pod: &Pod, claims: &Claims<'_>, limited: &BTreeSet<Arc<str>>) -> Vec<VolumeName> {
    let mut volumes: Vec<VolumeName> = Vec::new();
    for name in &pod.claims {
        let Some(claim) = claims.claim(pod, name) else { continue };
        let volume = claim.volume.as_deref().and_then(|volume| claims.volume(volume));
        let known = match volume {
            Some(volume) if volume.handle.is_empty() => None,
            Some(volume) => volume.driver.clone().map(|driver| (driver, volume.handle.to_string())),
            None => claims.class(claim).map(|class| {
                let handle = format!("to be made for {}/{name}", claim.namespace);
                (
                    driver_of(&class.provisioner).map_or_else(|| Arc::clone(&class.provisioner), Arc::from),
                    handle,
                )
            }),
        };
        volumes.extend(known.filter(|(driver, _)| limited.contains(driver)));
    }
    volumes.sort_unstable();
    volumes.dedup();
    volumes
}

/// The driver that took over from a provisioner of the time before CSI.
fn driver_of(provisioner: &str) -> Option<&'static str> {
    Some(match provisioner {
        "kubernetes.io/aws-ebs" => "ebs.csi.aws.com",
        "kubernetes.io/gce-pd" => "pd.csi.storage.gke.io",
        "kubernetes.io/azure-disk" => "disk.csi.azure.com",
        _ => return None,
    })
}

impl Attachments {
    /// Counts who uses what: live pods, each with the row it is bound to.
    pub(super) fn new<'p>(
        pods: impl Iterator<Item = (&'p Pod, Option<u32>)>,
        storage: &Storage,
        claims: &Claims<'_>,
        limited: &BTreeSet<Arc<str>>,
    ) -> Self {
        let mut all = Self::default();
        let mut used_on: Map<(u32, u32), ()> = Map::default();
        for (pod, row) in pods.filter(|(pod, _)| !pod.claims.is_empty()) {
            for volume in volumes_of(pod, claims, limited) {
                let volume = all.number(volume);
                all.uses[volume as usize].pods += 1;
                used_on.extend(row.map(|row| ((row, volume), ())));
            }
        }
        for attachment in &storage.attachments {
            let volume = attachment.volume.as_deref().and_then(|volume| claims.volume(volume));
            let Some(volume) = volume.filter(|volume| !volume.handle.is_empty()) else { continue };
            let Some(driver) = volume.driver.as_ref().filter(|driver| limited.contains(*driver)) else {
                continue;
            };
            let Some(row) = claims.rows.named(&attachment.node) else { continue };
            let volume = all.number((Arc::clone(driver), volume.handle.to_string()));
            if used_on.insert((row, volume), ()).is_none() {
                all.uses[volume as usize].is_attached_unused = true;
                all.unused.push((row, volume));
            }
        }
        all.unused.sort_unstable();
        all
    }

    fn number(&mut self, name: VolumeName) -> u32 {
        let number = self.names.of(name);
        if self.uses.len() <= number as usize {
            self.uses.resize(number as usize + 1, Use::default());
        }
        number
    }

    /// What of it is a pod's.
    pub(super) fn of(&mut self, pod: &Pod, claims: &Claims<'_>, limited: &BTreeSet<Arc<str>>) -> Attached {
        let mut attached = Attached::default();
        for (driver, handle) in volumes_of(pod, claims, limited) {
            let volume = self.number((Arc::clone(&driver), handle));
            let uses = self.uses[volume as usize];
            if uses.pods > 1 || uses.is_attached_unused {
                attached.shared.push(volume);
                continue;
            }
            match attached.own.iter_mut().find(|(one, _)| *one == driver) {
                Some((_, count)) => *count += 1,
                None => attached.own.push((driver, 1)),
            }
        }
        attached
    }

    /// By volume, the column of its driver.
    pub(super) fn into_columns(self, columns: &Columns) -> Vec<u32> {
        let names = self.names.into_values();
        // Only drivers with a limit have been let in, and each of them has a column.
        names.iter().map(|(driver, _)| columns.volumes(driver).unwrap_or_default() as u32).collect()
    }
}

#[cfg(test)]
mod tests {

    use std::sync::Arc;

    use crate::reason::Rule;
    use crate::rules::testing::*;

    fn cluster(attached: Option<&str>) -> crate::input::Picture {
        let user = |claim, node| on(&with_claims(pod("old", |_| {}), &[claim]), node);
        let nodes = [node("one", "a"), node("two", "a"), node("free", "a")];
        let mut picture = picture(nodes, [user("x", "one"), user("y", "two")]);
        let storage = &mut picture.storage;
        storage.claims = ["x", "y", "z"].map(|name| Arc::new(claim(name, Some(name)))).into();
        storage.volumes = ["x", "y", "z"].map(|name| Arc::new(volume(name, None))).into();
        storage.classes = vec![Arc::new(class("fast", true))];
        storage.nodes = vec![Arc::new(attaching("one", 1)), Arc::new(attaching("two", 1))];
        storage.attachments.extend(attached.map(|node| {
            Arc::new(model::VolumeAttachment {
                name: "at".into(),
                uid: model::Uid::new("at"),
                driver: DRIVER.into(),
                node: node.into(),
                volume: Some("z".into()),
            })
        }));
        picture
    }

    #[test]
    fn a_volume_that_is_there_is_no_new_one() {
        let full = Some(Rule::NodeVolumeLimits);
        let asks = |claim| with_claims(pod("new", |_| {}), &[claim]);
        assert_eq!(refusals(&cluster(None), asks("z")), [full, full, None]);
        assert_eq!(refusals(&cluster(None), asks("x")), [None, full, None]);
    }

    #[test]
    fn a_volume_that_nobody_uses_counts_where_it_is_attached() {
        let mut picture = cluster(Some("two"));
        picture.pods.pop();
        let asks = |claim| with_claims(pod("new", |_| {}), &[claim]);
        let full = Some(Rule::NodeVolumeLimits);
        assert_eq!(refusals(&picture, asks("y")), [full, full, None]);
        assert_eq!(refusals(&picture, asks("z")), [full, None, None]);
    }
}
