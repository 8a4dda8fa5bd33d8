//! Registering and reading clusters: one cluster however many register it, and how it is doing.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;
use model::ManualClock;
use serde_json::{Value, json};
use server::cli::host::SystemClock;
use store::testing::Backend;

use crate::connected::{CLUSTERS, Connected, eks};
use crate::harness::TestServer;

const NO_UUID: &str = "00000000-0000-0000-0000-000000000000";

/// What the agent sends: every provider's key, all but one null, and one of them in snake case.
fn by_agent(name: &str, provider: &str, parameters: Value) -> Value {
    let mut body = json!({
        "id": NO_UUID, "name": name, "eks": null, "gke": null, "kops": null, "aks": null, "openshift": null,
        "anywhere": null, "self_hosted_with_ec2_nodes": null,
    });
    body[provider] = parameters;
    body
}

async fn register(server: &TestServer, key: &str, body: Value) -> Value {
    server.post(CLUSTERS).key(key).json(body).await.expect(200).json()
}

#[tokio::test]
async fn terraform_and_every_agent_register_one_cluster() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    let agent = || {
        by_agent(
            "shop",
            "eks",
            json!({"clusterName": "shop", "region": "us-east-1", "accountId": "123456789012"}),
        )
    };
    for key in [&shop.token, &server.owner_key] {
        let again = register(&server, key, agent()).await;
        assert_eq!(again["id"], json!(shop.id));
        assert_eq!(again["organizationId"], json!(server.organization().await));
    }
    let other = register(&server, &server.owner_key, eks("other")).await;
    assert_ne!(other["id"], json!(shop.id));

    for path in [CLUSTERS, "/v1/kubernetes/clusters"] {
        let list = server.get(path).key(&server.owner_key).await.expect(200).json();
        let names: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|item| &item["name"]).collect();
        assert_eq!(names, ["other", "shop"]);
    }
    let short = format!("/v1/kubernetes/clusters/{}", shop.id);
    assert_eq!(server.get(&short).key(&server.owner_key).await.expect(200).json(), shop.get().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_replicas_at_once_register_one_cluster() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        many_register_one_cluster(&TestServer::start_with(backend, Arc::new(SystemClock)).await).await;
    }
}

async fn many_register_one_cluster(server: &TestServer) {
    let requests = (0..12).map(|_| register(server, &server.owner_key, eks("shop")));
    let answers = futures_util::future::join_all(requests).await;
    let ids: BTreeSet<&str> = answers.iter().map(|answer| answer["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
}

/// Azure tells resource groups in either case, and its agent knows no name.
#[tokio::test]
async fn an_aks_cluster_is_one_whoever_comes_first() {
    for agent_first in [true, false] {
        let server = TestServer::start().await;
        let terraform = json!({
            "name": "payments",
            "aks": {"region": "westeurope", "subscriptionId": "SUB", "nodeResourceGroup": "MC_Payments"},
        });
        let agent = by_agent(
            "",
            "aks",
            json!({"region": "westeurope", "nodeResourceGroup": "mc_payments", "subscriptionId": "sub"}),
        );
        let mut bodies = [agent, terraform];
        if !agent_first {
            bodies.reverse();
        }
        let [first, second] = bodies;
        let first = register(&server, &server.owner_key, first).await;
        let second = register(&server, &server.owner_key, second).await;
        assert_eq!(first["id"], second["id"]);
        assert_eq!(second["name"], "payments", "the name that somebody gave");
        assert_eq!(second["aks"]["region"], "westeurope");
        assert!(second["aks"].get("httpProxyConfig").is_none());
    }
}

#[tokio::test]
async fn clusters_of_every_provider_can_be_registered() {
    let server = TestServer::start().await;
    let uid = "8f2b1f9e-6d0c-4f8e-9a4a-1c2d3e4f5a6b";
    for (body, provider, field, value) in [
        (
            json!({"gke": {"projectId": "p", "region": "r-1", "location": "r-1-a", "clusterName": "c"}}),
            "gke",
            "projectId",
            "p",
        ),
        (
            json!({"id": uid, "name": "c", "kops": {"clusterName": "c", "cloud": "aws", "region": "r", "stateStore": "s3://b"}}),
            "kops",
            "stateStore",
            "s3://b",
        ),
        (
            json!({"id": uid, "openshift": {"clusterName": "c", "cloud": "aws", "region": "r", "internalId": "i"}}),
            "openshift",
            "internalId",
            "i",
        ),
        (
            json!({"name": "c", "anywhere": {"clusterName": "", "kubeSystemNamespaceId": uid}}),
            "anywhere",
            "kubeSystemNamespaceId",
            uid,
        ),
        (json!({"oke": {"clusterName": "c", "region": "r"}}), "oke", "region", "r"),
    ] {
        let cluster = register(&server, &server.owner_key, body).await;
        assert_eq!(cluster["providerType"], provider);
        assert_eq!(cluster[provider][field], value, "{cluster}");
    }
    let hosted = json!({"self_hosted_with_ec2_nodes": {"clusterName": "c", "region": "r", "accountId": "1"}});
    let cluster = register(&server, &server.owner_key, hosted).await;
    assert_eq!(cluster["providerType"], "self-hosted-ec2");
    assert_eq!(cluster["selfHostedWithEc2Nodes"]["accountId"], "1");
}

#[tokio::test]
async fn a_clusters_key_is_good_for_that_cluster_alone() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    let other = Connected::register(&server, eks("other")).await;

    let refused = server.post(CLUSTERS).key(&shop.token).json(eks("other")).await.expect(403);
    assert!(refused.message().contains("belongs to cluster shop"), "{}", refused.message());
    server.post(CLUSTERS).key(&shop.token).json(eks("a new one")).await.expect(403);
    server.get(&format!("{CLUSTERS}/{}", other.id)).key(&shop.token).await.expect(404);
    server.get(&format!("{CLUSTERS}/{}", shop.id)).key(&shop.token).await.expect(200);

    // A further token takes nothing from the earlier one.
    let further = shop.ask("POST", "/token").await.expect(200).json()["token"].as_str().unwrap().to_owned();
    for token in [&shop.token, &further] {
        register(&server, token, eks("shop")).await;
    }
}

#[tokio::test]
async fn what_does_not_say_which_cluster_is_refused() {
    let server = TestServer::start().await;
    for (body, message) in [
        (json!({"name": "c"}), "exactly one of"),
        (json!({"name": "c", "eks": {"clusterName": "c"}}), "eks.accountId"),
        (json!({"name": "x".repeat(256), "oke": {"clusterName": "c", "region": "r"}}), "at most 255"),
    ] {
        let refused = server.post(CLUSTERS).key(&server.owner_key).json(body).await.expect(400);
        assert!(refused.message().contains(message), "{}", refused.message());
    }
    let elsewhere = json!({"organizationId": NO_UUID, "oke": {"clusterName": "c", "region": "r"}});
    server.post(CLUSTERS).key(&server.owner_key).json(elsewhere).await.expect(404);
}

#[tokio::test]
async fn trap_01_and_04_what_clients_dereference_is_always_there() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    let cluster = shop.get().await;
    assert_eq!(cluster["credentialsId"], "");
    assert_eq!(cluster["status"], "connecting");
    assert_eq!(cluster["agentStatus"], "waiting-connection");
    assert_eq!(cluster["isPhase2"], false);
    assert_eq!(cluster["region"], json!({"name": "us-east-1", "displayName": "us-east-1"}));
    assert_eq!(cluster["providerNamespaceId"], "123456789012");
    assert_eq!(cluster["clusterNameId"], format!("shop-{}", &shop.id.to_string()[..8]));
    assert!(cluster.get("agentSnapshotReceivedAt").is_none());
}

