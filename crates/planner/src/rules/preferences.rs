//! What pods would like, as far as the scheduler's default profile scores it: preferred node affinity,
//! `PreferNoSchedule` taints, preferred pod affinity and anti-affinity, and spread with `ScheduleAnyway`.
//!
//! The scheduler scales each to 100 over the nodes at hand before it adds them up. Here they are added up
//! as they are, so that a score can be compared between places without looking at all others. The wishes
//! of pods that are there already about one that comes are not looked at.

use std::sync::Arc;

use super::bits::Bits;
use super::class_rules::ClassRules;
use super::classes::wishes;
use super::compile::Compiler;
use super::counters::Counter;
use super::node_affinity::satisfying;
use super::occupancy::{Occupancy, PlaceId};
use super::shape::Domain;
use super::taints::unwelcome;
use crate::policy::Preferences;

/// What a class would like.
#[derive(Clone, Debug, Default)]
pub(super) struct Wishes {
    nodes: Box<[(i64, Arc<Bits>)]>,
    pods: Box<[(i64, Counter)]>,
    spreads: Box<[Counter]>,
}

/// A taint that is not welcome weighs as much as the largest of other wishes, and half as much again: the
/// weights of the default profile are 3 for taints and 2 for each of the others.
const UNWELCOME: i64 = 150;

pub(super) fn compile(compiler: &mut Compiler<'_>, rules: &mut [ClassRules]) {
    for rule in rules {
        let asks = &compiler.sorted.asks[rule.likeness.asks as usize];
        let mut pods = Vec::new();
        for (&matcher, (term, weight)) in asks.wishes.iter().zip(wishes(&rule.spec)) {
            let key = compiler.maker.key(Domain::Label(Arc::clone(&term.topology_key)), compiler.rows);
            let matching = &compiler.sorted.chosen[matcher as usize];
            pods.push((weight, compiler.maker.counter(key, matching)));
        }
        let mut spreads = Vec::new();
        for (at, spread) in rule.spec.topology_spread.iter().enumerate() {
            if let (false, Some(matcher)) = (spread.required, asks.spreads[at]) {
                let key = compiler.maker.key(Domain::Label(Arc::clone(&spread.topology_key)), compiler.rows);
                let matching = &compiler.sorted.chosen[matcher as usize];
                spreads.push(compiler.maker.counter(key, matching));
            }
        }
        let nodes = rule.spec.preferred_node_affinity.iter();
        let nodes = nodes.map(|one| (i64::from(one.weight), Arc::new(satisfying(compiler.rows, &one.term))));
        rule.wishes = Wishes { nodes: nodes.collect(), pods: pods.into(), spreads: spreads.into() };
    }
}

impl Occupancy<'_> {
    /// How much a class likes a place, as things are: more is better, zero for a pod without wishes.
    pub fn score(&self, class: usize, place: PlaceId, which: &Preferences) -> i64 {
        let rule = &self.rules().rules[class];
        let row = self.row_of(place);
        let mut score = 0;
        if which.node_affinity {
            let liked = rule.wishes.nodes.iter().filter(|(_, rows)| rows.contains(row));
            score += liked.map(|(weight, _)| weight).sum::<i64>();
        }
        if which.taints {
            let shape = &self.rules().rows.shapes[row];
            score -= UNWELCOME * unwelcome(&shape.taints, &rule.spec.tolerations) as i64;
        }
        if which.pod_affinity {
            let there = rule.wishes.pods.iter();
            score += there.map(|&(weight, counter)| weight * self.count_at(counter, place)).sum::<i64>();
        }
        if which.topology_spread {
            score -= rule.wishes.spreads.iter().map(|&counter| self.count_at(counter, place)).sum::<i64>();
        }
        score
    }
}
