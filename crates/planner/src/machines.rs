//! What a machine for sale becomes once it is a node: what pods can have of it, and its labels and taints.
//!
//! A node that exists says what it has; a machine that is not bought yet does not. [`allocatable`] computes
//! it from the provider's published reservations, on the careful side: a machine that turns out to hold a
//! little more than planned costs a fraction of a cent, one that holds less leaves a pod without a place.
//! [`KnownMachines`] corrects the formula by the nodes that are there, which know better.
//!
//! Nothing here decides what to buy.

mod allocatable;
mod known;
mod labels;

pub use allocatable::{allocatable, gpu_resource};
pub use known::KnownMachines;
pub use labels::{node_labels, node_taints};
