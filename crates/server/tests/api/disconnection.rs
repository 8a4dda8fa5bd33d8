//! Disconnecting and deleting clusters, as Terraform's destroy and the controller's own tests do it.

use std::sync::Arc;

use jiff::SignedDuration;
use model::ManualClock;
use serde_json::{Value, json};

use crate::connected::{CLUSTERS, Connected, eks};
use crate::harness::TestServer;

const ROLE: &str = "arn:aws:iam::123456789012:role/supercargo";

/// What a destroying Terraform did.
#[derive(Debug, Default, PartialEq)]
struct Destroyed {
    disconnections: usize,
    deletions: usize,
    waits: usize,
}

/// Deletes the cluster as the official provider does, deciding anew from each answer; `meanwhile` is
/// what happens while it waits.
async fn destroy(cluster: &Connected<'_>, mut meanwhile: impl AsyncFnMut()) -> Destroyed {
    let mut done = Destroyed::default();
    for _ in 0..20 {
        let now = cluster.get().await;
        let word =
            |field: &str| now[field].as_str().unwrap_or_else(|| panic!("no {field}: {now}")).to_owned();
        let (status, agent, credentials) = (word("status"), word("agentStatus"), word("credentialsId"));
        if status == "archived" {
            return done;
        }
        if agent == "disconnected" || status == "deleted" || credentials.is_empty() || status == "failed" {
            cluster.ask("DELETE", "").await.expect(204);
            done.deletions += 1;
        } else if agent == "disconnecting" || status == "deleting" {
            done.waits += 1;
            meanwhile().await;
        } else {
            let body = json!({"deleteProvisionedNodes": false, "keepKubernetesResources": true});
            cluster.ask("POST", "/disconnect").json(body).await.expect(200);
            done.disconnections += 1;
        }
    }
    panic!("the cluster was never archived: {}", cluster.get().await);
}

async fn with_credentials(server: &TestServer) -> Connected<'_> {
    let shop = Connected::register(server, eks("shop")).await;
    shop.ask("POST", "").json(json!({"eks": {"assumeRoleArn": ROLE}})).await.expect(200);
    shop
}

#[tokio::test]
async fn terraform_destroys_a_cluster_that_never_had_credentials() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    shop.send_snapshot(&["a"]).await;
    let done = destroy(&shop, async || panic!("nothing to wait for")).await;
    assert_eq!(done, Destroyed { deletions: 1, ..Destroyed::default() });
}

#[tokio::test]
async fn terraform_destroys_a_cluster_with_credentials() {
    let server = TestServer::start().await;
    let shop = with_credentials(&server).await;
    shop.send_snapshot(&["a"]).await;
    shop.controller_appears();
    let early = shop.ask("DELETE", "").await.expect(400);
    assert!(early.message().contains("disconnect it first"), "{}", early.message());
    let done = destroy(&shop, async || panic!("our software stays, so there is nothing to wait for")).await;
    assert_eq!(done, Destroyed { disconnections: 1, deletions: 1, waits: 0 });
}

#[tokio::test]
async fn trap_02_03_and_30_a_deleted_cluster_stays_readable_and_can_be_deleted_again() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    shop.send_snapshot(&["a"]).await;
    for _ in 0..3 {
        shop.ask("DELETE", "").await.expect(204);
    }
    let cluster = shop.get().await;
    assert_eq!((&cluster["status"], &cluster["agentStatus"]), (&json!("archived"), &json!("disconnected")));
    assert_eq!(cluster["credentialsId"], "");
    assert!(cluster["deletedAt"].is_string());
    shop.ask("DELETE", "/assume-role-principal").await.expect(200);
    shop.ask("POST", "/gke-disable-sa").await.expect(200);

    // It is out of the list, its key is void, its state forgotten, and nothing more can be done to it.
    let list = server.get(CLUSTERS).key(&server.owner_key).await.expect(200).json();
    assert_eq!(list, json!({"items": []}));
    server.get(&format!("{CLUSTERS}/{}", shop.id)).key(&shop.token).await.expect(401);
    assert_eq!(shop.ask("GET", "/nodes").await.expect(200).json()["items"], json!([]));
    for (method, rest) in [("POST", "/token"), ("POST", "/disconnect"), ("POST", "/reconcile"), ("POST", "")]
    {
        shop.ask(method, rest).await.expect(409);
    }
}

