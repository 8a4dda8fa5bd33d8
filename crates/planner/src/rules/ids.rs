//! Numbers for things that are equal.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::FixedState;

/// A map whose order of hashing is the same in every run. Its order is never looked at all the same.
pub(super) type Map<K, V> = HashMap<K, V, FixedState>;

/// Gives equal things one number, counted from zero in the order in which they came.
#[derive(Clone, Debug)]
pub(super) struct Ids<T> {
    by_value: Map<T, u32>,
}

impl<T> Default for Ids<T> {
    fn default() -> Self {
        Self { by_value: Map::default() }
    }
}

impl<T: Hash + Eq> Ids<T> {
    /// The number of `value`, a new one if none is equal.
    pub(super) fn of(&mut self, value: T) -> u32 {
        let next = self.by_value.len() as u32;
        *self.by_value.entry(value).or_insert(next)
    }

    /// The things by their numbers.
    pub(super) fn into_values(self) -> Vec<T> {
        let mut values: Vec<(T, u32)> = self.by_value.into_iter().collect();
        values.sort_unstable_by_key(|&(_, number)| number);
        values.into_iter().map(|(value, _)| value).collect()
    }
}
