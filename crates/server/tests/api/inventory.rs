//! The catalogue's regions, zones and types, which of them are in use, and what is not to be bought.

use serde_json::{Value, json};
use server::auth::permission::Role;

use crate::agent::delta;
use crate::connected::{Connected, eks};
use crate::harness::{Tenant, TestServer};

async fn get(server: &TestServer, path: &str) -> Value {
    server.get(path).key(&server.owner_key).await.expect(200).json()
}

/// All items of a list, page by page.
async fn pages(server: &TestServer, path: &str, items: &str, parameter: &str, next: &str) -> Vec<Value> {
    let (mut all, mut at) = (Vec::new(), path.to_owned());
    loop {
        let page = get(server, &at).await;
        all.extend(page[items].as_array().unwrap().clone());
        match page[next].as_str() {
            Some(token) => at = format!("{path}&{parameter}={token}"),
            None => return all,
        }
    }
}

#[tokio::test]
async fn regions_have_their_zones() {
    let server = TestServer::start().await;
    let all = get(&server, "/v1/regions").await["regions"].clone();
    let region = |name| all.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
    let virginia = region("us-east-1");
    assert_eq!((&virginia["csp"], &virginia["id"]), (&json!("aws"), &json!("aws:us-east-1")));
    assert!(virginia["zones"].as_array().unwrap().iter().any(|zone| zone["name"] == "us-east-1a"));
    let paged = pages(&server, "/v1/regions?pageSize=25", "regions", "pageToken", "nextPageToken").await;
    assert_eq!(json!(paged), all);
    server.get("/v1/regions?pageSize=-1").key(&server.owner_key).await.expect(400);
}

#[tokio::test]
async fn zones_name_their_region() {
    let server = TestServer::start().await;
    let all = get(&server, "/v1/zones").await["zones"].clone();
    let zone = all.as_array().unwrap().iter().find(|one| one["name"] == "us-east-1a").unwrap();
    assert_eq!(zone["region"], "us-east-1");
    let paged = pages(&server, "/v1/zones?pageSize=100", "zones", "pageToken", "nextPageToken").await;
    assert_eq!(json!(paged), all);
}

#[tokio::test]
async fn types_are_listed_by_provider() {
    let server = TestServer::start().await;
    let all = get(&server, "/v1/instances/types").await["items"].clone();
    let of_two = "/v1/instances/types?cloudServiceProviders=gcp&cloudServiceProviders=aws&page.limit=400";
    let paged = pages(&server, of_two, "items", "page.cursor", "nextPageCursor").await;
    let wanted = all.as_array().unwrap().iter().filter(|one| one["cloudServiceProvider"] != "azure");
    assert!(paged.iter().eq(wanted));
    assert!(
        paged.contains(&json!({"cloudServiceProvider": "aws", "family": "m5", "instanceType": "m5.xlarge"}))
    );
    server.get("/v1/instances/types?cloudServiceProviders=moon").key(&server.owner_key).await.expect(400);
}

#[tokio::test]
async fn the_blacklist_keeps_what_is_not_to_be_bought() {
    let server = TestServer::start().await;
    let organization = server.organization().await;
    let cluster = server.tenant().await.cluster("shop").await;
    // As the official scripts send it.
    let family = json!({
        "lifecycle": "spot", "organizationId": organization, "clusterId": cluster, "instanceFamily": "m5",
    });
    let kind = json!({"instanceType": "c5.large"});
    let post = |verb: &str, body: &Value| {
        server.post(&format!("/v1/inventory/blacklist/{verb}")).key(&server.owner_key).json(body.clone())
    };
    assert_eq!(post("add", &family).await.expect(200).json(), family);
    for _ in 0..2 {
        let added = post("add", &kind).await.expect(200).json();
        assert_eq!((&added["lifecycle"], &added["organizationId"]), (&json!("all"), &json!(organization)));
    }
    assert_eq!(get(&server, "/v1/inventory/blacklist").await["items"].as_array().unwrap().len(), 2);
    let other = server.tenant().await.cluster("other").await;
    let for_other = get(&server, &format!("/v1/inventory/blacklist?clusterId={other}")).await;
    assert_eq!(for_other["items"].as_array().unwrap().len(), 1);

    assert_eq!(post("remove", &family).await.expect(200).json(), json!({}));
    post("remove", &family).await.expect(404);
    let viewer = server.key_of(Role::Viewer).await;
    server.post("/v1/inventory/blacklist/remove").key(&viewer).json(kind).await.expect(403);
}

