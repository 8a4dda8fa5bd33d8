use cloud::Catalog;
use model::{Architecture, Provider, Timestamp};
use serde_json::json;

use super::*;

fn market(prices: &PriceBook) -> Market<'_> {
    Market { provider: Provider::Aws, region: "us-east-1", prices }
}

fn read<T: serde::de::DeserializeOwned>(document: serde_json::Value) -> T {
    wire::from_json(document.to_string().as_bytes()).unwrap()
}

/// As the official provider sends it: unset values are null, unset lists empty.
fn batch() -> NodeTemplate {
    read(json!({
        "name": "batch", "isDefault": false, "isEnabled": true, "configurationId": "", "shouldTaint": true,
        "customLabels": {"team": "batch"}, "customInstancesEnabled": false,
        "constraints": {
            "spot": true, "onDemand": true, "useSpotFallbacks": true, "fallbackRestoreRateSeconds": 600,
            "enableSpotDiversity": true, "spotDiversityPriceIncreaseLimitPercent": 15,
            "minCpu": 2, "maxCpu": 16, "minMemory": 0, "maxMemory": null, "bareMetal": false,
            "storageOptimized": null, "computeOptimized": null, "burstable": "DISABLED", "isGpuOnly": false,
            "os": ["linux"], "architectures": ["amd64", "arm64"], "architecturePriority": ["arm64"],
            "azs": ["us-east-1a"], "cpuManufacturers": ["INTEL", "AWS"], "maxPricePerCpu": 0.05,
            "instanceFamilies": {"include": ["M5", "m6g", "c5", "m5a"], "exclude": []},
            "customPriority": [
                {"families": ["m6g"], "spot": true, "onDemand": false},
                {"families": ["m5"], "spot": true, "onDemand": true},
            ],
            "resourceLimits": {"cpuLimitEnabled": true, "cpuLimitMaxCores": 200},
        },
    }))
}

fn names(list: &[Arc<str>]) -> Vec<&str> {
    list.iter().map(AsRef::as_ref).collect()
}

#[test]
fn a_template_for_both_terms_becomes_two_of_which_spot_is_tainted() {
    let prices = PriceBook::new(Catalog::builtin());
    let made = templates(&[batch()], &[], market(&prices));
    let [on_demand, spot] = &made[..] else { panic!("{made:?}") };
    assert_eq!((&*on_demand.name, &*spot.name), ("batch", "batch, spot"));
    let keys = |one: &Template| one.taints.iter().map(|taint| taint.key.to_string()).collect::<Vec<_>>();
    assert_eq!(keys(on_demand), [LABEL]);
    assert_eq!(keys(spot), [LABEL, SPOT]);
    assert_eq!(on_demand.labels.get("team"), Some("batch"));
    assert_eq!((on_demand.labels.get(LABEL), on_demand.labels.get(SPOT)), (Some("batch"), None));
    assert_eq!(spot.labels.get(SPOT), Some("true"));
    assert_eq!(on_demand.spot, SpotPolicy::default());
    assert_eq!(
        spot.spot,
        SpotPolicy { fallback: true, max_pool_percent: Some(50), max_price_increase_percent: Some(15) }
    );
    assert_eq!(spot.limits.cpu_milli, Some(200_000));

    let constraints = &on_demand.constraints;
    assert_eq!(
        names(constraints.families.as_ref().unwrap()),
        ["m5", "m6g", "c5", "m5a"],
        "as the catalogue has it"
    );
    assert_eq!(constraints.architectures, Some(vec![Architecture::Arm64, Architecture::Amd64]));
    assert_eq!(constraints.zones.as_deref().map(names), Some(vec!["us-east-1a"]));
    assert_eq!(
        (constraints.min_vcpus, constraints.max_vcpus, constraints.min_memory_mib),
        (Some(2), Some(16), None)
    );
    assert_eq!((constraints.burstable, constraints.gpu), (Some(false), None));
    assert_eq!(constraints.lifecycles, Some(vec![Lifecycle::OnDemand]));
    let tier = |families: &[&str], lifecycle| PriorityTier {
        families: families.iter().map(|&family| family.into()).collect(),
        lifecycle,
    };
    assert_eq!(constraints.priority, [tier(&["m5"], None)]);
    assert_eq!(spot.constraints.priority, [tier(&["m6g"], Some(Lifecycle::Spot)), tier(&["m5"], None)]);

    let excluded = |template: &Template, name: &str| {
        template.constraints.excluded_instance_types.iter().any(|one| **one == *name)
    };
    assert!(!excluded(on_demand, "m5.large") && !excluded(on_demand, "m6g.large"));
    assert!(excluded(on_demand, "m5a.large"), "its processor is AMD's");
    assert!(excluded(on_demand, "m5.metal"));
    assert!(excluded(on_demand, "r5.large"), "0.126 dollars for two CPUs are too many");
    assert!(!excluded(spot, "r5.large"), "on spot they are fewer");
}

