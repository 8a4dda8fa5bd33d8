//! Rebalancing schedules, called as Terraform and scripts call them, and previews of them.

use std::sync::Arc;

use model::ManualClock;
use serde_json::{Value, json};
use server::auth::permission::Role;

use crate::agent::delta;
use crate::connected::{Connected, eks};
use crate::harness::{Answer, Tenant, TestServer};

const SCHEDULES: &str = "/v1/rebalancing-schedules";

/// What Terraform sends when everything is configured; a new schedule has no id.
pub fn everything() -> Value {
    json!({
        "name": "nightly",
        "schedule": {"cron": "CRON_TZ=Europe/Berlin 30 2 * * *"},
        "triggerConditions": {"savingsPercentage": 15.25, "ignoreSavings": false},
        "launchConfiguration": {
            "nodeTtlSeconds": 3600, "numTargetedNodes": 3,
            "targetNodeSelectionAlgorithm": "TargetNodeSelectionAlgorithmNormalizedPrice",
            "selector": {"nodeSelectorTerms": [{
                "matchExpressions": [{"key": "team", "operator": "In", "values": ["b", "a"]}],
                "matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": ["n"]}],
            }]},
            "rebalancingOptions": {
                "minNodes": 2, "keepDrainTimeoutNodes": true, "aggressiveMode": false, "evictGracefully": true,
                "maxSimultaneousDrains": 4,
                "aggressiveModeConfig": {
                    "ignoreLocalPersistentVolumes": true, "ignoreProblemJobPods": false,
                    "ignoreProblemRemovalDisabledPods": true, "ignoreProblemPodsWithoutController": false,
                    "ignoreProblemPreventedDrainPods": true,
                },
                "executionConditions": {"enabled": true, "achievedSavingsPercentage": 80},
                "drainFailureConfig": {"disableUncordon": false, "uncordonAfterSeconds": 60},
            },
        },
    })
}

async fn create(server: &TestServer, body: &Value) -> Value {
    server.post(SCHEDULES).key(&server.owner_key).json(body.clone()).await.expect(200).json()
}

async fn get(server: &TestServer, id: &Value) -> Value {
    let path = format!("{SCHEDULES}/{}", id.as_str().unwrap());
    server.get(&path).key(&server.owner_key).await.expect(200).json()
}

async fn update(server: &TestServer, id: &Value, body: Value) -> Answer {
    let path = format!("{SCHEDULES}?id={}", id.as_str().unwrap());
    server.put(&path).key(&server.owner_key).json(body).await
}

fn echoes(shown: &Value, sent: &Value) {
    for (field, value) in sent.as_object().unwrap() {
        assert_eq!(shown[field], *value, "{field}");
    }
}

#[tokio::test]
async fn what_terraform_sets_is_read_back_without_a_difference() {
    let clock = Arc::new(ManualClock::new("2026-03-28T12:00:00Z".parse().unwrap()));
    let server = TestServer::start_at(clock).await;
    let created = create(&server, &everything()).await;
    let id = &created["id"];
    assert_eq!(get(&server, id).await, created);
    echoes(&created, &everything());
    assert_eq!(created["jobs"], json!([]));
    // Half past two does not exist that night in Berlin: it is due when clocks change.
    assert_eq!(created["nextTriggerAt"], "2026-03-29T01:00:00Z");
    assert!(created.get("lastTriggerAt").is_none());

    // Trap 13: the id is in the query. What is not sent is not there, but for the options.
    let change = json!({
        "name": "weekly", "schedule": {"cron": "@weekly"}, "triggerConditions": {"savingsPercentage": 20},
        "launchConfiguration": {"targetNodeSelectionAlgorithm": "TargetNodeSelectionAlgorithmUtilization"},
    });
    update(&server, id, change.clone()).await.expect(200);
    let read = get(&server, id).await;
    for field in ["name", "schedule"] {
        assert_eq!(read[field], change[field]);
    }
    assert_eq!(read["triggerConditions"]["savingsPercentage"].as_f64(), Some(20.0));
    assert!(read["triggerConditions"].get("ignoreSavings").is_none());
    assert_eq!(
        read["launchConfiguration"],
        json!({"targetNodeSelectionAlgorithm": "TargetNodeSelectionAlgorithmUtilization", "rebalancingOptions": {}})
    );
    // A part that is absent stays.
    update(&server, id, json!({"name": "weekly 2"})).await.expect(200);
    let renamed = get(&server, id).await;
    assert_eq!((&renamed["name"], &renamed["schedule"]), (&json!("weekly 2"), &read["schedule"]));

    // Import by name, and the data source: from the list.
    let list = server.get(SCHEDULES).key(&server.owner_key).await.expect(200).json();
    assert_eq!(list["schedules"].as_array().unwrap().len(), 1);
    assert_eq!(list["schedules"][0], renamed);

    let path = format!("{SCHEDULES}/{}", id.as_str().unwrap());
    assert_eq!(server.delete(&path).key(&server.owner_key).await.expect(200).json(), json!({}));
    server.get(&path).key(&server.owner_key).await.expect(404);
    update(&server, id, everything()).await.expect(404);
}

