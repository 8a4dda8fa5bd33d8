//! Wishes of pods: honoured where that costs nothing, dropped where it would, and then said so.
//!
//! A wish never changes what is bought. Among machines of one price that could hold the same pods, the one
//! that their pods like best is taken, which in practice chooses the zone.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Operator, PodSpec, Requirement};

use crate::formulate::{BinOf, Formulation};
use crate::ground::Ground;
use crate::layout::{Laid, Layout};
use crate::plan::PodIndex;
use crate::rules::{Occupancy, PlaceId, Spot};

/// Takes, for each new node, the best liked of the machines that cost the same and hold the same pods.
pub(crate) fn honour(ground: &Ground<'_>, formulation: &Formulation, layout: &mut Layout) {
    let wishes = |laid: &Laid| laid.pods.iter().any(|&pod| has_wishes(ground, &ground.pods[pod].spec));
    if !layout.nodes.iter().any(wishes) {
        return;
    }
    let mut occupancy = settled(ground, layout);
    for laid in &mut layout.nodes {
        let BinOf::New { candidate, commitment: None } = laid.bin else { continue };
        let classes: Vec<usize> = laid.pods.iter().filter_map(|&pod| ground.rules.class_of(pod)).collect();
        let mut best: Option<(i64, usize)> = None;
        for other in equals(ground, formulation, laid, candidate) {
            let place = occupancy.open(other);
            let score = classes
                .iter()
                .map(|&class| occupancy.score(class, place, &ground.input.policies.preferences))
                .sum();
            occupancy.close(place);
            // Of equally liked machines the one that was chosen stays.
            if best.is_none_or(|(most, _)| score > most) {
                best = Some((score, other));
            }
        }
        let chosen = best.map_or(candidate, |(_, chosen)| chosen);
        laid.bin = BinOf::New { candidate: chosen, commitment: None };
        let place = occupancy.open(chosen);
        classes.iter().for_each(|&class| occupancy.add(class, place));
    }
}

/// Wishes about nodes that the pods of a node do not get there, in words.
pub(crate) fn dropped(ground: &Ground<'_>, laid: &Laid) -> Vec<Arc<str>> {
    let policy = &ground.input.policies.preferences;
    let spot = match laid.bin {
        BinOf::Existing(node) => Spot::Existing(node),
        BinOf::New { candidate, .. } => Spot::New(candidate),
    };
    let shape = ground.rules.shape(spot);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for &pod in &laid.pods {
        let spec = &ground.pods[pod].spec;
        let unmet = spec
            .preferred_node_affinity
            .iter()
            .filter(|one| policy.node_affinity && !one.term.matches(&shape.name, &shape.labels));
        for one in unmet {
            let text: Vec<String> = one.term.expressions.iter().map(words).collect();
            *counts.entry(text.join(" and ")).or_default() += 1;
        }
    }
    counts
        .into_iter()
        .map(|(wish, pods)| format!("{pods} of its pods would rather have {wish}").into())
        .collect()
}

fn words(one: &Requirement) -> String {
    let values = one.values.join(" or ");
    match one.operator {
        Operator::In => format!("{} {values}", one.key),
        Operator::NotIn => format!("{} not {values}", one.key),
        Operator::Exists => format!("a label {}", one.key),
        Operator::DoesNotExist => format!("no label {}", one.key),
        Operator::Gt => format!("{} above {values}", one.key),
        Operator::Lt => format!("{} below {values}", one.key),
    }
}

fn has_wishes(ground: &Ground<'_>, spec: &PodSpec) -> bool {
    let policy = &ground.input.policies.preferences;
    policy.node_affinity && !spec.preferred_node_affinity.is_empty()
        || policy.pod_affinity
            && !(spec.preferred_pod_affinity.is_empty() && spec.preferred_pod_anti_affinity.is_empty())
        || policy.topology_spread && spec.topology_spread.iter().any(|one| !one.required)
}

/// The cluster with every pod that is on an existing node in the end.
pub(crate) fn settled<'g>(ground: &'g Ground<'_>, layout: &Layout) -> Occupancy<'g> {
    let mut occupancy = ground.rules.occupancy();
    let mut home: BTreeMap<PodIndex, PlaceId> = BTreeMap::new();
    for laid in &layout.nodes {
        for &pod in &laid.pods {
            if let Some(node) = ground.node_of.get(pod).copied().flatten() {
                home.insert(pod, occupancy.existing(node));
            }
        }
    }
    for (&pod, &place) in &home {
        ground.rules.class_of(pod).into_iter().for_each(|class| occupancy.remove(class, place));
    }
    for laid in &layout.nodes {
        if let BinOf::Existing(node) = laid.bin {
            let place = occupancy.existing(node);
            laid.pods
                .iter()
                .filter_map(|&pod| ground.rules.class_of(pod))
                .for_each(|class| occupancy.add(class, place));
        }
    }
    occupancy
}

/// Candidates of the same template and price that hold the same pods, the chosen one first.
fn equals(ground: &Ground<'_>, formulation: &Formulation, laid: &Laid, chosen: usize) -> Vec<usize> {
    let own = &ground.candidates[chosen];
    let location = |candidate: usize| formulation.location_of[candidate];
    // A limit may count another machine differently.
    let machine = |candidate: usize| &ground.input.offers[ground.candidates[candidate].offer].machine;
    let is_bound = laid.contents.iter().any(|&(part, _)| formulation.parts[part].location.is_some());
    let mut classes: Vec<usize> = laid.pods.iter().filter_map(|&pod| ground.rules.class_of(pod)).collect();
    classes.sort_unstable();
    classes.dedup();
    let others = (0..ground.candidates.len()).filter(|&other| {
        let one = &ground.candidates[other];
        other != chosen
            && one.template == own.template
            && one.price == own.price
            && one.tier == own.tier
            && (formulation.limits.is_empty() || machine(other) == machine(chosen))
            && ground.sells_spot(other) == ground.sells_spot(chosen)
            && ground.input.offers[one.offer].available.is_none()
            && ground.rooms[other].iter().zip(&ground.rooms[chosen]).all(|(theirs, mine)| theirs >= mine)
            && (!is_bound || location(other) == location(chosen))
            && classes.iter().all(|&class| ground.rules.may_be(class, Spot::New(other)))
    });
    std::iter::once(chosen).chain(others).collect()
}
