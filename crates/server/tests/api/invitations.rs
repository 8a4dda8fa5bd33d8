//! Invitations: without e-mail, by a token that is passed on.

use std::sync::Arc;

use jiff::SignedDuration;
use model::ManualClock;
use serde_json::{Value, json};
use server::auth::permission::Role;

use crate::harness::{KeyOf, Tenant, TestServer};

async fn invite(server: &TestServer, email: &str, role: Role) -> Value {
    let member = json!({"userEmail": email, "roleBindings": [{"roleId": role.id(), "scopes": [
        {"id": server.organization().await, "type": "ORGANIZATION"},
    ]}]});
    let request = server.post("/v1/invitations").key(&server.owner_key).json(json!({"members": [member]}));
    request.await.expect(200).json()["links"][0].clone()
}

#[tokio::test]
async fn an_invited_person_comes_in_once() {
    let server = TestServer::start().await;
    let invited = invite(&server, "Ada@Example.com", Role::Analyst).await;
    let (link, token) = (invited["link"].as_str().unwrap(), &invited["token"]);
    let listed = server.get("/v1/invitations?page.cursor=").key(&server.owner_key).await.expect(200);
    assert!(!listed.text().contains(token.as_str().unwrap()), "the token is shown once");
    let listed = listed.json();
    assert_eq!(listed["nextCursor"], "");
    assert_eq!(listed["invitations"][0]["inviteEmail"], "ada@example.com");
    assert_eq!(listed["invitations"][0]["roleBindings"][0]["roleId"], json!(Role::Analyst.id()));

    server.post(link).json(json!({"token": "guessed"})).await.expect(404);
    let claim = || server.post(link).json(json!({"token": token, "name": "Ada Lovelace"}));
    let claimed = claim().await.expect(200).json();
    assert_eq!(claimed["organizationId"], json!(server.organization().await));
    assert_eq!(claimed["membership"]["role"], "analyst");
    let me = server.get("/v1/me").key(claimed["token"].as_str().unwrap()).await.expect(200).json();
    assert_eq!((&me["email"], &me["name"]), (&json!("ada@example.com"), &json!("Ada Lovelace")));

    claim().await.expect(409);
    let listed = server.get("/v1/invitations").key(&server.owner_key).await.expect(200).json();
    assert_eq!(listed["invitations"], json!([]));
    let log = server.get("/v1/audit?operation=invitationClaimed").key(&server.owner_key).await.expect(200);
    assert_eq!(log.json()["items"][0]["initiatedBy"]["email"], "ada@example.com");
    assert!(!log.text().contains(claimed["token"].as_str().unwrap()), "the key is shown once");
}

#[tokio::test]
async fn nobody_takes_the_place_of_a_person_of_another_organization() {
    let server = TestServer::start().await;
    let another = Tenant::new(&server.app, "Another").await;
    let theirs = another.key(KeyOf::Member(Role::Member)).await;
    let me = server.get("/v1/me").key(&theirs).await.expect(200).json();
    let invited = invite(&server, me["email"].as_str().unwrap(), Role::Viewer).await;
    let claim = || server.post(invited["link"].as_str().unwrap()).json(json!({"token": invited["token"]}));
    claim().await.expect(401);
    claim().key(&server.owner_key).await.expect(401);
    let claimed = claim().key(&theirs).await.expect(200).json();
    assert_eq!(claimed["membership"]["user"]["id"], me["id"]);
    let here =
        server.get("/v1/organizations").key(claimed["token"].as_str().unwrap()).await.expect(200).json();
    assert_eq!(here["organizations"][0]["name"], "Default");
    assert_eq!(here["organizations"][1]["name"], "Another");
}

#[tokio::test]
async fn an_invitation_ends_when_it_is_deleted_or_a_week_old() {
    let clock = Arc::new(ManualClock::new("2026-11-02T10:00:00Z".parse().unwrap()));
    let server = TestServer::start_at(clock.clone()).await;
    let claim = |invited: &Value| {
        server.post(invited["link"].as_str().unwrap()).json(json!({"token": invited["token"]}))
    };
    let deleted = invite(&server, "bob@example.com", Role::Viewer).await;
    let path = deleted["link"].as_str().unwrap();
    server.delete(path).key(&server.foreign_key().await).await.expect(404);
    server.delete(path).key(&server.owner_key).await.expect(200);
    claim(&deleted).await.expect(404);

    let expired = invite(&server, "bob@example.com", Role::Viewer).await;
    clock.advance(SignedDuration::from_hours(7 * 24));
    claim(&expired).await.expect(409);
    let renewed = invite(&server, "bob@example.com", Role::Viewer).await;
    let listed = server.get("/v1/invitations").key(&server.owner_key).await.expect(200).json();
    assert_eq!(listed["invitations"].as_array().unwrap().len(), 1, "the expired one is replaced");
    claim(&renewed).await.expect(200);
}

#[tokio::test]
async fn what_cannot_be_invited_is_refused_by_name() {
    let server = TestServer::start().await;
    invite(&server, "ada@example.com", Role::Viewer).await;
    let post = |members: Value| {
        server.post("/v1/invitations").key(&server.owner_key).json(json!({"members": members}))
    };
    for (member, field) in [
        (json!({"userEmail": "no address", "role": "viewer"}), "members[0].userEmail"),
        (json!({"userEmail": "b@example.com", "role": "emperor"}), "members[0].role"),
        (json!({"userEmail": "b@example.com"}), "members[0].roleBindings"),
        (json!({"userEmail": "b@example.com", "role": "viewer", "groupIds": ["g"]}), "members[0].groupIds"),
        (
            json!({"userEmail": "b@example.com", "roleBindings": [{"roleId": "r"}]}),
            "members[0].roleBindings[0].roleId",
        ),
        (
            json!({"userEmail": "b@example.com", "roleBindings": [
                {"roleId": Role::Viewer.id(), "scopes": [{"id": "c", "type": "CLUSTER"}]},
            ]}),
            "members[0].roleBindings[0].scopes[0]",
        ),
    ] {
        let refused = post(json!([member])).await.expect(400).json();
        assert_eq!(refused["fieldViolations"][0]["field"], field, "{refused}");
    }
    post(json!([])).await.expect(400);
    for taken in ["ada@example.com", "owner@supercargo.local"] {
        let members =
            json!([{"userEmail": "c@example.com", "role": "viewer"}, {"userEmail": taken, "role": "viewer"}]);
        post(members).await.expect(409);
    }
    let listed = server.get("/v1/invitations").key(&server.owner_key).await.expect(200).json();
    assert_eq!(listed["invitations"].as_array().unwrap().len(), 1, "all or none");
}

#[tokio::test]
async fn invitations_are_paged() {
    let server = TestServer::start().await;
    for name in ["a", "b", "c"] {
        invite(&server, &format!("{name}@example.com"), Role::Viewer).await;
    }
    let list = async |query: String| {
        server.get(&format!("/v1/invitations?{query}")).key(&server.owner_key).await.expect(200).json()
    };
    let first = list("page.limit=2".to_owned()).await;
    let rest = list(format!("page.limit=2&page.cursor={}", first["nextCursor"].as_str().unwrap())).await;
    assert_eq!(first["invitations"].as_array().unwrap().len(), 2);
    assert_eq!(rest["invitations"][0]["inviteEmail"], "c@example.com");
    assert_eq!(rest["nextCursor"], "");
    server.get("/v1/invitations?page.cursor=forged").key(&server.owner_key).await.expect(400);
    server.get("/v1/invitations?page.limit=0").key(&server.owner_key).await.expect(400);
}
