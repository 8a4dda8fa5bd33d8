//! Pod affinity and anti-affinity that is demanded.
//!
//! One pod is judged as the scheduler does. A plan is judged by its final state: whether some order of
//! binding leads there. A domain may hold pods that carry an affinity when somebody whom it selects is there
//! without carrying it, or was there before; one domain may be opened by pods that select themselves, as
//! long as nobody matched anywhere before. Anti-affinity holds in both directions.

use std::collections::{BTreeMap, BTreeSet};

use model::PodAffinityTerm;

use super::crowd::Crowd;
use super::world::{Domain, Guest, World};
use crate::reason::{Refusal, Rule};

pub(super) fn verdict(world: &World<'_>, guest: &Guest<'_>, site: usize) -> Result<(), Refusal> {
    affinity(world, guest, site)?;
    for term in &guest.spec.required_pod_anti_affinity {
        let Some(here) = world.domain(site, &term.topology_key) else { continue };
        for other in &world.residents {
            if world.term_selects(term, other.guest.namespace, other.guest.labels)
                && world.domain(other.site, &term.topology_key).as_ref() == Some(&here)
            {
                return Err(refusal(format!("a pod that it avoids is in the same {}", term.topology_key)));
            }
        }
    }
    for other in &world.residents {
        for term in &other.guest.spec.required_pod_anti_affinity {
            if world.term_selects(term, guest.namespace, guest.labels)
                && let Some(there) = world.domain(other.site, &term.topology_key)
                && world.domain(site, &term.topology_key) == Some(there)
            {
                return Err(refusal(format!("a pod that avoids it is in the same {}", term.topology_key)));
            }
        }
    }
    Ok(())
}

fn refusal(detail: String) -> Refusal {
    Refusal { rule: Rule::InterPodAffinity, detail: detail.into() }
}

fn affinity(world: &World<'_>, guest: &Guest<'_>, site: usize) -> Result<(), Refusal> {
    let terms = &guest.spec.required_pod_affinity;
    if terms.is_empty() {
        return Ok(());
    }
    let (mut anywhere, mut here) = (false, vec![false; terms.len()]);
    for (term, here) in terms.iter().zip(&mut here) {
        let Some(domain) = world.domain(site, &term.topology_key) else {
            return Err(refusal(format!("the node has no label {}", term.topology_key)));
        };
        for other in world.residents.iter().filter(|other| selected_by_all(world, terms, &other.guest)) {
            let Some(there) = world.domain(other.site, &term.topology_key) else { continue };
            anywhere = true;
            *here |= there == domain;
        }
    }
    if here.iter().all(|&here| here) || (!anywhere && selected_by_all(world, terms, guest)) {
        return Ok(());
    }
    Err(refusal("no pod that it wants to be near is there".into()))
}

fn selected_by_all(world: &World<'_>, terms: &[PodAffinityTerm], guest: &Guest<'_>) -> bool {
    terms.iter().all(|term| world.term_selects(term, guest.namespace, guest.labels))
}

/// Judges a final state.
pub(super) fn judge(world: &World<'_>, crowd: &Crowd<'_>, found: &mut Vec<(usize, Refusal)>) {
    let mut wanting = BTreeMap::<Vec<TermKey<'_>>, (Vec<usize>, &[PodAffinityTerm])>::new();
    let mut avoiding = BTreeMap::<TermKey<'_>, (Vec<usize>, &PodAffinityTerm)>::new();
    for (index, resident) in world.residents.iter().enumerate() {
        let spec = resident.guest.spec;
        if !spec.required_pod_affinity.is_empty() {
            let key = spec.required_pod_affinity.iter().map(key).collect();
            wanting.entry(key).or_insert_with(|| (Vec::new(), &spec.required_pod_affinity)).0.push(index);
        }
        for term in &spec.required_pod_anti_affinity {
            avoiding.entry(key(term)).or_insert_with(|| (Vec::new(), term)).0.push(index);
        }
    }
    for (carriers, terms) in wanting.into_values() {
        judge_wanting(world, crowd, terms, &carriers, found);
    }
    for (carriers, term) in avoiding.into_values() {
        judge_avoiding(world, crowd, term, &carriers, found);
    }
}

type TermKey<'a> =
    (&'a str, Option<&'a model::LabelSelector>, &'a [std::sync::Arc<str>], Option<&'a model::LabelSelector>);

fn key(term: &PodAffinityTerm) -> TermKey<'_> {
    (&term.topology_key, term.selector.as_ref(), &term.namespaces, term.namespace_selector.as_ref())
}

fn judge_wanting(
    world: &World<'_>,
    crowd: &Crowd<'_>,
    terms: &[PodAffinityTerm],
    carriers: &[usize],
    found: &mut Vec<(usize, Refusal)>,
) {
    let carrying: BTreeSet<usize> = carriers.iter().copied().collect();
    let matching: BTreeSet<usize> = crowd
        .matching(|namespace, labels| terms.iter().all(|term| world.term_selects(term, namespace, labels)))
        .collect();
    for term in terms {
        let key = &term.topology_key;
        let mut open = BTreeSet::new();
        let mut was_somewhere = false;
        for &index in &matching {
            let resident = &world.residents[index];
            let Some(domain) = world.domain(resident.site, key) else { continue };
            was_somewhere |= !resident.arrives;
            if !resident.arrives || !carrying.contains(&index) {
                open.insert(domain);
            }
        }
        // By domain that only carriers could open: how many there are, whether one selects itself, the first.
        let mut alone = BTreeMap::<Domain, (usize, bool, usize)>::new();
        for &index in carriers.iter().filter(|&&index| world.residents[index].arrives) {
            match world.domain(world.residents[index].site, key) {
                None => found.push((index, refusal(format!("the node has no label {key}")))),
                Some(domain) if !open.contains(&domain) => {
                    let entry = alone.entry(domain).or_insert((0, false, index));
                    entry.0 += 1;
                    entry.1 |= matching.contains(&index);
                }
                Some(_) => {}
            }
        }
        let fullest = alone.iter().filter(|(_, it)| it.1 && !was_somewhere).max_by_key(|(_, it)| it.0);
        let opener = fullest.map(|(domain, _)| domain.clone());
        for (_, (_, _, first)) in alone.iter().filter(|(domain, _)| Some(*domain) != opener.as_ref()) {
            found.push((*first, refusal(format!("no pod that it wants to be near is in the same {key}"))));
        }
    }
}

fn judge_avoiding(
    world: &World<'_>,
    crowd: &Crowd<'_>,
    term: &PodAffinityTerm,
    carriers: &[usize],
    found: &mut Vec<(usize, Refusal)>,
) {
    let mut there = BTreeMap::<Domain, Vec<usize>>::new();
    for index in crowd.matching(|namespace, labels| world.term_selects(term, namespace, labels)) {
        if let Some(domain) = world.domain(world.residents[index].site, &term.topology_key) {
            there.entry(domain).or_default().push(index);
        }
    }
    let mut told = BTreeSet::new();
    for &index in carriers {
        let carrier = &world.residents[index];
        let Some(domain) = world.domain(carrier.site, &term.topology_key) else { continue };
        let others = there.get(&domain).into_iter().flatten().copied().filter(|&other| other != index);
        let avoided = others.into_iter().find(|&other| carrier.arrives || world.residents[other].arrives);
        if let Some(other) = avoided
            && told.insert(domain)
        {
            let arriving = if carrier.arrives { index } else { other };
            let detail = format!("it shares {} with a pod of which one avoids the other", term.topology_key);
            found.push((arriving, refusal(detail)));
        }
    }
}
