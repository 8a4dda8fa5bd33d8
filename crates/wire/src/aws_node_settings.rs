//! What a node configuration says about machines at AWS.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::open_enum;

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
