//! API keys: made, listed, used, disabled, deleted, expired.

use std::sync::Arc;

use jiff::SignedDuration;
use model::ManualClock;
use serde_json::json;
use server::auth::permission::Role;

use crate::harness::{KeyOf, TestServer, eventually, supercargo};

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new("2026-11-02T10:00:00Z".parse().unwrap()))
}

#[tokio::test]
async fn a_key_is_made_listed_used_and_deleted() {
    let server = TestServer::start().await;
    let owner = &server.owner_key;
    let made = server.post("/v1/auth/tokens").key(owner).json(json!({"name": "terraform"})).await;
    let made = made.expect(200).json();
    let (id, text) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    assert!(text.starts_with(made["tokenPrefix"].as_str().unwrap()));

    for (header, value) in [
        ("x-api-key", text.to_owned()),
        ("authorization", format!("Token {text}")),
        ("authorization", format!("Bearer {text}")),
    ] {
        server.get("/v1/auth/tokens").header(header, &value).await.expect(200);
    }
    let listed = server.get("/v1/auth/tokens").key(owner).await.expect(200).json();
    let names: Vec<_> = listed["items"].as_array().unwrap().iter().map(|key| &key["name"]).collect();
    assert_eq!(names, ["admin", "terraform"]);

    server.delete(&format!("/v1/auth/tokens/{id}")).key(owner).await.expect(200);
    server.get("/v1/auth/tokens").key(text).await.expect(401);
    server.get(&format!("/v1/auth/tokens/{id}")).key(owner).await.expect(404);
}

#[tokio::test]
async fn a_disabled_key_is_refused_at_once_and_works_again_when_enabled() {
    let server = TestServer::start().await;
    let (id, text) = server.tenant().await.key_with_id(KeyOf::Member(Role::Member)).await;
    let path = format!("/v1/auth/tokens/{id}");
    server.get("/v1/auth/tokens").key(&text).await.expect(200);
    let set = async |active: bool| {
        server.post(&path).key(&server.owner_key).json(json!({"active": active})).await.expect(200)
    };
    assert_eq!(set(false).await.json()["active"], false);
    server.get("/v1/auth/tokens").key(&text).await.expect(401);
    assert_eq!(set(true).await.json()["active"], true);
    server.get("/v1/auth/tokens").key(&text).await.expect(200);
}

/// Disabled behind the server's back, as by another server on the same database: what was remembered of
/// the key counts for less than a second.
#[tokio::test]
async fn a_key_disabled_elsewhere_is_refused_within_a_second() {
    let clock = clock();
    let server = TestServer::start_at(clock.clone()).await;
    let tenant = server.tenant().await;
    let (id, text) = tenant.key_with_id(KeyOf::Member(Role::Member)).await;
    server.get("/v1/auth/tokens").key(&text).await.expect(200);
    let mut tx = server.app.store.begin().await.unwrap();
    tx.update_key(tenant.id, id, None, Some(false), None).await.unwrap().unwrap();
    tx.commit_unaudited().await.unwrap();
    clock.advance(SignedDuration::from_secs(1));
    server.get("/v1/auth/tokens").key(&text).await.expect(401);
}

#[tokio::test]
async fn a_key_expires() {
    let clock = clock();
    let server = TestServer::start_at(clock.clone()).await;
    let body = json!({"name": "guest", "expiresAt": "2026-11-02T11:00:00Z"});
    let made = server.post("/v1/auth/tokens").key(&server.owner_key).json(body).await.expect(200).json();
    let text = made["token"].as_str().unwrap();
    clock.advance(SignedDuration::from_mins(59));
    server.get("/v1/auth/tokens").key(text).await.expect(200);
    clock.advance(SignedDuration::from_mins(1));
    server.get("/v1/auth/tokens").key(text).await.expect(401);
}

#[tokio::test]
async fn names_and_ends_are_checked() {
    let server = TestServer::start().await;
    for (body, field) in [
        (json!({}), "name"),
        (json!({"name": " "}), "name"),
        (json!({"name": "x".repeat(201)}), "name"),
        (json!({"name": "late", "expiresAt": "2020-01-01T00:00:00Z"}), "expiresAt"),
    ] {
        let answer = server.post("/v1/auth/tokens").key(&server.owner_key).json(body).await.expect(400);
        assert_eq!(answer.json()["fieldViolations"][0]["field"], field);
    }
}

#[tokio::test]
async fn a_member_sees_and_changes_only_keys_of_their_own() {
    let server = TestServer::start().await;
    let tenant = server.tenant().await;
    let (own, text) = tenant.key_with_id(KeyOf::Member(Role::Member)).await;
    let (other, _) = tenant.key_with_id(KeyOf::Member(Role::Member)).await;
    let listed = server.get("/v1/auth/tokens").key(&text).await.expect(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["items"][0]["id"], own.to_string());
    server.get(&format!("/v1/auth/tokens/{other}")).key(&text).await.expect(404);
    server.delete(&format!("/v1/auth/tokens/{other}")).key(&text).await.expect(404);
    server.delete(&format!("/v1/auth/tokens/{other}")).key(&server.owner_key).await.expect(200);
}

#[tokio::test]
async fn a_made_key_has_the_role_of_who_made_it() {
    let server = TestServer::start().await;
    let member = server.key_of(Role::Member).await;
    let made = server.post("/v1/auth/tokens").key(&member).json(json!({"name": "mine"})).await;
    let text = made.expect(200).json()["token"].as_str().unwrap().to_owned();
    let who = server.get("/v1/auth/sessions/current").key(&text).await.expect(200).json();
    assert_eq!(who["role"], "member");
}

/// Written in bulk, at the latest when the server stops.
#[tokio::test]
async fn when_a_key_was_last_used_is_known_after_a_restart() {
    let clock = clock();
    let server = TestServer::start_at(clock.clone()).await;
    let organization = server.tenant().await.id;
    let (id, text) = server.tenant().await.key_with_id(KeyOf::Member(Role::Viewer)).await;
    server.get("/v1/auth/tokens").key(&text).await.expect(200);
    let database = server.stop().await;
    let store = database.open().await.unwrap();
    let key = store.key(organization, id).await.unwrap().unwrap();
    assert_eq!(key.last_used_at.unwrap().to_string(), "2026-11-02T10:00:00Z");
}

/// Revoking on the host reaches a server that runs.
#[tokio::test]
async fn keys_made_and_revoked_on_the_host_count_in_a_running_server() {
    let server = TestServer::start().await;
    let data = server.directory().to_str().unwrap();
    let made = supercargo(&["keys", "create", "--name", "lost", "--quiet", "--data", data]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let text = String::from_utf8(made.stdout).unwrap();
    let text = text.trim_end();
    assert_eq!(text.lines().count(), 1);
    server.get("/v1/auth/tokens").key(text).await.expect(200);
    assert!(supercargo(&["keys", "revoke", "lost", "--data", data]).status.success());
    eventually("the revoked key to be refused", async || {
        server.get("/v1/auth/tokens").key(text).await.status == 401
    })
    .await;
}
