//! Nodes: listing with every condition, draining, deleting, and what the spot handler tells of them.

use std::sync::Arc;

use jiff::SignedDuration;
use model::ManualClock;
use serde_json::{Value, json};

use crate::agent::delta;
use crate::connected::{CLUSTERS, Connected, eks};
use crate::harness::TestServer;

/// Four nodes: `plain`, `spot` with a template, `cordoned` in another zone, `broken` of another type.
async fn four_nodes(server: &TestServer) -> Connected<'_> {
    let shop = Connected::register(server, eks("shop")).await;
    let mut snapshot =
        delta(true, &[("add", "plain"), ("add", "spot"), ("add", "cordoned"), ("add", "broken")]);
    let items = &mut snapshot["items"];
    let labels = &mut items[1]["data"]["metadata"]["labels"];
    labels["eks.amazonaws.com/capacityType"] = json!("SPOT");
    labels["scheduling.cast.ai/node-template"] = json!("batch");
    labels["provisioner.cast.ai/node-id"] = json!("5f0c2f0e-0d55-4b8e-a8a5-2a1b6d3d9c01");
    labels["autoscaling.cast.ai/removal-disabled"] = json!("true");
    items[2]["data"]["spec"]["unschedulable"] = json!(true);
    items[2]["data"]["metadata"]["labels"]["topology.kubernetes.io/zone"] = json!("us-east-1b");
    items[3]["data"]["metadata"]["labels"]["node.kubernetes.io/instance-type"] = json!("c5.large");
    items[3]["data"]["status"]["conditions"][0]["status"] = json!("False");
    let pod = json!({"event": "add", "kind": "Pod", "createdAt": "2026-11-02T10:30:00Z", "data": {
        "metadata": {"name": "p", "namespace": "default", "uid": "p"},
        "spec": {"nodeName": "plain", "containers": [{"name": "c", "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}}}]},
        "status": {"phase": "Running"},
    }});
    items.as_array_mut().unwrap().push(pod);
    shop.send(&snapshot).await.expect(200);
    shop
}

async fn names(cluster: &Connected<'_>, query: &str) -> Vec<String> {
    let list = cluster.ask("GET", &format!("/nodes?{query}")).await.expect(200).json();
    let items = list["items"].as_array().unwrap();
    items.iter().map(|node| node["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_node_is_shown_with_its_machine_its_price_and_what_is_requested_of_it() {
    let server = TestServer::start().await;
    let shop = four_nodes(&server).await;
    let node = shop.node("plain").await;
    assert_eq!(node["instanceType"], "m5.xlarge");
    assert_eq!(node["cloud"], "aws");
    assert_eq!(node["zone"], "us-east-1a");
    assert_eq!(node["providerId"], "aws:///us-east-1a/plain");
    assert_eq!(node["instanceId"], "plain");
    assert_eq!(node["instancePrice"], "0.192", "the list price");
    assert_eq!(node["spotConfig"], json!({"isSpot": false}));
    assert_eq!(node["role"], "worker");
    assert_eq!(node["state"], json!({"phase": "ready"}));
    assert_eq!(node["createdAt"], "2026-11-01T00:00:00Z");
    assert_eq!(
        node["resources"],
        json!({
            "cpuAllocatableMilli": 3920, "cpuCapacityMilli": 4000, "cpuRequestsMilli": 250,
            "memAllocatableMib": 15155, "memCapacityMib": 16384, "memRequestsMib": 512,
        })
    );
    let id = node["id"].as_str().unwrap();
    assert_eq!(shop.ask("GET", &format!("/nodes/{id}")).await.expect(200).json(), node);
    assert_eq!(shop.node("spot").await["id"], "5f0c2f0e-0d55-4b8e-a8a5-2a1b6d3d9c01", "its label");
    assert_eq!(shop.node("spot").await["spotConfig"]["isSpot"], true);
    shop.ask("GET", "/nodes/5f0c2f0e-0d55-4b8e-a8a5-2a1b6d3d9c02").await.expect(404);
    shop.ask("GET", "/nodes/plain").await.expect(404);
}

#[tokio::test]
async fn nodes_can_be_chosen_by_what_they_are() {
    let server = TestServer::start().await;
    let shop = four_nodes(&server).await;
    for (query, expected) in [
        ("", &["broken", "cordoned", "plain", "spot"][..]),
        ("nodeStatus=ready", &["plain", "spot"]),
        ("node_status=not_ready", &["broken"]),
        ("nodeStatus=cordoned", &["cordoned"]),
        ("nodeStatus=node_status_unspecified&zone=us-east-1b", &["cordoned"]),
        ("unschedulable=true", &["cordoned"]),
        ("unschedulable=false&nodeStatus=ready", &["plain", "spot"]),
        ("instanceType=c5.large", &["broken"]),
        ("lifecycleType=spot", &["spot"]),
        ("lifecycleType=on_demand", &["broken", "cordoned", "plain"]),
        ("lifecycleType=fallback", &[]),
        ("nodeTemplateName=batch", &["spot"]),
        ("nodeConfigurationName=default", &[]),
        ("removalDisabled=true", &["spot"]),
        ("removalDisabled=false", &["broken", "cordoned", "plain"]),
        ("nodeName=plain", &["plain"]),
        ("nodeId=5F0C2F0E-0d55-4b8e-a8a5-2a1b6d3d9c01", &["spot"]),
        ("zone=us-east-1a&nodeName=cordoned", &[]),
    ] {
        assert_eq!(names(&shop, query).await, expected, "{query}");
    }
    let filters =
        server.get(&format!("{CLUSTERS}/filters/nodes")).key(&server.owner_key).await.expect(200).json();
    let filters = filters["filters"].as_array().unwrap();
    let values = |name: &str| &filters.iter().find(|filter| filter["name"] == name).unwrap()["values"];
    assert_eq!(*values("instanceType"), json!(["c5.large", "m5.xlarge"]));
    assert_eq!(*values("zone"), json!(["us-east-1a", "us-east-1b"]));
    assert_eq!(*values("lifecycleType"), json!(["fallback", "on_demand", "spot"]));
}

#[tokio::test]
async fn the_list_of_nodes_is_whole_or_in_pages() {
    let server = TestServer::start().await;
    let shop = four_nodes(&server).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let query = format!("/nodes?page.limit=3&page.cursor={cursor}&unschedulable=false");
        let page = shop.ask("GET", &query).await.expect(200).json();
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|node| node["name"].as_str().unwrap().to_owned()),
        );
        cursor = page["nextCursor"].as_str().unwrap().to_owned();
        if cursor.is_empty() {
            break;
        }
    }
    assert_eq!(seen, ["broken", "plain", "spot"]);
    shop.ask("GET", "/nodes?page.cursor=nonsense").await.expect(400);
    shop.ask("GET", "/nodes?page.limit=0").await.expect(400);
}

#[tokio::test]
async fn before_the_first_snapshot_there_are_no_nodes() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    assert_eq!(shop.ask("GET", "/nodes").await.expect(200).json(), json!({"items": [], "nextCursor": ""}));
}

