//! Residents by what selectors look at, so that a selector is asked once for all who are alike.

use std::collections::BTreeMap;

use model::Labels;

use super::world::World;

/// Residents grouped by namespace and labels.
pub(super) struct Crowd<'a> {
    groups: Vec<((&'a str, &'a Labels), Vec<usize>)>,
}

impl<'a> Crowd<'a> {
    pub(super) fn new(world: &World<'a>) -> Self {
        let mut groups = BTreeMap::<_, Vec<usize>>::new();
        for (index, resident) in world.residents.iter().enumerate() {
            groups.entry((resident.guest.namespace, resident.guest.labels)).or_default().push(index);
        }
        Self { groups: groups.into_iter().collect() }
    }

    /// The residents whose namespace and labels `selects` accepts, as positions in the world.
    pub(super) fn matching(&self, selects: impl Fn(&str, &Labels) -> bool) -> impl Iterator<Item = usize> {
        self.groups
            .iter()
            .filter(move |((namespace, labels), _)| selects(namespace, labels))
            .flat_map(|(_, members)| members.iter().copied())
    }
}
