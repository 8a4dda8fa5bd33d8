//! Who may call what: every operation of the document against every kind of caller.
//!
//! The list comes from the document, so a new operation is covered when it is added. What an operation
//! may do differently stands in `permission-exceptions.txt`; a line there that is no longer needed
//! fails the test, and no tool adds one.

mod objects;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use axum::http::StatusCode;
use server::auth::permission::{Permission, Role};
use server::http::api_router::Rule;

use crate::harness::{Answer, KeyOf, Request, Tenant, TestServer, golden};
use objects::Objects;

#[tokio::test]
async fn golden_the_permission_table_is_the_one_that_was_read() {
    let server = TestServer::start().await;
    let mut rules: Vec<&Rule> = server.rules.iter().collect();
    rules.sort_by_key(|rule| (&rule.path, &rule.method));
    let path_width = rules.iter().map(|rule| rule.path.len()).max().unwrap_or_default();
    let mut table = String::from(
        "# Who may call what. Made from the operations' own documentation; a read-only key has none of the rows marked *.\n",
    );
    for rule in rules {
        let may = |role: Role| if role.may(rule.permission) { role.as_str() } else { "-" };
        let write_mark = if rule.permission.is_write() { "*" } else { " " };
        let columns = Role::ALL.map(|role| format!("{:<width$}", may(role), width = role.as_str().len()));
        let _ = writeln!(
            table,
            "{:<6} {:<path_width$} {write_mark}{:<15} {}",
            rule.method,
            rule.path,
            rule.permission,
            columns.join(" ")
        );
    }
    let table = table.lines().map(str::trim_end).collect::<Vec<_>>().join("\n") + "\n";
    golden("crates/server/tests/golden/permissions.txt", &table);
}

/// An operation that changes something asks for a permission that changes something, or a read-only
/// key could change it.
#[tokio::test]
async fn whatever_is_no_get_asks_for_a_permission_to_write() {
    let server = TestServer::start().await;
    let mut exceptions = Exceptions::read();
    for rule in guarded(&server).filter(|rule| rule.method != "GET") {
        if !rule.permission.is_write() {
            exceptions.need(rule, "writes-without-permission", "its permission lets read-only keys through");
        }
    }
    exceptions.done("writes-without-permission");
}

#[tokio::test]
async fn a_caller_without_a_key_that_counts_gets_401_everywhere() {
    let server = TestServer::start().await;
    let tenant = server.tenant().await;
    let objects = Objects::make(&server, &tenant).await;
    let disabled = tenant.key(KeyOf::Disabled(Role::Owner)).await;
    let unknown = TestServer::start().await.owner_key.clone();
    let mistyped = format!("{}x", &server.owner_key[..server.owner_key.len() - 1]);
    let mut exceptions = Exceptions::read();
    for rule in guarded(&server) {
        for (kind, key) in [
            ("no-key", None),
            ("unknown-key", Some(&unknown)),
            ("mistyped-key", Some(&mistyped)),
            ("disabled-key", Some(&disabled)),
        ] {
            let request = objects.request(&server, rule);
            let answer = match key {
                None => request.await,
                Some(key) => request.key(key).await,
            };
            exceptions.check(rule, kind, &answer, StatusCode::UNAUTHORIZED);
        }
    }
    exceptions.done("no-key unknown-key mistyped-key disabled-key");
}

#[tokio::test]
async fn a_role_or_a_key_that_is_too_small_gets_403_everywhere() {
    let server = TestServer::start().await;
    let tenant = server.tenant().await;
    let objects = Objects::make(&server, &tenant).await;
    let mut keys = Vec::new();
    for role in Role::ALL {
        let key = match role {
            Role::ClusterAgent => KeyOf::Cluster(objects.cluster),
            role => KeyOf::Member(role),
        };
        keys.push((role, tenant.key(key).await));
    }
    let read_only = tenant.key(KeyOf::ReadOnly(Role::Owner)).await;
    let mut exceptions = Exceptions::read();
    for rule in guarded(&server) {
        for (role, key) in keys.iter().filter(|(role, _)| !role.may(rule.permission)) {
            let answer = objects.request(&server, rule).key(key).await;
            exceptions.check(rule, &format!("role-{role}"), &answer, StatusCode::FORBIDDEN);
        }
        if rule.permission.is_write() {
            let answer = objects.request(&server, rule).key(&read_only).await;
            exceptions.check(rule, "read-only-key", &answer, StatusCode::FORBIDDEN);
        }
    }
    exceptions.done("role-member role-analyst role-viewer role-cluster-agent read-only-key");
}