#[tokio::test]
async fn a_cluster_in_phase_1_cannot_be_changed() {
    let server = TestServer::start().await;
    let shop = four_nodes(&server).await;
    let id = shop.node("plain").await["id"].as_str().unwrap().to_owned();
    for (method, rest) in [
        ("POST", "/nodes".to_owned()),
        ("POST", format!("/nodes/{id}/drain")),
        ("DELETE", format!("/nodes/{id}")),
    ] {
        let refused = shop.ask(method, &rest).await.expect(409);
        assert!(refused.message().contains("phase 1"), "{}", refused.message());
    }
}

#[tokio::test]
async fn adding_a_node_says_which_driver_is_missing() {
    let server = TestServer::start().await;
    let shop = four_nodes(&server).await;
    shop.controller_appears();
    let refused = shop.ask("POST", "/nodes").json(json!({"instanceType": "m5.large"})).await.expect(409);
    assert!(refused.message().contains("no cloud driver for aws"), "{}", refused.message());
}

#[tokio::test]
async fn a_node_is_drained_by_the_controller() {
    let server = TestServer::start().await;
    let shop = four_nodes(&server).await;
    shop.controller_appears();
    let id = shop.node("plain").await["id"].as_str().unwrap().to_owned();
    let path = format!("/nodes/{id}/drain");
    let drain = shop.ask("POST", &path).json(json!({"timeoutSeconds": 600})).await.expect(200).json();
    assert_eq!(shop.operation(&drain["operationId"]).await["done"], false);
    assert_eq!(shop.node("plain").await["state"]["phase"], "draining");
    assert_eq!(shop.ask("POST", &path).await.expect(200).json(), drain, "not drained twice");

    let actions = shop.poll().await;
    assert_eq!(actions.len(), 1);
    // The controller compares the id with the node's label: of a node without, it is not told the API's.
    assert_eq!(
        actions[0]["actionDrainNode"],
        json!({
            "nodeName": "plain", "nodeId": "", "providerId": "aws:///us-east-1a/plain",
            "drainTimeoutSeconds": 600, "force": false,
        })
    );
    shop.acknowledge(&actions[0], None).await;
    let operation = shop.operation(&drain["operationId"]).await;
    assert_eq!(operation["done"], true);
    assert!(operation.get("error").is_none());
    assert_eq!(shop.get().await["firstOperationAt"], operation["createdAt"]);

    let entries = server.get("/v1/audit").key(&server.owner_key).await.expect(200).json();
    let entries = entries["items"].as_array().unwrap();
    let started = entries.iter().find(|entry| entry["eventType"] == "nodeDrainStarted").unwrap();
    assert_eq!(started["event"]["node"], json!({"id": id, "name": "plain"}));
    assert_eq!(started["event"]["operationId"], drain["operationId"]);
    assert!(started["initiatedBy"]["email"].as_str().unwrap().contains('@'));
    shop.ask("POST", &path).json(json!({"timeoutSeconds": -1})).await.expect(400);
}