#[tokio::test]
async fn a_blacklist_entry_must_make_sense() {
    let server = TestServer::start().await;
    let post = |body| server.post("/v1/inventory/blacklist/add").key(&server.owner_key).json(body);
    for (body, field) in [
        (json!({}), "instanceFamily"),
        (json!({"instanceFamily": "m5", "instanceType": "m5.large"}), "instanceFamily"),
        (json!({"instanceFamily": "m 5"}), "instanceFamily"),
        (json!({"instanceFamily": "m5", "lifecycle": "sometimes"}), "lifecycle"),
    ] {
        let refused = post(body).await.expect(400);
        assert_eq!(refused.json()["fieldViolations"][0]["field"], field);
    }
    let foreign = Tenant::new(&server.app, "Another").await;
    let cluster = foreign.cluster("theirs").await;
    post(json!({"instanceFamily": "m5", "clusterId": cluster})).await.expect(404);
    post(json!({"instanceFamily": "m5", "organizationId": foreign.id})).await.expect(404);
}

#[tokio::test]
async fn the_use_of_resources_is_that_of_the_clusters_now() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    let nothing = json!({"instanceTypes": []});
    assert_eq!(get(&server, "/v1/organizations/resource-usage").await, nothing, "nothing was reported yet");
    let mut snapshot = delta(true, &[("add", "a"), ("add", "b"), ("add", "c")]);
    let items = &mut snapshot["items"];
    items[1]["data"]["metadata"]["labels"]["karpenter.k8s.aws/capacity-reservation-id"] = json!("cr-1");
    items[2]["data"]["metadata"]["labels"]["eks.amazonaws.com/capacityType"] = json!("SPOT");
    let pod = json!({"event": "add", "kind": "Pod", "createdAt": "2026-11-02T10:30:00Z", "data": {
        "metadata": {"name": "p", "namespace": "default", "uid": "p"},
        "spec": {"nodeName": "a", "containers": [{"name": "c", "resources": {"requests": {"cpu": "1960m"}}}]},
        "status": {"phase": "Running"},
    }});
    items.as_array_mut().unwrap().push(pod);
    shop.send(&snapshot).await.expect(200);

    let usage = get(&server, "/v1/organizations/resource-usage").await["instanceTypes"].clone();
    let usage = usage.as_array().unwrap();
    let on_demand = usage.iter().find(|one| one["spot"] == false).unwrap();
    for (field, value) in [
        ("clusterId", json!(shop.id)),
        ("provider", json!("aws")),
        ("azId", json!("us-east-1a")),
        ("count", json!(2)),
        ("instanceType", json!("m5.xlarge")),
        ("price", json!("0.192")),
        ("vcpu", json!("4")),
        ("ram", json!("16")),
    ] {
        assert_eq!(on_demand[field], value, "{field}");
    }
    let nodes = on_demand["nodes"].as_array().unwrap();
    assert_eq!(nodes[0]["usageDistribution"]["cpu"], 0.5, "1960 of 3920 milli CPUs for pods");
    assert_eq!(nodes[0]["usageDistribution"]["memory"], 0.0);
    let money = nodes[0]["usageDistribution"]["monetaryAmount"].as_f64().unwrap();
    assert!(money > 0.25 && money < 0.5, "half of the CPUs is less than half of the machine: {money}");
    assert_eq!(nodes[1]["aws"], json!({"capacityReservationId": "cr-1"}));
    assert_eq!(on_demand["usageDistribution"]["cpu"], 0.5, "of two machines, half a one");
    assert_eq!(usage.iter().find(|one| one["spot"] == true).unwrap()["count"], 1);

    let organization = server.organization().await;
    let sync = format!("/v1/organizations/{organization}/clusters/{}/sync-resource-usage", shop.id);
    assert_eq!(shop.report().await["resync"], false);
    assert_eq!(server.post(&sync).key(&server.owner_key).await.expect(200).json(), json!({}));
    assert_eq!(shop.report().await["resync"], true, "the agent is to send everything anew");
    server.post(&sync).key(&server.foreign_key().await).await.expect(404);
    assert_eq!(
        server
            .get("/v1/organizations/resource-usage")
            .key(&server.foreign_key().await)
            .await
            .expect(200)
            .json(),
        nothing
    );
}
