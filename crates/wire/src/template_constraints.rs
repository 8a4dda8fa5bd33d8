//! Which machines a node template buys.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::node_config::KubernetesNodeAffinity;
use crate::open_enum;

/// Which machines are bought. What is not given restricts nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1TemplateConstraints)]
pub struct TemplateConstraints {
    /// Architectures in the order of preference.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub architecture_priority: Option<Vec<String>>,
    /// Architectures: `amd64`, `arm64`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub architectures: Option<Vec<String>>,
    /// Constraints at AWS.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aws: Option<AwsConstraints>,
    /// Availability zones, as the provider names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub azs: Option<Vec<String>>,
    /// Only (`true`) or never (`false`) machines without a hypervisor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub bare_metal: Option<bool>,
    /// Whether machines with CPU credits or a shared core are admitted: not when `DISABLED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub burstable: Option<ConstraintState>,
    /// Only (`true`) or never (`false`) machines made for computing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub compute_optimized: Option<bool>,
    /// Manufacturers of the processor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cpu_manufacturers: Option<Vec<CpuManufacturer>>,
    /// Families that go before others, in the order in which they are tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub custom_priority: Option<Vec<CustomPriority>>,
    /// Whether machines sold to selected customers are admitted: not when `DISABLED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub customer_specific: Option<ConstraintState>,
    /// Groups of hosts that no one else uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub dedicated_node_affinity: Option<Vec<DedicatedNodeAffinity>>,
    /// Whether many types of spot machines are bought, so that not all are taken back at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enable_spot_diversity: Option<bool>,
    /// Whether spot machines that are seldom taken back are preferred.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enable_spot_reliability: Option<bool>,
    /// Seconds after which spot is tried again in place of a fallback.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub fallback_restore_rate_seconds: Option<i32>,
    /// Constraints at Google Cloud.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gcp: Option<GcpConstraints>,
    /// Which GPUs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gpu: Option<GpuConstraints>,
    /// Which families.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub instance_families: Option<InstanceFamilyConstraints>,
    /// Whether only machines with GPUs are bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub is_gpu_only: Option<bool>,
    /// Whether spot nodes go without the taint `scheduling.cast.ai/spot`, so that pods land there unasked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub lifecycle_taints_disabled: Option<bool>,
    /// CPUs, at most; 0 for no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub max_cpu: Option<i32>,
    /// MiB of memory, at most; 0 for no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub max_memory: Option<i32>,
    /// Dollars per CPU and hour, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub max_price_per_cpu: Option<f64>,
    /// CPUs, at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub min_cpu: Option<i32>,
    /// MiB of memory, at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub min_memory: Option<i32>,
    /// Whether machines on demand are bought; when absent, exactly if `spot` is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub on_demand: Option<bool>,
    /// Operating systems: `linux`, `windows`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub os: Option<Vec<String>>,
    /// How much of them may be owned at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub resource_limits: Option<ResourceLimits>,
    /// Whether spot machines are bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub spot: Option<bool>,
    /// How much dearer, in per cent, a spot machine may be for the sake of diversity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub spot_diversity_price_increase_limit_percent: Option<i32>,
    /// Whether spot nodes are replaced before the provider takes them back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub spot_interruption_predictions_enabled: Option<bool>,
    /// On whose word: `aws-rebalance-recommendations` or `interruption-predictions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub spot_interruption_predictions_type: Option<String>,
    /// How much dearer, in per cent, a spot machine may be for the sake of reliability.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub spot_reliability_price_increase_limit_percent: Option<i32>,
    /// Only (`true`) or never (`false`) machines with local disks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub storage_optimized: Option<bool>,
    /// Whether machines on demand are bought while there is no spot capacity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub use_spot_fallbacks: Option<bool>,
}

/// Constraints at AWS.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1TemplateConstraintsAWSConstraints)]
pub struct AwsConstraints {
    /// Capacity reservations to use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub capacity_reservations: Option<Vec<CapacityReservation>>,
}

