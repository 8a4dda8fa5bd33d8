//! The server killed under load, again and again: what it acknowledged is there.

use serde_json::json;
use store::testing::{Backend, TestDatabase};
use tokio::sync::watch;

use crate::agent::{delta, gzip};
use crate::harness::{Client, Process};

const KILLS: usize = 50;

/// What the agent of this test knows: what it was told, and nothing else.
struct Agent {
    path: String,
    key: String,
    token: String,
    /// Nodes of deltas that were acknowledged.
    acknowledged: Vec<String>,
    /// The node of a delta that was sent and not answered.
    unanswered: Option<String>,
    sent: usize,
    /// How many were acknowledged, for whoever waits for it.
    progress: watch::Sender<usize>,
}

impl Agent {
    /// Sends deltas, one more node each, until the server dies.
    async fn send_until_it_dies(&mut self, client: &Client) {
        loop {
            let name = self.unanswered.take().unwrap_or_else(|| {
                self.sent += 1;
                format!("node-{}", self.sent)
            });
            if self.token.is_empty() {
                let names = [self.acknowledged.as_slice(), std::slice::from_ref(&name)].concat();
                let all: Vec<(&str, &str)> = names.iter().map(|name| ("add", name.as_str())).collect();
                if !self.send(client, true, &all).await {
                    self.unanswered = Some(name);
                    return;
                }
            } else if !self.send(client, false, &[("add", &name)]).await {
                self.unanswered = Some(name);
                return;
            } else if self.token.is_empty() {
                // Refused: the agent sends everything next.
                self.unanswered = Some(name);
                continue;
            }
            self.acknowledged.push(name);
            self.progress.send_replace(self.acknowledged.len());
        }
    }

    /// False when there was no answer.
    async fn send(&mut self, client: &Client, full: bool, nodes: &[(&str, &str)]) -> bool {
        let request = client
            .request("POST", &self.path)
            .key(&self.key)
            .header("content-encoding", "gzip")
            .header("continuity-token", &self.token)
            .body(gzip(&delta(full, nodes)));
        let Some(answer) = request.try_send().await else { return false };
        if answer.status.as_u16() == 200 {
            self.token = answer.header("continuity-token").to_owned();
            assert!(!self.token.is_empty());
        } else {
            let answer = answer.expect(400);
            assert!(answer.message().contains("invalid continuity token"), "{}", answer.text());
            assert!(!full, "a full snapshot is always taken");
            self.token.clear();
        }
        true
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_fifty_times_under_load_it_keeps_what_it_acknowledged() {
    let home = TestDatabase::new(Backend::Sqlite).await;
    let directory = home.directory().unwrap();
    let server = Process::serve(directory).await;
    let admin = server.admin_key().await;
    let client = server.client();
    let register = json!({"name": "shop", "anywhere": {"clusterName": "shop", "kubeSystemNamespaceId": "0d9c1f8e-53a7-4b52-9a31-6f8b5f6f9e10"}});
    let cluster = client
        .request("POST", "/v1/kubernetes/external-clusters")
        .key(&admin)
        .json(register)
        .await
        .expect(200);
    let cluster = cluster.json()["id"].as_str().unwrap().to_owned();
    let mut agent = Agent {
        path: format!("/v1/kubernetes/clusters/{cluster}/agent-deltas"),
        key: admin.clone(),
        token: String::new(),
        acknowledged: Vec::new(),
        unanswered: None,
        sent: 0,
        progress: watch::Sender::new(0),
    };
    let mut server = Some(server);
    let mut resyncs = 0;
    for round in 0..KILLS {
        let running = server.take().unwrap();
        let client = running.client();
        // After a few deltas, at another point of the next one in each round.
        let (enough, few) = (agent.acknowledged.len() + 1 + round % 5, agent.progress.subscribe());
        tokio::join!(agent.send_until_it_dies(&client), async {
            let mut progress = few;
            progress.wait_for(|acknowledged| *acknowledged >= enough).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_micros(round as u64 * 1_700 % 9_000)).await;
            running.signal("KILL");
        });
        running.ended().await;

        let next = Process::serve(directory).await;
        let nodes = next
            .client()
            .get(&format!("/v1/kubernetes/external-clusters/{cluster}/nodes"))
            .key(&admin)
            .await
            .expect(200)
            .json();
        let listed: Vec<&str> =
            nodes["items"].as_array().unwrap().iter().map(|node| node["name"].as_str().unwrap()).collect();
        let lost: Vec<_> =
            agent.acknowledged.iter().filter(|name| !listed.contains(&name.as_str())).collect();
        assert!(lost.is_empty(), "round {round}: acknowledged and lost: {lost:?}");
        let strange: Vec<_> = listed
            .iter()
            .filter(|name| !agent.acknowledged.iter().chain(&agent.unanswered).any(|known| known == *name))
            .collect();
        assert!(strange.is_empty(), "round {round}: never sent: {strange:?}");
        resyncs += usize::from(agent.token.is_empty());
        server = Some(next);
    }
    println!(
        "{} deltas acknowledged over {KILLS} kills, {resyncs} resynchronisations",
        agent.acknowledged.len()
    );
}
