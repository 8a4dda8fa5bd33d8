//! Node templates, as the official provider uses them.

use model::ClusterId;
use serde_json::{Value, json};

use crate::harness::{Answer, TestServer};

async fn start() -> (TestServer, ClusterId, String) {
    let server = TestServer::start().await;
    let cluster = server.tenant().await.cluster("shop").await;
    (server, cluster, format!("/v1/kubernetes/clusters/{cluster}/node-templates"))
}

/// The provider's only way to read a template: its name in the list.
async fn read(server: &TestServer, path: &str, name: &str) -> Option<Value> {
    let list =
        server.get(&format!("{path}?includeDefault=true")).key(&server.owner_key).await.expect(200).json();
    let mut items = list["items"].as_array().unwrap().clone().into_iter();
    items.find(|item| item["template"]["name"] == name).map(|item| item["template"].clone())
}

/// `sent` without its nulls, and with what the server may add.
fn expected(sent: &Value, name: &str, version: &str) -> Value {
    fn without_nulls(value: &Value) -> Value {
        match value {
            Value::Object(fields) => fields
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.clone(), without_nulls(value)))
                .collect(),
            Value::Array(items) => items.iter().map(without_nulls).collect(),
            other => other.clone(),
        }
    }
    let mut expected = without_nulls(sent);
    let fields = expected.as_object_mut().unwrap();
    for (name, value) in [
        ("name", json!(name)),
        ("version", json!(version)),
        ("isEnabled", json!(true)),
        ("isDefault", json!(false)),
    ] {
        fields.insert(name.to_owned(), value);
    }
    for taint in fields.get_mut("customTaints").and_then(Value::as_array_mut).into_iter().flatten() {
        taint.as_object_mut().unwrap().entry("effect").or_insert(json!("NoSchedule"));
    }
    expected
}

/// A template with everything set, as the provider renders it: unset numbers and switches are null.
fn full() -> Value {
    json!({
        "name": "gpu and batch",
        "configurationId": "5f2a3b1c-7e1d-4c3a-9b2f-8d6e5a4c3b21",
        "isDefault": false,
        "shouldTaint": true,
        "clmEnabled": false,
        "customInstancesEnabled": false,
        "customLabels": {"team": "batch", "env": ""},
        "customTaints": [{"key": "dedicated", "value": "batch"}, {"key": "b", "value": "", "effect": "NoExecute"}],
        "edgeLocationIds": ["2f6bdb4c-3f3c-44a5-b8e4-0f7f3c0f0e11"],
        "gpu": {
            "enableTimeSharing": true, "sharingStrategy": "GPU_SHARING_STRATEGY_TIME_SLICING",
            "defaultSharedClientsPerGpu": 4, "sharingConfiguration": {"nvidia-tesla-t4": {"sharedClientsPerGpu": 8}},
            "userManagedGpuDrivers": null,
        },
        "priceAdjustmentConfiguration": {"instanceTypeAdjustments": {"r7a.xlarge": "0.95", "m7a.xlarge": "1.0"}},
        "constraints": all_constraints(),
    })
}

/// Constraints with everything set.
fn all_constraints() -> Value {
    json!({
        "spot": true, "onDemand": true, "useSpotFallbacks": true, "fallbackRestoreRateSeconds": 600,
        "enableSpotDiversity": true, "spotDiversityPriceIncreaseLimitPercent": 20,
        "spotInterruptionPredictionsEnabled": true,
        "spotInterruptionPredictionsType": "interruption-predictions",
        "minCpu": 2, "maxCpu": 64, "minMemory": null, "maxMemory": null, "maxPricePerCpu": 0.05,
        "storageOptimized": null, "computeOptimized": false, "bareMetal": null, "isGpuOnly": false,
        "burstable": "DISABLED", "customerSpecific": "NOT_SET", "os": ["linux"],
        "architectures": ["amd64", "arm64"], "architecturePriority": ["arm64", "amd64"],
        "azs": ["us-east-1b", "us-east-1a"], "cpuManufacturers": ["INTEL", "AMD"],
        "instanceFamilies": {"include": ["m5", "c5", "g4dn"], "exclude": []},
        "gpu": {
            "manufacturers": ["NVIDIA"], "includeNames": [], "excludeNames": ["nvidia-tesla-k80"],
            "minCount": 0, "maxCount": 4, "fractionalGpus": "NOT_SET",
        },
        "customPriority": [
            {"families": ["m5"], "spot": true, "onDemand": false},
            {"families": ["c5"], "spot": true, "onDemand": true},
        ],
        "dedicatedNodeAffinity": [{
            "name": "hosts", "azName": "us-east-1a", "instanceTypes": ["c5.large"],
            "affinity": [{"key": "host", "operator": "in", "values": ["a"]}],
            "maxCpu": null, "cpusPerGpu": null, "minGpusPerNode": null,
        }],
        "resourceLimits": {"cpuLimitEnabled": true, "cpuLimitMaxCores": 200},
        "aws": {"capacityReservations": [{"id": "cr-1", "type": "ON_DEMAND_CAPACITY_RESERVATION"}]},
    })
}

