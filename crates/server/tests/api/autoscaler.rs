//! Autoscaler policies, as the official provider, the hibernation job and assistants use them.

use model::ClusterId;
use serde_json::{Value, json};
use server::auth::permission::Role;

use crate::harness::{Answer, TestServer};

/// A server with one cluster, and the path of its policies.
pub async fn start() -> (TestServer, ClusterId, String) {
    let server = TestServer::start().await;
    let cluster = server.tenant().await.cluster("shop").await;
    let path = format!("/v1/kubernetes/clusters/{cluster}/policies");
    (server, cluster, path)
}

async fn get(server: &TestServer, path: &str) -> Value {
    server.get(path).key(&server.owner_key).await.expect(200).json()
}

async fn put(server: &TestServer, path: &str, body: &Value) -> Answer {
    server.put(path).key(&server.owner_key).json(body.clone()).await
}

/// RFC 7386, as the provider merges a user's settings into what it read.
fn merge(into: &mut Value, patch: &Value) {
    let Some(patch) = patch.as_object() else {
        *into = patch.clone();
        return;
    };
    for (name, value) in patch {
        if value.is_null() {
            into.as_object_mut().unwrap().remove(name);
        } else {
            let fields = into.as_object_mut().unwrap();
            merge(fields.entry(name).or_insert_with(|| json!({})), value);
        }
    }
}

/// What the provider compares: the document without what changes by itself.
fn compared(mut document: Value) -> Value {
    for (parent, name) in [
        ("", "defaultNodeTemplateVersion"),
        ("", "spotInstances"),
        ("/unschedulablePods", "nodeConstraints"),
        ("/unschedulablePods", "customInstancesEnabled"),
        ("/unschedulablePods/podPinner", "status"),
        ("/nodeDownscaler/evictor", "status"),
    ] {
        if let Some(Value::Object(fields)) = document.pointer_mut(parent) {
            fields.remove(name);
        }
    }
    document
}

/// Apply: read, merge, write the whole.
async fn apply(server: &TestServer, path: &str, settings: &Value) {
    let mut document = get(server, path).await;
    merge(&mut document, settings);
    put(server, path, &document).await.expect(200);
}

/// Plan: whether the settings merged into what is read differ from what is read.
async fn has_changes(server: &TestServer, path: &str, settings: &Value) -> bool {
    let read = compared(get(server, path).await);
    let mut planned = read.clone();
    merge(&mut planned, &compared(settings.clone()));
    planned != read
}

/// What the provider's settings block renders to.
fn settings_block() -> Value {
    json!({
        "enabled": true,
        "isScopedMode": false,
        "nodeTemplatesPartialMatchingEnabled": false,
        "unschedulablePods": {
            "enabled": true,
            "headroom": {"cpuPercentage": 10, "memoryPercentage": 10, "enabled": true},
            "headroomSpot": {"cpuPercentage": 10, "memoryPercentage": 10, "enabled": true},
            "nodeConstraints": {
                "minCpuCores": 2, "maxCpuCores": 32, "minRamMiB": 4096, "maxRamMiB": 262144, "enabled": true,
            },
            "podPinner": {"enabled": false},
        },
        "clusterLimits": {"enabled": true, "cpu": {"minCores": 1, "maxCores": 200}},
        "spotInstances": {
            "enabled": true, "maxReclaimRate": 0,
            "spotBackups": {"enabled": true, "spotBackupRestoreRateSeconds": 1800},
            "spotDiversityEnabled": true, "spotDiversityPriceIncrease": 20,
            "spotInterruptionPredictions": {
                "enabled": true, "spotInterruptionPredictionsType": "AWSRebalanceRecommendations",
            },
        },
        "nodeDownscaler": {
            "enabled": true,
            "emptyNodes": {"enabled": true, "delaySeconds": 300},
            "evictor": {
                "enabled": true, "dryRun": false, "aggressiveMode": false, "scopedMode": false,
                "cycleInterval": "1m", "nodeGracePeriodMinutes": 5, "podEvictionFailureBackOffInterval": "5s",
                "ignorePodDisruptionBudgets": false,
            },
        },
    })
}

