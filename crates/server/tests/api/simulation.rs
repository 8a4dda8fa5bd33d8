//! Simulated clusters against the server, as `supercargo sim` runs them: the real protocol both ways.

use cloud::Driver as _;
use cloud::driver::{CreateRequest, EndReason, MachineKey, MachineState, NodeConfiguration};
use model::{ActionId, Lifecycle, NodeId, SequentialIds};
use serde_json::{Value, json};
use sim::cloud_client::SimDriver;

use crate::harness::{Client, Process, TestServer, eventually, supercargo};

/// The sum of a metric over all clusters.
fn sum(metrics: &str, name: &str) -> u64 {
    let of_name = metrics.lines().filter(|line| line.starts_with(&format!("{name}{{")));
    of_name.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap() as u64).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn simulated_clusters_are_online_and_counted_as_they_count_themselves() {
    let server = TestServer::start().await;
    let (url, key) = (server.url(), server.owner_key.clone());
    let simulated = tokio::task::spawn_blocking(move || {
        let arguments =
            ["sim", "--url", &url, "--key", &key, "--clusters", "5", "--nodes", "20", "--seed", "7"];
        supercargo(&[&arguments[..], &["--interval", "2s", "--duration", "15s", "--report", "json"]].concat())
    });
    let output = simulated.await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["registered"], &report["delivered"]), (&5.into(), &5.into()), "{report}");
    assert!(report["requests"]["delta"]["succeeded"].as_u64().unwrap() >= 5, "{report}");

    let clusters = server.get("/v1/kubernetes/clusters").key(&server.owner_key).await.expect(200).json();
    for cluster in clusters["items"].as_array().unwrap() {
        assert_eq!((&cluster["status"], &cluster["agentStatus"]), (&"ready".into(), &"online".into()));
    }
    let metrics =
        server.get("/v1/metrics/prom").header("authorization", &format!("Token {}", server.owner_key));
    let metrics = metrics.await.expect(200).text();
    assert_eq!(sum(&metrics, "castai_cluster_node_count"), report["nodes"].as_u64().unwrap());
    assert_eq!(sum(&metrics, "castai_cluster_pods_count"), report["pods"].as_u64().unwrap());
}

/// Bought through the cloud's API, seen as a node, taken back by the cloud with a notice that the server
/// hears of, and gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_bought_machine_becomes_a_node_until_the_cloud_takes_it_back() {
    let server = TestServer::start().await;
    let simulated = Process::run(
        &[
            &["sim", "--url", &server.url(), "--key", &server.owner_key, "--nodes", "4", "--speed", "30"][..],
            &["--interval", "1s", "--cloud-listen", "127.0.0.1:0", "--no-group-autoscaler"],
        ]
        .concat(),
    );
    let before = "the simulated cloud is at http://";
    eventually("the simulated cloud", async || simulated.said().contains(before)).await;
    let address = simulated.address(before);
    let driver = SimDriver::new(&format!("http://{address}")).unwrap();
    eventually("a cluster", async || !driver.clusters().await.unwrap().is_empty()).await;
    let cluster = driver.clusters().await.unwrap()[0];
    assert!(driver.serves(cluster).await.unwrap());

    let ids = SequentialIds::new(77);
    let request = CreateRequest {
        action: ActionId::new(&ids),
        cluster,
        node: NodeId::new(&ids),
        instance_type: "c6i.2xlarge".into(),
        zone: Some("us-east-1c".into()),
        lifecycle: Lifecycle::Spot,
        labels: Default::default(),
        taints: Vec::new(),
        node_template: Some("default-by-castai".into()),
        configuration: NodeConfiguration::default(),
    };
    let machine = driver.create(&request).await.unwrap();
    let list = format!("/v1/kubernetes/external-clusters/{cluster}/nodes");
    let node = async || {
        let nodes = server.get(&list).key(&server.owner_key).await.expect(200).json();
        let nodes = nodes["items"].as_array().unwrap();
        nodes.iter().find(|node| node["id"] == json!(request.node)).cloned()
    };
    eventually("its node", async || node().await.is_some()).await;
    let seen = node().await.unwrap();
    assert_eq!(
        (&seen["name"], &seen["instanceType"], &seen["zone"], &seen["spotConfig"]["isSpot"]),
        (&json!(machine.node_name), &json!("c6i.2xlarge"), &json!("us-east-1c"), &json!(true)),
        "{seen}"
    );

    let reclaim = Client::plain(address, None).request("POST", &format!("/v1/clusters/{cluster}/reclaims"));
    reclaim.json(json!({"nodeName": machine.node_name})).await.expect(200);
    eventually("the notice", async || {
        node().await.is_some_and(|node| node["state"]["phase"] == "interrupted")
    })
    .await;
    eventually("the end of the node", async || node().await.is_none()).await;
    let key = MachineKey::Action(request.action);
    let gone = driver.describe(cluster, &key).await.unwrap().unwrap();
    assert_eq!(
        (gone.state, gone.ended.map(|ended| ended.reason)),
        (MachineState::Gone, Some(EndReason::Interrupted))
    );
}

#[test]
fn a_server_takes_only_a_simulated_cloud_of_its_own_machine() {
    let directory = std::env::temp_dir().join("supercargo-no-such-directory");
    let directory = directory.to_str().unwrap();
    for url in ["http://10.0.0.1:9090", "https://127.0.0.1:9090", "http://cloud.example:9090"] {
        let output = supercargo(&["server", "--data", directory, "--sim-cloud", url]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains("must be http, a loopback address"), "{said}");
    }
}

#[test]
fn a_script_of_faults_that_makes_no_sense_is_refused() {
    let script_file = std::env::temp_dir().join(format!("supercargo-troubles-{}.json", std::process::id()));
    let run = |script: &str| {
        std::fs::write(&script_file, script).unwrap();
        let file = script_file.to_str().unwrap();
        let output = supercargo(&["sim", "--url", "http://127.0.0.1:1", "--key", "k", "--troubles", file]);
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said = run(r#"[{"fault": {"kind": "flood"}}]"#);
    assert!(said.contains("is not a list of faults") && said.contains("drought"), "{said}");
    let said = run(r#"[{"fault": {"kind": "drought", "zone": "moon-1"}}]"#);
    assert!(said.contains("zone: no zone \"moon-1\": there are us-east-1a"), "{said}");
    std::fs::remove_file(&script_file).unwrap();
}
