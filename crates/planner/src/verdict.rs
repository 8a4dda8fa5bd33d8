//! Why a waiting pod has no place: exactly one verdict for each.

use std::collections::BTreeMap;

use crate::formulate::Formulation;
use crate::ground::Ground;
use crate::layout::Layout;
use crate::plan::PodIndex;
use crate::reason::{Refusal, Rule, Verdict};
use crate::rules::Spot;

/// The verdict on a pod that a layout leaves without a place.
pub(crate) fn of(ground: &Ground<'_>, formulation: &Formulation, layout: &Layout, pod: PodIndex) -> Verdict {
    if formulation.stranded.contains(&pod) {
        let rule = if ground.pods[pod].spec.topology_spread.iter().any(|one| one.required) {
            Rule::PodTopologySpread
        } else {
            Rule::InterPodAffinity
        };
        return Verdict::NoPlace(Refusal {
            rule,
            detail: "no zone is left in which rules between pods allow it".into(),
        });
    }
    let Some(class) = ground.rules.class_of(pod) else {
        return Verdict::NotOurs { why: "it has finished".into() };
    };
    let refusals = refusals(ground, class);
    let refused: usize = refusals.iter().map(|(_, count)| count).sum();
    if refused == ground.candidates.len() {
        return Verdict::NoMachine { refusals };
    }
    match reached_limit(formulation, layout, pod) {
        Some(limit) => Verdict::LimitReached { limit: limit.into() },
        None => Verdict::NoPlace(Refusal {
            rule: Rule::InterPodAffinity,
            detail: "machines could hold it, but pods that go before it leave no place by its rules".into(),
        }),
    }
}

/// For each reason, how many of the machines for sale it rules out; the rarest first, since those machines came
/// nearest.
pub(crate) fn refusals(ground: &Ground<'_>, class: usize) -> Vec<(Refusal, usize)> {
    let mut counts: BTreeMap<Rule, (Refusal, usize)> = BTreeMap::new();
    for candidate in 0..ground.candidates.len() {
        let refusal = match ground.rules.admits(class, Spot::New(candidate)) {
            Err(obstacle) => ground.rules.refusal(class, Spot::New(candidate), obstacle),
            Ok(()) if !ground.holds_one(candidate, class) => Refusal {
                rule: Rule::NodeResourcesFit,
                detail: "asks for more than the machine has beside its daemons".into(),
            },
            Ok(()) => continue,
        };
        counts.entry(refusal.rule).or_insert_with(|| (refusal, 0)).1 += 1;
    }
    let mut refusals: Vec<(Refusal, usize)> = counts.into_values().collect();
    refusals.sort_by_key(|(refusal, count)| (*count, refusal.rule));
    refusals
}

/// The first limit that leaves no room for the cheapest machine that could hold the pod.
fn reached_limit(formulation: &Formulation, layout: &Layout, pod: PodIndex) -> Option<String> {
    let problem = &formulation.problem;
    let part = formulation.parts.iter().position(|part| part.pods.contains(&pod))?;
    let mut open: Vec<(usize, u32)> = Vec::new();
    for laid in &layout.nodes {
        let bin = formulation.bins.iter().position(|&bin| bin == laid.bin)?;
        open.push((bin, 1));
    }
    let takers = (0..problem.bins.len()).filter(|&bin| problem.bins[bin].accepts.contains(part));
    let smallest = takers.min_by_key(|&bin| problem.bins[bin].price)?;
    let limit = problem.limits.iter().zip(&formulation.limits).find(|(limit, _)| {
        let used: i64 = open.iter().map(|&(bin, count)| limit.per_bin[bin] * i64::from(count)).sum();
        used + limit.per_bin[smallest] > limit.most
    });
    let by_supply = || {
        problem.bins[smallest].supply.map(|supply| format!("supply of {supply} machines that could hold it"))
    };
    limit.map(|(_, name)| name.to_string()).or_else(by_supply)
}
