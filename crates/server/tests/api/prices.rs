//! An organisation's own prices, and where a price comes from.

use serde_json::{Value, json};
use server::auth::permission::Role;

use crate::harness::{Request, TestServer};

const MACHINE: &str = "provider=aws&region=us-east-1&instanceType=m5.xlarge";

async fn price(server: &TestServer, query: &str) -> Value {
    server.get(&format!("/v1/pricing/price?{query}")).key(&server.owner_key).await.expect(200).json()
}

fn replace(server: &TestServer, items: Value) -> Request {
    server.put("/v1/pricing/adjustments").key(&server.owner_key).json(json!({"items": items}))
}

fn kinds(price: &Value) -> Vec<&str> {
    price["steps"].as_array().unwrap().iter().map(|step| step["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_price_says_where_it_comes_from() {
    let server = TestServer::start().await;
    let listed = price(&server, MACHINE).await;
    assert_eq!((&listed["pricePerHour"], &listed["pricePerMonth"]), (&json!("0.192"), &json!("140.16")));
    assert_eq!((kinds(&listed), &listed["estimated"]), (vec!["catalogue"], &json!(false)));
    assert_eq!(listed["steps"][0]["date"], "2026-07-20");

    let adjustments = json!([
        {"name": "enterprise discount", "provider": "aws", "multiplier": "0.8"},
        {"zone": "us-east-1a", "multiplier": "2"},
        {"family": "m5", "lifecycle": "spot", "pricePerHour": "0.05"},
    ]);
    let kept = replace(&server, adjustments.clone()).await.expect(200).json();
    assert_eq!(kept["items"], adjustments);
    let read = server.get("/v1/pricing/adjustments").key(&server.owner_key).await.expect(200).json();
    assert_eq!(read["items"], adjustments);

    let discounted = price(&server, MACHINE).await;
    assert_eq!(discounted["pricePerHour"], "0.1536");
    let step = json!({
        "kind": "adjustment", "description": "enterprise discount", "adjustment": 0, "pricePerHour": "0.1536",
    });
    assert_eq!(discounted["steps"][1], step);
    assert_eq!(price(&server, &format!("{MACHINE}&zone=us-east-1a")).await["pricePerHour"], "0.3072");
    let spot = price(&server, &format!("{MACHINE}&lifecycle=spot")).await;
    assert_eq!(
        (&spot["pricePerHour"], kinds(&spot)),
        (&json!("0.05"), vec!["catalogue", "adjustment", "adjustment"])
    );

    let foreign = server.get(&format!("/v1/pricing/price?{MACHINE}")).key(&server.foreign_key().await);
    assert_eq!(foreign.await.expect(200).json()["pricePerHour"], "0.192", "others pay their own prices");
    replace(&server, json!([])).await.expect(200);
    assert_eq!(price(&server, MACHINE).await["pricePerHour"], "0.192");
}

#[tokio::test]
async fn an_unknown_machine_is_estimated_by_its_size_or_not_at_all() {
    let server = TestServer::start().await;
    let unknown = "provider=other&instanceType=rack-1";
    server.get(&format!("/v1/pricing/price?{unknown}")).key(&server.owner_key).await.expect(404);
    let estimated = price(&server, &format!("{unknown}&cpu=8&memory=32Gi")).await;
    assert_eq!((kinds(&estimated), &estimated["estimated"]), (vec!["sizeEstimate"], &json!(true)));
    assert_ne!(estimated["pricePerHour"], "0");
    let rates = json!([{"provider": "other", "pricePerVcpuHour": "0.02", "pricePerGibHour": "0.0025"}]);
    replace(&server, rates).await.expect(200);
    let stated = price(&server, &format!("{unknown}&cpu=8&memory=32Gi")).await;
    assert_eq!((&stated["pricePerHour"], &stated["estimated"]), (&json!("0.24"), &json!(false)));
    let elsewhere = price(&server, "provider=aws&region=moon-1&instanceType=m5.xlarge").await;
    assert_eq!(kinds(&elsewhere), ["regionEstimate"]);
    for (query, field) in [
        ("region=us-east-1", "provider"),
        ("provider=moon", "provider"),
        ("provider=aws&lifecycle=sometimes", "lifecycle"),
        ("provider=other&cpu=8", "cpu"),
        ("provider=other&cpu=0&memory=1Gi", "cpu"),
        ("provider=other&cpu=8&memory=much", "memory"),
    ] {
        let refused =
            server.get(&format!("/v1/pricing/price?{query}")).key(&server.owner_key).await.expect(400);
        assert_eq!(refused.json()["fieldViolations"][0]["field"], field, "{query}");
    }
}

#[tokio::test]
async fn adjustments_that_make_no_sense_are_refused_whole() {
    let server = TestServer::start().await;
    let good = json!({"multiplier": "0.8"});
    replace(&server, json!([good])).await.expect(200);
    for bad in [
        json!({"name": "nothing to do"}),
        json!({"multiplier": "0.8", "pricePerHour": "1"}),
        json!({"multiplier": "-1"}),
        json!({"provider": "moon", "multiplier": "1"}),
        json!({"pricePerHour": "cheap"}),
    ] {
        let refused = replace(&server, json!([good, bad])).await.expect(400).json();
        assert_eq!(refused["fieldViolations"][0]["field"], "items[1]", "{refused}");
    }
    replace(&server, json!(vec![good.clone(); 201])).await.expect(400);
    let kept = server.get("/v1/pricing/adjustments").key(&server.owner_key).await.expect(200).json();
    assert_eq!(kept["items"], json!([good]));
    let viewer = server.key_of(Role::Viewer).await;
    server.put("/v1/pricing/adjustments").key(&viewer).json(json!({"items": []})).await.expect(403);
}
