//! Rebalancing plans: asked for, generated, listed, refused, cancelled.

use std::sync::Arc;

use jiff::SignedDuration;
use model::{ManualClock, Money};
use serde_json::{Value, json};

use crate::connected::{Connected, eks};
use crate::harness::{Answer, Request, TestServer, eventually};
use crate::plan::cluster::{Cluster, Size};

/// The plans of a connected cluster, as an owner calls for them.
pub struct Plans<'s> {
    pub server: &'s TestServer,
    pub cluster: Connected<'s>,
}

impl<'s> Plans<'s> {
    /// Those of a cluster whose agent has just sent these objects.
    pub async fn of(server: &'s TestServer, objects: &Cluster) -> Self {
        Self::named(server, "shop", objects).await
    }

    /// The same of a cluster with this name.
    async fn named(server: &'s TestServer, name: &str, objects: &Cluster) -> Self {
        let cluster = Connected::register(server, eks(name)).await;
        let plans = Self { server, cluster };
        plans.snapshot(objects).await;
        plans
    }

    /// The agent sends everything anew.
    pub async fn snapshot(&self, objects: &Cluster) {
        let items: Vec<Value> = objects
            .items
            .iter()
            .map(|object| {
                json!({"event": "add", "kind": object["kind"], "createdAt": "2026-11-02T10:30:00Z", "data": object})
            })
            .collect();
        let delta = json!({
            "clusterId": "", "clusterVersion": "1.36.2", "agentVersion": "v0.123.1", "fullSnapshot": true,
            "items": items, "continuityToken": "",
        });
        self.cluster.send(&delta).await.expect(200);
    }

    /// A request about the cluster's planning.
    pub fn ask(&self, method: &str, rest: &str) -> Request {
        let path = format!("/v1/kubernetes/clusters/{}{rest}", self.cluster.id);
        self.server.request(method, &path).key(&self.server.owner_key)
    }

    /// Has a plan made, and waits for it: the plan with everything about it.
    pub async fn generate(&self, body: Value) -> Value {
        let made = self.ask("POST", "/rebalancing-plans").json(body).await.expect(202).json();
        let path = path(&made["rebalancingPlanId"], "?includeConfigurations=true&includeOperations=true");
        eventually("the plan", async || {
            self.ask("GET", &path).await.expect(200).json()["status"] != "generating"
        })
        .await;
        self.ask("GET", &path).await.expect(200).json()
    }

    pub async fn execute(&self, plan: &Value) -> Answer {
        self.ask("POST", &path(&plan["rebalancingPlanId"], "/execute")).await
    }

    pub async fn cancel(&self, plan: &Value) -> Answer {
        self.ask("POST", &path(&plan["rebalancingPlanId"], "/cancel")).await
    }

    async fn list(&self, query: &str) -> Value {
        self.ask("GET", &format!("/rebalancing-plans?{query}")).await.expect(200).json()
    }
}

fn path(id: &Value, rest: &str) -> String {
    format!("/rebalancing-plans/{}{rest}", id.as_str().expect("a plan's id"))
}

fn money(value: &Value) -> Money {
    value.as_str().expect("an amount").parse().expect("dollars")
}

