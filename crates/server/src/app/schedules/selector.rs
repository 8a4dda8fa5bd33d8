//! Selectors of nodes as schedules have them, which are those of Kubernetes.

use model::{NodeSelector, NodeSelectorTerm, Operator, Requirement};
use wire::rebalancing_schedules as wire;

use crate::app::fields::Fields;
use crate::http::error::ApiResult;

/// Kubernetes' names of operators.
const OPERATORS: [(&str, Operator); 6] = [
    ("In", Operator::In),
    ("NotIn", Operator::NotIn),
    ("Exists", Operator::Exists),
    ("DoesNotExist", Operator::DoesNotExist),
    ("Gt", Operator::Gt),
    ("Lt", Operator::Lt),
];
/// The only field that Kubernetes lets select by.
const NAME: &str = "metadata.name";

/// What `selector`, at the path `at`, selects; `None` when it says nothing, which selects everything. As
/// in Kubernetes, a term without any condition selects nothing.
///
/// # Errors
/// 400 that names the field and what would be right.
pub fn read(at: &Fields, selector: Option<&wire::NodeSelector>) -> ApiResult<Option<NodeSelector>> {
    let terms = selector.and_then(|selector| selector.node_selector_terms.as_deref()).unwrap_or_default();
    if terms.is_empty() {
        return Ok(None);
    }
    let read_term = |(position, term): (usize, &wire::NodeSelectorTerm)| {
        let at = at.item("nodeSelectorTerms", position);
        Ok(NodeSelectorTerm {
            expressions: requirements(&at, "matchExpressions", term.match_expressions.as_deref())?,
            fields: requirements(&at, "matchFields", term.match_fields.as_deref())?,
        })
    };
    Ok(Some(NodeSelector { terms: terms.iter().enumerate().map(read_term).collect::<ApiResult<_>>()? }))
}

fn requirements(
    at: &Fields,
    list: &str,
    given: Option<&[wire::NodeSelectorRequirement]>,
) -> ApiResult<Box<[Requirement]>> {
    let given = given.unwrap_or_default().iter().enumerate();
    given.map(|(position, one)| requirement(&at.item(list, position), list == "matchFields", one)).collect()
}

fn requirement(at: &Fields, of_field: bool, given: &wire::NodeSelectorRequirement) -> ApiResult<Requirement> {
    at.required("key", given.key.as_deref())?;
    let key = given.key.as_deref().unwrap_or_default();
    if of_field && key != NAME {
        return Err(at.refuse("key", format!("must be {NAME}: nodes are selected by no other field")));
    }
    let name = given.operator.as_deref().unwrap_or_default();
    let Some((_, operator)) = OPERATORS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) else {
        let known = OPERATORS.map(|(known, _)| known).join(", ");
        return Err(at.refuse("operator", format!("must be one of {known}")));
    };
    let values = given.values.as_deref().unwrap_or_default();
    let (fits, wanted) = match operator {
        Operator::In | Operator::NotIn => (!values.is_empty(), "must be at least one"),
        Operator::Exists | Operator::DoesNotExist => (values.is_empty(), "must be none"),
        Operator::Gt | Operator::Lt => {
            (values.len() == 1 && values[0].parse::<i64>().is_ok(), "must be one integer")
        }
    };
    if !fits {
        return Err(at.refuse("values", format!("{wanted} for {name}")));
    }
    let values = values.iter().map(|value| value.as_str().into()).collect();
    Ok(Requirement { key: key.into(), operator: *operator, values })
}
