//! What the policies and the default node template both say: how spot machines are used, and how large nodes
//! may be.
//!
//! Clients of either read and write their own and expect the other to follow. Only what changed is carried
//! over, so that a document that says nothing of a setting goes on saying nothing.

use serde_json::{Map, Value, json};
use wire::node_templates::NodeTemplate;

use super::document;
use crate::http::error::{ApiError, ApiResult};

/// Where the policies say what the template says: by JSON pointers.
const SAME: [(&str, &str); 8] = [
    ("/spotInstances/enabled", "/constraints/spot"),
    ("/spotInstances/spotBackups/enabled", "/constraints/useSpotFallbacks"),
    ("/spotInstances/spotBackups/spotBackupRestoreRateSeconds", "/constraints/fallbackRestoreRateSeconds"),
    ("/spotInstances/spotDiversityEnabled", "/constraints/enableSpotDiversity"),
    (
        "/spotInstances/spotDiversityPriceIncreaseLimitPercent",
        "/constraints/spotDiversityPriceIncreaseLimitPercent",
    ),
    ("/spotInstances/spotInterruptionPredictions/enabled", "/constraints/spotInterruptionPredictionsEnabled"),
    ("/spotInstances/spotInterruptionPredictions/type", "/constraints/spotInterruptionPredictionsType"),
    ("/unschedulablePods/customInstancesEnabled", "/customInstancesEnabled"),
];

/// Words of the policies, and of the template for the same.
const WORDS: [(&str, &str); 2] = [
    ("AWSRebalanceRecommendations", "aws-rebalance-recommendations"),
    ("CASTAIInterruptionPredictions", "interruption-predictions"),
];

/// Sizes of nodes, which the policies can switch off together. 0 is no limit in both.
const SIZES: [(&str, &str); 4] = [
    ("/unschedulablePods/nodeConstraints/minCpuCores", "/constraints/minCpu"),
    ("/unschedulablePods/nodeConstraints/maxCpuCores", "/constraints/maxCpu"),
    ("/unschedulablePods/nodeConstraints/minRamMib", "/constraints/minMemory"),
    ("/unschedulablePods/nodeConstraints/maxRamMib", "/constraints/maxMemory"),
];
const SIZES_ENABLED: &str = "/unschedulablePods/nodeConstraints/enabled";

/// `template` after the policies changed.
///
/// # Errors
/// A template that the store should not hold.
pub(super) fn to_template(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    template: &NodeTemplate,
) -> ApiResult<NodeTemplate> {
    let (before, after) = (Value::Object(before.clone()), Value::Object(after.clone()));
    let mut changed = json!(template);
    let defaults = Value::Object(document::defaults());
    for (policy, constraint) in SAME {
        let of = |document: &Value| document.pointer(policy).or(defaults.pointer(policy)).cloned();
        if of(&before) != of(&after) {
            set(&mut changed, constraint, after.pointer(policy).map(|value| translated(value, false)));
        }
    }
    for (policy, constraint) in SIZES {
        let of = |document: &Value| {
            let holds = document.pointer(SIZES_ENABLED) == Some(&json!(true));
            limit(document, policy).filter(|_| holds)
        };
        if of(&before) != of(&after) {
            set(&mut changed, constraint, of(&after));
        }
    }
    serde_json::from_value(changed).map_err(ApiError::internal)
}

/// The policies after their default template changed.
pub(in crate::app) fn to_policies(
    before: &NodeTemplate,
    after: &NodeTemplate,
    policies: &Map<String, Value>,
) -> Map<String, Value> {
    let (before, after) = (json!(before), json!(after));
    let mut changed = Value::Object(policies.clone());
    let defaults = Value::Object(document::defaults());
    for (policy, constraint) in SAME {
        if before.pointer(constraint) != after.pointer(constraint) {
            let value = after.pointer(constraint).map(|value| translated(value, true));
            set(&mut changed, policy, value.or_else(|| defaults.pointer(policy).cloned()));
        }
    }
    let of = |template: &Value| SIZES.map(|(_, constraint)| limit(template, constraint));
    let limits = of(&after);
    if of(&before) != limits {
        let any = limits.iter().any(Option::is_some);
        set(&mut changed, SIZES_ENABLED, Some(json!(any)));
        for ((policy, _), limit) in SIZES.iter().zip(limits).filter(|_| any) {
            set(&mut changed, policy, Some(limit.unwrap_or_else(|| json!(0))));
        }
    }
    super::object(changed)
}

fn limit(document: &Value, at: &str) -> Option<Value> {
    document.pointer(at).filter(|limit| **limit != json!(0)).cloned()
}

fn translated(value: &Value, to_policies: bool) -> Value {
    let known = WORDS.iter().find_map(|&(policy, template)| match to_policies {
        true => (*value == template).then_some(policy),
        false => (*value == policy).then_some(template),
    });
    known.map_or_else(|| value.clone(), Value::from)
}

/// Sets or removes what the pointer `at` leads to; objects on the way are made.
fn set(document: &mut Value, at: &str, value: Option<Value>) {
    if value.is_none() && document.pointer(at).is_none() {
        return;
    }
    let mut names = at.split('/').skip(1).peekable();
    let mut parent = document;
    while let Some(name) = names.next() {
        if !parent.is_object() {
            *parent = json!({});
        }
        let Value::Object(fields) = parent else { return };
        if names.peek().is_some() {
            parent = fields.entry(name).or_insert(Value::Null);
            continue;
        }
        match value {
            Some(value) => fields.insert(name.to_owned(), value),
            None => fields.remove(name),
        };
        return;
    }
}
