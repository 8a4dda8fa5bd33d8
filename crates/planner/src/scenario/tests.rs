//! What a reader of a scenario's answer or of its errors sees.

use super::*;
use crate::{Bound, Certificate, MachineWorth, Place, Plan, PlannedNode, PricedClass};

const ZONE: &str = "topology.kubernetes.io/zone";

fn scenario() -> serde_json::Value {
    serde_json::json!({
        "types": [
            {"name": "m5.large", "cpu": 1930, "mem": 6903, "pods": 29, "gpu": 0, "offs": [
                {"zone": "a", "ct": "on-demand", "price": 0.096}, {"zone": "b", "ct": "spot", "price": 0.03118}]},
            {"name": "g5.xlarge", "cpu": 3920, "mem": 14000, "pods": 58, "gpu": 1, "offs": [
                {"zone": "a", "ct": "on-demand", "price": 1}]}],
        "pods": [
            {"cpu": 100, "mem": 200, "labels": {"app": "web"}, "tsc": [{"key": ZONE, "skew": 1, "match": {"app": "web"}}]},
            {"cpu": 100, "mem": 200, "labels": {"app": "web"}, "tsc": [{"key": ZONE, "skew": 1, "match": {"app": "web"}}]},
            {"cpu": 100, "mem": 200, "gpu": 1, "aff": {"key": ZONE, "match": {"app": "web"}},
             "anti": [{"key": "kubernetes.io/hostname", "match": {}}]}],
        "daemon": {"cpu": 250, "mem": 512}
    })
}

fn read(value: &serde_json::Value) -> Result<Scenario, ScenarioError> {
    Scenario::read(value.to_string().as_bytes())
}

#[test]
fn amounts_prices_and_rules_arrive() {
    let input = read(&scenario()).unwrap().input();
    assert_eq!(input.cluster.pods.len(), 3);
    assert!(Arc::ptr_eq(&input.cluster.pods[0].spec, &input.cluster.pods[1].spec), "equal pods share");
    let gpu = &input.cluster.pods[2].spec;
    assert_eq!((gpu.requests.memory_bytes, gpu.requests.extended("nvidia.com/gpu")), (200 << 20, 1));
    assert_eq!(&*gpu.required_pod_affinity[0].topology_key, ZONE);
    assert!(gpu.required_pod_anti_affinity[0].selector.as_ref().unwrap().is_empty());
    assert_eq!(input.offers.len(), 3);
    assert_eq!(input.offers[1].price.to_string(), "0.03118");
    assert_eq!(input.offers[2].price.to_string(), "1");
    let daemon = input.cluster.workloads[0].template.as_ref().unwrap();
    assert_eq!((daemon.spec.requests.cpu_milli, daemon.spec.requests.pods), (250, 1));
}

