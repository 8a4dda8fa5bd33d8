//! Reads the solution of a problem back into nodes and pods: which pods are where when a plan is carried out.
//!
//! Numbers say how many pods of a class go into how many bins of a kind. Here pods that are at home stay
//! there wherever the numbers allow it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::formulate::{BinOf, Formulation};
use crate::ground::Ground;
use crate::plan::{NodeIndex, PodIndex};
use crate::solve::{Bin, Packing};

/// Nodes with the pods that are placed anew on them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Nodes that hold pods that were placed, or that stay in any case.
    pub(crate) nodes: Vec<Laid>,
    /// Pods without a place.
    pub(crate) unplaced: Vec<PodIndex>,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Laid {
    pub(crate) bin: BinOf,
    /// Pods that are placed anew, those that are at home here included.
    pub(crate) pods: Vec<PodIndex>,
    /// The same as classes of the problem, with how many of each.
    pub(crate) contents: Vec<(usize, u32)>,
}

/// Which pods go where.
pub(crate) fn lay_out(ground: &Ground<'_>, formulation: &Formulation, packing: &Packing) -> Layout {
    let mut contents: Vec<(usize, Vec<(usize, u32)>)> =
        packing.bins.iter().map(|packed| (packed.bin, packed.pods.clone())).collect();
    let mut units = Units::new(ground, formulation);
    settle_among_alike(formulation, &units, &mut contents);
    contents.sort_by_key(|(bin, _)| *bin);

    // Whoever is at home takes the place first.
    let mut nodes: Vec<Laid> = Vec::with_capacity(contents.len());
    for (bin, pods) in &mut contents {
        let mut laid = Laid { bin: formulation.bins[*bin], pods: Vec::new(), contents: pods.clone() };
        if let BinOf::Existing(node) = laid.bin {
            for (part, count) in pods.iter_mut() {
                *count -= units.take_home(*part, node, *count, &mut laid.pods);
            }
        }
        nodes.push(laid);
    }
    for (laid, (_, pods)) in nodes.iter_mut().zip(&contents) {
        pods.iter().for_each(|&(part, count)| units.take_any(part, count, &mut laid.pods));
        laid.pods.sort_unstable();
    }
    let is_there: BTreeSet<BinOf> = nodes.iter().map(|laid| laid.bin).collect();
    let staying = formulation.problem.bins.iter().zip(&formulation.bins).filter(|(bin, _)| bin.stays);
    nodes.extend(staying.filter(|(_, of)| !is_there.contains(of)).map(|(_, &bin)| Laid {
        bin,
        pods: Vec::new(),
        contents: Vec::new(),
    }));
    nodes.sort_by_key(|laid| laid.bin);
    let mut unplaced: Vec<PodIndex> = formulation.stranded.clone();
    (0..formulation.parts.len()).for_each(|part| units.take_any(part, u32::MAX, &mut unplaced));
    unplaced.sort_unstable();
    Layout { nodes, unplaced }
}

/// Pods that are not laid out yet, by part: units by the node where they are at home.
struct Units {
    by_home: Vec<BTreeMap<Option<NodeIndex>, VecDeque<Vec<PodIndex>>>>,
}

impl Units {
    fn new(ground: &Ground<'_>, formulation: &Formulation) -> Self {
        let by_home = formulation.parts.iter().map(|part| {
            let mut by_home: BTreeMap<_, VecDeque<Vec<PodIndex>>> = BTreeMap::new();
            for unit in part.pods.chunks(part.unit) {
                let home = ground.node_of.get(unit[0]).copied().flatten();
                by_home.entry(home).or_default().push_back(unit.to_vec());
            }
            by_home
        });
        Self { by_home: by_home.collect() }
    }

    /// How many units of a part are at home on a node.
    fn at_home(&self, part: usize, node: NodeIndex) -> u32 {
        self.by_home[part].get(&Some(node)).map_or(0, |units| units.len() as u32)
    }

    /// Takes at most `count` units that are at home on the node; how many there were.
    fn take_home(&mut self, part: usize, node: NodeIndex, count: u32, into: &mut Vec<PodIndex>) -> u32 {
        let Some(units) = self.by_home[part].get_mut(&Some(node)) else { return 0 };
        let taken = count.min(units.len() as u32);
        units.drain(..taken as usize).for_each(|unit| into.extend(unit));
        taken
    }

    /// Takes at most `count` units, those without a home last: when there is too little room, it is for those
    /// who run.
    fn take_any(&mut self, part: usize, mut count: u32, into: &mut Vec<PodIndex>) {
        for units in self.by_home[part].values_mut().rev() {
            let taken = count.min(units.len() as u32);
            units.drain(..taken as usize).for_each(|unit| into.extend(unit));
            count -= taken;
        }
    }
}

/// Nodes that are alike may change their contents among themselves: each content goes to the node that has
/// most of it already.
fn settle_among_alike(formulation: &Formulation, units: &Units, contents: &mut [(usize, Vec<(usize, u32)>)]) {
    let bins = &formulation.problem.bins;
    let mut alike: BTreeMap<Signature<'_>, Vec<usize>> = BTreeMap::new();
    for (at, bin) in bins.iter().enumerate() {
        if matches!(formulation.bins[at], BinOf::Existing(_)) {
            alike.entry(signature(bin)).or_default().push(at);
        }
    }
    let mut owner: BTreeMap<usize, &Vec<usize>> = BTreeMap::new();
    for members in alike.values().filter(|members| members.len() > 1) {
        members.iter().for_each(|&bin| {
            owner.insert(bin, members);
        });
    }
    let mut is_used = vec![false; bins.len()];
    let mut order: Vec<usize> =
        (0..contents.len()).filter(|&at| owner.contains_key(&contents[at].0)).collect();
    let size = |at: usize, contents: &[(usize, Vec<(usize, u32)>)]| -> u32 {
        contents[at].1.iter().map(|&(_, count)| count).sum()
    };
    order.sort_by_key(|&at| (std::cmp::Reverse(size(at, contents)), at));
    for at in order {
        let overlap = |bin: usize| -> u32 {
            let BinOf::Existing(node) = formulation.bins[bin] else { return 0 };
            contents[at].1.iter().map(|&(part, count)| units.at_home(part, node).min(count)).sum()
        };
        let members = owner[&contents[at].0];
        let best = members
            .iter()
            .copied()
            .filter(|&bin| !is_used[bin])
            .max_by_key(|&bin| (overlap(bin), std::cmp::Reverse(bin)));
        if let Some(best) = best {
            is_used[best] = true;
            contents[at].0 = best;
        }
    }
}

/// What makes two bins exchangeable.
type Signature<'a> = (&'a [i64], i64, bool, &'a crate::solve::BitSet, &'a [(usize, u32)]);

fn signature(bin: &Bin) -> Signature<'_> {
    (&bin.room, bin.price, bin.stays, &bin.accepts, &bin.used_caps)
}
