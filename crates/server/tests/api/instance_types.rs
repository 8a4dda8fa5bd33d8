//! Machine types that a template admits, and templates that workloads ask for.

use serde_json::{Value, json};

use crate::agent::delta;
use crate::connected::{Connected, eks};
use crate::harness::TestServer;

async fn filtered(server: &TestServer, cluster: &Connected<'_>, constraints: Value) -> Vec<Value> {
    let path = format!("/v1/kubernetes/clusters/{}/filter-instance-types", cluster.id);
    let body = json!({"constraints": constraints});
    let answer = server.post(&path).key(&server.owner_key).json(body).await.expect(200).json();
    answer["availableInstanceTypes"].as_array().unwrap().clone()
}

#[tokio::test]
async fn with_an_empty_body_everything_on_offer_in_the_region_is_listed_once() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    let path = format!("/v1/kubernetes/clusters/{}/filter-instance-types", shop.id);
    let all = server.post(&path).key(&server.owner_key).await.expect(200).json();
    let all = all["availableInstanceTypes"].as_array().unwrap();
    let on_offer = server.app.catalog.offers(model::Provider::Aws, "us-east-1");
    let names: Vec<&str> = all.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(names.iter().copied().eq(on_offer.iter().map(|offer| &*offer.instance_type.name)));
    let m5 = all.iter().find(|one| one["name"] == "m5.xlarge").unwrap();
    assert_eq!(
        *m5,
        json!({
            "name": "m5.xlarge", "family": "m5", "csp": "aws", "region": "us-east-1", "architecture": "amd64",
            "cpu": "4", "memory": "16384", "cpuCost": 0.048, "cpuManufacturers": ["INTEL"], "os": "linux",
            "availableGpuDevices": [], "burstable": false, "customerSpecific": false, "isBareMetal": false,
            "isComputeOptimized": false, "storageOptimizedOption": "Never",
        })
    );
    let zoned = format!("{path}?disableInstanceTypeDeduplication=true");
    let body = json!({"constraints": {"azs": ["us-east-1b", "us-east-1a"], "instanceFamilies": {"include": ["m5"]}}});
    let zoned = server.post(&zoned).key(&server.owner_key).json(body).await.expect(200).json();
    let of_m5 =
        zoned["availableInstanceTypes"].as_array().unwrap().iter().filter(|one| one["name"] == "m5.xlarge");
    assert_eq!(of_m5.map(|one| &one["zone"]).collect::<Vec<_>>(), ["us-east-1a", "us-east-1b"]);
}

#[tokio::test]
async fn every_constraint_leaves_exactly_what_it_says() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    let everything = filtered(&server, &shop, json!({})).await.len();
    let number = |one: &Value, name: &str| one[name].as_str().unwrap().parse::<i64>().unwrap();
    let gpu = |one: &Value, name: &str| one["availableGpuDevices"][0][name].clone();
    type Holds<'a> = Box<dyn Fn(&Value) -> bool + 'a>;
    let cases: [(Value, Holds<'_>); 16] = [
        (json!({"minCpu": 4, "maxCpu": 8}), Box::new(|one| (4..=8).contains(&number(one, "cpu")))),
        (
            json!({"minMemory": 8192, "maxMemory": 16384}),
            Box::new(|one| (8192..=16384).contains(&number(one, "memory"))),
        ),
        (json!({"architectures": ["arm64"]}), Box::new(|one| one["architecture"] == "arm64")),
        (
            json!({"instanceFamilies": {"include": ["m5", "C5"]}}),
            Box::new(|one| one["family"] == "m5" || one["family"] == "c5"),
        ),
        (json!({"instanceFamilies": {"exclude": ["m5"]}}), Box::new(|one| one["family"] != "m5")),
        (json!({"burstable": "DISABLED"}), Box::new(|one| one["burstable"] == false)),
        (json!({"bareMetal": true}), Box::new(|one| one["isBareMetal"] == true)),
        (json!({"computeOptimized": true}), Box::new(|one| one["isComputeOptimized"] == true)),
        (json!({"storageOptimized": false}), Box::new(|one| one["storageOptimizedOption"] != "Always")),
        (json!({"cpuManufacturers": ["AMD"]}), Box::new(|one| one["cpuManufacturers"] == json!(["AMD"]))),
        (json!({"isGpuOnly": true}), Box::new(|one| one["availableGpuDevices"] != json!([]))),
        (
            json!({"isGpuOnly": true, "gpu": {"includeNames": ["nvidia-tesla-t4"], "minCount": 4, "maxCount": 4}}),
            Box::new(|one| gpu(one, "name") == "T4" && gpu(one, "count") == 4),
        ),
        (
            json!({"isGpuOnly": true, "gpu": {"manufacturers": ["nvidia"], "fractionalGpus": "DISABLED"}}),
            Box::new(|one| gpu(one, "manufacturer") == "NVIDIA" && gpu(one, "fractional") == false),
        ),
        (json!({"maxPricePerCpu": 0.03}), Box::new(|one| one["cpuCost"].as_f64().unwrap() <= 0.03)),
        (json!({"azs": ["us-east-1e"]}), Box::new(|one| one["name"] != "c7g.large")),
        (
            json!({"onDemand": true, "minCpu": null, "storageOptimized": null, "maxCpu": 0, "azs": []}),
            Box::new(|_| true),
        ),
    ];
    for (constraints, holds) in cases {
        let left = filtered(&server, &shop, constraints.clone()).await;
        let wrong: Vec<_> = left.iter().filter(|one| !holds(one)).take(3).collect();
        assert!(wrong.is_empty(), "{constraints}: {wrong:?}");
        let all = filtered(&server, &shop, json!({})).await;
        let expected = all.iter().filter(|one| holds(one)).count();
        assert!(!left.is_empty() && left.len() <= everything, "{constraints}");
        if !constraints["azs"].is_array() {
            assert_eq!(left.len(), expected, "{constraints}: what fits is all there");
        }
    }
    let spot = filtered(&server, &shop, json!({"spot": true, "instanceFamilies": {"include": ["m5"]}})).await;
    let xlarge = spot.iter().find(|one| one["name"] == "m5.xlarge").unwrap();
    assert!(xlarge["cpuCost"].as_f64().unwrap() < 0.048, "the price of spot");
    assert_eq!(filtered(&server, &shop, json!({"os": ["windows"]})).await, [] as [Value; 0]);
    let path = format!("/v1/kubernetes/clusters/{}/filter-instance-types", shop.id);
    let refused =
        server.post(&path).key(&server.owner_key).json(json!({"constraints": {"minCpu": -1}})).await;
    assert_eq!(refused.expect(400).json()["fieldViolations"][0]["field"], "constraints.minCpu");
}

