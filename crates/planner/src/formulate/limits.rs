//! Prices, supplies and limits of bins.

use std::fmt;

use model::{InstanceType, Lifecycle, Money};

use super::{BinOf, Scope};
use crate::Limits;
use crate::ground::Ground;
use crate::plan::TemplateIndex;
use crate::solve::Limit;

/// What a limit of a problem is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LimitName {
    whose: Option<String>,
    what: &'static str,
    most: String,
}

impl fmt::Display for LimitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.whose {
            Some(template) => write!(f, "{} of {} for the node template {template}", self.what, self.most),
            None => write!(f, "{} of {} for the cluster", self.what, self.most),
        }
    }
}

/// Per hour, the charge per node included. In the relaxed problem a commitment may cover any node that it
/// could cover: whichever nodes go in the end, none can be cheaper than that.
pub(super) fn price(ground: &Ground<'_>, bin: BinOf, is_relaxed: bool) -> i64 {
    let input = ground.input;
    let charge = input.policies.node_charge;
    match bin {
        BinOf::Existing(node) => {
            let owned = &input.cluster.nodes[node];
            let covered = input
                .commitments
                .iter()
                .filter(|one| one.covers_node(&owned.node))
                .map(|one| one.price)
                .min();
            let own = ground.node_prices[node];
            let price = covered.filter(|_| is_relaxed).map_or(own, |covered| covered.min(own));
            (price + charge).nanos()
        }
        BinOf::New { candidate, commitment } => {
            let one = &ground.candidates[candidate];
            let price = commitment.map_or(one.price, |index| input.commitments[index].price + charge);
            // A machine that is there already is preferred to an equal one that would have to be bought.
            let has_choice = !is_relaxed && !input.cluster.nodes.is_empty();
            let preference = if has_choice { NEW_MACHINE + ground.replacement_price } else { 0 };
            price.nanos() + preference + if is_relaxed { 0 } else { i64::from(one.rank) }
        }
    }
}

/// Nano-dollars per hour by which a new machine must be cheaper than one that is there.
const NEW_MACHINE: i64 = 1_000;

pub(super) fn supply(ground: &Ground<'_>, scope: &Scope, bin: BinOf, is_relaxed: bool) -> Option<u32> {
    match bin {
        BinOf::Existing(_) => Some(1),
        BinOf::New { commitment: Some(index), .. } if is_relaxed => {
            Some(ground.input.commitments[index].machines)
        }
        BinOf::New { commitment: Some(index), .. } => Some(ground.unused_commitments[index]),
        BinOf::New { .. } if is_relaxed => None,
        BinOf::New { candidate, .. } => {
            let one = &ground.candidates[candidate];
            let offer = &ground.input.offers[one.offer];
            let most = scope.most_of_pool[one.template].filter(|_| offer.lifecycle == Lifecycle::Spot);
            [offer.available, most].into_iter().flatten().min()
        }
    }
}

/// All limits that hold, with their names.
pub(super) fn limits(ground: &Ground<'_>, bins: &[BinOf]) -> (Vec<Limit>, Vec<LimitName>) {
    let (mut limits, mut names) = (Vec::new(), Vec::new());
    let input = ground.input;
    let owners = std::iter::once((None, &input.policies.limits))
        .chain(input.templates.iter().enumerate().map(|(index, template)| (Some(index), &template.limits)));
    for (template, limit) in owners {
        for (what, most, text, amount) in measures(limit) {
            let per_bin = bins.iter().map(|&bin| {
                if template.is_none_or(|template| template_of(ground, bin) == Some(template)) {
                    amount(&measured(ground, bin))
                } else {
                    0
                }
            });
            limits.push(Limit { per_bin: per_bin.collect(), most });
            let whose = template.map(|template| input.templates[template].name.to_string());
            names.push(LimitName { whose, what, most: text });
        }
    }
    for (index, commitment) in input.commitments.iter().enumerate() {
        let is_one =
            |bin: &BinOf| i64::from(matches!(bin, BinOf::New { commitment: Some(one), .. } if *one == index));
        limits.push(Limit {
            per_bin: bins.iter().map(is_one).collect(),
            most: i64::from(ground.unused_commitments[index]),
        });
        let most = format!("{} machines of {}", commitment.machines, commitment.name);
        names.push(LimitName { whose: None, what: "commitment", most });
    }
    (limits, names)
}

/// What a machine counts against limits.
struct Measured {
    cpu_milli: i64,
    memory_bytes: i64,
    price: Money,
}

type Amount = fn(&Measured) -> i64;

/// The limits that are set: name, amount, the amount in words, and how a machine is measured.
fn measures(limits: &Limits) -> Vec<(&'static str, i64, String, Amount)> {
    let mut set: Vec<(&'static str, i64, String, Amount)> = Vec::new();
    if let Some(most) = limits.cpu_milli {
        set.push(("CPU limit", most, format!("{} CPUs", most as f64 / 1e3), |one| one.cpu_milli));
    }
    if let Some(most) = limits.memory_bytes {
        let text = format!("{:.1} GiB", most as f64 / (1_u64 << 30) as f64);
        set.push(("memory limit", most, text, |one| one.memory_bytes));
    }
    if let Some(most) = limits.nodes {
        set.push(("node limit", most, format!("{most} nodes"), |_| 1));
    }
    if let Some(most) = limits.price {
        let text = format!("${} per hour", most.to_string_fixed(4));
        set.push(("cost limit", most.nanos(), text, |one| one.price.nanos()));
    }
    set
}

fn measured(ground: &Ground<'_>, bin: BinOf) -> Measured {
    let charge = ground.input.policies.node_charge;
    match bin {
        BinOf::Existing(node) => {
            let capacity = &ground.input.cluster.nodes[node].node.capacity;
            Measured {
                cpu_milli: capacity.cpu_milli,
                memory_bytes: capacity.memory_bytes,
                price: ground.node_prices[node] + charge,
            }
        }
        BinOf::New { candidate, commitment } => {
            let one = &ground.candidates[candidate];
            let machine: &InstanceType = &ground.input.offers[one.offer].machine.instance_type;
            Measured {
                cpu_milli: i64::from(machine.vcpus) * 1_000,
                memory_bytes: i64::try_from(machine.memory_mib << 20).unwrap_or(i64::MAX),
                price: commitment.map_or(one.price, |index| ground.input.commitments[index].price + charge),
            }
        }
    }
}

fn template_of(ground: &Ground<'_>, bin: BinOf) -> Option<TemplateIndex> {
    match bin {
        BinOf::Existing(node) => ground.input.cluster.nodes[node].template,
        BinOf::New { candidate, .. } => Some(ground.candidates[candidate].template),
    }
}
