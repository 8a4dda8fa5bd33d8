//! The document: its defaults, its spellings, and how a change is merged into it.
//!
//! Clients write some fields in several ways: in snake case, under names of the past, with a capital letter
//! more. They are kept under the contract's names; what is not known is kept as it came.

use serde_json::{Map, Value, json};
use wire::policies::Policies;

use crate::http::error::ApiResult;

/// The version of the default node template that a document was read with. Not part of what is kept.
pub(super) const VERSION: &str = "defaultNodeTemplateVersion";

/// Fields of which the server decides: their object, and their name there.
const STATUSES: [[&str; 2]; 2] = [["nodeDownscaler", "evictor"], ["unschedulablePods", "podPinner"]];

/// Other names of fields: the object they are in, the other name, the contract's.
const OTHER_NAMES: [(&[&str], &str, &str); 4] = [
    (&["unschedulablePods", "nodeConstraints"], "minRamMiB", "minRamMib"),
    (&["unschedulablePods", "nodeConstraints"], "maxRamMiB", "maxRamMib"),
    (&["spotInstances"], "spotDiversityPriceIncrease", "spotDiversityPriceIncreaseLimitPercent"),
    (&["spotInstances", "spotInterruptionPredictions"], "spotInterruptionPredictionsType", "type"),
];

/// The document of a cluster that nobody set anything for: everything is off.
pub(super) fn defaults() -> Map<String, Value> {
    let headroom = json!({"enabled": false, "cpuPercentage": 10, "memoryPercentage": 10});
    super::object(json!({
        "enabled": false,
        "isScopedMode": false,
        "nodeTemplatesPartialMatchingEnabled": false,
        "unschedulablePods": {
            "enabled": false,
            "headroom": headroom,
            "headroomSpot": headroom,
            "nodeConstraints": {
                "enabled": false, "minCpuCores": 0, "maxCpuCores": 32, "minRamMib": 2048, "maxRamMib": 262_144,
            },
            "customInstancesEnabled": false,
            "diskGibToCpuRatio": 0,
            "podPinner": {"enabled": false},
        },
        "clusterLimits": {"enabled": false, "cpu": {"minCores": 1, "maxCores": 20}},
        "spotInstances": {
            "enabled": false,
            "maxReclaimRate": 0,
            "spotBackups": {"enabled": false, "spotBackupRestoreRateSeconds": 1800},
            "spotDiversityEnabled": false,
            "spotDiversityPriceIncreaseLimitPercent": 20,
            "spotInterruptionPredictions": {"enabled": false},
        },
        "nodeDownscaler": {
            "enabled": false,
            "emptyNodes": {"enabled": false, "delaySeconds": 300},
            "evictor": {
                "enabled": false, "dryRun": false, "aggressiveMode": false, "scopedMode": false,
                "cycleInterval": "1m", "nodeGracePeriodMinutes": 5, "podEvictionFailureBackOffInterval": "5s",
                "ignorePodDisruptionBudgets": false,
            },
        },
    }))
}

/// `patch` under the contract's names, without what the server decides. Nulls are kept: they remove something
/// from `stored`.
///
/// # Errors
/// 400 for a known field of the wrong kind.
pub(super) fn read(
    mut patch: Map<String, Value>,
    stored: &Map<String, Value>,
) -> ApiResult<Map<String, Value>> {
    for (path, other, name) in OTHER_NAMES {
        // A document that was read and then changed by such a client has both; the client's is the new one.
        if let Some(parent) = object_at(&mut patch, path)
            && let Some(value) = parent.remove(other)
        {
            parent.insert(name.to_owned(), value);
        }
    }
    let known: Policies = wire::from_json(Value::Object(patch.clone()).to_string().as_bytes())?;
    let known = super::object(serde_json::to_value(known).unwrap_or_default());
    let mut patch = with_known(patch, &known, stored);
    for path in STATUSES {
        if let Some(parent) = object_at(&mut patch, &path) {
            parent.remove("status");
        }
    }
    Ok(patch)
}

/// `given` with its known fields as in `known`: under the contract's names, numbers as numbers.
fn with_known(
    given: Map<String, Value>,
    known: &Map<String, Value>,
    stored: &Map<String, Value>,
) -> Map<String, Value> {
    let one = |(name, value): (String, Value)| {
        let camel = lower_camel_case(&name);
        let name = if known.contains_key(&camel) || stored.contains_key(&camel) { camel } else { name };
        let value = match (value, known.get(&name)) {
            (Value::Object(given), Some(Value::Object(known))) => {
                let nothing = Map::new();
                let stored = stored.get(&name).and_then(Value::as_object).unwrap_or(&nothing);
                Value::Object(with_known(given, known, stored))
            }
            (Value::Null, _) => Value::Null,
            (_, Some(known)) => known.clone(),
            (unknown, None) => unknown,
        };
        (name, value)
    };
    given.into_iter().map(one).collect()
}

