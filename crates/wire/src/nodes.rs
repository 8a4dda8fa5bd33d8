//! Nodes of a cluster: listing, draining, deleting.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use std::collections::BTreeMap;

use model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::open_enum;
use crate::page::PageQuery;

/// Which nodes to list; conditions add up.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ListNodesQuery {
    /// At most this many items; without any paging parameter, everything is returned.
    #[serde(rename = "page.limit")]
    pub page_limit: Option<u32>,
    /// Where the previous page ended: its `nextCursor`.
    #[serde(rename = "page.cursor")]
    pub page_cursor: Option<String>,
    /// Only the node of this id.
    pub node_id: Option<String>,
    /// Only nodes in this state.
    #[param(inline)]
    pub node_status: Option<NodePhase>,
    /// Only this machine type.
    pub instance_type: Option<String>,
    /// Only nodes bought under these terms.
    #[param(inline)]
    pub lifecycle_type: Option<LifecycleType>,
    /// Only nodes that must not be removed, or only those that may be.
    pub removal_disabled: Option<bool>,
    /// Only cordoned nodes, or only those that are not.
    pub unschedulable: Option<bool>,
    /// Only this zone.
    pub zone: Option<String>,
    /// Only nodes of the configuration of this name.
    pub node_configuration_name: Option<String>,
    /// Only nodes of this version of their configuration.
    pub node_configuration_version: Option<String>,
    /// Only nodes of the template of this name.
    pub node_template_name: Option<String>,
    /// Only nodes of this version of their template.
    pub node_template_version: Option<String>,
    /// Only the node of this name.
    pub node_name: Option<String>,
    /// Leave out nodes that are being deleted.
    pub exclude_deleting: Option<bool>,
}

impl ListNodesQuery {
    /// Which page of the list is asked for.
    pub fn page(&self) -> PageQuery {
        PageQuery { limit: self.page_limit, cursor: self.page_cursor.clone() }
    }
}

open_enum! {
    /// State of a node, to choose by.
    #[schema_name = "NodePhase"]
    pub enum NodePhase {
        Cordoned = "cordoned",
        Creating = "creating",
        Deleted = "deleted",
        Deleting = "deleting",
        Draining = "draining",
        Interrupted = "interrupted",
        Unspecified = "node_status_unspecified",
        NotReady = "not_ready",
        Pending = "pending",
        Ready = "ready",
        Unknown = "unknown",
    }
}

open_enum! {
    /// Terms under which a machine was bought.
    #[schema_name = "LifecycleType"]
    pub enum LifecycleType {
        /// On demand, because no spot machine was to be had.
        Fallback = "fallback",
        Unspecified = "lifecycle_type_unspecified",
        OnDemand = "on_demand",
        Spot = "spot",
    }
}

/// Nodes of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1ListNodesResponse)]
pub struct ListNodesResponse {
    /// The nodes, by name.
    pub items: Vec<Node>,
    /// Where the next page begins, to be sent as `page.cursor`; empty at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_cursor: Option<String>,
}

/// A node of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1Node)]
pub struct Node {
    /// Who added it: empty for nodes we did not add.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub added_by: Option<String>,
    /// Annotations of the Kubernetes node.
    pub annotations: BTreeMap<String, String>,
    /// Provider of the machine: `aws`, `gcp`, `azure` or `other`.
    #[schema(example = "aws")]
    pub cloud: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// GPUs of the machine; absent when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gpu_info: Option<GpuInfo>,
    /// Its id, a UUID.
    pub id: String,
    /// Architecture of the processor, such as `amd64`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "amd64")]
    pub instance_architecture: Option<String>,
    /// The machine as the provider names it, without what stands before it in the provider id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub instance_id: Option<String>,
    /// Labels or tags of the machine at its provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub instance_labels: Option<BTreeMap<String, String>>,
    /// Name of the machine at its provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub instance_name: Option<String>,
    /// What the machine costs in an hour, in US dollars, as a decimal; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "0.115")]
    pub instance_price: Option<String>,
    /// Machine type as the provider calls it, such as `m5.large`.
    #[schema(example = "m5.large")]
    pub instance_type: String,
    /// When the node joined the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub joined_at: Option<Timestamp>,
    /// Labels of the Kubernetes node.
    pub labels: BTreeMap<String, String>,
    /// Name of the Kubernetes node.
    pub name: String,
    /// Addresses of the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub network: Option<NodeNetwork>,
    /// Configuration the node was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_configuration_id: Option<String>,
    /// Versions of what runs on the node.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_info: Option<NodeInfo>,
    /// The machine as the provider names it: the node's `spec.providerID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "aws:///eu-central-1a/i-0959f3a518cfe5cd1")]
    pub provider_id: Option<String>,
    /// How much the node has and how much of it is asked for.
    pub resources: Resources,
    /// Whether it is a control plane node.
    pub role: NodeType,
    /// Whether it is a spot machine, and its price.
    pub spot_config: NodeSpotConfig,
    /// State of the node.
    pub state: NodeState,
    /// Subnet as the provider names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "subnet-0a1b2c3d4e5f60718")]
    pub subnet_id: Option<String>,
    /// Taints of the Kubernetes node.
    pub taints: Vec<Taint>,
    /// Whether the node is cordoned.
    pub unschedulable: bool,
    /// Availability zone as the provider names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "eu-central-1a")]
    pub zone: Option<String>,
}