/// Capacity reserved at AWS, by its id or by a group of such.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1TemplateConstraintsAWSConstraintsCapacityReservation)]
pub struct CapacityReservation {
    /// ARN of a resource group of reservations.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub capacity_resource_group_arn: Option<String>,
    /// Its id, a UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// What kind of reservation it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub r#type: Option<CapacityReservationType>,
}

open_enum! {
    /// Kind of a capacity reservation at AWS.
    #[schema_name = "NodetemplatesV1TemplateConstraintsAWSConstraintsCapacityReservationType"]
    pub enum CapacityReservationType {
        CapacityBlock = "CAPACITY_BLOCK",
        Unspecified = "CAPACITY_RESERVATION_TYPE_UNSPECIFIED",
        OnDemandCapacityReservation = "ON_DEMAND_CAPACITY_RESERVATION",
    }
}

open_enum! {
    /// Whether something is admitted.
    #[schema_name = "NodetemplatesV1TemplateConstraintsConstraintState"]
    pub enum ConstraintState {
        /// It is refused.
        Disabled = "DISABLED",
        /// It is admitted.
        Enabled = "ENABLED",
        /// Nothing is said: it is admitted.
        NotSet = "NOT_SET",
    }
}

open_enum! {
    /// Manufacturer of a processor.
    #[schema_name = "NodetemplatesV1TemplateConstraintsCPUManufacturer"]
    pub enum CpuManufacturer {
        Amd = "AMD",
        Ampere = "AMPERE",
        Apple = "APPLE",
        Aws = "AWS",
        Intel = "INTEL",
    }
}

/// Machines that go before those of later entries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1TemplateConstraintsCustomPriority)]
pub struct CustomPriority {
    /// Families; all when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub families: Option<Vec<String>>,
    /// On demand.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub on_demand: Option<bool>,
    /// Spot.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub spot: Option<bool>,
}

/// A group of hosts that no one else uses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1TemplateConstraintsDedicatedNodeAffinity)]
pub struct DedicatedNodeAffinity {
    /// Labels of the hosts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub affinity: Option<Vec<KubernetesNodeAffinity>>,
    /// Availability zone of the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub az_name: Option<String>,
    /// CPUs for each GPU.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cpus_per_gpu: Option<i32>,
    /// Machine types that run there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub instance_types: Option<Vec<String>>,
    /// CPUs of a machine there, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub max_cpu: Option<i32>,
    /// GPUs of a machine there, at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub min_gpus_per_node: Option<i32>,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
}

/// Constraints at Google Cloud.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1TemplateConstraintsGCPConstraints)]
pub struct GcpConstraints {
    /// Capacity reservations to use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub capacity_reservation_ids: Option<Vec<String>>,
}

/// Which GPUs, where machines have them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1TemplateConstraintsGPUConstraints)]
pub struct GpuConstraints {
    /// Never these models.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub exclude_names: Option<Vec<String>>,
    /// Whether parts of a GPU are admitted: not when `DISABLED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub fractional_gpus: Option<ConstraintState>,
    /// Only these models.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub include_names: Option<Vec<String>>,
    /// Only of these manufacturers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub manufacturers: Option<Vec<String>>,
    /// GPUs of a machine, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub max_count: Option<i32>,
    /// GPUs of a machine, at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub min_count: Option<i32>,
}

/// Which families of machine types.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1TemplateConstraintsInstanceFamilyConstraints)]
pub struct InstanceFamilyConstraints {
    /// Never these.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub exclude: Option<Vec<String>>,
    /// Only these; all when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub include: Option<Vec<String>>,
}

/// How much of a template may be owned at a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1TemplateConstraintsResourceLimits)]
pub struct ResourceLimits {
    /// Whether its CPUs are limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cpu_limit_enabled: Option<bool>,
    /// CPUs of all its nodes, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cpu_limit_max_cores: Option<i32>,
}