fn ids(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().expect("items");
    items.iter().map(|plan| plan["rebalancingPlanId"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_saved_is_the_difference_of_what_is_shown() {
    let server = TestServer::start().await;
    let plans = Plans::of(&server, &Cluster::wasteful()).await;
    let plan = plans.generate(json!({"minNodes": 1, "evictGracefully": true, "rebalancingNodes": []})).await;
    assert_eq!((&plan["status"], &plan["errors"]), (&json!("generated"), &json!([])), "{plan}");
    assert_eq!((&plan["evictGracefully"], &plan["minNodes"]), (&json!(true), &json!(1)));

    let configurations = &plan["configurations"];
    let (blue, green, diff) = (&configurations["blue"], &configurations["green"], &configurations["diff"]);
    for side in [blue, green] {
        let nodes = side["nodes"].as_array().unwrap();
        let sum: Money = nodes.iter().map(|node| money(&node["priceHourly"])).sum();
        assert_eq!(sum, money(&side["totals"]["priceHourly"]), "the nodes' prices are the total");
        assert_eq!(side["totals"]["nodes"], nodes.len());
        assert_eq!(side["totals"], side["clusterTotals"], "the plan is about all nodes");
        assert_eq!(sum.per_month(), money(&side["totals"]["priceMonthly"]), "from the unrounded price");
    }
    // What the nodes cost is what the list of nodes says, and so does the cost report, which is made from it.
    let listed = plans.cluster.ask("GET", "/nodes").await.expect(200).json();
    let listed: Money =
        listed["items"].as_array().unwrap().iter().map(|node| money(&node["instancePrice"])).sum();
    assert_eq!(listed, money(&blue["totals"]["priceHourly"]));

    let saved = money(&blue["totals"]["priceHourly"]) - money(&green["totals"]["priceHourly"]);
    assert!(saved > Money::default(), "a dozen small pods on three large nodes: {plan}");
    assert_eq!(saved, money(&diff["priceHourly"]), "to the nano-dollar");
    assert_eq!(saved.per_month(), money(&diff["priceMonthly"]));
    let percent = saved.nanos() as f64 * 100.0 / listed.nanos() as f64;
    for shown in [&diff["savingsPercentage"], &diff["clusterSavingsPercentage"]] {
        let shown: f64 = shown.as_str().unwrap().parse().unwrap();
        assert!((shown - percent).abs() < 1e-5, "{shown} is not {percent}");
    }
    assert_eq!((&blue["totals"]["pods"], &green["totals"]["pods"]), (&json!(12), &json!(12)), "{plan}");
    assert_eq!(configurations.get("achieved"), None, "nothing was done yet");
    assert_eq!(plan["operations"], json!([]));

    // Without being asked for, the figures are left out.
    let bare = plans.ask("GET", &path(&plan["rebalancingPlanId"], "")).await.expect(200).json();
    assert_eq!((&bare["configurations"], &bare["status"]), (&json!({}), &json!("generated")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_for_chosen_nodes_leaves_the_others() {
    let server = TestServer::start().await;
    let plans = Plans::of(&server, &Cluster::wasteful()).await;
    let id = plans.cluster.node("node-b").await["id"].clone();
    let plan = plans.generate(json!({"rebalancingNodes": [{"nodeId": id}]})).await;
    assert_eq!(plan["rebalancingNodeIds"], json!([id]));
    let blue = &plan["configurations"]["blue"];
    assert_eq!(blue["nodes"].as_array().unwrap().len(), 1, "{plan}");
    assert_eq!((&blue["nodes"][0]["id"], &blue["nodes"][0]["name"]), (&id, &json!("node-b")));
    assert_eq!((&blue["totals"]["nodes"], &blue["clusterTotals"]["nodes"]), (&json!(1), &json!(3)));
    // The whole of its price is saved: its four pods fit on the other two.
    let diff = &plan["configurations"]["diff"];
    assert_eq!(
        (&diff["priceHourly"], &diff["savingsPercentage"]),
        (&blue["totals"]["priceHourly"], &json!("100"))
    );
    assert_eq!(plan["configurations"]["green"]["nodes"], json!([]));
    assert!(diff["clusterSavingsPercentage"].as_str().unwrap().starts_with("33.33"), "{diff}");
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_are_listed_by_pages_and_by_status() {
    let clock = Arc::new(ManualClock::new("2026-11-02T11:00:00Z".parse().unwrap()));
    let server = TestServer::start_at(clock.clone()).await;
    let plans = Plans::of(&server, &Cluster::wasteful()).await;
    let mut made = Vec::new();
    for _ in 0..3 {
        clock.advance(SignedDuration::from_secs(1));
        made.push(plans.generate(json!({})).await);
    }
    plans.cancel(&made[1]).await.expect(202);
    let id = |index: usize| made[index]["rebalancingPlanId"].as_str().unwrap().to_owned();

    let all = plans.list("").await;
    assert_eq!(ids(&all), [id(2), id(1), id(0)], "newest first");
    assert_eq!(all.get("nextCursor"), None);
    assert_eq!(all["items"][0]["configurations"], json!({}));
    let first = plans.list("limit=2").await;
    assert_eq!(ids(&first), [id(2), id(1)]);
    let rest = plans.list(&format!("limit=2&cursor={}", first["nextCursor"].as_str().unwrap())).await;
    assert_eq!((ids(&rest), rest.get("nextCursor")), (vec![id(0)], None));

    let generated = plans.list("filter.statuses=generated&includeConfigurations=true").await;
    assert_eq!(ids(&generated), [id(2), id(0)]);
    assert!(generated["items"][0]["configurations"]["diff"].is_object());
    assert_eq!(ids(&plans.list("filter.statuses=error&filter.statuses=finished").await), [id(1)]);
    assert!(ids(&plans.list("filter.statuses=draining_nodes").await).is_empty());
    for query in ["limit=0", "limit=-1", "limit=some", "cursor=forged"] {
        plans.ask("GET", &format!("/rebalancing-plans?{query}")).await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_by_its_field() {
    let server = TestServer::start().await;
    let plans = Plans::of(&server, &Cluster::wasteful()).await;
    let there = plans.cluster.node("node-a").await["id"].clone();
    let nobody = "5f0c2f0e-0d55-4b8e-a8a5-2a1b6d3d9c01";
    for (body, field) in [
        (json!({"rebalancingNodes": [{"nodeId": there}, {"nodeId": nobody}]}), "rebalancingNodes[1].nodeId"),
        (json!({"rebalancingNodes": [{"nodeId": "node-a"}]}), "rebalancingNodes[0].nodeId"),
        (json!({"rebalancingNodes": [{}]}), "rebalancingNodes[0].nodeId"),
        (json!({"minNodes": -1}), "minNodes"),
        (json!({"executionConditions": {"enabled": true}}), "executionConditions.achievedSavingsPercentage"),
        (
            json!({"executionConditions": {"enabled": true, "achievedSavingsPercentage": 101}}),
            "executionConditions.achievedSavingsPercentage",
        ),
        (json!({"pausedDrainConfig": {"enabled": true, "timeoutSeconds": 60}}), "pausedDrainConfig.enabled"),
    ] {
        let refused = plans.ask("POST", "/rebalancing-plans").json(body).await.expect(400);
        assert_eq!(refused.json()["fieldViolations"][0]["field"], field, "{}", refused.text());
    }
    assert!(ids(&plans.list("").await).is_empty(), "nothing half-done");

    let plan = path(&json!(nobody), "");
    plans.ask("GET", &plan).await.expect(404);
    plans.ask("POST", &format!("{plan}/execute")).await.expect(404);
    plans.ask("POST", &format!("{plan}/cancel")).await.expect(404);
    // A plan of another cluster is not one of this.
    let other = Plans::named(&server, "other", &Cluster::wasteful()).await;
    let other = other.generate(json!({})).await;
    plans.ask("GET", &path(&other["rebalancingPlanId"], "")).await.expect(404);

    // What cannot be made says why: here more nodes are asked for than the cheapest way has.
    let failed = plans.generate(json!({"minNodes": 50})).await;
    assert_eq!(
        (&failed["status"], &failed["errors"][0]["reason"]),
        (&json!("error"), &json!("rebalancingPlanGenerationFailed"))
    );
    assert!(failed["errors"][0]["message"].as_str().unwrap().contains("50"), "{failed}");
    assert!(plans.execute(&failed).await.expect(409).message().contains("`error`"));
}

#[tokio::test(flavor = "multi_thread")]
async fn aggressive_mode_moves_what_is_left_alone_otherwise() {
    let server = TestServer::start().await;
    let mut objects = Cluster::wasteful();
    // A pod that nobody would make again, one with a mark, and one that keeps data, each on a node of its own.
    objects.deployment_with("shop/cache", 1, Size(100, 128), &["node-a"], |template| {
        template["spec"]["volumes"] = json!([{"name": "scratch", "emptyDir": {}}]);
    });
    objects.deployment_with("shop/marked", 1, Size(100, 128), &["node-b"], |template| {
        template["metadata"]["annotations"] = json!({"autoscaling.cast.ai/removal-disabled": "true"});
    });
    objects.deployment("shop/lone", 1, Size(100, 128), &["node-c"]);
    let lone = objects.of_kind("Pod").find(|pod| pod["metadata"]["name"] == "lone-5d4c-0").unwrap();
    lone["metadata"].as_object_mut().unwrap().remove("ownerReferences");
    let plans = Plans::of(&server, &objects).await;

    let saved = async |body: Value| {
        let plan = plans.generate(body).await;
        assert_eq!(plan["status"], "generated", "{plan}");
        money(&plan["configurations"]["diff"]["priceHourly"])
    };
    assert_eq!(saved(json!({})).await, Money::default(), "no node can go");
    let config = |flag: &str| json!({"aggressiveModeConfig": {flag: true}});
    for flag in [
        "ignoreLocalPersistentVolumes",
        "ignoreProblemRemovalDisabledPods",
        "ignoreProblemPodsWithoutController",
    ] {
        assert!(saved(config(flag)).await > Money::default(), "{flag} frees a node");
    }
    let all = plans.generate(json!({"aggressiveMode": true})).await;
    assert_eq!(all["aggressiveMode"], true);
    assert_eq!(all["configurations"]["blue"]["totals"]["replaceableNodes"], 3, "{all}");
    assert_eq!(all["configurations"]["blue"]["totals"]["problematicPods"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_executed_that_no_longer_holds_or_nobody_allowed() {
    let server = TestServer::start().await;
    let mut objects = Cluster::wasteful();
    let plans = Plans::of(&server, &objects).await;
    let plan = plans.generate(json!({})).await;
    let refused = async |plan: &Value| plans.execute(plan).await.expect(409).message();

    // A cluster is watched until everything is there that it takes to act, and somebody said so.
    assert!(refused(&plan).await.contains("no controller has connected"));
    plans.cluster.controller_appears();
    assert!(refused(&plan).await.contains("policies are not enabled"));
    plans.ask("PUT", "/policies").json(json!({"enabled": true})).await.expect(200);
    assert!(refused(&plan).await.contains("no cloud driver for aws"), "{}", refused(&plan).await);

    // What has changed since is said in words.
    objects.items.retain(|object| object["metadata"]["name"] != "node-b");
    plans.snapshot(&objects).await;
    assert!(refused(&plan).await.contains("node node-b is gone"), "{}", refused(&plan).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_plan_is_not_executed() {
    let server = TestServer::start().await;
    let plans = Plans::of(&server, &Cluster::wasteful()).await;
    let plan = plans.generate(json!({})).await;
    let cancelled = plans.cancel(&plan).await.expect(202).json();
    assert_eq!(
        (&cancelled["status"], &cancelled["rebalancingPlanId"]),
        (&json!("error"), &plan["rebalancingPlanId"])
    );
    let error = &cancelled["errors"][0];
    assert_eq!(error["reason"], "unknown");
    assert!(error["message"].as_str().unwrap().starts_with("cancelled by "), "{error}");
    assert!(cancelled["finishedAt"].is_string());
    assert!(plans.execute(&plan).await.expect(409).message().contains("`error`"));
    assert!(plans.cancel(&plan).await.expect(409).message().contains("it has ended"));

    // The audit log has who asked, what was made, and who cancelled.
    let path = format!("/v1/audit?clusterId={}", plans.cluster.id);
    let audit = server.get(&path).key(&server.owner_key).await.expect(200).json();
    let told: Vec<&str> =
        audit["items"].as_array().unwrap().iter().filter_map(|entry| entry["eventType"].as_str()).collect();
    let of_plan: Vec<&str> = told.into_iter().filter(|word| word.starts_with("rebalancingPlan")).collect();
    assert_eq!(of_plan, ["rebalancingPlanCancelled", "rebalancingPlanGenerated", "rebalancingPlanRequested"]);
}
