//! What replicas of one workload have in common: requests and constraints of placement.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{LabelSelector, Labels, NodeSelector, NodeSelectorTerm, Resources, Toleration};

/// Requests and constraints of a pod, equal for all replicas and therefore kept once for them all.
/// Names that differ between replicas (claims, the node of a daemon) are in [`Pod`](crate::Pod).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PodSpec {
    /// Effective requests, as the scheduler counts them: the larger of what containers and sidecars
    /// ask together and what each init container asks beside the sidecars started before it; pod-level
    /// requests instead where they are set; overhead on top; one pod slot.
    pub requests: Resources,
    /// How the kubelet ranks the pod when memory runs short.
    pub qos: QosClass,
    /// Labels the node must have.
    pub node_selector: Labels,
    /// What the node must be, beyond `node_selector`; `None` for no such condition.
    pub required_node_affinity: Option<NodeSelector>,
    /// What the node should be.
    pub preferred_node_affinity: Box<[PreferredNode]>,
    /// Pods that must share its domain.
    pub required_pod_affinity: Box<[PodAffinityTerm]>,
    /// Pods that should share its domain.
    pub preferred_pod_affinity: Box<[WeightedPodAffinityTerm]>,
    /// Pods that must not share its domain.
    pub required_pod_anti_affinity: Box<[PodAffinityTerm]>,
    /// Pods that should not share its domain.
    pub preferred_pod_anti_affinity: Box<[WeightedPodAffinityTerm]>,
    /// Taints it does not mind.
    pub tolerations: Box<[Toleration]>,
    /// How replicas are spread over domains.
    pub topology_spread: Box<[TopologySpread]>,
    /// Ports of the node that it occupies.
    pub host_ports: Box<[HostPort]>,
    /// Disks named in the pod itself instead of by a claim.
    pub inline_disks: Box<[InlineDisk]>,
    /// An `emptyDir` volume: its contents go with the pod.
    pub empty_dir: bool,
    /// A `hostPath` volume: its contents stay on the node.
    pub host_path: bool,
    /// Its rank among pods that want the same place; larger goes first.
    pub priority: i32,
    /// The class that gave the rank.
    pub priority_class: Option<Arc<str>>,
    /// The scheduler that places it; `None` for the default one.
    pub scheduler: Option<Arc<str>>,
}

/// Quality of service, from requests and limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum QosClass {
    /// Limits equal to requests for CPU and memory of every container.
    Guaranteed,
    /// Some request or limit.
    Burstable,
    /// Neither.
    #[default]
    BestEffort,
}

/// A wish about the node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PreferredNode {
    /// How much it counts, 1 to 100.
    pub weight: i32,
    /// What the node should be.
    pub term: NodeSelectorTerm,
}

/// Other pods, near which (or far from which) a pod is to be.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PodAffinityTerm {
    /// The other pods by their labels, `matchLabelKeys` and `mismatchLabelKeys` merged in. `None`
    /// selects no pod.
    pub selector: Option<LabelSelector>,
    /// Their namespaces by name; the pod's own when the object names none.
    pub namespaces: Box<[Arc<str>]>,
    /// Further namespaces by their labels; `None` for no further ones.
    pub namespace_selector: Option<LabelSelector>,
    /// The node label whose values are the domains.
    pub topology_key: Arc<str>,
}

/// A wish about other pods.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WeightedPodAffinityTerm {
    /// How much it counts, 1 to 100.
    pub weight: i32,
    /// The other pods.
    pub term: PodAffinityTerm,
}

/// How evenly pods are spread over the domains of a node label.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TopologySpread {
    /// By how many pods domains may differ.
    pub max_skew: i32,
    /// The node label whose values are the domains.
    pub topology_key: Arc<str>,
    /// True for `DoNotSchedule`; false for `ScheduleAnyway`, a wish.
    pub required: bool,
    /// The pods that are counted, `matchLabelKeys` merged in. `None` counts no pod.
    pub selector: Option<LabelSelector>,
    /// With fewer domains than this the least full one counts as empty.
    pub min_domains: Option<i32>,
    /// Whether nodes that the pod's node selector and affinity exclude are no domains (the default).
    pub honor_node_affinity: bool,
    /// Whether nodes whose taints the pod does not tolerate are no domains (not the default).
    pub honor_node_taints: bool,
}

/// Transport protocol of a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Protocol {
    /// TCP, the default.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

/// A port of the node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HostPort {
    /// Its number.
    pub port: u16,
    /// Its protocol.
    pub protocol: Protocol,
    /// The address it is bound to; `None` for all of them (none given, or `0.0.0.0`).
    pub address: Option<Arc<str>>,
}

impl HostPort {
    /// Whether both cannot be had on one node.
    pub fn conflicts_with(&self, other: &Self) -> bool {
        self.port == other.port
            && self.protocol == other.protocol
            && (self.address.is_none() || other.address.is_none() || self.address == other.address)
    }
}

/// A disk that a pod names itself, and that two pods of one node may not always share.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InlineDisk {
    /// The volume source: `awsElasticBlockStore`, `gcePersistentDisk`, `azureDisk`, `csi` and so on.
    pub source: Arc<str>,
    /// The disk's name in that source; the driver's name for `csi`, whose inline volumes are the pod's own.
    /// A disk of Ceph is listed once for each of its monitors, as `monitor/pool/image`.
    pub id: Arc<str>,
    /// Mounted read-only.
    pub read_only: bool,
}
