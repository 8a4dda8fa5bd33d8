//! What pods, templates and volumes mean once they are read.

use model::{Interner, Operator, Pod, PodSpec, QosClass, Requirement, Uid};
use serde_json::{Value, json};

use super::*;

fn object(kind: &str, json: &Value) -> Object {
    match read(kind, &json.to_string(), &mut Interner::default()) {
        Ok(Some(Item::Object(object))) => *object,
        other => panic!("{other:?}"),
    }
}

fn pod_with(spec: Value, status: Value) -> Pod {
    let metadata =
        json!({"name": "p", "namespace": "n", "uid": "u", "labels": {"app": "a", "pod-template-hash": "h"}});
    match object("Pod", &json!({"metadata": metadata, "spec": spec, "status": status})) {
        Object::Pod(pod) => pod,
        other => panic!("{other:?}"),
    }
}

fn pod(spec: Value) -> Pod {
    pod_with(spec, Value::Null)
}

fn template(spec: Value) -> Arc<PodSpec> {
    let set = json!({"metadata": {"name": "d", "namespace": "n"}, "spec": {"template": {"metadata": {"creationTimestamp": null}, "spec": spec}}});
    match object("DaemonSet", &set) {
        Object::Workload(workload) => Arc::clone(&workload.template.unwrap().spec),
        other => panic!("{other:?}"),
    }
}

fn asks(cpu: &str) -> Value {
    json!({"name": cpu, "resources": {"requests": {"cpu": cpu}}})
}

fn sidecar(cpu: &str) -> Value {
    json!({"name": cpu, "restartPolicy": "Always", "resources": {"requests": {"cpu": cpu}}})
}

#[test]
fn requests_are_counted_as_the_scheduler_does() {
    for (what, cpu_milli, spec) in [
        (
            "containers add up, exactly, before they are rounded",
            3,
            json!({"containers": [asks("1500u"), asks("1500u")]}),
        ),
        (
            "the largest init container counts alone",
            900,
            json!({"containers": [asks("500m")], "initContainers": [asks("900m"), asks("100m")]}),
        ),
        (
            "a sidecar runs beside the containers",
            600,
            json!({"containers": [asks("500m")], "initContainers": [sidecar("100m"), asks("450m")]}),
        ),
        (
            "and beside the init containers after it",
            700,
            json!({"containers": [asks("500m")], "initContainers": [sidecar("100m"), asks("600m")]}),
        ),
        (
            "but not beside those before it",
            600,
            json!({"containers": [asks("500m")], "initContainers": [asks("590m"), sidecar("100m")]}),
        ),
        ("overhead comes on top", 550, json!({"containers": [asks("500m")], "overhead": {"cpu": "50m"}})),
        (
            "pod-level requests take the place of the others",
            250,
            json!({"containers": [asks("500m")], "resources": {"requests": {"cpu": "0.2"}}, "overhead": {"cpu": "50m"}}),
        ),
        (
            "a limit alone is a request too",
            300,
            json!({"containers": [{"resources": {"limits": {"cpu": "300m"}}}]}),
        ),
        (
            "null is as good as absent",
            0,
            json!({"containers": [{"resources": null}], "initContainers": null}),
        ),
    ] {
        assert_eq!(pod(spec.clone()).spec.requests.cpu_milli, cpu_milli, "{what}");
        assert_eq!(template(spec).requests.cpu_milli, cpu_milli, "{what}, in a template");
    }
    assert_eq!(pod(json!({})).spec.requests.pods, 1);
}

#[test]
fn a_resize_counts_with_the_larger_of_old_and_new() {
    let spec = json!({"containers": [asks("500m")]});
    let status = |actual: &str| json!({"containerStatuses": [{"name": "500m", "allocatedResources": {"cpu": "200m"}, "resources": {"requests": {"cpu": actual}}}]});
    assert_eq!(pod_with(spec.clone(), status("800m")).spec.requests.cpu_milli, 800);
    assert_eq!(pod_with(spec.clone(), status("100m")).spec.requests.cpu_milli, 500);
    let mut refused = status("100m");
    refused["conditions"] = json!([{"type": "PodResizePending", "status": "True", "reason": "Infeasible"}]);
    assert_eq!(pod_with(spec, refused).spec.requests.cpu_milli, 200);
}

#[test]
fn quality_of_service() {
    let container = |requests: Value, limits: Value| json!({"containers": [{"resources": {"requests": requests, "limits": limits}}]});
    let both = json!({"cpu": "1", "memory": "1Gi"});
    for (expected, spec) in [
        (QosClass::BestEffort, container(json!({}), json!({}))),
        (QosClass::Burstable, container(json!({"cpu": "1"}), json!({}))),
        (QosClass::Burstable, container(json!({"cpu": "500m", "memory": "1Gi"}), both.clone())),
        (QosClass::Guaranteed, container(both.clone(), both.clone())),
        (QosClass::Guaranteed, container(json!({}), both)),
    ] {
        assert_eq!(pod(spec.clone()).spec.qos, expected, "{spec}");
    }
    assert_eq!(pod_with(json!({}), json!({"qosClass": "Guaranteed"})).spec.qos, QosClass::Guaranteed);
}

