//! Sums, prices, commitments, and the bound.

use std::collections::{BTreeMap, BTreeSet};

use model::{Lifecycle, Money};

use super::violation::Violation;
use crate::plan::{OfferIndex, TemplateIndex};
use crate::{Bound, Certificate, Commitment, Place, Plan, PlanningInput};

pub(super) fn judge(
    input: &PlanningInput,
    plan: &Plan,
    allowed: &[(OfferIndex, TemplateIndex)],
    found: &mut Vec<Violation>,
) {
    let charge = input.policies.node_charge;
    let sum = |prices: &mut dyn Iterator<Item = Money>| {
        let nanos: i128 = prices.map(|price| i128::from(price.nanos()) + i128::from(charge.nanos())).sum();
        Money::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
    };
    let mut compare = |what: String, planned: Money, right: Money| {
        if planned != right {
            found.push(Violation::Price { what, planned, right });
        }
    };
    compare("the price now".into(), plan.before, sum(&mut today(input).into_iter()));
    compare("the price after".into(), plan.after, sum(&mut plan.nodes.iter().map(|node| node.price)));
    let mut covered = Vec::new();
    for (at, node) in plan.nodes.iter().enumerate() {
        let machine = Machine::of(input, node.place);
        if node.price == machine.price {
            continue;
        }
        let by = |one: &Commitment| one.price == node.price && machine.is_covered_by(one);
        let by: Vec<usize> =
            (0..input.commitments.len()).filter(|&one| by(&input.commitments[one])).collect();
        if by.is_empty() {
            compare(format!("planned node {at}"), node.price, machine.price);
        } else {
            covered.push(by);
        }
    }
    for removed in &plan.removed {
        let machine = Machine::of(input, Place::Existing(removed.node));
        let known = |one: &Commitment| one.price == removed.price && machine.is_covered_by(one);
        if removed.price != machine.price && !input.commitments.iter().any(known) {
            compare(format!("removed node {}", removed.node), removed.price, machine.price);
        }
    }
    if !enough(&input.commitments, &covered) {
        found.push(Violation::Commitments);
    }
    if let Bound::Certified { per_hour, certificate } = &plan.bound {
        if *per_hour > plan.after {
            found.push(Violation::BoundAboveCost { bound: *per_hour, cost: plan.after });
        }
        found.extend(
            problems(input, *per_hour, certificate, allowed)
                .into_iter()
                .map(|problem| Violation::Certificate { problem }),
        );
    }
}

/// A machine as commitments see it.
struct Machine<'a> {
    instance_type: &'a str,
    region: &'a str,
    zone: &'a str,
    lifecycle: Lifecycle,
    price: Money,
}

impl<'a> Machine<'a> {
    fn of(input: &'a PlanningInput, place: Place) -> Self {
        match place {
            Place::Existing(index) => {
                let owned = &input.cluster.nodes[index];
                let node = &owned.node;
                Self {
                    instance_type: &node.instance_type,
                    region: &node.region,
                    zone: &node.zone,
                    lifecycle: node.lifecycle,
                    price: owned.price,
                }
            }
            Place::New { offer, .. } => {
                let offer = &input.offers[offer];
                Self {
                    instance_type: &offer.machine.instance_type.name,
                    region: &offer.region,
                    zone: &offer.zone,
                    lifecycle: offer.lifecycle,
                    price: offer.price,
                }
            }
        }
    }

    /// Commitments are for machines that do not run on spot.
    fn is_covered_by(&self, one: &Commitment) -> bool {
        self.lifecycle != Lifecycle::Spot
            && one.instance_types.iter().any(|name| **name == *self.instance_type)
            && one.region.as_deref().unwrap_or(self.region) == self.region
            && one.zone.as_deref().unwrap_or(self.zone) == self.zone
    }
}

