//! Machine types that a node template admits.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::open_enum;

/// How to list machine types.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct FilterInstanceTypesQuery {
    /// Whether a type is listed once for each zone that offers it rather than once.
    pub disable_instance_type_deduplication: Option<bool>,
}

/// Machine types that a template admits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1FilterInstanceTypesResponse)]
pub struct FilterInstanceTypesResponse {
    /// The types, by name.
    pub available_instance_types: Vec<AvailableInstanceType>,
}

/// A machine type on offer in the cluster's region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1AvailableInstanceType)]
pub struct AvailableInstanceType {
    /// Architecture, such as `amd64`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "amd64")]
    pub architecture: Option<String>,
    /// Its GPUs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub available_gpu_devices: Option<Vec<AvailableGpuDevice>>,
    /// Whether it has CPU credits or a shared core.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub burstable: Option<bool>,
    /// CPUs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "4")]
    pub cpu: Option<String>,
    /// Dollars per CPU and hour, at the organisation's own prices and the cheapest terms that the template
    /// admits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cpu_cost: Option<f64>,
    /// Who may have made its processor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cpu_manufacturers: Option<Vec<String>>,
    /// Who sells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "aws")]
    pub csp: Option<String>,
    /// Whether it is sold to selected customers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub customer_specific: Option<bool>,
    /// Its family, such as `m5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "m5")]
    pub family: Option<String>,
    /// Whether it runs without a hypervisor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub is_bare_metal: Option<bool>,
    /// Whether it is made for computing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub is_compute_optimized: Option<bool>,
    /// MiB of memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "16384")]
    pub memory: Option<String>,
    /// Its name, such as `m5.xlarge`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "m5.xlarge")]
    pub name: Option<String>,
    /// Operating system.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub os: Option<OperatingSystem>,
    /// Region of the provider, such as `eu-central-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub region: Option<String>,
    /// Whether it comes with local disks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub storage_optimized_option: Option<StorageOptimizedOption>,
    /// A zone that offers it, when types are listed by zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "eu-central-1a")]
    pub zone: Option<String>,
}

/// GPUs of a machine type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1AvailableInstanceTypeGPUDevice)]
pub struct AvailableGpuDevice {
    /// How many.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub count: Option<i32>,
    /// Whether each is a part of a GPU.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub fractional: Option<bool>,
    /// Who made them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub manufacturer: Option<String>,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "m5.xlarge")]
    pub name: Option<String>,
}

open_enum! {
    /// An operating system.
    #[schema_name = "NodetemplatesV1AvailableInstanceTypeOs"]
    pub enum OperatingSystem {
        Linux = "linux",
        Unknown = "unknown",
        Windows = "windows",
    }
}

open_enum! {
    /// Whether machines come with local disks.
    #[schema_name = "NodetemplatesV1AvailableInstanceTypeStorageOptimizedOption"]
    pub enum StorageOptimizedOption {
        Always = "Always",
        Never = "Never",
        OnDemand = "OnDemand",
    }
}
