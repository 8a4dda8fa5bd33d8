//! The agent's side: deltas, tokens, resynchronisation, and what a broken connection leaves.

use std::io::Write as _;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use model::ClusterId;
use serde_json::{Value, json};
use store::testing::Backend;

use crate::harness::{Answer, KeyOf, TestServer};

/// A cluster, and the key its agent uses.
struct Agent<'s> {
    server: &'s TestServer,
    cluster: ClusterId,
    key: String,
}

impl<'s> Agent<'s> {
    async fn new(server: &'s TestServer) -> Self {
        let tenant = server.tenant().await;
        let cluster = tenant.cluster("shop").await;
        let key = tenant.key(KeyOf::Cluster(cluster)).await;
        Self { server, cluster, key }
    }

    async fn send(&self, token: &str, delta: &Value) -> Answer {
        self.send_bytes(token, gzip(delta)).await
    }

    async fn send_bytes(&self, token: &str, body: Vec<u8>) -> Answer {
        self.server
            .post(&format!("/v1/kubernetes/clusters/{}/agent-deltas", self.cluster))
            .key(&self.key)
            .header("content-type", "application/json")
            .header("content-encoding", "gzip")
            .header("continuity-token", token)
            .body(body)
            .await
    }

    async fn config(&self) -> Value {
        let body = json!({"agentVersion": "v0.123.1", "gitCommit": "27ed376"});
        let path = format!("/v1/kubernetes/clusters/{}/agent-config", self.cluster);
        self.server.post(&path).key(&self.key).json(body).await.expect(200).json()
    }

    /// How many on-demand nodes the server believes there are.
    async fn nodes(&self) -> String {
        let path = "/v1/cost-reports/organization/clusters/summary";
        let summary = self.server.get(path).key(&self.server.owner_key).await.expect(200).json();
        summary["items"][0]["nodeCountOnDemand"].as_str().unwrap().to_owned()
    }
}

/// A delta with these nodes, as `(event, name)`.
pub fn delta(full: bool, nodes: &[(&str, &str)]) -> Value {
    let items: Vec<Value> = nodes.iter().map(|(event, name)| {
        json!({"event": event, "kind": "Node", "createdAt": "2026-11-02T10:30:00.123456789Z", "data": node(name)})
    }).collect();
    json!({
        "clusterId": "", "clusterVersion": "1.36.2", "agentVersion": "v0.123.1",
        "fullSnapshot": full, "items": items, "continuityToken": "",
    })
}