#[test]
fn errors_say_where_what_and_what_would_be_right() {
    let with = |path: &str, value: serde_json::Value| {
        let mut changed = scenario();
        *changed.pointer_mut(path).unwrap() = value;
        read(&changed).unwrap_err().to_string()
    };
    let added = |path: &str, name: &str| {
        let mut changed = scenario();
        changed.pointer_mut(path).unwrap()[name] = serde_json::json!({"x": "y"});
        read(&changed).unwrap_err().to_string()
    };
    let number = "expected a whole number from 0 to a billion";
    for (error, path, rest) in [
        (with("/pods/1/cpu", (-5).into()), "pods[1].cpu: ", number),
        (with("/pods/1/mem", 1.5.into()), "pods[1].mem: ", number),
        (with("/types/0/pods", "many".into()), "types[0].pods: ", number),
        (with("/daemon/mem", 2_000_000_000_000_u64.into()), "daemon.mem: ", number),
        (with("/types/0/offs/1/price", (-0.5).into()), "types[0].offs[1].price: ", "a number from 0"),
        (with("/types/0/offs/1/price", 1e300.into()), "types[0].offs[1].price: ", "a number from 0"),
        (with("/types/0/offs/1/ct", "reserved".into()), "types[0].offs[1].ct: ", "`on-demand` or `spot`"),
        (with("/types", serde_json::json!([])), "types: ", "at least one machine type"),
        (with("/types/1/offs", serde_json::json!([])), "types[1].offs: ", "at least one zone"),
        (with("/types/1/name", "m5.large".into()), "types[1].name: ", "also types[0]"),
        (with("/pods/0/tsc/0/key", "rack".into()), "pods[0].tsc[0].key: ", "\"rack\""),
        (with("/pods/2/aff/key", "rack".into()), "pods[2].aff.key: ", "kubernetes.io/hostname"),
        (with("/pods/2/anti/0/key", "rack".into()), "pods[2].anti[0].key: ", "kubernetes.io/hostname"),
        (with("/pods/0/tsc/0/skew", 0.into()), "pods[0].tsc[0].skew: ", "from 1 to"),
        (with("/pods/0/labels", serde_json::json!({"app": 1})), "pods[0].labels.app: ", "expected a string"),
        (added("/pods/0", "nodeSelector"), "pods[0].nodeSelector: ", "unknown field `nodeSelector`"),
        (added("", "nodes"), "nodes: ", "unknown field `nodes`"),
    ] {
        assert!(error.starts_with(path) && error.contains(rest), "{error}\nis not\n{path}…{rest}");
    }
}

#[test]
fn what_is_no_json_is_refused() {
    let garbage: Vec<u8> = (0..10_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for text in [&garbage[..], b"", b"[]", b"{}", b"{\"types\": [}", &[b'['; 10_000_000]] {
        let error = Scenario::read(text).unwrap_err().to_string();
        assert!(error.len() < 300, "{error}");
    }
    let nan = scenario().to_string().replace("0.096", "NaN");
    let error = Scenario::read(nan.as_bytes()).unwrap_err().to_string();
    assert!(error.starts_with("types[0].offs[0].price: "), "{error}");
    let twice = format!("{0}{0}", scenario());
    assert!(Scenario::read(twice.as_bytes()).unwrap_err().to_string().contains("trailing"));
}

#[test]
fn the_answer_is_written_as_scenarios_have_it() {
    let scenario = read(&scenario()).unwrap();
    let input = scenario.input();
    let price = input.offers[1].price;
    let certificate = Certificate {
        classes: vec![PricedClass { pods: vec![0, 1], dual_nanos: 12_345_678 }],
        machines: vec![MachineWorth {
            instance_type: "m5.large".into(),
            zone: "b".into(),
            lifecycle: model::Lifecycle::Spot,
            price,
            max_value: Money::from_nanos(31_179_999),
            supply: None,
        }],
        nodes: Vec::new(),
    };
    let plan = Plan {
        after: price,
        nodes: vec![PlannedNode {
            place: Place::New { offer: 1, template: 0 },
            price,
            pods: vec![0, 1],
            reason: crate::NodeReason::default(),
        }],
        bound: Bound::Certified { per_hour: Money::from_nanos(24_691_356), certificate },
        ..Plan::default()
    };
    let outcome = serde_json::to_value(scenario.outcome(&input, &plan, 0.25)).unwrap();
    assert_eq!(
        outcome,
        serde_json::json!({
            "costPerHour": 0.03118, "lowerBoundPerHour": 0.024691356, "gap": plan.gap().unwrap(),
            "solveSeconds": 0.25, "unplaced": [],
            "nodes": [{"type": "m5.large", "zone": "b", "capacityType": "spot", "pricePerHour": 0.03118, "pods": [0, 1]}]
        })
    );
    assert_eq!(
        serde_json::to_string(&Proof::of(&input, &plan).unwrap()).unwrap(),
        r#"{"classes":[{"pods":[0,1],"dual":0.012345678}],"types":[{"type":"m5.large","zone":"b","capacityType":"spot","pricePerHour":0.03118,"maxValue":0.031179999}],"boundPerHour":0.024691356}"#
    );
}
