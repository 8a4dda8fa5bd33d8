//! From pods, nodes and offers to numbers: makes a [`Problem`] of the part of an input that a question is
//! about, and keeps what is needed to read its solution back.
//!
//! - `demand` says which pods are alike, and what they ask for.
//! - `sharing` finds the rules between pods, `domains` settles those that reach beyond a node.
//! - `accept` says which bins take which pods, `limits` what may be owned in all.

mod accept;
mod demand;
mod domains;
mod limits;
mod prune;
mod sharing;

use std::collections::{BTreeMap, BTreeSet};

use crate::ground::Ground;
use crate::plan::{NodeIndex, PodIndex, TemplateIndex};
use crate::solve::{Bin, BitSet, Problem};

pub(crate) use limits::LimitName;

/// Which pods are to be placed anew, and what may become of each node.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// Pods that are placed anew: of those that are bound, only ones that may move.
    pub(crate) demand: Vec<PodIndex>,
    /// By node of the picture.
    pub(crate) nodes: Vec<Role>,
    /// By template: at most so many new spot machines of one type in one zone.
    pub(crate) most_of_pool: Vec<Option<u32>>,
    /// Waiting pods are part of the demand; otherwise they get what room is left.
    pub(crate) buys_for_waiting: bool,
    /// Pods for which no machine of their first tier is left.
    pub(crate) opened: BTreeSet<PodIndex>,
}

/// What may become of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// It may go when nothing is left on it.
    MayGo,
    /// It stays, and takes pods.
    Stays,
    /// It stays, and takes none.
    Closed,
}

/// What a bin stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BinOf {
    Existing(NodeIndex),
    /// A candidate, and the commitment that pays for it, if one does.
    New {
        candidate: usize,
        commitment: Option<usize>,
    },
}

/// A problem with what its numbers stand for.
pub(crate) struct Formulation {
    /// With every rule between zones settled by splitting classes.
    pub(crate) problem: Problem,
    /// Without those rules and limits, for the bound.
    pub(crate) relaxed: Relaxed,
    /// By bin, of both problems.
    pub(crate) bins: Vec<BinOf>,
    /// By candidate: the bin that is at least as good for the pods in question and at most as dear, which may
    /// be its own; `None` when it takes none of them.
    pub(crate) best_bins: Vec<Option<usize>>,
    /// By candidate: its place as far as rules between pods tell places apart.
    pub(crate) location_of: Vec<usize>,
    /// By class of `problem`.
    pub(crate) parts: Vec<Part>,
    /// By limit of `problem`.
    pub(crate) limits: Vec<LimitName>,
    /// Pods for which rules between pods leave no place.
    pub(crate) stranded: Vec<PodIndex>,
}

/// The problem without rules between zones, over the same bins.
pub(crate) struct Relaxed {
    pub(crate) problem: Problem,
    /// By class: its pods.
    pub(crate) pods: Vec<Vec<PodIndex>>,
    /// It is no easier than the problem itself, whose bound serves as well.
    pub(crate) is_same: bool,
}

/// Pods that are one class of the problem.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// The groups whose pods are in one unit, with how many of each; nearly always one of one.
    pub(crate) groups: Vec<(usize, u32)>,
    /// All pods, unit after unit.
    pub(crate) pods: Vec<PodIndex>,
    /// Pods in a unit: they go onto one node together.
    pub(crate) unit: usize,
    /// Where it has to go, if a rule says so.
    pub(crate) location: Option<usize>,
}

impl Formulation {
    /// The candidate and the template of a bin that is new.
    pub(crate) fn candidate(&self, ground: &Ground<'_>, bin: usize) -> Option<(usize, TemplateIndex)> {
        match self.bins[bin] {
            BinOf::New { candidate, .. } => Some((candidate, ground.candidates[candidate].template)),
            BinOf::Existing(_) => None,
        }
    }

    /// By class of `problem`, what its units are worth where pods of the relaxed problem's classes are worth this.
    pub(crate) fn prices(&self, of_relaxed: &[i64]) -> Vec<i64> {
        let pods = self.relaxed.pods.iter().zip(of_relaxed);
        let by_pod: BTreeMap<PodIndex, i64> =
            pods.flat_map(|(pods, &price)| pods.iter().map(move |&pod| (pod, price))).collect();
        let price = |pod: &PodIndex| by_pod.get(pod).copied().unwrap_or(0);
        self.parts.iter().map(|part| part.pods.iter().take(part.unit).map(price).sum()).collect()
    }

