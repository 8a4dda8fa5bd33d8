//! What a node configuration says about machines at Azure.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::open_enum;

/// Settings for machines of AKS clusters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1AKSConfig)]
pub struct AksConfig {
    /// Whether to leave accelerated networking on where the machine has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub accelerated_networking: Option<AcceleratedNetworkingMode>,
    /// Application security groups for the machines' network interfaces, by resource id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub application_security_group_ids: Option<Vec<String>>,
    /// Whether disks are encrypted on the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enable_encryption_at_host: Option<bool>,
    /// Family of images to choose from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub image_family: Option<AksImageFamily>,
    /// Load balancers whose back-end pools the machines join.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub load_balancers: Option<Vec<AksLoadBalancer>>,
    /// How many pods a node takes, 10 to 250; 0 for the provider's 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub max_pods_per_node: Option<i32>,
    /// Network security group for the machines' network interfaces, by resource id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub network_security_group_id: Option<String>,
    /// Where on the host the root disk is, when it is to be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub os_disk_ephemeral: Option<EphemeralOsDisk>,
    /// Kind of the root disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub os_disk_type: Option<OsDiskType>,
    /// Subnet for the addresses of pods, by resource id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub pod_subnet_id: Option<String>,
    /// Public addresses for the machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub public_ip: Option<AksPublicIp>,
}

open_enum! {
    /// Whether machines have accelerated networking.
    #[schema_name = "NodeconfigV1AKSConfigAcceleratedNetworkingMode"]
    pub enum AcceleratedNetworkingMode {
        Disabled = "ACCELERATED_NETWORKING_MODE_DISABLED",
        Unspecified = "ACCELERATED_NETWORKING_MODE_UNSPECIFIED",
    }
}

open_enum! {
    /// Family of images for AKS, in upper or lower case.
    #[schema_name = "NodeconfigV1AKSConfigImageFamily"]
    pub enum AksImageFamily {
        AzureLinux = "FAMILY_AZURE_LINUX",
        Ubuntu = "FAMILY_UBUNTU",
        Ubuntu2204 = "FAMILY_UBUNTU_2204",
        Ubuntu2404 = "FAMILY_UBUNTU_2404",
        Unspecified = "FAMILY_UNSPECIFIED",
        Windows2019 = "FAMILY_WINDOWS_2019",
        Windows2022 = "FAMILY_WINDOWS_2022",
        Windows2025 = "FAMILY_WINDOWS_2025",
        LowercaseAzureLinux = "family_azure_linux",
        LowercaseUbuntu = "family_ubuntu",
        LowercaseUbuntu2204 = "family_ubuntu_2204",
        LowercaseUbuntu2404 = "family_ubuntu_2404",
        LowercaseWindows2019 = "family_windows_2019",
        LowercaseWindows2022 = "family_windows_2022",
        LowercaseWindows2025 = "family_windows_2025",
    }
}

/// A load balancer at Azure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1AKSConfigLoadBalancers)]
pub struct AksLoadBalancer {
    /// Its resource id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// Back-end pools that machines join with their address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ip_based_backend_pools: Option<Vec<IpBasedBackendPool>>,
    /// Its name, where no id is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// Back-end pools that machines join with their network interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub nic_based_backend_pools: Option<Vec<NicBasedBackendPool>>,
}

/// A back-end pool of addresses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1AKSConfigLoadBalancersIPBasedBackendPool)]
pub struct IpBasedBackendPool {
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
}

/// A back-end pool of network interfaces.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1AKSConfigLoadBalancersNICBasedBackendPool)]
pub struct NicBasedBackendPool {
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
}

/// A root disk on the host.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1AKSConfigOsDiskEphemeral)]
pub struct EphemeralOsDisk {
    /// How the host caches it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cache_type: Option<OsDiskCacheType>,
    /// Which of the host's disks it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub placement: Option<OsDiskPlacement>,
}

open_enum! {
    /// How a host caches a disk.
    #[schema_name = "NodeconfigV1AKSConfigOsDiskEphemeralCacheType"]
    pub enum OsDiskCacheType {
        ReadOnly = "READ_ONLY",
        ReadWrite = "READ_WRITE",
        Unspecified = "UNSPECIFIED",
    }
}

open_enum! {
    /// Disk of the host that an ephemeral root disk is on.
    #[schema_name = "NodeconfigV1AKSConfigOsDiskEphemeralPlacement"]
    pub enum OsDiskPlacement {
        CacheDisk = "PLACEMENT_CACHE_DISK",
        NvmeDisk = "PLACEMENT_NVME_DISK",
        ResourceDisk = "PLACEMENT_RESOURCE_DISK",
        Unspecified = "PLACEMENT_UNSPECIFIED",
    }
}

open_enum! {
    /// Kind of a root disk at Azure.
    #[schema_name = "NodeconfigV1AKSConfigOsDiskType"]
    pub enum OsDiskType {
        PremiumSsd = "OS_DISK_TYPE_PREMIUM_SSD",
        Standard = "OS_DISK_TYPE_STANDARD",
        StandardSsd = "OS_DISK_TYPE_STANDARD_SSD",
        Unspecified = "OS_DISK_TYPE_UNSPECIFIED",
    }
}

/// Public addresses at Azure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1AKSConfigPublicIP)]
pub struct AksPublicIp {
    /// Minutes after which idle connections end, 4 to 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub idle_timeout_in_minutes: Option<i32>,
    /// Prefix that the addresses are taken from, by resource id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ip_prefix: Option<String>,
    /// Tags of the addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tags: Option<Vec<AksPublicIpTag>>,
}

/// A tag of a public address at Azure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1AKSConfigPublicIPAKSPublicIPTags)]
pub struct AksPublicIpTag {
    /// Its type, such as `RoutingPreference`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ip_tag_type: Option<String>,
    /// Its value, such as `Internet`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tag_value: Option<String>,
}
