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

mod bits;
mod shape;

pub use bits::Bits;
pub use shape::{Column, Domain, PodClass, Relation, RelationKind, Shape, Spot};
