use cloud::Catalog;
use cluster::DumpReader;
use model::{Architecture, Lifecycle, Provider};
use planner::{NodeTemplate, SpotUse};
use serde_json::{Value, json};

use super::*;

/// A node of EKS.
fn node(name: &str, zone: &str, instance_type: &str, more: &[(&str, &str)]) -> Value {
    let mut labels = json!({
        "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux", "kubernetes.io/hostname": name,
        "node.kubernetes.io/instance-type": instance_type,
        "topology.kubernetes.io/region": "us-east-1", "topology.kubernetes.io/zone": zone,
    });
    for (name, value) in more {
        labels[*name] = json!(value);
    }
    json!({"kind": "Node", "metadata": {"name": name, "uid": name, "labels": labels,
            "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"providerID": format!("aws:///{zone}/i-{name}"), "taints": []},
        "status": {"capacity": {"cpu": "4", "memory": "15518720Ki", "pods": "58"},
            "allocatable": {"cpu": "3900m", "memory": "14000000Ki", "pods": "58", "ephemeral-storage": "70Gi"},
            "conditions": [{"type": "Ready", "status": "True"}]}})
}

fn input(nodes: &[Value], spot: SpotUse) -> PlanningInput {
    let mut reader = DumpReader::new();
    reader.read(json!({"kind": "List", "items": nodes}).to_string().as_bytes()).unwrap();
    let state = reader.finish();
    let prices = PriceBook::new(Catalog::builtin());
    let nodes: Vec<Arc<Node>> = state.nodes().cloned().collect();
    let pools = Pools::of(&nodes, prices.catalog(), spot);
    let facts = Facts {
        state: &state,
        nodes,
        prices: &prices,
        pools,
        policies: Policies { spot, ..Policies::default() },
        commitments: Vec::new(),
        now: Timestamp::UNIX_EPOCH,
    };
    facts.planning_input()
}

const GROUP: &str = "eks.amazonaws.com/nodegroup";
const TERMS: &str = "eks.amazonaws.com/capacityType";

fn template<'a>(input: &'a PlanningInput, name: &str) -> &'a NodeTemplate {
    input.templates.iter().find(|one| *one.name == *name).unwrap()
}

#[test]
fn a_pool_is_a_template_with_what_its_nodes_have_in_common() {
    let mut cordoned =
        node("b", "us-east-1b", "m5.xlarge", &[(GROUP, "general"), (TERMS, "ON_DEMAND"), ("team", "x")]);
    cordoned["spec"]["taints"] = json!([
        {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"},
        {"key": "dedicated", "value": "x", "effect": "NoSchedule"},
    ]);
    let mut first = node(
        "a",
        "us-east-1a",
        "m5.xlarge",
        &[(GROUP, "general"), (TERMS, "ON_DEMAND"), ("team", "x"), ("rack", "7")],
    );
    first["spec"]["taints"] = json!([{"key": "dedicated", "value": "x", "effect": "NoSchedule"}]);
    first["metadata"]["labels"]["autoscaling.cast.ai/removal-disabled"] = json!("true");
    let spot = node("c", "us-east-1a", "m5.xlarge", &[(GROUP, "spot"), (TERMS, "SPOT")]);
    let input = input(&[first, cordoned, spot], SpotUse::AsToday);

    let general = template(&input, "general");
    let labels: Vec<_> = general.labels.iter().collect();
    assert_eq!(labels, [(GROUP, "general"), ("team", "x")]);
    let taints: Vec<_> = general.taints.iter().map(|taint| &*taint.key).collect();
    assert_eq!(taints, ["dedicated"]);
    let constraints = &general.constraints;
    assert_eq!(constraints.architectures, Some(vec![Architecture::Amd64]));
    assert_eq!(constraints.lifecycles, Some(vec![Lifecycle::OnDemand]));
    assert_eq!(
        (constraints.gpu, constraints.burstable, constraints.max_vcpus),
        (Some(false), Some(false), Some(32))
    );
    assert_eq!(constraints.instance_types, None, "its types are free");
    assert_eq!(template(&input, "spot").constraints.lifecycles, Some(vec![Lifecycle::Spot]));
    let of: Vec<_> =
        input.cluster.nodes.iter().map(|one| &*input.templates[one.template.unwrap()].name).collect();
    assert_eq!(of, ["general", "general", "spot"]);
}

#[test]
fn what_spot_may_be_used_for_decides_the_terms_of_new_nodes() {
    let nodes = [node("a", "us-east-1a", "m5.xlarge", &[(GROUP, "general"), (TERMS, "ON_DEMAND")])];
    let terms = |spot| template(&input(&nodes, spot), "general").constraints.lifecycles.clone();
    assert_eq!(terms(SpotUse::None), Some(vec![Lifecycle::OnDemand]));
    assert_eq!(terms(SpotUse::All), None);
    let has_spot = |spot| input(&nodes, spot).offers.iter().any(|offer| offer.lifecycle == Lifecycle::Spot);
    assert!(has_spot(SpotUse::All) && !has_spot(SpotUse::None));
}

#[test]
fn gpu_pools_keep_their_gpus_and_other_pools_get_none() {
    let mut gpu = node("g", "us-east-1a", "g4dn.xlarge", &[(GROUP, "gpu"), (TERMS, "ON_DEMAND")]);
    for amounts in ["capacity", "allocatable"] {
        gpu["status"][amounts]["nvidia.com/gpu"] = json!("1");
    }
    let plain = node("a", "us-east-1a", "m5.xlarge", &[(GROUP, "general"), (TERMS, "ON_DEMAND")]);
    let input = input(&[gpu, plain], SpotUse::AsToday);
    assert_eq!(template(&input, "general").constraints.gpu, Some(false));
    let types = template(&input, "gpu").constraints.instance_types.as_ref().unwrap();
    let has = |name: &str| types.iter().any(|one| **one == *name);
    assert!(has("g4dn.12xlarge") && !has("g5.xlarge"), "{types:?}");
}

#[test]
fn machines_are_for_sale_where_the_cluster_is_at_its_prices_and_as_its_nodes_are_set_up() {
    let nodes = [
        node("a", "us-east-1a", "m5.xlarge", &[(GROUP, "general"), (TERMS, "ON_DEMAND")]),
        node("b", "us-east-1b", "m5.2xlarge", &[(GROUP, "general"), (TERMS, "ON_DEMAND")]),
    ];
    let input = input(&nodes, SpotUse::AsToday);
    let zones: std::collections::BTreeSet<_> = input.offers.iter().map(|offer| &*offer.zone).collect();
    assert_eq!(zones.into_iter().collect::<Vec<_>>(), ["us-east-1a", "us-east-1b"]);
    let offer = |name: &str| input.offers.iter().find(|offer| *offer.machine.instance_type.name == *name);
    assert!(offer("m5.metal").is_none() && offer("m1.small").is_none() && offer("g4dn.xlarge").is_some());
    let m5 = offer("m5.xlarge").unwrap();
    assert_eq!((m5.price.to_string().as_str(), m5.lifecycle), ("0.192", Lifecycle::OnDemand));
    // The node there is has 3,900 m, 20 m less than the formula's.
    assert_eq!(m5.machine.allocatable.cpu_milli, 3_900);
    assert_eq!(m5.machine.allocatable.memory_bytes, 14_000_000 << 10);
    let m6i = offer("m6i.xlarge").unwrap();
    assert!(m6i.machine.allocatable.cpu_milli < 3_920, "others fall short like those that are known");
    assert_eq!(m6i.machine.allocatable.ephemeral_storage_bytes, 70 << 30);
    assert_eq!(input.cluster.nodes[0].price.to_string(), "0.192");
}

#[test]
fn neither_the_control_plane_nor_windows_is_bought_more_of() {
    let mut control = node("a", "us-east-1a", "m5.xlarge", &[("node-role.kubernetes.io/control-plane", "")]);
    control["spec"]["providerID"] = json!("");
    let windows = node("w", "us-east-1a", "m5.xlarge", &[("kubernetes.io/os", "windows"), (GROUP, "win")]);
    let worker = node("b", "us-east-1a", "m5.xlarge", &[("role", "worker")]);
    let input = input(&[control, worker, windows], SpotUse::AsToday);
    let names: Vec<_> = input.templates.iter().map(|one| &*one.name).collect();
    assert_eq!(names, ["unnamed pool 1"]);
    let of: Vec<_> = input.cluster.nodes.iter().map(|one| one.template).collect();
    assert_eq!(of, [None, Some(0), None]);
    assert_eq!(input.cluster.nodes[0].node.provider, Provider::Other);
}

/// Files that lie beside the repository; `None` where they do not.
fn beside(name: &str) -> Option<std::path::PathBuf> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name);
    path.exists().then_some(path)
}

