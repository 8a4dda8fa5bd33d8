//! Simulated clusters against the server, as `supercargo sim` runs them: the real protocol both ways.

use serde_json::Value;

use crate::harness::{TestServer, supercargo};

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
