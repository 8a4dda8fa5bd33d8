//! `supercargo plan` as its users run it: figures that add up, reasons that hold, errors that say where.

pub mod cluster;
mod files;

use serde_json::{Value, json};

use crate::harness::supercargo;
use cluster::{Cluster, Size, TestFile, deployment};

/// Runs `supercargo plan`; its exit code, and what it printed on either side.
fn plan(arguments: &[&str]) -> (i32, String, String) {
    let output = supercargo(&[&["plan", "--time-limit", "5s", "--log", "off"], arguments].concat());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn plan_json(arguments: &[&str]) -> Value {
    let (code, said, error) = plan(&[arguments, &["-o", "json"]].concat());
    assert_eq!((code, error.as_str()), (0, ""), "{said}");
    serde_json::from_str(&said).unwrap()
}

fn dollars(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// Nano-dollars, so that sums can be compared exactly.
fn nanos(value: &Value) -> i64 {
    (dollars(value) * 1e9).round() as i64
}

/// What holds for every plan.
fn check(report: &Value) {
    let nodes = report["after"]["nodes"].as_array().unwrap();
    let sum: i64 = nodes.iter().map(|node| nanos(&node["pricePerHour"])).sum();
    assert_eq!(sum, nanos(&report["after"]["costPerHour"]));
    let saved = nanos(&report["before"]["costPerHour"]) - sum;
    assert_eq!(saved, nanos(&report["saving"]["perHour"]));
    if !report["lowerBoundPerHour"].is_null() {
        assert!(nanos(&report["lowerBoundPerHour"]) <= sum);
    }
    let existing = nodes.iter().filter(|node| !node["existing"].is_null()).count();
    let removed = report["removed"].as_array().unwrap().len();
    assert_eq!(existing + removed, report["before"]["nodes"].as_u64().unwrap() as usize);
    assert_eq!(report["moves"].as_u64().unwrap() as usize, report["movedPods"].as_array().unwrap().len());
    let mut pods: Vec<&str> = nodes
        .iter()
        .flat_map(|node| node["pods"].as_array().unwrap())
        .map(|pod| pod.as_str().unwrap())
        .collect();
    let count = pods.len();
    pods.sort_unstable();
    pods.dedup();
    assert_eq!(pods.len(), count, "no pod is in two places");
}

/// The reasons for which a node stays: the first, then those behind it.
fn reasons(report: &Value, node: &str) -> Vec<String> {
    let kept = report["kept"].as_array().unwrap().iter().find(|one| one["node"] == node);
    let kept = kept.unwrap_or_else(|| panic!("{node} is not kept: {report:#}"));
    let behind = kept["behind"].as_array().cloned().unwrap_or_default();
    let all = [kept["reason"].clone()].into_iter().chain(behind);
    all.map(|reason| reason.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_wasteful_cluster_is_made_cheaper_and_the_figures_add_up() {
    let file = Cluster::wasteful().file();
    let report = plan_json(&[file.path()]);
    check(&report);
    assert_eq!(dollars(&report["before"]["costPerHour"]), 1.152);
    assert!(dollars(&report["saving"]["share"]) > 0.6, "{report:#}");
    let pods = report["after"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["pods"].as_array().unwrap().len());
    assert_eq!(pods.sum::<usize>(), 12);

    let (code, table, _) = plan(&[file.path()]);
    assert_eq!(code, 0);
    for expected in
        ["3 nodes (0 spot), 12 pods", "No plan under the same rules can cost less", "m5.2xlarge", "1.152"]
    {
        assert!(table.contains(expected), "{expected}:\n{table}");
    }
    assert!(!table.contains('\x1b'), "no codes where nobody looks");
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");

    let (_, yaml, _) = plan(&[file.path(), "-o", "yaml"]);
    let yaml: Value = serde_yaml_ng::from_str(&yaml).unwrap();
    assert_eq!(yaml["after"], report["after"]);
}

#[test]
fn exit_code_2_says_that_something_would_change() {
    let wasteful = Cluster::wasteful().file();
    assert_eq!(plan(&[wasteful.path()]).0, 0);
    assert_eq!(plan(&[wasteful.path(), "--exit-code"]).0, 2);
    // One node, full of a pod that nothing may touch.
    let mut cluster = Cluster::default();
    cluster.node("node-a", "us-east-1a", "m5.large", "general");
    cluster.deployment_with("shop/web", 1, Size(1_500, 4_096), &["node-a"], |template| {
        template["metadata"]["annotations"] = json!({"karpenter.sh/do-not-disrupt": "true"});
    });
    let (code, said, _) = plan(&[cluster.file().path(), "--exit-code"]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn the_same_seed_gives_the_same_plan_with_one_thread_or_two() {
    let file = Cluster::wasteful().file();
    let run = |threads| {
        let mut report = plan_json(&[file.path(), "--seed", "7", "--threads", threads]);
        report["solveSeconds"] = json!(0);
        report
    };
    assert_eq!(run("1"), run("2"));
}

/// The obstacles that a pod can be, each with the change that makes it one and a word of its reason.
#[test]
fn what_keeps_a_node_is_named_and_without_it_the_node_goes() {
    let annotated = |name: &'static str, value: &'static str| {
        move |template: &mut Value| template["metadata"]["annotations"] = json!({name: value})
    };
    let volume = |source: Value| {
        move |template: &mut Value| {
            let mut volume = source.clone();
            volume["name"] = json!("data");
            template["spec"]["volumes"] = json!([volume]);
        }
    };
    type Change = Box<dyn Fn(&mut Value)>;
    let obstacles: [(Change, &str); 5] = [
        (Box::new(annotated("karpenter.sh/do-not-disrupt", "true")), "karpenter.sh/do-not-disrupt"),
        (Box::new(annotated("cluster-autoscaler.kubernetes.io/safe-to-evict", "false")), "safe-to-evict"),
        (Box::new(annotated("autoscaling.cast.ai/removal-disabled", "true")), "removal-disabled"),
        (Box::new(volume(json!({"emptyDir": {}}))), "emptyDir"),
        (Box::new(volume(json!({"hostPath": {"path": "/data"}}))), "hostPath"),
    ];
    for (change, word) in obstacles {
        let mut cluster = Cluster::wasteful();
        cluster.deployment_with("shop/odd", 1, Size(100, 128), &["node-c"], change);
        let report = plan_json(&[cluster.file().path()]);
        check(&report);
        let first = &reasons(&report, "node-c")[0];
        assert!(first.contains("shop/odd-5d4c-0") && first.contains(word), "{first}");
        let unmovable = report["unmovable"].as_array().unwrap();
        assert!(
            unmovable.iter().any(|one| one["workload"] == "shop/odd" && one["pods"] == 1),
            "{unmovable:?}"
        );

        let (_, said, _) = plan(&[cluster.file().path(), "--explain", "node-c"]);
        assert!(said.contains("It stays") && said.contains(word), "{said}");
        // The same cluster without what is in the way.
        let mut free = Cluster::wasteful();
        free.deployment("shop/odd", 1, Size(100, 128), &["node-c"]);
        let (_, said, _) = plan(&[free.file().path(), "--explain", "node-c"]);
        assert!(said.contains("It goes"), "{said}");
    }
}

#[test]
fn budgets_and_marks_on_nodes_and_naked_pods_keep_nodes_too() {
    let mut cluster = Cluster::wasteful();
    cluster.deployment("shop/ledger", 1, Size(100, 128), &["node-a"]);
    cluster.budget("shop/ledger", json!({"maxUnavailable": 0}), 0, 1);
    let mut naked = deployment("shop/shell", 1, Size(100, 128), |_| {})["spec"]["template"].clone();
    naked["kind"] = json!("Pod");
    naked["metadata"]["name"] = json!("shell");
    naked["metadata"]["namespace"] = json!("shop");
    naked["spec"]["nodeName"] = json!("node-b");
    naked["status"] = json!({"phase": "Running"});
    cluster.items.push(naked);
    let marked = cluster.of_kind("Node").find(|node| node["metadata"]["name"] == "node-c").unwrap();
    marked["metadata"]["annotations"]["autoscaling.cast.ai/removal-disabled"] = json!("true");
    let report = plan_json(&[cluster.file().path()]);
    check(&report);
    for (node, word) in [("node-a", "shop/ledger never allows"), ("node-b", "naked"), ("node-c", "marked")] {
        let first = &reasons(&report, node)[0];
        assert!(first.contains(word), "{node}: {first}");
    }
}

#[test]
fn a_pod_without_a_place_has_one_verdict() {
    let mut cluster = Cluster::wasteful();
    cluster.deployment_with("shop/mainframe", 1, Size(100, 128), &[], |template| {
        template["spec"]["nodeSelector"] = json!({"kubernetes.io/arch": "s390x"});
    });
    cluster.deployment("shop/solver", 1, Size(9_000, 20_480), &[]);
    let report = plan_json(&[cluster.file().path()]);
    check(&report);
    assert!(report["after"]["costPerHour"].as_f64() < report["before"]["costPerHour"].as_f64());
    let unplaced = report["unplaced"].as_array().unwrap();
    let reason = |pod: &str| -> &str {
        let mut found = unplaced.iter().filter(|one| one["pod"] == pod);
        found.next().unwrap_or_else(|| panic!("{pod}: {unplaced:?}"))["reason"].as_str().unwrap()
    };
    assert_eq!(unplaced.len(), 2, "{unplaced:?}");
    assert!(reason("shop/mainframe-5d4c-0").contains("NodeAffinity"));
    assert!(reason("shop/solver-5d4c-0").contains("the cheapest machine that could hold it is"));
    let (_, said, _) = plan(&[
        cluster.file().path(),
        "--explain",
        "shop/mainframe-5d4c-0",
        "--explain",
        "shop/solver-5d4c-0",
    ]);
    assert!(said.contains("no place") && said.contains("cheapest machine"), "{said}");
}

#[test]
fn only_chosen_nodes_go() {
    let mut cluster = Cluster::wasteful();
    let node = cluster.of_kind("Node").next().unwrap();
    node["metadata"]["labels"]["tier"] = json!("old");
    let file = cluster.file();
    let report = plan_json(&[file.path(), "--only-nodes", "tier=old"]);
    check(&report);
    let removed: Vec<&str> =
        report["removed"].as_array().unwrap().iter().map(|one| one["node"].as_str().unwrap()).collect();
    assert_eq!(removed, ["node-a"]);
    assert!(reasons(&report, "node-b")[0].contains("not asked about"));
}

#[test]
fn spot_and_policies_change_what_is_bought() {
    let file = Cluster::wasteful().file();
    let terms = |arguments: &[&str]| -> Vec<String> {
        let report = plan_json(&[&[file.path()], arguments].concat());
        check(&report);
        let nodes = report["after"]["nodes"].as_array().unwrap();
        nodes.iter().map(|node| node["capacityType"].as_str().unwrap().to_owned()).collect()
    };
    assert!(terms(&[]).iter().all(|terms| terms == "on-demand"), "pods keep the terms they run under");
    assert!(terms(&["--spot", "friendly"]).iter().all(|terms| terms == "spot"));
    let no_spot = TestFile::new("policies.yaml", "spot: none\n");
    assert!(terms(&["--policies", no_spot.path()]).iter().all(|terms| terms == "on-demand"));

    let only = TestFile::new(
        "policies.yaml",
        "templates:\n  - name: general\n    constraints: {instanceTypes: [m6i.xlarge]}\n",
    );
    let report = plan_json(&[file.path(), "--policies", only.path()]);
    check(&report);
    let bought =
        report["after"]["nodes"].as_array().unwrap().iter().filter(|node| node["existing"].is_null());
    assert!(bought.into_iter().all(|node| node["type"] == "m6i.xlarge"), "{report:#}");
}

#[test]
fn a_change_is_priced_before_it_is_merged() {
    let file = Cluster::wasteful().file();
    let manifest = |name: &str, replicas, size| {
        TestFile::new("deploy.yaml", deployment(name, replicas, size, |_| {}).to_string())
    };

    let small = manifest("shop/api", 2, Size(500, 512));
    let report = plan_json(&[file.path(), "--manifest", small.path()]);
    assert_eq!(
        (&report["adds"]["perHour"], &report["adds"]["nodes"]),
        (&json!(0.0), &json!(0)),
        "{report:#}"
    );
    assert_eq!(report["podsOnExistingNodes"], 2);
    assert_eq!(plan(&[file.path(), "--manifest", small.path(), "--exit-code"]).0, 0);

    let large = manifest("shop/api", 4, Size(7_000, 8_192));
    let report = plan_json(&[file.path(), "--manifest", large.path()]);
    let added = dollars(&report["adds"]["perHour"]);
    let bought: f64 =
        report["newNodes"].as_array().unwrap().iter().map(|node| dollars(&node["pricePerHour"])).sum();
    assert!(added > 0.0 && (added - bought).abs() < 1e-9, "{report:#}");
    assert_eq!(plan(&[file.path(), "--manifest", large.path(), "--exit-code"]).0, 2);
    let (_, said, _) = plan(&[file.path(), "--manifest", large.path()]);
    assert!(said.contains("+$") && said.contains("shop/api"), "{said}");

    // The same workload with three pods more: only those are new.
    let more = manifest("shop/web", 15, Size(250, 512));
    let report = plan_json(&[file.path(), "--manifest", more.path()]);
    assert_eq!(
        report["workloads"],
        json!([{"workload": "shop/web", "kind": "Deployment", "pods": 3, "replaces": 0}])
    );
}

#[test]
fn a_daemon_set_lands_on_every_node() {
    let file = Cluster::wasteful().file();
    let mut daemon = deployment("shop/agent", 1, Size(100, 100), |_| {});
    daemon["kind"] = json!("DaemonSet");
    let yaml = format!("---\n# nothing\n---\n{}\n", serde_yaml_ng::to_string(&daemon).unwrap());
    let manifest = TestFile::new("agent.yaml", yaml);
    let report = plan_json(&[file.path(), "--manifest", manifest.path()]);
    assert_eq!(report["workloads"][0]["pods"], 3);
    assert_eq!(report["adds"]["nodes"], 0);
}

#[test]
fn a_scenario_is_answered_with_its_proof() {
    let scenario = json!({
        "types": [{"name": "small", "cpu": 1000, "mem": 1000, "pods": 10, "offs": [{"zone": "a", "ct": "on-demand", "price": 0.1}]},
            {"name": "large", "cpu": 4000, "mem": 4000, "pods": 10, "offs": [{"zone": "a", "ct": "on-demand", "price": 0.3}]}],
        "pods": vec![json!({"cpu": 1000, "mem": 500}); 5],
        "daemon": null,
    });
    let file = TestFile::new("scenario.json", scenario.to_string());
    let proof = TestFile::new("proof.json", "");
    let answer = plan_json(&["--scenario", file.path(), "--certificate", proof.path()]);
    assert_eq!(dollars(&answer["costPerHour"]), 0.4, "one large and one small");
    let placed =
        answer["nodes"].as_array().unwrap().iter().map(|node| node["pods"].as_array().unwrap().len());
    assert_eq!(placed.sum::<usize>(), 5);
    assert_eq!(answer["unplaced"], json!([]));
    let proof: Value = serde_json::from_str(&proof.text()).unwrap();
    assert_eq!(proof["boundPerHour"], answer["lowerBoundPerHour"]);
    let (code, table, _) = plan(&["--scenario", file.path()]);
    assert!(code == 0 && table.contains("$0.4000/hour for 5 pods on 2 nodes"), "{table}");
}

#[test]
fn wrong_use_is_told_from_failure() {
    for arguments in [
        &[][..],
        &["a.json", "--scenario", "b.json"],
        &["--scenario", "b.json", "--exit-code"],
        &["a.json", "--only-nodes", "a=b=c"],
        &["a.json", "--time-limit", "soon"],
        &["a.json", "--threads", "0"],
        &["a.json", "-o", "csv"],
        &["--scenario", "b.json", "--prices", "p.yaml"],
        &["a.json", "--manifest", "m.yaml", "--explain", "node-a"],
    ] {
        let (code, _, said) = plan(arguments);
        assert_eq!(code, 2, "{arguments:?}: {said}");
    }
}

/// Generated clusters that lie beside the repository, with what their description calls odd.
#[test]
fn what_cannot_move_in_large_clusters_is_named_with_the_right_reason() {
    for name in ["eks-60", "karpenter-120", "gke-25"] {
        let beside = format!("../../../shared/snapshots/{name}.json.gz");
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(beside);
        if !path.exists() {
            continue;
        }
        let report = plan_json(&[path.to_str().unwrap()]);
        check(&report);
        let unmovable = report["unmovable"].as_array().unwrap();
        for (workload, pods, word) in [
            ("payments/ledger", 3, "payments/ledger never allows"),
            ("identity/session-store", 2, "identity/session-store never allows"),
            ("data/etl-coordinator", 2, "do-not-disrupt"),
            ("data/nightly-reindex", 1, "do-not-disrupt"),
            ("ci/runner", 3, "safe-to-evict"),
            ("ml/feature-cache", 2, "removal-disabled"),
            ("search/index-warmer", 1, "removal-disabled"),
            ("search/scratch-cache", 2, "emptyDir"),
            ("platform/legacy-shipper", 1, "hostPath"),
            ("default/debug-shell", 1, "naked"),
        ] {
            let named = unmovable.iter().any(|one| {
                one["workload"] == workload
                    && one["pods"] == pods
                    && one["reason"].as_str().unwrap().contains(word)
            });
            assert!(named, "{name}: {workload}, {pods} pods, {word}: {unmovable:#?}");
        }
        let unplaced = report["unplaced"].as_array().unwrap();
        let waits = |pod: &str, word: &str| {
            let of = |one: &&Value| one["pod"].as_str().unwrap().starts_with(pod);
            let reasons: Vec<&str> =
                unplaced.iter().filter(of).map(|one| one["reason"].as_str().unwrap()).collect();
            assert!(
                !reasons.is_empty() && reasons.iter().all(|one| one.contains(word)),
                "{name}: {unplaced:?}"
            );
            reasons.len()
        };
        assert_eq!(waits("research/mainframe-bridge-", "NodeAffinity"), 1);
        assert_eq!(waits("research/batch-solver-", "the cheapest machine that could hold it is"), 2);
        let share = dollars(&report["saving"]["share"]);
        let least = if name == "eks-60" { 1.0 / 3.0 } else { 0.25 };
        assert!(share >= least, "{name}: {share}");
        let kept: Vec<&str> =
            report["kept"].as_array().unwrap().iter().map(|one| one["reason"].as_str().unwrap()).collect();
        for word in ["kubelet does not answer", "marked autoscaling.cast.ai/removal-disabled"] {
            assert!(kept.iter().any(|reason| reason.contains(word)), "{name}: {word}");
        }
    }
}
