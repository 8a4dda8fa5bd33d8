//! The controller against a server's actions, without a network: the words and times of the recordings.

use jiff::SignedDuration;
use model::Timestamp;
use serde_json::{Value, json};
use sim::protocol::{Purpose, Request, Response, Step};
use sim::scenario::{Dynamics, load_test};
use sim::{Cluster, Controller, Provider};

use super::{after, start};

/// A controller in a cluster in which nothing happens by itself, and a server that offers one action.
struct Driven {
    controller: Controller,
    cluster: Cluster,
    now: Timestamp,
    polls: u32,
}

impl Driven {
    fn new() -> Self {
        let scenario = load_test(Provider::Eks, "shop", 4, 1, Dynamics::QUIET);
        let cluster = Cluster::new(&scenario, 1, start(), None);
        Self { controller: Controller::new("c1", start()), cluster, now: start(), polls: 0 }
    }

    fn next(&mut self) -> Request {
        loop {
            match self.controller.step(&mut self.cluster, self.now) {
                Step::Send(request) => return request,
                Step::Wait(until) => self.now = until,
            }
        }
    }

    fn answer(&mut self, status: u16, body: &Value) -> Result<(), String> {
        let response = Response { status, continuity_token: None, body: body.to_string().into_bytes() };
        self.controller.answer(Some(response), &mut self.cluster, self.now)
    }

    /// Offers `action` until it is acknowledged; gives the acknowledged error, and the seconds it took.
    fn act(&mut self, mut action: Value) -> (Option<String>, i64) {
        action["id"] = json!(format!("a{}", self.polls));
        action["createdAt"] = json!(self.now.to_string());
        let mut began = None;
        loop {
            let request = self.next();
            match request.purpose {
                Purpose::Poll => {
                    self.polls += 1;
                    began = began.or(Some(self.now));
                    self.answer(200, &json!({"items": [action]})).unwrap();
                }
                _ => {
                    let body: Value = serde_json::from_slice(&request.body).unwrap();
                    self.answer(200, &json!({})).unwrap();
                    let took = self.now.duration_since(began.unwrap()).as_secs();
                    return (body["error"].as_str().map(str::to_owned), took);
                }
            }
        }
    }

    fn node(&self) -> (String, String) {
        let node = self.cluster.world().nodes.values().next().unwrap();
        (node.meta.name.clone(), node.provider_id.clone())
    }
}

/// Lets a new controller carry out what its first poll is answered.
pub(super) fn offer_once(cluster: &mut Cluster, mut now: Timestamp, items: &Value) {
    let mut controller = Controller::new("c1", now);
    loop {
        match controller.step(cluster, now) {
            Step::Wait(until) => now = until,
            Step::Send(request) => {
                let is_poll = request.purpose == Purpose::Poll;
                let body = if is_poll { items.to_string() } else { "{}".to_owned() };
                let response = Response { status: 200, body: body.into_bytes(), ..Response::default() };
                controller.answer(Some(response), cluster, now).unwrap();
                if !is_poll {
                    return;
                }
            }
        }
    }
}

#[test]
fn patches_a_node_and_takes_the_patch_back() {
    let mut driven = Driven::new();
    let (name, provider_id) = driven.node();
    let patch = |labels: Value, taints: Value, unschedulable: bool| {
        json!({"actionPatchNode": {
            "nodeName": name, "providerId": provider_id, "labels": labels, "taints": taints,
            "unschedulable": unschedulable, "capacity": {"scheduling.cast.ai/network-bandwidth": "10"},
        }})
    };
    let set = patch(json!({"a": "1"}), json!([{"key": "k", "value": "v", "effect": "NoSchedule"}]), true);
    assert_eq!(driven.act(set), (None, 0));
    let node = driven.cluster.world().node_named(&name).unwrap();
    assert_eq!((node.meta.labels["a"].as_str(), node.taints.len(), node.unschedulable), ("1", 1, true));
    let unset = patch(json!({"-a": ""}), json!([{"key": "-k", "effect": "NoSchedule"}]), false);
    assert_eq!(driven.act(unset).0, None);
    let node = driven.cluster.world().node_named(&name).unwrap();
    assert_eq!((node.meta.labels.get("a"), node.taints.len(), node.unschedulable), (None, 0, false));
}

