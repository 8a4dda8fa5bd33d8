//! Capacity that is paid for already: which machines it covers, and what they cost then.

use model::{Lifecycle, Money, Node};

use crate::{Commitment, MachineOffer, OwnedNode, PlanningInput};

impl Commitment {
    /// Whether it covers a machine: commitments are for machines that run on demand.
    pub(crate) fn covers(&self, instance_type: &str, region: &str, zone: &str, lifecycle: Lifecycle) -> bool {
        lifecycle != Lifecycle::Spot
            && self.instance_types.iter().any(|name| **name == *instance_type)
            && self.region.as_deref().is_none_or(|one| one == region)
            && self.zone.as_deref().is_none_or(|one| one == zone)
    }

    /// The same for a node.
    pub(crate) fn covers_node(&self, node: &Node) -> bool {
        self.covers(&node.instance_type, &node.region, &node.zone, node.lifecycle)
    }
}

/// A machine that a commitment could cover.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coverable<'a> {
    pub(crate) instance_type: &'a str,
    pub(crate) region: &'a str,
    pub(crate) zone: &'a str,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) price: Money,
}

impl<'a> Coverable<'a> {
    pub(crate) fn of_node(owned: &'a OwnedNode) -> Self {
        let node = &owned.node;
        Self {
            instance_type: &node.instance_type,
            region: &node.region,
            zone: &node.zone,
            lifecycle: node.lifecycle,
            price: owned.price,
        }
    }

    pub(crate) fn of_offer(offer: &'a MachineOffer) -> Self {
        Self {
            instance_type: &offer.machine.instance_type.name,
            region: &offer.region,
            zone: &offer.zone,
            lifecycle: offer.lifecycle,
            price: offer.price,
        }
    }
}

/// What each machine costs when commitments are used, and how many machines each commitment has left: each
/// commitment, in the order of the input, covers the dearest machines it can, earlier ones first.
pub(crate) fn apply(input: &PlanningInput, machines: &[Coverable<'_>]) -> (Vec<Money>, Vec<u32>) {
    let mut prices: Vec<Money> = machines.iter().map(|machine| machine.price).collect();
    let mut is_covered = vec![false; machines.len()];
    let mut left = Vec::with_capacity(input.commitments.len());
    for commitment in &input.commitments {
        let mut fitting: Vec<usize> = (0..machines.len())
            .filter(|&at| {
                let one = &machines[at];
                !is_covered[at]
                    && one.price > commitment.price
                    && commitment.covers(one.instance_type, one.region, one.zone, one.lifecycle)
            })
            .collect();
        fitting.sort_by_key(|&at| (std::cmp::Reverse(machines[at].price), at));
        fitting.truncate(commitment.machines as usize);
        left.push(commitment.machines - u32::try_from(fitting.len()).unwrap_or(commitment.machines));
        for at in fitting {
            is_covered[at] = true;
            prices[at] = commitment.price;
        }
    }
    (prices, left)
}
