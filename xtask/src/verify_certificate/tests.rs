//! A right certificate is accepted, each falsified one refused.

use serde_json::{Value, json};

use super::*;

/// Two machine types, three kinds of pods, one of which is alone on its node.
fn scenario() -> Value {
    let offers = |price: f64| json!([{"zone": "a", "ct": "on-demand", "price": price}, {"zone": "b", "ct": "on-demand", "price": price}]);
    let lonely = json!({"key": "kubernetes.io/hostname", "match": {"app": "db"}});
    json!({
        "types": [
            {"name": "small", "cpu": 1100, "mem": 2100, "pods": 5, "gpu": 0, "offs": offers(0.1)},
            {"name": "large", "cpu": 2100, "mem": 4100, "pods": 9, "gpu": 0, "offs": offers(0.19)}],
        "pods": [
            {"cpu": 500, "mem": 900}, {"cpu": 500, "mem": 900}, {"cpu": 500, "mem": 900},
            {"cpu": 300, "mem": 800},
            {"cpu": 200, "mem": 200, "labels": {"app": "db"}, "anti": lonely},
            {"cpu": 200, "mem": 200, "labels": {"app": "db"}, "anti": [lonely]}],
        "daemon": {"cpu": 100, "mem": 100}
    })
}

/// Half of a small machine for each larger pod, nothing for the small ones; the large machine holds four.
fn certificate() -> Value {
    let worth = |name: &str, zone: &str, price: f64, most: f64| json!({"type": name, "zone": zone, "capacityType": "on-demand", "pricePerHour": price, "maxValue": most});
    json!({
        "classes": [{"pods": [0, 1, 2], "dual": 0.045}, {"pods": [3], "dual": 0.045}, {"pods": [4, 5], "dual": 0.005}],
        "types": [
            worth("small", "a", 0.1, 0.095), worth("small", "b", 0.1, 0.095),
            worth("large", "a", 0.19, 0.185), worth("large", "b", 0.19, 0.185)],
        "boundPerHour": 0.19
    })
}

fn verified(scenario: &Value, certificate: &Value) -> anyhow::Result<String> {
    verify(scenario.to_string().as_bytes(), certificate.to_string().as_bytes())
}

#[test]
fn a_right_certificate_is_accepted() {
    let said = verified(&scenario(), &certificate()).unwrap();
    assert!(said.starts_with("ok  0.19"), "{said}");
}

#[test]
fn each_falsification_is_refused() {
    let falsified = |path: &str, value: Value, expected: &str| {
        let mut changed = certificate();
        *changed.pointer_mut(path).unwrap() = value;
        let error = format!("{:#}", verified(&scenario(), &changed).unwrap_err());
        assert!(error.contains(expected), "{path}: {error}");
    };
    falsified("/boundPerHour", json!(0.190000001), "boundPerHour is 190000001");
    falsified("/types/0/maxValue", json!(0.094999999), "small: pods worth 95000000");
    falsified("/types/3/maxValue", json!(0.18), "large: pods worth");
    falsified(
        "/types/2/maxValue",
        json!(0.2),
        "large in a (on-demand): maxValue 200000000 is above its price",
    );
    falsified("/types/2/pricePerHour", json!(0.2), "costs 190000000 nano-dollars");
    falsified("/types/2/zone", json!("c"), "large in a (on-demand) is left out");
    falsified("/classes/0/dual", json!(0.06), "small: pods worth");
    falsified("/classes/0/dual", json!(-0.01), "classes[0] has a negative dual");
    falsified("/classes/1/pods", json!([2]), "pod 2 is in two classes");
    falsified("/classes/1/pods", json!([6]), "the scenario has no pod 6");
    // A pod that is in no class is worth nothing.
    falsified("/classes/1/pods", json!([]), "all pods together are worth 145000000");
}

#[test]
fn pods_that_avoid_each_other_count_once_per_machine() {
    let mut both = certificate();
    for (path, dual) in [("/classes/0/dual", 0.005), ("/classes/1/dual", 0.005), ("/classes/2/dual", 0.085)] {
        *both.pointer_mut(path).unwrap() = json!(dual);
    }
    for (index, price) in [0.1, 0.1, 0.19, 0.19].into_iter().enumerate() {
        both["types"][index]["maxValue"] = json!(price);
    }
    assert!(verified(&scenario(), &both).is_ok());
    let mut crowd = scenario();
    crowd["pods"][4]["anti"] = Value::Null;
    crowd["pods"][5]["anti"] = Value::Null;
    let error = verified(&crowd, &both).unwrap_err().to_string();
    assert!(error.starts_with("small: pods worth"), "two of them now fit on one machine: {error}");
}

/// The search against all sets, on machines small enough for that.
#[test]
fn the_search_finds_what_trying_everything_finds() {
    let mut state = 7_u64;
    let mut random = |below: i64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as i64 % below
    };
    for _ in 0..300 {
        let items: Vec<knapsack::Item> = (0..5)
            .map(|at| knapsack::Item {
                need: [1 + random(9), random(12), 1, random(2)],
                value: 1 + random(50),
                most: 1 + if at < 2 { 0 } else { random(3) },
                group: (at < 2).then_some(0),
            })
            .collect();
        let knapsack = Knapsack { room: [20, 25, 6, 2], items };
        let best = everything(&knapsack, 0, knapsack.room, true);
        assert!(matches!(knapsack.prove(best, 1_000_000), Proof::ByPrices | Proof::BySearch { .. }));
        assert!(matches!(knapsack.prove(best - 1, 1_000_000), Proof::Refuted { .. }));
    }
}

fn everything(knapsack: &Knapsack, at: usize, room: [i64; knapsack::RESOURCES], free: bool) -> i64 {
    let Some(item) = knapsack.items.get(at) else { return 0 };
    let most = if item.group.is_some() && !free { 0 } else { item.most };
    let worth = |number: i64| {
        let left: [i64; knapsack::RESOURCES] = std::array::from_fn(|r| room[r] - number * item.need[r]);
        let free = free && (item.group.is_none() || number == 0);
        left.iter()
            .all(|&left| left >= 0)
            .then(|| number * item.value + everything(knapsack, at + 1, left, free))
    };
    (0..=most).filter_map(worth).max().unwrap_or(0)
}
