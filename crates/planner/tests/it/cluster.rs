//! Small clusters, and what they become when a plan is carried out.

use std::sync::Arc;

use model::{
    Architecture, ConditionStatus, DisruptionBudget, DisruptionLimit, HostPort, InstanceType, KeepMarks,
    LabelSelector, Labels, Lifecycle, Money, Node, NodeCondition, Operator, Owner, Pod, PodAffinityTerm,
    PodAmount, PodPhase, PodSpec, PodTemplate, Protocol, Provider, Requirement, Resources, Taint,
    TaintEffect, Timestamp, Toleration, TopologySpread, Uid, Workload, WorkloadKey, WorkloadKind,
};
use planner::{
    DisruptionPrice, Effort, Machine, MachineOffer, NodeTemplate, OwnedNode, Picture, Place, Plan,
    PlanningInput, Policies, Question, SpotUse, Unhurried,
};

pub const ZONE: &str = "topology.kubernetes.io/zone";
pub const HOST: &str = "kubernetes.io/hostname";
pub const GIB: i64 = 1 << 30;

pub fn amounts(cpu_milli: i64, memory_bytes: i64, pods: i64) -> Resources {
    Resources { cpu_milli, memory_bytes, pods, ..Resources::default() }
}

/// Three sizes in two zones, on demand, priced by the CPU with a little more for the small ones.
pub fn offers() -> Vec<MachineOffer> {
    let mut offers = Vec::new();
    for (name, vcpus, gib, price) in
        [("t.small", 2, 8, "0.1"), ("t.medium", 4, 16, "0.19"), ("t.large", 8, 32, "0.37")]
    {
        let machine = Arc::new(Machine {
            instance_type: Arc::new(InstanceType {
                provider: Provider::Aws,
                name: name.into(),
                family: "t".into(),
                architecture: Architecture::Amd64,
                vcpus,
                memory_mib: gib * 1024,
                gpus: 0,
                gpu_model: None,
                local_ssd_gib: None,
                max_pods: Some(12),
                burstable: false,
            }),
            allocatable: amounts(i64::from(vcpus) * 1000 - 100, gib as i64 * GIB - GIB, 12),
            drivers: Box::default(),
        });
        for zone in ["a", "b"] {
            offers.push(MachineOffer {
                machine: Arc::clone(&machine),
                region: "r".into(),
                zone: zone.into(),
                lifecycle: Lifecycle::OnDemand,
                price: price.parse().unwrap(),
                available: None,
            });
        }
    }
    offers
}

/// An empty cluster of a day's age, with one DaemonSet, one template, and a small price of disruption.
pub fn input() -> PlanningInput {
    let template = NodeTemplate { name: "default".into(), ..NodeTemplate::default() };
    let daemon = PodSpec {
        requests: amounts(100, GIB / 4, 1),
        tolerations: [Toleration { key: None, value: None, effect: None, seconds: None }].into(),
        ..PodSpec::default()
    };
    let workload = Workload {
        key: WorkloadKey {
            namespace: "kube-system".into(),
            kind: WorkloadKind::DaemonSet,
            name: "agent".into(),
        },
        uid: Uid::new("agent"),
        labels: Arc::default(),
        owner: None,
        replicas: 0,
        ready: 0,
        suspended: false,
        template: Some(Arc::new(PodTemplate { labels: Arc::default(), spec: Arc::new(daemon) })),
        created_at: Timestamp::UNIX_EPOCH,
    };
    PlanningInput {
        cluster: Picture { workloads: vec![Arc::new(workload)], ..Picture::default() },
        offers: offers(),
        templates: vec![template],
        policies: Policies {
            spot: SpotUse::All,
            disruption: DisruptionPrice {
                per_pod: Money::from_nanos(1_000_000),
                per_node: Money::from_nanos(10_000_000),
                horizon_hours: 24,
            },
            ..Policies::default()
        },
        commitments: Vec::new(),
        now: Timestamp::from_second(86_400).unwrap(),
    }
}

/// A node as a machine of an offer becomes one.
pub fn node(name: &str, offer: &MachineOffer, taints: &[Taint]) -> OwnedNode {
    let machine = &offer.machine.instance_type;
    let labels: Labels = [
        (HOST, name),
        (ZONE, &offer.zone),
        ("topology.kubernetes.io/region", &offer.region),
        ("node.kubernetes.io/instance-type", &machine.name),
        ("kubernetes.io/arch", "amd64"),
        ("kubernetes.io/os", "linux"),
    ]
    .into_iter()
    .collect();
    let capacity = amounts(i64::from(machine.vcpus) * 1000, (machine.memory_mib as i64) << 20, 12);
    let node = Node {
        name: name.into(),
        uid: Uid::new(name),
        labels: Arc::new(labels),
        annotations: Arc::default(),
        taints: taints.into(),
        unschedulable: false,
        capacity,
        allocatable: offer.machine.allocatable.clone(),
        conditions: [NodeCondition {
            kind: "Ready".into(),
            status: ConditionStatus::True,
            reason: "KubeletReady".into(),
            message: "".into(),
            since: None,
        }]
        .into(),
        provider: Provider::Aws,
        provider_id: "".into(),
        instance_type: Arc::clone(&machine.name),
        region: Arc::clone(&offer.region),
        zone: Arc::clone(&offer.zone),
        lifecycle: offer.lifecycle,
        pool: None,
        internal_address: "".into(),
        external_address: "".into(),
        system: Arc::default(),
        declared_features: Box::default(),
        created_at: Timestamp::UNIX_EPOCH,
    };
    OwnedNode { node: Arc::new(node), price: offer.price, template: Some(0) }
}

