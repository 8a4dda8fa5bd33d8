//! What is asked of the planner: the cluster as it is, what is for sale, and the rules of the house.
//!
//! An input is complete: the planner asks nobody else, reads no clock and draws no random bits. Whoever
//! makes one says what every price is; nothing in here is looked up.

use std::sync::Arc;

use model::{
    DisruptionBudget, Lifecycle, Money, Namespace, Node, NodeDriver, NodeStorage, PersistentVolume, Pod,
    Resources, StorageCapacity, StorageClass, StorageDriver, Timestamp, VolumeAttachment, VolumeClaim,
    Workload,
};

use crate::policy::Policies;
use crate::template::NodeTemplate;

/// Everything a plan depends on.
#[derive(Clone, Debug)]
pub struct PlanningInput {
    /// The cluster as it is.
    pub cluster: Picture,
    /// Machines for sale. An offer that is not here cannot be bought.
    pub offers: Vec<MachineOffer>,
    /// What new nodes may look like. Without a template nothing can be bought.
    pub templates: Vec<NodeTemplate>,
    /// The rules of the house.
    pub policies: Policies,
    /// Capacity paid for already, which is used first.
    pub commitments: Vec<Commitment>,
    /// The moment for which the plan is made: ages and delays count up to here.
    pub now: Timestamp,
}

/// A cluster as it was at one moment. The order of the lists means nothing to the cost of a plan, but
/// indexes in a plan point into them.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// Machines that are owned.
    pub nodes: Vec<OwnedNode>,
    /// All pods: bound, waiting, finished.
    pub pods: Vec<Arc<Pod>>,
    /// Namespaces, for selectors over their labels.
    pub namespaces: Vec<Arc<Namespace>>,
    /// What makes pods. DaemonSets say what every new node has to carry.
    pub workloads: Vec<Arc<Workload>>,
    /// How many pods may be away.
    pub budgets: Vec<Arc<DisruptionBudget>>,
    /// Volumes and what can reach them.
    pub storage: Storage,
}

/// Volumes, as far as they decide where pods can run.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    /// PersistentVolumes.
    pub volumes: Vec<Arc<PersistentVolume>>,
    /// PersistentVolumeClaims.
    pub claims: Vec<Arc<VolumeClaim>>,
    /// StorageClasses.
    pub classes: Vec<Arc<StorageClass>>,
    /// CSINodes.
    pub nodes: Vec<Arc<NodeStorage>>,
    /// CSIDrivers.
    pub drivers: Vec<Arc<StorageDriver>>,
    /// CSIStorageCapacities.
    pub capacities: Vec<Arc<StorageCapacity>>,
    /// VolumeAttachments.
    pub attachments: Vec<Arc<VolumeAttachment>>,
}

/// A machine that is owned, and what it costs.
#[derive(Clone, Debug)]
pub struct OwnedNode {
    /// The node.
    pub node: Arc<Node>,
    /// Its price per hour, after adjustments.
    pub price: Money,
    /// The template it belongs to, as an index into [`PlanningInput::templates`].
    pub template: Option<usize>,
}

/// A machine type with what it offers to pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The type as it is sold.
    pub instance_type: Arc<model::InstanceType>,
    /// What pods can have of it, daemons included: after what kubelet and system keep.
    pub allocatable: Resources,
    /// The storage drivers that a node of it will run, with how many volumes each can attach there.
    pub drivers: Box<[NodeDriver]>,
}

/// A machine type in one zone under one lifecycle, for a price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineOffer {
    /// What is offered.
    pub machine: Arc<Machine>,
    /// Where.
    pub region: Arc<str>,
    /// Where in the region.
    pub zone: Arc<str>,
    /// [`Lifecycle::OnDemand`] or [`Lifecycle::Spot`].
    pub lifecycle: Lifecycle,
    /// Price per hour, after adjustments, without the policies' charge per node.
    pub price: Money,
    /// How many can be had; `None` for as many as one likes, zero for a pool known to be empty.
    pub available: Option<u32>,
}

/// Machines that are paid for already, or cheaper by contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment {
    /// How people call it.
    pub name: Arc<str>,
    /// The machine types it covers, by name.
    pub instance_types: Vec<Arc<str>>,
    /// The region it holds in; `None` for all.
    pub region: Option<Arc<str>>,
    /// The zone it holds in; `None` for all.
    pub zone: Option<Arc<str>>,
    /// How many machines it covers, those that other clusters use already taken off.
    pub machines: u32,
    /// What one more covered machine costs per hour: zero when it is prepaid.
    pub price: Money,
}