#[tokio::test]
async fn the_identity_of_a_deleted_cluster_makes_a_new_one() {
    let server = TestServer::start().await;
    let old = Connected::register(&server, eks("shop")).await;
    old.ask("DELETE", "").await.expect(204);
    let new = Connected::register(&server, eks("shop")).await;
    assert_ne!(new.id, old.id);
    assert_eq!(new.words().await.0, "connecting");
    assert_eq!(old.words().await.0, "archived");
}

/// What the controller's end-to-end suite does: disconnect, wait for `disconnected`, delete.
#[tokio::test]
async fn the_controller_removes_our_software_and_the_cluster_is_disconnected() {
    let server = TestServer::start().await;
    let shop = with_credentials(&server).await;
    shop.send_snapshot(&["a"]).await;
    shop.controller_appears();

    let answer = shop.ask("POST", "/disconnect").json(json!({})).await.expect(200).json();
    assert_eq!(answer["agentStatus"], "disconnecting");
    shop.ask("POST", "/disconnect").json(json!({})).await.expect(200);
    let actions = shop.poll().await;
    assert_eq!(actions.len(), 1, "asking twice does not disconnect twice: {actions:?}");
    assert_eq!(actions[0]["actionDisconnectCluster"], json!({}));
    assert_eq!(shop.words().await.1, "disconnecting");
    shop.acknowledge(&actions[0], None).await;
    assert_eq!(shop.words().await.1, "disconnected");
    shop.report().await;
    assert_eq!(shop.words().await.1, "disconnected", "what is on its way out does not count");

    // Whoever registers it again, connects it again.
    let again = Connected::register(&server, eks("shop")).await;
    assert_eq!(again.id, shop.id);
    shop.report().await;
    assert_eq!(shop.words().await.1, "online");
}

#[tokio::test]
async fn a_disconnection_ends_though_the_controller_never_answers() {
    let clock = Arc::new(ManualClock::new("2026-11-02T10:00:00Z".parse().unwrap()));
    let server = TestServer::start_at(clock.clone()).await;
    let shop = with_credentials(&server).await;
    shop.send_snapshot(&["a"]).await;
    shop.controller_appears();
    shop.ask("POST", "/disconnect").json(json!({})).await.expect(200);
    let done = destroy(&shop, async || {
        clock.advance(SignedDuration::from_mins(1));
        shop.deadlines_pass().await;
    })
    .await;
    assert_eq!(done, Destroyed { disconnections: 0, deletions: 1, waits: 2 });
}

#[tokio::test]
async fn nodes_that_were_added_for_the_cluster_are_deleted_first() {
    let server = TestServer::start().await;
    let shop = with_credentials(&server).await;
    let mut snapshot = crate::agent::delta(true, &[("add", "ours"), ("add", "theirs")]);
    snapshot["items"][0]["data"]["metadata"]["labels"]["provisioner.cast.ai/managed-by"] = json!("cast.ai");
    shop.send(&snapshot).await.expect(200);
    shop.controller_appears();

    shop.ask("POST", "/disconnect").json(json!({"deleteProvisionedNodes": true})).await.expect(200);
    let mut seen = Vec::new();
    while shop.words().await.1 == "disconnecting" {
        for action in shop.poll().await {
            let key = action.as_object().unwrap().keys().find(|key| key.starts_with("action")).unwrap();
            seen.push((key.clone(), action[key]["nodeName"].clone()));
            shop.acknowledge(&action, None).await;
        }
    }
    assert_eq!(
        seen,
        [
            ("actionDrainNode".to_owned(), json!("ours")),
            ("actionDeleteNode".to_owned(), json!("ours")),
            ("actionDisconnectCluster".to_owned(), Value::Null),
        ]
    );
    assert_eq!(shop.words().await.1, "disconnected");
}
