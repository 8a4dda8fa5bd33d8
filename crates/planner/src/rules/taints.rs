//! TaintToleration and NodeUnschedulable.

use std::sync::Arc;

use model::{Taint, TaintEffect, Toleration};

use super::bits::Bits;
use super::ids::Map;
use super::rows::Rows;
use super::shape::Shape;

/// The taint of a cordoned node: tolerating it lifts the cordon, whether the taint is there already or not.
const CORDON: &str = "node.kubernetes.io/unschedulable";

/// The first taint that keeps away a pod with these tolerations.
pub(super) fn untolerated<'t>(taints: &'t [Taint], tolerations: &[Toleration]) -> Option<&'t Taint> {
    taints.iter().find(|taint| {
        taint.effect != TaintEffect::PreferNoSchedule && !tolerations.iter().any(|one| one.tolerates(taint))
    })
}

/// Whether the node is cordoned for a pod with these tolerations.
pub(super) fn is_cordoned(shape: &Shape, tolerations: &[Toleration]) -> bool {
    let cordon = || Taint { key: CORDON.into(), value: "".into(), effect: TaintEffect::NoSchedule };
    shape.unschedulable && !tolerations.iter().any(|one| one.tolerates(&cordon()))
}

/// How many of the node's `PreferNoSchedule` taints the pod does not tolerate.
pub(super) fn unwelcome(taints: &[Taint], tolerations: &[Toleration]) -> usize {
    let soft = taints.iter().filter(|taint| taint.effect == TaintEffect::PreferNoSchedule);
    soft.filter(|taint| !tolerations.iter().any(|one| one.tolerates(taint))).count()
}

/// Rows by what keeps pods away from them.
#[derive(Debug)]
pub(super) struct TaintedRows {
    groups: Vec<(Box<[Taint]>, bool, Bits)>,
    open: Map<Box<[Toleration]>, [Arc<Bits>; 2]>,
}

impl TaintedRows {
    pub(super) fn new(rows: &Rows) -> Self {
        let mut numbers: Map<(&[Taint], bool), usize> = Map::default();
        let mut groups: Vec<(Box<[Taint]>, bool, Bits)> = Vec::new();
        for (row, shape) in rows.shapes.iter().enumerate() {
            let at = *numbers.entry((&shape.taints, shape.unschedulable)).or_insert_with(|| {
                groups.push((shape.taints.clone(), shape.unschedulable, rows.none()));
                groups.len() - 1
            });
            groups[at].2.insert(row);
        }
        Self { groups, open: Map::default() }
    }

    /// Rows whose taints and cordon the tolerations bear, and rows whose taints alone they bear.
    pub(super) fn open_to(&mut self, rows: &Rows, tolerations: &[Toleration]) -> [Arc<Bits>; 2] {
        if let Some(found) = self.open.get(tolerations) {
            return found.clone();
        }
        let (mut open, mut untainted) = (rows.none(), rows.none());
        for (taints, unschedulable, group) in &self.groups {
            if untolerated(taints, tolerations).is_some() {
                continue;
            }
            untainted.add(group);
            let shape = Shape { unschedulable: *unschedulable, ..Shape::default() };
            if !is_cordoned(&shape, tolerations) {
                open.add(group);
            }
        }
        let found = [Arc::new(open), Arc::new(untainted)];
        self.open.insert(tolerations.into(), found.clone());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::Rule;
    use crate::rules::testing::*;

    fn tainted(effect: TaintEffect) -> model::Node {
        let mut one = node("tainted", "a");
        one.taints = Box::new([Taint { key: "k".into(), value: "v".into(), effect }]);
        one
    }

    #[test]
    fn only_effects_that_keep_pods_away_refuse() {
        let [hard, now, soft] =
            [TaintEffect::NoSchedule, TaintEffect::NoExecute, TaintEffect::PreferNoSchedule].map(tainted);
        let picture = picture([hard, now, soft], []);
        let refused = Some(Rule::TaintToleration);
        assert_eq!(refusals(&picture, pod("new", |_| {})), [refused, refused, None]);
    }

    #[test]
    fn a_cordon_is_lifted_by_tolerating_its_taint_alone() {
        let mut cordoned = node("cordoned", "a");
        cordoned.unschedulable = true;
        let picture = picture([cordoned], []);
        assert_eq!(refusals(&picture, pod("new", |_| {})), [Some(Rule::NodeUnschedulable)]);
        let key = Some(CORDON.into());
        let tolerates = |spec: &mut model::PodSpec| {
            spec.tolerations = Box::new([Toleration { key, value: None, effect: None, seconds: None }]);
        };
        assert_eq!(refusals(&picture, pod("new", tolerates)), [None]);
    }
}
