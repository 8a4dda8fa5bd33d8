//! Node configurations, called as Terraform calls them: create, read, plan, change, import, destroy.

use serde_json::{Value, json};
use server::auth::permission::Role;

use crate::connected::{CLUSTERS, Connected, eks};
use crate::harness::{Request, Tenant, TestServer};

/// The configurations of a cluster, as an owner calls for them.
pub struct Configurations<'s> {
    server: &'s TestServer,
    path: String,
}

impl<'s> Configurations<'s> {
    pub fn of(server: &'s TestServer, cluster: impl std::fmt::Display) -> Self {
        Self { server, path: format!("/v1/kubernetes/clusters/{cluster}/node-configurations") }
    }

    pub fn ask(&self, method: &str, rest: &str) -> Request {
        self.server.request(method, &format!("{}{rest}", self.path)).key(&self.server.owner_key)
    }

    pub async fn create(&self, body: &Value) -> Value {
        self.ask("POST", "").json(body.clone()).await.expect(200).json()
    }

    pub async fn get(&self, id: &Value) -> Value {
        self.ask("GET", &format!("/{}", text(id))).await.expect(200).json()
    }

    pub async fn all(&self) -> Vec<Value> {
        self.ask("GET", "").await.expect(200).json()["items"].as_array().unwrap().clone()
    }

    /// The names of those that are the default.
    pub async fn defaults(&self) -> Vec<String> {
        let all = self.all().await;
        let defaults = all.iter().filter(|one| one["default"] == true);
        defaults.map(|one| text(&one["name"]).to_owned()).collect()
    }
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// What Terraform sends when everything is configured.
fn everything() -> Value {
    json!({
        "name": "gpu nodes", "diskCpuRatio": 25, "drainTimeoutSec": 0, "minDiskSize": 120,
        "subnets": ["subnet-b", "subnet-a"], "sshPublicKey": "c3NoLWVkMjU1MTk=", "image": "ami-1",
        "tags": {"team": "shop", "Cost Center": "7"}, "initScript": "ZWNobyBoaQo=", "containerRuntime": "containerd",
        "dockerConfig": {"insecure-registries": ["r:5000"], "max-concurrent-downloads": 10, "a": {"b": [1.5, true]}},
        "kubeletConfig": {"registryPullQPS": 50, "evictionHard": {"memory.available": "100Mi"}, "snake_case": {}},
        "eks": {
            "dnsClusterIp": "10.100.0.10", "instanceProfileArn": "arn:aws:iam::123456789012:instance-profile/nodes",
            "nodeGroupArn": "arn:aws:eks:us-east-1:123456789012:nodegroup/shop/a/b", "keyPairId": "key-1",
            "securityGroups": ["sg-2", "sg-1"], "volumeType": "gp3", "volumeIops": 3000, "volumeThroughput": 125,
            "imdsV1": true, "imdsHopLimit": 2, "ipsPerPrefix": 0, "threadsPerCpu": 2,
            "volumeKmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1", "enaQueueCountPerInterface": 8,
            "maxPodsPerNodeFormula": "math.least(110, NUM_MAX_NET_INTERFACES * (NUM_IP_PER_INTERFACE - 1) + 2)",
            "targetGroups": [{"arn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/a/1", "port": 80}],
            "imageFamily": "FAMILY_BOTTLEROCKET",
        },
    })
}

/// Whether `shown` holds everything of `sent`, to the letter.
fn echoes(shown: &Value, sent: &Value) {
    for (field, value) in sent.as_object().unwrap() {
        assert_eq!(shown[field], *value, "{field}");
    }
}

#[tokio::test]
async fn what_terraform_sets_is_read_back_without_a_difference() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    let configurations = Configurations::of(&server, shop.id);

