//! A key's text is in the answer that made it and nowhere else: not in later answers, not in the log at
//! its loudest, not in the bytes of the store.

use std::path::Path;

use serde_json::json;
use store::testing::{Backend, TestDatabase};

use crate::harness::{Process, supercargo};

#[tokio::test]
async fn a_keys_text_is_shown_once_and_kept_nowhere() {
    let home = TestDatabase::new(Backend::Sqlite).await;
    let directory = home.directory().unwrap();
    let server = Process::serve(directory).await;
    let client = server.client();
    let admin = server.admin_key().await;

    let made = client.request("POST", "/v1/auth/tokens").key(&admin).json(json!({"name": "secret"})).await;
    let made = made.expect(200);
    let text = made.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(made.text().matches(&text).count(), 1);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let session = client.request("POST", "/v1/auth/sessions").key(&text).await.expect(200);
    let cookie = session.header("set-cookie").split(['=', ';']).nth(1).unwrap().to_owned();
    let csrf = session.json()["csrfToken"].as_str().unwrap().to_owned();
    let data = directory.to_str().unwrap();
    let printed = supercargo(&["keys", "create", "--name", "host", "--quiet", "--data", data]);
    let host = String::from_utf8(printed.stdout).unwrap().trim().to_owned();
    assert!(host.starts_with("scu_"), "{}", String::from_utf8_lossy(&printed.stderr));

    // Everything that could give it away: used in all places where a key may stand, wrongly and rightly.
    let mut answers = String::new();
    for key in [&text, &host] {
        for path in ["/v1/auth/tokens", "/v1/auth/sessions/current", "/v1/audit", "/metrics", "/v1/nothing"] {
            answers += &client.request("GET", path).key(key).await.text();
        }
        answers += &client.request("GET", &format!("/v1/auth/tokens/{id}")).key(key).await.text();
        let wrong =
            client.request("POST", "/v1/auth/tokens").header("authorization", &format!("Basic {key}"));
        answers += &wrong.await.expect(401).text();
        let broken = client.request("POST", "/v1/auth/tokens").key(key).body("{");
        answers += &broken.await.expect(400).text();
    }
    answers += &client.request("DELETE", &format!("/v1/auth/tokens/{id}")).key(&admin).await.text();
    let listed = supercargo(&["keys", "list", "-o", "json", "--data", data]);
    answers += &String::from_utf8(listed.stdout).unwrap();
    assert!(answers.contains("\"host\""), "the answers say nothing: {answers}");

    let secrets = [("made", &text), ("host", &host), ("cookie", &cookie), ("csrf token", &csrf)];
    let while_running = bytes_in(directory);
    server.signal("TERM");
    let (status, said) = server.ended().await;
    assert!(status.success(), "{said}");
    let afterwards = bytes_in(directory);
    assert!(while_running.len() > 10_000 && afterwards.len() > 10_000);
    assert!(said.contains("/v1/auth/tokens"), "the log says nothing: {said}");
    for (what, secret) in secrets {
        let found = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!answers.contains(secret), "the text of {what} is in a later answer");
        assert!(!said.contains(secret), "the text of {what} is in the log");
        assert!(!found(&while_running), "the text of {what} is in the store's files of a running server");
        assert!(!found(&afterwards), "the text of {what} is in the store's files");
    }
    assert_eq!(said.matches(&admin).count(), 1, "the admin key is printed once");
    assert!(!afterwards.windows(admin.len()).any(|window| window == admin.as_bytes()));
}

/// The bytes of all files in a directory.
fn bytes_in(directory: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend(if path.is_dir() { bytes_in(&path) } else { std::fs::read(&path).unwrap() });
    }
    bytes
}
