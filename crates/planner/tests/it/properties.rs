//! What holds for the plan of any cluster.

use std::sync::Arc;

use model::PodSpec;
use planner::check::check;
use planner::{Place, PlanningInput, Question};
use proptest::prelude::*;

use crate::cluster::{
    GIB, HOST, ZONE, answer, budget, carried_out, input, near, node, pod, port, spec, spread,
};

/// What the replicas of a deployment ask for beside room.
#[derive(Clone, Copy, Debug)]
enum Wish {
    Nothing,
    Alone,
    OverZones,
    OverHosts,
    Together,
    Port,
}

#[derive(Clone, Debug)]
struct Deployment {
    cpu: i64,
    memory: i64,
    replicas: usize,
    waiting: usize,
    wish: Wish,
    spare: Option<i32>,
}

fn deployment() -> impl Strategy<Value = Deployment> {
    let wish = prop_oneof![
        4 => Just(Wish::Nothing),
        1 => Just(Wish::Alone),
        1 => Just(Wish::OverZones),
        1 => Just(Wish::OverHosts),
        1 => Just(Wish::Together),
        1 => Just(Wish::Port),
    ];
    let cpu = prop::sample::select(vec![100, 250, 500, 1000, 1500]);
    let memory = prop::sample::select(vec![GIB / 4, GIB, 3 * GIB]);
    (cpu, memory, 1..5_usize, 0..3_usize, wish, prop::option::weighted(0.3, 0..3_i32)).prop_map(
        |(cpu, memory, replicas, waiting, wish, spare)| Deployment {
            cpu,
            memory,
            replicas,
            waiting,
            wish,
            spare,
        },
    )
}

/// A cluster into which the deployments were placed one after the other, each on nodes of its own kind, so
/// that there is something to gain.
fn clusters() -> impl Strategy<Value = PlanningInput> {
    let nodes = prop::collection::vec(0..6_usize, 1..6);
    (prop::collection::vec(deployment(), 1..6), nodes).prop_map(|(deployments, nodes)| {
        let mut input = input();
        let offers = input.offers.clone();
        for (at, &offer) in nodes.iter().enumerate() {
            input.cluster.nodes.push(node(&format!("n{at}"), &offers[offer], &[]));
        }
        for (number, one) in deployments.iter().enumerate() {
            let app = format!("app-{number}");
            let waiting = deployment_pods(&mut input, &app, one, number);
            if let Some(spare) = one.spare {
                let healthy = (one.replicas - waiting.min(one.replicas)) as i32;
                input.cluster.budgets.push(Arc::new(budget(&app, spare.min(healthy), healthy)));
            }
        }
        input
    })
}

/// Binds replicas where the scheduler's filters allow it; returns how many of them wait.
fn deployment_pods(input: &mut PlanningInput, app: &str, one: &Deployment, number: usize) -> usize {
    let spec = shaped(app, one);
    let mut waiting = 0;
    for replica in 0..one.replicas + one.waiting {
        let name = format!("{app}-{replica}");
        let mut it = pod(&name, app, spec.clone(), None);
        let fits = |node: &usize| planner::check::verdict(&input.cluster, &it, *node).is_ok();
        let nodes = input.cluster.nodes.len();
        let place = (0..nodes).map(|at| (at + number + replica) % nodes).find(fits);
        match place.filter(|_| replica < one.replicas) {
            Some(place) => {
                let node = Arc::clone(&input.cluster.nodes[place].node.name);
                it = pod(&name, app, spec.clone(), Some(&node));
            }
            None if replica < one.replicas => waiting += 1,
            None => {}
        }
        input.cluster.pods.push(Arc::new(it));
    }
    waiting
}

fn shaped(app: &str, one: &Deployment) -> PodSpec {
    let mut spec = spec(one.cpu, one.memory);
    match one.wish {
        Wish::Nothing => {}
        Wish::Alone => spec.required_pod_anti_affinity = [near(app, HOST)].into(),
        Wish::OverZones => spec.topology_spread = [spread(app, ZONE)].into(),
        Wish::OverHosts => spec.topology_spread = [spread(app, HOST)].into(),
        Wish::Together => spec.required_pod_affinity = [near(app, ZONE)].into(),
        Wish::Port => spec.host_ports = [port(8080)].into(),
    }
    spec
}

/// A cluster in a few lines, for whoever has to understand a failure.
fn shown(input: &PlanningInput) -> String {
    let node = |owned: &planner::OwnedNode| {
        format!("{} {} {}\n", owned.node.name, owned.node.instance_type, owned.node.zone)
    };
    let pod = |pod: &Arc<model::Pod>| {
        let spec = &pod.spec;
        let wishes = [
            (!spec.required_pod_anti_affinity.is_empty(), "alone"),
            (spec.topology_spread.iter().any(|one| &*one.topology_key == ZONE), "over zones"),
            (spec.topology_spread.iter().any(|one| &*one.topology_key == HOST), "over hosts"),
            (!spec.required_pod_affinity.is_empty(), "together"),
            (!spec.host_ports.is_empty(), "port"),
        ];
        let wish = wishes.iter().find(|(holds, _)| *holds).map_or("", |(_, wish)| wish);
        let (cpu, memory) = (spec.requests.cpu_milli, spec.requests.memory_bytes >> 20);
        format!("{} on {} ({cpu}m {memory} MiB) {wish}\n", pod.name, pod.node.as_deref().unwrap_or("nothing"))
    };
    let budget =
        |one: &Arc<model::DisruptionBudget>| format!("budget {}: {}\n", one.name, one.disruptions_allowed);
    let cluster = &input.cluster;
    cluster
        .nodes
        .iter()
        .map(node)
        .chain(cluster.pods.iter().map(pod))
        .chain(cluster.budgets.iter().map(budget))
        .collect()
}

