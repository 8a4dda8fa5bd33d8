//! The cluster as the rules see it: nodes, who is on them, and what selectors look at.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use model::{
    LabelSelector, Labels, Node, NodeDriver, NodeSelector, NodeSelectorTerm, Operator, Pod, PodAffinityTerm,
    PodSpec, Requirement, Resources, Taint, Uid,
};

use super::storage::StorageIndex;
use crate::Picture;
use crate::plan::PodIndex;

/// A node, there or to be bought.
#[derive(Clone, Debug)]
pub(super) struct Site<'a> {
    /// Empty for a node that has no name yet.
    pub(super) name: &'a str,
    pub(super) labels: Arc<Labels>,
    pub(super) taints: Cow<'a, [Taint]>,
    pub(super) unschedulable: bool,
    pub(super) allocatable: Cow<'a, Resources>,
    pub(super) drivers: &'a [NodeDriver],
    pub(super) features: &'a [Arc<str>],
    pub(super) bought: bool,
}

impl<'a> Site<'a> {
    pub(super) fn of(node: &'a Node, storage: &StorageIndex<'a>) -> Self {
        Self {
            name: &node.name,
            labels: Arc::clone(&node.labels),
            taints: Cow::Borrowed(&node.taints),
            unschedulable: node.unschedulable,
            allocatable: Cow::Borrowed(&node.allocatable),
            drivers: storage.drivers_on(&node.name),
            features: &node.declared_features,
            bought: false,
        }
    }
}

/// A pod, as far as rules look at it: one that exists, or what a DaemonSet will make.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guest<'a> {
    pub(super) pod: Option<PodIndex>,
    pub(super) uid: Option<&'a Uid>,
    pub(super) namespace: &'a str,
    pub(super) labels: &'a Labels,
    pub(super) spec: &'a PodSpec,
    pub(super) claims: &'a [Arc<str>],
    pub(super) ephemeral_claims: &'a [Arc<str>],
    pub(super) features: &'a [Arc<str>],
    pub(super) required_node: Option<&'a str>,
    /// The node that its `spec.nodeName` asks for while it is not there.
    pub(super) named_node: Option<&'a str>,
    pub(super) terminating: bool,
}

impl<'a> Guest<'a> {
    pub(super) fn of(pod: &'a Pod, index: Option<PodIndex>) -> Self {
        Self {
            pod: index,
            uid: Some(&pod.uid),
            namespace: &pod.namespace,
            labels: &pod.labels,
            spec: &pod.spec,
            claims: &pod.claims,
            ephemeral_claims: &pod.ephemeral_claims,
            features: &pod.required_features,
            required_node: pod.required_node.as_deref(),
            named_node: None,
            terminating: pod.is_terminating(),
        }
    }
}

/// Somebody on a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resident<'a> {
    pub(super) guest: Guest<'a>,
    /// Where, as a position in [`World::sites`].
    pub(super) site: usize,
    /// The plan puts it there; it was somewhere else or nowhere before.
    pub(super) arrives: bool,
}

/// Nodes and who is on them.
pub(super) struct World<'a> {
    pub(super) sites: Vec<Site<'a>>,
    pub(super) residents: Vec<Resident<'a>>,
    /// By site, positions in `residents`.
    pub(super) on: Vec<Vec<usize>>,
    pub(super) storage: StorageIndex<'a>,
    namespaces: BTreeMap<&'a str, &'a Labels>,
}

/// A value of a topology key: nodes that have it are one domain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Domain {
    Named(Arc<str>),
    /// The hostname of a node that has no name yet.
    Unnamed(usize),
}

const HOSTNAME: &str = "kubernetes.io/hostname";

