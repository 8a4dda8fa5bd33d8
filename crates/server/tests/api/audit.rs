//! The audit log, as the official receiver reads it.

use std::sync::Arc;

use jiff::SignedDuration;
use model::{AuditId, ManualClock};
use serde_json::{Value, json};
use store::{Actor, AuditEntry};

use crate::harness::TestServer;

/// A server whose log has `count` entries that are a second apart: every third about the first
/// cluster, every second a `nodeAdded`.
async fn with_entries(count: i64) -> (TestServer, model::ClusterId) {
    let clock = Arc::new(ManualClock::new("2026-11-02T10:00:00Z".parse().unwrap()));
    let server = TestServer::start_at(clock.clone()).await;
    let tenant = server.tenant().await;
    let (first, second) = (tenant.cluster("first").await, tenant.cluster("second").await);
    for number in 0..count {
        clock.advance(SignedDuration::from_secs(1));
        let cluster = if number % 3 == 0 { first } else { second };
        let entry = AuditEntry {
            id: AuditId::new(&*server.app.ids),
            organization_id: tenant.id,
            time: server.app.clock.now(),
            event_type: if number % 2 == 0 { "nodeAdded" } else { "nodeDeleted" }.to_owned(),
            initiated_by: Actor { kind: "system".to_owned(), ..Actor::default() },
            cluster_id: Some(cluster),
            labels: json!({"clusterId": cluster}),
            event: json!({"number": number, "node": {"labels": {"scheduling.cast.ai/spot": "true"}}}),
        };
        server.app.store.begin().await.unwrap().commit(&[entry]).await.unwrap();
    }
    (server, first)
}

async fn page(server: &TestServer, query: &str) -> Value {
    server.get(&format!("/v1/audit?{query}")).key(&server.owner_key).await.expect(200).json()
}

fn numbers(page: &Value) -> Vec<i64> {
    page["items"].as_array().unwrap().iter().map(|item| item["event"]["number"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn trap_25_audit_cursors_carry_the_filters() {
    let (server, cluster) = with_entries(80).await;
    let filters = format!(
        "clusterId={cluster}&operation=nodeAdded&fromDate=2026-11-02T10:00:03.5Z&toDate=2026-11-02T10:01:19.000000001Z"
    );
    let mut seen = Vec::new();
    let mut answer = page(&server, &format!("page.limit=10&{filters}")).await;
    loop {
        seen.extend(numbers(&answer));
        match answer["nextCursor"].as_str() {
            None | Some("") => break,
            Some(cursor) => answer = page(&server, &format!("page.limit=10&page.cursor={cursor}")).await,
        }
    }
    let wanted: Vec<i64> = (0..80).rev().filter(|n| n % 6 == 0 && (3..79).contains(n)).collect();
    assert_eq!(seen, wanted, "newest first, every one once");
}

#[tokio::test]
async fn an_entry_looks_as_the_receiver_expects_it() {
    let (server, cluster) = with_entries(1).await;
    let answer = page(&server, "page.limit=10&operation=nodeAdded").await;
    let entry = &answer["items"][0];
    assert_eq!(entry["eventType"], "nodeAdded");
    assert_eq!(entry["time"], "2026-11-02T10:00:01Z");
    assert_eq!(entry["labels"], json!({"clusterId": cluster}));
    assert_eq!(entry["event"]["node"]["labels"]["scheduling.cast.ai/spot"], "true");
    assert_eq!(answer.get("nextCursor"), None);
    let log = server.get("/v1/audit").key(&server.foreign_key().await).await.expect(200).json();
    assert_eq!(log["items"], json!([]), "a log is its organisation's");
}

#[tokio::test]
async fn a_page_has_a_hundred_entries_unless_another_number_is_asked() {
    let (server, _) = with_entries(101).await;
    assert_eq!(page(&server, "operation=").await["items"].as_array().unwrap().len(), 100);
    let all = page(&server, "page.limit=1000").await;
    assert_eq!(all["items"].as_array().unwrap().len(), 102, "and the one of the first start");
    for (query, field) in [
        ("page.limit=9", "page.limit"),
        ("page.limit=1001", "page.limit"),
        ("page.cursor=forged", "page.cursor"),
        ("clusterId=shop", "clusterId"),
        ("toDate=yesterday", "toDate"),
    ] {
        let refused = server.get(&format!("/v1/audit?{query}")).key(&server.owner_key).await.expect(400);
        assert_eq!(refused.json()["fieldViolations"][0]["field"], field, "{query}");
    }
}
