//! Pod objects, and the part of them that workloads carry as their template.

use serde_json::{Map, Value, json};

use super::{bytes, cpu, dotted, insert_labels, metadata, owner_references};
use crate::world::World;
use crate::world::meta::Kind;
use crate::world::pod::{Note, Owner, Phase, Pod};
use crate::world::template::{Container, LocalVolume, PodTemplate, PodTerm, Resources, Role, Toleration};

pub(super) fn render(world: &World, pod: &Pod) -> Value {
    let mut meta = metadata(&pod.meta);
    let mut labels = pod.template.labels.clone();
    labels.extend(pod.meta.labels.iter().map(|(key, value)| (key.clone(), value.clone())));
    if let Some(placement) = &pod.placement {
        labels.insert("topology.kubernetes.io/zone".into(), placement.zone.to_string());
        if !world.provider.region().is_empty() {
            labels.insert("topology.kubernetes.io/region".into(), world.provider.region().to_owned());
        }
    }
    insert_labels(&mut meta, "labels", &labels);
    let mut annotations = pod.template.annotations.clone();
    annotations.extend(pod.meta.annotations.iter().map(|(key, value)| (key.clone(), value.clone())));
    insert_labels(&mut meta, "annotations", &annotations);
    if pod.meta.deleted.is_some() {
        meta.insert("deletionGracePeriodSeconds".into(), json!(pod.template.grace_seconds));
    }
    let mut batch = false;
    match pod.owner {
        Owner::Workload(id) => {
            if let Some(owner) = world.workloads.get(&id) {
                batch = owner.kind == Kind::Job;
                meta.insert("generateName".into(), json!(format!("{}-", owner.meta.name)));
                meta.insert("ownerReferences".into(), owner_references(owner.kind, &owner.meta));
            }
        }
        Owner::Node(id) => {
            if let Some(node) = world.nodes.get(&id) {
                meta.insert("ownerReferences".into(), owner_references(Kind::Node, &node.meta));
            }
        }
        Owner::Nobody => {}
    }
    let mut spec = spec(&pod.template, batch);
    if let Some(placement) = &pod.placement {
        spec.insert("nodeName".into(), json!(*placement.node_name));
    }
    let claims = pod
        .claims
        .iter()
        .filter_map(|id| world.claims.get(id))
        .map(|claim| json!({"name": "data", "persistentVolumeClaim": {"claimName": claim.meta.name}}));
    let volumes = spec.entry("volumes").or_insert_with(|| json!([]));
    if let Value::Array(volumes) = volumes {
        volumes.extend(claims);
    }
    json!({"metadata": meta, "spec": spec, "status": status(pod)})
}

/// `spec` of a pod or of a template.
pub(super) fn spec(template: &PodTemplate, batch: bool) -> Map<String, Value> {
    let of_role = |main: bool| -> Vec<Value> {
        let wanted = template.containers.iter().filter(|container| (container.role == Role::Main) == main);
        wanted.map(container).collect()
    };
    let mut spec = Map::new();
    spec.insert("containers".into(), json!(of_role(true)));
    let init = of_role(false);
    if !init.is_empty() {
        spec.insert("initContainers".into(), json!(init));
    }
    insert_labels(&mut spec, "nodeSelector", &template.node_selector);
    if !template.tolerations.is_empty() {
        spec.insert("tolerations".into(), template.tolerations.iter().map(toleration).collect());
    }
    let affinity = affinity(template);
    if !affinity.is_empty() {
        spec.insert("affinity".into(), Value::Object(affinity));
    }
    if !template.spread.is_empty() {
        let constraint = |spread: &crate::world::template::Spread| {
            json!({
                "maxSkew": spread.max_skew, "topologyKey": spread.topology_key,
                "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": spread.selector},
            })
        };
        spec.insert("topologySpreadConstraints".into(), template.spread.iter().map(constraint).collect());
    }
    if !template.local_volumes.is_empty() {
        let volumes = template.local_volumes.iter().enumerate().map(|(index, volume)| match volume {
            LocalVolume::EmptyDirectory => json!({"name": format!("scratch-{index}"), "emptyDir": {}}),
            LocalVolume::Memory => {
                json!({"name": format!("scratch-{index}"), "emptyDir": {"medium": "Memory"}})
            }
            LocalVolume::HostPath => {
                json!({"name": format!("host-{index}"), "hostPath": {"path": "/var/log", "type": ""}})
            }
        });
        spec.insert("volumes".into(), volumes.collect());
    }
    if template.host_network {
        spec.insert("hostNetwork".into(), json!(true));
    }
    if let Some((class, value)) = template.priority {
        spec.insert("priorityClassName".into(), json!(class));
        spec.insert("priority".into(), json!(value));
    }
    spec.insert("restartPolicy".into(), json!(if batch { "OnFailure" } else { "Always" }));
    spec.insert("terminationGracePeriodSeconds".into(), json!(template.grace_seconds));
    spec.insert("schedulerName".into(), json!("default-scheduler"));
    spec
}