/// A Job's pod that waits, with `spec` laid over its own.
fn pod(name: &str, spec: Value) -> Value {
    let mut all = json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": "250m"}}}]});
    for (name, value) in spec.as_object().unwrap() {
        all[name] = value.clone();
    }
    json!({"event": "add", "kind": "Pod", "createdAt": "2026-11-02T10:30:00Z", "data": {
        "metadata": {"name": name, "namespace": "jobs", "uid": name},
        "spec": all, "status": {"phase": "Pending"},
    }})
}

#[tokio::test]
async fn templates_are_proposed_for_what_workloads_select_and_no_template_gives() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    let path = format!("/v1/kubernetes/clusters/{}/generate-node-templates", shop.id);
    let proposals = async || {
        let answer = server.post(&path).key(&server.owner_key).await.expect(200).json();
        answer["items"].as_array().unwrap().clone()
    };
    assert!(proposals().await.is_empty(), "nothing is known yet");

    let mut snapshot = delta(true, &[("add", "one"), ("add", "two")]);
    snapshot["items"][0]["data"]["metadata"]["labels"]["team"] = json!("ml");
    let tolerates = json!([{"key": "dedicated", "operator": "Equal", "value": "ml", "effect": "NoSchedule"}]);
    let asks = json!({
        "nodeSelector": {"team": "ml", "kubernetes.io/arch": "arm64"}, "tolerations": tolerates,
    });
    let by_name = json!({"nodeSelector": {"scheduling.cast.ai/node-template": "batch"}});
    let anywhere = json!({"nodeSelector": {"kubernetes.io/os": "linux"}, "tolerations": tolerates});
    let pods = [pod("a", asks.clone()), pod("b", asks), pod("c", by_name), pod("d", anywhere)];
    snapshot["items"].as_array_mut().unwrap().extend(pods);
    shop.send(&snapshot).await.expect(200);

    let made = proposals().await;
    let [ml, batch] = &made[..] else { panic!("{made:?}") };
    assert_eq!(
        ml["template"],
        json!({
            "name": "ml", "isDefault": false, "isEnabled": true, "shouldTaint": true,
            "customLabels": {"team": "ml"}, "constraints": {"architectures": ["arm64"]},
            "customTaints": [{"key": "dedicated", "value": "ml", "effect": "NoSchedule"}],
        })
    );
    assert_eq!(ml["stats"]["countOnDemand"], 1);
    let reason = ml["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("2 pods of jobs/pod/a, jobs/pod/b can run only on nodes with team=ml"),
        "{reason}"
    );
    assert_eq!(batch["template"]["name"], "batch");

    let templates = format!("/v1/kubernetes/clusters/{}/node-templates", shop.id);
    for one in &made {
        server.post(&templates).key(&server.owner_key).json(one["template"].clone()).await.expect(200);
    }
    assert_eq!(proposals().await, [] as [Value; 0], "a proposal serves those it was made for");
}

#[tokio::test]
async fn templates_are_listed_with_the_nodes_that_carry_their_label() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    let templates = format!("/v1/kubernetes/clusters/{}/node-templates", shop.id);
    server.post(&templates).key(&server.owner_key).json(json!({"name": "batch"})).await.expect(200);
    let mut snapshot = delta(true, &[("add", "one"), ("add", "two"), ("add", "three"), ("add", "four")]);
    for (index, labels) in [
        (0, json!({"scheduling.cast.ai/node-template": "batch"})),
        (1, json!({"scheduling.cast.ai/node-template": "batch", "scheduling.cast.ai/spot": "true"})),
        (2, json!({"scheduling.cast.ai/node-template": "default-by-castai"})),
    ] {
        for (name, value) in labels.as_object().unwrap() {
            snapshot["items"][index]["data"]["metadata"]["labels"][name] = value.clone();
        }
    }
    shop.send(&snapshot).await.expect(200);
    let list = async |query: &str| {
        let answer =
            server.get(&format!("{templates}?includeDefault=true{query}")).key(&server.owner_key).await;
        let items = answer.expect(200).json()["items"].clone();
        items.as_array().unwrap().iter().map(|one| one["stats"].clone()).collect::<Vec<_>>()
    };
    let stats = |on_demand, spot| json!({"countOnDemand": on_demand, "countSpot": spot, "countFallback": 0, "countSoleTenant": 0});
    assert_eq!(list("").await, [stats(1, 0), stats(1, 1)]);
    assert_eq!(list("&excludeStats=true").await, [stats(0, 0), stats(0, 0)]);
}
