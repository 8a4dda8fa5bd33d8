//! Connected clusters: registration, reading, credentials, disconnection.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use std::collections::BTreeMap;

use model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::open_enum;
use crate::providers::{
    AksClusterParams, AnywhereClusterParams, EksClusterParams, GkeClusterParams, KopsClusterParams,
    OkeClusterParams, OpenshiftClusterParams, SelfHostedWithEc2NodesParams, UpdateAksClusterParams,
    UpdateEksClusterParams, UpdateGkeClusterParams, UpdateSelfHostedWithEc2NodesParams,
};

/// The clusters of an organisation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1ListClustersResponse)]
pub struct ListClustersResponse {
    /// All clusters but the archived ones, by name and id.
    pub items: Vec<Cluster>,
}

/// A connected cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1Cluster)]
pub struct Cluster {
    /// When the agent last sent the cluster's state; absent before the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub agent_snapshot_received_at: Option<Timestamp>,
    /// How the agent is doing: `waiting-connection`, `online`, `non-responding`, `disconnecting` or
    /// `disconnected`.
    #[schema(example = "online")]
    pub agent_status: String,
    /// Set for clusters on Azure Kubernetes Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aks: Option<AksClusterParams>,
    /// All zones of the cluster's region.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub all_region_zones: Option<Vec<Zone>>,
    /// Set for clusters on machines of one's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub anywhere: Option<AnywhereClusterParams>,
    /// What else is known to run in the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub attributes: Option<ClusterAttributes>,
    /// How our in-cluster software was installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub castware_install_method: Option<CastwareInstallMethod>,
    /// Name and a part of the id: unique, and fit for the names of cloud resources.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "shop-prod-7f4d2c6e")]
    pub cluster_name_id: Option<String>,
    /// When it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub created_at: Option<Timestamp>,
    /// Names the credentials given last: changes with every successful update of them, empty while there
    /// are none.
    pub credentials_id: String,
    /// When it was removed; absent for a cluster in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub deleted_at: Option<Timestamp>,
    /// Set for clusters on Amazon Elastic Kubernetes Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub eks: Option<EksClusterParams>,
    /// When a machine of it was first managed; absent before that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub first_operation_at: Option<Timestamp>,
    /// Set for clusters on Google Kubernetes Engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gke: Option<GkeClusterParams>,
    /// Its id, a UUID.
    pub id: String,
    /// Whether credentials are there, so that its machines can be managed; without them the cluster is only
    /// watched.
    pub is_phase2: bool,
    /// Set for clusters that kOps runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub kops: Option<KopsClusterParams>,
    /// Version of Kubernetes the cluster runs, such as `1.36.2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "1.36.2")]
    pub kubernetes_version: Option<String>,
    /// What manages the cluster's registration, such as `terraform`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "terraform")]
    pub managed_by: Option<String>,
    /// The cluster's name; may be shared by several.
    pub name: String,
    /// Set for clusters on Oracle Kubernetes Engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub oke: Option<OkeClusterParams>,
    /// Set for clusters that run Red Hat OpenShift.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub openshift: Option<OpenshiftClusterParams>,
    /// The organisation it belongs to.
    pub organization_id: String,
    /// Account, project or subscription the cluster is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub provider_namespace_id: Option<String>,
    /// What kind of cluster it is: `eks`, `gke`, `aks`, `kops`, `openshift`, `anywhere`, `oke` or
    /// `self-hosted-ec2`.
    #[schema(example = "eks")]
    pub provider_type: String,
    /// What went wrong when cloud resources were last brought in line; absent when nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reconcile_error: Option<String>,
    /// How bringing cloud resources in line is going.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reconcile_info: Option<ReconcileInfo>,
    /// When cloud resources were last in line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reconciled_at: Option<Timestamp>,
    /// Region the cluster is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub region: Option<Region>,
    /// Set for self-managed clusters on EC2 machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub self_hosted_with_ec2_nodes: Option<SelfHostedWithEc2NodesParams>,
    /// Public key put on new nodes, base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ssh_public_key: Option<String>,
    /// State of the registration: `connecting`, `ready`, `warning`, `failed`, `deleting`, `deleted` or
    /// `archived`. A removed cluster stays readable as `archived`.
    #[schema(example = "ready")]
    pub status: String,
    /// Subnets in which nodes may start.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub subnets: Option<Vec<Subnet>>,
    /// The cluster's tags, by key.
    pub tags: BTreeMap<String, String>,
    /// Zones in which nodes may start.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub zones: Option<Vec<Zone>>,
}

/// An availability zone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1Zone)]
pub struct Zone {
    /// Id of the zone that is the same in every account, where the provider has one; otherwise its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// The zone as the provider names it, such as `eu-central-1a`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
}

/// What else is known to run in a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1ClusterAttributes)]
pub struct ClusterAttributes {
    /// Set when Karpenter runs in the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub karpenter: Option<KarpenterAttribute>,
    /// Set when nodes outside the cluster's own cloud can join.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub omni: Option<OmniAttribute>,
}

/// Karpenter in a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1KarpenterAttribute)]
pub struct KarpenterAttribute {
    /// Whether its node pools can be taken over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub kent_eligibility: Option<KentEligibility>,
    /// Version of Karpenter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub version: Option<String>,
}

open_enum! {
    /// Whether Karpenter's node pools can be taken over.
    #[schema_name = "ExternalclusterV1KentEligibility"]
    pub enum KentEligibility {
        Eligible = "ELIGIBLE",
        NotSupported = "NOT_SUPPORTED",
    }
}

/// Nodes outside the cluster's own cloud.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1OmniAttribute)]
pub struct OmniAttribute {
    /// Whether such nodes can join.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
}