#[tokio::test]
async fn a_new_cluster_has_a_document_in_which_everything_is_off() {
    let (server, _, path) = start().await;
    let document = get(&server, &path).await;
    for switch in [
        "/enabled",
        "/isScopedMode",
        "/unschedulablePods/enabled",
        "/unschedulablePods/headroom/enabled",
        "/unschedulablePods/nodeConstraints/enabled",
        "/clusterLimits/enabled",
        "/spotInstances/enabled",
        "/nodeDownscaler/enabled",
        "/nodeDownscaler/emptyNodes/enabled",
        "/nodeDownscaler/evictor/enabled",
    ] {
        assert_eq!(document.pointer(switch), Some(&json!(false)), "{switch}");
    }
    assert_eq!(document["defaultNodeTemplateVersion"], "1");
    assert_eq!(document["unschedulablePods"]["nodeConstraints"]["maxRamMib"], 262_144);
    assert_eq!(document["nodeDownscaler"]["evictor"]["status"], "Missing");
    let by_id = get(&server, &format!("{path}/6f9619ff-8b86-d011-b42d-00c04fc964ff")).await;
    assert_eq!(by_id, document);
    assert_eq!(put(&server, &path, &document).await.expect(200).json(), document);
}

#[tokio::test]
async fn the_sizes_of_nodes_are_those_on_offer_in_the_clusters_region() {
    let (server, cluster, _) = start().await;
    let sizes = async |cluster: String| {
        get(&server, &format!("/v1/kubernetes/clusters/{cluster}/node-constraints")).await
    };
    assert_eq!(sizes(cluster.to_string()).await["items"], json!([]), "its region is not known");
    let registered = json!({
        "name": "eks", "eks": {"accountId": "123456789012", "region": "us-east-1", "clusterName": "eks"},
    });
    let answer =
        server.post("/v1/kubernetes/external-clusters").key(&server.owner_key).json(registered).await;
    let registered = answer.expect(200).json();
    let answer = sizes(registered["id"].as_str().unwrap().to_owned()).await;
    assert_eq!(answer["clusterId"], registered["id"]);
    assert!(answer["items"].as_array().unwrap().contains(&json!({"cpuCores": 4, "ramMib": 16384})));
}

#[tokio::test]
async fn a_plan_after_an_apply_is_empty_until_the_settings_change() {
    let (server, _, path) = start().await;
    let mut settings = settings_block();
    assert!(has_changes(&server, &path, &settings).await);
    apply(&server, &path, &settings).await;
    assert!(!has_changes(&server, &path, &settings).await);
    settings["clusterLimits"]["cpu"]["maxCores"] = json!(300);
    settings["nodeDownscaler"]["evictor"]["cycleInterval"] = json!("5m10s");
    assert!(has_changes(&server, &path, &settings).await);
    apply(&server, &path, &settings).await;
    assert!(!has_changes(&server, &path, &settings).await);
    let imported = compared(get(&server, &path).await);
    assert_eq!(imported["nodeDownscaler"]["evictor"]["cycleInterval"], "5m10s");
    // Destroying sends one key; the rest stays.
    put(&server, &path, &json!({"enabled": false})).await.expect(200);
    settings["enabled"] = json!(false);
    assert!(!has_changes(&server, &path, &settings).await);
}

#[tokio::test]
async fn fields_of_raw_json_that_nobody_knows_come_back_and_null_removes_them() {
    let (server, _, path) = start().await;
    let settings = json!({
        "enabled": true, "mine": {"list": [1, "two", {"x": 1.5}]},
        "spotInstances": {"clouds": ["aws"]}, "unschedulablePods": {"headroom": {"oldNumber": 7}},
    });
    apply(&server, &path, &settings).await;
    assert!(!has_changes(&server, &path, &settings).await);
    let document = get(&server, &path).await;
    assert_eq!(
        (&document["mine"], &document["spotInstances"]["clouds"]),
        (&settings["mine"], &json!(["aws"]))
    );
    let document =
        put(&server, &path, &json!({"mine": null, "clusterLimits": null})).await.expect(200).json();
    assert!(document.get("mine").is_none() && document.get("clusterLimits").is_none());
    assert_eq!(document["unschedulablePods"]["headroom"]["oldNumber"], 7);
}

