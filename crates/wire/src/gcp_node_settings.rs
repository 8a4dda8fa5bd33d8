//! What a node configuration says about machines at Google Cloud.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::open_enum;

/// Settings for machines of GKE clusters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1GKEConfig)]
pub struct GkeConfig {
    /// Type of the boot disk, such as `pd-balanced`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "pd-balanced")]
    pub disk_type: Option<String>,
    /// What to take when a machine is not to be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub fallback_configuration: Option<FallbackConfiguration>,
    /// Load balancers that the machines join.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub load_balancers: Option<Vec<GkeLoadBalancer>>,
    /// How many pods a node takes, 8 to 256; 0 for the provider's 110.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub max_pods_per_node: Option<i32>,
    /// How many pods a node takes, from `NUM_CPU` and `NUM_RAM_GB`, where `maxPodsPerNode` is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "math.least(110, NUM_CPU * 8)")]
    pub max_pods_per_node_formula: Option<String>,
    /// Oldest CPU platform, such as `Intel Ice Lake`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub min_cpu_platform: Option<String>,
    /// Network tags of the machines, at most 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub network_tags: Option<Vec<String>>,
    /// What becomes of the machine when its host is maintained.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub on_host_maintenance: Option<OnHostMaintenance>,
    /// Range that the addresses of pods are taken from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub secondary_ip_range: Option<SecondaryIpRange>,
    /// Whether local SSDs serve as ephemeral storage of pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub use_ephemeral_storage_local_ssd: Option<bool>,
    /// Zones for nodes; those of the cluster when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub zones: Option<Vec<String>>,
}

/// What to take when a machine is not to be had.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1FallbackConfiguration)]
pub struct FallbackConfiguration {
    /// Machine type to take instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub fallback_instance_type: Option<String>,
}

/// A load balancer at Google Cloud.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1GKEConfigLoadBalancers)]
pub struct GkeLoadBalancer {
    /// Target pools that the machines join.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub target_backend_pools: Option<Vec<TargetBackendPool>>,
    /// Unmanaged instance groups that the machines join.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unmanaged_instance_groups: Option<Vec<UnmanagedInstanceGroup>>,
}

/// A target pool.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1GKEConfigLoadBalancersTargetBackendPools)]
pub struct TargetBackendPool {
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
}

/// An unmanaged instance group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1GKEConfigLoadBalancersUnmanagedInstanceGroups)]
pub struct UnmanagedInstanceGroup {
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// Availability zone as the provider names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "eu-central-1a")]
    pub zone: Option<String>,
}

open_enum! {
    /// What becomes of a machine when its host is maintained, in upper or lower case.
    #[schema_name = "NodeconfigV1GKEConfigOnHostMaintenance"]
    pub enum OnHostMaintenance {
        Migrate = "MIGRATE",
        LowercaseMigrate = "migrate",
        Terminate = "TERMINATE",
        LowercaseTerminate = "terminate",
    }
}

/// A secondary range of addresses of a subnet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1SecondaryIPRange)]
pub struct SecondaryIpRange {
    /// Its name. Required.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "pods")]
    pub range_name: Option<String>,
}
