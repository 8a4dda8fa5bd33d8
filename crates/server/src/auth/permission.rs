//! What can be permitted, and the one table that says which role may what.
//!
//! `tests/golden/permissions.txt` shows the table applied to every operation: a changed permission
//! is a changed line there.

use std::fmt;
use std::str::FromStr;

use model::{RoleId, UnknownName};
use uuid::{Uuid, uuid};

macro_rules! permissions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What an operation asks of its caller; `x-permission` in its documentation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $($(#[$doc])* $variant,)*
        }

        impl Permission {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in the documentation.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

permissions! {
    /// Nothing: anybody, without a key.
    Public = "public",
    /// Any key that counts, whatever its role.
    Authenticated = "authenticated",
    /// Read clusters, nodes, workloads and operations.
    ClustersRead = "clusters.read",
    /// Connect, change, disconnect and delete clusters.
    ClustersWrite = "clusters.write",
    /// Add, drain and delete nodes.
    NodesWrite = "nodes.write",
    /// Read costs, savings and efficiency.
    CostsRead = "costs.read",
    /// Change allocation groups.
    CostsWrite = "costs.write",
    /// Read prices, regions, zones, instance types and the blacklist.
    InventoryRead = "inventory.read",
    /// Change price adjustments and the blacklist.
    InventoryWrite = "inventory.write",
    /// Read members, invitations and the organisation.
    MembersRead = "members.read",
    /// Invite, add and remove members; change the organisation.
    MembersWrite = "members.write",
    /// Change what is the caller's own: a name.
    AccountWrite = "account.write",
    /// See API keys (never their text).
    KeysRead = "keys.read",
    /// Create, change and delete API keys.
    KeysWrite = "keys.write",
    /// Read the audit log.
    AuditRead = "audit.read",
    /// Report the state of a cluster and carry out its actions: its own components.
    AgentReport = "agent.report",
    /// Register a cluster, as its components do at every start.
    AgentRegister = "agent.register",
    /// Read the one cluster that the caller belongs to, as its components do.
    AgentRead = "agent.read",
}

impl Permission {
    /// Whether using it changes something; a read-only key has none of these.
    pub const fn is_write(self) -> bool {
        matches!(
            self,
            Self::ClustersWrite
                | Self::NodesWrite
                | Self::CostsWrite
                | Self::InventoryWrite
                | Self::MembersWrite
                | Self::AccountWrite
                | Self::KeysWrite
                | Self::AgentReport
                | Self::AgentRegister
        )
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Permission {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.iter().copied().find(|one| one.as_str() == name).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|one| one.as_str()).collect();
            UnknownName::new("permission", name, &names)
        })
    }
}

/// The roles. Owner, member and viewer have the ids that the contract's clients know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Everything.
    Owner,
    /// Everything but members and other people's keys.
    Member,
    /// Reads clusters and costs, and keeps cost groups and prices.
    Analyst,
    /// Reads.
    Viewer,
    /// The in-cluster components of one cluster.
    ClusterAgent,
}

impl Role {
    /// All of them, the greatest first.
    pub const ALL: [Self; 5] = [Self::Owner, Self::Member, Self::Analyst, Self::Viewer, Self::ClusterAgent];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Member => "member",
            Self::Analyst => "analyst",
            Self::Viewer => "viewer",
            Self::ClusterAgent => "cluster-agent",
        }
    }

    /// Its fixed id.
    pub const fn id(self) -> RoleId {
        const OWNER: Uuid = uuid!("3e1050c7-6593-4298-94bb-154637911d78");
        const MEMBER: Uuid = uuid!("8c60bd8e-21de-402a-969f-add07fd22c1b");
        const ANALYST: Uuid = uuid!("5d6f2a1e-7c1b-4f0e-9a57-3b1f0c2d9e44");
        const VIEWER: Uuid = uuid!("6fc95bd7-6049-4735-80b0-ce5ccde71cb1");
        const CLUSTER_AGENT: Uuid = uuid!("c1a5e7d0-2b86-4c9d-8f34-90e1b7a6d512");
        RoleId(match self {
            Self::Owner => OWNER,
            Self::Member => MEMBER,
            Self::Analyst => ANALYST,
            Self::Viewer => VIEWER,
            Self::ClusterAgent => CLUSTER_AGENT,
        })
    }

    /// The role of an id.
    pub fn of(id: RoleId) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.id() == id)
    }

    /// The table.
    pub const fn may(self, permission: Permission) -> bool {
        use Permission as P;
        if matches!(permission, P::Public | P::Authenticated) {
            return true;
        }
        match self {
            Self::Owner => true,
            Self::Member => !matches!(permission, P::MembersWrite),
            Self::Analyst => matches!(
                permission,
                P::ClustersRead
                    | P::CostsRead
                    | P::CostsWrite
                    | P::InventoryRead
                    | P::InventoryWrite
                    | P::MembersRead
                    | P::AccountWrite
                    | P::AuditRead
                    | P::AgentRead
            ),
            Self::Viewer => matches!(
                permission,
                P::ClustersRead
                    | P::CostsRead
                    | P::InventoryRead
                    | P::MembersRead
                    | P::AccountWrite
                    | P::AgentRead
            ),
            Self::ClusterAgent => matches!(permission, P::AgentReport | P::AgentRegister | P::AgentRead),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == name)
            .ok_or_else(|| UnknownName::new("role", name, &Self::ALL.map(Self::as_str)))
    }
}
