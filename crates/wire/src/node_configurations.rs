//! Node configurations: what is set up on the machines of new nodes.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use std::collections::BTreeMap;

use model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::aws_node_settings::{EksConfig, KopsConfig, SelfHostedWithEc2NodesConfig};
use crate::azure_node_settings::AksConfig;
use crate::clusters::Zone;
use crate::gcp_node_settings::GkeConfig;
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
