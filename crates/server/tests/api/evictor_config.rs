//! The evictor's exceptions, as the official provider uses them.

use serde_json::{Value, json};

use crate::harness::TestServer;

async fn start() -> (TestServer, String) {
    let server = TestServer::start().await;
    let cluster = server.tenant().await.cluster("shop").await;
    (server, format!("/v1/kubernetes/clusters/{cluster}/evictor-advanced-config"))
}

/// As the provider renders an `evictor_advanced_config` block.
fn configured() -> Value {
    json!({"evictionConfig": [
        {
            "podSelector": {
                "kind": "Job", "namespace": "batch", "replicasMin": 2,
                "labelSelector": {
                    "matchLabels": {"tier": "long"},
                    "matchExpressions": [
                        {"key": "team", "operator": "In", "values": ["b", "a"]},
                        {"key": "spot", "operator": "Exists"},
                    ],
                },
            },
            "settings": {"aggressive": {"enabled": true}},
        },
        {
            "nodeSelector": {"labelSelector": {"matchLabels": {"pool": "stateful"}}},
            "settings": {"removalDisabled": {"enabled": true}},
        },
        {"podSelector": {"namespace": "scratch"}, "settings": {"disposable": {"enabled": true}}},
    ]})
}

#[tokio::test]
async fn exceptions_come_back_as_they_were_sent_and_go_with_an_empty_body() {
    let (server, path) = start().await;
    let read = async || server.get(&path).key(&server.owner_key).await.expect(200).json();
    let post = |body: &Value| server.post(&path).key(&server.owner_key).json(body.clone());
    assert_eq!(read().await, json!({"evictionConfig": []}));
    let mut wanted = configured();
    for _ in 0..2 {
        assert_eq!(post(&wanted).await.expect(200).json(), wanted);
        assert_eq!(read().await, wanted);
    }
    wanted["evictionConfig"].as_array_mut().unwrap().swap(0, 1);
    post(&wanted).await.expect(200);
    assert_eq!(read().await, wanted, "their order counts");
    assert_eq!(post(&json!({})).await.expect(200).json(), json!({"evictionConfig": []}));
    assert_eq!(read().await, json!({"evictionConfig": []}));
    let log = server.get("/v1/audit").key(&server.owner_key).await.expect(200).json();
    let told =
        log["items"].as_array().unwrap().iter().filter(|one| one["eventType"] == "evictorConfigUpdated");
    assert_eq!(told.count(), 3, "what changes nothing is not told");
}

#[tokio::test]
async fn an_exception_must_make_sense() {
    let (server, path) = start().await;
    for (pointer, value, field) in [
        ("/evictionConfig/0/nodeSelector", json!({"labelSelector": {}}), "evictionConfig[0]"),
        ("/evictionConfig/1/settings", json!({}), "evictionConfig[1].settings"),
        ("/evictionConfig/0/podSelector/replicasMin", json!(-1), "evictionConfig[0].podSelector.replicasMin"),
        (
            "/evictionConfig/0/podSelector/labelSelector/matchExpressions/0/values",
            json!([]),
            "evictionConfig[0].podSelector.labelSelector.matchExpressions[0].values",
        ),
        (
            "/evictionConfig/0/podSelector/labelSelector/matchExpressions/1/operator",
            json!("Near"),
            "evictionConfig[0].podSelector.labelSelector.matchExpressions[1].operator",
        ),
    ] {
        let mut body = configured();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = value;
        let refused = server.post(&path).key(&server.owner_key).json(body).await.expect(400);
        assert_eq!(refused.json()["fieldViolations"][0]["field"], field);
    }
}
