//! Which bins take which groups.

use super::demand::Group;
use super::sharing::Sharing;
use super::{BinOf, Role, Scope};
use crate::ground::Ground;
use crate::rules::Spot;
use crate::solve::BitSet;

/// By bin: the groups that it takes, as far as neither room nor other pods that move are concerned.
pub(super) fn accepts(
    ground: &Ground<'_>,
    scope: &Scope,
    groups: &[Group],
    bins: &[BinOf],
    sharing: &Sharing,
) -> Vec<BitSet> {
    let mut accepts = vec![BitSet::with_len(groups.len()); bins.len()];
    for (at, group) in groups.iter().enumerate() {
        let takes = |bin: BinOf, spot_too: bool| match bin {
            BinOf::Existing(node) => {
                scope.nodes[node] != Role::Closed
                    && (group.home == Some(node)
                        || (spot_too || !ground.is_spot(node))
                            && (group.may_be_on_demand || ground.is_spot(node))
                            && ground.rules.may_be(group.class, Spot::Existing(node))
                            && !sharing.keeps_off(ground, at, bin))
            }
            BinOf::New { candidate, .. } => {
                (spot_too || !ground.sells_spot(candidate))
                    && (group.may_be_on_demand || ground.sells_spot(candidate))
                    && ground.rules.may_be(group.class, Spot::New(candidate))
                    && ground.holds_one(candidate, group.class)
                    && !sharing.keeps_off(ground, at, bin)
            }
        };
        let taken_by =
            |spot_too| -> Vec<usize> { (0..bins.len()).filter(|&bin| takes(bins[bin], spot_too)).collect() };
        let mut takers = taken_by(group.may_be_spot);
        if takers.is_empty() && !group.may_be_spot {
            // What a pod itself demands goes before what the policies would like.
            takers = taken_by(true);
        }
        let tier = |bin: usize| match bins[bin] {
            BinOf::Existing(_) => 0,
            BinOf::New { candidate, .. } => ground.candidates[candidate].tier,
        };
        let first =
            takers.iter().filter(|&&bin| matches!(bins[bin], BinOf::New { .. })).map(|&bin| tier(bin)).min();
        let last = if group.is_opened { u32::MAX } else { first.unwrap_or(0) };
        for bin in takers {
            if tier(bin) <= last {
                accepts[bin].insert(at);
            }
        }
    }
    accepts
}
