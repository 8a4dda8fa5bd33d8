//! NodeResourcesFit: what a pod takes of what a node has.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::Resources;

use super::shape::Column;

/// As good as any number, and far from overflowing when things are added.
pub(super) const UNLIMITED: i64 = i64::MAX / 4;

/// Everything that nodes have a number of: the four that all know, extended resources that a pod asks
/// for, and attachable volumes by driver. What nobody asks for nobody misses.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    pub(super) names: Vec<Column>,
    extended: usize,
}

/// Where extended resources begin.
const FIRST_EXTENDED: usize = 4;

impl Columns {
    pub(super) fn new(extended: BTreeSet<Arc<str>>, drivers: BTreeSet<Arc<str>>) -> Self {
        let count = extended.len();
        let known = [Column::Pods, Column::Cpu, Column::Memory, Column::EphemeralStorage];
        let names = known
            .into_iter()
            .chain(extended.into_iter().map(Column::Extended))
            .chain(drivers.into_iter().map(Column::Volumes))
            .collect();
        Self { names, extended: count }
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// The position of a driver's volumes.
    pub(super) fn volumes(&self, driver: &str) -> Option<usize> {
        let drivers = self.names.iter().enumerate().skip(FIRST_EXTENDED + self.extended);
        drivers
            .filter_map(|(at, name)| match name {
                Column::Volumes(name) if **name == *driver => Some(at),
                _ => None,
            })
            .next()
    }

    /// The amounts in the order of the columns; of volumes, `volumes`.
    pub(super) fn amounts(&self, resources: &Resources, volumes: impl Fn(&str) -> i64) -> Box<[i64]> {
        self.names
            .iter()
            .map(|name| match name {
                Column::Pods => resources.pods,
                Column::Cpu => resources.cpu_milli,
                Column::Memory => resources.memory_bytes,
                Column::EphemeralStorage => resources.ephemeral_storage_bytes,
                Column::Extended(name) => resources.extended(name),
                Column::Volumes(driver) => volumes(driver),
            })
            .collect()
    }
}

/// The first column in which there is too little. What is not asked for is not looked at, so that a pod
/// without requests fits an overcommitted node; pod slots every pod asks for.
pub(super) fn short_of(need: &[i64], free: &[i64]) -> Option<usize> {
    need.iter().zip(free).position(|(&need, &free)| need > 0 && need > free)
}