fn node(name: &str) -> Value {
    json!({
        "metadata": {
            "name": name, "uid": format!("uid-{name}"), "creationTimestamp": "2026-11-01T00:00:00Z",
            "labels": {
                "node.kubernetes.io/instance-type": "m5.xlarge", "topology.kubernetes.io/region": "us-east-1",
                "topology.kubernetes.io/zone": "us-east-1a", "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux",
            },
        },
        "spec": {"providerID": format!("aws:///us-east-1a/{name}")},
        "status": {
            "allocatable": {"cpu": "3920m", "memory": "15155Mi", "pods": "58"},
            "capacity": {"cpu": "4", "memory": "16Gi", "pods": "58"},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    })
}

pub fn gzip(delta: &Value) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(delta.to_string().as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn token(answer: &Answer) -> String {
    answer.header("continuity-token").to_owned()
}

#[tokio::test]
async fn deltas_follow_each_other_by_token_and_heartbeats_keep_it() {
    let server = TestServer::start().await;
    let agent = Agent::new(&server).await;

    let first = agent
        .send("", &delta(true, &[("add", "a"), ("add", "b"), ("delete", "never-there")]))
        .await
        .expect(200);
    assert!(first.body.is_empty(), "a body would cost the agent its connection");
    assert_eq!(agent.nodes().await, "2");

    let heartbeat = agent.send(&token(&first), &delta(false, &[])).await.expect(200);
    assert_eq!(token(&heartbeat), token(&first));

    let second =
        agent.send(&token(&first), &delta(false, &[("add", "c"), ("delete", "a")])).await.expect(200);
    assert_ne!(token(&second), token(&first));
    assert_eq!(agent.nodes().await, "2");

    // Its answer was lost: the same again, with the token from before.
    let again = agent.send(&token(&first), &delta(false, &[("add", "c"), ("delete", "a")])).await.expect(200);
    assert_eq!(agent.nodes().await, "2");

    // Older than that is refused, and so is a stranger's.
    for stale in [token(&first), String::new(), "no-such-token".to_owned()] {
        let refused = agent.send(&stale, &delta(false, &[("add", "d")])).await.expect(400);
        assert!(refused.message().contains("invalid continuity token"), "{}", refused.text());
    }
    agent.send(&token(&again), &delta(false, &[("add", "d")])).await.expect(200);
    assert_eq!(agent.nodes().await, "3");
}

#[tokio::test]
async fn a_delta_before_any_snapshot_asks_for_one() {
    let server = TestServer::start().await;
    let agent = Agent::new(&server).await;
    let refused = agent.send("", &delta(false, &[("add", "a")])).await.expect(400);
    assert!(refused.message().contains("invalid continuity token"));
    assert_eq!(agent.nodes().await, "0");
}

#[tokio::test]
async fn trap_07_the_interval_is_a_string_and_resync_ends_with_a_snapshot() {
    let server = TestServer::start().await;
    let agent = Agent::new(&server).await;
    let first = agent.send("", &delta(true, &[("add", "a")])).await.expect(200);
    assert_eq!(agent.config().await, json!({"intervalSeconds": "15", "resync": false}));

    let reconcile = format!("/v1/kubernetes/external-clusters/{}/reconcile", agent.cluster);
    server.post(&reconcile).key(&server.owner_key).json(json!({})).await.expect(200);
    // Followers ask, too: the flag stays until the leader has acted on it.
    for _replica in 0..3 {
        assert_eq!(agent.config().await["resync"], true);
    }
    let second = agent.send(&token(&first), &delta(false, &[("add", "b")])).await.expect(200);
    assert_eq!(agent.config().await["resync"], true);
    agent.send(&token(&second), &delta(true, &[("add", "a"), ("add", "b")])).await.expect(200);
    assert_eq!(agent.config().await["resync"], false);
}

#[tokio::test]
async fn trap_08_a_full_snapshot_is_taken_with_any_token() {
    let server = TestServer::start().await;
    let agent = Agent::new(&server).await;
    agent.send("", &delta(true, &[("add", "a"), ("add", "b")])).await.expect(200);
    let refused = agent.send("stale", &delta(false, &[("add", "c")])).await.expect(400);
    assert!(refused.message().contains("invalid continuity token"));
    let accepted = agent.send("stale", &delta(true, &[("add", "z")])).await.expect(200);
    assert_eq!(agent.nodes().await, "1");
    agent.send(&token(&accepted), &delta(false, &[("add", "y")])).await.expect(200);
    assert_eq!(agent.nodes().await, "2");
}

#[tokio::test]
async fn trap_09_a_body_that_is_cut_short_changes_nothing() {
    let server = TestServer::start().await;
    let agent = Agent::new(&server).await;
    let first = agent.send("", &delta(true, &[("add", "a")])).await.expect(200);
    let whole = gzip(&delta(false, &[("add", "b"), ("add", "c"), ("delete", "a")]));
    let cuts = (0..whole.len()).step_by(whole.len() / 25 + 1);
    for cut in cuts {
        let refused = agent.send_bytes(&token(&first), whole[..cut].to_vec()).await;
        assert_eq!(refused.status.as_u16(), 400, "cut at {cut}: {}", refused.text());
        assert!(!refused.json()["fieldViolations"][0]["field"].as_str().unwrap().is_empty());
    }
    let plain = delta(true, &[("add", "q")]).to_string();
    for bad in [&plain[..plain.len() - 1], &format!("{plain}x"), "[]", "null", "{\"items\": 7}"] {
        let path = format!("/v1/kubernetes/clusters/{}/agent-deltas", agent.cluster);
        server.post(&path).key(&agent.key).body(bad.to_owned()).await.expect(400);
    }
    assert_eq!(agent.nodes().await, "1");
    agent.send_bytes(&token(&first), whole).await.expect(200);
    assert_eq!(agent.nodes().await, "2");
}

#[tokio::test]
async fn one_object_that_cannot_be_read_does_not_stop_the_rest() {
    let server = TestServer::start().await;
    let agent = Agent::new(&server).await;
    let mut delta = delta(true, &[("add", "a"), ("add", "b")]);
    delta["items"][0]["data"]["status"]["allocatable"]["cpu"] = json!("four");
    agent.send("", &delta).await.expect(200);
    assert_eq!(agent.nodes().await, "1");
    let metrics = server.get("/metrics").await.expect(200).text();
    assert!(metrics.contains("supercargo_agent_skipped_objects_total{kind=\"Node\"} 1"), "{metrics}");
    let path = format!("/v1/kubernetes/clusters/{}/health", agent.cluster);
    let health = server.get(&path).key(&server.owner_key).await.expect(200).json();
    assert_eq!((&health["agentStatus"], &health["skippedCount"]), (&json!("online"), &json!("1")));
    assert_eq!(health["skippedObjects"][0]["name"], "a");
    assert!(health["skippedObjects"][0]["error"].as_str().unwrap().contains("four"), "{health}");
    assert!(health["dataAgeSeconds"].as_str().unwrap().parse::<u32>().unwrap() < 60);
}

/// The state outlives the process on either database, deltas after the snapshot included.
#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_server_goes_on_without_a_resync() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let server = TestServer::start_with(backend, Arc::new(server::cli::host::SystemClock)).await;
        let agent = Agent::new(&server).await;
        let first = agent.send("", &delta(true, &[("add", "a"), ("add", "b")])).await.expect(200);
        let second = agent.send(&token(&first), &delta(false, &[("add", "c")])).await.expect(200);
        let (cluster, key, owner_key) = (agent.cluster, agent.key, server.owner_key.clone());
        let server = server.restart().await;
        assert_eq!(server.owner_key, owner_key);
        let agent = Agent { server: &server, cluster, key };
        assert_eq!(agent.nodes().await, "3");
        agent.send(&token(&second), &delta(false, &[("delete", "a")])).await.expect(200);
        assert_eq!(agent.nodes().await, "2");
    }
}
