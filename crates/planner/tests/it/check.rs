//! A right plan passes, and each thing that is made wrong in it is found.

use std::sync::Arc;

use model::{Money, NodeSelector, NodeSelectorTerm, Operator, Pod, PodSpec, Requirement};
use planner::check::{Violation, check};
use planner::{
    Bound, Certificate, Move, NodeReason, Place, Plan, PlannedNode, PlanningInput, PricedClass, RemovedNode,
    Rule, SpotUse, Unplaced, Verdict,
};

use crate::cluster::{GIB, HOST, ZONE, budget, input, near, node, pod, port, spec, spread, taint};

/// Two nodes, the second of which goes: its pod moves to the first; a waiting pod gets a new node.
fn case() -> (PlanningInput, Plan) {
    let mut input = input();
    let offers = input.offers.clone();
    input.cluster.nodes = vec![node("n0", &offers[0], &[]), node("n1", &offers[1], &[])];
    input.cluster.pods = vec![
        Arc::new(pod("p0", "web", spec(500, GIB), Some("n0"))),
        Arc::new(pod("p1", "web", spec(500, GIB), Some("n1"))),
        Arc::new(pod("p2", "big", spec(3000, 4 * GIB), None)),
    ];
    let planned = |place, price, pods: &[usize]| PlannedNode {
        place,
        price,
        pods: pods.to_vec(),
        reason: NodeReason::default(),
    };
    let plan = Plan {
        before: offers[0].price + offers[1].price,
        after: offers[0].price + offers[2].price,
        nodes: vec![
            planned(Place::Existing(0), offers[0].price, &[0, 1]),
            planned(Place::New { offer: 2, template: 0 }, offers[2].price, &[2]),
        ],
        removed: vec![RemovedNode { node: 1, price: offers[1].price }],
        moves: vec![Move { pod: 1, from: 1, to: 0, wave: 0 }],
        ..Plan::default()
    };
    (input, plan)
}

fn change_pod(input: &mut PlanningInput, index: usize, change: impl FnOnce(&mut Pod)) {
    change(Arc::make_mut(&mut input.cluster.pods[index]));
}

fn change_spec(input: &mut PlanningInput, index: usize, change: impl FnOnce(&mut PodSpec)) {
    change_pod(input, index, |pod| change(Arc::make_mut(&mut pod.spec)));
}

/// What is found when something is changed.
fn found(change: impl FnOnce(&mut PlanningInput, &mut Plan)) -> Vec<Violation> {
    let (mut input, mut plan) = case();
    change(&mut input, &mut plan);
    check(&input, &plan)
}