#[test]
fn without_taints_for_spot_one_template_has_both_terms() {
    let prices = PriceBook::new(Catalog::builtin());
    let mut document = batch();
    document.constraints.as_mut().unwrap().lifecycle_taints_disabled = Some(true);
    let made = templates(&[document], &[], market(&prices));
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].constraints.lifecycles, Some(vec![Lifecycle::OnDemand, Lifecycle::Spot]));
    assert_eq!((made[0].labels.get(SPOT), made[0].constraints.priority.len()), (None, 2));
}

#[test]
fn a_template_says_its_terms_as_clients_mean_them_and_disabled_ones_are_left_out() {
    let prices = PriceBook::new(Catalog::builtin());
    let made = |constraints: serde_json::Value| {
        let document: NodeTemplate = read(json!({"name": "one", "constraints": constraints}));
        let made = templates(&[document], &[], market(&prices));
        made.iter()
            .map(|one| (one.constraints.lifecycles.clone().unwrap(), one.taints.len()))
            .collect::<Vec<_>>()
    };
    assert_eq!(made(json!({})), [(vec![Lifecycle::OnDemand], 0)]);
    assert_eq!(made(json!({"spot": false, "onDemand": false})), [(vec![Lifecycle::OnDemand], 0)]);
    assert_eq!(
        made(json!({"spot": true})),
        [(vec![Lifecycle::Spot], 0)],
        "nodes of spot alone need no taint"
    );
    assert_eq!(made(json!({"os": ["windows"]})), []);
    let disabled: NodeTemplate = read(json!({"name": "off", "isEnabled": false}));
    assert_eq!(templates(&[disabled], &[], market(&prices)), []);
}

#[test]
fn the_blacklist_holds_for_its_terms() {
    let prices = PriceBook::new(Catalog::builtin());
    let entry = |family: Option<&str>, instance_type: Option<&str>, lifecycle| BlacklistEntry {
        cluster_id: None,
        instance_family: family.map(str::to_owned),
        instance_type: instance_type.map(str::to_owned),
        lifecycle,
        expires_at: None,
        created_at: Timestamp::UNIX_EPOCH,
    };
    let blacklist = [entry(Some("m5"), None, Some(Lifecycle::Spot)), entry(None, Some("c5.large"), None)];
    let document: NodeTemplate =
        read(json!({"name": "one", "constraints": {"spot": true, "onDemand": true}}));
    let made = templates(&[document], &blacklist, market(&prices));
    assert_eq!(names(&made[0].constraints.excluded_families), [""; 0]);
    assert_eq!(names(&made[1].constraints.excluded_families), ["m5"]);
    for half in &made {
        assert_eq!(names(&half.constraints.excluded_instance_types), ["c5.large"]);
    }
}

fn node(name: &str, labels: &[(&str, &str)]) -> Arc<Node> {
    let labels: serde_json::Map<_, _> =
        labels.iter().map(|&(name, value)| (name.to_owned(), json!(value))).collect();
    let amounts = json!({"cpu": "16", "memory": "64Gi", "pods": "110"});
    let mut reader = cluster::DumpReader::new();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [{
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "uid": name, "labels": labels},
        "status": {"capacity": amounts, "allocatable": amounts},
    }]});
    reader.read(list.to_string().as_bytes()).unwrap();
    let state = reader.finish();
    Arc::clone(state.node(name).unwrap())
}

