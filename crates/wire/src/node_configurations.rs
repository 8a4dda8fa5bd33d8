//! Node configurations: what is set up on the machines of new nodes.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use std::collections::BTreeMap;

use model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clusters::Zone;
use crate::open_enum;
use crate::proto::Object;

/// A cluster's node configurations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1ListConfigurationsResponse)]
pub struct ListConfigurationsResponse {
    /// The configurations, by name.
    pub items: Vec<NodeConfiguration>,
}

/// What is set up on the machines of new nodes. Nodes that run keep the version they were made from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1NodeConfiguration)]
pub struct NodeConfiguration {
    /// Set for clusters on Azure Kubernetes Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aks: Option<AksConfig>,
    /// Container runtime of the nodes; the image decides when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub container_runtime: Option<ContainerRuntime>,
    /// When it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub created_at: Option<Timestamp>,
    /// Whether it serves nodes whose template names none. Exactly one configuration of a cluster does.
    pub r#default: bool,
    /// GiB of disk for each CPU of the machine, where that is more than `minDiskSize`; 0 for none.
    pub disk_cpu_ratio: i32,
    /// Settings of the Docker daemon, as in its `daemon.json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub docker_config: Option<Object>,
    /// Seconds that pods have to leave a node of this configuration when it is drained.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub drain_timeout_sec: Option<i32>,
    /// Set for clusters on Amazon Elastic Kubernetes Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub eks: Option<EksConfig>,
    /// Set for clusters on Google Kubernetes Engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gke: Option<GkeConfig>,
    /// Its id, a UUID.
    pub id: String,
    /// Image of the machines, by its provider's name or id; chosen by family and Kubernetes version when
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "amazon-eks-node-al2023-x86_64-standard-1.36")]
    pub image: Option<String>,
    /// Script that a machine runs at its first start, in Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "ZWNobyBoZWxsbwo=")]
    pub init_script: Option<String>,
    /// Set for clusters that kOps runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub kops: Option<KopsConfig>,
    /// Settings of the kubelet, as in its `KubeletConfiguration`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub kubelet_config: Option<Object>,
    /// Size of the root disk in GiB, 30 to 65536; 100 when it was never given.
    pub min_disk_size: i32,
    /// A name for people.
    pub name: String,
    /// Set for self-managed clusters on EC2 machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub self_hosted_with_ec2_nodes: Option<SelfHostedWithEc2NodesConfig>,
    /// Public SSH key of those who may log in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ssh_public_key: Option<String>,
    /// Subnets for nodes, as their provider names them, in the order given.
    pub subnets: Vec<String>,
    /// Tags for the machines.
    pub tags: BTreeMap<String, String>,
    /// When it was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub updated_at: Option<Timestamp>,
    /// Counts its changes from 1.
    pub version: i32,
}

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

open_enum! {
    /// What runs containers on a node, in upper or lower case.
    #[schema_name = "NodeconfigV1ContainerRuntime"]
    pub enum ContainerRuntime {
        Containerd = "CONTAINERD",
        LowercaseContainerd = "containerd",
        Dockerd = "DOCKERD",
        LowercaseDockerd = "dockerd",
        Unspecified = "UNSPECIFIED",
        LowercaseUnspecified = "unspecified",
    }
}

/// Settings for machines of EKS clusters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1EKSConfig)]
pub struct EksConfig {
    /// Address of the cluster's DNS service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "10.100.0.10")]
    pub dns_cluster_ip: Option<String>,
    /// Queues of each network interface, 1 to 32.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ena_queue_count_per_interface: Option<i32>,
    /// Family of images to choose from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub image_family: Option<EksImageFamily>,
    /// How many hops the answers of the instance metadata service may take, 1 to 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub imds_hop_limit: Option<i32>,
    /// Whether the instance metadata service also answers requests of its version 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub imds_v1: Option<bool>,
    /// Instance profile of the machines, by ARN. Required.
    #[schema(example = "arn:aws:iam::123456789012:instance-profile/shop-nodes")]
    pub instance_profile_arn: String,
    /// Addresses that the network plug-in takes at once: 1, or 16 where prefixes are delegated; 0 for 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ips_per_prefix: Option<i32>,
    /// EC2 key pair of those who may log in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "key-0a1b2c3d4e5f60718")]
    pub key_pair_id: Option<String>,
    /// How many pods a node takes, from `NUM_MAX_NET_INTERFACES`, `NUM_IP_PER_INTERFACE`,
    /// `NUM_IP_PER_PREFIX`, `NUM_CPU` and `NUM_RAM_GB`; see the presets.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "NUM_MAX_NET_INTERFACES * (NUM_IP_PER_INTERFACE - 1) + 2")]
    pub max_pods_per_node_formula: Option<String>,
    /// Managed node group whose machines are imitated, by ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_group_arn: Option<String>,
    /// Security groups of the machines, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub security_groups: Option<Vec<String>>,
    /// Target group that the machines join; `targetGroups` is newer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub target_group: Option<TargetGroup>,
    /// Target groups that the machines join.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub target_groups: Option<Vec<TargetGroup>>,
    /// Threads of each core that are switched on, 1 or 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub threads_per_cpu: Option<i32>,
    /// Operations a second of the root volume, 100 to 256000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub volume_iops: Option<i32>,
    /// Key that the root volume is encrypted with, by ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub volume_kms_key_arn: Option<String>,
    /// MiB a second of the root volume, 125 to 2000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub volume_throughput: Option<i32>,
    /// Type of the root volume: `gp2`, `gp3`, `io1` or `io2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "gp3")]
    pub volume_type: Option<String>,
}

