//! The words of the rules: shapes of nodes, classes of pods, and relations between these.

use std::sync::Arc;

use model::{Labels, Node, NodeDriver, Resources, Taint};

use crate::plan::{NodeIndex, PodIndex};

/// A node as it may be: one that exists, or one that could be bought.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// The name of a node that exists; empty for one that could be bought, of which there can be many.
    pub name: Arc<str>,
    /// Its labels. One that could be bought has no `kubernetes.io/hostname`: every new node is a domain of its own.
    pub labels: Arc<Labels>,
    /// Its taints.
    pub taints: Box<[Taint]>,
    /// It is cordoned.
    pub unschedulable: bool,
    /// What it has for pods; of a new node, what its daemons leave.
    pub room: Resources,
    /// How many volumes each storage driver can attach. Drivers without a limit need not be named.
    pub drivers: Box<[NodeDriver]>,
    /// Features that its kubelet declares.
    pub features: Box<[Arc<str>]>,
}

impl Shape {
    /// A node that exists, with the drivers of its CSINode.
    pub fn of_node(node: &Node, drivers: &[NodeDriver]) -> Self {
        Self {
            name: Arc::clone(&node.name),
            labels: Arc::clone(&node.labels),
            taints: node.taints.clone(),
            unschedulable: node.unschedulable,
            room: node.allocatable.clone(),
            drivers: drivers.into(),
            features: node.declared_features.clone(),
        }
    }
}

/// Where a pod might go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Spot {
    /// To a node that exists.
    Existing(NodeIndex),
    /// To a new node of this shape, as an index into the shapes given to [`Rules::compile`](super::Rules::compile).
    New(usize),
}

/// Something that nodes have a number of and pods take some of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// Pod slots; every pod takes one.
    Pods,
    /// Thousandths of a CPU.
    Cpu,
    /// Bytes of memory.
    Memory,
    /// Bytes of ephemeral storage.
    EphemeralStorage,
    /// An extended resource, by its name.
    Extended(Arc<str>),
    /// Volumes that the driver of this name can attach.
    Volumes(Arc<str>),
}

/// Pods that are alike for every rule: same requests, constraints and volume conditions, and chosen by
/// the same selectors of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodClass {
    /// What one pod takes, by [`Rules::columns`](super::Rules::columns). Volumes that pods share are not
    /// counted here, since the second user on a node takes nothing.
    pub need: Box<[i64]>,
    /// The pods, in ascending order.
    pub pods: Vec<PodIndex>,
}

/// A required rule between pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// What it asks.
    pub kind: RelationKind,
    /// Within what.
    pub domain: Domain,
    /// The classes that it binds, in ascending order.
    pub carriers: Box<[usize]>,
    /// The classes that it is about, in ascending order.
    pub matching: Box<[usize]>,
}

/// What a relation asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationKind {
    /// A domain may have at most `max_skew` matching pods more than the least full one.
    Spread {
        /// By how many pods domains may differ.
        max_skew: i64,
        /// With fewer domains than this the least full one counts as empty.
        min_domains: i64,
    },
    /// A carrier's domain must have a matching pod; the first carrier may be that pod itself if it matches.
    Affinity,
    /// No carrier may share a domain with a matching pod other than itself. This holds in both directions,
    /// whoever comes first.
    AntiAffinity,
}

/// What a relation holds within.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Domain {
    /// All nodes with one value of this label. Nodes without it are in no domain.
    Label(Arc<str>),
    /// One node: host ports and disks.
    Node,
    /// The cluster: claims that one pod alone may use.
    Cluster,
}
