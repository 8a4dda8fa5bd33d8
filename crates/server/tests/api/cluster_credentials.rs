//! Credentials and cloud identities of clusters, in the order in which Terraform's resources ask.

use serde_json::{Value, json};
use server::app::cloud_identities::CloudIdentities;

use crate::connected::{CLUSTERS, Connected, eks};
use crate::harness::TestServer;

const ROLE: &str = "arn:aws:iam::123456789012:role/supercargo";

fn gke() -> Value {
    json!({"name": "shop", "gke": {"projectId": "p", "region": "r-1", "location": "r-1-a", "clusterName": "shop"}})
}

fn aks() -> Value {
    json!({"name": "shop", "aks": {"region": "r", "subscriptionId": "s", "nodeResourceGroup": "g"}})
}

fn gke_key(secret: &str) -> String {
    json!({"type": "service_account", "client_email": "a@p.iam.gserviceaccount.com", "private_key": secret})
        .to_string()
}

async fn update(cluster: &Connected<'_>, body: Value) -> Value {
    cluster.ask("POST", "").json(body).await.expect(200).json()
}

#[tokio::test]
async fn terraform_creates_and_changes_an_eks_cluster_and_finds_what_it_stored() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    let created = update(&shop, json!({"eks": {"assumeRoleArn": ROLE}})).await;
    let read = shop.get().await;
    assert_eq!(read["credentialsId"], created["credentialsId"], "stable between updates");
    assert_ne!(read["credentialsId"], "");
    assert_eq!(read["eks"]["assumeRoleArn"], ROLE);
    assert_eq!(read["isPhase2"], true);
    assert!(read["reconciledAt"].is_string());

    let changed = update(&shop, json!({"eks": {"assumeRoleArn": ROLE}})).await;
    assert_ne!(changed["credentialsId"], created["credentialsId"], "changes with every update");
    let without = update(&shop, json!({"eks": {}})).await;
    assert_eq!(without["credentialsId"], "");
    assert!(without["eks"].get("assumeRoleArn").is_none());

    let refused = shop.ask("POST", "").json(json!({"eks": {"assumeRoleArn": "role"}})).await.expect(400);
    assert!(refused.message().contains("eks.assumeRoleArn"), "{}", refused.message());
    let other = shop.ask("POST", "").json(json!({"aks": {}})).await.expect(400);
    assert!(other.message().contains("of type eks"), "{}", other.message());
}

#[tokio::test]
async fn credentials_are_shown_to_nobody_and_sealed_in_the_store() {
    let secret = "a-private-key-that-nobody-sees-again";
    let server = TestServer::start().await;
    let shop = Connected::register(&server, gke()).await;
    let mut answers = update(&shop, json!({"credentials": gke_key(secret)})).await.to_string();
    answers += &shop.get().await.to_string();
    answers += &server.get("/v1/audit").key(&server.owner_key).await.expect(200).text();
    assert!(!answers.contains(secret), "{answers}");

    let sealed = server.app.store.credentials(server.organization().await, shop.id).await.unwrap().unwrap();
    let opened = server.app.vault.open(shop.id, &sealed).unwrap();
    assert!(String::from_utf8(opened).unwrap().contains(secret));
    let database = server.stop().await;
    for entry in std::fs::read_dir(database.directory().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{}", path.display());
        }
    }
}

