//! Pod disruption budgets: how many pods may be away.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{LabelSelector, Uid};

/// A PodDisruptionBudget and what the disruption controller last made of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisruptionBudget {
    /// Its namespace, which is that of its pods.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Its identity.
    pub uid: Uid,
    /// Its pods. Empty selects all of the namespace, `None` none.
    pub selector: Option<LabelSelector>,
    /// The rule.
    pub limit: Option<DisruptionLimit>,
    /// Whether running pods that are not ready may be evicted in any case.
    pub evict_unready_always: bool,
    /// How many more pods may go now.
    pub disruptions_allowed: i32,
    /// Pods that are healthy now.
    pub current_healthy: i32,
    /// Pods that must be healthy.
    pub desired_healthy: i32,
    /// Pods that there should be.
    pub expected_pods: i32,
}

/// The rule of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DisruptionLimit {
    /// So many must stay.
    MinAvailable(PodAmount),
    /// So many may be away.
    MaxUnavailable(PodAmount),
}

/// A number of pods, or a share of those expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PodAmount {
    /// A number.
    Count(i32),
    /// A share in percent, rounded up when pods are counted.
    Percent(i32),
}