    /// Makes the problem.
    pub(crate) fn new(ground: &Ground<'_>, scope: &Scope) -> Self {
        let groups = demand::groups(ground, scope);
        let dimensions = demand::Dimensions::of(ground, &groups);
        let fixed = demand::Fixed::of(ground, scope);
        let mut bins = all_bins(ground);
        let mut sharing = sharing::Sharing::of(ground, &groups, &fixed, &bins);
        let mut accepts = accept::accepts(ground, scope, &groups, &bins, &sharing);
        let (limits, _) = limits::limits(ground, &bins);
        let prune::Undominated { kept, best } =
            prune::undominated(ground, &bins, &accepts, sharing.location_of(), &limits);
        let best_bins = beaten(&bins, &kept, &best);
        let nodes = ground.input.cluster.nodes.len();
        let location_of = sharing.location_of()[nodes..][..ground.candidates.len()].to_vec();
        bins = kept.iter().map(|&at| bins[at]).collect();
        accepts = kept.iter().map(|&at| std::mem::take(&mut accepts[at])).collect();
        sharing.keep(&kept);
        let (parts, stranded) = sharing.split(ground, &groups, &bins, &accepts);

        let (limits, names) = limits::limits(ground, &bins);
        let bin = |at: usize, accepts: BitSet, used_caps, is_relaxed: bool| Bin {
            room: dimensions.room(ground, &fixed, bins[at]),
            price: limits::price(ground, bins[at], is_relaxed),
            supply: limits::supply(ground, scope, bins[at], is_relaxed),
            stays: matches!(bins[at], BinOf::Existing(node) if scope.nodes[node] != Role::MayGo || fixed.holds(node)),
            accepts,
            used_caps,
        };
        let is_same = parts.iter().all(|part| part.unit == 1 && part.location.is_none())
            && stranded.is_empty()
            && !sharing.caps_spread()
            && ground.placeholders.is_empty()
            && ground.input.commitments.is_empty()
            && ground.input.cluster.nodes.is_empty()
            && ground.candidates.iter().all(|one| one.rank == 0)
            && scope.most_of_pool.iter().all(Option::is_none);
        let relaxed = Problem {
            resources: dimensions.len(),
            classes: groups
                .iter()
                .map(|group| dimensions.class_without_stand_ins(ground, &group.pods))
                .collect(),
            bins: (0..bins.len())
                .map(|at| bin(at, accepts[at].clone(), sharing.used_caps(bins[at], false), true))
                .collect(),
            caps: sharing.caps_of_groups(),
            conflicts: Vec::new(),
            limits: Vec::new(),
        };
        let problem = Problem {
            resources: dimensions.len(),
            classes: parts.iter().map(|part| dimensions.class(ground, &part.pods, part.unit)).collect(),
            bins: (0..bins.len())
                .map(|at| {
                    bin(
                        at,
                        sharing.parts_accepted(at, &accepts[at], &parts),
                        sharing.used_caps(bins[at], true),
                        false,
                    )
                })
                .collect(),
            caps: sharing.caps_of_parts(&parts),
            conflicts: sharing.conflicts_of_parts(&parts),
            limits,
        };
        let relaxed = Relaxed {
            problem: relaxed,
            pods: groups.into_iter().map(|group| without_stand_ins(ground, group.pods)).collect(),
            is_same,
        };
        Self { problem, relaxed, bins, best_bins, location_of, parts, limits: names, stranded }
    }
}

/// All nodes, then all candidates, then candidates again for each commitment that covers them.
fn all_bins(ground: &Ground<'_>) -> Vec<BinOf> {
    let mut bins: Vec<BinOf> = (0..ground.input.cluster.nodes.len()).map(BinOf::Existing).collect();
    bins.extend((0..ground.candidates.len()).map(|candidate| BinOf::New { candidate, commitment: None }));
    for (index, commitment) in ground.input.commitments.iter().enumerate() {
        for (candidate, one) in ground.candidates.iter().enumerate() {
            let offer = &ground.input.offers[one.offer];
            if commitment.covers(
                &offer.machine.instance_type.name,
                &offer.region,
                &offer.zone,
                offer.lifecycle,
            ) {
                bins.push(BinOf::New { candidate, commitment: Some(index) });
            }
        }
    }
    bins
}

/// By candidate: the number among those kept of the bin that beats it.
fn beaten(bins: &[BinOf], kept: &[usize], best: &[Option<usize>]) -> Vec<Option<usize>> {
    let new = bins.iter().zip(best).filter(|(bin, _)| matches!(bin, BinOf::New { commitment: None, .. }));
    new.map(|(_, best)| best.and_then(|best| kept.binary_search(&best).ok())).collect()
}

/// A bound is about pods that are there: room for those to come is the planner's own wish.
fn without_stand_ins(ground: &Ground<'_>, mut pods: Vec<PodIndex>) -> Vec<PodIndex> {
    pods.retain(|&pod| !ground.is_stand_in(pod));
    pods
}
