//! Signing in from a browser: a cookie, a token against forged calls, an end.

use std::sync::Arc;

use jiff::SignedDuration;
use model::ManualClock;
use serde_json::json;
use server::app::sessions;
use server::auth::authenticate;
use server::auth::key::KeyText;
use server::auth::permission::Role;

use crate::harness::{Answer, KeyOf, TestServer};

/// The cookie as a browser sends it back.
fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_session_reads_with_its_cookie_and_writes_with_its_token_until_signed_out() {
    let server = TestServer::start().await;
    let opened = server.post("/v1/auth/sessions").key(&server.owner_key).await.expect(200);
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="] {
        assert!(opened.header("set-cookie").contains(attribute), "{}", opened.header("set-cookie"));
    }
    let (cookie, token) = (cookie(&opened), opened.json()["csrfToken"].as_str().unwrap().to_owned());
    server.get("/v1/auth/tokens").header("cookie", &cookie).await.expect(200);

    let write = || server.post("/v1/auth/tokens").header("cookie", &cookie).json(json!({"name": "a"}));
    let forged = write().await.expect(403);
    assert!(forged.message().contains("X-CSRF-Token"));
    write().header("x-csrf-token", "something else").await.expect(403);
    write().header("x-csrf-token", &token).await.expect(200);

    let ended = server.delete("/v1/auth/sessions/current").header("cookie", &cookie);
    let ended = ended.header("x-csrf-token", &token).await.expect(204);
    assert!(ended.header("set-cookie").contains("Max-Age=0"));
    server.get("/v1/auth/tokens").header("cookie", &cookie).await.expect(401);
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let clock = Arc::new(ManualClock::new("2026-11-02T10:00:00Z".parse().unwrap()));
    let server = TestServer::start_at(clock.clone()).await;
    let opened = server.post("/v1/auth/sessions").key(&server.owner_key).await.expect(200);
    assert_eq!(opened.json()["expiresAt"], "2026-11-02T22:00:00Z");
    clock.advance(SignedDuration::from_hours(12));
    server.get("/v1/auth/tokens").header("cookie", &cookie(&opened)).await.expect(401);
}

#[tokio::test]
async fn a_session_is_no_more_than_its_key() {
    let server = TestServer::start().await;
    let (id, text) = server.tenant().await.key_with_id(KeyOf::ReadOnly(Role::Owner)).await;
    let opened = server.post("/v1/auth/sessions").key(&text).await.expect(200);
    let (cookie, token) = (cookie(&opened), opened.json()["csrfToken"].as_str().unwrap().to_owned());
    let write = server.post("/v1/auth/tokens").header("cookie", &cookie).header("x-csrf-token", &token);
    write.json(json!({"name": "a"})).await.expect(403);
    let disable = server.post(&format!("/v1/auth/tokens/{id}")).key(&server.owner_key);
    disable.json(json!({"active": false})).await.expect(200);
    server.get("/v1/auth/tokens").header("cookie", &cookie).await.expect(401);
}

#[tokio::test]
async fn who_am_i_tells_role_and_permissions() {
    let server = TestServer::start().await;
    let viewer = server.key_of(Role::Viewer).await;
    let who = server.get("/v1/auth/sessions/current").key(&viewer).await.expect(200).json();
    assert_eq!(who["role"], "viewer");
    let permissions = who["permissions"].as_array().unwrap();
    assert!(permissions.contains(&json!("clusters.read")));
    assert!(!permissions.contains(&json!("clusters.write")));
}

#[tokio::test]
async fn a_login_link_signs_in_once_and_not_for_long() {
    let clock = Arc::new(ManualClock::new("2026-11-02T10:00:00Z".parse().unwrap()));
    let server = TestServer::start_at(clock.clone()).await;
    let key = KeyText::parse(&server.owner_key).unwrap();
    let owner = authenticate::by_key_text(&server.app, &key).await.unwrap();
    let link = async || sessions::create_login_code(&server.app, &owner).await.unwrap().0;

    let code = link().await;
    let opened = server.get(&format!("/login/{code}")).await.expect(303);
    assert_eq!(opened.header("location"), "../v1/spec/");
    let who =
        server.get("/v1/auth/sessions/current").header("cookie", &cookie(&opened)).await.expect(200).json();
    let write = server.post("/v1/auth/tokens").header("cookie", &cookie(&opened));
    write
        .header("x-csrf-token", who["csrfToken"].as_str().unwrap())
        .json(json!({"name": "a"}))
        .await
        .expect(200);

    // Used, made up, given as a cookie, or too old: none of them opens anything.
    server.get(&format!("/login/{code}")).await.expect(401);
    server.get("/login/made-up").await.expect(401);
    let code = link().await;
    let as_cookie = format!("supercargo_session={code}");
    server.get("/v1/auth/tokens").header("cookie", &as_cookie).await.expect(401);
    clock.advance(SignedDuration::from_mins(11));
    server.get(&format!("/login/{code}")).await.expect(401);
    // A session does not make another one.
    server
        .post("/v1/auth/sessions")
        .header("cookie", &cookie(&opened))
        .header("x-csrf-token", who["csrfToken"].as_str().unwrap())
        .await
        .expect(403);
}