fn lower_camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |camel, word| {
        let mut letters = word.chars();
        camel
            + &letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default()
            + letters.as_str()
    })
}

/// Merges as RFC 7386 does: objects field by field, null removes, anything else replaces.
pub(super) fn merge(document: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (name, value) in patch {
        match value {
            Value::Null => {
                document.remove(&name);
            }
            Value::Object(patch) => {
                let into = document.entry(name).or_insert_with(|| json!({}));
                if !into.is_object() {
                    *into = json!({});
                }
                if let Value::Object(into) = into {
                    merge(into, patch);
                }
            }
            other => {
                document.insert(name, other);
            }
        }
    }
}

/// Says whether the cluster has what the policies would use, where the document speaks of it.
pub(super) fn set_statuses(document: &mut Map<String, Value>, evictor: &str, pod_pinner: &str) {
    for (path, status) in STATUSES.into_iter().zip([evictor, pod_pinner]) {
        if let Some(parent) = object_at(document, &path) {
            parent.insert("status".to_owned(), json!(status));
        }
    }
}

fn object_at<'a>(document: &'a mut Map<String, Value>, path: &[&str]) -> Option<&'a mut Map<String, Value>> {
    path.iter().try_fold(document, |parent, name| parent.get_mut(*name)?.as_object_mut())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        super::super::object(value)
    }

    fn applied(patch: Value) -> Value {
        let mut document = defaults();
        let patch = read(object(patch), &document).unwrap();
        merge(&mut document, patch);
        Value::Object(document)
    }

    #[test]
    fn what_the_providers_settings_block_sends_is_kept_under_the_contracts_names() {
        let document = applied(json!({
            "unschedulablePods": {"nodeConstraints": {
                "minRamMib": 2048, "minRamMiB": 4096, "maxRamMiB": 65536, "enabled": true,
            }},
            "spotInstances": {
                "clouds": ["aws"], "spotDiversityPriceIncrease": 15, "spotDiversityPriceIncreaseLimitPercent": 20,
                "spotInterruptionPredictions": {"spotInterruptionPredictionsType": "AWSRebalanceRecommendations"},
            },
        }));
        let constraints = &document["unschedulablePods"]["nodeConstraints"];
        assert_eq!(
            *constraints,
            json!({"enabled": true, "minCpuCores": 0, "maxCpuCores": 32, "minRamMib": 4096, "maxRamMib": 65536})
        );
        let spot = &document["spotInstances"];
        assert_eq!((&spot["clouds"], &spot["spotDiversityPriceIncrease"]), (&json!(["aws"]), &Value::Null));
        assert_eq!(spot["spotDiversityPriceIncreaseLimitPercent"], 15);
        assert_eq!(spot["spotInterruptionPredictions"]["type"], "AWSRebalanceRecommendations");
    }

    #[test]
    fn snake_case_is_absorbed_where_a_field_is_known_and_kept_where_it_is_not() {
        let document = applied(json!({
            "is_scoped_mode": true,
            "node_downscaler": {"empty_nodes": {"delay_seconds": "60"}, "my_own": {"a_b": 1}},
            "cluster_limits": null,
        }));
        assert_eq!(document["isScopedMode"], true);
        assert_eq!(document["nodeDownscaler"]["emptyNodes"], json!({"enabled": false, "delaySeconds": 60}));
        assert_eq!(document["nodeDownscaler"]["my_own"], json!({"a_b": 1}));
        assert_eq!(document["clusterLimits"], Value::Null);
    }

    #[test]
    fn a_patch_changes_what_it_names_and_null_removes() {
        let mut document = object(json!({"a": {"b": 1, "c": 2}, "d": [1], "e": 5}));
        merge(&mut document, object(json!({"a": {"b": null, "x": {"y": null}}, "d": [2], "e": {"f": 6}})));
        assert_eq!(Value::Object(document), json!({"a": {"c": 2, "x": {}}, "d": [2], "e": {"f": 6}}));
    }

    #[test]
    fn a_known_field_of_the_wrong_kind_is_refused_by_its_name() {
        let patch = object(json!({"unschedulable_pods": {"headroom": {"cpuPercentage": "much"}}}));
        let refused = read(patch, &defaults()).unwrap_err().to_string();
        assert!(refused.contains("unschedulablePods.headroom.cpuPercentage"), "{refused}");
    }
}
