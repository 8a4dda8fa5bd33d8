//! Nodes: machines that joined.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{Lifecycle, Timestamp};

use super::meta::{Id, Meta};
use super::template::{Effect, Labels, Resources, Toleration};
use crate::machine::Machine;

/// The taint that goes with `spec.unschedulable`.
pub const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

/// A taint of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taint {
    /// The key.
    pub key: String,
    /// The value, perhaps empty.
    pub value: String,
    /// What it does.
    pub effect: Effect,
    /// When the node lifecycle controller set it.
    pub added: Option<Timestamp>,
}

impl Taint {
    /// A taint as a person sets it.
    pub fn new(key: &str, value: &str, effect: Effect) -> Self {
        Self { key: key.to_owned(), value: value.to_owned(), effect, added: None }
    }

    /// Whether `toleration` accepts this taint.
    pub fn tolerated_by(&self, toleration: &Toleration) -> bool {
        toleration.key.as_ref().is_none_or(|key| *key == self.key)
            && toleration.value.as_ref().is_none_or(|value| *value == self.value)
            && toleration.effect.is_none_or(|effect| effect == self.effect)
    }
}

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Metadata; labels are complete.
    pub meta: Meta,
    /// The node group or pool it was bought for.
    pub group: Arc<str>,
    /// What the machine is.
    pub machine: Machine,
    /// The terms it runs under.
    pub lifecycle: Lifecycle,
    /// Size of its disk in GiB, where one was asked for.
    pub disk_gib: Option<u32>,
    /// The image it runs, where one was asked for.
    pub image: Option<Arc<str>>,
    /// Its availability zone.
    pub zone: Arc<str>,
    /// `spec.providerID`; empty for machines of no cloud.
    pub provider_id: String,
    /// Internal address.
    pub address: [u8; 4],
    /// `spec.taints`.
    pub taints: Vec<Taint>,
    /// `spec.unschedulable`.
    pub unschedulable: bool,
    /// Whether the kubelet reports.
    pub ready: bool,
    /// Since when `ready` is what it is.
    pub ready_since: Timestamp,
    /// Extended resources that were patched into `status.capacity`.
    pub extra_capacity: BTreeMap<String, String>,
    /// What pods may ask for.
    pub allocatable: Resources,
    /// What the pods on it ask for.
    pub used: Resources,
    /// The pods bound to it, finished ones included.
    pub pods: BTreeSet<Id>,
    /// How many of them are not finished.
    pub active_pods: u64,
}

/// What is left of a disk of 80 GiB for pods, in bytes.
const USUAL_DISK_BYTES: u64 = 76_224_326_324;

impl Node {
    /// Room for pods on its disk, in bytes: about 90 % of it.
    pub fn disk_bytes(&self) -> u64 {
        self.disk_gib.map_or(USUAL_DISK_BYTES, |gib| (u64::from(gib) << 30) / 10 * 9)
    }

    /// What is left for more pods.
    pub fn free(&self) -> Resources {
        self.allocatable.minus(self.used)
    }

    /// Whether a pod with these labels and tolerations may be put here by its selector and taints.
    pub fn accepts(&self, selector: &Labels, tolerations: &[Toleration]) -> bool {
        super::template::matches(selector, &self.meta.labels) && self.untolerated(tolerations).is_none()
    }

    /// The first taint that keeps new pods with these `tolerations` away.
    pub fn untolerated(&self, tolerations: &[Toleration]) -> Option<&Taint> {
        self.taints.iter().find(|taint| {
            taint.effect != Effect::PreferNoSchedule
                && !tolerations.iter().any(|toleration| taint.tolerated_by(toleration))
        })
    }
}
