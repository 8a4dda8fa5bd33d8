//! Organisations and their members, as the official Terraform provider and people manage them.

use std::sync::Arc;

use serde_json::json;
use server::auth::permission::Role;
use server::cli::host::SystemClock;
use store::testing::Backend;

use crate::harness::{KeyOf, Tenant, TestServer};

#[tokio::test]
async fn everybody_learns_who_they_are() {
    let server = TestServer::start().await;
    let me = server.get("/v1/me").key(&server.owner_key).await.expect(200).json();
    assert_eq!((&me["email"], &me["username"]), (&json!("owner@supercargo.local"), &json!("owner")));
    let tenant = server.tenant().await;
    let cluster = tenant.cluster("shop").await;
    let key = tenant.key(KeyOf::Cluster(cluster)).await;
    let me = server.get("/v1/me").key(&key).await.expect(200).json();
    assert_eq!((&me["id"], &me["email"]), (&json!(cluster), &json!("")));
    server.post("/v1/me").key(&key).json(json!({"name": "Shop"})).await.expect(403);
}

#[tokio::test]
async fn a_profile_can_be_renamed_but_keeps_its_address() {
    let server = TestServer::start().await;
    let rename = |body| server.post("/v1/me").key(&server.owner_key).json(body);
    let user =
        rename(json!({"name": "Ada Lovelace", "email": "OWNER@supercargo.local"})).await.expect(200).json();
    assert_eq!((&user["name"], &user["username"]), (&json!("Ada Lovelace"), &json!("owner")));
    let me = server.get("/v1/me").key(&server.owner_key).await.expect(200).json();
    assert_eq!(me["name"], "Ada Lovelace");
    let refused = rename(json!({"email": "ada@example.com"})).await.expect(400);
    assert_eq!(refused.json()["fieldViolations"][0]["field"], "email");
    let reader = server.tenant().await.key(KeyOf::ReadOnly(Role::Owner)).await;
    server.post("/v1/me").key(&reader).json(json!({"name": "Somebody"})).await.expect(403);
}

#[tokio::test]
async fn an_organization_is_seen_and_renamed_by_its_own_keys_alone() {
    let server = TestServer::start().await;
    let path = format!("/v1/organizations/{}", server.organization().await);
    let foreign = server.foreign_key().await;
    for request in [server.get(&path), server.post(&path).json(json!({"name": "Mine now"}))] {
        request.key(&foreign).await.expect(404);
    }
    let renamed = server.post(&path).key(&server.owner_key).json(json!({"name": " Shop "})).await.expect(200);
    assert_eq!(renamed.json()["name"], "Shop");
    assert_eq!(server.get(&path).key(&server.owner_key).await.expect(200).json(), renamed.json());
    server.post(&path).key(&server.owner_key).json(json!({"name": " "})).await.expect(400);
    let viewer = server.key_of(Role::Viewer).await;
    server.post(&path).key(&viewer).json(json!({"name": "Mine now"})).await.expect(403);
}