#[tokio::test]
async fn a_template_comes_back_exactly_as_it_was_sent() {
    let (server, _, path) = start().await;
    let post = |body: &Value| server.post(&path).key(&server.owner_key).json(body.clone());
    let full = full();
    let wanted = expected(&full, "gpu and batch", "1");
    assert_eq!(post(&full).await.expect(200).json(), wanted);
    assert_eq!(read(&server, &path, "gpu and batch").await, Some(wanted));
    post(&full).await.expect(409);

    let bare = json!({
        "name": "bare", "isDefault": false, "configurationId": "", "shouldTaint": false, "clmEnabled": null,
        "customInstancesEnabled": false,
    });
    post(&bare).await.expect(200);
    assert_eq!(
        read(&server, &path, "bare").await,
        Some(expected(&bare, "bare", "1")),
        "nothing is filled in"
    );
}

#[tokio::test]
async fn an_update_replaces_and_converges() {
    let (server, _, path) = start().await;
    server.post(&path).key(&server.owner_key).json(full()).await.expect(200);
    // The configuration lost its labels, taints, GPUs, prices and most constraints.
    let update = json!({
        "isDefault": false, "configurationId": "5f2a3b1c-7e1d-4c3a-9b2f-8d6e5a4c3b21", "shouldTaint": false,
        "customInstancesEnabled": false, "customInstancesWithExtendedMemoryEnabled": false,
        "priceAdjustmentConfiguration": {}, "rebalancingConfig": {"minNodes": 2},
        "constraints": {"spot": null, "minCpu": 4, "azs": []},
    });
    let one = format!("{path}/gpu%20and%20batch");
    let put =
        async |body: &Value| -> Answer { server.put(&one).key(&server.owner_key).json(body.clone()).await };
    let mut wanted = expected(&update, "gpu and batch", "2");
    wanted.as_object_mut().unwrap().remove("priceAdjustmentConfiguration");
    for _ in 0..2 {
        assert_eq!(put(&update).await.expect(200).json(), wanted, "an update without change is none");
        assert_eq!(read(&server, &path, "gpu and batch").await.as_ref(), Some(&wanted));
    }
    server.delete(&one).key(&server.owner_key).await.expect(200);
    assert_eq!(read(&server, &path, "gpu and batch").await, None);
    server.delete(&one).key(&server.owner_key).await.expect(404);
    let refused = put(&update).await.expect(404).message();
    assert!(refused.contains("node template not found"), "{refused}");
    let log = server.get("/v1/audit").key(&server.owner_key).await.expect(200).json();
    let told: Vec<_> = log["items"].as_array().unwrap().iter().map(|one| one["eventType"].clone()).collect();
    assert_eq!(told[..3], ["nodeTemplateDeleted", "nodeTemplateUpdated", "nodeTemplateCreated"]);
}

#[tokio::test]
async fn a_template_must_make_sense() {
    let (server, _, path) = start().await;
    for (pointer, value, field) in [
        ("/name", json!(""), "name"),
        ("/isDefault", json!(true), "isDefault"),
        ("/customTaints/0/effect", json!("PreferNoSchedule"), "customTaints[0].effect"),
        ("/customLabels", json!({"a b": "c"}), "customLabels"),
        ("/gpu/defaultSharedClientsPerGpu", json!(49), "gpu.defaultSharedClientsPerGpu"),
        (
            "/priceAdjustmentConfiguration/instanceTypeAdjustments/r7a.xlarge",
            json!("cheap"),
            "priceAdjustmentConfiguration.instanceTypeAdjustments.r7a.xlarge",
        ),
        ("/constraints/minCpu", json!(65), "constraints.minCpu"),
        ("/constraints/maxPricePerCpu", json!(-1), "constraints.maxPricePerCpu"),
        ("/constraints/architectures", json!(["s390x"]), "constraints.architectures"),
        ("/constraints/burstable", json!("SOMETIMES"), "constraints.burstable"),
        ("/constraints/cpuManufacturers", json!(["VIA"]), "constraints.cpuManufacturers[0]"),
        ("/constraints/gpu/minCount", json!(5), "constraints.gpu.minCount"),
        (
            "/constraints/dedicatedNodeAffinity/0/affinity/0/operator",
            json!("near"),
            "constraints.dedicatedNodeAffinity[0].affinity[0].operator",
        ),
    ] {
        let mut body = full();
        match body.pointer_mut(pointer) {
            Some(field) => *field = value,
            None => {
                let (parent, name) = pointer.rsplit_once('/').unwrap();
                body.pointer_mut(parent).unwrap()[name] = value;
            }
        }
        let refused = server.post(&path).key(&server.owner_key).json(body).await.expect(400);
        assert_eq!(refused.json()["fieldViolations"][0]["field"], field);
    }
    let listed = server.get(&path).key(&server.owner_key).await.expect(200).json();
    assert_eq!(listed, json!({"items": []}));
}
