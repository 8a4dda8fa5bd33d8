//! A full snapshot of a made-up cluster, written as the agent would: objects of realistic length, with
//! all that an API server returns, in an order that mixes kinds.

use std::io::{Result, Write};

use serde_json::{Value, json};

/// Pods of one node agent run on each node: as in most clusters, a good part of all pods.
const DAEMONS: usize = 6;

const WORKLOADS: usize = 4_000;

/// Numbers that look random and are the same each time.
fn mix(number: usize) -> usize {
    let mut x = number as u64 ^ 0x9e37_79b9_7f4a_7c15;
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (x ^ (x >> 31)) as usize
}

fn uid(kind: usize, index: usize) -> String {
    let (high, low) = (mix(index * 8 + kind) as u64, mix(index * 8 + kind + 4_000_000_000) as u64);
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}

fn node_name(index: usize) -> String {
    format!("ip-10-{}-{}-{}.eu-central-1.compute.internal", index / 4_000, index / 250 % 16, index % 250)
}

fn namespace(workload: usize) -> String {
    format!("team-{}", workload % 120)
}

fn zone(index: usize) -> &'static str {
    ["eu-central-1a", "eu-central-1b", "eu-central-1c"][index % 3]
}

/// The whole delta.
pub fn write(out: &mut impl Write, nodes: usize, pods: usize) -> Result<()> {
    write!(
        out,
        r#"{{"clusterId":"5b2f7a34-0c1d-4e7b-9a53-6f1f0a7a4e01","clusterVersion":"1.36.2","agentVersion":"v0.123.1","fullSnapshot":true,"items":["#
    )?;
    let mut first = true;
    for index in 0..pods {
        if index < nodes {
            item(out, &mut first, "Node", &node(index))?;
        }
        if index < WORKLOADS {
            item(out, &mut first, "Deployment", &deployment(index))?;
            item(out, &mut first, "ReplicaSet", &replica_set(index))?;
        }
        if index < 120 {
            item(
                out,
                &mut first,
                "Namespace",
                &json!({"metadata": metadata(&namespace(index), None, 3, index, json!({"team": namespace(index)}))}),
            )?;
        }
        item(out, &mut first, "Pod", &pod(index, nodes))?;
        item(out, &mut first, "PodMetrics", &measurement(index, nodes))?;
    }
    writeln!(out, r#"],"continuityToken":""}}"#)
}

/// A delta with the measurements of all pods.
pub fn write_measurements(out: &mut impl Write, pods: usize) -> Result<()> {
    write!(out, r#"{{"clusterId":"5b2f7a34-0c1d-4e7b-9a53-6f1f0a7a4e01","fullSnapshot":false,"items":["#)?;
    let mut first = true;
    for index in 0..pods {
        let mut measurement = measurement(index, 5_000);
        measurement["timestamp"] = json!("2026-11-23T16:17:30Z");
        item(out, &mut first, "PodMetrics", &measurement)?;
    }
    writeln!(out, r#"],"continuityToken":""}}"#)
}

fn item(out: &mut impl Write, first: &mut bool, kind: &str, data: &Value) -> Result<()> {
    let comma = if std::mem::take(first) { "" } else { "," };
    write!(out, r#"{comma}{{"event":"add","kind":"{kind}","data":"#)?;
    serde_json::to_writer(&mut *out, data)?;
    write!(out, r#","createdAt":"2026-11-23T16:17:25.607160072Z"}}"#)
}

fn metadata(name: &str, namespace: Option<&str>, kind: usize, index: usize, labels: Value) -> Value {
    let mut metadata = json!({
        "name": name, "uid": uid(kind, index), "resourceVersion": (10_000_000 + mix(index) % 9_000_000).to_string(),
        "creationTimestamp": "2026-11-20T08:10:19Z", "labels": labels,
    });
    if let Some(namespace) = namespace {
        metadata["namespace"] = json!(namespace);
    }
    metadata
}

fn owner(kind: &str, name: &str, uid: &str) -> Value {
    json!([{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": true, "blockOwnerDeletion": true}])
}

fn node(index: usize) -> Value {
    let name = node_name(index);
    let labels = json!({
        "beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/instance-type": "m5.2xlarge", "beta.kubernetes.io/os": "linux",
        "eks.amazonaws.com/capacityType": if index.is_multiple_of(3) { "SPOT" } else { "ON_DEMAND" },
        "eks.amazonaws.com/nodegroup": format!("group-{}", index % 12), "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "node.kubernetes.io/instance-type": "m5.2xlarge",
        "topology.ebs.csi.aws.com/zone": zone(index), "topology.kubernetes.io/region": "eu-central-1",
        "topology.kubernetes.io/zone": zone(index),
    });
    let condition = |kind: &str, status: &str, reason: &str| {
        json!({"type": kind, "status": status, "lastHeartbeatTime": "2026-11-23T16:15:10Z", "lastTransitionTime": "2026-11-20T08:12:00Z",
               "reason": reason, "message": format!("kubelet has {reason}")})
    };
    let images: Vec<Value> = (0..25)
        .map(|image| {
            let hash = format!("{:016x}{:016x}", mix(image), mix(image + 1));
            json!({"names": [format!("registry.example/app-{image}@sha256:{hash}{hash}"), format!("registry.example/app-{image}:v{image}.2.1")],
                   "sizeBytes": 30_000_000 + mix(image) % 400_000_000})
        })
        .collect();
    let mut metadata = metadata(&name, None, 0, index, labels);
    metadata["annotations"] = json!({
        "csi.volume.kubernetes.io/nodeid": format!("{{\"ebs.csi.aws.com\":\"i-{:017x}\"}}", mix(index)),
        "node.alpha.kubernetes.io/ttl": "0", "volumes.kubernetes.io/controller-managed-attach-detach": "true",
    });
    json!({
        "metadata": metadata, "spec": {"providerID": format!("aws:///{}/i-{:017x}", zone(index), mix(index))},
        "status": {
            "capacity": {"cpu": "8", "ephemeral-storage": "83873772Ki", "hugepages-1Gi": "0", "hugepages-2Mi": "0", "memory": "32386544Ki", "pods": "58"},
            "allocatable": {"cpu": "7910m", "ephemeral-storage": "76224326324", "hugepages-1Gi": "0", "hugepages-2Mi": "0", "memory": "31369712Ki", "pods": "58"},
            "conditions": [condition("MemoryPressure", "False", "KubeletHasSufficientMemory"), condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
                           condition("PIDPressure", "False", "KubeletHasSufficientPID"), condition("Ready", "True", "KubeletReady")],
            "addresses": [{"type": "InternalIP", "address": format!("10.{}.{}.{}", index / 4_000, index / 250 % 16, index % 250)}, {"type": "Hostname", "address": name}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {"machineID": uid(4, index).replace('-', ""), "systemUUID": uid(5, index), "bootID": uid(6, index), "kernelVersion": "6.1.153-175.280",
                         "osImage": "Amazon Linux 2023.9", "containerRuntimeVersion": "containerd://1.7.28", "kubeletVersion": "v1.33.5-eks-113cf36",
                         "kubeProxyVersion": "v1.33.5-eks-113cf36", "operatingSystem": "linux", "architecture": "amd64"},
            "images": images,
        },
    })
}

fn app(workload: usize) -> String {
    format!("service-{workload}-api")
}

fn hash(workload: usize) -> String {
    format!("{:x}", mix(workload) & 0xff_ffff_ffff)
}

fn app_labels(workload: usize) -> Value {
    json!({"app.kubernetes.io/name": app(workload), "app.kubernetes.io/instance": app(workload), "app.kubernetes.io/part-of": namespace(workload),
           "app.kubernetes.io/version": format!("v{}.{}.0", workload % 9, workload % 31), "pod-template-hash": hash(workload)})
}

fn deployment(workload: usize) -> Value {
    let labels = app_labels(workload);
    json!({
        "metadata": metadata(&app(workload), Some(&namespace(workload)), 1, workload, labels.clone()),
        "spec": {"replicas": 18, "selector": {"matchLabels": labels}, "template": {"metadata": {"creationTimestamp": null, "labels": labels}, "spec": spec(workload, 0)},
                 "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}, "revisionHistoryLimit": 10},
        "status": {"observedGeneration": 3, "replicas": 18, "updatedReplicas": 18, "readyReplicas": 18, "availableReplicas": 18},
    })
}

fn replica_set(workload: usize) -> Value {
    let labels = app_labels(workload);
    let mut metadata = metadata(
        &format!("{}-{}", app(workload), hash(workload)),
        Some(&namespace(workload)),
        2,
        workload,
        labels.clone(),
    );
    metadata["ownerReferences"] = owner("Deployment", &app(workload), &uid(1, workload));
    json!({
        "metadata": metadata,
        "spec": {"replicas": 18, "selector": {"matchLabels": labels}, "template": {"metadata": {"creationTimestamp": null, "labels": labels}, "spec": spec(workload, 0)}},
        "status": {"replicas": 18, "readyReplicas": 18, "availableReplicas": 18, "observedGeneration": 1},
    })
}

/// Which workload a pod belongs to: a DaemonSet on its own node, or a Deployment.
enum Maker {
    Daemon { daemon: usize, node: usize },
    Deployment(usize),
}

fn maker(index: usize, nodes: usize) -> Maker {
    match index.checked_sub(nodes * DAEMONS) {
        None => Maker::Daemon { daemon: index / nodes, node: index % nodes },
        Some(index) => Maker::Deployment(index % WORKLOADS),
    }
}

fn pod_name(index: usize, nodes: usize) -> (String, String) {
    match maker(index, nodes) {
        Maker::Daemon { daemon, .. } => {
            ("kube-system".to_owned(), format!("daemon-{daemon}-{:05x}", mix(index) & 0xf_ffff))
        }
        Maker::Deployment(workload) => (
            namespace(workload),
            format!(
                "{}-{}-{:05x}{}",
                app(workload),
                hash(workload),
                mix(index) & 0xf_ffff,
                index / WORKLOADS
            ),
        ),
    }
}

fn spec(workload: usize, index: usize) -> Value {
    let environment: Vec<Value> =
        (0..8).map(|one| json!({"name": format!("SETTING_{one}"), "value": format!("value-{}-of-{}", one, app(workload))})).collect();
    let mut spec = json!({
        "volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "config", "configMap": {"name": app(workload), "defaultMode": 420}},
                    {"name": format!("kube-api-access-{:05x}", mix(index) & 0xf_ffff), "projected": {"sources": [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                     {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}], "defaultMode": 420}}],
        "containers": [{
            "name": "app", "image": format!("registry.example/{}:v{}", app(workload), workload % 9), "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
            "env": environment,
            "resources": {"limits": {"memory": format!("{}Mi", 256 << (workload % 4))}, "requests": {"cpu": format!("{}m", 50 + workload % 20 * 25), "memory": format!("{}Mi", 128 << (workload % 4))}},
            "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, {"name": "config", "mountPath": "/etc/app"}],
            "livenessProbe": {"httpGet": {"path": "/healthz", "port": "http", "scheme": "HTTP"}, "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3},
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", "imagePullPolicy": "IfNotPresent",
            "securityContext": {"allowPrivilegeEscalation": false, "runAsNonRoot": true},
        }],
        "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst", "serviceAccountName": app(workload),
        "securityContext": {}, "schedulerName": "default-scheduler", "priority": 0, "enableServiceLinks": true, "preemptionPolicy": "PreemptLowerPriority",
        "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
                        {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}],
    });
    if workload.is_multiple_of(3) {
        spec["topologySpreadConstraints"] = json!([{"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"app.kubernetes.io/name": app(workload)}}}]);
    }
    if workload.is_multiple_of(20) {
        spec["affinity"] = json!({"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm":
            {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app.kubernetes.io/name": app(workload)}}}}]}});
    }
    spec
}

fn pod(index: usize, nodes: usize) -> Value {
    let (namespace, name) = pod_name(index, nodes);
    let (labels, owners, spec, node) = match maker(index, nodes) {
        Maker::Daemon { daemon, node } => {
            let labels = json!({"app": format!("daemon-{daemon}"), "controller-revision-hash": "67777645c8", "pod-template-generation": "3"});
            let mut spec = spec(WORKLOADS + daemon, index);
            spec["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms":
                [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node_name(node)]}]}]}}});
            (labels, owner("DaemonSet", &format!("daemon-{daemon}"), &uid(7, daemon)), spec, node)
        }
        Maker::Deployment(workload) => {
            let replica_set = format!("{}-{}", app(workload), hash(workload));
            (
                app_labels(workload),
                owner("ReplicaSet", &replica_set, &uid(2, workload)),
                spec(workload, index),
                mix(index) % nodes,
            )
        }
    };
    let mut metadata = metadata(&name, Some(&namespace), 3, index, labels);
    metadata["ownerReferences"] = owners;
    metadata["labels"]["topology.kubernetes.io/region"] = json!("eu-central-1");
    metadata["labels"]["topology.kubernetes.io/zone"] = json!(zone(node));
    let mut spec = spec;
    spec["nodeName"] = json!(node_name(node));
    let condition = |kind: &str| json!({"type": kind, "status": "True", "lastProbeTime": null, "lastTransitionTime": "2026-11-20T08:11:25Z"});
    let image = format!("{:016x}{:016x}", mix(index), mix(index + 1));
    json!({
        "metadata": metadata, "spec": spec,
        "status": {
            "phase": "Running", "qosClass": "Burstable", "startTime": "2026-11-20T08:10:25Z",
            "conditions": [condition("PodReadyToStartContainers"), condition("Initialized"), condition("Ready"), condition("ContainersReady"), condition("PodScheduled")],
            "hostIP": "10.0.2.21", "hostIPs": [{"ip": "10.0.2.21"}], "podIP": format!("10.{}.{}.{}", index / 65_000, index / 250 % 250, index % 250),
            "containerStatuses": [{"name": "app", "state": {"running": {"startedAt": "2026-11-20T08:11:25Z"}}, "lastState": {}, "ready": true, "restartCount": 0,
                "image": "registry.example/app:v1", "imageID": format!("registry.example/app@sha256:{image}{image}"), "containerID": format!("containerd://{image}{image}"), "started": true}],
        },
    })
}

fn measurement(index: usize, nodes: usize) -> Value {
    let (namespace, name) = pod_name(index, nodes);
    json!({
        "metadata": {"name": name, "namespace": namespace, "creationTimestamp": "2026-11-23T16:17:00Z"}, "timestamp": "2026-11-23T16:17:00Z", "window": "15s",
        "containers": [{"name": "app", "usage": {"cpu": format!("{}n", mix(index) % 400_000_000), "memory": format!("{}Ki", 20_000 + mix(index) % 200_000)}}],
    })
}
