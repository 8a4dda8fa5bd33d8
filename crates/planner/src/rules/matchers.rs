//! Which pods a selector of some other pod means.

use std::sync::Arc;

use model::{LabelSelector, Labels, Operator, PodAffinityTerm};

use super::ids::{Ids, Map};

/// A way in which rules choose pods.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Matcher {
    /// Topology spread: pods of the carrier's namespace. Pods that end do not count, and a selector
    /// without conditions counts nobody.
    Spread { namespace: Arc<str>, selector: LabelSelector },
    /// A term of pod affinity or anti-affinity, as documented.
    Term(PodAffinityTerm),
    /// All terms at once: what counts for a pod's required affinity.
    All(Box<[PodAffinityTerm]>),
    /// A term whose namespaces are not looked at: how the scheduler reads a namespace selector of only
    /// negative conditions in the anti-affinity of the pod that it places.
    AnyNamespace(PodAffinityTerm),
}

/// What matchers look at in a pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Traits {
    pub(super) namespace: Arc<str>,
    pub(super) labels: Arc<Labels>,
    pub(super) is_terminating: bool,
}

impl Matcher {
    fn matches(&self, traits: &Traits, namespaces: &Map<Arc<str>, Arc<Labels>>) -> bool {
        match self {
            Self::Spread { namespace, selector } => {
                !traits.is_terminating
                    && *namespace == traits.namespace
                    && !selector.is_empty()
                    && selector.matches(&traits.labels)
            }
            Self::Term(term) => selects(term, traits, namespaces),
            Self::All(terms) => terms.iter().all(|term| selects(term, traits, namespaces)),
            Self::AnyNamespace(term) => selects_labels(term, traits),
        }
    }

    fn selector(&self) -> Option<&LabelSelector> {
        match self {
            Self::Spread { selector, .. } => Some(selector),
            Self::Term(term) | Self::AnyNamespace(term) => term.selector.as_ref(),
            Self::All(terms) => terms.first()?.selector.as_ref(),
        }
    }
}

fn selects_labels(term: &PodAffinityTerm, traits: &Traits) -> bool {
    term.selector.as_ref().is_some_and(|selector| selector.matches(&traits.labels))
}

fn selects(term: &PodAffinityTerm, traits: &Traits, namespaces: &Map<Arc<str>, Arc<Labels>>) -> bool {
    let none = Labels::default();
    let by_labels = |selector: &LabelSelector| {
        selector.matches(namespaces.get(&traits.namespace).map_or(&none, |labels| labels))
    };
    (term.namespaces.contains(&traits.namespace) || term.namespace_selector.as_ref().is_some_and(by_labels))
        && selects_labels(term, traits)
}

/// Whether the scheduler takes the term for one about all namespaces, in the pod that it places.
pub(super) fn is_read_as_any_namespace(term: &PodAffinityTerm) -> bool {
    let nothing = Labels::default();
    term.namespace_selector.as_ref().is_some_and(|one| !one.is_empty() && one.matches(&nothing))
}

/// All matchers, found by a label that they ask for, so that each pod is compared with few of them.
pub(super) struct Matchers {
    all: Vec<Matcher>,
    by_label: Map<(Arc<str>, Arc<str>), Vec<u32>>,
    others: Vec<u32>,
    namespaces: Map<Arc<str>, Arc<Labels>>,
}

impl Matchers {
    pub(super) fn new(matchers: Ids<Matcher>, namespaces: Map<Arc<str>, Arc<Labels>>) -> Self {
        let all = matchers.into_values();
        let mut by_label: Map<_, Vec<u32>> = Map::default();
        let mut others = Vec::new();
        for (number, matcher) in all.iter().enumerate() {
            let number = number as u32;
            let Some(selector) = matcher.selector() else { continue };
            let mut listed = selector.requirements.iter().filter(|one| one.operator == Operator::In);
            match listed.next() {
                Some(one) => {
                    let mut values: Vec<_> = one.values.iter().collect();
                    values.sort_unstable();
                    values.dedup();
                    for value in values {
                        by_label.entry((Arc::clone(&one.key), Arc::clone(value))).or_default().push(number);
                    }
                }
                None => others.push(number),
            }
        }
        Self { all, by_label, others, namespaces }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The matchers that choose a pod, in ascending order.
    pub(super) fn choosing(&self, traits: &Traits) -> Box<[u32]> {
        let mut found = self.others.clone();
        for (key, value) in traits.labels.iter_shared() {
            found.extend(self.by_label.get(&(Arc::clone(key), Arc::clone(value))).into_iter().flatten());
        }
        found.retain(|&one| self.all[one as usize].matches(traits, &self.namespaces));
        found.sort_unstable();
        found.into_boxed_slice()
    }
}
