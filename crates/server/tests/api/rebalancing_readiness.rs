//! What is in the way of rebalancing: which workloads and nodes are ready, and why others are not.

use serde_json::{Value, json};

use crate::harness::TestServer;
use crate::plan::cluster::{Cluster, Size};
use crate::rebalancing_plan::Plans;

/// The wasteful cluster with something in the way on each node: local data on `node-a`, a budget that allows
/// nothing on `node-b`, a pod that nobody would make again on `node-c`; and a marked node `node-d`.
fn obstructed() -> Cluster {
    let mut objects = Cluster::wasteful();
    objects.deployment_with("shop/cache", 2, Size(100, 128), &["node-a"], |template| {
        template["spec"]["volumes"] = json!([{"name": "scratch", "emptyDir": {}}]);
    });
    objects.deployment("shop/guarded", 1, Size(100, 128), &["node-b"]);
    objects.budget("shop/guarded", json!({"maxUnavailable": 0}), 0, 1);
    objects.deployment("shop/lone", 1, Size(100, 128), &["node-c"]);
    let lone = objects.of_kind("Pod").find(|pod| pod["metadata"]["name"] == "lone-5d4c-0").unwrap();
    lone["metadata"].as_object_mut().unwrap().remove("ownerReferences");
    let marked = objects.node("node-d", "us-east-1a", "m5.large", "general");
    marked["metadata"]["annotations"] = json!({"autoscaling.cast.ai/removal-disabled": "true"});
    objects
}

fn named<'v>(list: &'v Value, name: &str) -> &'v Value {
    let found = list.as_array().unwrap().iter().find(|one| one["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {list}"))
}

#[tokio::test]
async fn workloads_that_cannot_be_moved_say_why_and_what_they_keep() {
    let server = TestServer::start().await;
    let plans = Plans::of(&server, &obstructed()).await;
    let table = plans.ask("GET", "/workloads").await.expect(200).json();
    assert_eq!(table["clusterId"], json!(plans.cluster.id));
    let workloads = &table["workloads"];

    let web = named(workloads, "web");
    assert_eq!((&web["resource"], &web["namespace"]), (&json!("Deployment"), &json!("shop")));
    assert_eq!((&web["status"]["migrationStatus"], &web["issues"]), (&json!("ready"), &json!([])));
    assert_eq!(
        (&web["replicas"], &web["milliCpu"], &web["memoryMib"]),
        (&json!(12), &json!(3_000), &json!(6_144))
    );
    assert_eq!(web["costImpact"], json!({"level": "low", "value": 0}));
    let node = named(&web["nodes"], "node-a");
    assert_eq!(
        node["status"],
        json!({"migrationStatus": "not-ready", "reason": "ProblematicWorkloads"}),
        "the pods of another workload keep the node"
    );
    assert_eq!(
        (&node["totalPods"], &node["totalProblematicPods"], &node["workloadReplicas"]),
        (&json!(6), &json!(2), &json!(4))
    );
    assert_eq!(node["specs"]["instanceType"], "m5.2xlarge");

    let cache = named(workloads, "cache");
    assert_eq!(cache["status"]["migrationStatus"], "not-ready");
    assert_eq!(cache["issues"][0]["kind"], "EmptyDir");
    assert!(
        cache["issues"][0]["description"].as_str().unwrap().starts_with("2 pods: local storage"),
        "{cache}"
    );
    // One of three large nodes and a small one that costs a quarter of them: 4 / 13.
    assert_eq!(cache["costImpact"], json!({"level": "medium", "value": 30}));
    assert_eq!(named(workloads, "guarded")["issues"][0]["kind"], "BudgetForbids");
    let lone = named(workloads, "lone-5d4c-0");
    assert_eq!((&lone["resource"], &lone["issues"][0]["kind"]), (&json!("Pod"), &json!("Naked")));
}

#[tokio::test]
async fn problems_are_listed_by_workload_and_by_node() {
    let server = TestServer::start().await;
    let plans = Plans::of(&server, &obstructed()).await;
    let found = plans.ask("GET", "/problematic-workloads").await.expect(200).json();
    assert_eq!(found["hasProblems"], true);
    let names: Vec<&Value> =
        found["controllers"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["shop/cache", "shop/guarded"]);
    assert_eq!(found["standalonePods"][0]["name"], "shop/lone-5d4c-0");
    // Aggressive mode overrules all but the budget.
    let left = plans.ask("GET", "/problematic-workloads?aggressiveMode=true").await.expect(200).json();
    assert_eq!(
        (&left["controllers"], &left["standalonePods"]),
        (
            &json!([{"kind": "Deployment", "name": "shop/guarded",
                "problems": ["PodDisruptionBudget shop/guarded never allows a disruption"]}]),
            &json!([])
        )
    );

    let nodes = plans.ask("GET", "/problematic-nodes").await.expect(200).json();
    assert_eq!((&nodes["hasProblems"], nodes["nodes"].as_array().unwrap().len()), (&json!(true), 4));
    let problems = |name: &str| named(&nodes["nodes"], name)["problems"].as_array().unwrap().clone();
    assert_eq!(problems("node-a").len(), 2, "one for each pod");
    assert_eq!(problems("node-c"), ["pod shop/lone-5d4c-0: naked: no controller would bring it back"]);
    assert_eq!(problems("node-d"), ["the node is marked autoscaling.cast.ai/removal-disabled"]);

    // The planner sees it the same way: nothing can go.
    let plan = plans.generate(json!({})).await;
    assert_eq!(plan["configurations"]["blue"]["totals"]["replaceableNodes"], 0, "{plan}");
}

#[tokio::test]
async fn an_unobstructed_cluster_has_no_problems_and_tells_its_settings() {
    let server = TestServer::start().await;
    let plans = Plans::of(&server, &Cluster::wasteful()).await;
    for view in ["problematic-workloads", "problematic-nodes"] {
        let found = plans.ask("GET", &format!("/{view}")).await.expect(200).json();
        assert_eq!(found["hasProblems"], false, "{found}");
    }
    let rebalanced = plans.ask("GET", "/rebalanced-workloads").await.expect(200).json();
    assert_eq!(rebalanced, json!({"isActive": false, "selectors": []}));
    let settings = plans.ask("GET", "/settings").await.expect(200).json();
    assert_eq!(
        (&settings["agentVersion"], &settings["arm64Supported"], &settings["enableDefaultNodeTemplate"]),
        (&json!("v0.123.1"), &json!(false), &json!(true))
    );
    assert_eq!(settings["karpenterInstalled"], false);
}
