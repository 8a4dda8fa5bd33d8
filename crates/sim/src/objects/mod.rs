//! Objects as the API server serves them and the agent sends them: normalised quantities, no
//! managed fields, no `apiVersion` and `kind` (but for autoscaling/v2), no environment values.

mod metrics;
mod node;
mod other;
mod pod;
mod workload;

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

pub use metrics::PodMetrics;

use crate::world::World;
use crate::world::meta::{Id, Kind, Meta};
use crate::world::template::Labels;

/// The object's texts: one, but two for a HorizontalPodAutoscaler, which the agent watches in both
/// its versions. None when there is no such object.
pub fn render(world: &World, kind: Kind, id: Id) -> Vec<String> {
    let value = match kind {
        Kind::Node => world.nodes.get(&id).map(|node| node::render(world, node)),
        Kind::Pod => world.pods.get(&id).map(|pod| pod::render(world, pod)),
        Kind::PodDisruptionBudget => world.budgets.get(&id).map(|budget| other::budget(world, budget)),
        Kind::HorizontalPodAutoscaler => {
            let both = world.autoscalers.get(&id).map(|scaler| other::autoscaler(world, scaler));
            return both.into_iter().flatten().map(|value| value.to_string()).collect();
        }
        Kind::PersistentVolumeClaim => world.claims.get(&id).map(|claim| other::claim(world, claim)),
        Kind::PersistentVolume => world.volumes.get(&id).map(|volume| other::volume(world, volume)),
        Kind::Namespace | Kind::StorageClass | Kind::Service => {
            world.plain.get(&id).map(|plain| other::plain(world, plain))
        }
        _ => world.workloads.get(&id).map(|workload| workload::render(world, workload)),
    };
    value.map(|value| value.to_string()).into_iter().collect()
}

/// `metadata` of an object, complete but for what its kind adds.
fn metadata(meta: &Meta) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("name".into(), json!(meta.name));
    if !meta.namespace.is_empty() {
        map.insert("namespace".into(), json!(meta.namespace));
    }
    map.insert("uid".into(), json!(meta.uid.to_string()));
    map.insert("resourceVersion".into(), json!(meta.resource_version.to_string()));
    map.insert("creationTimestamp".into(), json!(meta.created.to_string()));
    if let Some(deleted) = meta.deleted {
        map.insert("deletionTimestamp".into(), json!(deleted.to_string()));
    }
    insert_labels(&mut map, "labels", &meta.labels);
    insert_labels(&mut map, "annotations", &meta.annotations);
    map
}

/// Sets `name` unless there is nothing to set.
fn insert_labels(map: &mut Map<String, Value>, name: &str, labels: &Labels) {
    if !labels.is_empty() {
        map.insert(name.to_owned(), json!(labels));
    }
}

/// `metadata.ownerReferences` with a controlling owner.
fn owner_references(kind: Kind, owner: &Meta) -> Value {
    let api_version = kind.api_version();
    json!([{
        "apiVersion": api_version, "kind": kind.as_str(), "name": owner.name,
        "uid": owner.uid.to_string(), "controller": true, "blockOwnerDeletion": true,
    }])
}

/// CPU as the API server normalises it: `2`, `250m`.
fn cpu(milli: u64) -> String {
    if milli.is_multiple_of(1_000) { (milli / 1_000).to_string() } else { format!("{milli}m") }
}

/// Bytes as the API server normalises binary suffixes: the largest that divides.
fn bytes(amount: u64) -> String {
    for (shift, suffix) in [(40, "Ti"), (30, "Gi"), (20, "Mi"), (10, "Ki")] {
        if amount != 0 && amount.trailing_zeros() >= shift {
            return format!("{}{suffix}", amount >> shift);
        }
    }
    amount.to_string()
}

/// An address in dots.
fn dotted([a, b, c, d]: [u8; 4]) -> String {
    let mut text = String::with_capacity(15);
    let _ = write!(text, "{a}.{b}.{c}.{d}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_normalised() {
        assert_eq!(["2", "250m", "0"], [cpu(2_000), cpu(250), cpu(0)].each_ref().map(String::as_str));
        assert_eq!(bytes(15_155 << 20), "15155Mi");
        assert_eq!(bytes(512 << 20), "512Mi");
        assert_eq!(bytes(1_000), "1000");
        assert_eq!(bytes(0), "0");
    }
}