/// GPUs of a machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1GPUInfo)]
pub struct GpuInfo {
    /// The GPUs, those of one kind together.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gpu_devices: Option<Vec<GpuDevice>>,
}

/// GPUs of one kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1GPUDevice)]
pub struct GpuDevice {
    /// How many there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub count: Option<i32>,
    /// Who makes them, such as `NVIDIA`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub manufacturer: Option<String>,
    /// Memory of each, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub memory_mib: Option<i32>,
}

/// Addresses of a machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1NodeNetwork)]
pub struct NodeNetwork {
    /// Address inside the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "10.0.64.12")]
    pub private_ip: Option<String>,
    /// Address on the internet; absent when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub public_ip: Option<String>,
}

/// Versions of what runs on a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1NodeInfo)]
pub struct NodeInfo {
    /// Architecture, such as `amd64`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "amd64")]
    pub architecture: Option<String>,
    /// Container runtime and its version, such as `containerd://2.0.5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "containerd://2.0.5")]
    pub container_runtime_version: Option<String>,
    /// Version of the kernel.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "6.12.40")]
    pub kernel_version: Option<String>,
    /// Version of kube-proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "v1.36.2")]
    pub kube_proxy_version: Option<String>,
    /// Version of the kubelet, such as `v1.36.2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "v1.36.2")]
    pub kubelet_version: Option<String>,
    /// Operating system, `linux` or `windows`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "linux")]
    pub operating_system: Option<String>,
    /// Distribution and its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Amazon Linux 2023")]
    pub os_image: Option<String>,
}

/// How much a node has and how much of it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1Resources)]
pub struct Resources {
    /// Network bandwidth of the machine, in megabits per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub bandwidth_capacity_mbps: Option<i32>,
    /// CPU that pods can have, in thousandths of a core.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cpu_allocatable_milli: Option<i32>,
    /// CPU of the machine, in thousandths of a core.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cpu_capacity_milli: Option<i32>,
    /// CPU that the node's pods request, in thousandths of a core.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cpu_requests_milli: Option<i32>,
    /// Memory that pods can have, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub mem_allocatable_mib: Option<i32>,
    /// Memory of the machine, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub mem_capacity_mib: Option<i32>,
    /// Memory that the node's pods request, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub mem_requests_mib: Option<i32>,
}

open_enum! {
    /// Whether a node is a control plane node. Answers use the short names.
    #[schema_name = "ExternalclusterV1NodeType"]
    pub enum NodeType {
        Master = "master",
        TypeInvalid = "NODE_TYPE_INVALID",
        TypeMaster = "NODE_TYPE_MASTER",
        TypeWorker = "NODE_TYPE_WORKER",
        Worker = "worker",
    }
}

/// Terms of a spot machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1NodeSpotConfig)]
pub struct NodeSpotConfig {
    /// Whether the provider may take the machine back at short notice.
    pub is_spot: bool,
    /// Most that may be paid in an hour, in US dollars, as a decimal; the on-demand price when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "0.115")]
    pub price: Option<String>,
}

/// State of a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1NodeState)]
pub struct NodeState {
    /// The state: `pending`, `creating`, `ready`, `not_ready`, `cordoned`, `draining`, `interrupted`,
    /// `deleting`, `deleted` or `unknown`.
    #[schema(example = "ready")]
    pub phase: String,
}

/// A taint: keeps pods away that do not tolerate it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1Taint)]
pub struct Taint {
    /// What it does: `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    #[schema(example = "NoSchedule")]
    pub effect: String,
    /// Its key.
    #[schema(example = "dedicated")]
    pub key: String,
    /// Its value; may be empty.
    #[schema(example = "shop")]
    pub value: String,
}

/// How to drain a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1DrainConfig)]
pub struct DrainConfig {
    /// Whether to delete pods that could not be evicted in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub force: Option<bool>,
    /// How long eviction may take, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub timeout_seconds: Option<i32>,
}

/// The drain that was begun.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1DrainNodeResponse)]
pub struct DrainNodeResponse {
    /// The operation to poll for the outcome.
    pub operation_id: String,
}

/// How to delete a node.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct DeleteNodeQuery {
    /// How long draining may take before, in seconds.
    pub drain_timeout: Option<String>,
    /// Whether to delete it even if pods could not be evicted in time.
    pub force_delete: Option<bool>,
}

/// The deletion that was begun.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1DeleteNodeResponse)]
pub struct DeleteNodeResponse {
    /// The operation to poll for the outcome.
    pub operation_id: String,
}

/// By what nodes can be chosen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1GetListNodesFiltersResponse)]
pub struct GetListNodesFiltersResponse {
    /// Query parameters of the list, with the values that occur.
    pub filters: Vec<NodeListFilter>,
}

/// A query parameter by which nodes can be chosen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1NodeListFilter)]
pub struct NodeListFilter {
    /// Name of the parameter.
    pub name: String,
    /// Kind of its values: `enum`, `string` or `boolean`.
    pub r#type: String,
    /// Values that occur in the cluster.
    pub values: Vec<String>,
}
