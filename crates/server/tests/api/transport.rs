//! What all operations have in common on the wire.

use serde_json::json;

use crate::harness::TestServer;

#[tokio::test]
async fn every_path_is_also_there_under_api() {
    let server = TestServer::start().await;
    let plain = server.get("/v1/auth/tokens").key(&server.owner_key).await.expect(200);
    let alias = server.get("/api/v1/auth/tokens").key(&server.owner_key).await.expect(200);
    assert_eq!(plain.json()["items"][0]["id"], alias.json()["items"][0]["id"]);
    server.get("/api/v1/auth/tokens").await.expect(401);
}

#[tokio::test]
async fn a_request_keeps_its_id_or_gets_one() {
    let server = TestServer::start().await;
    let given = server.get("/v1/auth/tokens").header("x-request-id", "abc-123").await;
    assert_eq!(given.header("x-request-id"), "abc-123");
    assert_eq!(given.header("x-castai-request-id"), "abc-123");
    let forged = server.get("/v1/auth/tokens").header("x-request-id", "a b\"c").await;
    assert_eq!(forged.header("x-request-id").len(), 32);
    let (one, two) = (server.get("/healthz").await, server.get("/healthz").await);
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
}

#[tokio::test]
async fn a_body_that_is_too_large_gets_413_in_json() {
    let server = TestServer::start().await;
    let body = format!("{{\"name\": \"{}\"}}", "x".repeat(5 * 1024 * 1024));
    let answer = server.post("/v1/auth/tokens").key(&server.owner_key).body(body).await.expect(413);
    assert!(answer.message().contains("larger than"), "{}", answer.text());
}

#[tokio::test]
async fn what_is_wrong_in_a_body_is_named_by_its_path() {
    let server = TestServer::start().await;
    let post = |body: &'static str| server.post("/v1/auth/tokens").key(&server.owner_key).body(body);
    let field = |answer: crate::harness::Answer| {
        answer.expect(400).json()["fieldViolations"][0]["field"].as_str().map(str::to_owned)
    };
    assert_eq!(field(post(r#"{"name": 7}"#).await).as_deref(), Some("name"));
    assert_eq!(field(post(r#"{"name": "a", "expiresAt": "tomorrow"}"#).await).as_deref(), Some("expiresAt"));
    let broken = post(r#"{"name": "a""#).await.expect(400);
    assert!(!broken.message().is_empty());
    post("[]").await.expect(400);
}

/// Protobuf JSON: both spellings, null as absent, what is unknown ignored.
#[tokio::test]
async fn both_spellings_are_read_and_null_is_absent() {
    let server = TestServer::start().await;
    let body = json!({
        "name": "a", "expires_at": "2999-01-01T00:00:00Z", "active": null, "somethingNew": {"a": [1]},
    });
    let made = server.post("/v1/auth/tokens").key(&server.owner_key).json(body).await.expect(200).json();
    assert_eq!(made["expiresAt"], "2999-01-01T00:00:00Z");
    assert_eq!(made["active"], true);
}

#[tokio::test]
async fn unknown_paths_and_methods_answer_json() {
    let server = TestServer::start().await;
    let lost = server.get("/v1/nothing/here").await.expect(404);
    assert!(lost.message().contains("/v1/nothing/here"));
    let wrong = server.put("/v1/auth/tokens").key(&server.owner_key).await.expect(405);
    assert!(wrong.message().contains("PUT"));
}

/// Behaviour trap 6: the official clients decode what is announced as JSON, and nothing else.
#[tokio::test]
async fn trap_06_every_json_answer_says_that_it_is_json() {
    let server = TestServer::start().await;
    for (path, status) in [("/v1/auth/tokens", 200), ("/v1/auth/tokens/x", 404), ("/v1/x", 404)] {
        let answer = server.get(path).key(&server.owner_key).await.expect(status);
        assert_eq!(answer.header("content-type"), "application/json");
    }
    let refused = server.get("/v1/auth/tokens").await.expect(401);
    assert_eq!(refused.header("content-type"), "application/json");
}

#[tokio::test]
async fn health_readiness_and_metrics_need_no_key() {
    let server = TestServer::start().await;
    assert_eq!(server.get("/healthz").await.expect(200).text(), "ok\n");
    assert_eq!(server.get("/readyz").await.expect(200).text(), "ready\n");
    server.get("/v1/auth/tokens").key(&server.owner_key).await.expect(200);
    let metrics = server.get("/metrics").await.expect(200).text();
    let counted = "supercargo_http_requests_total{operation=\"AuthTokenAPIListAuthTokens\",status=\"200\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
    assert!(metrics.ends_with("# EOF\n"));
}

#[tokio::test]
async fn the_swagger_page_comes_from_here_and_may_load_nothing_from_elsewhere() {
    let server = TestServer::start().await;
    let page = server.get("/v1/spec/").await.expect(200);
    assert!(page.text().contains("swagger-ui"));
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert!(!page.text().contains("https://"));
    assert_eq!(server.get("/v1/spec").await.expect(308).header("location"), "spec/");
}