/// How many pods have a place.
fn placed(plan: &planner::Plan) -> usize {
    plan.nodes.iter().map(|node| node.pods.len()).sum()
}

type Outcome = Result<(), TestCaseError>;

fn passes_the_check(input: &PlanningInput, question: &Question) -> Outcome {
    let found = check(input, &answer(input, question));
    let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
    prop_assert!(found.is_empty(), "{}\n{}", texts.join("\n"), shown(input));
    Ok(())
}

/// Without pods that wait, a plan that costs more is worse than none.
fn is_no_worse_than_nothing(mut input: PlanningInput, question: &Question) -> Outcome {
    input.cluster.pods.retain(|pod| pod.node.is_some());
    let plan = answer(&input, question);
    prop_assert!(plan.after <= plan.before, "{} to {}\n{}", plan.before, plan.after, shown(&input));
    Ok(())
}

fn is_the_same_again(input: &PlanningInput, question: &Question) -> Outcome {
    prop_assert_eq!(answer(input, question), answer(input, question));
    Ok(())
}

fn costs_the_same_in_any_order(input: &PlanningInput, question: &Question, turn: usize) -> Outcome {
    let mut turned = input.clone();
    let (pods, nodes, offers) = (turned.cluster.pods.len(), turned.cluster.nodes.len(), turned.offers.len());
    turned.cluster.pods.rotate_left(turn % pods);
    turned.cluster.nodes.rotate_left(turn % nodes);
    turned.offers.rotate_left(turn % offers);
    let (one, other) = (answer(input, question), answer(&turned, question));
    prop_assert_eq!(
        (one.after, placed(&one)),
        (other.after, placed(&other)),
        "turned by {}\n{}",
        turn,
        shown(input)
    );
    Ok(())
}

/// Asked again and again, each time with the last plan carried out, it comes to an end, and each plan is cheaper
/// than the one before.
fn comes_to_rest(input: &PlanningInput, question: &Question) -> Outcome {
    let mut now = input.clone();
    for _ in 0..ROUNDS {
        let plan = answer(&now, question);
        let buys = plan.nodes.iter().any(|node| matches!(node.place, Place::New { .. }));
        if plan.moves.is_empty() && plan.removed.is_empty() && !buys {
            return Ok(());
        }
        prop_assert!(plan.after < plan.before, "{} to {}\n{}", plan.before, plan.after, shown(&now));
        now = carried_out(&now, &plan);
    }
    prop_assert!(false, "no rest after {ROUNDS} rounds\n{}", shown(input));
    Ok(())
}

/// How often a search may find more in what it made itself.
const ROUNDS: usize = 4;

fn leaves_nothing_to_do(input: &PlanningInput, question: &Question) -> Outcome {
    let plan = answer(input, question);
    let after = carried_out(input, &plan);
    let again = answer(&after, question);
    let buys = again.nodes.iter().any(|node| matches!(node.place, Place::New { .. }));
    prop_assert!(
        again.moves.is_empty() && again.removed.is_empty() && !buys,
        "{} moves, {} removed, {} to {}\n{}then\n{}",
        again.moves.len(),
        again.removed.len(),
        again.before,
        again.after,
        shown(input),
        shown(&after)
    );
    Ok(())
}

/// Each property of the answers to one question.
macro_rules! properties_of {
    ($name:ident, $question:expr, $rests:ident) => {
        mod $name {
            use super::*;

            const QUESTION: Question = $question;

            proptest! {
                #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

                #[test]
                fn passes_the_check(input in clusters()) {
                    super::passes_the_check(&input, &QUESTION)?;
                }

                #[test]
                fn is_no_worse_than_nothing(input in clusters()) {
                    super::is_no_worse_than_nothing(input, &QUESTION)?;
                }

                #[test]
                fn is_the_same_again(input in clusters()) {
                    super::is_the_same_again(&input, &QUESTION)?;
                }

                #[test]
                fn costs_the_same_in_any_order(input in clusters(), turn in 1..7_usize) {
                    super::costs_the_same_in_any_order(&input, &QUESTION, turn)?;
                }

                #[test]
                fn $rests(input in clusters()) {
                    super::$rests(&input, &QUESTION)?;
                }
            }
        }
    };
}

properties_of!(provision, Question::Provision, leaves_nothing_to_do);
properties_of!(consolidate, Question::Consolidate, comes_to_rest);
properties_of!(rebalance, Question::Rebalance { nodes: None }, comes_to_rest);
