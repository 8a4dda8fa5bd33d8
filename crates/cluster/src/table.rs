//! Objects of one kind, by name.

use std::borrow::Borrow;
use std::collections::{BTreeMap, btree_map};
use std::sync::Arc;

use model::{
    DisruptionBudget, HorizontalAutoscaler, Interner, Namespace, NamespacedName, Node, NodeStorage,
    PersistentVolume, Pod, StorageCapacity, StorageClass, StorageDriver, Uid, VolumeAttachment, VolumeClaim,
    Workload, WorkloadKey,
};

/// Something that Kubernetes names and identifies.
pub(crate) trait Keyed {
    type Key: Ord + Clone + std::fmt::Debug;

    fn key(&self) -> Self::Key;
    fn uid(&self) -> &Uid;

    /// Points to the shared copies of what it has in common with others. Kinds of which there are few
    /// do without.
    fn adopt_into(&mut self, _interner: &mut Interner) {}
}

/// Objects of one kind by name, in the order of names. Cloning shares the objects.
#[derive(Debug)]
pub(crate) struct Table<T: Keyed>(BTreeMap<T::Key, Arc<T>>);

impl<T: Keyed> Table<T> {
    /// Puts the object in the place of any other of its name.
    pub(crate) fn set(&mut self, object: Arc<T>) {
        self.0.insert(object.key(), object);
    }

    /// Takes the object away, unless the one of that name is another than meant.
    pub(crate) fn remove(&mut self, key: &T::Key, uid: Option<&Uid>) -> bool {
        let meant = self.0.get(key).is_some_and(|object| uid.is_none_or(|uid| uid == object.uid()));
        if meant {
            self.0.remove(key);
        }
        meant
    }

    /// Puts each of `newer` in the place of the one of its name.
    pub(crate) fn merge(&mut self, newer: Self, interner: &mut Interner) {
        for mut object in newer.0.into_values() {
            if let Some(object) = Arc::get_mut(&mut object) {
                object.adopt_into(interner);
            }
            self.set(object);
        }
    }

    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&Arc<T>>
    where
        T::Key: Borrow<Q>,
    {
        self.0.get(key)
    }

    pub(crate) fn iter(&self) -> btree_map::Values<'_, T::Key, Arc<T>> {
        self.0.values()
    }

    pub(crate) fn starting_at(&self, key: T::Key) -> impl Iterator<Item = &Arc<T>> {
        self.0.range(key..).map(|(_, object)| object)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T: Keyed> Default for Table<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Keyed> Clone for Table<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Keyed + PartialEq> PartialEq for Table<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

macro_rules! keyed_by_name {
    ($($type:ty: $field:ident $(=> $adopt:ident)?),*) => {$(
        impl Keyed for $type {
            type Key = Arc<str>;

            fn key(&self) -> Arc<str> {
                Arc::clone(&self.$field)
            }

            fn uid(&self) -> &Uid {
                &self.uid
            }

            $(fn adopt_into(&mut self, interner: &mut Interner) {
                interner.$adopt(self);
            })?
        }
    )*};
}

macro_rules! keyed_by_namespaced_name {
    ($($type:ty $(=> $adopt:ident)?),*) => {$(
        impl Keyed for $type {
            type Key = NamespacedName;

            fn key(&self) -> NamespacedName {
                NamespacedName { namespace: Arc::clone(&self.namespace), name: Arc::clone(&self.name) }
            }

            fn uid(&self) -> &Uid {
                &self.uid
            }

            $(fn adopt_into(&mut self, interner: &mut Interner) {
                interner.$adopt(self);
            })?
        }
    )*};
}

keyed_by_name!(Node: name => adopt_node, Namespace: name, PersistentVolume: name, StorageClass: name, NodeStorage: node, StorageDriver: name, VolumeAttachment: name);
keyed_by_namespaced_name!(Pod => adopt_pod, DisruptionBudget, VolumeClaim, HorizontalAutoscaler, StorageCapacity);

impl Keyed for Workload {
    type Key = WorkloadKey;

    fn key(&self) -> WorkloadKey {
        self.key.clone()
    }

    fn uid(&self) -> &Uid {
        &self.uid
    }

    fn adopt_into(&mut self, interner: &mut Interner) {
        interner.adopt_workload(self);
    }
}
