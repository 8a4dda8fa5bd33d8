use super::*;

#[test]
fn the_example_in_the_docs_is_read_and_means_what_it_says() {
    let page = include_str!("../../../../../../docs/policies.md");
    let (_, rest) = page.split_once("```yaml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let house = parse(example).unwrap();
    let policies = &house.policies;
    assert_eq!(policies.limits.cpu_milli, Some(400_000));
    assert_eq!(policies.limits.memory_bytes, Some(1_600 << 30));
    assert_eq!(policies.limits.price.unwrap().to_string(), "20");
    assert_eq!(policies.node_charge.to_string(), "0.005");
    assert_eq!(policies.spot, SpotUse::Friendly { max_workload_percent: 60 });
    assert_eq!(policies.disruption.per_pod.to_string(), "0.002");
    assert!(!policies.preferences.taints && policies.preferences.node_affinity);
    assert_eq!(policies.headroom[0].resources.cpu_milli, 2_000);
    assert_eq!(policies.headroom[0].resources.pods, 1);
    assert_eq!(house.commitments[0].machines, 10);

    let mut templates = vec![NodeTemplate { name: "general".into(), ..NodeTemplate::default() }];
    templates[0].constraints.gpu = Some(false);
    templates[0].constraints.max_vcpus = Some(32);
    house.change(&mut templates);
    let general = &templates[0].constraints;
    assert_eq!(general.gpu, Some(false), "what is not given stays");
    assert_eq!(general.max_vcpus, None, "null lifts a restriction");
    assert_eq!(general.min_memory_mib, Some(8_192));
    assert_eq!(general.priority[0].lifecycle, Some(Lifecycle::Spot));
    assert_eq!(templates[0].spot.max_pool_percent, Some(30));
    assert_eq!(templates[1].labels.get("team"), Some("batch"), "a name that nobody has is a new template");
    assert_eq!(templates[1].taints[0].effect, TaintEffect::NoSchedule);
}

#[test]
fn what_makes_no_sense_is_refused_with_its_place() {
    for (text, place, reason) in [
        ("limits:\n  cpu: -4\n", "limits", "-4 is negative"),
        ("limits:\n  memory: 4Gx\n", "limits", "4Gx"),
        ("limit: {}\n", "limit", "unknown field"),
        ("spot: sometimes\n", "spot", "expected none, as-today, friendly, all"),
        ("spot: {friendly: {maxWorkloadPercent: 130}}\n", "maxWorkloadPercent", "more than 100"),
        ("nodeChargePerHour: cheap\n", "nodeChargePerHour", "not a decimal number"),
        ("templates:\n  - name: a\n    constraints: {architectures: [s390x]}\n", "templates[0]", "s390x"),
        ("templates: [{name: a}, {name: a}]\n", "templates[1].name", "two templates"),
        ("- a\n- b\n", "", "invalid type"),
    ] {
        let error = format!("{:#}", parse(text).unwrap_err());
        assert!(error.contains(place) && error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn a_file_of_comments_changes_nothing() {
    assert_eq!(parse("# nothing yet\n").unwrap().policies, House::without_file().policies);
}
