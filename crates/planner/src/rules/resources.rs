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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::reason::Rule;
    use crate::rules::testing::*;
    use crate::rules::{Rules, Spot};

    #[test]
    fn only_what_is_asked_for_must_be_there_but_pod_slots_always() {
        let mut small = node("small", "a");
        small.allocatable.pods = 1;
        let hog = |name| on(&pod("hog", |spec| spec.requests.cpu_milli = 9_000), name);
        let picture = picture([node("overcommitted", "a"), small], [hog("overcommitted"), hog("small")]);
        let asks_memory = pod("new", |spec| spec.requests.memory_bytes = 1);
        assert_eq!(refusals(&picture, asks_memory), [None, Some(Rule::NodeResourcesFit)]);
        let asks_cpu = pod("new", |spec| spec.requests.cpu_milli = 1);
        assert_eq!(refusals(&picture, asks_cpu), [Some(Rule::NodeResourcesFit); 2]);
    }

    #[test]
    fn extended_resources_that_nobody_has_fit_nowhere() {
        let picture = picture([node("a", "a")], []);
        let gpu = pod("new", |spec| {
            spec.requests.extended.insert("nvidia.com/gpu".into(), 1);
        });
        assert_eq!(refusals(&picture, gpu), [Some(Rule::NodeResourcesFit)]);
    }

    #[test]
    fn shortages_are_told_with_both_numbers() {
        let picture =
            picture([node("a", "a")], [on(&pod("old", |spec| spec.requests.cpu_milli = 2_500), "a")]);
        let coming = Arc::new(pod("new", |spec| spec.requests.cpu_milli = 4_000));
        let rules = Rules::compile(&picture, Vec::new(), &[coming]);
        let (occupancy, class) = (rules.occupancy(), rules.class_of(1).unwrap());
        let obstacle = occupancy.fits(class, occupancy.existing(0)).unwrap_err();
        let said = rules.refusal(class, Spot::Existing(0), obstacle).to_string();
        assert_eq!(said, "asks for 4 CPUs, 1.5 are free (NodeResourcesFit)");
        assert!(rules.admits(class, Spot::Existing(0)).is_ok(), "the empty node would do");
    }
}
