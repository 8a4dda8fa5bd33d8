//! Small clusters as `kubectl get -o json` prints them, made to order.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

/// A cluster of EKS in the making.
#[derive(Clone, Default)]
pub struct Cluster {
    pub items: Vec<Value>,
}

/// A file that goes away with the test.
pub struct TestFile(PathBuf);

impl TestFile {
    pub fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let file = format!("supercargo-plan-{}-{number}-{name}", std::process::id());
        let path = std::env::temp_dir().join(file);
        std::fs::write(&path, content).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    pub fn text(&self) -> String {
        std::fs::read_to_string(&self.0).unwrap()
    }
}

impl Drop for TestFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What a pod of a workload asks for: thousandths of a CPU, and MiB.
#[derive(Clone, Copy)]
pub struct Size(pub u32, pub u32);

impl Cluster {
    /// Three `m5.2xlarge` on demand, one in each zone, with a dozen small pods that would fit on one.
    pub fn wasteful() -> Self {
        let mut cluster = Self::default();
        for (name, zone) in [("node-a", "us-east-1a"), ("node-b", "us-east-1b"), ("node-c", "us-east-1c")] {
            cluster.node(name, zone, "m5.2xlarge", "general");
        }
        cluster.deployment("shop/web", 12, Size(250, 512), &["node-a", "node-b", "node-c"]);
        cluster
    }

    /// A node of a managed group, as large as Amazon makes it.
    pub fn node(&mut self, name: &str, zone: &str, instance_type: &str, group: &str) -> &mut Value {
        let (cpu, memory, pods) = match instance_type {
            "m5.large" => (2_000, 8_192, 29),
            "m5.xlarge" => (4_000, 16_384, 58),
            "m5.2xlarge" => (8_000, 32_768, 58),
            other => panic!("how large is {other}?"),
        };
        let seen = memory * 925 / 1000;
        let amounts = |cpu: u32, memory: u32| {
            json!({"cpu": format!("{cpu}m"), "memory": format!("{memory}Mi"), "pods": pods.to_string(),
                "ephemeral-storage": "70Gi"})
        };
        self.items.push(json!({"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "uid": format!("uid-{name}"), "creationTimestamp": "2026-01-01T00:00:00Z",
                "annotations": {},
                "labels": {"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux", "kubernetes.io/hostname": name,
                    "node.kubernetes.io/instance-type": instance_type, "topology.kubernetes.io/region": "us-east-1",
                    "topology.kubernetes.io/zone": zone, "eks.amazonaws.com/nodegroup": group,
                    "eks.amazonaws.com/capacityType": "ON_DEMAND"}},
            "spec": {"providerID": format!("aws:///{zone}/i-{name}")},
            "status": {"capacity": amounts(cpu, seen), "allocatable": amounts(cpu - 100, seen - 255 - 11 * pods - 100),
                "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "",
                    "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}));
        self.items.last_mut().unwrap()
    }

    /// A Deployment with its ReplicaSet and pods, which are bound to `nodes` in turn; without nodes they
    /// wait.
    pub fn deployment(&mut self, name: &str, replicas: usize, size: Size, nodes: &[&str]) {
        self.deployment_with(name, replicas, size, nodes, |_| {});
    }

    /// The same; `change` is made to the pods' template and to every pod.
    pub fn deployment_with(
        &mut self,
        name: &str,
        replicas: usize,
        size: Size,
        nodes: &[&str],
        change: impl Fn(&mut Value),
    ) {
        let deployment = deployment(name, replicas, size, change);
        let (namespace, short) = name.split_once('/').unwrap();
        let template = deployment["spec"]["template"].clone();
        let uid = |kind: &str| format!("uid-{kind}-{namespace}-{short}");
        let owner = |kind: &str, name: &str| json!([{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid(kind), "controller": true}]);
        let set = format!("{short}-5d4c");
        self.items.push(json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {"name": set, "namespace": namespace, "uid": uid("ReplicaSet"),
                "ownerReferences": owner("Deployment", short)},
            "spec": {"replicas": replicas, "selector": deployment["spec"]["selector"], "template": template},
            "status": {"replicas": replicas, "readyReplicas": replicas}}));
        for number in 0..replicas {
            let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": template["metadata"], "spec": template["spec"],
                "status": {"phase": "Pending"}});
            let pod_name = format!("{set}-{number}");
            pod["metadata"]["name"] = json!(pod_name);
            pod["metadata"]["namespace"] = json!(namespace);
            pod["metadata"]["uid"] = json!(format!("uid-{namespace}-{pod_name}"));
            pod["metadata"]["ownerReferences"] = owner("ReplicaSet", &set);
            if !nodes.is_empty() {
                pod["spec"]["nodeName"] = json!(nodes[number % nodes.len()]);
                pod["status"] =
                    json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]});
            }
            self.items.push(pod);
        }
        self.items.push(deployment);
    }

    /// A budget over the pods of a Deployment.
    pub fn budget(&mut self, name: &str, spec: Value, allowed: u32, pods: u32) {
        let (namespace, short) = name.split_once('/').unwrap();
        let mut spec = spec;
        spec["selector"] = json!({"matchLabels": {"app": short}});
        self.items.push(json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
            "metadata": {"name": short, "namespace": namespace, "uid": format!("uid-budget-{short}")}, "spec": spec,
            "status": {"disruptionsAllowed": allowed, "currentHealthy": pods, "desiredHealthy": pods - allowed,
                "expectedPods": pods}}));
    }

    pub fn text(&self) -> String {
        json!({"apiVersion": "v1", "kind": "List", "items": self.items}).to_string()
    }

    pub fn file(&self) -> TestFile {
        TestFile::new("cluster.json", self.text())
    }

    /// Everything of a kind, to be changed.
    pub fn of_kind(&mut self, kind: &str) -> impl Iterator<Item = &mut Value> {
        self.items.iter_mut().filter(move |item| item["kind"] == kind)
    }
}

/// A Deployment as people write it, with `change` made to its template.
pub fn deployment(name: &str, replicas: usize, size: Size, change: impl Fn(&mut Value)) -> Value {
    let (namespace, short) = name.split_once('/').unwrap();
    let mut template = json!({"metadata": {"labels": {"app": short}}, "spec": {"containers": [
        {"name": "main", "image": "example.com/main:1", "resources":
            {"requests": {"cpu": format!("{}m", size.0), "memory": format!("{}Mi", size.1)}}}]}});
    change(&mut template);
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": short, "namespace": namespace, "uid": format!("uid-Deployment-{namespace}-{short}")},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": short}}, "template": template}})
}
