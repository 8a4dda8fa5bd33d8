//! The binary as a process: TLS, its end, its store, the audit log on the host.

use serde_json::json;
use store::testing::{Backend, TestDatabase};

use crate::harness::{Process, TestServer, supercargo};

#[tokio::test]
async fn a_client_that_trusts_ca_pem_reaches_the_server_over_tls() {
    let home = TestDatabase::new(Backend::Sqlite).await;
    let directory = home.directory().unwrap();
    let server = Process::serve(directory).await;
    let admin = server.admin_key().await;
    let ca = std::fs::read(directory.join("tls/ca.pem")).unwrap();
    let client = server.tls_client(&ca);
    client.get("/v1/auth/tokens").key(&admin).await.expect(200);
    let opened = client.request("POST", "/v1/auth/sessions").key(&admin).await.expect(200);
    assert!(opened.header("set-cookie").ends_with("; Secure"));

    // The next start has another certificate and the same authority.
    server.signal("TERM");
    server.ended().await;
    let server = Process::serve(directory).await;
    server.tls_client(&ca).get("/v1/auth/tokens").key(&admin).await.expect(200);
    assert!(!server.said().contains("shown only this once"));
}

#[tokio::test]
async fn what_was_acknowledged_before_a_stop_is_there_afterwards() {
    let home = TestDatabase::new(Backend::Sqlite).await;
    let directory = home.directory().unwrap();
    let server = Process::serve(directory).await;
    let (admin, client) = (server.admin_key().await, server.client());
    let mut acknowledged = Vec::new();
    // Writes go on until nobody answers; the signal comes in between.
    for number in 0.. {
        let body = json!({"name": format!("key-{number}")});
        let write = client.request("POST", "/v1/auth/tokens").key(&admin).json(body);
        let Some(answer) = write.try_send().await else { break };
        acknowledged.push(answer.expect(200).json()["id"].clone());
        if number == 20 {
            server.signal("TERM");
        }
    }
    assert!(acknowledged.len() > 20);
    let (status, said) = server.ended().await;
    assert!(status.success(), "{said}");

    let server = Process::serve(directory).await;
    let listed = server.client().get("/v1/auth/tokens").key(&admin).await.expect(200).json();
    let ids: Vec<_> = listed["items"].as_array().unwrap().iter().map(|key| key["id"].clone()).collect();
    assert!(acknowledged.iter().all(|id| ids.contains(id)));
}

#[tokio::test]
async fn a_store_that_a_newer_program_wrote_is_refused_with_a_sentence() {
    let database = TestDatabase::new(Backend::Sqlite).await;
    database.open().await.unwrap().close().await;
    database.tamper("INSERT INTO migrations (version, name) VALUES (9999, 'future')").await;
    let (status, said) = Process::start(database.directory().unwrap()).ended().await;
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("newer") && said.contains("9999"), "{said}");
}

#[tokio::test]
async fn a_second_server_on_one_directory_is_refused_with_a_sentence() {
    let home = TestDatabase::new(Backend::Sqlite).await;
    let directory = home.directory().unwrap();
    let first = Process::serve(directory).await;
    let (status, said) = Process::start(directory).ended().await;
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("another supercargo is using"), "{said}");
    drop(first);
}

#[test]
fn wrong_use_exits_with_2_and_failure_with_1() {
    assert_eq!(supercargo(&["server", "--nonsense"]).status.code(), Some(2));
    assert_eq!(supercargo(&["keys", "list", "--data", "no/such/directory"]).status.code(), Some(1));
    let exposed = supercargo(&["server", "--listen", "0.0.0.0:0"]);
    assert_eq!(exposed.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&exposed.stderr).contains("--allow-plain-http"));
    assert!(supercargo(&["completion", "bash"]).status.success());
}

#[tokio::test]
async fn audit_verify_finds_an_edited_and_a_missing_entry() {
    let server = TestServer::start().await;
    for name in ["a", "b", "c"] {
        let body = json!({"name": name});
        server.post("/v1/auth/tokens").key(&server.owner_key).json(body).await.expect(200);
    }
    let database = server.stop().await;
    let data = database.directory().unwrap().to_str().unwrap().to_owned();
    let verify = || {
        let output = supercargo(&["audit", "verify", "--data", &data]);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, said) = verify();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("4 entries, whole"), "{said}");

    database.tamper("UPDATE audit_entries SET event_json = replace(event_json, '\"b\"', '\"x\"')").await;
    let (code, edited) = verify();
    assert_eq!(code, Some(1), "{edited}");
    database.tamper("UPDATE audit_entries SET event_json = replace(event_json, '\"x\"', '\"b\"')").await;
    assert_eq!(verify().0, Some(0));
    database.tamper("DELETE FROM audit_entries WHERE event_json LIKE '%\"b\"%'").await;
    let (code, missing) = verify();
    assert_eq!(code, Some(1), "{missing}");
    assert_ne!(edited, missing);
}

/// The same server on the other database: nothing above it knows which it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_postgresql_answers_like_one_on_sqlite() {
    let clock = std::sync::Arc::new(server::cli::host::SystemClock);
    let server = TestServer::start_with(Backend::Postgres, clock).await;
    let owner = &server.owner_key;
    let made = server.post("/v1/auth/tokens").key(owner).json(json!({"name": "pg"})).await.expect(200).json();
    server.get("/v1/auth/tokens").key(made["token"].as_str().unwrap()).await.expect(200);
    server.get("/readyz").await.expect(200);
    let database = server.stop().await;
    let verified = supercargo(&["audit", "verify", "--database-url", database.url().unwrap()]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}
