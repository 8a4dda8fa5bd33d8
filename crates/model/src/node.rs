//! Nodes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{KeepMarks, Labels, Lifecycle, NodeId, Provider, Resources, Taint, Timestamp, Uid, node_labels};

/// A node of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its name.
    pub name: Arc<str>,
    /// Its identity: a node of the same name that comes later has another.
    pub uid: Uid,
    /// Its labels.
    pub labels: Arc<Labels>,
    /// Its annotations, but for `kubectl.kubernetes.io/last-applied-configuration`.
    pub annotations: Arc<Labels>,
    /// Its taints.
    pub taints: Box<[Taint]>,
    /// Cordoned: no new pods, with or without the taint that says so.
    pub unschedulable: bool,
    /// What it has in all.
    pub capacity: Resources,
    /// What it has for pods.
    pub allocatable: Resources,
    /// What the kubelet and others say about it.
    pub conditions: Box<[NodeCondition]>,
    /// Who runs the machine, from `provider_id` and labels.
    pub provider: Provider,
    /// The machine, as the provider names it: `aws:///us-east-1b/i-0bb968a437d5c8dfc`; empty when unknown.
    pub provider_id: Arc<str>,
    /// The machine type; empty when unknown.
    pub instance_type: Arc<str>,
    /// The region; empty when unknown.
    pub region: Arc<str>,
    /// The zone; empty when unknown.
    pub zone: Arc<str>,
    /// The terms under which the machine runs; see [`node_labels::lifecycle`].
    pub lifecycle: Lifecycle,
    /// The pool, group or template that made it; see [`node_labels::pool`].
    pub pool: Option<Arc<str>>,
    /// Its address inside the cluster's network; empty when unknown.
    pub internal_address: Arc<str>,
    /// Its address for the world; empty when it has none.
    pub external_address: Arc<str>,
    /// Versions of what runs on it.
    pub system: Arc<NodeSystem>,
    /// When it joined the cluster.
    pub created_at: Timestamp,
    /// Features that its kubelet says it has; pods that need one go only where it is declared.
    pub declared_features: Box<[Arc<str>]>,
}

impl Node {
    /// Its id in the API: the UUID in its label [`node_labels::NODE_ID`], else its uid.
    pub fn id(&self) -> NodeId {
        let label = self.labels.get(node_labels::NODE_ID).and_then(|text| text.parse().ok());
        label.unwrap_or_else(|| NodeId(self.uid.to_uuid()))
    }

    /// The condition of this type.
    pub fn condition(&self, kind: &str) -> Option<&NodeCondition> {
        self.conditions.iter().find(|condition| &*condition.kind == kind)
    }

    /// Its kubelet reports that it is ready.
    pub fn is_ready(&self) -> bool {
        self.condition("Ready").is_some_and(|condition| condition.status == ConditionStatus::True)
    }

    /// It runs the control plane.
    pub fn is_control_plane(&self) -> bool {
        ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"]
            .iter()
            .any(|label| self.labels.get(label).is_some())
    }

    /// Marks that ask for the node to be left alone.
    pub fn keep(&self) -> KeepMarks {
        let pairs = self.labels.iter().chain(self.annotations.iter());
        pairs
            .fold(KeepMarks::default(), |marks, (name, value)| marks.union(KeepMarks::from_pair(name, value)))
    }

    /// The processor architecture, in the spelling of Go: `amd64`, `arm64`; empty when unknown.
    pub fn architecture(&self) -> &str {
        self.labels.get("kubernetes.io/arch").unwrap_or(&self.system.architecture)
    }

    /// The operating system, in the spelling of Go: `linux`, `windows`; empty when unknown.
    pub fn operating_system(&self) -> &str {
        self.labels.get("kubernetes.io/os").unwrap_or(&self.system.operating_system)
    }
}

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ConditionStatus {
    /// It does.
    True,
    /// It does not.
    False,
    /// Nobody can tell, such as when the kubelet does not answer.
    Unknown,
}

/// Something that is said about a node. When it was last said is left out: it changes all the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeCondition {
    /// What: `Ready`, `MemoryPressure`, …
    pub kind: Arc<str>,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// Why, in one word.
    pub reason: Arc<str>,
    /// Why, in a sentence.
    pub message: Arc<str>,
    /// Since when.
    pub since: Option<Timestamp>,
}

/// What runs on a node, as its kubelet reports it. Equal for most nodes of a pool, hence shared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NodeSystem {
    /// Processor architecture.
    pub architecture: Arc<str>,
    /// Container runtime and its version.
    pub container_runtime_version: Arc<str>,
    /// Kernel.
    pub kernel_version: Arc<str>,
    /// kube-proxy; newer kubelets leave it empty.
    pub kube_proxy_version: Arc<str>,
    /// Kubelet.
    pub kubelet_version: Arc<str>,
    /// Operating system.
    pub operating_system: Arc<str>,
    /// Image the machine was started from.
    pub os_image: Arc<str>,
}
