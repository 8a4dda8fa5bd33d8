//! What official clients really send, and what the published schemas say.

use std::fmt::Debug;

use jiff::Timestamp;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use utoipa::openapi::path::ParameterIn;
use utoipa::{IntoParams, PartialSchema};

use crate::audit::ListEntriesQuery;
use crate::clusters::{
    CastwareInstallMethod, CloudEvent, Cluster, ClusterUpdate, DisconnectConfig, RegisterClusterRequest,
};
use crate::controller::{AckClusterActionRequest, ClusterAction, ListActionsResponse, LogEntry};
use crate::cost_reports::{ClusterCostQuery, ClusterSummary};
use crate::error::{ErrorResponse, InvalidRequest};
use crate::node_config::{NodeConfig, SelectorOperator};
use crate::nodes::{ListNodesQuery, Node, NodePhase};
use crate::role_bindings::ListRoleBindingsQuery;
use crate::telemetry::{IngestAgentLogsRequest, TelemetryResponse};
use crate::{from_json, from_query};

fn read<T: DeserializeOwned>(body: &Value) -> T {
    from_json(body.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error} in {body}"))
}

fn written(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

fn fixture(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

/// The value with the fields in lowerCamelCase that the recorded client spells otherwise, and without nulls.
fn normal(value: &Value) -> Value {
    let object = value.as_object().unwrap();
    let entries = object.iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| {
        let key = if key == "self_hosted_with_ec2_nodes" { "selfHostedWithEc2Nodes" } else { key };
        (key.to_owned(), value.clone())
    });
    Value::Object(entries.collect::<Map<_, _>>())
}

#[test]
fn registrations_of_the_agent_are_read_whole() {
    let bodies = fixture(include_str!("../fixtures/registrations.json"));
    for body in &bodies {
        let request: RegisterClusterRequest = read(body);
        assert_eq!(written(&request), normal(body));
    }
    assert_eq!(bodies.len(), 7);
}

#[test]
fn actions_a_controller_executed_are_written_as_they_were_recorded() {
    let bodies = fixture(include_str!("../fixtures/actions.json"));
    for body in &bodies {
        let mut action: ClusterAction = read(body);
        // A field that is always sent is sent by us where the recording server left it out.
        if let Some(patch) = action.action_patch_node.as_mut() {
            patch.capacity.remove("scheduling.cast.ai/network-bandwidth");
        }
        assert_covers(&written(&action), body, "");
    }
    assert_eq!(bodies.len(), 15);
    let response = ListActionsResponse { items: bodies.iter().map(read).collect() };
    assert_eq!(written(&response)["items"].as_array().unwrap().len(), 15);
}

/// Everything that is in `wanted` is in `have`.
fn assert_covers(have: &Value, wanted: &Value, path: &str) {
    match wanted {
        Value::Object(fields) => {
            for (name, value) in fields.iter().filter(|(name, _)| *name != "capacity") {
                assert_covers(&have[name], value, &format!("{path}.{name}"));
            }
        }
        _ => assert_eq!(have, wanted, "{path}"),
    }
}

#[test]
fn acknowledgements_and_log_lines_are_read() {
    let acks: Vec<AckClusterActionRequest> =
        fixture(include_str!("../fixtures/acks.json")).iter().map(read).collect();
    assert_eq!(acks[0].error, None);
    assert!(acks[1].error.as_deref().unwrap().starts_with("handling action"));
    for body in fixture(include_str!("../fixtures/agent-logs.json")) {
        let line: IngestAgentLogsRequest = read(&body);
        assert_eq!(written(&line), body);
    }
    for body in fixture(include_str!("../fixtures/controller-logs.json")) {
        let line: LogEntry = read(&body);
        assert_eq!(written(&line), body);
    }
}

#[test]
fn the_spot_handlers_spelling_is_read() {
    let event: CloudEvent =
        read(&json!({"event_type": "interrupted", "node_id": "", "provider_id": "aws:///us-east-1a/i-1"}));
    assert_eq!(event.event_type.as_deref(), Some("interrupted"));
    assert_eq!(event.provider_id.as_deref(), Some("aws:///us-east-1a/i-1"));
    let same: CloudEvent = read(
        &json!({"eventType": "interrupted", "nodeId": "", "nodeState": null, "providerId": "aws:///us-east-1a/i-1"}),
    );
    assert_eq!(event, same);
}

#[test]
fn an_enum_sent_as_a_number_is_read() {
    for (sent, method) in [
        (json!(0), CastwareInstallMethod::Unspecified),
        (json!(1), CastwareInstallMethod::Operator),
        (json!("OPERATOR"), CastwareInstallMethod::Operator),
        (json!("SMOKE_SIGNAL"), CastwareInstallMethod::Other("SMOKE_SIGNAL".into())),
    ] {
        let request: RegisterClusterRequest = read(&json!({"name": "a", "castware_install_method": sent}));
        assert_eq!(request.castware_install_method, Some(method));
    }
}

#[test]
fn names_of_an_enum_come_back_as_they_were_spelled() {
    for name in ["IN", "in", "NotIn", "notIn", "DoesNotExist", "doesNotExist", "Between"] {
        let operator: SelectorOperator = read(&json!(name));
        assert_eq!(written(&operator), json!(name));
    }
}

#[test]
fn empty_bodies_are_requests_without_fields() {
    assert_eq!(from_json::<DisconnectConfig>(b"").unwrap(), DisconnectConfig::default());
    assert_eq!(read::<ClusterUpdate>(&json!({"eks": {}})).eks, Some(Default::default()));
}

#[test]
fn what_clients_read_without_a_check_is_always_there() {
    let cluster = written(&Cluster::default());
    for field in ["id", "name", "organizationId", "status", "agentStatus", "credentialsId"] {
        assert_eq!(cluster[field], json!(""), "{field}");
    }
    assert_eq!(cluster["isPhase2"], json!(false));
    let telemetry = TelemetryResponse { interval_seconds: "15".into(), resync: false };
    assert_eq!(written(&telemetry), json!({"intervalSeconds": "15", "resync": false}));
    let summary = ClusterSummary { node_count_spot: 3.into(), ..Default::default() };
    assert_eq!(written(&summary)["nodeCountSpot"], json!("3"));
    assert!(!written(&Node::default()).to_string().contains("null"));
}

#[test]
fn query_parameters_are_read_in_both_spellings() {
    let query: ListNodesQuery =
        from_query("page.limit=2&page.cursor=abc&node_status=ready&excludeDeleting=true").unwrap();
    assert_eq!(query.page().limit, Some(2));
    assert_eq!(query.page().cursor.as_deref(), Some("abc"));
    assert_eq!((query.node_status, query.exclude_deleting), (Some(NodePhase::Ready), Some(true)));
    let query: ListEntriesQuery =
        from_query("fromDate=2026-11-01T00:00:00.123456789Z&page.limit=10").unwrap();
    assert_eq!(query.from_date, Some("2026-11-01T00:00:00.123456789Z".parse::<Timestamp>().unwrap()));
}

#[test]
fn what_is_required_and_cannot_be_empty_is_asked_for() {
    let error = from_query::<ClusterCostQuery>("startTime=2026-01-01T00:00:00Z").unwrap_err();
    let answer = ErrorResponse::from(error);
    assert_eq!(
        written(&answer),
        json!({
            "message": "invalid request: endTime: is required",
            "fieldViolations": [{"field": "endTime", "description": "is required"}],
        })
    );
}

#[test]
fn violations_deep_inside_name_their_path() {
    let body = json!({"instanceType": "m5.large", "kubernetes_taints": [{"key": "a"}, {"key": 1}]});
    match from_json::<NodeConfig>(body.to_string().as_bytes()).unwrap_err() {
        InvalidRequest::Field(violation) => {
            assert_eq!(violation.field, "kubernetesTaints[1].key");
            assert_eq!(violation.description, "must be a string, not integer `1`");
        }
        other => panic!("{other}"),
    }
}

#[test]
fn schemas_have_no_nulls_and_describe_every_field() {
    for schema in [Cluster::schema(), Node::schema(), ClusterAction::schema(), NodeConfig::schema()] {
        let schema = written(&schema);
        assert!(!schema.to_string().contains("\"null\""), "{schema}");
        for (name, field) in schema["properties"].as_object().unwrap() {
            assert!(field["description"].is_string(), "{name}: {field}");
        }
    }
    let required = written(&Cluster::schema())["required"].clone();
    assert!(required.as_array().unwrap().contains(&json!("credentialsId")));
    assert!(!required.as_array().unwrap().contains(&json!("eks")));
}

#[test]
fn parameters_are_described_and_whole() {
    let query = || ParameterIn::Query;
    let parameters = [
        ListNodesQuery::into_params(|| Some(query())),
        ListRoleBindingsQuery::into_params(|| Some(query())),
        ClusterCostQuery::into_params(|| Some(query())),
    ];
    for parameter in parameters.concat() {
        let parameter = written(&parameter);
        assert_eq!(parameter["in"], json!("query"));
        assert!(parameter["description"].is_string(), "{parameter}");
        let schema = parameter["schema"].to_string();
        assert!(!schema.contains("$ref") && !schema.contains("\"null\""), "{parameter}");
    }
}

/// Any JSON, not too large.
fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        Just("eks".to_owned()),
        Just("self_hosted_with_ec2_nodes".to_owned()),
        Just("labels".to_owned()),
        Just("taints".to_owned()),
        Just("createdAt".to_owned()),
        Just("actionPatchNode".to_owned()),
        "[a-z_]{0,8}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Reading `body` succeeds or says why, and what was read survives being written and read again.
fn survives<T: DeserializeOwned + Serialize + PartialEq + Debug>(body: &Value) {
    if let Ok(value) = from_json::<T>(body.to_string().as_bytes()) {
        let text = serde_json::to_vec(&value).unwrap();
        assert_eq!(from_json::<T>(&text).unwrap(), value);
    }
}

proptest! {
    #[test]
    fn no_body_panics_and_what_is_read_is_kept(body in any_json()) {
        survives::<RegisterClusterRequest>(&body);
        survives::<NodeConfig>(&body);
        survives::<ClusterAction>(&body);
        survives::<Node>(&body);
        survives::<LogEntry>(&body);
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        let _ = from_json::<RegisterClusterRequest>(&bytes);
    }
}