fn container(container: &Container) -> Value {
    let mut resource_map = Map::new();
    for (name, amount) in [("requests", container.requests), ("limits", container.limits)] {
        let amounts = amounts(amount);
        if !amounts.is_empty() {
            resource_map.insert(name.into(), Value::Object(amounts));
        }
    }
    let mut map = Map::new();
    map.insert("name".into(), json!(container.name));
    map.insert("image".into(), json!(container.image));
    map.insert("resources".into(), Value::Object(resource_map));
    if container.role == Role::Sidecar {
        map.insert("restartPolicy".into(), json!("Always"));
    }
    if let Some(port) = container.host_port {
        map.insert("ports".into(), json!([{"containerPort": port, "hostPort": port, "protocol": "TCP"}]));
    }
    map.insert("imagePullPolicy".into(), json!("IfNotPresent"));
    Value::Object(map)
}

fn amounts(amount: Resources) -> Map<String, Value> {
    let mut map = Map::new();
    if amount.cpu_milli > 0 {
        map.insert("cpu".into(), json!(cpu(amount.cpu_milli)));
    }
    if amount.memory > 0 {
        map.insert("memory".into(), json!(bytes(amount.memory)));
    }
    if amount.gpu > 0 {
        map.insert("nvidia.com/gpu".into(), json!(amount.gpu.to_string()));
    }
    map
}

fn toleration(toleration: &Toleration) -> Value {
    let mut map = Map::new();
    if let Some(key) = &toleration.key {
        map.insert("key".into(), json!(key));
    }
    match &toleration.value {
        Some(value) => {
            map.insert("operator".into(), json!("Equal"));
            map.insert("value".into(), json!(value));
        }
        None => {
            map.insert("operator".into(), json!("Exists"));
        }
    }
    if let Some(effect) = toleration.effect {
        map.insert("effect".into(), json!(effect.as_str()));
    }
    if let Some(seconds) = toleration.seconds {
        map.insert("tolerationSeconds".into(), json!(seconds));
    }
    Value::Object(map)
}

fn affinity(template: &PodTemplate) -> Map<String, Value> {
    let required = |terms: Value| json!({"requiredDuringSchedulingIgnoredDuringExecution": terms});
    let mut affinity = Map::new();
    if !template.node_affinity.is_empty() {
        let expressions = template.node_affinity.iter().map(
            |requirement| json!({"key": requirement.key, "operator": "In", "values": requirement.values}),
        );
        let terms = json!({"nodeSelectorTerms": [{"matchExpressions": expressions.collect::<Vec<_>>()}]});
        affinity.insert("nodeAffinity".into(), required(terms));
    }
    let pod_terms = |terms: &[PodTerm]| -> Value { terms.iter().map(pod_term).collect() };
    if !template.affinity.is_empty() {
        affinity.insert("podAffinity".into(), required(pod_terms(&template.affinity)));
    }
    if !template.anti_affinity.is_empty() {
        affinity.insert("podAntiAffinity".into(), required(pod_terms(&template.anti_affinity)));
    }
    affinity
}