open_enum! {
    /// Family of images for EKS, in upper or lower case.
    #[schema_name = "NodeconfigV1EKSConfigImageFamily"]
    pub enum EksImageFamily {
        Al2 = "FAMILY_AL2",
        Al2023 = "FAMILY_AL2023",
        Bottlerocket = "FAMILY_BOTTLEROCKET",
        Unspecified = "FAMILY_UNSPECIFIED",
        LowercaseAl2 = "family_al2",
        LowercaseAl2023 = "family_al2023",
        LowercaseBottlerocket = "family_bottlerocket",
    }
}

/// A target group of a load balancer at AWS.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1TargetGroup)]
pub struct TargetGroup {
    /// Its ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "arn:aws:iam::123456789012:user/supercargo")]
    pub arn: Option<String>,
    /// Port that traffic arrives at; the group's own when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub port: Option<i32>,
}

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
    #[schema(nullable = false, example = "NUM_MAX_NET_INTERFACES * (NUM_IP_PER_INTERFACE - 1) + 2")]
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

/// Settings for machines of kOps clusters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1KOPSConfig)]
pub struct KopsConfig {
    /// EC2 key pair of those who may log in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "key-0a1b2c3d4e5f60718")]
    pub key_pair_id: Option<String>,
}

/// Settings for machines of self-managed clusters on EC2.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1SelfHostedWithEC2NodesConfig)]
pub struct SelfHostedWithEc2NodesConfig {
    /// Images to choose from, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ami_selector: Option<Vec<AmiSelector>>,
    /// Family of images to choose from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub image_family: Option<SelfHostedImageFamily>,
    /// How many hops the answers of the instance metadata service may take, 1 to 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub imds_hop_limit: Option<i32>,
    /// Whether the instance metadata service also answers requests of its version 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub imds_v1: Option<bool>,
    /// Instance profile of the machines, by ARN. Required.
    #[schema(example = "arn:aws:iam::123456789012:instance-profile/shop-nodes")]
    pub instance_profile_arn: String,
    /// EC2 key pair of those who may log in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "key-0a1b2c3d4e5f60718")]
    pub key_pair_id: Option<String>,
    /// Security groups of the machines, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub security_groups: Option<Vec<String>>,
    /// Volumes of the machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub volumes: Option<Vec<Ec2Volume>>,
}

/// An image at AWS.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1AmiSelector)]
pub struct AmiSelector {
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ami_id: Option<String>,
}

open_enum! {
    /// Family of images for self-managed clusters on EC2, in upper or lower case.
    #[schema_name = "NodeconfigV1SelfHostedWithEC2NodesConfigImageFamily"]
    pub enum SelfHostedImageFamily {
        Al2 = "FAMILY_AL2",
        Al2023 = "FAMILY_AL2023",
        Bottlerocket = "FAMILY_BOTTLEROCKET",
        Custom = "FAMILY_CUSTOM",
        Unspecified = "FAMILY_UNSPECIFIED",
        LowercaseAl2 = "family_al2",
        LowercaseAl2023 = "family_al2023",
        LowercaseBottlerocket = "family_bottlerocket",
        LowercaseCustom = "family_custom",
    }
}

/// A volume of a machine at EC2.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1EC2VolumesConfig)]
pub struct Ec2Volume {
    /// Device that it appears as, such as `/dev/xvda`. Required.
    pub device_name: String,
    /// Whether it is encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub encrypted: Option<bool>,
    /// Operations a second, 100 to 256000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub iops: Option<i32>,
    /// Key that it is encrypted with, by ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub kms_key_arn: Option<String>,
    /// Its size in GiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub size: Option<i32>,
    /// MiB a second, 125 to 2000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub throughput: Option<i32>,
    /// Its type: `gp2`, `gp3`, `io1` or `io2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub r#type: Option<String>,
}

