//! Which pods are alike, and what pods ask for and nodes have, as vectors of numbers.

use std::collections::BTreeMap;

use model::Lifecycle;

use super::{BinOf, Scope};
use crate::ground::{Ground, SpotShares};
use crate::plan::{NodeIndex, PodIndex};
use crate::rules::{Column, Spot};
use crate::solve::Class;

/// Pods that are alike in all that matters to a packing.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// Their class in the rules.
    pub(crate) class: usize,
    /// Whether they may run on spot machines.
    pub(crate) may_be_spot: bool,
    /// Whether they may run on demand: headroom can be asked for on spot alone.
    pub(crate) may_be_on_demand: bool,
    /// Whether later tiers are open to them, no machine of an earlier one being left.
    pub(crate) is_opened: bool,
    /// The node they are on, where that would not take them any more: they may stay but not come back.
    pub(crate) home: Option<NodeIndex>,
    /// They.
    pub(crate) pods: Vec<PodIndex>,
}

/// The pods of a scope by what makes them alike; those that matter more first.
pub(super) fn groups(ground: &Ground<'_>, scope: &Scope) -> Vec<Group> {
    let mut shares = SpotShares::default();
    let mut groups: BTreeMap<_, Vec<PodIndex>> = BTreeMap::new();
    for &pod in &scope.demand {
        let Some(class) = ground.rules.class_of(pod) else { continue };
        let (may_be_spot, may_be_on_demand) = match ground.headroom_of(pod) {
            Some(headroom) => {
                (headroom.lifecycle != Some(Lifecycle::OnDemand), headroom.lifecycle != Some(Lifecycle::Spot))
            }
            None => (ground.may_be_spot(pod, &mut shares), true),
        };
        let is_opened = scope.opened.contains(&pod);
        let home = ground.node_of.get(pod).copied().flatten();
        let home = home.filter(|&node| !ground.rules.may_be(class, Spot::Existing(node)));
        let priority = std::cmp::Reverse(ground.pods[pod].spec.priority);
        groups
            .entry((priority, class, may_be_spot, may_be_on_demand, is_opened, home))
            .or_default()
            .push(pod);
    }
    groups
        .into_iter()
        .map(|((_, class, may_be_spot, may_be_on_demand, is_opened, home), pods)| Group {
            class,
            may_be_spot,
            may_be_on_demand,
            is_opened,
            home,
            pods,
        })
        .collect()
}

/// Which resource is which number: those that somebody asks for, pod slots always.
#[derive(Debug)]
pub(super) struct Dimensions {
    /// Positions among the rules' columns.
    columns: Vec<usize>,
}

impl Dimensions {
    pub(super) fn of(ground: &Ground<'_>, groups: &[Group]) -> Self {
        let classes = ground.rules.classes();
        let is_asked = |&column: &usize| {
            ground.rules.columns()[column] == Column::Pods
                || groups.iter().any(|group| classes[group.class].need[column] > 0)
        };
        Self { columns: (0..ground.rules.columns().len()).filter(is_asked).collect() }
    }

    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    /// A class of the problem: `unit` pods together are one of it.
    pub(super) fn class(&self, ground: &Ground<'_>, pods: &[PodIndex], unit: usize) -> Class {
        let mut need = vec![0; self.columns.len()];
        for class in pods[..unit].iter().filter_map(|&pod| ground.rules.class_of(pod)) {
            let one = &ground.rules.classes()[class].need;
            self.columns.iter().zip(&mut need).for_each(|(&column, sum)| *sum += one[column]);
        }
        Class { need: need.into(), count: u32::try_from(pods.len() / unit).unwrap_or(u32::MAX) }
    }

    /// The same for single pods, of which only those of the picture are counted.
    pub(super) fn class_without_stand_ins(&self, ground: &Ground<'_>, pods: &[PodIndex]) -> Class {
        let count = pods.iter().filter(|&&pod| !ground.is_stand_in(pod)).count();
        Class { count: u32::try_from(count).unwrap_or(u32::MAX), ..self.class(ground, pods, 1) }
    }

    /// What a bin has for pods that are placed anew.
    pub(super) fn room(&self, ground: &Ground<'_>, fixed: &Fixed, bin: BinOf) -> Box<[i64]> {
        match bin {
            BinOf::Existing(node) => {
                let mut room = ground.rules.room(Spot::Existing(node)).to_vec();
                for &(class, count) in &fixed.classes[node] {
                    let need = &ground.rules.classes()[class].need;
                    room.iter_mut().zip(need).for_each(|(room, need)| *room -= need * i64::from(count));
                }
                self.columns.iter().map(|&column| room[column]).collect()
            }
            BinOf::New { candidate, .. } => {
                self.columns.iter().map(|&column| ground.rooms[candidate][column]).collect()
            }
        }
    }
}

/// What does not take part: pods that stay where they are.
#[derive(Debug)]
pub(crate) struct Fixed {
    /// By node: classes of pods that stay, with how many.
    pub(crate) classes: Vec<Vec<(usize, u32)>>,
    /// By node: the pods that stay.
    pub(crate) pods: Vec<Vec<PodIndex>>,
    /// By node: whether a pod that stays is one that somebody would miss.
    holds: Vec<bool>,
}

impl Fixed {
    pub(super) fn of(ground: &Ground<'_>, scope: &Scope) -> Self {
        let mut moves = vec![false; ground.pods.len()];
        scope.demand.iter().for_each(|&pod| moves[pod] = true);
        let nodes = ground.pods_on.len();
        let mut fixed = Self {
            classes: vec![Vec::new(); nodes],
            pods: vec![Vec::new(); nodes],
            holds: vec![false; nodes],
        };
        for (node, pods) in ground.pods_on.iter().enumerate() {
            let mut classes: BTreeMap<usize, u32> = BTreeMap::new();
            for &pod in pods.iter().filter(|&&pod| !moves[pod]) {
                if let Some(class) = ground.rules.class_of(pod) {
                    *classes.entry(class).or_default() += 1;
                }
                fixed.pods[node].push(pod);
                fixed.holds[node] |= !crate::movable::goes_with_node(&ground.pods[pod]);
            }
            fixed.classes[node] = classes.into_iter().collect();
        }
        fixed
    }

    /// Whether something stays on the node that would be missed without it.
    pub(crate) fn holds(&self, node: NodeIndex) -> bool {
        self.holds[node]
    }
}
