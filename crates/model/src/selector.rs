//! Selectors over labels: of objects and, with two more operators, of nodes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Labels;

/// How a requirement compares a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Operator {
    /// The value is one of the given ones.
    In,
    /// The label is absent or its value none of the given ones.
    NotIn,
    /// The label is there.
    Exists,
    /// The label is absent.
    DoesNotExist,
    /// The value is an integer larger than the given one. Node selectors only.
    Gt,
    /// The value is an integer smaller than the given one. Node selectors only.
    Lt,
}

/// One condition on one label (or, in a match on fields, on one field).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Requirement {
    /// The name of the label.
    pub key: Arc<str>,
    /// How it is compared.
    pub operator: Operator,
    /// With what, in the order given.
    pub values: Box<[Arc<str>]>,
}

impl Requirement {
    /// Whether it holds for a label of this value, or for an absent one.
    pub fn matches(&self, value: Option<&str>) -> bool {
        let listed = |value: &str| self.values.iter().any(|one| **one == *value);
        match self.operator {
            Operator::In => value.is_some_and(listed),
            Operator::NotIn => !value.is_some_and(listed),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::Gt => self.compare(value).is_some_and(std::cmp::Ordering::is_gt),
            Operator::Lt => self.compare(value).is_some_and(std::cmp::Ordering::is_lt),
        }
    }

    /// Both sides as integers; `None`, hence no match, when one is not.
    fn compare(&self, value: Option<&str>) -> Option<std::cmp::Ordering> {
        let [bound] = &*self.values else { return None };
        Some(value?.parse::<i64>().ok()?.cmp(&bound.parse::<i64>().ok()?))
    }
}

/// Selects objects by their labels. Without any condition it selects everything; "no selector",
/// which selects nothing, is an absent one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LabelSelector {
    /// Conditions that must all hold. `matchLabels` are written as [`Operator::In`] with one value.
    pub requirements: Box<[Requirement]>,
}

impl LabelSelector {
    /// Whether all conditions hold for `labels`.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.requirements.iter().all(|requirement| requirement.matches(labels.get(&requirement.key)))
    }

    /// True when it selects everything.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }
}

/// Conditions on one node, which must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeSelectorTerm {
    /// On its labels.
    pub expressions: Box<[Requirement]>,
    /// On its fields, of which Kubernetes knows `metadata.name`.
    pub fields: Box<[Requirement]>,
}

impl NodeSelectorTerm {
    /// Whether a node of this name and these labels satisfies it. A term without any condition is
    /// satisfied by no node.
    pub fn matches(&self, name: &str, labels: &Labels) -> bool {
        let field = |key: &str| (key == "metadata.name").then_some(name);
        !(self.expressions.is_empty() && self.fields.is_empty())
            && self.expressions.iter().all(|one| one.matches(labels.get(&one.key)))
            && self.fields.iter().all(|one| one.matches(field(&one.key)))
    }
}

/// Selects nodes: one of the terms must be satisfied, so that without terms no node is selected.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeSelector {
    /// The alternatives.
    pub terms: Box<[NodeSelectorTerm]>,
}

impl NodeSelector {
    /// Whether a node of this name and these labels is selected.
    pub fn matches(&self, name: &str, labels: &Labels) -> bool {
        self.terms.iter().any(|term| term.matches(name, labels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirement(key: &str, operator: Operator, values: &[&str]) -> Requirement {
        Requirement { key: key.into(), operator, values: values.iter().map(|&value| value.into()).collect() }
    }

    #[test]
    fn operators_treat_absence_as_kubernetes_does() {
        use Operator::*;
        for (operator, values, present, absent) in [
            (In, &["a", "b"][..], true, false),
            (In, &["b"], false, false),
            (NotIn, &["a"], false, true),
            (NotIn, &["b"], true, true),
            (Exists, &[], true, false),
            (DoesNotExist, &[], false, true),
            (Gt, &["1"], false, false),
        ] {
            let one = requirement("key", operator, values);
            assert_eq!((one.matches(Some("a")), one.matches(None)), (present, absent), "{one:?}");
        }
        assert!(requirement("cpu", Gt, &["7"]).matches(Some("8")));
        assert!(!requirement("cpu", Gt, &["8"]).matches(Some("8")));
        assert!(requirement("cpu", Lt, &["-1"]).matches(Some("-2")));
        assert!(!requirement("cpu", Lt, &["9", "10"]).matches(Some("8")), "more than one bound");
    }

    #[test]
    fn empty_selectors() {
        let labels: Labels = [("a", "1")].into_iter().collect();
        assert!(LabelSelector::default().matches(&labels));
        assert!(!NodeSelectorTerm::default().matches("n", &labels));
        assert!(!NodeSelector::default().matches("n", &labels));
        let by_name = NodeSelectorTerm {
            fields: Box::new([requirement("metadata.name", Operator::In, &["n"])]),
            ..Default::default()
        };
        assert!(by_name.matches("n", &labels) && !by_name.matches("m", &labels));
    }
}
