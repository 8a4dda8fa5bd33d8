//! A rebalancing from the plan to nodes that are gone, on a simulated cluster with a simulated cloud: the real
//! protocols of agent, controller and driver.

use std::sync::Arc;
use std::time::Duration;

use model::Money;
use serde_json::{Value, json};
use sim::cloud_client::SimDriver;
use tokio::time::{Instant, sleep};

use crate::harness::{Process, TestServer, eventually};

/// A server, and a simulated cluster whose cloud it can buy from.
struct Stage {
    server: TestServer,
    cluster: String,
    _simulated: Process,
}

impl Stage {
    /// Both, at sixty times the usual speed, once the cluster is connected and the engine may act.
    async fn set() -> Self {
        let server = TestServer::start().await;
        let simulated = Process::run(
            &[
                &[
                    "sim",
                    "--url",
                    &server.url(),
                    "--key",
                    &server.owner_key,
                    "--nodes",
                    "12",
                    "--speed",
                    "60",
                ][..],
                &[
                    "--interval",
                    "1s",
                    "--cloud-listen",
                    "127.0.0.1:0",
                    "--no-group-autoscaler",
                    "--seed",
                    "3",
                ],
            ]
            .concat(),
        );
        let before = "the simulated cloud is at http://";
        eventually("the simulated cloud", async || simulated.said().contains(before)).await;
        let driver = SimDriver::new(&format!("http://{}", simulated.address(before))).unwrap();
        eventually("a cluster", async || !driver.clusters().await.unwrap().is_empty()).await;
        let cluster = driver.clusters().await.unwrap()[0].to_string();
        let server = server.restart_with_driver(Arc::new(driver)).await;
        let stage = Self { server, cluster, _simulated: simulated };
        eventually("the cluster", async || stage.cluster_words().await == json!(["ready", "online"])).await;
        let policies = stage.path("/policies");
        let on = stage.server.put(&policies).key(&stage.server.owner_key).json(json!({"enabled": true}));
        on.await.expect(200);
        // A controller that has been heard of is one that can evict.
        eventually("the controller", async || {
            let document = stage.server.get(&policies).key(&stage.server.owner_key).await.expect(200).json();
            document["nodeDownscaler"]["evictor"]["status"] == "Compatible"
        })
        .await;
        stage
    }

    async fn cluster_words(&self) -> Value {
        let path = format!("/v1/kubernetes/external-clusters/{}", self.cluster);
        let cluster = self.server.get(&path).key(&self.server.owner_key).await.expect(200).json();
        json!([cluster["status"], cluster["agentStatus"]])
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/kubernetes/clusters/{}{rest}", self.cluster)
    }

    async fn plan(&self, id: &str) -> Value {
        let path =
            self.path(&format!("/rebalancing-plans/{id}?includeConfigurations=true&includeOperations=true"));
        self.server.get(&path).key(&self.server.owner_key).await.expect(200).json()
    }

    /// The plan once its status is one of these; minutes may pass.
    async fn plan_that_is(&self, id: &str, statuses: &[&str]) -> Value {
        let deadline = Instant::now() + Duration::from_secs(240);
        loop {
            let plan = self.plan(id).await;
            if statuses.contains(&plan["status"].as_str().unwrap()) {
                return plan;
            }
            assert!(Instant::now() < deadline, "waited for {statuses:?}: {plan:#}");
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// What all nodes cost per hour, as the API tells of each.
    async fn nodes(&self) -> Vec<Value> {
        let path = format!("/v1/kubernetes/external-clusters/{}/nodes", self.cluster);
        let list = self.server.get(&path).key(&self.server.owner_key).await.expect(200).json();
        list["items"].as_array().unwrap().clone()
    }
}

fn money(text: &Value) -> Money {
    text.as_str().unwrap_or_else(|| panic!("{text} is not an amount")).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_carried_out_until_the_old_nodes_are_gone() {
    let stage = Stage::set().await;
    let before: Vec<Value> = stage.nodes().await;
    let request = stage.server.post(&stage.path("/rebalancing-plans")).key(&stage.server.owner_key);
    let asked = request.json(json!({"minNodes": 1, "rebalancingNodes": []})).await.expect(202).json();
    let id = asked["rebalancingPlanId"].as_str().unwrap().to_owned();
    let plan = stage.plan_that_is(&id, &["generated", "error"]).await;
    assert_eq!(plan["status"], "generated", "{plan:#}");
    let diff = &plan["configurations"]["diff"];
    assert!(money(&diff["priceHourly"]) > Money::default(), "{diff}");

    let execute = stage.path(&format!("/rebalancing-plans/{id}/execute"));
    stage.server.post(&execute).key(&stage.server.owner_key).await.expect(202);
    let plan = stage.plan_that_is(&id, &["finished", "partially_finished", "error"]).await;
    assert_eq!((&plan["status"], &plan["errors"]), (&json!("finished"), &json!([])), "{plan:#}");

    let after = stage.nodes().await;
    let ids = |nodes: &[Value]| -> Vec<String> {
        nodes.iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect()
    };
    let configurations = &plan["configurations"];
    let gone = |node: &&Value| !ids(&after).contains(&node["id"].as_str().unwrap().to_owned());
    assert!(before.iter().filter(gone).count() > 0);
    for operation in plan["operations"].as_array().unwrap() {
        assert!(operation["finishedAt"].is_string() && operation["error"].is_null(), "{operation}");
    }
    assert_eq!(configurations["achievedDiff"]["priceHourly"], configurations["diff"]["priceHourly"]);
}