#[tokio::test]
async fn whoever_makes_an_organization_gets_a_key_for_it() {
    let server = TestServer::start().await;
    let make = server.post("/v1/organizations").key(&server.owner_key).json(json!({"name": "Research"}));
    let made = make.await.expect(200).json();
    let key = made["token"].as_str().unwrap();
    let own_first = async |key: &str| {
        let list = server.get("/v1/organizations").key(key).await.expect(200).json();
        let names: Vec<String> = list["organizations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect();
        names
    };
    assert_eq!(own_first(key).await, ["Research", "Default"]);
    assert_eq!(own_first(&server.owner_key).await, ["Default", "Research"]);
    let path = format!("/v1/organizations/{}/users", made["id"].as_str().unwrap());
    let users = server.get(&path).key(key).await.expect(200).json();
    assert_eq!(users["users"].as_array().unwrap().len(), 1);
    assert_eq!(users["users"][0]["role"], "owner");
    server.get(&path).key(&server.owner_key).await.expect(404);
}

#[tokio::test]
async fn removing_a_member_ends_their_keys_and_bindings() {
    let server = TestServer::start().await;
    let users = format!("/v1/organizations/{}/users", server.organization().await);
    let bindings = format!("/v1/organizations/{}/role-bindings", server.organization().await);
    let viewer = server.key_of(Role::Viewer).await;
    let me = server.get("/v1/me").key(&viewer).await.expect(200).json();
    let viewer_path = format!("{users}/{}", me["id"].as_str().unwrap());

    let listed = server.get(&users).key(&server.owner_key).await.expect(200).json();
    assert_eq!(listed["users"][1]["user"]["email"], me["email"]);
    let filter = "subjectType=SUBJECT_USER&scopeType=ORGANIZATION";
    let bound = server.get(&format!("{bindings}?{filter}")).key(&server.owner_key).await.expect(200).json();
    let bound = bound["roleBindings"].as_array().unwrap().clone();
    assert_eq!(bound.len(), 2);
    assert_eq!(bound[1]["definition"]["roleId"], Role::Viewer.id().to_string());
    assert_eq!(bound[1]["definition"]["subjects"][0]["user"]["email"], me["email"]);

    server.delete(&viewer_path).key(&viewer).await.expect(403);
    assert_eq!(server.delete(&viewer_path).key(&server.owner_key).await.expect(200).json(), json!({}));
    server.get("/v1/me").key(&viewer).await.expect(401);
    server.delete(&viewer_path).key(&server.owner_key).await.expect(404);
    let left = server.get(&bindings).key(&server.owner_key).await.expect(200).json();
    assert_eq!(left["totalCount"], "1");
}

#[tokio::test]
async fn the_last_owner_stays() {
    let server = TestServer::start().await;
    let me = server.get("/v1/me").key(&server.owner_key).await.expect(200).json()["id"].clone();
    let users = format!("/v1/organizations/{}/users", server.organization().await);
    let own = format!("{users}/{}", me.as_str().unwrap());
    let refused = server.delete(&own).key(&server.owner_key).await.expect(409);
    assert_eq!(refused.message(), "the last owner must stay: make somebody else an owner first");
    let demote = server.post(&users).json(json!({"userId": me, "role": "viewer"}));
    demote.key(&server.owner_key).await.expect(409);

    let member = server.tenant().await.member(Role::Member).await;
    let both = format!("{users}?users={member}&users={}", me.as_str().unwrap());
    server.delete(&both).key(&server.owner_key).await.expect(409);
    let listed = server.get(&users).key(&server.owner_key).await.expect(200).json();
    assert_eq!(listed["users"].as_array().unwrap().len(), 2, "all or none");

    let promote = server.post(&users).json(json!({"userId": member, "role": "owner"}));
    promote.key(&server.owner_key).await.expect(200);
    server.delete(&own).key(&server.owner_key).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_owners_who_remove_each_other_at_once_one_stays() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let server = TestServer::start_with(backend, Arc::new(SystemClock)).await;
        let users = format!("/v1/organizations/{}/users", server.organization().await);
        let keys = [server.owner_key.clone(), server.key_of(Role::Owner).await];
        let mut paths = Vec::new();
        for key in &keys {
            let me = server.get("/v1/me").key(key).await.expect(200).json();
            paths.push(format!("{users}/{}", me["id"].as_str().unwrap()));
        }
        let remove = |key: usize, path: usize| server.delete(&paths[path]).key(&keys[key]).into_future();
        let (first, second) = tokio::join!(remove(0, 1), remove(1, 0));
        let removed = [&first, &second].into_iter().filter(|answer| answer.status.is_success()).count();
        assert_eq!(removed, 1, "{backend:?}: {} {}", first.text(), second.text());
    }
}

#[tokio::test]
async fn a_known_user_becomes_a_viewer_unless_more_is_said() {
    let server = TestServer::start().await;
    let users = format!("/v1/organizations/{}/users", server.organization().await);
    let elsewhere = Tenant::new(&server.app, "Another").await.member(Role::Owner).await;
    let add = |body| server.post(&users).key(&server.owner_key).json(body);
    add(json!({"userId": elsewhere})).await.expect(200);
    let role = async || {
        let listed = server.get(&users).key(&server.owner_key).await.expect(200).json();
        listed["users"].as_array().unwrap().iter().find(|one| one["user"]["id"] == json!(elsewhere)).unwrap()
            ["role"]
            .clone()
    };
    assert_eq!(role().await, "viewer");
    add(json!({"userId": elsewhere, "role": "analyst"})).await.expect(200);
    add(json!({"userId": elsewhere})).await.expect(200);
    assert_eq!(role().await, "analyst");
    add(json!({"userId": server.organization().await})).await.expect(404);
    for role in ["cluster-agent", "emperor"] {
        let refused = add(json!({"userId": elsewhere, "role": role})).await.expect(400);
        assert_eq!(refused.json()["fieldViolations"][0]["field"], "role");
    }
}

#[tokio::test]
async fn role_bindings_are_filtered_and_paged() {
    let server = TestServer::start().await;
    for role in [Role::Viewer, Role::Member, Role::Viewer] {
        server.key_of(role).await;
    }
    let path = format!("/v1/organizations/{}/role-bindings", server.organization().await);
    let list = async |query: &str| {
        server.get(&format!("{path}?{query}")).key(&server.owner_key).await.expect(200).json()
    };
    let all = list("page.cursor=").await;
    let viewers = list(&format!("roleId={}", Role::Viewer.id())).await;
    assert_eq!((&all["totalCount"], &viewers["totalCount"]), (&json!("4"), &json!("2")));
    for none in ["subjectType=SUBJECT_GROUP", "scopeType=CLUSTER", "groupId=x", "scopeId=x"] {
        assert_eq!(list(none).await["roleBindings"], json!([]), "{none}");
    }
    let first = list("page.limit=3").await;
    let rest =
        list(&format!("page.limit=3&page.cursor={}", first["nextPage"]["cursor"].as_str().unwrap())).await;
    let mut both = first["roleBindings"].as_array().unwrap().clone();
    both.extend(rest["roleBindings"].as_array().unwrap().clone());
    assert_eq!(json!(both), all["roleBindings"]);
    assert_eq!(rest["nextPage"]["cursor"], "");
}