    // Apply: create, then read.
    let created = configurations.create(&everything()).await;
    let id = &created["id"];
    let read = configurations.get(id).await;
    assert_eq!(read, created);
    echoes(&read, &everything());
    assert_eq!((&read["default"], &read["version"]), (&json!(false), &json!(1)));
    // What was not set is not there.
    for (at, field) in [("", "gke"), ("", "aks"), ("", "kops"), ("/eks", "targetGroup")] {
        assert!(read.pointer(at).unwrap().get(field).is_none(), "{at} {field}");
    }
    // Plan without changes: the same read. Change: the update names no name, and replaces.
    let change = json!({
        "diskCpuRatio": 0, "drainTimeoutSec": 60, "minDiskSize": 100, "subnets": ["subnet-a"],
        "eks": {"instanceProfileArn": "arn:aws:iam::123456789012:instance-profile/nodes", "imdsV1": false},
    });
    let path = format!("/{}", text(id));
    configurations.ask("POST", &path).json(change.clone()).await.expect(200);
    let read = configurations.get(id).await;
    echoes(&read, &change);
    assert_eq!(
        (&read["name"], &read["version"], &read["tags"]),
        (&json!("gpu nodes"), &json!(2), &json!({})),
        "unset in the change, unset now"
    );
    for field in ["sshPublicKey", "image", "initScript", "containerRuntime", "dockerConfig", "kubeletConfig"]
    {
        assert!(read.get(field).is_none(), "{field}");
    }
    assert_eq!(read["eks"], change["eks"]);
    // The same again changes nothing, not even the version.
    configurations.ask("POST", &path).json(change).await.expect(200);
    assert_eq!(configurations.get(id).await, read);

    // Import by name looks the name up in the list.
    let all = configurations.all().await;
    assert!(all.iter().any(|one| one["name"] == "gpu nodes" && one["id"] == *id));
    // Destroy: read, then delete what is no default.
    assert_eq!(configurations.ask("DELETE", &path).await.expect(200).json(), json!({}));
    configurations.ask("GET", &path).await.expect(404);
    configurations.ask("DELETE", &path).await.expect(404);
}

#[tokio::test]
async fn trap_16_a_configuration_of_the_same_name_is_overwritten() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    let configurations = Configurations::of(&server, shop.id);
    let first = configurations.create(&everything()).await;
    let minimal = json!({
        "name": "gpu nodes", "diskCpuRatio": 0, "minDiskSize": 100, "subnets": [],
        "eks": {"instanceProfileArn": "arn:aws:iam::123456789012:instance-profile/nodes"},
    });
    let second = configurations.create(&minimal).await;
    assert_eq!((&second["id"], &second["version"]), (&first["id"], &json!(2)));
    assert!(second.get("image").is_none());
    // The default one, too: it stays the default.
    let mut named_default = minimal.clone();
    named_default["name"] = json!("default");
    let default = configurations.create(&named_default).await;
    assert_eq!(default["default"], true);
    assert_eq!(configurations.all().await.len(), 2);
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused_by_name() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    let configurations = Configurations::of(&server, shop.id);
    let profile = "arn:aws:iam::123456789012:instance-profile/nodes";
    let base = json!({"name": "n", "eks": {"instanceProfileArn": profile}});
    for (pointer, value, field) in [
        ("/name", json!("  "), "name"),
        ("/eks", json!(null), "eks"),
        ("/gke", json!({}), "gke"),
        ("/minDiskSize", json!(29), "minDiskSize"),
        ("/diskCpuRatio", json!(-1), "diskCpuRatio"),
        ("/drainTimeoutSec", json!(3601), "drainTimeoutSec"),
        ("/containerRuntime", json!("RKT"), "containerRuntime"),
        ("/initScript", json!("#!/bin/sh"), "initScript"),
        ("/kubeletConfig", json!("text"), "kubeletConfig"),
        ("/subnets", json!(["a", " "]), "subnets[1]"),
        ("/tags", json!({"": "x"}), "tags."),
        ("/eks/instanceProfileArn", json!("nodes"), "eks.instanceProfileArn"),
        ("/eks/imageFamily", json!("FAMILY_TREE"), "eks.imageFamily"),
        ("/eks/volumeType", json!("floppy"), "eks.volumeType"),
        ("/eks/ipsPerPrefix", json!(2), "eks.ipsPerPrefix"),
        ("/eks/imdsHopLimit", json!(65), "eks.imdsHopLimit"),
        ("/eks/dnsClusterIp", json!("dns"), "eks.dnsClusterIp"),
        ("/eks/maxPodsPerNodeFormula", json!("NUM_CPU +"), "eks.maxPodsPerNodeFormula"),
        ("/eks/targetGroups", json!([{"port": 80}]), "eks.targetGroups[0].arn"),
    ] {
        let mut body = base.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[key] = value;
        let refused = configurations.ask("POST", "").json(body).await.expect(400);
        assert_eq!(refused.json()["fieldViolations"][0]["field"], field, "{}", refused.text());
    }
    assert_eq!(configurations.all().await.len(), 1, "nothing was half done");
}

