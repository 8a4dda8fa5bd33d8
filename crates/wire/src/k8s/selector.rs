//! Selectors of objects and of nodes.

use std::sync::Arc;

use model::{Interner, LabelSelector, NodeSelector, NodeSelectorTerm, Operator, Requirement};
use serde::Deserialize;

use super::text::{Pairs, Text};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Selector<'a> {
    #[serde(borrow)]
    match_labels: Option<Pairs<'a>>,
    #[serde(borrow)]
    match_expressions: Option<Vec<Expression<'a>>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Expression<'a> {
    #[serde(borrow)]
    key: Text<'a>,
    operator: Operator,
    #[serde(borrow)]
    values: Option<Vec<Text<'a>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Nodes<'a> {
    #[serde(borrow)]
    node_selector_terms: Option<Vec<Term<'a>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Term<'a> {
    #[serde(borrow)]
    match_expressions: Option<Vec<Expression<'a>>>,
    #[serde(borrow)]
    match_fields: Option<Vec<Expression<'a>>>,
}

impl Selector<'_> {
    pub(super) fn to_model(&self, interner: &mut Interner) -> LabelSelector {
        self.with(std::iter::empty(), interner)
    }

    /// The selector with further conditions, as `matchLabelKeys` ask for.
    pub(super) fn with(
        &self,
        more: impl Iterator<Item = Requirement>,
        interner: &mut Interner,
    ) -> LabelSelector {
        let mut requirements = Vec::new();
        for (key, value) in self.match_labels.iter().flat_map(Pairs::iter) {
            requirements.push(one_of(interner.string(key), interner.string(value), Operator::In));
        }
        for expression in self.match_expressions.iter().flatten() {
            requirements.push(expression.to_model(interner));
        }
        for requirement in more {
            // API servers since 1.34 have merged the keys already.
            if !requirements.contains(&requirement) {
                requirements.push(requirement);
            }
        }
        LabelSelector { requirements: requirements.into_boxed_slice() }
    }
}

pub(super) fn one_of(key: Arc<str>, value: Arc<str>, operator: Operator) -> Requirement {
    Requirement { key, operator, values: Box::new([value]) }
}

impl Expression<'_> {
    fn to_model(&self, interner: &mut Interner) -> Requirement {
        Requirement {
            key: interner.string(&self.key),
            operator: self.operator,
            values: self.values.iter().flatten().map(|value| interner.string(value)).collect(),
        }
    }
}

fn requirements(expressions: Option<&Vec<Expression<'_>>>, interner: &mut Interner) -> Box<[Requirement]> {
    expressions.into_iter().flatten().map(|expression| expression.to_model(interner)).collect()
}

impl Nodes<'_> {
    pub(super) fn to_model(&self, interner: &mut Interner) -> NodeSelector {
        let terms = self.node_selector_terms.iter().flatten();
        NodeSelector { terms: terms.map(|term| term.to_model(interner)).collect() }
    }
}

impl Term<'_> {
    pub(super) fn to_model(&self, interner: &mut Interner) -> NodeSelectorTerm {
        NodeSelectorTerm {
            expressions: requirements(self.match_expressions.as_ref(), interner),
            fields: requirements(self.match_fields.as_ref(), interner),
        }
    }
}

/// The affinity that names one node.
pub(super) fn node_named(node: Arc<str>, interner: &mut Interner) -> NodeSelector {
    let field = one_of(interner.string("metadata.name"), node, Operator::In);
    NodeSelector {
        terms: Box::new([NodeSelectorTerm { fields: Box::new([field]), ..NodeSelectorTerm::default() }]),
    }
}
