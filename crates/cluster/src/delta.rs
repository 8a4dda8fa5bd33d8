//! A delta, read and staged: applying it cannot fail.

use std::collections::BTreeMap;
use std::io::Read;

use model::{Interner, NamespacedName, PodUsage, Timestamp};
use wire::delta::{Change, DeltaError, DeltaHead, Skipped, read_delta};
use wire::k8s::{ObjectKind, ObjectRef};

use crate::objects::Objects;

/// What one delta of the agent asks for, ready for [`ClusterState::apply`](crate::ClusterState::apply).
#[derive(Debug)]
pub struct Delta {
    /// What it says about itself.
    pub head: DeltaHead,
    /// When it was received.
    pub received_at: Timestamp,
    /// Objects of it that could not be used.
    pub skipped: Vec<Skipped>,
    pub(crate) objects: Objects,
    pub(crate) removed: Vec<ObjectRef>,
    pub(crate) usage: BTreeMap<NamespacedName, PodUsage>,
    pub(crate) interner: Interner,
}

/// Reads a delta, already decompressed, to its end.
///
/// # Errors
/// Whatever [`read_delta`] says about a text that is not a whole delta; nothing of it can be applied.
pub fn decode_delta(reader: impl Read, received_at: Timestamp) -> Result<Delta, DeltaError> {
    let mut interner = Interner::default();
    let mut delta = Delta::new(DeltaHead::default(), received_at);
    delta.head = read_delta(reader, &mut interner, |change| match change {
        Ok(Change::Set(object)) => delta.objects.set(*object),
        Ok(Change::Remove(object)) => delta.removed.push(object),
        Ok(Change::Usage(name, usage)) => measure(&mut delta.usage, name, usage),
        Err(skipped) => delta.skipped.push(skipped),
    })?;
    delta.interner = interner;
    Ok(delta)
}

impl Delta {
    /// A delta without changes: what the agent sends when nothing happened.
    pub(crate) fn new(head: DeltaHead, received_at: Timestamp) -> Self {
        Self {
            head,
            received_at,
            skipped: Vec::new(),
            objects: Objects::default(),
            removed: Vec::new(),
            usage: BTreeMap::new(),
            interner: Interner::default(),
        }
    }

    /// How many objects it sets, removes or measures.
    pub fn change_count(&self) -> usize {
        self.objects.len() + self.removed.len() + self.usage.len()
    }

    /// Whether it says anything about the object of this kind and name.
    pub(crate) fn mentions(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let named = NamespacedName { namespace: namespace.into(), name: name.into() };
        if kind == "PodMetrics" {
            return self.usage.contains_key(&named);
        }
        // Of the kinds, only autoscalers look at the version; either is an answer.
        [None, Some("autoscaling/v2")].into_iter().filter_map(|version| ObjectKind::new(kind, version)).any(
            |kind| {
                let removed =
                    |one: &ObjectRef| one.kind == kind && *one.namespace == *namespace && *one.name == *name;
                self.removed.iter().any(removed) || self.objects.contains(&kind, &named)
            },
        )
    }

    /// True when it holds all objects of the cluster rather than changes to them.
    pub fn is_full_snapshot(&self) -> bool {
        self.head.full_snapshot
    }
}

/// Keeps the newest measurement of each pod. The agent repeats old ones, those of dead pods included.
pub(crate) fn measure(all: &mut BTreeMap<NamespacedName, PodUsage>, name: NamespacedName, usage: PodUsage) {
    let known = all.entry(name).or_insert(usage);
    if usage.at > known.at {
        *known = usage;
    }
}
