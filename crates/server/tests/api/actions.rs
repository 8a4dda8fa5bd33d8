//! The controller's side: actions are offered until they are acknowledged, and a poll waits for them.

use serde_json::{Value, json};

use crate::connected::{Connected, eks};
use crate::harness::{TestServer, eventually};

/// A cluster with two nodes whose controller was heard of.
async fn shop(server: &TestServer) -> Connected<'_> {
    let shop = Connected::register(server, eks("shop")).await;
    shop.send_snapshot(&["one", "two"]).await;
    shop.controller_appears();
    shop
}

/// Asks for a node's drain: the operation's id.
async fn drain(shop: &Connected<'_>, node: &str) -> Value {
    let id = shop.node(node).await["id"].as_str().unwrap().to_owned();
    let started = shop.ask("POST", &format!("/nodes/{id}/drain")).await.expect(200).json();
    started["operationId"].clone()
}

async fn poll_is_held(server: &TestServer) {
    eventually("a poll to be held", async || {
        server.get("/metrics").await.text().contains("supercargo_http_requests_in_flight 1\n")
    })
    .await;
}

fn ids(actions: &[Value]) -> Vec<&str> {
    actions.iter().map(|action| action["id"].as_str().unwrap()).collect()
}

/// Also over a restart: what a controller has taken and not acknowledged may be lost with it.
#[tokio::test]
async fn trap_10_actions_are_offered_until_they_are_acknowledged() {
    let server = TestServer::start().await;
    let cluster = shop(&server).await;
    let (id, token) = (cluster.id, cluster.token.clone());
    let first = drain(&cluster, "one").await;
    let second = drain(&cluster, "two").await;
    let offered = cluster.poll().await;
    assert_eq!(offered.len(), 2);
    assert_eq!(ids(&cluster.poll().await), ids(&offered));

    let server = server.restart().await;
    let path = format!("/v1/kubernetes/clusters/{id}/actions");
    let poll = async || server.get(&path).key(&token).await.expect(200).json()["items"].clone();
    let operation = async |id: &Value| {
        let path = format!("/v1/kubernetes/external-clusters/operations/{}", id.as_str().unwrap());
        server.get(&path).key(&server.owner_key).await.expect(200).json()
    };
    assert_eq!(ids(poll().await.as_array().unwrap()), ids(&offered));

    // An action that the controller does not know comes back as an error, and is not offered again.
    let error = "action type not supported";
    let acknowledge = async |action: &str, body: Value| {
        server.post(&format!("{path}/{action}/ack")).key(&token).json(body).await.expect(200)
    };
    acknowledge(ids(&offered)[0], json!({"error": error})).await;
    assert_eq!(ids(poll().await.as_array().unwrap()), [ids(&offered)[1]]);
    assert_eq!(operation(&first).await["error"]["details"], error);

    // Again, and for one that nobody knows: nothing changes, and nothing is to be tried again.
    acknowledge(ids(&offered)[0], json!({})).await;
    acknowledge("7f4d2c6e-0b1a-4c55-9d3e-2a8f5b6c7d81", json!({})).await;
    assert_eq!(operation(&first).await["error"]["details"], error);
    assert_eq!(operation(&second).await["done"], false);
}

/// The controller need not ask again and again.
#[tokio::test]
async fn a_poll_is_held_until_there_is_something_to_do() {
    let server = TestServer::start().await;
    let cluster = shop(&server).await;
    let (actions, operation) = tokio::join!(cluster.poll(), async {
        poll_is_held(&server).await;
        drain(&cluster, "one").await
    });
    assert_eq!(actions.len(), 1);
    cluster.acknowledge(&actions[0], None).await;
    assert_eq!(cluster.operation(&operation).await["done"], true);
}

#[tokio::test]
async fn a_held_poll_is_answered_when_the_server_stops() {
    let server = TestServer::start().await;
    let cluster = shop(&server).await;
    let path = format!("/v1/kubernetes/clusters/{}/actions", cluster.id);
    let poll = server.get(&path).key(&cluster.token);
    let held = tokio::spawn(async move { poll.await.expect(200).json() });
    poll_is_held(&server).await;
    server.stop().await;
    assert_eq!(held.await.unwrap()["items"], json!([]));
}