#[tokio::test]
async fn beside_the_aggressive_mode_its_configuration_is_dropped() {
    let server = TestServer::start().await;
    let mut body = everything();
    body["launchConfiguration"]["rebalancingOptions"]["aggressiveMode"] = json!(true);
    let created = create(&server, &body).await;
    let options = &created["launchConfiguration"]["rebalancingOptions"];
    assert_eq!((&options["aggressiveMode"], options.get("aggressiveModeConfig")), (&json!(true), None));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_name() {
    let server = TestServer::start().await;
    let condition = |key: &str, operator: &str, values: Value| json!({"nodeSelectorTerms": [{"matchExpressions": [{"key": key, "operator": operator, "values": values}]}]});
    for (pointer, value, field) in [
        ("/name", json!(""), "name"),
        ("/schedule/cron", json!("at night"), "schedule.cron"),
        ("/schedule/cron", json!("CRON_TZ=Moon/Base 0 0 * * *"), "schedule.cron"),
        ("/schedule/cron", json!("0 0 30 2 *"), "schedule.cron"),
        ("/triggerConditions/savingsPercentage", json!(101), "triggerConditions.savingsPercentage"),
        ("/launchConfiguration/nodeTtlSeconds", json!(-1), "launchConfiguration.nodeTtlSeconds"),
        ("/launchConfiguration/numTargetedNodes", json!(-1), "launchConfiguration.numTargetedNodes"),
        (
            "/launchConfiguration/targetNodeSelectionAlgorithm",
            json!("Dice"),
            "launchConfiguration.targetNodeSelectionAlgorithm",
        ),
        (
            "/launchConfiguration/selector",
            condition("team", "Like", json!(["a"])),
            "launchConfiguration.selector.nodeSelectorTerms[0].matchExpressions[0].operator",
        ),
        (
            "/launchConfiguration/selector",
            condition("team", "In", json!([])),
            "launchConfiguration.selector.nodeSelectorTerms[0].matchExpressions[0].values",
        ),
        (
            "/launchConfiguration/selector",
            json!({"nodeSelectorTerms": [{"matchFields": [{"key": "spec.unschedulable", "operator": "Exists"}]}]}),
            "launchConfiguration.selector.nodeSelectorTerms[0].matchFields[0].key",
        ),
        (
            "/launchConfiguration/rebalancingOptions/drainFailureConfig/uncordonAfterSeconds",
            json!(59),
            "launchConfiguration.rebalancingOptions.drainFailureConfig.uncordonAfterSeconds",
        ),
        (
            "/launchConfiguration/rebalancingOptions/executionConditions/achievedSavingsPercentage",
            json!(101),
            "launchConfiguration.rebalancingOptions.executionConditions.achievedSavingsPercentage",
        ),
    ] {
        let mut body = everything();
        *body.pointer_mut(pointer).unwrap() = value;
        let refused = server.post(SCHEDULES).key(&server.owner_key).json(body).await.expect(400);
        assert_eq!(refused.json()["fieldViolations"][0]["field"], field, "{}", refused.text());
    }
    let created = create(&server, &everything()).await;
    let refused = update(&server, &created["id"], json!({"schedule": {"cron": "* * *"}})).await.expect(400);
    assert!(refused.message().contains("has 3 fields"), "{}", refused.message());
    server.put(SCHEDULES).key(&server.owner_key).json(everything()).await.expect(400);
    let twice = server.post(SCHEDULES).key(&server.owner_key).json(everything()).await.expect(409);
    assert!(twice.message().contains("nightly"), "{}", twice.message());
    assert_eq!(get(&server, &created["id"]).await, created, "nothing was half done");
}

#[tokio::test]
async fn schedules_belong_to_an_organisation() {
    let server = TestServer::start().await;
    let created = create(&server, &everything()).await;
    let foreign = server.foreign_key().await;
    let path = format!("{SCHEDULES}/{}", created["id"].as_str().unwrap());
    server.get(&path).key(&foreign).await.expect(404);
    let query = format!("{SCHEDULES}?id={}", created["id"].as_str().unwrap());
    server.put(&query).key(&foreign).json(everything()).await.expect(404);
    server.delete(&path).key(&foreign).await.expect(404);
    assert_eq!(server.get(SCHEDULES).key(&foreign).await.expect(200).json(), json!({"schedules": []}));
    // Names are taken within an organisation only.
    server.post(SCHEDULES).key(&foreign).json(everything()).await.expect(200);
    let viewer = server.key_of(Role::Viewer).await;
    server.get(&path).key(&viewer).await.expect(200);
    server.delete(&path).key(&viewer).await.expect(403);

    server.delete(&path).key(&server.owner_key).await.expect(200);
    let entries = server.get("/v1/audit").key(&server.owner_key).await.expect(200).json();
    let kinds = entries["items"].as_array().unwrap().iter().map(|entry| entry["eventType"].clone());
    let kinds: Vec<Value> = kinds.collect();
    for kind in ["rebalancingScheduleCreated", "rebalancingScheduleDeleted"] {
        assert!(kinds.contains(&json!(kind)), "{kind} is in {kinds:?}");
    }
}

/// A cluster with these nodes, each with what is requested of it in thousandths of a CPU.
async fn cluster<'s>(server: &'s TestServer, nodes: &[(&str, Value, u32)]) -> Connected<'s> {
    let shop = Connected::register(server, eks("shop")).await;
    let names: Vec<(&str, &str)> = nodes.iter().map(|(name, ..)| ("add", *name)).collect();
    let mut snapshot = delta(true, &names);
    for (position, (name, labels, cpu)) in nodes.iter().enumerate() {
        let known = snapshot["items"][position]["data"]["metadata"]["labels"].as_object_mut().unwrap();
        known.extend(labels.as_object().unwrap().clone());
        let pod = json!({"event": "add", "kind": "Pod", "createdAt": "2026-11-02T10:30:00Z", "data": {
            "metadata": {"name": format!("p-{name}"), "namespace": "default", "uid": format!("p-{name}")},
            "spec": {"nodeName": name, "containers": [
                {"name": "c", "resources": {"requests": {"cpu": format!("{cpu}m")}}}
            ]},
            "status": {"phase": "Running"},
        }});
        snapshot["items"].as_array_mut().unwrap().push(pod);
    }
    shop.send(&snapshot).await.expect(200);
    shop
}