impl<'a> World<'a> {
    pub(super) fn new(
        picture: &'a Picture,
        storage: StorageIndex<'a>,
        sites: Vec<Site<'a>>,
        residents: Vec<Resident<'a>>,
    ) -> Self {
        let mut on = vec![Vec::new(); sites.len()];
        for (index, resident) in residents.iter().enumerate() {
            on[resident.site].push(index);
        }
        let namespaces = picture.namespaces.iter().map(|one| (&*one.name, &*one.labels)).collect();
        Self { sites, residents, on, storage, namespaces }
    }

    /// The picture as it is.
    pub(super) fn today(picture: &'a Picture) -> Self {
        let storage = StorageIndex::new(&picture.storage);
        let sites: Vec<_> = picture.nodes.iter().map(|owned| Site::of(&owned.node, &storage)).collect();
        let at: BTreeMap<&str, usize> =
            picture.nodes.iter().enumerate().map(|(at, owned)| (&*owned.node.name, at)).collect();
        let resident = |(index, pod): (usize, &'a Arc<Pod>)| {
            let site = *at.get(pod.node.as_deref()?)?;
            (!pod.is_finished()).then(|| Resident {
                guest: Guest::of(pod, Some(index)),
                site,
                arrives: false,
            })
        };
        let residents = picture.pods.iter().enumerate().filter_map(resident).collect();
        Self::new(picture, storage, sites, residents)
    }

    /// Who is on a node.
    pub(super) fn residents_of(&self, site: usize) -> impl Iterator<Item = &Resident<'a>> {
        self.on[site].iter().map(|&index| &self.residents[index])
    }

    /// The domain of a node under a topology key; `None` when it has no such label.
    pub(super) fn domain(&self, site: usize, key: &str) -> Option<Domain> {
        let it = &self.sites[site];
        if it.bought && key == HOSTNAME {
            return Some(Domain::Unnamed(site));
        }
        it.labels.get_shared(key).map(|value| Domain::Named(Arc::clone(value)))
    }

    /// Whether a term selects a pod.
    pub(super) fn term_selects(&self, term: &PodAffinityTerm, namespace: &str, labels: &Labels) -> bool {
        let named = term.namespaces.iter().any(|one| **one == *namespace);
        let none = Labels::default();
        let in_namespace = named
            || term.namespace_selector.as_ref().is_some_and(|selector| {
                selects(selector, self.namespaces.get(namespace).copied().unwrap_or(&none))
            });
        in_namespace && term.selector.as_ref().is_some_and(|selector| selects(selector, labels))
    }
}

/// Whether a selector over labels selects them.
pub(super) fn selects(selector: &LabelSelector, labels: &Labels) -> bool {
    selector.requirements.iter().all(|one| holds(one, labels.get(&one.key)))
}

/// Whether a node is selected.
pub(super) fn selects_node(selector: &NodeSelector, name: &str, labels: &Labels) -> bool {
    let term = |term: &NodeSelectorTerm| {
        let conditions = term.expressions.len() + term.fields.len();
        conditions > 0
            && term.expressions.iter().all(|one| holds(one, labels.get(&one.key)))
            && term.fields.iter().all(|one| &*one.key == "metadata.name" && holds(one, Some(name)))
    };
    selector.terms.iter().any(term)
}

fn holds(requirement: &Requirement, value: Option<&str>) -> bool {
    let values = &requirement.values;
    match (requirement.operator, value) {
        (Operator::Exists, value) => value.is_some(),
        (Operator::DoesNotExist, value) => value.is_none(),
        (Operator::In, Some(value)) => values.iter().any(|one| &**one == value),
        (Operator::NotIn, Some(value)) => !values.iter().any(|one| &**one == value),
        (Operator::NotIn, None) => true,
        (Operator::In | Operator::Gt | Operator::Lt, None) => false,
        (operator, Some(value)) => {
            let (Ok(value), Some(Ok(bound))) =
                (value.parse::<i64>(), values.first().map(|one| one.parse::<i64>()))
            else {
                return false;
            };
            values.len() == 1 && if operator == Operator::Gt { value > bound } else { value < bound }
        }
    }
}
