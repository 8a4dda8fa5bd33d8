//! People, and the one who is calling.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The user who is calling.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiUsersV1beta1CurrentUserProfileResponse)]
pub struct CurrentUserProfile {
    /// E-mail address.
    #[schema(example = "ada@example.com")]
    pub email: String,
    /// SHA-256 of the e-mail address, in hexadecimal: for support tools that must not see the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub email_hash: Option<String>,
    /// Names the browser the user is known by.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub fingerprint: Option<String>,
    /// Whether this is the user's first visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub first_login: Option<bool>,
    /// Whether the user is known to sales; always false here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub has_hubspot_contact: Option<bool>,
    /// Its id, a UUID.
    pub id: String,
    /// Full name.
    pub name: String,
    /// Token for a documentation site; always absent here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub readme_io_jwt: Option<String>,
    /// Name to log in by.
    #[schema(example = "ada")]
    pub username: String,
}

/// A person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiUsersV1beta1User)]
pub struct User {
    /// Who vouches for the person's identity, such as `sso`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub auth_provider: Option<String>,
    /// E-mail address.
    #[schema(example = "ada@example.com")]
    pub email: String,
    /// Whether the user is known to sales; always false here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub has_hubspot_contact: Option<bool>,
    /// Its id, a UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// Full name.
    pub name: String,
    /// The person's id at whoever vouches for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub oid: Option<String>,
    /// Whom the user was referred by.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub refer_id: Option<i32>,
    /// The visit of the referral.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub refer_visit: Option<i32>,
    /// Whether the directory the user comes from has it active; absent for users of no directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scim_active: Option<bool>,
    /// Name to log in by.
    #[schema(example = "ada")]
    pub username: String,
}