/// A pod that something holds outlives both deletions of a forced drain, and goes when it is let go.
#[test]
fn a_held_pod_makes_even_a_forced_drain_fail() {
    let mut driven = Driven::new();
    let (name, provider_id) = driven.node();
    let moving = |cluster: &Cluster| {
        let pods = cluster.world().pods.values();
        let on_node = pods.filter(|pod| pod.placement.as_ref().is_some_and(|at| *at.node_name == *name));
        let moving = on_node.filter(|pod| pod.template.tolerations.is_empty());
        moving.map(|pod| (pod.meta.namespace.clone(), pod.meta.name.clone())).collect::<Vec<_>>()
    };
    let held = moving(&driven.cluster)[0].clone();
    let fault = json!({"kind": "stuckPods", "namespace": held.0, "prefix": held.1});
    let trouble = json!({"fault": fault, "forSeconds": 3_600});
    driven.cluster.trouble(serde_json::from_value(trouble).unwrap()).unwrap();
    let drain = json!({"actionDrainNode": {
        "nodeName": name, "providerId": provider_id, "drainTimeoutSeconds": 30, "force": true,
    }});
    let (error, took) = driven.act(drain);
    assert!(error.unwrap().contains("node failed to drain: pods that were deleted by force do not go"));
    assert!((260..300).contains(&took), "{took} s: 30 of evictions, then twice two minutes");
    assert_eq!(moving(&driven.cluster), [held]);
    driven.cluster.advance(after(driven.now, 3_600));
    assert!(moving(&driven.cluster).is_empty());
}

#[test]
fn errors_are_those_of_the_official_controller() {
    let mut driven = Driven::new();
    let (name, provider_id) = driven.node();
    let prefix = "handling action *castai.";
    let cases = [
        (json!({"actionFutureThing": {}}), Some("invalid action, check action data or if cluster controller version supports this action type".to_owned()), 0),
        (json!({"actionPatchNode": {"nodeName": name, "labels": {"a": "1"}}}), Some(format!("{prefix}ActionPatchNode: node name or node ID/provider ID is empty not valid action")), 0),
        (json!({"actionPatchNode": {"nodeName": "none", "providerId": "x"}}), None, 77),
        (json!({"actionPatchNode": {"nodeName": name, "nodeId": "b", "providerId": ""}}), Some(format!("{prefix}ActionPatchNode: requested node ID b, provider ID  for node name: {name} node {name} has ID  and provider ID {provider_id}: node does not match")), 77),
        (json!({"actionDrainNode": {"nodeName": "none", "providerId": "x", "drainTimeoutSeconds": 60}}), None, 0),
        (json!({"actionCheckNodeDeleted": {"nodeName": name, "providerId": provider_id}}), Some(format!("{prefix}ActionCheckNodeDeleted: node is not deleted")), 0),
        (json!({"actionCheckNodeStatus": {"nodeName": "none", "providerId": "x", "nodeStatus": "NodeStatus_READY", "waitTimeoutSeconds": 6}}), Some(format!("{prefix}ActionCheckNodeStatus: node none request timeout: 6s context deadline exceeded")), 6),
        (json!({"actionCheckNodeStatus": {"nodeName": name, "providerId": provider_id, "nodeStatus": "NodeStatus_READY"}}), None, 0),
        (json!({"actionEvictPod": {"namespace": "x", "podName": "none", "timeoutSeconds": 30}}), None, 0),
        (json!({"actionPatch": {"id": {"group": "apps", "version": "v1", "resource": "deployments", "namespace": "x", "name": "none"}, "patchType": "application/apply-patch+yaml", "patch": "{}"}}), Some(format!("{prefix}ActionPatch: unknown patch type: application/apply-patch+yaml")), 0),
        (json!({"actionCreate": {"group": "nope.example", "version": "v1", "resource": "things", "object": {}}}), Some(format!("{prefix}ActionCreate: creating resource things: the server could not find the requested resource")), 0),
        (json!({"actionChartUpsert": {"namespace": "n", "releaseName": "r", "chartSource": {"repoUrl": "u", "name": "c"}}}), Some(format!("{prefix}ActionChartUpsert: validating chart source: version: chart field is not set")), 0),
    ];
    for (action, error, seconds) in cases {
        let shown = action.to_string();
        let (was, took) = driven.act(action);
        assert_eq!(was, error, "{shown}");
        assert!((seconds..=seconds + 1).contains(&took), "{shown} took {took} s");
    }
}