#[tokio::test]
async fn the_hibernation_job_reads_its_switch_back_from_the_answer() {
    let (server, _, path) = start().await;
    for enabled in [true, false] {
        let mut document = get(&server, &path).await;
        document["enabled"] = json!(enabled);
        assert_eq!(put(&server, &path, &document).await.expect(200).json()["enabled"], enabled);
    }
    let log = get(&server, "/v1/audit").await;
    let told: Vec<_> =
        log["items"].as_array().unwrap().iter().filter(|one| one["eventType"] == "policiesUpdated").collect();
    assert_eq!(told.len(), 2);
    assert_eq!(told[0]["event"]["before"]["enabled"], true);
    assert_eq!(told[0]["event"]["after"]["enabled"], false);
}

#[tokio::test]
async fn a_change_made_against_an_older_default_template_is_refused_until_read_again() {
    let (server, cluster, path) = start().await;
    let mut stale = get(&server, &path).await;
    let template = format!("/v1/kubernetes/clusters/{cluster}/node-templates/default-by-castai");
    put(&server, &template, &json!({"isDefault": true, "constraints": {"minCpu": 4}})).await.expect(200);
    stale["enabled"] = json!(true);
    let refused = put(&server, &path, &stale).await.expect(409).message();
    assert!(
        refused.contains("template has changed") && refused.contains("refetch the policies"),
        "{refused}"
    );
    let mut fresh = get(&server, &path).await;
    assert_eq!(fresh["enabled"], false, "nothing of it was done");
    assert_eq!(fresh["defaultNodeTemplateVersion"], "2");
    fresh["enabled"] = json!(true);
    assert_eq!(put(&server, &path, &fresh).await.expect(200).json()["enabled"], true);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_its_field_and_changes_nothing() {
    let (server, _, path) = start().await;
    let before = get(&server, &path).await;
    for (body, field) in [
        (json!({"enabled": "yes"}), "enabled"),
        (json!({"clusterLimits": {"cpu": {"minCores": 30}}}), "clusterLimits.cpu.minCores"),
        (json!({"clusterLimits": {"cpu": {"maxCores": -1}}}), "clusterLimits.cpu.maxCores"),
        (
            json!({"unschedulablePods": {"nodeConstraints": {"minRamMiB": 300_000}}}),
            "unschedulablePods.nodeConstraints.minRamMib",
        ),
        (
            json!({"unschedulablePods": {"headroom": {"cpuPercentage": -5}}}),
            "unschedulablePods.headroom.cpuPercentage",
        ),
        (
            json!({"nodeDownscaler": {"evictor": {"cycleInterval": "soon"}}}),
            "nodeDownscaler.evictor.cycleInterval",
        ),
        (
            json!({"node_downscaler": {"empty_nodes": {"delay_seconds": -1}}}),
            "nodeDownscaler.emptyNodes.delaySeconds",
        ),
        (json!({"spotInstances": {"maxReclaimRate": 101}}), "spotInstances.maxReclaimRate"),
        (json!([]), ""),
    ] {
        let refused = put(&server, &path, &body).await.expect(400);
        assert_eq!(refused.json()["fieldViolations"][0]["field"], field, "{body}");
    }
    let long = json!({"mine": "x".repeat(40_000)});
    put(&server, &path, &long).await.expect(400);
    assert_eq!(get(&server, &path).await, before);
    let viewer = server.key_of(Role::Viewer).await;
    server.put(&path).key(&viewer).json(json!({"enabled": true})).await.expect(403);
}
