//! The state of one cluster, and how deltas change it.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Interner, NamespacedName, PodUsage, Timestamp};
use wire::delta::{DeltaHead, Skipped};
use wire::k8s::{ObjectKind, ObjectRef};

use crate::delta::{Delta, measure};
use crate::objects::Objects;
use crate::table::Keyed;

/// Objects that cannot be used are remembered up to this number; all are counted.
const SKIPPED_KEPT: usize = 1_000;

/// How many more shared things than after the last sweep there may be before the next one.
const SWEEP_AFTER: usize = 20_000;

/// What is known about one cluster. See the methods for questions about it.
#[derive(Debug, Default)]
pub struct ClusterState {
    pub(crate) objects: Objects,
    /// Only of pods that are known.
    pub(crate) usage: BTreeMap<NamespacedName, PodUsage>,
    pub(crate) facts: Facts,
    interner: Interner,
    /// How many shared things the last sweep left.
    swept: usize,
}

/// What is known besides the objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Facts {
    pub(crate) cluster_version: String,
    pub(crate) agent_version: String,
    pub(crate) last_full_snapshot: Option<Timestamp>,
    pub(crate) last_delta: Option<Timestamp>,
    /// By kind, namespace and name.
    pub(crate) skipped: BTreeMap<(String, String, String), String>,
    pub(crate) skipped_count: u64,
}

/// Objects are shared, texts that are shared between objects stay so; only the tables are copied.
impl Clone for ClusterState {
    fn clone(&self) -> Self {
        Self {
            objects: self.objects.clone(),
            usage: self.usage.clone(),
            facts: self.facts.clone(),
            interner: Interner::default(),
            swept: 0,
        }
    }
}

/// Equal when every question has the same answer.
impl PartialEq for ClusterState {
    fn eq(&self, other: &Self) -> bool {
        self.objects == other.objects && self.usage == other.usage && self.facts == other.facts
    }
}

impl ClusterState {
    /// Knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn from_parts(
        objects: Objects,
        usage: BTreeMap<NamespacedName, PodUsage>,
        facts: Facts,
        interner: Interner,
    ) -> Self {
        let mut state = Self { objects, facts, swept: interner.len(), interner, ..Self::default() };
        state.measure(usage);
        state
    }

    /// Applies a delta, whole. A full snapshot takes the place of all objects; of other deltas, objects
    /// take the place of those of their name, and removals of others than the known ones do nothing.
    /// Applying the same delta again changes nothing but counters and times.
    pub fn apply(&mut self, delta: Delta) {
        if delta.head.full_snapshot {
            // Removals in a snapshot name what is not to exist, and does not.
            self.facts.skipped.clear();
            self.facts.last_full_snapshot = Some(delta.received_at);
            self.note(delta.head, delta.received_at, delta.skipped);
            self.objects = delta.objects;
            self.interner = delta.interner;
            self.swept = self.interner.len();
            self.usage.clear();
        } else {
            self.facts.skipped.retain(|(kind, namespace, name), _| !delta.mentions(kind, namespace, name));
            self.note(delta.head, delta.received_at, delta.skipped);
            for object in &delta.removed {
                self.remove(object);
            }
            // What only the delta's own pool still holds can then be changed in place.
            drop(delta.interner);
            self.merge(delta.objects);
            if self.interner.len() > 2 * self.swept + SWEEP_AFTER {
                self.interner.sweep();
                self.swept = self.interner.len();
            }
        }
        self.measure(delta.usage);
    }

    fn note(&mut self, head: DeltaHead, received_at: Timestamp, skipped: Vec<Skipped>) {
        self.facts.cluster_version = head.cluster_version;
        self.facts.agent_version = head.agent_version;
        self.facts.last_delta = Some(received_at);
        self.facts.skipped_count += skipped.len() as u64;
        for one in skipped {
            let key = (one.kind, one.namespace, one.name);
            if self.facts.skipped.len() < SKIPPED_KEPT || self.facts.skipped.contains_key(&key) {
                self.facts.skipped.insert(key, one.error);
            }
        }
    }

    fn remove(&mut self, object: &ObjectRef) {
        if self.objects.remove(object) && object.kind == ObjectKind::Pod {
            self.usage.remove(&NamespacedName {
                namespace: Arc::clone(&object.namespace),
                name: Arc::clone(&object.name),
            });
        }
    }

    fn merge(&mut self, newer: Objects) {
        for pod in newer.pods.iter() {
            // What a pod of the same name used before this one came says nothing about this one.
            let key = pod.key();
            if self.usage.get(&key).is_some_and(|usage| usage.at < pod.created_at) {
                self.usage.remove(&key);
            }
        }
        self.objects.merge(newer, &mut self.interner);
    }

    /// Takes measurements of pods that are known; the agent goes on repeating those of dead ones.
    fn measure(&mut self, usage: BTreeMap<NamespacedName, PodUsage>) {
        for (name, usage) in usage {
            if self.objects.pods.get(&name).is_some_and(|pod| usage.at >= pod.created_at) {
                measure(&mut self.usage, name, usage);
            }
        }
    }
}