#[tokio::test]
async fn a_cluster_comes_online_falls_silent_and_comes_back() {
    let clock = Arc::new(ManualClock::new("2026-11-02T10:00:00Z".parse().unwrap()));
    let server = TestServer::start_at(clock.clone()).await;
    let shop = Connected::register(&server, eks("shop")).await;
    let words = |status: &str, agent: &str| (status.to_owned(), agent.to_owned());

    shop.report().await;
    assert_eq!(shop.words().await, words("connecting", "waiting-connection"), "nothing was received yet");
    shop.send_snapshot(&["a", "b"]).await;
    assert_eq!(shop.words().await, words("ready", "online"));
    let cluster = shop.get().await;
    assert_eq!(cluster["agentSnapshotReceivedAt"], "2026-11-02T10:00:00Z");
    assert_eq!(cluster["kubernetesVersion"], "1.36.2");

    clock.advance(SignedDuration::from_secs(119));
    assert_eq!(shop.words().await, words("ready", "online"));
    clock.advance(SignedDuration::from_secs(1));
    assert_eq!(shop.words().await, words("ready", "non-responding"));
    clock.advance(SignedDuration::from_mins(28));
    assert_eq!(shop.words().await, words("ready", "disconnected"));
    shop.report().await;
    assert_eq!(shop.words().await, words("ready", "online"), "the same cluster, with the same id");
}

#[tokio::test]
async fn tags_are_replaced_and_reconciling_asks_the_agent_for_everything() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    shop.ask("POST", "/tags").json(json!({"team": "a", "tier_one": "yes"})).await.expect(200);
    shop.ask("POST", "/tags").json(json!({"team": "b"})).await.expect(200);
    assert_eq!(shop.get().await["tags"], json!({"team": "b"}));
    shop.ask("POST", "/tags").json(json!({"": "b"})).await.expect(400);

    shop.send_snapshot(&["a"]).await;
    assert_eq!(shop.report().await["resync"], false);
    shop.ask("POST", "/reconcile?skipAksInitData=true").await.expect(200);
    assert_eq!(shop.report().await["resync"], true);
    assert!(shop.get().await["reconciledAt"].is_string());
    shop.send_snapshot(&["a"]).await;
    assert_eq!(shop.report().await["resync"], false);
}