#[test]
fn replicas_on_different_nodes_have_equal_specs() {
    let daemon = |node: &str| {
        pod(
            json!({"nodeName": node, "containers": [asks("1")], "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
            {"nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]}}},
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": format!("data-{node}")}}, {"name": "scratch", "ephemeral": {}}]}),
        )
    };
    let (a, b) = (daemon("a"), daemon("b"));
    assert_eq!(a.spec, b.spec);
    assert_eq!((a.required_node.as_deref(), b.required_node.as_deref()), (Some("a"), Some("b")));
    assert_eq!(a.claims.iter().map(|claim| &**claim).collect::<Vec<_>>(), ["data-a", "p-scratch"]);
}

#[test]
fn label_keys_are_merged_once() {
    let spread = |selector: Value| {
        let spec = json!({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "labelSelector": selector, "matchLabelKeys": ["pod-template-hash", "absent"]}]});
        pod(spec).spec.topology_spread[0].selector.clone().unwrap().requirements
    };
    let merged = spread(json!({"matchLabels": {"app": "a"}}));
    let expected = Requirement {
        key: "pod-template-hash".into(),
        operator: Operator::In,
        values: Box::new(["h".into()]),
    };
    assert_eq!((merged.len(), &merged[1]), (2, &expected));
    let already = json!({"matchLabels": {"app": "a"}, "matchExpressions": [{"key": "pod-template-hash", "operator": "In", "values": ["h"]}]});
    assert_eq!(spread(already), merged);
}

#[test]
fn affinity_without_namespaces_is_about_the_pods_own() {
    let namespaces = |term: Value| {
        let mut term = term;
        term["topologyKey"] = json!("zone");
        let spec = json!({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}});
        pod(spec).spec.required_pod_anti_affinity[0]
            .namespaces
            .iter()
            .map(|one| one.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(namespaces(json!({})), ["n"]);
    assert_eq!(namespaces(json!({"namespaces": ["m"]})), ["m"]);
    assert!(namespaces(json!({"namespaceSelector": {}})).is_empty());
}

#[test]
fn host_ports() {
    let ports = |spec: Value| pod(spec).spec.host_ports.iter().map(|port| port.port).collect::<Vec<_>>();
    let container = |restart: Value| json!({"name": "c", "restartPolicy": restart, "ports": [{"containerPort": 80, "hostPort": 8080}, {"containerPort": 81}]});
    assert_eq!(ports(json!({"containers": [container(Value::Null)]})), [8080]);
    assert_eq!(ports(json!({"containers": [container(Value::Null)], "hostNetwork": true})), [8080, 81]);
    assert!(ports(json!({"initContainers": [container(Value::Null)]})).is_empty());
    assert_eq!(ports(json!({"initContainers": [container(json!("Always"))]})), [8080]);
}

#[test]
fn a_template_has_the_priority_of_its_class_where_all_clusters_agree() {
    assert_eq!(template(json!({"priorityClassName": "system-node-critical"})).priority, 2_000_001_000);
    assert_eq!(template(json!({"priorityClassName": "ours"})).priority, 0);
}

#[test]
fn what_only_naming_needs() {
    let json = json!({"apiVersion": "autoscaling/v2", "metadata": {"name": "h", "namespace": "n", "uid": "u"}, "spec": "broken"}).to_string();
    let reference =
        read_reference("HorizontalPodAutoscaler", &json, &mut Interner::default()).unwrap().unwrap();
    assert_eq!((reference.kind, reference.uid), (ObjectKind::Autoscaler, Some(Uid::new("u"))));
    assert!(read_reference("Role", &json, &mut Interner::default()).unwrap().is_none());
    assert_eq!(describe(&json), ("n".to_owned(), "h".to_owned()));
}

#[test]
fn wrong_objects_are_told_from_broken_text() {
    let error = |kind: &str, json: &str| read(kind, json, &mut Interner::default()).unwrap_err();
    assert!(matches!(error("Pod", r#"{"metadata":{"name":"p"},"spec":[}"#), ReadObjectError::Syntax(_)));
    assert!(matches!(error("Pod", r#"{"metadata":{"name":1},"spec":tru}"#), ReadObjectError::Syntax(_)));
    assert!(matches!(error("Role", "{"), ReadObjectError::Syntax(_)));
    assert_eq!(error("Pod", r#"{"metadata":{}}"#).to_string(), "metadata.name is missing");
    assert_eq!(
        error("PodDisruptionBudget", r#"{"metadata":{"name":"b"},"spec":{"minAvailable":"half"}}"#)
            .to_string(),
        "spec.minAvailable: \"half\" is neither a number of pods nor a percentage"
    );
}