#[test]
fn nodes_are_known_by_their_label_and_terms() {
    let prices = PriceBook::new(Catalog::builtin());
    let made = templates(&[batch()], &[], market(&prices));
    let nodes = [
        node("a", &[(LABEL, "batch")]),
        node("b", &[(LABEL, "batch"), (SPOT, "true")]),
        node("c", &[(LABEL, "batch"), (SPOT, "true"), ("scheduling.cast.ai/spot-fallback", "true")]),
        node("d", &[(LABEL, "gone")]),
        node("e", &[]),
    ];
    assert_eq!(of_nodes(&nodes, &made), [Some(0), Some(1), Some(1), None, None]);
}

#[test]
fn the_policies_become_limits_headroom_and_the_age_of_nodes() {
    let document: wire_policies::Policies = read(json!({
        "enabled": true,
        "clusterLimits": {"enabled": true, "cpu": {"minCores": 1, "maxCores": 200}},
        "unschedulablePods": {
            "headroom": {"enabled": true, "cpuPercentage": 10, "memoryPercentage": 5},
            "headroomSpot": {"enabled": true, "cpuPercentage": 10, "memoryPercentage": 10},
        },
        "nodeDownscaler": {"evictor": {"nodeGracePeriodMinutes": 5}},
    }));
    let nodes = [node("a", &[]), node("b", &[]), node("c", &[("node-role.kubernetes.io/control-plane", "")])];
    let made = policies(&document, &nodes);
    assert_eq!((made.limits.cpu_milli, made.min_node_age_seconds), (Some(200_000), 300));
    assert_eq!(made.disruption.horizon_hours, 730);
    let [headroom] = &made.headroom[..] else { panic!("{:?}", made.headroom) };
    assert_eq!(
        (&*headroom.name, headroom.count, headroom.lifecycle),
        ("headroom", 4, Some(Lifecycle::OnDemand))
    );
    assert_eq!(headroom.resources.cpu_milli * 4, 3_200);
    assert_eq!(headroom.resources.memory_bytes * 4, (128_i64 << 30) * 5 / 100 / 4 * 4);

    let off: wire_policies::Policies =
        read(json!({"clusterLimits": {"enabled": false, "cpu": {"maxCores": 20}}}));
    let made = policies(&off, &nodes);
    assert_eq!((made.limits.cpu_milli, made.headroom.len()), (None, 0));
}

#[test]
fn what_is_without_effect_is_named_and_nothing_else() {
    let policies = json!({
        "enabled": true, "mine": 1, "nodeTemplatesPartialMatchingEnabled": true,
        "clusterLimits": {"enabled": true, "cpu": {"minCores": 10, "maxCores": 20}},
        "spotInstances": {"clouds": ["aws"], "maxReclaimRate": 0, "spotInterruptionPredictions": {"enabled": false}},
    });
    let template: NodeTemplate = read(json!({
        "name": "gpu and batch", "clmEnabled": true, "stopEnabled": false, "rebalancingConfig": {"minNodes": 0},
        "edgeLocationIds": [], "constraints": {
            "os": ["linux", "windows"], "dedicatedNodeAffinity": [], "aws": {"capacityReservations": [{"id": "cr-1"}]},
        },
    }));
    let policies = policies.as_object().unwrap();
    let paths: Vec<String> = unhonoured(policies, &[template]).into_iter().map(|one| one.path).collect();
    assert_eq!(
        paths,
        [
            "nodeTemplatesPartialMatchingEnabled",
            "clusterLimits.cpu.minCores",
            "mine",
            "spotInstances.clouds",
            "nodeTemplates[gpu and batch].clmEnabled",
            "nodeTemplates[gpu and batch].constraints.aws.capacityReservations",
            "nodeTemplates[gpu and batch].name",
            "nodeTemplates[gpu and batch].constraints.os",
        ]
    );
    let ordinary: NodeTemplate = read(json!({"name": "default-by-castai", "constraints": {"spot": true}}));
    assert_eq!(unhonoured(&serde_json::Map::new(), &[ordinary]), []);
}