/// A 400 whose message is `Forbidden` would make Terraform try again until its time is up.
#[tokio::test]
async fn credentials_that_cannot_be_ones_are_refused_for_good() {
    let server = TestServer::start().await;
    let google = Connected::register(&server, gke()).await;
    let azure = Connected::register(&server, aks()).await;
    for (cluster, credentials, message) in [
        (&google, "{not json", "is not JSON: see line 1"),
        (&google, "[]", "not an object"),
        (&google, "{}", "has no \"type\""),
        (&google, r#"{"type":"service_account","client_email":"a@b"}"#, "has no \"private_key\""),
        (&azure, r#"{"clientId":"c","subscriptionId":"s"}"#, "has no \"tenantId\""),
        (&azure, r#"{"clientId":"c","subscriptionId":"s","tenantId":"t"}"#, "neither"),
    ] {
        let refused = cluster.ask("POST", "").json(json!({"credentials": credentials})).await.expect(400);
        assert!(refused.message().contains(message), "{}", refused.message());
        assert_eq!(refused.json()["fieldViolations"][0]["field"], "credentials");
        assert_eq!(cluster.get().await["credentialsId"], "", "nothing was kept");
    }
}

#[tokio::test]
async fn terraform_keeps_the_proxies_of_an_aks_cluster() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, aks()).await;
    let client =
        json!({"clientId": "c", "clientSecret": "x", "subscriptionId": "s", "tenantId": "t"}).to_string();
    let proxies = json!({"httpProxy": "http://proxy:3128", "noProxy": ["10.0.0.0/8"]});
    update(&shop, json!({"credentials": client, "aks": {"httpProxyConfig": proxies}})).await;
    assert_eq!(shop.get().await["aks"]["httpProxyConfig"], proxies);

    let federated =
        json!({"clientId": "c", "federationId": "x", "subscriptionId": "s", "tenantId": "t"}).to_string();
    update(&shop, json!({"credentials": federated, "aks": {}})).await;
    assert!(shop.get().await["aks"].get("httpProxyConfig").is_none());
}

#[tokio::test]
async fn a_server_without_identities_says_which_setting_is_missing() {
    let server = TestServer::start().await;
    let amazon = Connected::register(&server, eks("shop")).await;
    let google = Connected::register(&server, gke()).await;
    assert_eq!(amazon.ask("GET", "/assume-role-principal").await.expect(200).json(), json!({"arn": ""}));
    let impersonation = format!("{CLUSTERS}/impersonation-service-account");
    for (answer, flag) in [
        (amazon.ask("POST", "/assume-role-principal").await, "--aws-principal-arn"),
        (
            google.ask("POST", "/gke-create-sa").json(json!({"gke": {"gkeSaImpersonate": "a@b"}})).await,
            "--gcp-service-account",
        ),
        (
            server.post(&impersonation).key(&server.owner_key).json(json!({"provider": "aks"})).await,
            "--federation-subject",
        ),
    ] {
        let answer = answer.expect(409);
        assert!(answer.message().contains(flag), "{}", answer.message());
    }
}

#[tokio::test]
async fn a_server_with_identities_hands_them_out() {
    let arn = "arn:aws:iam::999999999999:user/supercargo";
    let server = TestServer::start_as(CloudIdentities {
        aws_principal_arn: Some(arn.to_owned()),
        gcp_service_account: Some("supercargo@own.iam.gserviceaccount.com".to_owned()),
        federation_subject: Some("110000000000000000001".to_owned()),
    })
    .await;

    // castai_eks_user_arn: read, create when empty, read again, destroy after the cluster is gone.
    let amazon = Connected::register(&server, eks("shop")).await;
    assert_eq!(amazon.ask("GET", "/assume-role-principal").await.expect(200).json()["arn"], "");
    assert_eq!(amazon.ask("POST", "/assume-role-principal").await.expect(200).json()["arn"], arn);
    assert_eq!(amazon.ask("GET", "/assume-role-principal").await.expect(200).json()["arn"], arn);
    amazon.ask("DELETE", "").await.expect(204);
    amazon.ask("DELETE", "/assume-role-principal").await.expect(200);
    assert_eq!(amazon.ask("GET", "/assume-role-principal").await.expect(200).json()["arn"], "");

    // castai_gke_cluster_id: create with a service account of the client's, read, forget.
    let google = Connected::register(&server, gke()).await;
    let client = "client@p.iam.gserviceaccount.com";
    let body = json!({"gke": {"gkeSaImpersonate": client, "projectId": "p"}});
    let created = google.ask("POST", "/gke-create-sa").json(body).await.expect(200).json();
    assert_eq!(created["serviceAccount"], "supercargo@own.iam.gserviceaccount.com");
    assert_eq!(google.get().await["gke"]["clientServiceAccount"], client);
    google.ask("POST", "/gke-disable-sa").await.expect(200);
    assert!(google.get().await["gke"].get("clientServiceAccount").is_none());

    let path = format!("{CLUSTERS}/impersonation-service-account");
    let subject =
        server.post(&path).key(&server.owner_key).json(json!({"provider": "aks"})).await.expect(200);
    assert_eq!(subject.json()["id"], "110000000000000000001");
}