#[test]
fn a_drain_evicts_within_budgets_and_deletes_by_force() {
    let mut driven = Driven::new();
    let (name, provider_id) = driven.node();
    let drain = |seconds: i64, force: bool| json!({"actionDrainNode": {"nodeName": name, "providerId": provider_id, "drainTimeoutSeconds": seconds, "force": force}});
    let (error, took) = driven.act(drain(1, false));
    if let Some(error) = error {
        assert!(error.contains("node failed to drain via graceful eviction, force=false"), "{error}");
    }
    assert!(took <= 15, "{took}");
    assert!(driven.cluster.world().node_named(&name).unwrap().unschedulable);
    assert_eq!(driven.act(drain(15, true)).0, None);
    let world = driven.cluster.world();
    let node = world.node_named(&name).unwrap();
    let left: Vec<_> = node.pods.iter().map(|id| world.pods[id].meta.namespace.as_str()).collect();
    assert!(left.iter().all(|namespace| *namespace == "kube-system"), "{left:?}");
    let delete = json!({"actionDeleteNode": {"nodeName": name, "providerId": provider_id}});
    assert_eq!(driven.act(delete), (None, 0));
    assert!(driven.cluster.world().node_named(&name).is_none());
}

#[test]
fn a_deployment_is_patched_and_its_pods_follow() {
    let mut driven = Driven::new();
    let world = driven.cluster.world();
    let deployment = world
        .workloads
        .values()
        .find(|workload| workload.kind == sim::world::meta::Kind::Deployment)
        .map(|workload| (workload.meta.id, workload.meta.namespace.clone(), workload.meta.name.clone()));
    let (id, namespace, name) = deployment.unwrap();
    let patch = json!({"actionPatch": {
        "id": {"group": "apps", "version": "v1", "resource": "deployments", "namespace": namespace, "name": name},
        "patchType": "application/merge-patch+json",
        "patch": "{\"metadata\":{\"annotations\":{\"x\":\"yes\"}},\"spec\":{\"replicas\":1}}",
    }});
    assert_eq!(driven.act(patch), (None, 0));
    driven.now = driven.now.saturating_add(SignedDuration::from_secs(30)).unwrap();
    driven.cluster.advance(driven.now);
    let world = driven.cluster.world();
    assert_eq!(world.workloads[&id].meta.annotations["x"], "yes");
    let pods: usize = world.children_of(id).iter().map(|set| world.pods_of(*set).len()).sum();
    assert_eq!(pods, 1);
}

#[test]
fn an_action_still_offered_is_ignored_three_times_and_then_done_again() {
    let mut driven = Driven::new();
    let action = json!({"id": "same", "createdAt": start().to_string(), "actionCreateEvent": {}});
    let mut order = String::new();
    while order.len() < 12 {
        let request = driven.next();
        order.push(if request.purpose == Purpose::Poll { 'p' } else { 'a' });
        driven.answer(200, &json!({"items": [action]})).unwrap();
    }
    assert_eq!(order, "pappppappppa");
}

#[test]
fn an_acknowledgement_is_tried_four_times() {
    let mut driven = Driven::new();
    assert_eq!(driven.next().purpose, Purpose::Poll);
    driven
        .answer(
            200,
            &json!({"items": [{"id": "a", "createdAt": start().to_string(), "actionCreateEvent": {}}]}),
        )
        .unwrap();
    for _ in 0..3 {
        assert_eq!(driven.next().purpose, Purpose::Acknowledge);
        driven.answer(500, &json!({})).unwrap();
    }
    assert_eq!(driven.next().purpose, Purpose::Acknowledge);
    assert!(driven.answer(404, &json!({})).is_err());
    assert_eq!(driven.next().purpose, Purpose::Poll);
}
