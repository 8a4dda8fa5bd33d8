//! One copy of what many objects repeat.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use crate::{Labels, Node, NodeSystem, Owner, Pod, PodSpec, PodTemplate, Workload};

/// Hands out shared copies: of equal texts, labels, specs and owners every object points to the
/// same one. What nobody else points to any more goes with [`sweep`](Self::sweep).
#[derive(Debug, Default)]
pub struct Interner {
    strings: Pool<str>,
    labels: Pool<Labels>,
    specs: Pool<PodSpec>,
    templates: Pool<PodTemplate>,
    owners: Pool<Owner>,
    systems: Pool<NodeSystem>,
}

impl Interner {
    /// The shared copy of `text`.
    pub fn string(&mut self, text: &str) -> Arc<str> {
        self.strings.of_text(text)
    }

    /// The shared equal of `labels`.
    pub fn labels(&mut self, labels: Labels) -> Arc<Labels> {
        self.labels.of(labels)
    }

    /// The shared equal of `spec`.
    pub fn spec(&mut self, spec: PodSpec) -> Arc<PodSpec> {
        self.specs.of(spec)
    }

    /// The shared equal of `template`.
    pub fn template(&mut self, template: PodTemplate) -> Arc<PodTemplate> {
        self.templates.of(template)
    }

    /// The shared equal of `owner`.
    pub fn owner(&mut self, owner: Owner) -> Arc<Owner> {
        self.owners.of(owner)
    }

    /// The shared equal of `system`.
    pub fn system(&mut self, system: NodeSystem) -> Arc<NodeSystem> {
        self.systems.of(system)
    }

    /// Makes a pod that came from elsewhere point to the shared copies.
    pub fn adopt_pod(&mut self, pod: &mut Pod) {
        self.strings.adopt(&mut pod.namespace);
        for text in [&mut pod.node, &mut pod.required_node, &mut pod.reason].into_iter().flatten() {
            self.strings.adopt(text);
        }
        if let Some(unschedulable) = &mut pod.unschedulable {
            self.strings.adopt(&mut unschedulable.reason);
            self.strings.adopt(&mut unschedulable.message);
        }
        if let Some(owner) = &mut pod.owner {
            self.owners.adopt(owner);
        }
        self.adopt_labels(&mut pod.labels);
        self.specs.adopt(&mut pod.spec);
    }

    /// Makes a workload that came from elsewhere point to the shared copies.
    pub fn adopt_workload(&mut self, workload: &mut Workload) {
        self.strings.adopt(&mut workload.key.namespace);
        if let Some(owner) = &mut workload.owner {
            self.owners.adopt(owner);
        }
        self.adopt_labels(&mut workload.labels);
        if let Some(template) = &mut workload.template {
            self.templates.adopt(template);
        }
    }

    /// Makes a node that came from elsewhere point to the shared copies.
    pub fn adopt_node(&mut self, node: &mut Node) {
        for text in [&mut node.name, &mut node.instance_type, &mut node.region, &mut node.zone] {
            self.strings.adopt(text);
        }
        for condition in &mut node.conditions {
            for text in [&mut condition.kind, &mut condition.reason, &mut condition.message] {
                self.strings.adopt(text);
            }
        }
        self.adopt_labels(&mut node.labels);
        self.adopt_labels(&mut node.annotations);
        self.systems.adopt(&mut node.system);
    }

    /// Labels seldom equal others as a whole, but their names and values do.
    fn adopt_labels(&mut self, labels: &mut Arc<Labels>) {
        if let Some(own) = Arc::get_mut(labels) {
            own.for_each_text(|text| self.strings.adopt(text));
        }
        self.labels.adopt(labels);
    }

    /// How many shared things there are.
    pub fn len(&self) -> usize {
        self.strings.0.len()
            + self.labels.0.len()
            + self.specs.0.len()
            + self.templates.0.len()
            + self.owners.0.len()
            + self.systems.0.len()
    }

    /// True when nothing is shared yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets what nobody else points to.
    pub fn sweep(&mut self) {
        // From the outside in: labels hold texts, templates hold labels and specs.
        self.templates.sweep();
        self.specs.sweep();
        self.labels.sweep();
        self.owners.sweep();
        self.systems.sweep();
        self.strings.sweep();
    }
}

/// Some fifty look-ups are made for each pod that is read, so that the hash function counts.
#[derive(Debug)]
struct Pool<T: ?Sized>(HashSet<Arc<T>, foldhash::fast::RandomState>);

impl<T: ?Sized> Default for Pool<T> {
    fn default() -> Self {
        Self(HashSet::default())
    }
}

impl<T: ?Sized + Eq + Hash> Pool<T> {
    fn adopt(&mut self, value: &mut Arc<T>) {
        match self.0.get(&**value) {
            Some(shared) => *value = Arc::clone(shared),
            None => {
                self.0.insert(Arc::clone(value));
            }
        }
    }

    fn sweep(&mut self) {
        self.0.retain(|value| Arc::strong_count(value) > 1);
        self.0.shrink_to_fit();
    }
}

impl<T: Eq + Hash> Pool<T> {
    fn of(&mut self, value: T) -> Arc<T> {
        if let Some(shared) = self.0.get(&value) {
            return Arc::clone(shared);
        }
        let shared = Arc::new(value);
        self.0.insert(Arc::clone(&shared));
        shared
    }
}

impl Pool<str> {
    fn of_text(&mut self, text: &str) -> Arc<str> {
        if let Some(shared) = self.0.get(text) {
            return Arc::clone(shared);
        }
        let shared: Arc<str> = text.into();
        self.0.insert(Arc::clone(&shared));
        shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_equals_and_forgets_the_unused() {
        let mut interner = Interner::default();
        let (a, b) = (interner.string("a"), interner.string("a"));
        assert!(Arc::ptr_eq(&a, &b));
        let labels = |interner: &mut Interner| {
            let pair = (interner.string("name"), interner.string("value"));
            interner.labels([pair].into_iter().collect())
        };
        let (first, second) = (labels(&mut interner), labels(&mut interner));
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(interner.len(), 4);
        drop((first, second));
        interner.sweep();
        assert_eq!(interner.len(), 1, "only the text that is still held");
        drop((a, b));
        interner.sweep();
        assert!(interner.is_empty());
    }
}