open_enum! {
    /// How in-cluster software was installed.
    #[schema_name = "ExternalclusterV1ClusterCastwareInstallMethod"]
    pub enum CastwareInstallMethod {
        Unspecified = "CASTWARE_INSTALL_METHOD_UNSPECIFIED" (0),
        Operator = "OPERATOR" (1),
    }
}

/// How bringing a cluster's cloud resources in line is going.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1ClusterReconcileInfo)]
pub struct ReconcileInfo {
    /// What went wrong last; absent when nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error: Option<String>,
    /// How often it went wrong in a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error_count: Option<i32>,
    /// Whether it is done at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub mode: Option<ReconcileMode>,
    /// When it last came to an end without error.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reconciled_at: Option<Timestamp>,
    /// When it is tried next, after an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retry_at: Option<Timestamp>,
    /// When it was last begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub started_at: Option<Timestamp>,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub status: Option<ReconcileStatus>,
}

open_enum! {
    /// Whether a cluster's cloud resources are brought in line.
    #[schema_name = "ExternalclusterV1ClusterReconcileInfoReconcileMode"]
    pub enum ReconcileMode {
        Disabled = "disabled",
        Enabled = "enabled",
        Paused = "paused",
        Unspecified = "unspecified",
    }
}

open_enum! {
    /// How bringing a cluster's cloud resources in line last went.
    #[schema_name = "ExternalclusterV1ClusterReconcileInfoReconcileStatus"]
    pub enum ReconcileStatus {
        Failed = "failed",
        Ok = "ok",
        Unknown = "unknown",
        Warning = "warning",
    }
}

/// A region of a provider.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1Region)]
pub struct Region {
    /// The region's name for people, such as `Europe (Frankfurt)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Europe (Frankfurt)")]
    pub display_name: Option<String>,
    /// The region as the provider names it, such as `eu-central-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
}

/// A subnet in which nodes may start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1Subnet)]
pub struct Subnet {
    /// Its range of addresses, in CIDR notation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "10.0.64.0/19")]
    pub cidr: Option<String>,
    /// The subnet as the provider names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// Whether machines in it are reachable from the internet; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub public: Option<bool>,
    /// Zone it is in, as the provider names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "eu-central-1a")]
    pub zone_name: Option<String>,
}

/// Makes a cluster known, with exactly one of the providers' parts. The same cluster may be registered
/// any number of times, by different clients; it stays one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1RegisterClusterRequest)]
pub struct RegisterClusterRequest {
    /// Set for clusters on Azure Kubernetes Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aks: Option<AksClusterParams>,
    /// Set for clusters on machines of one's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub anywhere: Option<AnywhereClusterParams>,
    /// How our in-cluster software was installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub castware_install_method: Option<CastwareInstallMethod>,
    /// Set for clusters on Amazon Elastic Kubernetes Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub eks: Option<EksClusterParams>,
    /// Set for clusters on Google Kubernetes Engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gke: Option<GkeClusterParams>,
    /// Uid of the namespace kube-system, where it is what tells the cluster from others; the zero UUID is
    /// read as absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// Set for clusters that kOps runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub kops: Option<KopsClusterParams>,
    /// A name for people; the cluster's name at its provider when empty.
    pub name: String,
    /// Set for clusters on Oracle Kubernetes Engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub oke: Option<OkeClusterParams>,
    /// Set for clusters that run Red Hat OpenShift.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub openshift: Option<OpenshiftClusterParams>,
    /// The organisation to register it in; the caller's own when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub organization_id: Option<String>,
    /// Set for self-managed clusters on EC2 machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub self_hosted_with_ec2_nodes: Option<SelfHostedWithEc2NodesParams>,
}

/// Changes a cluster's credentials or the provider's settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1ClusterUpdate)]
pub struct ClusterUpdate {
    /// Set for clusters on Azure Kubernetes Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aks: Option<UpdateAksClusterParams>,
    /// Credentials as a JSON text: a service account key for GKE; client id, client secret or federation
    /// id, subscription and tenant for AKS. Kept secret, never returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub credentials: Option<String>,
    /// Set for clusters on Amazon Elastic Kubernetes Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub eks: Option<UpdateEksClusterParams>,
    /// Set for clusters on Google Kubernetes Engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gke: Option<UpdateGkeClusterParams>,
    /// Set for self-managed clusters on EC2 machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub self_hosted_with_ec2_nodes: Option<UpdateSelfHostedWithEc2NodesParams>,
}

/// How to disconnect a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1DisconnectConfig)]
pub struct DisconnectConfig {
    /// Whether to delete the nodes that were added for it; they stay when absent or false.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub delete_provisioned_nodes: Option<bool>,
    /// Whether to leave our in-cluster software where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub keep_kubernetes_resources: Option<bool>,
}

/// How to bring a cluster's cloud resources in line.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ReconcileClusterQuery {
    /// Whether to leave out reading the start-up data of AKS nodes.
    pub skip_aks_init_data: Option<bool>,
}

/// A key for the cluster's in-cluster software.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1CreateClusterTokenResponse)]
pub struct CreateClusterTokenResponse {
    /// The key. Shown in this answer only; earlier ones stay good.
    pub token: String,
}

/// Something a machine was told by its provider.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1CloudEvent)]
pub struct CloudEvent {
    /// What it was told: `interrupted` when it is about to be taken back, `rebalanceRecommendation` when
    /// that is likely.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub event_type: Option<String>,
    /// Id of the node, from its label `provisioner.cast.ai/node-id`; empty for nodes that were not added by
    /// us.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_id: Option<String>,
    /// State the node is in, where the event is about that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_state: Option<String>,
    /// The machine as the provider names it: the node's `spec.providerID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "aws:///eu-central-1a/i-0959f3a518cfe5cd1")]
    pub provider_id: Option<String>,
}
