//! Horizontal pod autoscalers.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Uid, WorkloadKind};

/// A HorizontalPodAutoscaler: who decides how many replicas a workload has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HorizontalAutoscaler {
    /// Its namespace, which is that of its target.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Its identity.
    pub uid: Uid,
    /// The kind of its target.
    pub target_kind: WorkloadKind,
    /// The name of its target.
    pub target_name: Arc<str>,
    /// The fewest replicas it goes down to.
    pub min_replicas: i32,
    /// The most replicas it goes up to.
    pub max_replicas: i32,
    /// How many there are.
    pub current_replicas: i32,
    /// How many it wants.
    pub desired_replicas: i32,
    /// Share of the requested CPU it aims at, in percent; `None` when it follows something else.
    pub target_cpu_percent: Option<i32>,
    /// Share of the requested memory it aims at, in percent; `None` when it follows something else.
    pub target_memory_percent: Option<i32>,
}
