//! A registered cluster with its agent and controller, played by the test.

use model::ClusterId;
use serde_json::{Value, json};
use server::app::actions;
use store::ClusterActivity;

use crate::agent::{delta, gzip};
use crate::harness::{Answer, Request, TestServer};

/// Where clusters are.
pub const CLUSTERS: &str = "/v1/kubernetes/external-clusters";

/// What Terraform sends for a cluster on EKS.
pub fn eks(name: &str) -> Value {
    json!({"name": name, "eks": {"accountId": "123456789012", "region": "us-east-1", "clusterName": name}})
}

/// A registered cluster and a key of its components.
pub struct Connected<'s> {
    server: &'s TestServer,
    /// Its id.
    pub id: ClusterId,
    /// The key of its components.
    pub token: String,
}

impl<'s> Connected<'s> {
    /// Registers a cluster as Terraform does: registration, then its token.
    pub async fn register(server: &'s TestServer, registration: Value) -> Self {
        let registered = server.post(CLUSTERS).key(&server.owner_key).json(registration).await.expect(200);
        let id = registered.json()["id"].as_str().expect("an id").parse().expect("a UUID");
        let path = format!("{CLUSTERS}/{id}/token");
        let token = server.post(&path).key(&server.owner_key).await.expect(200).json();
        Self { server, id, token: token["token"].as_str().expect("a token").to_owned() }
    }

    /// A request about the cluster, with the owner's key; `rest` follows the cluster's path.
    pub fn ask(&self, method: &str, rest: &str) -> Request {
        let path = format!("{CLUSTERS}/{}{rest}", self.id);
        self.server.request(method, &path).key(&self.server.owner_key)
    }

    /// What the API says of the cluster.
    pub async fn get(&self) -> Value {
        self.ask("GET", "").await.expect(200).json()
    }

    /// Its status and agent status.
    pub async fn words(&self) -> (String, String) {
        let cluster = self.get().await;
        let word = |field: &str| cluster[field].as_str().expect("a word").to_owned();
        (word("status"), word("agentStatus"))
    }

    /// Sends a full snapshot with these nodes, as the agent does.
    pub async fn send_snapshot(&self, nodes: &[&str]) {
        let nodes: Vec<(&str, &str)> = nodes.iter().map(|name| ("add", *name)).collect();
        self.send(&delta(true, &nodes)).await.expect(200);
    }

    /// Sends a delta, as the agent does.
    pub async fn send(&self, delta: &Value) -> Answer {
        let path = format!("/v1/kubernetes/clusters/{}/agent-deltas", self.id);
        let request = self.server.post(&path).key(&self.token);
        request.header("content-encoding", "gzip").header("continuity-token", "").body(gzip(delta)).await
    }

    /// The agent's sign of life.
    pub async fn report(&self) -> Value {
        let path = format!("/v1/kubernetes/clusters/{}/agent-config", self.id);
        let body = json!({"agentVersion": "v0.123.1", "gitCommit": "27ed376"});
        self.server.post(&path).key(&self.token).json(body).await.expect(200).json()
    }

    /// The controller has asked for actions, as far as the server can tell; a poll itself would be held.
    pub fn controller_appears(&self) {
        let seen = ClusterActivity {
            controller_seen_at: Some(self.server.app.clock.now()),
            ..ClusterActivity::default()
        };
        self.server.app.live.note_activity(self.id, seen);
    }

    /// The actions that the controller is offered. There must be some, or the poll is held.
    pub async fn poll(&self) -> Vec<Value> {
        let path = format!("/v1/kubernetes/clusters/{}/actions", self.id);
        let answer =
            self.server.get(&path).key(&self.token).header("x-k8s-version", "1.36").await.expect(200);
        answer.json()["items"].as_array().expect("items").clone()
    }

    /// Acknowledges an action.
    pub async fn acknowledge(&self, action: &Value, error: Option<&str>) {
        let action = action["id"].as_str().expect("an id");
        let path = format!("/v1/kubernetes/clusters/{}/actions/{action}/ack", self.id);
        self.server.post(&path).key(&self.token).json(json!({"error": error})).await.expect(200);
    }

    /// An operation, as clients poll it.
    pub async fn operation(&self, id: &Value) -> Value {
        let path = format!("{CLUSTERS}/operations/{}", id.as_str().expect("an operation id"));
        self.server.get(&path).key(&self.server.owner_key).await.expect(200).json()
    }

    /// The node of this name.
    pub async fn node(&self, name: &str) -> Value {
        let list = self.ask("GET", &format!("/nodes?nodeName={name}")).await.expect(200).json();
        list["items"][0].clone()
    }

    /// Looks at deadlines, as the server does every few seconds.
    pub async fn deadlines_pass(&self) {
        actions::fail_overdue(&self.server.app).await.expect("fail overdue actions");
    }
}
