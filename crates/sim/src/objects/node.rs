//! Node objects.

use serde_json::{Map, Value, json};

use super::{bytes, cpu, dotted, metadata};
use crate::world::World;
use crate::world::node::{Node, Taint};
use crate::world::template::Resources;

pub(super) fn render(world: &World, node: &Node) -> Value {
    let mut meta = metadata(&node.meta);
    if !node.meta.annotations.contains_key("node.alpha.kubernetes.io/ttl") {
        let annotations = meta.entry("annotations").or_insert_with(|| json!({}));
        annotations["node.alpha.kubernetes.io/ttl"] = json!("0");
        annotations["volumes.kubernetes.io/controller-managed-attach-detach"] = json!("true");
    }
    let mut spec = Map::new();
    if !node.provider_id.is_empty() {
        spec.insert("providerID".into(), json!(node.provider_id));
    }
    if !node.taints.is_empty() {
        spec.insert("taints".into(), node.taints.iter().map(taint).collect());
    }
    if node.unschedulable {
        spec.insert("unschedulable".into(), json!(true));
    }
    let capacity = resources(node, world.provider.capacity(&node.machine));
    let allocatable = resources(node, node.allocatable);
    let mut with_extra = capacity;
    for (name, quantity) in &node.extra_capacity {
        with_extra.insert(name.clone(), json!(quantity));
    }
    json!({
        "metadata": meta,
        "spec": spec,
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": dotted(node.address)},
                {"type": "Hostname", "address": node.meta.name},
            ],
            "allocatable": allocatable,
            "capacity": with_extra,
            "conditions": conditions(node),
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {
                "architecture": if node.machine.arm { "arm64" } else { "amd64" },
                "bootID": "", "machineID": "", "systemUUID": "",
                "containerRuntimeVersion": "containerd://1.7.28",
                "kernelVersion": "6.1.153-175.280",
                "kubeProxyVersion": world.provider.kubelet_version(),
                "kubeletVersion": world.provider.kubelet_version(),
                "operatingSystem": "linux",
                "osImage": node.image.as_deref().unwrap_or(world.provider.os_image()),
            },
        },
    })
}

fn resources(node: &Node, amount: Resources) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("cpu".into(), json!(cpu(amount.cpu_milli)));
    map.insert("memory".into(), json!(bytes(amount.memory)));
    map.insert("pods".into(), json!(node.machine.max_pods.to_string()));
    map.insert("ephemeral-storage".into(), json!(node.disk_bytes().to_string()));
    if amount.gpu > 0 {
        map.insert("nvidia.com/gpu".into(), json!(amount.gpu.to_string()));
    }
    map
}

fn taint(taint: &Taint) -> Value {
    let mut map = Map::new();
    map.insert("key".into(), json!(taint.key));
    if !taint.value.is_empty() {
        map.insert("value".into(), json!(taint.value));
    }
    map.insert("effect".into(), json!(taint.effect.as_str()));
    if let Some(added) = taint.added {
        map.insert("timeAdded".into(), json!(added.to_string()));
    }
    Value::Object(map)
}

/// The kubelet's conditions. A silent kubelet leaves them all unknown.
fn conditions(node: &Node) -> Value {
    let since = node.ready_since.to_string();
    let condition = |kind: &str, good: &str, reason: &str| {
        let (status, reason, message) = if node.ready {
            (good, reason, reason)
        } else {
            ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
        };
        json!({
            "type": kind, "status": status, "reason": reason, "message": message,
            "lastHeartbeatTime": since, "lastTransitionTime": since,
        })
    };
    json!([
        condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
        condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
        condition("PIDPressure", "False", "KubeletHasSufficientPID"),
        condition("Ready", "True", "KubeletReady"),
    ])
}
