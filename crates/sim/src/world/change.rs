//! What changed since somebody last looked, object by object, as an informer's queue holds it.

use std::collections::BTreeMap;

use super::meta::{Id, Kind};

/// What happened to one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added,
    /// It is not new, but different.
    Updated,
    /// It is gone; this is how it last looked: one text per version the API serves it in.
    Deleted(Vec<String>),
}

/// Changes per object, several of one object made into one: add and update is add; anything and
/// delete is delete, even of an object that nobody was told of.
#[derive(Clone, Debug, Default)]
pub struct ChangeLog(BTreeMap<Id, (Kind, Change)>);

impl ChangeLog {
    /// Adds what happened last to object `id`.
    pub fn record(&mut self, kind: Kind, id: Id, change: Change) {
        match (self.0.get_mut(&id), change) {
            (Some((_, Change::Added)), Change::Updated) => {}
            (Some((_, known)), change) => *known = change,
            (None, change) => {
                self.0.insert(id, (kind, change));
            }
        }
    }

    /// Adds everything of `later`, which happened after what is here.
    pub fn append(&mut self, later: Self) {
        for (id, (kind, change)) in later.0 {
            self.record(kind, id, change);
        }
    }

    /// All changes in the order of the objects' creation.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, Id, &Change)> {
        self.0.iter().map(|(&id, (kind, change))| (*kind, id, change))
    }

    /// How many objects changed.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
