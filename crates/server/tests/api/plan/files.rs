//! Files that are not what they should be: a sentence that says where, exit 1, no panic.

use cluster::DumpReader;
use planner::scenario::Scenario;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use super::cluster::{Cluster, Size, TestFile};
use super::plan;

/// Runs it, and has it fail with all of `expected` in what it says.
fn fails(arguments: &[&str], expected: &[&str]) {
    let (code, printed, said) = plan(arguments);
    assert_eq!(code, 1, "{arguments:?} printed {printed}\n{said}");
    assert!(said.starts_with("supercargo: ") && !said.contains("panicked"), "{said}");
    for word in expected {
        assert!(said.contains(word), "{word:?} is not in: {said}");
    }
}

fn with_request(cpu: Value) -> TestFile {
    let mut cluster = Cluster::wasteful();
    let pod = cluster.of_kind("Pod").nth(3).unwrap();
    pod["spec"]["containers"][0]["resources"]["requests"]["cpu"] = cpu;
    cluster.file()
}

#[test]
fn dumps_that_make_no_sense_are_refused_with_the_place() {
    fails(&["no/such/file.json"], &["opening no/such/file.json"]);
    fails(&[with_request(json!("-1")).path()], &["shop/web-5d4c-3", "cpu", "-1"]);
    fails(&[with_request(json!("4 apples")).path()], &["shop/web-5d4c-3", "cpu", "4 apples"]);
    fails(&[TestFile::new("empty.json", "").path()], &["the dump is empty"]);
    fails(&[TestFile::new("none.json", r#"{"kind":"List","items":[]}"#).path()], &["there are no nodes"]);
    let text = Cluster::wasteful().text();
    let cut = TestFile::new("cut.json", &text[..text.len() / 2]);
    fails(&[cut.path()], &[cut.path(), "byte"]);
    // Ten megabytes of noise.
    let mut noise = vec![0_u8; 10 << 20];
    let mut seed = 1_u64;
    for byte in &mut noise {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        *byte = (seed >> 56) as u8;
    }
    fails(&[TestFile::new("noise.json", noise).path()], &["byte 0"]);
}

#[test]
fn scenarios_that_make_no_sense_are_refused_with_the_place() {
    let scenario = |change: &dyn Fn(&mut Value)| {
        let mut scenario = json!({
            "types": [{"name": "t", "cpu": 1000, "mem": 1000, "pods": 10, "offs": [{"zone": "a", "ct": "spot", "price": 0.1}]}],
            "pods": [{"cpu": 100, "mem": 100}], "daemon": null});
        change(&mut scenario);
        TestFile::new("scenario.json", scenario.to_string())
    };
    let refused = |change: &dyn Fn(&mut Value), expected: &[&str]| {
        fails(&["--scenario", scenario(change).path()], expected);
    };
    refused(&|one| one["pods"][0]["cpu"] = json!(-5), &["pods[0].cpu", "-5"]);
    refused(&|one| one["types"][0]["offs"] = json!([]), &["types[0].offs"]);
    refused(&|one| one["types"] = json!([]), &["types"]);
    refused(&|one| one["pods"][0]["disk"] = json!(1), &["disk"]);
    let garbage = TestFile::new("scenario.json", [0x1f, 0x8b, 8, 0, 1, 2, 3]);
    fails(&["--scenario", garbage.path()], &[garbage.path()]);
}

#[test]
fn other_files_and_names_are_refused_with_the_place() {
    let cluster = Cluster::wasteful().file();
    let path = cluster.path();
    let file = |name, text: &str| TestFile::new(name, text);
    let header = "provider,region,instance_type,vcpus,memory_mib,on_demand_usd_per_hour\n";
    let free = file("catalogue.csv", &format!("{header}aws,us-east-1,m5.xlarge,4,16384,cheap\n"));
    fails(&[path, "--catalog", free.path()], &[free.path(), "line 2", "on_demand_usd_per_hour"]);
    fails(&[path, "--catalog", file("empty.csv", "").path()], &["column"]);
    fails(&[path, "--policies", file("p.yaml", "limits: {cpu: -1}\n").path()], &["limits", "-1 is negative"]);
    fails(&[path, "--only-nodes", "pool=none"], &["--only-nodes selects none of the 3 nodes"]);
    fails(&[path, "--explain", "node-x"], &["no node \"node-x\""]);
    fails(&[path, "--explain", "shop/nobody"], &["no pod \"nobody\""]);
    fails(&[path, "--manifest", file("m.yaml", "{{ template }}\n").path()], &["document 1"]);
    fails(
        &[path, "--manifest", file("m.yaml", "kind: Service\nmetadata: {name: a}\n").path()],
        &["makes pods"],
    );
    fails(&[path, "--certificate", "no/such/directory/proof.json"], &["no/such/directory/proof.json"]);
}

/// A catalogue without any machine of the provider leaves the nodes that are there: a plan, not an error.
#[test]
fn a_place_where_nothing_is_for_sale_is_planned_with_what_is_there() {
    let mut cluster = Cluster::wasteful();
    for node in cluster.of_kind("Node") {
        node["metadata"]["labels"]["topology.kubernetes.io/region"] = json!("moon-1");
    }
    cluster.deployment("shop/solver", 1, Size(9_000, 1_024), &[]);
    let (code, said, error) = plan(&[cluster.file().path(), "-o", "json"]);
    assert_eq!((code, error.as_str()), (0, ""));
    let report: Value = serde_json::from_str(&said).unwrap();
    assert!(report["after"]["nodes"].as_array().unwrap().iter().all(|node| !node["existing"].is_null()));
    assert_eq!(report["unplaced"][0]["pod"], "shop/solver-5d4c-0");
}

/// A valid text with some of its bytes changed, doubled or left out; now and then any bytes at all.
fn mutated(valid: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let edit =
        (any::<prop::sample::Index>(), 0_usize..40, prop::collection::vec(any::<u8>(), 0..4), any::<bool>());
    let edited = prop::collection::vec(edit, 1..6).prop_map(|edits| {
        let mut bytes = valid.to_vec();
        for (at, length, put, copy) in edits {
            let start = at.index(bytes.len() + 1);
            let end = bytes.len().min(start + length);
            let piece = if copy { [&bytes[start..end], &bytes[start..end], &put].concat() } else { put };
            bytes.splice(start..end, piece);
        }
        bytes
    });
    prop_oneof![9 => edited, 1 => prop::collection::vec(any::<u8>(), 0..200)]
}

/// The same cases every time: what is found here is found by everybody.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn any_bytes_are_a_dump_or_an_error() {
    let valid: &'static [u8] = Cluster::wasteful().text().into_bytes().leak();
    let outcome = runner(600).run(&mutated(valid), |bytes| {
        let mut reader = DumpReader::new();
        match reader.read(bytes.as_slice()) {
            Ok(()) => {
                let _ = reader.finish().requested_by_node();
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn any_bytes_are_a_scenario_or_an_error() {
    let valid = br#"{"types":[{"name":"t","cpu":1000,"mem":1000,"pods":10,"offs":[{"zone":"a","ct":"spot","price":0.1}]}],
        "pods":[{"cpu":100,"mem":100,"labels":{"a":"b"},"tsc":[{"key":"topology.kubernetes.io/zone","skew":1,"match":{"a":"b"}}]}],
        "daemon":{"cpu":1,"mem":1}}"#;
    let outcome = runner(3_000).run(&mutated(valid), |bytes| {
        match Scenario::read(bytes.as_slice()) {
            Ok(scenario) => prop_assert_eq!(scenario.input().cluster.pods.len(), scenario.pods()),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
        Ok(())
    });
    outcome.unwrap();
}
