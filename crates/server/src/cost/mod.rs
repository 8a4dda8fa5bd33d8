//! Money: what a cluster costs now, hour by hour, and over a period.
//!
//! Everything here is computed from a cluster's state and a price book, without clock, store or
//! network. [`now`] prices nodes and gives each pod its share; [`report`] adds shares up by
//! workload and namespace; [`hourly`] integrates them over time into rows that can be stored;
//! [`spend`] reads totals, averages and a forecast off such rows.
//!
//! Three rules hold everywhere. A price is per hour and exact, a month is 730 hours, and figures are
//! rounded only where they are shown. Shares are made by [`model::Money::split`], so that parts sum
//! to their whole to the nano-dollar. What nobody asked for is shown, not spread over those who did:
//! [`IDLE`] is what pods could have and do not request, [`SYSTEM`] what a node keeps for itself.

pub mod hourly;
pub mod now;
pub mod report;
pub mod spend;

#[cfg(test)]
mod tests;

/// Stands for a namespace in rows of what is allocatable and not requested. Kubernetes allows no
/// underscore in the name of a namespace.
pub const IDLE: &str = "__idle__";

/// Stands for a namespace in rows of what nodes keep for their kubelet and operating system:
/// capacity that is not allocatable. Pods of `kube-system` are an ordinary namespace.
pub const SYSTEM: &str = "__system__";