#[tokio::test]
async fn each_provider_has_its_block() {
    let server = TestServer::start().await;
    for (registration, block) in [
        (
            json!({"name": "g", "gke": {"projectId": "p", "location": "l", "region": "r", "clusterName": "g"}}),
            json!({"gke": {
                "maxPodsPerNode": 110, "maxPodsPerNodeFormula": "NUM_CPU * 4", "networkTags": ["b", "a"], "diskType": "pd-ssd",
                "zones": ["z"], "useEphemeralStorageLocalSsd": true, "secondaryIpRange": {"rangeName": "pods"},
                "onHostMaintenance": "TERMINATE", "minCpuPlatform": "Intel Ice Lake",
                "fallbackConfiguration": {"fallbackInstanceType": "e2-standard-4"},
                "loadBalancers": [{"targetBackendPools": [{"name": "t"}], "unmanagedInstanceGroups": [{"name": "u", "zone": "z"}]}],
            }}),
        ),
        (
            json!({"name": "a", "aks": {"subscriptionId": "s", "region": "r", "nodeResourceGroup": "n"}}),
            json!({"aks": {
                "maxPodsPerNode": 30, "osDiskType": "OS_DISK_TYPE_STANDARD", "imageFamily": "family_ubuntu_2204",
                "osDiskEphemeral": {"placement": "PLACEMENT_NVME_DISK", "cacheType": "READ_ONLY"},
                "loadBalancers": [{"id": "l", "ipBasedBackendPools": [{"name": "i"}], "nicBasedBackendPools": [{"name": "n"}]}],
                "publicIp": {"ipPrefix": "p", "tags": [{"ipTagType": "RoutingPreference", "tagValue": "Internet"}], "idleTimeoutInMinutes": 4},
                "networkSecurityGroupId": "g", "applicationSecurityGroupIds": ["a"], "podSubnetId": "p",
                "enableEncryptionAtHost": false, "acceleratedNetworking": "ACCELERATED_NETWORKING_MODE_DISABLED",
            }}),
        ),
        (
            json!({"id": "5f0c2f0e-0d55-4b8e-a8a5-2a1b6d3d9c01", "name": "k", "kops": {"clusterName": "k", "cloud": "aws", "region": "r", "stateStore": "s"}}),
            json!({"kops": {"keyPairId": "key"}}),
        ),
        // A block that nothing requires may be left out, and does not come back.
        (
            json!({"name": "h", "gke": {"projectId": "p", "location": "l", "region": "r", "clusterName": "h"}}),
            json!({}),
        ),
    ] {
        let cluster = Connected::register(&server, registration).await;
        let configurations = Configurations::of(&server, cluster.id);
        let mut body = block.clone();
        body["name"] = json!("n");
        let created = configurations.create(&body).await;
        let read = configurations.get(&created["id"]).await;
        echoes(&read, &block);
        let blocks = ["eks", "gke", "aks", "kops", "selfHostedWithEc2Nodes"];
        let shown = blocks.iter().filter(|name| read.get(**name).is_some()).count();
        assert_eq!(shown, block.as_object().unwrap().len(), "{read}");
    }
}

