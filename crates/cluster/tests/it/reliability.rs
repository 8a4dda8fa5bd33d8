//! Nothing is lost, nothing is half-applied, whatever arrives in whatever order.

use cluster::{ClusterState, Delta, decode_delta};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{anywhere_8, apply, at, decode, dump, exchange, name, recording};

fn body(full: bool, items: &[Value]) -> String {
    json!({"clusterId": "c", "fullSnapshot": full, "items": items}).to_string()
}

fn items_of(body: &str) -> Vec<Value> {
    let mut body: Value = serde_json::from_str(body).unwrap();
    match body["items"].take() {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

/// A pod of a small world: which of a few names, which of its lives, and how it looks.
fn pod(event: &str, index: u8, life: u8, version: u8) -> Value {
    json!({"event": event, "kind": "Pod", "createdAt": "2026-01-01T00:00:00Z", "data": {
        "metadata": {"name": format!("p-{index}"), "namespace": "n", "uid": format!("{index}-{life}"),
                     "labels": {"version": version.to_string()}, "creationTimestamp": format!("2026-01-01T00:00:{life:02}Z")},
        "spec": {"nodeName": "a", "containers": [{"name": "c", "resources": {"requests": {"cpu": format!("{version}m")}}}]},
        "status": {"phase": "Running"}}})
}

fn metrics(index: u8, second: u8) -> Value {
    json!({"event": "update", "kind": "PodMetrics", "createdAt": "2026-01-01T00:00:00Z", "data": {
        "metadata": {"name": format!("p-{index}"), "namespace": "n"}, "timestamp": format!("2026-01-01T00:00:{second:02}Z"),
        "containers": [{"name": "c", "usage": {"cpu": format!("{second}m"), "memory": "1Mi"}}]}})
}

#[test]
fn a_body_cut_anywhere_is_refused_and_applies_nothing() {
    let recording = recording("agent-eks");
    let body = exchange(&recording, "0178");
    let bytes = body.trim_end().as_bytes();
    for end in (0..bytes.len()).step_by(997).chain(bytes.len() - 200..bytes.len()) {
        assert!(decode_delta(&bytes[..end], at(0)).is_err(), "cut at byte {end}");
    }
    let mut gzip = Vec::new();
    std::io::Read::read_to_end(
        &mut flate2::read::GzEncoder::new(bytes, flate2::Compression::fast()),
        &mut gzip,
    )
    .unwrap();
    for end in (0..gzip.len()).step_by(499).chain(gzip.len() - 20..gzip.len()) {
        assert!(decode_delta(cluster::gunzip(&gzip[..end]), at(0)).is_err(), "gzip cut at byte {end}");
    }
    gzip.extend_from_slice(b"more");
    assert!(decode_delta(cluster::gunzip(&gzip[..]), at(0)).is_err(), "something behind the end");
}

#[test]
fn broken_json_is_refused_with_path_and_byte() {
    let message = |text: &str| {
        let error = decode_delta(text.as_bytes(), at(0)).unwrap_err();
        format!("{error}: {}", std::error::Error::source(&error).unwrap())
    };
    assert_eq!(message("[]"), "cannot read the delta, in the delta itself: byte 0: expected an object");
    assert_eq!(
        message(r#"{"items":[]} x"#),
        "cannot read the delta, in the delta itself: byte 13: expected nothing more"
    );
    assert_eq!(
        message(r#"{"fullSnapshot":"yes"}"#),
        "cannot read the delta, in fullSnapshot: byte 20: not the JSON expected here"
    );
    assert_eq!(
        message(r#"{"items":[{"event":"add","kind":"Pod","data":{"metadata":{"name":"a",}}}]}"#),
        "cannot read the delta, in items[0].data: byte 69: not the JSON expected here"
    );
    assert_eq!(
        message(r#"{"items":[{"event":"add","kind":"Role","data":{"metadata":tru}}]}"#),
        "cannot read the delta, in items[0].data: byte 61: not the JSON expected here"
    );
}

#[test]
fn an_unusable_object_is_named_and_the_rest_applied() {
    let mut bad = pod("add", 1, 1, 1);
    bad["data"]["spec"]["containers"][0]["resources"]["requests"]["cpu"] = json!("lots");
    let mut state = ClusterState::new();
    apply(
        &mut state,
        &body(true, &[bad, pod("add", 2, 1, 1), json!({"event": "add", "data": {}}), json!({"kind": "Pod"})]),
    );
    assert_eq!(state.counts().pods, 1);
    assert_eq!(state.skipped_count(), 3);
    let skipped = state.skipped().find(|one| one.name == "p-1").unwrap();
    assert_eq!((&*skipped.kind, &*skipped.namespace), ("Pod", "n"));
    assert!(
        skipped.error.starts_with("spec.containers[0].resources.requests.cpu: \"lots\" is not a quantity")
    );

    apply(&mut state, &body(false, &[pod("update", 1, 1, 1)]));
    assert!(state.skipped().all(|one| one.name != "p-1"), "it came again, and well");
    assert_eq!((state.counts().pods, state.skipped_count()), (2, 3));
}

#[test]
fn both_spellings_and_any_order_of_fields() {
    let recorded = exchange(&recording("agent-eks"), "0098");
    let mut value: Value = serde_json::from_str(&recorded).unwrap();
    for item in value["items"].as_array_mut().unwrap() {
        // Alphabetical order: createdAt, data, event, kind.
        let sorted: std::collections::BTreeMap<String, Value> =
            item.as_object().unwrap().clone().into_iter().collect();
        *item = Value::Object(sorted.into_iter().collect());
    }
    let items = value["items"].to_string();
    let reordered = format!(
        r#"{{"items":{items},"agent_version":"1","full_snapshot":true,"cluster_version":"1.36.2","cluster_id":"x","unknown":{{"a":[null]}}}}"#
    );
    let delta = decode(&reordered);
    assert_eq!(
        (&*delta.head.cluster_id, &*delta.head.agent_version, delta.is_full_snapshot()),
        ("x", "1", true)
    );
    assert_eq!(delta.change_count(), decode(&recorded).change_count());
}

#[test]
fn a_pod_that_comes_again_under_its_name_is_another() {
    let mut state = ClusterState::new();
    apply(&mut state, &body(true, &[pod("add", 1, 1, 1), metrics(1, 5)]));
    for items in [
        [pod("delete", 1, 1, 1), pod("add", 1, 9, 2), metrics(1, 5)],
        [pod("add", 1, 9, 2), metrics(1, 5), pod("delete", 1, 1, 1)],
    ] {
        let mut state = state.clone();
        apply(&mut state, &body(false, &items));
        let pod = state.pod(&name("n/p-1")).unwrap();
        assert_eq!(pod.uid.to_string(), "1-9");
        assert_eq!(state.usage(pod), None, "what its predecessor used is not its own");
    }
}

#[test]
fn replicas_share_what_they_have_in_common() {
    let state = dump(&[anywhere_8()]);
    for (workload, pods) in state.pods_by_workload() {
        let first = pods[0];
        let same: Vec<_> = pods.iter().filter(|pod| pod.spec == first.spec).collect();
        assert!(same.iter().all(|pod| std::sync::Arc::ptr_eq(&pod.spec, &first.spec)), "{workload}");
    }
}

#[test]
fn stored_state_and_deltas_come_back_equal() {
    let (mut direct, mut stored) = (ClusterState::new(), ClusterState::new());
    for (number, body) in recording("agent-eks") {
        let delta = decode(&body);
        let bytes = delta.encode().unwrap();
        direct.apply(delta);
        stored.apply(Delta::decode(&bytes).unwrap());
        stored = ClusterState::decode(&stored.encode().unwrap()).unwrap();
        assert!(direct == stored, "{number}");
    }
    let state = dump(&[anywhere_8()]);
    let back = ClusterState::decode(&state.encode().unwrap()).unwrap();
    assert!(state == back);
    let shared = back.pods().filter(|pod| std::sync::Arc::strong_count(&pod.spec) > 2).count();
    assert!(shared > 60, "specs are shared again: {shared}");
}

#[test]
fn damaged_stores_are_refused() {
    let bytes = dump(&[anywhere_8()]).encode().unwrap();
    for end in (0..bytes.len()).step_by(997) {
        assert!(ClusterState::decode(&bytes[..end]).is_err(), "cut at byte {end}");
    }
    let mut of_the_future = bytes.clone();
    of_the_future[0] = 200;
    let message = ClusterState::decode(&of_the_future).unwrap_err().to_string();
    assert_eq!(message, "unknown form Some(200) of a stored state: written by a newer version, or damaged");
    assert!(Delta::decode(&bytes).is_err(), "a state is no delta");
    for at in (1..bytes.len()).step_by(1_009) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        assert!(ClusterState::decode(&flipped).is_err(), "byte {at} changed");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn any_order_of_items_gives_the_same_state(seed in prop::collection::vec(any::<u32>(), 800)) {
        let recording = recording("agent-eks");
        let mut ordered = ClusterState::new();
        let mut shuffled = ClusterState::new();
        for number in ["0089", "0178"] {
            let items = items_of(&exchange(&recording, number));
            let mut keyed: Vec<_> = seed.iter().cycle().zip(&items).collect();
            keyed.sort_by_key(|(key, _)| **key);
            let mixed: Vec<Value> = keyed.into_iter().map(|(_, item)| item.clone()).collect();
            apply(&mut ordered, &body(number == "0089", &items));
            apply(&mut shuffled, &body(number == "0089", &mixed));
        }
        prop_assert!(ordered == shuffled);
    }
}

proptest! {
    /// A world of a few pods, changed at random: the deltas in between and a snapshot of the end must
    /// agree, whether the state was stored on the way or not.
    #[test]
    fn deltas_one_after_another_equal_a_snapshot_of_the_end(
        steps in prop::collection::vec(prop::collection::vec((0_u8..6, 0_u8..4), 0..6), 1..12),
    ) {
        let mut world: std::collections::BTreeMap<u8, (u8, u8)> = std::collections::BTreeMap::new();
        let mut state = ClusterState::new();
        let mut life = 0;
        apply(&mut state, &body(true, &[]));
        for changes in steps {
            let before = world.clone();
            for (index, version) in changes {
                // Version 0 ends a pod; any other makes or changes it.
                match world.get_mut(&index) {
                    Some(_) if version == 0 => drop(world.remove(&index)),
                    Some(known) => known.1 = version,
                    None if version == 0 => {}
                    None => {
                        life += 1;
                        world.insert(index, (life.min(59), version));
                    }
                }
            }
            // What the agent makes of it: one item for each object that is not as it was.
            let mut items = Vec::new();
            for (&index, &(life, version)) in &before {
                if world.get(&index).is_none_or(|now| now.0 != life) {
                    items.push(pod("delete", index, life, version));
                }
            }
            for (&index, &(life, version)) in &world {
                match before.get(&index) {
                    Some(known) if *known == (life, version) => {}
                    Some(known) if known.0 == life => items.push(pod("update", index, life, version)),
                    _ => items.push(pod("add", index, life, version)),
                }
            }
            apply(&mut state, &body(false, &items));
            state = ClusterState::decode(&state.encode().unwrap()).unwrap();
        }
        let mut snapshot = ClusterState::new();
        let items: Vec<Value> =
            world.iter().map(|(&index, &(life, version))| pod("add", index, life, version)).collect();
        apply(&mut snapshot, &body(true, &items));
        prop_assert!(state == snapshot);
    }

    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "[\\[\\]{}:,\"\\\\a0.]{0,80}") {
        let _ = decode_delta(&bytes[..], at(0));
        let _ = decode_delta(text.as_bytes(), at(0));
        let _ = cluster::DumpReader::new().read(&bytes[..]);
        let _ = cluster::DumpReader::new().read(text.as_bytes());
        let _ = ClusterState::decode(&bytes);
        let _ = Delta::decode(&bytes);
    }
}