/// What each node costs today: each commitment in turn takes the dearest machines that it makes cheaper.
fn today(input: &PlanningInput) -> Vec<Money> {
    let machines: Vec<_> =
        (0..input.cluster.nodes.len()).map(|node| Machine::of(input, Place::Existing(node))).collect();
    let mut prices: Vec<Money> = machines.iter().map(|machine| machine.price).collect();
    let mut free: BTreeSet<usize> = (0..machines.len()).collect();
    for one in &input.commitments {
        for _ in 0..one.machines {
            let fits = |&at: &usize| machines[at].price > one.price && machines[at].is_covered_by(one);
            let dearest = free
                .iter()
                .copied()
                .filter(fits)
                .max_by_key(|&at| (machines[at].price, std::cmp::Reverse(at)));
            let Some(at) = dearest else { break };
            free.remove(&at);
            prices[at] = one.price;
        }
    }
    prices
}

/// Whether each machine of `covered` can have one of its commitments without any being used too often.
fn enough(commitments: &[Commitment], covered: &[Vec<usize>]) -> bool {
    let mut users = vec![Vec::<usize>::new(); commitments.len()];
    (0..covered.len())
        .all(|machine| seat(machine, commitments, covered, &mut users, &mut vec![false; commitments.len()]))
}

/// Gives a machine a commitment, moving others to another of theirs where that makes room.
fn seat(
    machine: usize,
    commitments: &[Commitment],
    covered: &[Vec<usize>],
    users: &mut [Vec<usize>],
    tried: &mut [bool],
) -> bool {
    for &one in &covered[machine] {
        if std::mem::replace(&mut tried[one], true) {
            continue;
        }
        if users[one].len() < commitments[one].machines as usize {
            users[one].push(machine);
            return true;
        }
        for seat_index in 0..users[one].len() {
            if seat(users[one][seat_index], commitments, covered, users, tried) {
                users[one][seat_index] = machine;
                return true;
            }
        }
    }
    false
}

/// What is wrong with a certificate, as far as sums tell. That no content of a machine is worth more than it
/// says is for the verifier to prove.
fn problems(
    input: &PlanningInput,
    bound: Money,
    certificate: &Certificate,
    allowed: &[(OfferIndex, TemplateIndex)],
) -> Vec<String> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    let mut proven: i128 = 0;
    for (index, class) in certificate.classes.iter().enumerate() {
        if class.dual_nanos < 0 {
            problems.push(format!("class {index} has a negative price"));
        }
        proven += class.pods.len() as i128 * i128::from(class.dual_nanos);
        for &pod in &class.pods {
            if pod >= input.cluster.pods.len() {
                problems.push(format!("class {index} names pod {pod}, which is not there"));
            } else if !seen.insert(pod) {
                problems.push(format!("pod {pod} is in two classes"));
            }
        }
    }
    let mut cheapest = BTreeMap::<(&str, &str, Lifecycle), Money>::new();
    for one in &certificate.machines {
        let loss = i128::from(one.price.nanos()) - i128::from(one.max_value.nanos());
        match one.supply {
            Some(supply) => proven += i128::from(supply) * loss.min(0),
            None if loss < 0 => {
                problems.push(format!("{} in {} is worth more than it costs", one.instance_type, one.zone));
            }
            None => {}
        }
        let price = cheapest.entry((&one.instance_type, &one.zone, one.lifecycle)).or_insert(one.price);
        *price = one.price.min(*price);
    }
    for &(offer, _) in allowed {
        let offer = &input.offers[offer];
        let (name, price) = (&offer.machine.instance_type.name, offer.price + input.policies.node_charge);
        if cheapest.get(&(&**name, &*offer.zone, offer.lifecycle)).is_none_or(|&known| known > price) {
            problems.push(format!("{name} in {} ({}) is left out", offer.zone, offer.lifecycle));
        }
    }
    for one in &certificate.nodes {
        let loss = i128::from(one.price.nanos()) - i128::from(one.max_value.nanos());
        proven += if one.stays { loss } else { loss.min(0) };
    }
    if i128::from(bound.nanos()) > proven {
        problems.push(format!("{bound} is claimed, {proven} nano-dollars are proven"));
    }
    problems
}
