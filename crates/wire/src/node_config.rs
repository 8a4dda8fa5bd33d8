//! A node to add: what it is to be like.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::nodes::{NodeSpotConfig, Taint};
use crate::open_enum;

/// A node to add.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1NodeConfig)]
pub struct NodeConfig {
    /// Settings for machines at AWS.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aws: Option<AwsNodeConfig>,
    /// Configuration to make it from, by id; the default one when neither id nor name is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub configuration_id: Option<String>,
    /// Configuration to make it from, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "default")]
    pub configuration_name: Option<String>,
    /// Where outside the cluster's own cloud it is to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub edge_config: Option<EdgeConfig>,
    /// Settings for machines at Google Cloud.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gcp: Option<GcpNodeConfig>,
    /// GPUs to attach, and how to share them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gpu_config: Option<GpuConfig>,
    /// Machine type as the provider calls it, such as `m5.large`. Required.
    #[schema(example = "m5.large")]
    pub instance_type: String,
    /// Labels for the Kubernetes node.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub kubernetes_labels: Option<BTreeMap<String, String>>,
    /// Taints for the Kubernetes node.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub kubernetes_taints: Option<Vec<Taint>>,
    /// Groups of hosts it must be on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_affinity: Option<NodeAffinity>,
    /// Whether it is a spot machine, and its price.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub spot_config: Option<NodeSpotConfig>,
    /// Subnet as the provider names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "subnet-0a1b2c3d4e5f60718")]
    pub subnet_id: Option<String>,
    /// Its root volume.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub volume: Option<NodeVolume>,
    /// Availability zone as the provider names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "eu-central-1a")]
    pub zone: Option<String>,
}

/// Settings for machines at AWS.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1AWSNodeConfig)]
pub struct AwsNodeConfig {
    /// Capacity reservation to use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub capacity_reservation: Option<AwsCapacityReservation>,
}

/// Capacity reserved at AWS.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1AWSNodeConfigCapacityReservation)]
pub struct AwsCapacityReservation {
    /// Id of the reservation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// ARN of a resource group of reservations, in place of an id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub resource_group_arn: Option<String>,
    /// What kind of reservation it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub r#type: Option<AwsCapacityReservationType>,
}

open_enum! {
    /// Kind of a capacity reservation at AWS.
    #[schema_name = "ExternalclusterV1AWSNodeConfigCapacityReservationType"]
    pub enum AwsCapacityReservationType {
        CapacityBlock = "CAPACITY_BLOCK",
        Unspecified = "CAPACITY_RESERVATION_TYPE_UNSPECIFIED",
        /// On-demand capacity reservation that its owner may take back.
        InterruptibleOdcr = "INTERRUPTIBLE_ODCR",
        /// On-demand capacity reservation.
        Odcr = "ODCR",
    }
}

/// Where outside the cluster's own cloud a node is to run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1EdgeConfig)]
pub struct EdgeConfig {
    /// Configuration at the place, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub configuration_id: Option<String>,
    /// The place, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub location_id: Option<String>,
}

/// Settings for machines at Google Cloud.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1GCPNodeConfig)]
pub struct GcpNodeConfig {
    /// Which reservations to use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reservation_affinity: Option<GcpReservationAffinity>,
}

/// Which reservations at Google Cloud to use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1GCPNodeConfigReservationAffinity)]
pub struct GcpReservationAffinity {
    /// Which ones: `ANY_RESERVATION`, `SPECIFIC_RESERVATION` or `NO_RESERVATION`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub consume_reservation_type: Option<String>,
    /// Label that names a specific reservation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub key: Option<String>,
    /// Names of the specific reservations.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub values: Option<Vec<String>>,
}

/// GPUs to attach to a machine, and how to share them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1GPUConfig)]
pub struct GpuConfig {
    /// How many to attach.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub count: Option<i32>,
    /// Splitting each into isolated parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub mig_config: Option<MigConfig>,
    /// Sharing each by NVIDIA's multi-process service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub mps: Option<MpsConfig>,
    /// Sharing each by turns.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub time_sharing: Option<GpuTimeSharing>,
    /// Kind of GPU as the provider calls it, such as `nvidia-tesla-t4`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub r#type: Option<String>,
}

/// Splitting a GPU into isolated parts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1MIGConfig)]
pub struct MigConfig {
    /// Memory of the GPU, in GB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gpu_memory_gb: Option<i32>,
    /// Sizes of the parts, such as `1g.5gb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub partition_sizes: Option<Vec<String>>,
}

/// Sharing a GPU by NVIDIA's multi-process service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1MPS)]
pub struct MpsConfig {
    /// Among how many pods each GPU is shared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub replicas: Option<i32>,
}

/// Sharing a GPU by turns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1GPUTimeSharing)]
pub struct GpuTimeSharing {
    /// Among how many pods each GPU is shared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub replicas: Option<i32>,
}

/// Groups of hosts that a machine must be on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1NodeAffinity)]
pub struct NodeAffinity {
    /// Conditions on the labels of hosts; all must hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub affinity: Option<Vec<KubernetesNodeAffinity>>,
    /// Name of the group of dedicated hosts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub dedicated_group: Option<String>,
}

/// A condition on labels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = K8sSelectorV1KubernetesNodeAffinity)]
pub struct KubernetesNodeAffinity {
    /// Key of the label.
    pub key: String,
    /// How the label's value is compared.
    pub operator: SelectorOperator,
    /// Values to compare with: none for `Exists` and `DoesNotExist`, one for `Gt` and `Lt`.
    pub values: Vec<String>,
}

open_enum! {
    /// How a label's value is compared. Both spellings of each name are known and kept as they came.
    #[schema_name = "K8sSelectorV1Operator"]
    pub enum SelectorOperator {
        DoesNotExist = "DoesNotExist",
        CamelDoesNotExist = "doesNotExist",
        Exists = "Exists",
        CamelExists = "exists",
        Gt = "Gt",
        CamelGt = "gt",
        In = "IN",
        CamelIn = "in",
        Lt = "Lt",
        CamelLt = "lt",
        NotIn = "NotIn",
        CamelNotIn = "notIn",
    }
}

/// Root volume of a machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1NodeVolume)]
pub struct NodeVolume {
    /// How local disks are combined; they are left alone when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub raid_config: Option<RaidConfig>,
    /// Its size, in GiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub size: Option<i32>,
    /// Whether the machine may be stopped and started again with its volume.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub stop_enabled: Option<bool>,
}

/// How local disks are combined into one (RAID 0).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1RaidConfig)]
pub struct RaidConfig {
    /// Size of a chunk, in KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub chunk_size: Option<i32>,
}

/// A node that is being added.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1AddNodeResponse)]
pub struct AddNodeResponse {
    /// Its id, at once good for asking about it.
    pub node_id: String,
    /// The operation to poll for the outcome.
    pub operation_id: String,
}
