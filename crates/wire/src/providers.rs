//! What tells a cluster of each provider from others, and what may be changed about it.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A cluster on Amazon Elastic Kubernetes Service. Account, region and name together tell it from
/// others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1EKSClusterParams)]
pub struct EksClusterParams {
    /// AWS account that owns the cluster, twelve digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "123456789012")]
    pub account_id: Option<String>,
    /// ARN of the role that is assumed to manage machines in the account; its change is a change of
    /// credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "arn:aws:iam::123456789012:role/supercargo")]
    pub assume_role_arn: Option<String>,
    /// Name of the cluster at its provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "shop-prod")]
    pub cluster_name: Option<String>,
    /// Address of the cluster's DNS service, given to new nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub dns_cluster_ip: Option<String>,
    /// ARN of the instance profile that new nodes get.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub instance_profile_arn: Option<String>,
    /// Region of the provider, such as `eu-central-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "eu-central-1")]
    pub region: Option<String>,
    /// Ids of the security groups that new nodes get.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub security_groups: Option<Vec<String>>,
    /// Ids of the subnets in which new nodes may start.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub subnets: Option<Vec<String>>,
    /// Tags put on every machine of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tags: Option<BTreeMap<String, String>>,
}

/// A cluster on Google Kubernetes Engine. Project, location and name together tell it from others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1GKEClusterParams)]
pub struct GkeClusterParams {
    /// Service account on our side that impersonates the cluster's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cast_service_account: Option<String>,
    /// Service account in the cluster's project that is impersonated to manage machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub client_service_account: Option<String>,
    /// Name of the cluster at its provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "shop-prod")]
    pub cluster_name: Option<String>,
    /// Region or zone of the control plane.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "europe-west3")]
    pub location: Option<String>,
    /// How many pods a node takes at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub max_pods_per_node: Option<i32>,
    /// Google Cloud project.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "shop-project")]
    pub project_id: Option<String>,
    /// Region of the provider, such as `eu-central-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "eu-central-1")]
    pub region: Option<String>,
}

/// A cluster on Azure Kubernetes Service. Subscription and node resource group together tell it from
/// others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1AKSClusterParams)]
pub struct AksClusterParams {
    /// Resource group of the cluster resource itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cluster_resource_group: Option<String>,
    /// Proxies that nodes use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub http_proxy_config: Option<HttpProxyConfig>,
    /// How many pods a node takes at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub max_pods_per_node: Option<i32>,
    /// Network plugin, such as `azure` or `kubenet`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub network_plugin: Option<String>,
    /// Resource group of the machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_resource_group: Option<String>,
    /// Range of addresses that pods get, in CIDR notation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub pod_cidr: Option<String>,
    /// Region of the provider, such as `eu-central-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "eu-central-1")]
    pub region: Option<String>,
    /// Azure subscription.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub subscription_id: Option<String>,
    /// Azure tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tenant_id: Option<String>,
    /// How a zone's number becomes its name, such as `westeurope-%s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub zone_name_pattern: Option<String>,
}

/// Proxies for outgoing calls of nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1HttpProxyConfig)]
pub struct HttpProxyConfig {
    /// URL of the proxy for HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub http_proxy: Option<String>,
    /// URL of the proxy for HTTPS.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub https_proxy: Option<String>,
    /// Hosts and address ranges that are reached without a proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub no_proxy: Option<Vec<String>>,
}

/// A cluster that kOps runs. The request's `id`, the uid of its kube-system namespace, tells it from
/// others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1KOPSClusterParams)]
pub struct KopsClusterParams {
    /// Provider of its machines: `aws`, `gcp` or `azure`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "aws")]
    pub cloud: Option<String>,
    /// Name of the cluster at its provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "shop-prod")]
    pub cluster_name: Option<String>,
    /// Region of the provider, such as `eu-central-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "eu-central-1")]
    pub region: Option<String>,
    /// Where kOps keeps the cluster's definition, such as `s3://bucket`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub state_store: Option<String>,
}

/// A cluster that runs OpenShift. The request's `id`, the uid of its kube-system namespace, tells it
/// from others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1OpenshiftClusterParams)]
pub struct OpenshiftClusterParams {
    /// Provider of its machines: `aws`, `gcp` or `azure`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "aws")]
    pub cloud: Option<String>,
    /// Name of the cluster at its provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "shop-prod")]
    pub cluster_name: Option<String>,
    /// OpenShift's own id of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub internal_id: Option<String>,
    /// Region of the provider, such as `eu-central-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "eu-central-1")]
    pub region: Option<String>,
}

/// A cluster on machines of one's own. The uid of its kube-system namespace tells it from others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1AnywhereClusterParams)]
pub struct AnywhereClusterParams {
    /// Name of the cluster; may be empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "shop-prod")]
    pub cluster_name: Option<String>,
    /// Uid of the namespace kube-system.
    pub kube_system_namespace_id: String,
}

/// A cluster on Oracle Kubernetes Engine. Region and name together tell it from others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1OKEClusterParams)]
pub struct OkeClusterParams {
    /// Name of the cluster at its provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "shop-prod")]
    pub cluster_name: Option<String>,
    /// Region of the provider, such as `eu-central-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "eu-central-1")]
    pub region: Option<String>,
}

/// A self-managed cluster on EC2 machines. Account, region and name together tell it from others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1SelfHostedWithEC2NodesParams)]
pub struct SelfHostedWithEc2NodesParams {
    /// AWS account that owns the cluster, twelve digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "123456789012")]
    pub account_id: Option<String>,
    /// ARN of the role that is assumed to manage machines in the account; its change is a change of
    /// credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "arn:aws:iam::123456789012:role/supercargo")]
    pub assume_role_arn: Option<String>,
    /// Name of the cluster at its provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "shop-prod")]
    pub cluster_name: Option<String>,
    /// Region of the provider, such as `eu-central-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "eu-central-1")]
    pub region: Option<String>,
}

/// What may be changed about a cluster on EKS.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1UpdateEKSClusterParams)]
pub struct UpdateEksClusterParams {
    /// ARN of the role that is assumed to manage machines in the account; its change is a change of
    /// credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "arn:aws:iam::123456789012:role/supercargo")]
    pub assume_role_arn: Option<String>,
}

/// What may be changed about a cluster on GKE.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1UpdateGKEClusterParams)]
pub struct UpdateGkeClusterParams {
    /// E-mail address of the service account in the cluster's project to be impersonated.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gke_sa_impersonate: Option<String>,
    /// Google Cloud project.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "shop-project")]
    pub project_id: Option<String>,
}

/// What may be changed about a cluster on AKS.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1UpdateAKSClusterParams)]
pub struct UpdateAksClusterParams {
    /// Proxies that nodes use; absent for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub http_proxy_config: Option<HttpProxyConfig>,
}

/// What may be changed about a self-managed cluster on EC2 machines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1UpdateSelfHostedWithEC2NodesParams)]
pub struct UpdateSelfHostedWithEc2NodesParams {
    /// ARN of the role that is assumed to manage machines in the account; its change is a change of
    /// credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "arn:aws:iam::123456789012:role/supercargo")]
    pub assume_role_arn: Option<String>,
    /// ARN of the instance profile that new nodes get.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub instance_profile_arn: Option<String>,
}