/// What another organisation has does not exist: 404 where the path names it, and elsewhere an answer
/// in which nothing of it appears.
#[tokio::test]
async fn another_organization_gets_404_and_sees_nothing() {
    let server = TestServer::start().await;
    let tenant = server.tenant().await;
    let objects = Objects::make(&server, &tenant).await;
    let foreign = server.foreign_key().await;
    let mut exceptions = Exceptions::read();
    for rule in guarded(&server) {
        let answer = objects.request(&server, rule).key(&foreign).await;
        if objects.names_a_tenants_object(rule) {
            exceptions.check(rule, "other-organization", &answer, StatusCode::NOT_FOUND);
        }
        // What the path says may be said back; what the caller could not know may not.
        let path = objects.path(rule);
        for secret in objects.texts().into_iter().filter(|text| !path.contains(text)) {
            assert!(
                !answer.text().contains(&secret),
                "{} {} shows {secret} to another organisation: {}",
                rule.method,
                rule.path,
                answer.text()
            );
        }
    }
    exceptions.done("other-organization");
}

#[tokio::test]
async fn a_clusters_token_gets_404_for_every_other_cluster() {
    let server = TestServer::start().await;
    let tenant = server.tenant().await;
    let objects = Objects::make(&server, &tenant).await;
    let sibling = tenant.key(KeyOf::Cluster(tenant.cluster("sibling").await)).await;
    let elsewhere = Tenant::new(&server.app, "Elsewhere").await;
    let stranger = elsewhere.key(KeyOf::Cluster(elsewhere.cluster("stranger").await)).await;
    let mut exceptions = Exceptions::read();
    for rule in guarded(&server).filter(|rule| Role::ClusterAgent.may(rule.permission)) {
        if objects.names_a_tenants_object(rule) {
            for (kind, key) in [("sibling-cluster", &sibling), ("strange-cluster", &stranger)] {
                let answer = objects.request(&server, rule).key(key).await;
                exceptions.check(rule, kind, &answer, StatusCode::NOT_FOUND);
            }
        }
    }
    exceptions.done("sibling-cluster strange-cluster");
}

/// The other way round: who has the permission is not refused, and nothing falls over when the things
/// that the path names do not exist.
#[tokio::test]
async fn who_has_the_permission_is_not_refused() {
    let server = TestServer::start().await;
    let tenant = server.tenant().await;
    let nothing = Objects::none(&tenant);
    for rule in &server.rules {
        // A key of its own for each, as operations may disable or delete the key they are called with.
        let key = tenant.key(KeyOf::Member(Role::Owner)).await;
        let answer = nothing.request(&server, rule).key(&key).await;
        let refused = rule.permission != Permission::Public
            && [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&answer.status);
        assert!(
            !refused && !answer.status.is_server_error(),
            "{} {} answered an owner {}: {}",
            rule.method,
            rule.path,
            answer.status,
            answer.text()
        );
    }
}

fn guarded(server: &TestServer) -> impl Iterator<Item = &Rule> {
    server.rules.iter().filter(|rule| rule.permission != Permission::Public)
}

/// What stands in `permission-exceptions.txt`: lines of an operation id, a kind of caller, and the reason.
struct Exceptions {
    allowed: BTreeSet<(String, String)>,
    used: BTreeSet<(String, String)>,
}

impl Exceptions {
    fn read() -> Self {
        let lines = include_str!("permission-exceptions.txt").lines();
        let allowed = lines.filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| {
            let mut words = line.splitn(3, ' ');
            let mut word = || words.next().expect("operation, caller, reason").to_owned();
            let (operation, caller, _reason) = (word(), word(), word());
            (operation, caller)
        });
        Self { allowed: allowed.collect(), used: BTreeSet::new() }
    }

    #[track_caller]
    fn check(&mut self, rule: &Rule, caller: &str, answer: &Answer, expected: StatusCode) {
        if answer.status != expected {
            let what = format!("{}, not {}: {}", answer.status, expected.as_u16(), answer.text());
            self.need(rule, caller, &what);
        }
    }

    #[track_caller]
    fn need(&mut self, rule: &Rule, caller: &str, what: &str) {
        let exception = (rule.operation_id.clone(), caller.to_owned());
        assert!(
            self.allowed.contains(&exception),
            "{} {} ({}), called as {caller}: {what}",
            rule.method,
            rule.path,
            rule.operation_id
        );
        self.used.insert(exception);
    }

    /// An exception for one of these callers that nobody needed is to be removed.
    #[track_caller]
    fn done(self, callers: &str) {
        let ours = |(_, caller): &&(String, String)| callers.split(' ').any(|one| one == caller);
        let stale: Vec<_> = self.allowed.difference(&self.used).filter(ours).collect();
        assert!(stale.is_empty(), "no longer needed in permission-exceptions.txt: {stale:?}");
    }
}

impl Objects {
    /// A call of `rule` on these objects, with the documented example as its body.
    fn request(&self, server: &TestServer, rule: &Rule) -> Request {
        let operations = server.published.operations();
        let documented = operations
            .iter()
            .find(|one| one.path == rule.path && one.method == rule.method)
            .expect("a documented operation");
        let query = objects::query(documented.says);
        let request = server.request(&rule.method, &format!("{}{query}", self.path(rule)));
        match documented.says["requestBody"]["content"]["application/json"].get("example") {
            Some(example) => request.json(example.clone()),
            None => request,
        }
    }
}