#[tokio::test]
async fn a_preview_shows_the_nodes_that_would_be_taken_now_and_when() {
    // Nodes are of 2026-11-01T00:00:00Z.
    let clock = Arc::new(ManualClock::new("2026-11-02T11:00:00Z".parse().unwrap()));
    let server = TestServer::start_at(clock).await;
    let spot = json!({"eks.amazonaws.com/capacityType": "SPOT", "team": "a"});
    let large = json!({"node.kubernetes.io/instance-type": "m5.4xlarge", "team": "b"});
    let shop = cluster(
        &server,
        &[
            ("busy", json!({"team": "a"}), 3500),
            ("control", json!({"node-role.kubernetes.io/control-plane": ""}), 0),
            ("draining", json!({"autoscaling.cast.ai/draining": "true"}), 100),
            ("idle", json!({}), 100),
            ("kept", json!({"autoscaling.cast.ai/removal-disabled": "true"}), 100),
            ("large", large, 3400),
            ("spot", spot, 100),
        ],
    )
    .await;
    let path = format!("/v1/kubernetes/clusters/{}/rebalancing-schedule-preview", shop.id);
    let preview = async |launch: Value| {
        let body = json!({"launchConfiguration": launch});
        let answer = server.post(&path).key(&server.owner_key).json(body).await.expect(200).json();
        let mut names = Vec::new();
        for node in answer["affectedNodes"].as_array().unwrap() {
            let of_id = format!("/nodes/{}", node["id"].as_str().unwrap());
            let node = shop.ask("GET", &of_id).await.expect(200).json();
            names.push(node["name"].as_str().unwrap().to_owned());
        }
        names
    };
    let algorithm = |name: &str| format!("TargetNodeSelectionAlgorithm{name}");
    let by = |name: &str| json!({"targetNodeSelectionAlgorithm": algorithm(name)});
    // Control planes, nodes to be left alone and nodes that are being emptied are not taken.
    assert_eq!(preview(json!({})).await, preview(by("UtilizedPrice")).await);
    // A dollar for what is requested: spot is cheap, and the large one is nearly empty.
    assert_eq!(preview(by("UtilizedPrice")).await, ["idle", "spot", "large", "busy"]);
    assert_eq!(preview(by("Utilization")).await[2..], ["large", "busy"]);
    assert_eq!(preview(by("NormalizedPrice")).await.last().unwrap(), "spot", "spot is not dear");
    assert_eq!(preview(json!({"numTargetedNodes": 2})).await, ["idle", "spot"]);
    assert_eq!(preview(json!({"nodeTtlSeconds": 35 * 3600})).await.len(), 4, "35 hours old they are");
    assert_eq!(preview(json!({"nodeTtlSeconds": 35 * 3600 + 1})).await, [""; 0]);
    let team = json!({"selector": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "team", "operator": "In", "values": ["a"]}]},
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["idle"]}]},
    ]}});
    assert_eq!(preview(team).await, ["idle", "spot", "busy"]);

    let body = json!({"schedule": {"cron": "CRON_TZ=America/New_York 0 9 * * MON"}});
    let answer = server.post(&path).key(&server.owner_key).json(body).await.expect(200).json();
    assert_eq!(
        answer["willTriggerAt"],
        json!([
            "2026-11-02T14:00:00Z",
            "2026-11-09T14:00:00Z",
            "2026-11-16T14:00:00Z",
            "2026-11-23T14:00:00Z",
            "2026-11-30T14:00:00Z"
        ])
    );
    let body = json!({"schedule": {"cron": "never"}});
    let refused = server.post(&path).key(&server.owner_key).json(body).await.expect(400);
    assert_eq!(refused.json()["fieldViolations"][0]["field"], "schedule.cron");
}

