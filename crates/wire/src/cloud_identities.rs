//! Identities at the providers by which machines of a cluster are managed.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::proto::Object;
use crate::providers::UpdateGkeClusterParams;

/// The AWS principal that may assume the cluster's role.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1GetAssumeRolePrincipalResponse)]
pub struct GetAssumeRolePrincipalResponse {
    /// ARN of the principal; empty when there is none yet.
    #[schema(example = "arn:aws:iam::123456789012:user/supercargo")]
    pub arn: String,
}

/// The AWS principal that was made for a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1CreateAssumeRolePrincipalResponse)]
pub struct CreateAssumeRolePrincipalResponse {
    /// ARN of the principal, to be trusted by the cluster's role.
    #[schema(example = "arn:aws:iam::123456789012:user/supercargo")]
    pub arn: String,
}

/// The AWS user that may assume the cluster's role.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1GetAssumeRoleUserResponse)]
pub struct GetAssumeRoleUserResponse {
    /// ARN of the user; empty when there is none.
    #[schema(example = "arn:aws:iam::123456789012:user/supercargo")]
    pub arn: String,
}

/// Asks for the identity that federated credentials are to trust.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1ImpersonationServiceAccountRequest)]
pub struct ImpersonationServiceAccountRequest {
    /// For which kind of cluster, such as `aks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "aws")]
    pub provider: Option<String>,
}

/// The identity that federated credentials are to trust.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1ImpersonationServiceAccountResponse)]
pub struct ImpersonationServiceAccountResponse {
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "ada@example.com")]
    pub email: Option<String>,
    /// Its id, the subject of the federation.
    pub id: String,
}

/// Asks for a service account that may impersonate one in the cluster's project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalClusterAPIGKECreateSARequest)]
pub struct GkeCreateServiceAccountRequest {
    /// Set for clusters on Google Kubernetes Engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gke: Option<UpdateGkeClusterParams>,
}

/// The service account that may impersonate one in the cluster's project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1GKECreateSAResponse)]
pub struct GkeCreateServiceAccountResponse {
    /// Its e-mail address.
    pub service_account: String,
}

/// Asks for a service account for machines in Google Cloud.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalClusterAPIGCPCreateSARequest)]
pub struct GcpCreateServiceAccountRequest {
    /// Settings for a cluster on AKS that has machines in Google Cloud.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aks: Option<Object>,
    /// Set for clusters on Google Kubernetes Engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gke: Option<UpdateGkeClusterParams>,
}

/// The service account for machines in Google Cloud.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalclusterV1GCPCreateSAResponse)]
pub struct GcpCreateServiceAccountResponse {
    /// Its e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub service_account_email: Option<String>,
    /// Its unique id, a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub service_account_id: Option<String>,
}
