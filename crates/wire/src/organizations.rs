//! Organisations and their members.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::open_enum;
use crate::users::User;

/// The organisations of the caller.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiUsersV1beta1ListOrganizationsResponse)]
pub struct ListOrganizationsResponse {
    /// The organisations, the one the key belongs to first.
    pub organizations: Vec<UserOrganization>,
}

/// An organisation as one of its members sees it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiUsersV1beta1UserOrganization)]
pub struct UserOrganization {
    /// Whether members are kept from giving roles higher than their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub block_escalated_privilege: Option<bool>,
    /// Place among the organisations of an enterprise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub child_order_id: Option<i32>,
    /// When it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub created_at: Option<Timestamp>,
    /// Its id, a UUID.
    pub id: String,
    /// Whether the organisation is the operator's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub internal: Option<bool>,
    /// A name for people.
    pub name: String,
    /// Whether the caller is a member itself, rather than by way of an enterprise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub organization_member: Option<bool>,
    /// The enterprise it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub parent_id: Option<String>,
    /// Role by its name, one of `owner`, `member`, `analyst`, `viewer`; role bindings say more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "member")]
    pub role: Option<String>,
    /// What kind of organisation it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub r#type: Option<OrganizationType>,
}

open_enum! {
    /// Kind of an organisation.
    #[schema_name = "CastaiUsersV1beta1OrganizationType"]
    pub enum OrganizationType {
        /// Belongs to an enterprise.
        Child = "ORGANIZATION_TYPE_CHILD",
        Default = "ORGANIZATION_TYPE_DEFAULT",
        /// Has organisations of its own.
        Enterprise = "ORGANIZATION_TYPE_ENTERPRISE",
    }
}

/// An organisation: what it owns is seen by its members alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiUsersV1beta1Organization)]
pub struct Organization {
    /// How it pays; always absent here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub billing_type: Option<String>,
    /// When it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub created_at: Option<Timestamp>,
    /// Its id, a UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// How it is tied to others.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub metadata: Option<OrganizationMetadata>,
    /// A name for people.
    pub name: String,
    /// The enterprise it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub parent_id: Option<String>,
    /// What kind of organisation it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub r#type: Option<OrganizationType>,
}

/// How an organisation is tied to others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiUsersV1beta1OrganizationMetadata)]
pub struct OrganizationMetadata {
    /// The enterprise it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub parent_organization_id: Option<String>,
    /// Its id at a partner that brought it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub partner_tenant_id: Option<String>,
}

/// Which members to list.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ListOrganizationUsersQuery {
    /// Whether to say which groups each member is in.
    pub include_groups: Option<bool>,
    /// Only members who have one of these roles.
    pub role_id: Option<Vec<String>>,
}

/// Members of an organisation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiUsersV1beta1ListOrganizationUsersResponse)]
pub struct ListOrganizationUsersResponse {
    /// The members, in the order in which they joined.
    pub users: Vec<Membership>,
}

/// A member of an organisation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiUsersV1beta1Membership)]
pub struct Membership {
    /// When the member joined.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub created_at: Option<Timestamp>,
    /// Groups the member is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub groups: Option<Vec<GroupRef>>,
    /// When the member was last here; absent when never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub login_at: Option<Timestamp>,
    /// Role by its name, one of `owner`, `member`, `analyst`, `viewer`; role bindings say more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "member")]
    pub role: Option<String>,
    /// The person.
    pub user: User,
}

/// A group of members.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiUsersV1beta1GroupRef)]
pub struct GroupRef {
    /// Its id, a UUID.
    pub id: String,
    /// A name for people.
    pub name: String,
}

/// A user to make a member.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiUsersV1beta1NewMembership)]
pub struct NewMembership {
    /// Role by its name, one of `owner`, `member`, `analyst`, `viewer`; role bindings say more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "member")]
    pub role: Option<String>,
    /// The user, by its id.
    pub user_id: String,
}

/// Whom to remove.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct RemoveOrganizationUsersQuery {
    /// Ids of the users to remove.
    pub users: Vec<String>,
}
