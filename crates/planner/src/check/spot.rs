//! Which pods may be on spot machines.

use std::collections::BTreeMap;

use model::{Lifecycle, Operator, Pod, PodSpec, Uid, WorkloadKind, node_labels};

use super::places::Role;
use super::violation::Violation;
use crate::{Place, Plan, PlanningInput, SpotUse};

pub(super) fn judge(input: &PlanningInput, plan: &Plan, roles: &[Role], found: &mut Vec<Violation>) {
    let pods = &input.cluster.pods;
    let is_spot_node = |node: usize| input.cluster.nodes[node].node.lifecycle != Lifecycle::OnDemand;
    // By owner: its live pods, those on spot when the plan is carried out, and whether one is there today.
    let mut owners = BTreeMap::<&Uid, (usize, usize, bool)>::new();
    for (pod, role) in pods.iter().zip(roles) {
        if let Some(owner) = pod.owner.as_ref().filter(|_| !pod.is_finished()) {
            let share = owners.entry(&owner.uid).or_default();
            share.0 += 1;
            share.2 |= matches!(role, Role::Runs(node) | Role::Belongs(node) if is_spot_node(*node));
        }
    }
    let mut arrivals = Vec::new();
    for (at, node) in plan.nodes.iter().enumerate() {
        let spot = match node.place {
            Place::Existing(index) => is_spot_node(index),
            Place::New { offer, .. } => input.offers[offer].lifecycle == Lifecycle::Spot,
        };
        for &pod in node.pods.iter().filter(|_| spot) {
            if let Some(owner) = &pods[pod].owner {
                owners.entry(&owner.uid).or_default().1 += 1;
            }
            if !matches!((roles[pod], node.place), (Role::Runs(a), Place::Existing(b)) if a == b) {
                arrivals.push((pod, at));
            }
        }
    }
    for (pod, at) in arrivals {
        let it: &Pod = &pods[pod];
        let share = it.owner.as_ref().and_then(|owner| owners.get(&owner.uid)).copied().unwrap_or_default();
        let may = match input.policies.spot {
            SpotUse::All => true,
            SpotUse::None => false,
            SpotUse::AsToday => match roles[pod] {
                Role::Runs(node) => is_spot_node(node),
                _ => asks_for_spot(&it.spec) || share.2,
            },
            SpotUse::Friendly { max_workload_percent } => {
                let most = share.0 * usize::from(max_workload_percent.min(100)) / 100;
                is_friendly(it) && share.0 >= 2 && share.1 <= most.max(today(input, roles, it))
            }
        };
        // What must be on spot by its own wish has no other place.
        if !may && !must_be_spot(&it.spec) {
            found.push(Violation::Spot { pod, at });
        }
    }
}

fn is_friendly(pod: &Pod) -> bool {
    pod.owner.as_ref().is_some_and(|owner| owner.kind != WorkloadKind::StatefulSet)
        && pod.claims.is_empty()
        && !pod.spec.empty_dir
        && !pod.spec.host_path
        && !pod.keep.any()
}

/// How many of a pod's siblings are on spot today, itself included.
fn today(input: &PlanningInput, roles: &[Role], pod: &Pod) -> usize {
    let siblings = input.cluster.pods.iter().zip(roles).filter(|(other, role)| {
        other.owner == pod.owner
            && matches!(role, Role::Runs(node)
                if input.cluster.nodes[*node].node.lifecycle != Lifecycle::OnDemand)
    });
    siblings.count()
}

fn is_spot_label(name: &str, value: &str) -> bool {
    node_labels::lifecycle(&[(name, value)].into_iter().collect()) == Lifecycle::Spot
}

/// A selector or affinity that only spot nodes satisfy.
fn must_be_spot(spec: &PodSpec) -> bool {
    spec.node_selector.iter().any(|(name, value)| is_spot_label(name, value))
        || spec.required_node_affinity.as_ref().is_some_and(|selector| {
            let is_spot = |term: &model::NodeSelectorTerm| {
                term.expressions.iter().any(|one| {
                    one.operator == Operator::In
                        && one.values.iter().all(|value| is_spot_label(&one.key, value))
                })
            };
            !selector.terms.is_empty() && selector.terms.iter().all(is_spot)
        })
}

/// A selector, affinity or toleration that speaks of spot nodes.
fn asks_for_spot(spec: &PodSpec) -> bool {
    let speaks = |key: &str| is_spot_label(key, "true") || is_spot_label(key, "spot");
    let affinity = spec.required_node_affinity.iter().flat_map(|selector| &selector.terms);
    spec.node_selector.iter().any(|(name, _)| speaks(name))
        || affinity.flat_map(|term| &term.expressions).any(|one| speaks(&one.key))
        || spec.tolerations.iter().filter_map(|one| one.key.as_deref()).any(speaks)
}
