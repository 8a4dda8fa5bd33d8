//! Typed identifiers. Each kind of thing has its own type, so that a cluster's id cannot be passed
//! where an organisation's is meant.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where new identifiers come from. The mains give a random source; tests and simulations a
/// reproducible one.
pub trait IdSource: Send + Sync {
    /// A UUID that was never returned before.
    fn next_uuid(&self) -> Uuid;
}

/// Identifiers counted up from a seed: reproducible, for tests and simulations only.
#[derive(Debug)]
pub struct SequentialIds {
    seed: u64,
    next: AtomicU64,
}

impl SequentialIds {
    /// Starts a sequence of its own for each `seed`.
    pub fn new(seed: u64) -> Self {
        Self { seed, next: AtomicU64::new(1) }
    }
}

impl IdSource for SequentialIds {
    fn next_uuid(&self) -> Uuid {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut bytes = [0u8; 16];
        bytes[..8].copy_from_slice(&self.seed.to_be_bytes());
        bytes[8..].copy_from_slice(&number.to_be_bytes());
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }
}

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new one from `ids`.
            pub fn new(ids: &dyn IdSource) -> Self {
                Self(ids.next_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.as_hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

uuid_ids! {
    /// A tenant.
    OrganizationId;
    /// A connected Kubernetes cluster.
    ClusterId;
    /// A person.
    UserId;
    /// An API key of any subject: user, service account or cluster.
    KeyId;
    /// A machine user.
    ServiceAccountId;
    /// A role; the fixed ones have fixed ids.
    RoleId;
    /// A browser session.
    SessionId;
    /// A node as the API names it: the value of its `provisioner.cast.ai/node-id` label when that
    /// is a UUID, otherwise the Kubernetes uid of the Node object.
    NodeId;
    /// Something the in-cluster controller is asked to do.
    ActionId;
    /// Long work that a client polls.
    OperationId;
    /// An entry of the audit log.
    AuditId;
    /// An invitation to join an organisation.
    InvitationId;
    /// What is set up on the machines of a cluster's new nodes.
    NodeConfigurationId;
    /// When, and in which way, clusters are rebalanced.
    RebalancingScheduleId;
    /// A cluster that follows a rebalancing schedule.
    RebalancingJobId;
    /// A cheaper configuration for a cluster, and its execution.
    RebalancingPlanId;
}