/// The rule that refuses pod 1 on the first node, and nothing else is wrong.
fn refused(change: impl FnOnce(&mut PlanningInput)) -> Rule {
    match &found(|input, _| change(input))[..] {
        [Violation::Refused { at: 0, refusal, .. }] => refusal.rule,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_right_plan_has_no_violation() {
    assert_eq!(found(|_, _| ()), []);
}

#[test]
fn every_pod_and_node_is_there_once() {
    assert!(matches!(
        found(|_, plan| plan.nodes[1].pods.clear())[..],
        [Violation::PodCount { pod: 2, times: 0 }]
    ));
    assert!(found(|_, plan| plan.nodes[1].pods.push(2)).contains(&Violation::PodCount { pod: 2, times: 2 }));
    assert!(
        found(|_, plan| plan.nodes[0].pods.retain(|&pod| pod != 0)).contains(&Violation::Evicted { pod: 0 })
    );
    assert!(
        matches!(&found(|_, plan| plan.nodes[1].pods.push(9))[..], [Violation::Unknown { what }] if what == "pod 9")
    );
    assert!(found(|_, plan| plan.removed.clear()).contains(&Violation::NodeCount { node: 1, times: 0 }));
    assert!(found(|_, plan| plan.nodes.swap(0, 1)).contains(&Violation::Order { at: 1 }));
    let finished = |input: &mut PlanningInput, _: &mut Plan| {
        change_pod(input, 2, |pod| pod.phase = model::PodPhase::Succeeded);
    };
    assert!(found(finished).contains(&Violation::NotToPlace { pod: 2 }));
    assert!(matches!(found(|_, plan| plan.moves.clear())[..], [Violation::Moves { pod: 1, .. }]));
}

#[test]
fn each_rule_of_the_scheduler_is_looked_at() {
    let resources = |input: &mut PlanningInput| change_spec(input, 1, |spec| spec.requests.cpu_milli = 1500);
    assert_eq!(refused(resources), Rule::NodeResourcesFit);
    let extended = |input: &mut PlanningInput| {
        change_spec(input, 1, |spec| spec.requests.extended = [("example.com/gpu".into(), 1)].into());
    };
    assert_eq!(refused(extended), Rule::NodeResourcesFit);
    let taints = |input: &mut PlanningInput| {
        let taints = [taint("dedicated")];
        Arc::make_mut(&mut input.cluster.nodes[0].node).taints = taints.into();
    };
    assert_eq!(refused(taints), Rule::TaintToleration);
    let cordon =
        |input: &mut PlanningInput| Arc::make_mut(&mut input.cluster.nodes[0].node).unschedulable = true;
    assert_eq!(refused(cordon), Rule::NodeUnschedulable);
    let affinity = |input: &mut PlanningInput| {
        let is_b = Requirement { key: ZONE.into(), operator: Operator::In, values: ["b".into()].into() };
        let term = NodeSelectorTerm { expressions: [is_b].into(), fields: Box::default() };
        change_spec(input, 1, |spec| {
            spec.required_node_affinity = Some(NodeSelector { terms: [term].into() })
        });
    };
    assert_eq!(refused(affinity), Rule::NodeAffinity);
    let ports = |input: &mut PlanningInput| {
        change_spec(input, 0, |spec| spec.host_ports = [port(80)].into());
        change_spec(input, 1, |spec| spec.host_ports = [port(80)].into());
    };
    assert_eq!(refused(ports), Rule::NodePorts);
    let anti = |input: &mut PlanningInput| {
        change_spec(input, 0, |spec| spec.required_pod_anti_affinity = [near("web", HOST)].into());
    };
    assert_eq!(refused(anti), Rule::InterPodAffinity, "it holds for both, whoever carries it");
    let affinity = |input: &mut PlanningInput| {
        change_spec(input, 1, |spec| spec.required_pod_affinity = [near("big", HOST)].into());
    };
    assert_eq!(refused(affinity), Rule::InterPodAffinity);
    let hosts = |input: &mut PlanningInput| {
        (0..2).for_each(|pod| {
            change_spec(input, pod, |spec| spec.topology_spread = [spread("web", HOST)].into())
        });
    };
    assert_eq!(refused(hosts), Rule::PodTopologySpread);
    let claims = |input: &mut PlanningInput| change_pod(input, 1, |pod| pod.claims = ["data".into()].into());
    assert_eq!(refused(claims), Rule::VolumeRestrictions, "its claim does not exist");
}

#[test]
fn zones_in_which_a_machine_could_be_bought_count_for_new_nodes() {
    // Two pods on new machines of one zone, though there is another.
    let both = |second: usize| {
        found(|input, plan| {
            for index in [0, 2] {
                change_pod(input, index, |pod| pod.labels = Arc::new([("app", "big")].into_iter().collect()));
                change_spec(input, index, |spec| spec.topology_spread = [spread("big", ZONE)].into());
            }
            change_pod(input, 0, |pod| {
                (pod.node, pod.phase, pod.ready) = (None, model::PodPhase::Pending, false)
            });
            let price = input.offers[second].price;
            let mut new = plan.nodes[1].clone();
            (new.place, new.price, new.pods) = (Place::New { offer: second, template: 0 }, price, vec![0]);
            plan.nodes[0].pods = vec![1];
            plan.nodes.push(new);
            plan.after += price;
        })
    };
    assert_eq!(both(1), [], "one in each zone");
    assert!(
        matches!(&both(0)[..], [Violation::Refused { refusal, .. }] if refusal.rule == Rule::PodTopologySpread),
        "{:?}",
        both(0)
    );
}

#[test]
fn what_must_not_be_moved_is_not() {
    let naked = found(|input, _| change_pod(input, 1, |pod| pod.owner = None));
    assert!(matches!(naked[..], [Violation::Unmovable { pod: 1, .. }]));
    let marked = found(|input, _| change_pod(input, 1, |pod| pod.keep.do_not_disrupt = true));
    assert!(matches!(marked[..], [Violation::Unmovable { pod: 1, .. }]));
    let local = found(|input, _| change_spec(input, 1, |spec| spec.empty_dir = true));
    assert!(matches!(local[..], [Violation::Unmovable { pod: 1, .. }]));
    let spent = found(|input, _| input.cluster.budgets.push(Arc::new(budget("web", 0, 2))));
    assert!(matches!(
        spent[..],
        [Violation::Unmovable { pod: 1, .. }, Violation::BudgetExceeded { allowed: 0, .. }]
    ));
    assert_eq!(found(|input, _| input.cluster.budgets.push(Arc::new(budget("web", 1, 2)))), []);
    let young = found(|input, _| input.policies.min_node_age_seconds = 100_000);
    assert!(matches!(young[..], [Violation::NodeKept { node: 1, .. }]));
    let drained = found(|input, _| input.policies.max_drained_at_once = Some(0));
    assert!(matches!(drained[..], [Violation::DrainedAtOnce { nodes: 1, .. }]));
}

#[test]
fn only_what_may_be_bought_is() {
    let allowed = |change: fn(&mut PlanningInput)| found(|input, _| change(input));
    let small = allowed(|input| input.templates[0].constraints.max_vcpus = Some(2));
    assert!(matches!(small[..], [Violation::NotAllowed { at: 1, why: "CPUs" }]));
    let zone = allowed(|input| input.templates[0].constraints.zones = Some(vec!["b".into()]));
    assert!(matches!(zone[..], [Violation::NotAllowed { at: 1, why: "zone" }]));
    let supply = allowed(|input| input.offers[2].available = Some(0));
    assert!(matches!(supply[..], [Violation::Supply { bought: 1, available: 0, .. }]));
    let limit = allowed(|input| input.policies.limits.cpu_milli = Some(5_000));
    assert!(matches!(limit[..], [Violation::Limit { most: 5_000, owned: 6_000, .. }]), "{limit:?}");
    assert_eq!(allowed(|input| input.policies.limits.nodes = Some(1)), [], "there were two nodes before");
    let limit = allowed(|input| input.templates[0].limits.price = Some(Money::from_nanos(280_000_000)));
    assert!(
        matches!(limit[..], [Violation::Limit { most: 280_000_000, owned: 290_000_000, .. }]),
        "{limit:?}"
    );
    let spot = allowed(|input| {
        input.policies.spot = SpotUse::None;
        input.offers[2].lifecycle = model::Lifecycle::Spot;
    });
    assert!(matches!(spot[..], [Violation::Spot { pod: 2, at: 1 }]));
}

#[test]
fn refused_pods_have_no_place() {
    let refused = |cpu: i64| {
        found(|input, plan| {
            change_spec(input, 2, |spec| spec.requests.cpu_milli = cpu);
            plan.nodes.pop();
            plan.after = plan.nodes[0].price;
            plan.unplaced = vec![Unplaced { pod: 2, verdict: Verdict::NoMachine { refusals: Vec::new() } }];
        })
    };
    assert_eq!(refused(9_000), []);
    assert!(matches!(refused(7_000)[..], [Violation::WronglyRefused { pod: 2, .. }]));
}

#[test]
fn prices_and_bounds_add_up() {
    let cent = Money::from_nanos(10_000_000);
    assert!(matches!(found(|_, plan| plan.before += cent)[..], [Violation::Price { .. }]));
    assert!(matches!(found(|_, plan| plan.after -= cent)[..], [Violation::Price { .. }]));
    assert!(matches!(found(|input, _| input.policies.node_charge = cent)[..], [Violation::Price { .. }, _]));
    assert!(found(|_, plan| plan.nodes[1].price -= cent).len() == 2, "the node's price, and the sum");
    let bound = |per_hour: Money, dual_nanos: i64| {
        found(|input, plan| {
            let worth = |offer: &planner::MachineOffer| planner::MachineWorth {
                instance_type: Arc::clone(&offer.machine.instance_type.name),
                zone: Arc::clone(&offer.zone),
                lifecycle: offer.lifecycle,
                price: offer.price,
                max_value: offer.price,
                supply: None,
            };
            let certificate = Certificate {
                classes: vec![PricedClass { pods: vec![2], dual_nanos }],
                machines: input.offers.iter().map(worth).collect(),
                nodes: Vec::new(),
            };
            plan.bound = Bound::Certified { per_hour, certificate };
        })
    };
    assert_eq!(bound(cent, 10_000_000), []);
    assert!(matches!(bound(cent, 9_999_999)[..], [Violation::Certificate { .. }]));
    let dollar = Money::from_dollars(1);
    assert!(matches!(bound(dollar, 1_000_000_000)[..], [Violation::BoundAboveCost { .. }]));
}
