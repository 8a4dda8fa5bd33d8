//! Effective requests against the verdicts of the real kube-scheduler, where they stand beside the
//! repository: its resource filter must refuse a node exactly when the requests that we
//! compute do not fit there.

use cluster::{ClusterState, DumpReader};
use model::{Node, Pod, Resources};
use serde_json::{Value, json};

use crate::support::{read_gzip, shared};

fn state_of(case: &Value) -> ClusterState {
    let mut items: Vec<Value> = Vec::new();
    for (field, kind) in [("nodes", "Node"), ("pods", "Pod")] {
        for object in case[field].as_array().into_iter().flatten() {
            let mut object = object.clone();
            object["kind"] = json!(kind);
            items.push(object);
        }
    }
    let mut incoming = case["incoming"].clone();
    incoming["kind"] = json!("Pod");
    items.push(incoming);
    let mut reader = DumpReader::new();
    reader.read(json!({"kind": "List", "items": items}).to_string().as_bytes()).unwrap();
    reader.finish()
}

/// The rule of NodeResourcesFit: pod slots always count, of other resources those that are asked for.
fn fits(pod: &Pod, node: &Node, used: &Resources) -> bool {
    let (asked, has) = (&pod.spec.requests, &node.allocatable);
    let room = |asked: i64, has: i64, used: i64| asked == 0 || asked <= has - used;
    room(1, has.pods, used.pods)
        && room(asked.cpu_milli, has.cpu_milli, used.cpu_milli)
        && room(asked.memory_bytes, has.memory_bytes, used.memory_bytes)
        && room(asked.ephemeral_storage_bytes, has.ephemeral_storage_bytes, used.ephemeral_storage_bytes)
        && asked.extended.iter().all(|(name, &asked)| room(asked, has.extended(name), used.extended(name)))
}

#[test]
fn requests_are_those_of_the_scheduler() {
    let Some(path) = shared("scheduling/cases.jsonl.gz") else { return };
    let (mut verdicts, mut different) = (0, Vec::new());
    for line in read_gzip(path).lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        if !case["prefilter"].is_null() {
            continue;
        }
        let state = state_of(&case);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let incoming = &case["incoming"]["metadata"];
        let namespace = incoming["namespace"].as_str().unwrap_or("");
        let incoming = crate::support::name(&format!("{namespace}/{}", text(&incoming["name"])));
        let pod = state.pod(&incoming).unwrap();
        let requested = state.requested_by_node();
        let none = Resources::default();
        for verdict in case["verdicts"].as_array().unwrap() {
            let node = state.node(&text(&verdict["node"])).unwrap();
            let refuses = |one: &Value| one["plugin"] == "NodeResourcesFit";
            let refused = refuses(verdict) || verdict["also"].as_array().into_iter().flatten().any(refuses);
            let ours = !fits(pod, node, requested.get(&*node.name).unwrap_or(&none));
            verdicts += 1;
            if refused != ours {
                different.push(format!("{} {} on {}: theirs {refused}", case["id"], case["note"], node.name));
            }
        }
    }
    assert!(verdicts > 8_000, "{verdicts}");
    assert!(different.is_empty(), "{} of {verdicts}:\n{}", different.len(), different.join("\n"));
}
