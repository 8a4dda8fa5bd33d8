//! The rules of one class, as they are asked.

use std::sync::Arc;

use model::PodSpec;

use super::bits::Bits;
use super::classes::{ClaimRules, Classes, Likeness};
use super::counters::Counter;
use super::ids::Map;
use super::inter_pod::Affinity;
use super::node_affinity::NodeChoices;
use super::preferences::Wishes;
use super::rows::Rows;
use super::spread::SpreadRule;
use super::taints::TaintedRows;

/// The rules of one class.
#[derive(Debug)]
pub(super) struct ClassRules {
    pub(super) spec: Arc<PodSpec>,
    pub(super) likeness: Likeness,
    pub(super) claims: Option<Arc<ClaimRules>>,
    /// Rows that the rules about the node alone allow, but for `only`.
    pub(super) places: Arc<Bits>,
    /// Rows that node selector and node affinity choose.
    pub(super) chosen: Arc<Bits>,
    /// Rows whose taints are tolerated, cordoned or not.
    pub(super) untainted: Arc<Bits>,
    /// The only row, where one node is named; [`NO_ROW`] when there is no such node.
    pub(super) only: Option<u32>,
    /// Which counters count it.
    pub(super) counts: Box<[Counter]>,
    /// Which counters must be zero where it goes, in the order in which the scheduler looks.
    pub(super) guards: Vec<Guard>,
    pub(super) affinity: Option<Affinity>,
    pub(super) spreads: Vec<SpreadRule>,
    pub(super) wishes: Wishes,
}

/// No row has this number.
pub(super) const NO_ROW: u32 = u32::MAX;

/// A counter that must be zero where a pod goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Guard {
    pub(super) counter: Counter,
    pub(super) why: Forbids,
}

/// What a guard guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Forbids {
    /// A host port of this number is taken.
    Port(u16),
    /// A disk is in use by a pod that does not share it.
    Disk,
    /// A claim that one pod alone may use is in use.
    Claim,
    /// A pod there refuses this one.
    TheirAntiAffinity,
    /// This pod refuses one there.
    OwnAntiAffinity,
}

/// Names of features.
type Features = Box<[Arc<str>]>;

/// What rules about nodes alone allow each class.
pub(super) fn class_rules(rows: &Rows, choices: &mut NodeChoices, sorted: &Classes) -> Vec<ClassRules> {
    let claim_rules: Vec<Arc<ClaimRules>> = sorted.claims.iter().cloned().map(Arc::new).collect();
    let mut tainted = TaintedRows::new(rows);
    let mut shared: Map<(u32, Option<u32>, Features), [Arc<Bits>; 3]> = Map::default();
    let rules = sorted.likenesses.iter().map(|likeness| {
        let own = &likeness.own;
        let spec = &sorted.specs[likeness.spec as usize];
        let claims = own.claims.map(|number| &claim_rules[number as usize]);
        let key = (likeness.spec, own.claims, own.features.clone());
        let found = shared.entry(key).or_insert_with(|| {
            let chosen = choices.of_pod(rows, spec);
            let [open, untainted] = tainted.open_to(rows, &spec.tolerations);
            let places = match (claims, &own.features[..]) {
                (None, []) if chosen == open => Arc::clone(&open),
                (claims, features) => {
                    Arc::new(allowed(rows, [&chosen, &open], claims.map(|one| &**one), features))
                }
            };
            [places, chosen, untainted]
        });
        let [places, chosen, untainted] = found.clone();
        let named = [&own.node_name, &own.required_node]
            .map(|name| name.as_ref().map(|name| rows.named(name).unwrap_or(NO_ROW)));
        let only = match named {
            [Some(one), Some(other)] if one != other => Some(NO_ROW),
            [one, other] => one.or(other),
        };
        ClassRules {
            spec: Arc::clone(spec),
            likeness: likeness.clone(),
            claims: claims.map(Arc::clone),
            places,
            chosen,
            untainted,
            only,
            counts: Box::default(),
            guards: Vec::new(),
            affinity: None,
            spreads: Vec::new(),
            wishes: Wishes::default(),
        }
    });
    rules.collect()
}

fn allowed(rows: &Rows, sets: [&Bits; 2], claims: Option<&ClaimRules>, features: &[Arc<str>]) -> Bits {
    let mut allowed = rows.all();
    sets.into_iter().for_each(|set| allowed.keep(set));
    if let Some(ClaimRules { reach, .. }) = claims {
        if reach.trouble.is_some() {
            return rows.none();
        }
        [&reach.bound, &reach.space, &reach.zone].into_iter().for_each(|set| allowed.keep(set));
    }
    if !features.is_empty() {
        for (row, shape) in rows.shapes.iter().enumerate() {
            if !features.iter().all(|feature| shape.features.contains(feature)) {
                allowed.remove(row);
            }
        }
    }
    allowed
}
