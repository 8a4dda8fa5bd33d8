//! Waiting pods beside a change that does not buy for them: some fit what is left of the nodes that stay, the
//! others are told what they wait for.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::formulate::BinOf;
use crate::ground::{Ground, SpotShares};
use crate::layout::Layout;
use crate::plan::{PodIndex, Unplaced};
use crate::preferences::settled;
use crate::reason::Verdict;
use crate::rules::Spot;
use crate::verdict;

/// Puts waiting pods where the scheduler would let them in once the layout is there, those of higher priority
/// first. The others, with what they wait for.
pub(crate) fn place(ground: &Ground<'_>, layout: &mut Layout) -> Vec<Unplaced> {
    let mut pending: Vec<PodIndex> = ground.pending().collect();
    if pending.is_empty() {
        return Vec::new();
    }
    pending.sort_by_key(|&pod| (Reverse(ground.pods[pod].spec.priority), pod));
    let mut occupancy = settled(ground, layout);
    let mut stays = vec![false; ground.input.cluster.nodes.len()];
    for laid in &layout.nodes {
        match laid.bin {
            BinOf::Existing(node) => stays[node] = true,
            BinOf::New { candidate, .. } => {
                let place = occupancy.open(candidate);
                let here = laid.pods.iter().chain(&ground.daemons_on[candidate]);
                here.filter_map(|&pod| ground.rules.class_of(pod))
                    .for_each(|class| occupancy.add(class, place));
            }
        }
    }
    (0..stays.len()).filter(|&node| !stays[node]).for_each(|node| occupancy.close(occupancy.existing(node)));
    let known = |key: &str| -> BTreeSet<&str> {
        let nodes = (0..stays.len()).filter(|&node| stays[node]);
        nodes.filter_map(|node| ground.input.cluster.nodes[node].node.labels.get(key)).collect()
    };
    // A spread that leaves out a zone in which machines are for sale is right only until one is bought there.
    let is_settled = |pod: PodIndex| {
        let spreads = ground.pods[pod].spec.topology_spread.iter().filter(|one| one.required);
        spreads.filter(|one| &*one.topology_key != "kubernetes.io/hostname").all(|one| {
            let known = known(&one.topology_key);
            let zone = |candidate| ground.rules.shape(Spot::New(candidate)).labels.get(&one.topology_key);
            (0..ground.candidates.len()).filter_map(zone).all(|zone| known.contains(zone))
        })
    };
    let mut shares = SpotShares::default();
    let mut unplaced = Vec::new();
    for pod in pending {
        let Some(class) = ground.rules.class_of(pod) else { continue };
        let may_be_spot = ground.may_be_spot(pod, &mut shares);
        let places = if is_settled(pod) { &mut *layout.nodes } else { &mut [] };
        let place = places.iter_mut().find_map(|laid| match laid.bin {
            BinOf::Existing(node)
                if (may_be_spot || !ground.is_spot(node))
                    && occupancy.allows(class, occupancy.existing(node)) =>
            {
                Some((occupancy.existing(node), laid))
            }
            _ => None,
        });
        match place {
            Some((place, laid)) => {
                occupancy.add(class, place);
                laid.pods.push(pod);
                laid.pods.sort_unstable();
            }
            None => unplaced.push(Unplaced { pod, verdict: waits_for(ground, class, may_be_spot) }),
        }
    }
    unplaced
}

/// The cheapest machine that could hold a pod of a class, or why there is none.
fn waits_for(ground: &Ground<'_>, class: usize, may_be_spot: bool) -> Verdict {
    let holds = |&candidate: &usize| {
        ground.rules.may_be(class, Spot::New(candidate)) && ground.holds_one(candidate, class)
    };
    let machines = || (0..ground.candidates.len()).filter(holds);
    let allowed = machines().filter(|&candidate| may_be_spot || !ground.sells_spot(candidate));
    let cheapest =
        |candidate: &usize| (ground.candidates[*candidate].tier, ground.candidates[*candidate].price);
    let best = allowed.min_by_key(cheapest).or_else(|| machines().min_by_key(cheapest));
    match best {
        Some(candidate) => {
            let offer = &ground.input.offers[ground.candidates[candidate].offer];
            Verdict::NeedsMachine {
                instance_type: offer.machine.instance_type.name.clone(),
                zone: offer.zone.clone(),
                lifecycle: offer.lifecycle,
                price: offer.price,
            }
        }
        None => Verdict::NoMachine { refusals: verdict::refusals(ground, class) },
    }
}
