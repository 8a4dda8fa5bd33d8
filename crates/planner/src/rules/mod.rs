//! Where a pod can be, as kube-scheduler 1.36 decides it.
//!
//! [`Rules`] is made once for a picture of a cluster and for the shapes of nodes that could be bought.
//! Everything with a name becomes a number: pods that are alike for every rule are one class, nodes are
//! rows, topology keys have numbered domains, and each set of pods that a rule counts is one counter for
//! each domain. An [`Occupancy`] says who is where, and answers in a few array reads whether one more
//! pod of a class fits a place.
//!
//! A module for each family of rules: `resources`, `taints`, `node_affinity`, `volumes`, `ports`,
//! `inter_pod` and `spread` say what the rule asks of a pod and a node; `compile` puts them together.
//! What the rules do not know: preemption, extenders, and which of two places is cheaper.

mod admission;
mod attachments;
mod bits;
mod class_rules;
mod classes;
mod compile;
mod counters;
mod fits;
mod ids;
mod inter_pod;
mod late_binding;
mod matchers;
mod node_affinity;
mod obstacle;
mod occupancy;
mod ports;
mod preferences;
mod resources;
mod rows;
mod shape;
mod spread;
mod taints;
mod tally;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod volumes;

pub use compile::Rules;
pub use obstacle::Obstacle;
pub use occupancy::{Occupancy, PlaceId};
pub use shape::{Column, Domain, PodClass, Relation, RelationKind, Shape, Spot};
pub use volumes::ClaimTrouble;