#[test]
fn the_formula_gives_what_eks_nodes_have_or_a_mebibyte_less() {
    let Some(path) = beside("bench/aws_allocatable.json") else { return };
    let real: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let catalog = Catalog::builtin();
    let mut compared = 0;
    for one in &real {
        let Some(machine) = catalog.instance_type(Provider::Aws, one["name"].as_str().unwrap()) else {
            continue;
        };
        let formula = planner::machines::allocatable(machine);
        let amounts = (formula.cpu_milli, formula.pods);
        assert_eq!(
            amounts,
            (one["cpu"].as_i64().unwrap(), one["pods"].as_i64().unwrap()),
            "{}",
            machine.name
        );
        let missing = one["mem"].as_i64().unwrap() - (formula.memory_bytes >> 20);
        assert!((0..=1).contains(&missing), "{}: {missing} MiB", machine.name);
        compared += 1;
    }
    assert!(compared > 1_300, "{compared}");
}

#[test]
fn what_is_planned_with_is_never_more_than_a_node_of_the_type_has() {
    for (name, most_permille) in [("eks-60", 1), ("karpenter-120", 1), ("gke-25", 6)] {
        let Some(path) = beside(&format!("snapshots/{name}.json.gz")) else { continue };
        let mut reader = DumpReader::new();
        reader.read(std::fs::File::open(path).unwrap()).unwrap();
        let state = reader.finish();
        let catalog = Catalog::builtin();
        let type_of = |node: &Node| catalog.instance_type(node.provider, &node.instance_type).cloned();
        let known = KnownMachines::learn(state.nodes().map(AsRef::as_ref), &[], type_of);
        for node in state.nodes() {
            let machine = type_of(node).unwrap();
            let (planned, real) = (known.machine(&machine).allocatable, &node.allocatable);
            assert!(
                planned.memory_bytes <= real.memory_bytes && planned.cpu_milli <= real.cpu_milli,
                "{}",
                node.name
            );
            let formula = planner::machines::allocatable(&machine);
            let off = (formula.memory_bytes - real.memory_bytes).abs() * 1000 / real.memory_bytes;
            assert!(off <= most_permille, "{}: the formula is {off} permille off", machine.name);
            assert_eq!(formula.cpu_milli, real.cpu_milli, "{}", machine.name);
        }
    }
}