/// A replica of a deployment; bound where `node` says.
pub fn pod(name: &str, app: &str, spec: PodSpec, node: Option<&str>) -> Pod {
    Pod {
        namespace: "shop".into(),
        name: name.into(),
        uid: Uid::new(name),
        labels: Arc::new([("app", app)].into_iter().collect()),
        spec: Arc::new(spec),
        owner: Some(Arc::new(Owner {
            kind: WorkloadKind::ReplicaSet,
            name: app.into(),
            uid: Uid::new(&format!("rs-{app}")),
        })),
        node: node.map(Into::into),
        required_node: None,
        claims: Box::default(),
        ephemeral_claims: Box::default(),
        phase: if node.is_some() { PodPhase::Running } else { PodPhase::Pending },
        reason: None,
        ready: node.is_some(),
        deleted_at: None,
        unschedulable: None,
        keep: KeepMarks::default(),
        is_static: false,
        is_gated: false,
        required_features: Box::default(),
        created_at: Timestamp::UNIX_EPOCH,
    }
}

pub fn spec(cpu_milli: i64, memory_bytes: i64) -> PodSpec {
    PodSpec { requests: amounts(cpu_milli, memory_bytes, 1), ..PodSpec::default() }
}

pub fn of_app(app: &str) -> LabelSelector {
    let requirement = Requirement { key: "app".into(), operator: Operator::In, values: [app.into()].into() };
    LabelSelector { requirements: [requirement].into() }
}

pub fn near(app: &str, key: &str) -> PodAffinityTerm {
    PodAffinityTerm {
        selector: Some(of_app(app)),
        namespaces: ["shop".into()].into(),
        namespace_selector: None,
        topology_key: key.into(),
    }
}

pub fn spread(app: &str, key: &str) -> TopologySpread {
    TopologySpread {
        max_skew: 1,
        topology_key: key.into(),
        required: true,
        selector: Some(of_app(app)),
        min_domains: None,
        honor_node_affinity: true,
        honor_node_taints: false,
    }
}

pub fn port(port: u16) -> HostPort {
    HostPort { port, protocol: Protocol::Tcp, address: None }
}

pub fn taint(key: &str) -> Taint {
    Taint { key: key.into(), value: "".into(), effect: TaintEffect::NoSchedule }
}

pub fn budget(app: &str, allowed: i32, healthy: i32) -> DisruptionBudget {
    DisruptionBudget {
        namespace: "shop".into(),
        name: app.into(),
        uid: Uid::new(&format!("pdb-{app}")),
        selector: Some(of_app(app)),
        limit: Some(DisruptionLimit::MinAvailable(PodAmount::Count(healthy - allowed))),
        evict_unready_always: false,
        disruptions_allowed: allowed,
        current_healthy: healthy,
        desired_healthy: healthy - allowed,
        expected_pods: healthy,
    }
}

/// Answers a question within what converges by itself, quickly.
pub fn answer(input: &PlanningInput, question: &Question) -> Plan {
    let effort = Effort { watch: &Unhurried, threads: 1, seed: 1, quick: true };
    planner::plan(input, question, &effort)
}

/// The input when the plan has been carried out, ten minutes later and with new nodes old enough.
pub fn carried_out(input: &PlanningInput, plan: &Plan) -> PlanningInput {
    let mut after = input.clone();
    after.cluster.nodes.clear();
    let mut names = Vec::new();
    for (at, planned) in plan.nodes.iter().enumerate() {
        let owned = match planned.place {
            Place::Existing(index) => input.cluster.nodes[index].clone(),
            Place::New { offer, template } => {
                node(&format!("new-{at}"), &input.offers[offer], &input.templates[template].taints)
            }
        };
        names.push(Arc::clone(&owned.node.name));
        after.cluster.nodes.push(owned);
    }
    for (at, planned) in plan.nodes.iter().enumerate() {
        for &index in &planned.pods {
            let pod = Arc::make_mut(&mut after.cluster.pods[index]);
            pod.node = Some(Arc::clone(&names[at]));
            pod.phase = PodPhase::Running;
            pod.ready = true;
        }
    }
    after
}
