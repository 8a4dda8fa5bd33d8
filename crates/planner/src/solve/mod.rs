//! Packs classes of pods into bins at the least price, and bounds from below what any packing costs.

mod problem;

pub use problem::{
    Bin, BitSet, Cap, Class, Conflict, Effort, Limit, LowerBound, Packed, Packing, Problem, Unhurried, Watch,
};
