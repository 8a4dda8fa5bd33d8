//! Packs classes of pods into bins at the least price, and bounds from below what any packing costs.

mod first_fit;
mod problem;

pub use problem::{
    Bin, BitSet, Cap, Class, Conflict, Effort, Limit, LowerBound, Packed, Packing, Problem, Solution,
    Unhurried, Watch,
};

/// The cheapest packing that is found, and what no packing of all pods can be cheaper than. Limits are
/// kept by the packing and not looked at by the bound: they can only make it dearer.
pub fn pack(problem: &Problem, effort: &Effort<'_>) -> Solution {
    Solution { packing: first_fit::pack(problem), bound: bound(problem, effort) }
}

/// What no packing of all pods can be cheaper than.
pub fn bound(problem: &Problem, _effort: &Effort<'_>) -> LowerBound {
    let stays = problem.bins.iter().filter(|bin| bin.stays);
    LowerBound {
        price: stays.map(|bin| bin.price * i64::from(bin.supply.unwrap_or(0))).sum(),
        duals: vec![0; problem.classes.len()],
        worth: vec![0; problem.bins.len()],
    }
}
