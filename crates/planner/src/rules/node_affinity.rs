//! NodeAffinity: node selectors, and the required and preferred terms of node affinity.

use std::sync::Arc;

use model::{Labels, NodeSelector, NodeSelectorTerm, PodSpec};

use super::bits::Bits;
use super::ids::Map;
use super::rows::Rows;

/// Which rows node selectors choose; equal ones are looked at once.
#[derive(Debug, Default)]
pub(super) struct NodeChoices {
    pods: Map<(Labels, Option<NodeSelector>), Arc<Bits>>,
    selectors: Map<NodeSelector, Arc<Bits>>,
}

impl NodeChoices {
    /// Rows that satisfy the pod's `nodeSelector` and its required node affinity.
    pub(super) fn of_pod(&mut self, rows: &Rows, spec: &PodSpec) -> Arc<Bits> {
        let key = (spec.node_selector.clone(), spec.required_node_affinity.clone());
        let found = self.pods.entry(key).or_insert_with(|| {
            let mut chosen = rows.all();
            for requirement in label_requirements(&spec.node_selector) {
                chosen.keep(&rows.matching(&requirement));
            }
            if let Some(selector) = &spec.required_node_affinity {
                chosen.keep(&selected(rows, selector));
            }
            Arc::new(chosen)
        });
        Arc::clone(found)
    }

    /// Rows that a selector chooses.
    pub(super) fn of_selector(&mut self, rows: &Rows, selector: &NodeSelector) -> Arc<Bits> {
        if let Some(found) = self.selectors.get(selector) {
            return Arc::clone(found);
        }
        let chosen = Arc::new(selected(rows, selector));
        self.selectors.insert(selector.clone(), Arc::clone(&chosen));
        chosen
    }
}

fn label_requirements(labels: &Labels) -> impl Iterator<Item = model::Requirement> + '_ {
    labels.iter().map(|(key, value)| model::Requirement {
        key: key.into(),
        operator: model::Operator::In,
        values: Box::new([value.into()]),
    })
}

fn selected(rows: &Rows, selector: &NodeSelector) -> Bits {
    let mut chosen = rows.none();
    selector.terms.iter().for_each(|term| chosen.add(&satisfying(rows, term)));
    chosen
}

/// Rows that satisfy a term; one without conditions is satisfied by none.
pub(super) fn satisfying(rows: &Rows, term: &NodeSelectorTerm) -> Bits {
    if term.expressions.is_empty() && term.fields.is_empty() {
        return rows.none();
    }
    let mut chosen = rows.all();
    term.expressions.iter().for_each(|one| chosen.keep(&rows.matching(one)));
    term.fields.iter().for_each(|one| chosen.keep(&rows.matching_field(one)));
    chosen
}

#[cfg(test)]
mod tests {
    use model::Pod;

    use super::*;
    use crate::reason::Rule;
    use crate::rules::testing::*;
    use crate::rules::{Rules, Spot};

    #[test]
    fn selector_and_affinity_must_both_hold_and_one_term_is_enough() {
        let picture = picture([node("a", "a"), node("b", "b"), node("nowhere", "")], []);
        let refused = Some(Rule::NodeAffinity);
        let either = |spec: &mut PodSpec| {
            let terms = [in_zone("a"), in_zone("b")].into_iter().flat_map(|one| one.terms.into_vec());
            spec.required_node_affinity = Some(NodeSelector { terms: terms.collect() });
        };
        assert_eq!(refusals(&picture, pod("new", either)), [None, None, refused]);
        let both = |spec: &mut PodSpec| {
            either(spec);
            spec.node_selector = [(ZONE, "b")].into_iter().collect();
        };
        assert_eq!(refusals(&picture, pod("new", both)), [refused, None, refused]);
        let nothing = |spec: &mut PodSpec| spec.required_node_affinity = Some(NodeSelector::default());
        assert_eq!(refusals(&picture, pod("new", nothing)), [refused; 3], "no term chooses no node");
    }

    #[test]
    fn a_daemon_goes_to_the_node_that_it_names_and_never_to_a_new_one() {
        let nodes = [node("a", "a"), node("b", "a")];
        let shape = new_like(&nodes[0]);
        let picture = picture(nodes, []);
        let daemon = |name: &str| Pod { required_node: Some(name.into()), ..pod("new", |_| {}) };
        let refused = Some(Rule::NodeAffinity);
        assert_eq!(refusals(&picture, daemon("b")), [refused, None]);
        assert_eq!(refusals(&picture, daemon("gone")), [refused; 2]);
        let rules = Rules::compile(&picture, vec![shape], &[Arc::new(daemon("a"))]);
        assert_eq!(rules.admitting(0).collect::<Vec<_>>(), [Spot::Existing(0)]);
    }
}
