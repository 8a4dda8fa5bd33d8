//! API keys.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::open_enum;

/// Which API keys to list.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ListAuthTokensQuery {
    /// Only keys that this user created.
    pub user_id: Option<String>,
    /// Of which organisations: of the caller's own when absent.
    #[param(inline)]
    pub organizations: Option<OrganizationsScope>,
}

open_enum! {
    /// Of which organisations API keys are listed.
    #[schema_name = "OrganizationsScope"]
    pub enum OrganizationsScope {
        /// Of all that the caller is a member of.
        All = "ALL",
        Unspecified = "ORGANIZATIONS_UNSPECIFIED",
    }
}

/// API keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAuthtokenV1beta1ListAuthTokensResponse)]
pub struct ListAuthTokensResponse {
    /// The keys, newest first.
    pub items: Vec<AuthToken>,
}

/// An API key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAuthtokenV1beta1AuthToken)]
pub struct AuthToken {
    /// Whether it is accepted. One that is not stays listed and can be made active again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub active: Option<bool>,
    /// When it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub created_at: Option<Timestamp>,
    /// Id of the user who created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub created_by: Option<String>,
    /// When it ceases to be accepted; absent for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expires_at: Option<Timestamp>,
    /// Its id, a UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// When it was last used, to within a minute; absent when never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub last_used_at: Option<Timestamp>,
    /// What it is for, in the words of whoever created it.
    pub name: String,
    /// The organisation it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub organization_id: Option<String>,
    /// Whether it may only read.
    pub readonly: bool,
    /// The key itself, in the answer that created it and nowhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub token: Option<String>,
    /// How the key begins: enough to recognise it, too little to use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub token_prefix: Option<String>,
}

/// Changes an API key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAuthtokenV1beta1AuthTokenUpdate)]
pub struct AuthTokenUpdate {
    /// Whether it is accepted from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub active: Option<bool>,
}