fn pod_term(term: &PodTerm) -> Value {
    let mut map = Map::new();
    map.insert("labelSelector".into(), json!({"matchLabels": term.selector}));
    map.insert("topologyKey".into(), json!(term.topology_key));
    if !term.namespaces.is_empty() {
        map.insert("namespaces".into(), json!(term.namespaces));
    }
    Value::Object(map)
}

fn status(pod: &Pod) -> Value {
    let mut status = Map::new();
    status.insert("phase".into(), json!(pod.phase.as_str()));
    status.insert("qosClass".into(), json!(quality_of_service(&pod.template)));
    status.insert("conditions".into(), conditions(pod));
    match &pod.note {
        Some(Note::Evicted) => {
            status.insert("reason".into(), json!("Evicted"));
            status.insert("message".into(), json!("The node was low on resource: memory."));
        }
        Some(Note::NodeGone | Note::Unschedulable(_)) | None => {}
    }
    if let Some(started) = pod.started {
        status.insert("startTime".into(), json!(started.to_string()));
        if let Some(placement) = &pod.placement {
            status.insert("hostIP".into(), json!(dotted(placement.host)));
        }
        let statuses: Vec<Value> = pod
            .template
            .containers
            .iter()
            .filter(|container| container.role == Role::Main)
            .map(|container| container_status(pod, container))
            .collect();
        status.insert("containerStatuses".into(), json!(statuses));
    }
    Value::Object(status)
}

fn container_status(pod: &Pod, container: &Container) -> Value {
    let started = pod.started.map(|at| at.to_string());
    let finished = pod.finished.map(|at| at.to_string());
    let state = match pod.phase {
        Phase::Succeeded => json!({"terminated": {
            "exitCode": 0, "reason": "Completed", "startedAt": started, "finishedAt": finished,
        }}),
        Phase::Failed => json!({"terminated": {
            "exitCode": 137, "reason": "Error", "startedAt": started, "finishedAt": finished,
        }}),
        Phase::Running | Phase::Pending if pod.template.crash_looping => json!({"waiting": {
            "reason": "CrashLoopBackOff",
            "message": "back-off 5m0s restarting failed container",
        }}),
        Phase::Running | Phase::Pending => json!({"running": {"startedAt": started}}),
    };
    json!({
        "name": container.name, "image": container.image, "imageID": "",
        "ready": pod.ready, "started": pod.ready, "restartCount": pod.restarts,
        "lastState": {}, "state": state,
    })
}

fn conditions(pod: &Pod) -> Value {
    let condition = |kind: &str, status: bool, at: &str| {
        json!({
            "type": kind, "status": if status { "True" } else { "False" },
            "lastProbeTime": null, "lastTransitionTime": at,
        })
    };
    let created = pod.meta.created.to_string();
    let Some(placement) = &pod.placement else {
        let Some(Note::Unschedulable(message)) = &pod.note else { return json!([]) };
        return json!([{
            "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message,
            "lastProbeTime": null, "lastTransitionTime": created,
        }]);
    };
    let mut list = vec![condition("PodScheduled", true, &placement.bound.to_string())];
    if let Some(started) = pod.started {
        let at = started.to_string();
        list.push(condition("Initialized", true, &at));
        list.push(condition("Ready", pod.ready, &at));
        list.push(condition("ContainersReady", pod.ready, &at));
    }
    if pod.note == Some(Note::NodeGone) {
        let at = pod.finished.unwrap_or(pod.meta.created).to_string();
        list.push(json!({
            "type": "DisruptionTarget", "status": "True", "lastProbeTime": null,
            "lastTransitionTime": at, "reason": "DeletionByPodGC",
            "message": "PodGC: node no longer exists",
        }));
    }
    json!(list)
}

/// <https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/>
fn quality_of_service(template: &PodTemplate) -> &'static str {
    let nothing = Resources::default();
    let containers = &template.containers;
    if containers.iter().all(|container| container.requests == nothing && container.limits == nothing) {
        return "BestEffort";
    }
    let guaranteed = containers.iter().all(|container| {
        container.requests.cpu_milli > 0
            && container.requests.memory > 0
            && container.requests.cpu_milli == container.limits.cpu_milli
            && container.requests.memory == container.limits.memory
    });
    if guaranteed { "Guaranteed" } else { "Burstable" }
}