#[tokio::test]
async fn suggestions_come_from_what_the_cluster_tells() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    let configurations = Configurations::of(&server, shop.id);
    let suggested = async || configurations.ask("GET", "/suggestions").await.expect(200).json();
    let nothing = json!({"instanceProfiles": [], "securityGroups": [], "subnets": []});
    assert_eq!(suggested().await, nothing, "nothing is invented");
    configurations.create(&everything()).await;
    assert_eq!(
        suggested().await,
        json!({
            "instanceProfiles": [{"arn": "arn:aws:iam::123456789012:instance-profile/nodes", "name": "nodes"}],
            "securityGroups": [{"id": "sg-1"}, {"id": "sg-2"}],
            "subnets": [{"id": "subnet-a"}, {"id": "subnet-b"}],
        })
    );
    let mut snapshot = crate::agent::delta(true, &[("add", "n")]);
    let labels = &mut snapshot["items"][0]["data"]["metadata"]["labels"];
    for (name, value) in [("subscription", "s"), ("resourcegroup", "r"), ("name", "v"), ("subnet", "n")] {
        labels[format!("kubernetes.azure.com/network-{name}")] = json!(value);
    }
    shop.send(&snapshot).await.expect(200);
    assert_eq!(
        suggested().await["subnets"][0]["id"],
        "/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/virtualNetworks/v/subnets/n"
    );
}

#[tokio::test]
async fn presets_are_formulas_that_are_accepted() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    let answer = server.get("/v1/kubernetes/maxpods-formula-presets").key(&server.owner_key).await;
    for preset in answer.expect(200).json()["presets"].as_array().unwrap() {
        let profile = "arn:aws:iam::123456789012:instance-profile/nodes";
        let body =
            json!({"name": "n", "eks": {"instanceProfileArn": profile, "maxPodsPerNodeFormula": preset}});
        Configurations::of(&server, shop.id).create(&body).await;
    }
}

#[tokio::test]
async fn a_change_is_audited_without_what_is_private() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    let configurations = Configurations::of(&server, shop.id);
    let created = configurations.create(&everything()).await;
    let viewer = server.key_of(Role::Viewer).await;
    let path = format!("{}/{}", configurations.path, text(&created["id"]));
    server.get(&path).key(&viewer).await.expect(200);
    server.post(&path).key(&viewer).json(json!({})).await.expect(403);
    configurations.ask("DELETE", &format!("/{}", text(&created["id"]))).await.expect(200);

    let entries = server.get("/v1/audit").key(&server.owner_key).await.expect(200);
    assert!(!entries.text().contains("ZWNobyBoaQo="), "a script may hold secrets");
    let entries = entries.json()["items"].as_array().unwrap().clone();
    let told = |event_type: &str| {
        let one = entries.iter().find(|entry| entry["eventType"] == event_type);
        one.unwrap_or_else(|| panic!("no {event_type}"))["event"]["nodeConfiguration"].clone()
    };
    assert_eq!(told("nodeConfigurationDeleted")["name"], "gpu nodes");
    assert_eq!(told("nodeConfigurationCreated")["settings"]["minDiskSize"], 120);
}

#[tokio::test]
async fn what_belongs_to_others_or_is_deleted_cannot_be_changed() {
    let server = TestServer::start().await;
    let theirs = Tenant::new(&server.app, "Another").await.cluster("theirs").await;
    Configurations::of(&server, theirs).ask("GET", "").await.expect(404);
    let shop = Connected::register(&server, eks("shop")).await;
    let configurations = Configurations::of(&server, shop.id);
    let created = configurations.create(&everything()).await;
    server.delete(&format!("{CLUSTERS}/{}", shop.id)).key(&server.owner_key).await.expect(204);
    configurations.ask("POST", "").json(everything()).await.expect(409);
    // Terraform still cleans up.
    configurations.ask("DELETE", &format!("/{}", text(&created["id"]))).await.expect(200);
}