/// A configuration to create. One of the same name in the cluster is overwritten and keeps its id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1NewNodeConfiguration)]
pub struct NewNodeConfiguration {
    /// Set for clusters on Azure Kubernetes Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aks: Option<AksConfig>,
    /// Container runtime of the nodes; the image decides when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub container_runtime: Option<ContainerRuntime>,
    /// GiB of disk for each CPU of the machine, where that is more than `minDiskSize`; 0 for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub disk_cpu_ratio: Option<i32>,
    /// Settings of the Docker daemon, as in its `daemon.json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub docker_config: Option<Object>,
    /// Seconds that pods have to leave a node of this configuration when it is drained, 0 to 3600.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub drain_timeout_sec: Option<i32>,
    /// Set for clusters on Amazon Elastic Kubernetes Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub eks: Option<EksConfig>,
    /// Set for clusters on Google Kubernetes Engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gke: Option<GkeConfig>,
    /// Image of the machines, by its provider's name or id; chosen by family and Kubernetes version when
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "amazon-eks-node-al2023-x86_64-standard-1.36")]
    pub image: Option<String>,
    /// Script that a machine runs at its first start, in Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "ZWNobyBoZWxsbwo=")]
    pub init_script: Option<String>,
    /// Set for clusters that kOps runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub kops: Option<KopsConfig>,
    /// Settings of the kubelet, as in its `KubeletConfiguration`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub kubelet_config: Option<Object>,
    /// Size of the root disk in GiB, 30 to 65536; 100 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub min_disk_size: Option<i32>,
    /// A name for people.
    pub name: String,
    /// Set for self-managed clusters on EC2 machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub self_hosted_with_ec2_nodes: Option<SelfHostedWithEc2NodesConfig>,
    /// Public SSH key of those who may log in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ssh_public_key: Option<String>,
    /// Subnets for nodes, as their provider names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub subnets: Option<Vec<String>>,
    /// Tags for the machines, at most 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tags: Option<BTreeMap<String, String>>,
}

/// What a configuration is to be from now on. It is replaced whole: what is absent is no longer set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1NodeConfigurationUpdate)]
pub struct NodeConfigurationUpdate {
    /// Set for clusters on Azure Kubernetes Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aks: Option<AksConfig>,
    /// Container runtime of the nodes; the image decides when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub container_runtime: Option<ContainerRuntime>,
    /// GiB of disk for each CPU of the machine, where that is more than `minDiskSize`; 0 for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub disk_cpu_ratio: Option<i32>,
    /// Settings of the Docker daemon, as in its `daemon.json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub docker_config: Option<Object>,
    /// Seconds that pods have to leave a node of this configuration when it is drained, 0 to 3600.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub drain_timeout_sec: Option<i32>,
    /// Set for clusters on Amazon Elastic Kubernetes Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub eks: Option<EksConfig>,
    /// Set for clusters on Google Kubernetes Engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gke: Option<GkeConfig>,
    /// Image of the machines, by its provider's name or id; chosen by family and Kubernetes version when
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "amazon-eks-node-al2023-x86_64-standard-1.36")]
    pub image: Option<String>,
    /// Script that a machine runs at its first start, in Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "ZWNobyBoZWxsbwo=")]
    pub init_script: Option<String>,
    /// Set for clusters that kOps runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub kops: Option<KopsConfig>,
    /// Settings of the kubelet, as in its `KubeletConfiguration`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub kubelet_config: Option<Object>,
    /// Size of the root disk in GiB, 30 to 65536; 100 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub min_disk_size: Option<i32>,
    /// Set for self-managed clusters on EC2 machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub self_hosted_with_ec2_nodes: Option<SelfHostedWithEc2NodesConfig>,
    /// Public SSH key of those who may log in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ssh_public_key: Option<String>,
    /// Subnets for nodes, as their provider names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub subnets: Option<Vec<String>>,
    /// Tags for the machines, at most 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tags: Option<BTreeMap<String, String>>,
}

/// What a configuration could name, as far as the cluster's nodes and its other configurations tell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1GetSuggestedConfigurationResponse)]
pub struct GetSuggestedConfigurationResponse {
    /// Instance profiles that configurations of the cluster name.
    pub instance_profiles: Vec<InstanceProfile>,
    /// Security groups that configurations of the cluster name.
    pub security_groups: Vec<SecurityGroup>,
    /// Subnets that the cluster's nodes are in, where they say so, and those that its configurations name.
    pub subnets: Vec<SubnetDetails>,
}

/// An instance profile at AWS.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1InstanceProfile)]
pub struct InstanceProfile {
    /// Its ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "arn:aws:iam::123456789012:user/supercargo")]
    pub arn: Option<String>,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
}

/// A security group at AWS.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1SecurityGroup)]
pub struct SecurityGroup {
    /// What its owner says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub description: Option<String>,
    /// Its id, a UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// Its tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tags: Option<BTreeMap<String, String>>,
}

/// A subnet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1SubnetDetails)]
pub struct SubnetDetails {
    /// How many addresses are free in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub available_ip_address_count: Option<i32>,
    /// Its range of addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "10.0.64.0/19")]
    pub cidr: Option<String>,
    /// Its id, a UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// Its tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tags: Option<BTreeMap<String, String>>,
    /// Availability zone as the provider names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub zone: Option<Zone>,
}

/// Formulas for the number of pods of a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeconfigV1ListMaxPodsPresetsResponse)]
pub struct ListMaxPodsPresetsResponse {
    /// The formulas, as `maxPodsPerNodeFormula` takes them.
    pub presets: Vec<String>,
}
