//! Create, patch and delete of any object, as far as the simulated API server keeps it.
//!
//! Of Deployments and StatefulSets it takes changes of labels, annotations, replicas and the
//! template's labels, annotations and container resources; a change of anything else is refused with
//! the field's name rather than lost. ConfigMaps and the product's own kinds are kept as they are.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::action::{Create, ObjectId, Patch};
use super::execute::Outcome;
use crate::cluster::Cluster;
use crate::world::meta::{Id, Kind};
use crate::world::template::{Labels, PodTemplate, Resources};

/// Kinds that are kept as they come.
const KEPT: [(&str, &str); 4] = [
    ("", "configmaps"),
    ("autoscaling.cast.ai", "recommendations"),
    ("pod-mutations.cast.ai", "podmutations"),
    ("scheduling.k8s.io", "priorityclasses"),
];

/// The part of a workload that may be patched.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct View {
    metadata: MetaView,
    spec: SpecView,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MetaView {
    #[serde(default)]
    labels: Labels,
    #[serde(default)]
    annotations: Labels,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpecView {
    replicas: u32,
    template: TemplateView,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateView {
    metadata: MetaView,
    spec: PodView,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PodView {
    containers: Vec<ContainerView>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContainerView {
    name: String,
    #[serde(default)]
    resources: ResourcesView,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ResourcesView {
    requests: Labels,
    limits: Labels,
}

fn workload_of(cluster: &Cluster, id: &ObjectId) -> Option<Id> {
    let kind = match (id.group.as_str(), id.resource.as_str()) {
        ("apps", "deployments") => Kind::Deployment,
        ("apps", "statefulsets") => Kind::StatefulSet,
        _ => return None,
    };
    cluster.world().workload_named(kind, &id.namespace, &id.name).map(|workload| workload.meta.id)
}

fn kept_key(id: &ObjectId) -> (String, String, String) {
    (format!("{}/{}", id.group, id.resource), id.namespace.clone(), id.name.clone())
}

/// Patches a workload or a kept object. One that is missing is no error.
pub(super) fn patch(cluster: &mut Cluster, patch: &Patch) -> Outcome {
    let apply: fn(&mut Value, &Value) -> Outcome = match patch.patch_type.as_str() {
        "application/merge-patch+json" => |target, patch| {
            merge(target, patch, false);
            Ok(())
        },
        "application/strategic-merge-patch+json" => |target, patch| {
            merge(target, patch, true);
            Ok(())
        },
        "application/json-patch+json" => json_patch,
        other => return Err(format!("unknown patch type: {other}")),
    };
    let change: Value =
        serde_json::from_str(&patch.patch).map_err(|error| format!("patching resource: {error}"))?;
    if let Some(kept) = cluster.world_mut().kept.get_mut(&kept_key(&patch.id)) {
        return apply(kept, &change);
    }
    let Some(id) = workload_of(cluster, &patch.id) else { return Ok(()) };
    let Some(mut view) = view_of(cluster, id) else { return Ok(()) };
    apply(&mut view, &change)?;
    let view: View = serde_json::from_value(view).map_err(|error| {
        format!("patching resource: the simulated API server does not support this patch: {error}")
    })?;
    take_over(cluster, id, view)
}

fn view_of(cluster: &Cluster, id: Id) -> Option<Value> {
    let workload = cluster.world().workloads.get(&id)?;
    let containers = workload.template.containers.iter().map(|container| {
        json!({
            "name": container.name,
            "resources": {"requests": quantities(container.requests), "limits": quantities(container.limits)},
        })
    });
    Some(json!({
        "metadata": {"labels": workload.meta.labels, "annotations": workload.meta.annotations},
        "spec": {"replicas": workload.replicas, "template": {
            "metadata": {"labels": workload.template.labels, "annotations": workload.template.annotations},
            "spec": {"containers": containers.collect::<Vec<_>>()},
        }},
    }))
}

fn quantities(amount: Resources) -> Labels {
    let mut map = Labels::new();
    if amount.cpu_milli > 0 {
        map.insert("cpu".into(), format!("{}m", amount.cpu_milli));
    }
    if amount.memory > 0 {
        map.insert("memory".into(), amount.memory.to_string());
    }
    if amount.gpu > 0 {
        map.insert("nvidia.com/gpu".into(), amount.gpu.to_string());
    }
    map
}

fn resources(quantities: &Labels) -> Result<Resources, String> {
    let mut amount = Resources::default();
    for (name, text) in quantities {
        let quantity: model::Quantity =
            text.parse().map_err(|error| format!("patching resource: {error}"))?;
        match name.as_str() {
            "cpu" => amount.cpu_milli = quantity.milli().max(0) as u64,
            "memory" => amount.memory = quantity.whole().max(0) as u64,
            "nvidia.com/gpu" => amount.gpu = quantity.whole().max(0) as u64,
            other => {
                return Err(format!("patching resource: the simulated API server does not account {other}"));
            }
        }
    }
    Ok(amount)
}

fn take_over(cluster: &mut Cluster, id: Id, view: View) -> Outcome {
    let Some(workload) = cluster.world_mut().workloads.get_mut(&id) else { return Ok(()) };
    let kind = workload.kind;
    workload.meta.labels = view.metadata.labels;
    workload.meta.annotations = view.metadata.annotations;
    workload.replicas = view.spec.replicas;
    let mut template = PodTemplate::clone(&workload.template);
    template.labels = view.spec.template.metadata.labels;
    template.annotations = view.spec.template.metadata.annotations;
    for container in view.spec.template.spec.containers {
        let Some(known) = template.containers.iter_mut().find(|known| known.name == container.name) else {
            return Err(
                "patching resource: the simulated API server does not support new containers".to_owned()
            );
        };
        known.requests = resources(&container.resources.requests)?;
        known.limits = resources(&container.resources.limits)?;
    }
    let is_new = *workload.template != template;
    workload.meta.generation += 1;
    cluster.world_mut().touch(kind, id);
    if is_new {
        cluster.set_template(id, template);
    }
    cluster.reconcile_now(id);
    Ok(())
}

/// Creates a kept object, or replaces the one of its name.
pub(super) fn create(cluster: &mut Cluster, create: &Create) -> Outcome {
    if !KEPT.contains(&(create.group.as_str(), create.resource.as_str())) {
        let resource = &create.resource;
        return Err(format!(
            "creating resource {resource}: the server could not find the requested resource"
        ));
    }
    let text = |name: &str| create.object["metadata"][name].as_str().unwrap_or_default().to_owned();
    let id = ObjectId {
        group: create.group.clone(),
        resource: create.resource.clone(),
        namespace: text("namespace"),
        name: text("name"),
    };
    cluster.world_mut().kept.insert(kept_key(&id), create.object.clone());
    Ok(())
}

/// Deletes a workload with its pods, or a kept object. One that is missing is no error.
pub(super) fn delete(cluster: &mut Cluster, id: &ObjectId) -> Outcome {
    cluster.world_mut().kept.remove(&kept_key(id));
    if let Some(workload) = workload_of(cluster, id) {
        cluster.delete_workload(workload);
    }
    if (id.group.as_str(), id.resource.as_str()) == ("", "pods")
        && let Some(pod) = cluster.world().pod_named(&id.namespace, &id.name).map(|pod| pod.meta.id)
    {
        cluster.delete_pod(pod);
        cluster.reconcile_now(pod);
    }
    Ok(())
}

/// Deletes a namespace and what is in it.
pub(super) fn delete_namespace(cluster: &mut Cluster, name: &str) -> Outcome {
    cluster.delete_namespace(name);
    Ok(())
}

/// RFC 7396; with `strategic`, lists of named things are merged by name, as Kubernetes merges containers.
fn merge(target: &mut Value, patch: &Value, strategic: bool) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (key, value) in patch {
                if value.is_null() {
                    target.remove(key);
                } else {
                    merge(target.entry(key.clone()).or_insert(Value::Null), value, strategic);
                }
            }
        }
        (target, Value::Object(patch)) => {
            *target = Value::Object(Map::new());
            merge(target, &Value::Object(patch.clone()), strategic);
        }
        (Value::Array(target), Value::Array(patch)) if strategic => {
            for item in patch {
                match target.iter_mut().find(|known| !item["name"].is_null() && known["name"] == item["name"])
                {
                    Some(known) => merge(known, item, strategic),
                    None => target.push(item.clone()),
                }
            }
        }
        (target, patch) => *target = patch.clone(),
    }
}

/// RFC 6902, of its operations those that change: add, replace and remove.
fn json_patch(target: &mut Value, patch: &Value) -> Outcome {
    let operations = patch.as_array().ok_or("patching resource: a JSON patch is a list")?;
    for operation in operations {
        let path = operation["path"].as_str().unwrap_or_default();
        let missing = || format!("patching resource: no such path: {path}");
        let (parent, last) = path.rsplit_once('/').ok_or_else(missing)?;
        let last = last.replace("~1", "/").replace("~0", "~");
        let parent = target.pointer_mut(parent).ok_or_else(missing)?;
        let value = operation["value"].clone();
        match (operation["op"].as_str().unwrap_or_default(), parent) {
            ("add" | "replace", Value::Object(map)) => {
                map.insert(last, value);
            }
            ("remove", Value::Object(map)) => {
                map.remove(&last).ok_or_else(missing)?;
            }
            ("replace", Value::Array(list)) => {
                let index =
                    last.parse::<usize>().ok().filter(|&index| index < list.len()).ok_or_else(missing)?;
                list[index] = value;
            }
            ("add", Value::Array(list)) if last == "-" => list.push(value),
            (other, _) => {
                return Err(format!(
                    "patching resource: the simulated API server does not support {other} at {path}"
                ));
            }
        }
    }
    Ok(())
}