#[tokio::test]
async fn a_node_is_deleted_after_it_was_drained() {
    let server = TestServer::start().await;
    let shop = four_nodes(&server).await;
    shop.controller_appears();
    let id = shop.node("spot").await["id"].as_str().unwrap().to_owned();
    let path = format!("/nodes/{id}?forceDelete=true&drainTimeout=60");
    let deletion = shop.ask("DELETE", &path).await.expect(200).json();
    assert_eq!(names(&shop, "nodeStatus=deleting").await, ["spot"]);
    assert_eq!(names(&shop, "excludeDeleting=true").await, ["broken", "cordoned", "plain"]);

    let drain = shop.poll().await;
    assert_eq!(drain.len(), 1, "the deletion waits for the drain: {drain:?}");
    assert_eq!(drain[0]["actionDrainNode"]["force"], true);
    assert_eq!(drain[0]["actionDrainNode"]["drainTimeoutSeconds"], 60);
    assert_eq!(drain[0]["actionDrainNode"]["nodeId"], id);
    shop.acknowledge(&drain[0], None).await;
    let delete = shop.poll().await;
    assert_eq!(delete[0]["actionDeleteNode"]["nodeName"], "spot");
    assert_eq!(shop.operation(&deletion["operationId"]).await["done"], false);
    shop.acknowledge(&delete[0], None).await;
    let operation = shop.operation(&deletion["operationId"]).await;
    assert_eq!((&operation["done"], operation.get("error")), (&json!(true), None));
}

#[tokio::test]
async fn a_drain_that_fails_or_is_never_answered_fails_the_operation() {
    let clock = Arc::new(ManualClock::new("2026-11-02T10:31:00Z".parse().unwrap()));
    let server = TestServer::start_at(clock.clone()).await;
    let shop = four_nodes(&server).await;
    shop.controller_appears();
    let start = async |name: &str| -> Value {
        let id = shop.node(name).await["id"].as_str().unwrap().to_owned();
        let path = format!("/nodes/{id}?drainTimeout=60");
        shop.ask("DELETE", &path).await.expect(200).json()["operationId"].clone()
    };
    let failing = start("plain").await;
    let drain = shop.poll().await;
    shop.acknowledge(&drain[0], Some("node failed to drain")).await;
    let operation = shop.operation(&failing).await;
    assert_eq!(operation["done"], true);
    assert_eq!(operation["error"], json!({"reason": "action_failed", "details": "node failed to drain"}));

    let silent = start("spot").await;
    // A drain counts its time from its creation, and what was not evicted takes no time without force.
    clock.advance(SignedDuration::from_secs(60 + 299));
    shop.deadlines_pass().await;
    assert_eq!(shop.operation(&silent).await["done"], false);
    clock.advance(SignedDuration::from_secs(1));
    shop.deadlines_pass().await;
    let operation = shop.operation(&silent).await;
    assert_eq!(operation["done"], true);
    assert!(operation["error"]["details"].as_str().unwrap().contains("deadline"), "{operation}");
}

#[tokio::test]
async fn operations_exist_for_those_who_see_the_cluster() {
    let server = TestServer::start().await;
    let shop = four_nodes(&server).await;
    shop.controller_appears();
    let id = shop.node("plain").await["id"].as_str().unwrap().to_owned();
    let drain = shop.ask("POST", &format!("/nodes/{id}/drain")).await.expect(200).json();
    let path = format!("{CLUSTERS}/operations/{}", drain["operationId"].as_str().unwrap());
    server.get(&path).key(&server.foreign_key().await).await.expect(404);
    server.get(&format!("{CLUSTERS}/operations/nothing")).key(&server.owner_key).await.expect(404);
}

#[tokio::test]
async fn trap_11_the_spot_handler_speaks_snake_case() {
    let clock = Arc::new(ManualClock::new("2026-11-02T10:31:00Z".parse().unwrap()));
    let server = TestServer::start_at(clock.clone()).await;
    let shop = four_nodes(&server).await;
    let events = format!("{CLUSTERS}/{}/events", shop.id);
    for (body, node) in [
        (
            json!({"event_type": "interrupted", "node_id": "", "provider_id": "aws:///us-east-1a/plain"}),
            "plain",
        ),
        (
            json!({"eventType": "interrupted", "nodeId": "5f0c2f0e-0d55-4b8e-a8a5-2a1b6d3d9c01", "providerId": null}),
            "spot",
        ),
    ] {
        assert_eq!(shop.node(node).await["state"]["phase"], "ready");
        server.post(&events).key(&shop.token).json(body).await.expect(200);
        assert_eq!(shop.node(node).await["state"]["phase"], "interrupted");
    }
    let advice = json!({"event_type": "rebalanceRecommendation", "node_id": "", "provider_id": "aws:///us-east-1a/cordoned"});
    server.post(&events).key(&shop.token).json(advice).await.expect(200);
    assert_eq!(shop.node("cordoned").await["state"]["phase"], "cordoned");
    clock.advance(SignedDuration::from_mins(11));
    assert_eq!(names(&shop, "nodeStatus=interrupted").await, [""; 0], "nothing came of it");
}
