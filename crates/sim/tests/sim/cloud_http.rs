//! The simulated cloud's API over HTTP.

use std::collections::BTreeSet;

use cloud::Driver;
use cloud::driver::{CreateRequest, DriverError, MachineKey};
use sim::Provider;
use sim::cloud_client::SimDriver;
use sim::cloud_server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;

use super::cloud_api::{Simulated, crowded};

/// A cloud that others can ask, and where.
async fn offered() -> (Simulated, String, CancellationToken) {
    let world = Simulated::new(&crowded(Provider::Eks, 3), 3);
    let listener = cloud_server::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    tokio::spawn(cloud_server::serve(listener, world.cloud.clone(), stop.clone()));
    (world, url, stop)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_action_is_one_machine_for_all_clients_now_and_later() {
    let (world, url, stop) = offered().await;
    let request = world.request("m5.large");
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (driver, request) = (SimDriver::new(&url).unwrap(), request.clone());
        asking.spawn(async move { driver.create(&request).await.unwrap().provider_id });
    }
    let ids: BTreeSet<_> = asking.join_all().await.into_iter().collect();
    assert_eq!(ids.len(), 1, "eight asked at once");

    // Another client, as after a restart: same cloud, same machine.
    let driver = SimDriver::new(&url).unwrap();
    assert_eq!(driver.clusters().await.unwrap(), [world.id]);
    assert!(driver.serves(world.id).await.unwrap());
    let again = driver.create(&request).await.unwrap();
    assert_eq!(Some(&again.provider_id), ids.first());
    assert_eq!(driver.machines(world.id).await.unwrap(), world.cloud.machines(world.id).await.unwrap());
    assert_eq!(driver.machines(world.id).await.unwrap().len(), 5);
    assert_eq!(driver.offers(world.id).await.unwrap(), world.cloud.offers(world.id).await.unwrap());
    let key = MachineKey::Provider(again.provider_id.clone().unwrap());
    assert_eq!(driver.describe(world.id, &key).await.unwrap(), Some(again));
    for _ in 0..2 {
        driver.delete(world.id, &key).await.unwrap();
    }
    assert!(!driver.describe(world.id, &key).await.unwrap().unwrap().state.is_alive());
    let nobody = MachineKey::Provider("aws:///nowhere/i-0".into());
    assert_eq!(driver.describe(world.id, &nobody).await.unwrap(), None);
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_come_over_as_they_are() {
    let (world, url, stop) = offered().await;
    let driver = SimDriver::new(&url).unwrap();
    for fault in [
        r#"{"kind": "drought"}"#,
        r#"{"kind": "quota", "cpus": 1}"#,
        r#"{"kind": "throttle", "permille": 1000, "retryAfterMillis": 1}"#,
        r#"{"kind": "badCredentials"}"#,
    ] {
        let (world, url, _stop) = offered().await;
        let driver = SimDriver::new(&url).unwrap();
        let trouble = serde_json::from_str(&format!(r#"{{"fault": {fault}}}"#)).unwrap();
        world.cloud.trouble(world.id, trouble).unwrap();
        let request = world.request("m5.large");
        let (near, far) = (world.cloud.create(&request).await, driver.create(&request).await);
        assert_eq!(far.unwrap_err(), near.unwrap_err());
    }
    let wrong = CreateRequest { zone: Some("moon-1".into()), ..world.request("m5.large") };
    assert_eq!(driver.create(&wrong).await, world.cloud.create(&wrong).await);
    stop.cancel();
    let nobody = SimDriver::new("http://127.0.0.1:1").unwrap();
    let error = nobody.machines(world.id).await.unwrap_err();
    assert!(matches!(error, DriverError::Transient { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_this_machine_can_ask_and_no_page_in_a_browser() {
    for url in
        ["https://127.0.0.1:1", "http://10.0.0.1:1", "http://example.com", "http://127.0.0.1:1/x", "no"]
    {
        assert!(SimDriver::new(url).is_err(), "{url}");
    }
    let open = cloud_server::bind("0.0.0.0:0".parse().unwrap()).await.unwrap_err();
    assert_eq!(open.to_string(), "the simulated cloud listens on loopback only, not on 0.0.0.0:0");

    let (world, url, stop) = offered().await;
    let address = url.trim_start_matches("http://").to_owned();
    let status = async |headers: &str| {
        let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        let path = format!("/v1/clusters/{}/machines/delete", world.id);
        let body = r#"{"provider":"x"}"#;
        let request = format!(
            "POST {path} HTTP/1.1\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    let json = "content-type: application/json\r\n";
    assert_eq!(status(&format!("host: {address}\r\n{json}")).await, "200");
    assert_eq!(status(&format!("host: evil.example\r\n{json}")).await, "403");
    assert_eq!(status(&format!("host: {address}\r\norigin: http://evil.example\r\n{json}")).await, "403");
    assert_eq!(status(&format!("host: {address}\r\ncontent-type: text/plain\r\n")).await, "403");
    stop.cancel();
}
