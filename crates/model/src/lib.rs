//! The words everything else is written in: ids, time, money, quantities, nodes, pods, offers.
//!
//! This crate does no I/O, reads no clock and draws no randomness: those are parameters
//! ([`Clock`], [`IdSource`]) given by the mains. It knows nothing of HTTP, SQL or JSON shapes of
//! the contract; see the `wire` crate for those.

mod autoscaler;
mod disruption;
mod id;
mod interner;
mod labels;
mod lifecycle;
mod money;
mod namespace;
mod node;
pub mod node_labels;
mod offer;
mod pod;
mod pod_spec;
mod price;
mod quantity;
mod resources;
mod selector;
mod taint;
mod time;
mod uid;
mod volume;
mod workload;

pub use autoscaler::HorizontalAutoscaler;
pub use disruption::{DisruptionBudget, DisruptionLimit, PodAmount};
pub use id::{
    ActionId, AuditId, ClusterId, IdSource, InvitationId, KeyId, NodeConfigurationId, NodeId, OperationId,
    OrganizationId, RebalancingJobId, RebalancingPlanId, RebalancingScheduleId, RoleId, SequentialIds,
    ServiceAccountId, SessionId, UserId,
};
pub use interner::Interner;
pub use labels::Labels;
pub use lifecycle::{Lifecycle, Provider, UnknownName};
pub use money::{HOURS_PER_MONTH, Money, MoneyError};
pub use namespace::{Namespace, NamespacedName};
pub use node::{ConditionStatus, Node, NodeCondition, NodeSystem};
pub use offer::{Architecture, InstanceType, Offer, SpotInterruptions};
pub use pod::{KeepMarks, Owner, Pod, PodPhase, PodUsage, Unschedulable};
pub use pod_spec::{
    HostPort, InlineDisk, PodAffinityTerm, PodSpec, PreferredNode, Protocol, QosClass, TopologySpread,
    WeightedPodAffinityTerm,
};
pub use price::{
    MachineSize, Price, PriceAdjustment, PriceAdjustmentError, PriceChange, PriceQuery, PriceSource,
    ResourceRates,
};
pub use quantity::{Quantity, QuantityError};
pub use resources::Resources;
pub use selector::{LabelSelector, NodeSelector, NodeSelectorTerm, Operator, Requirement};
pub use taint::{Taint, TaintEffect, Toleration};
pub use time::{Clock, ManualClock, Timestamp};
pub use uid::Uid;
pub use volume::{
    AccessModes, NodeDriver, NodeStorage, PersistentVolume, StorageCapacity, StorageClass, StorageDriver,
    VolumeAttachment, VolumeClaim,
};
pub use workload::{PodTemplate, Workload, WorkloadKey, WorkloadKind};