#[tokio::test]
async fn before_the_first_snapshot_a_preview_shows_no_nodes() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    let path = format!("/v1/kubernetes/clusters/{}/rebalancing-schedule-preview", shop.id);
    let answer = server.post(&path).key(&server.owner_key).json(json!({})).await.expect(200).json();
    assert_eq!(answer, json!({"affectedNodes": [], "willTriggerAt": []}));
    let theirs = Tenant::new(&server.app, "Another").await.cluster("theirs").await;
    let path = format!("/v1/kubernetes/clusters/{theirs}/rebalancing-schedule-preview");
    server.post(&path).key(&server.owner_key).json(json!({})).await.expect(404);
}

#[tokio::test]
async fn time_zones_are_those_that_a_schedule_takes() {
    let clock = Arc::new(ManualClock::new("2026-07-01T12:00:00Z".parse().unwrap()));
    let server = TestServer::start_at(clock).await;
    let zones = server.get("/v1/time-zones").key(&server.owner_key).await.expect(200).json();
    let zones = zones["timeZones"].as_array().unwrap().clone();
    for (name, offset) in [
        ("UTC", "+00:00"),
        ("Europe/Berlin", "+02:00"),
        ("Asia/Kathmandu", "+05:45"),
        ("America/New_York", "-04:00"),
    ] {
        assert!(zones.contains(&json!({"name": name, "offset": offset})), "{name}");
    }
    for (position, zone) in zones.iter().enumerate().step_by(40) {
        let cron = format!("CRON_TZ={} @daily", zone["name"].as_str().unwrap());
        create(&server, &json!({
            "name": format!("n{position}"), "schedule": {"cron": cron}, "triggerConditions": {}, "launchConfiguration": {},
        }))
        .await;
    }
}
