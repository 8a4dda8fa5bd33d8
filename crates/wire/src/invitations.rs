//! Invitations to join an organisation.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::open_enum;
use crate::organizations::Membership;
use crate::page::PageQuery;

/// Which page of the invitations to list.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ListInvitationsQuery {
    /// At most this many items; without any paging parameter, everything is returned.
    #[serde(rename = "page.limit")]
    pub page_limit: Option<u32>,
    /// Where the previous page ended: its `nextCursor`.
    #[serde(rename = "page.cursor")]
    pub page_cursor: Option<String>,
}

impl ListInvitationsQuery {
    /// Which page of the list is asked for.
    pub fn page(&self) -> PageQuery {
        PageQuery { limit: self.page_limit, cursor: self.page_cursor.clone() }
    }
}

/// Invitations that were not taken up yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiUsersV1beta1ListInvitationsResponse)]
pub struct ListInvitationsResponse {
    /// The invitations, oldest first.
    pub invitations: Vec<PendingInvitation>,
    /// Where the next page begins, to be sent as `page.cursor`; empty at the end.
    pub next_cursor: String,
}

/// An invitation that was not taken up yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiUsersV1beta1PendingInvitation)]
pub struct PendingInvitation {
    /// Its id, a UUID.
    pub id: String,
    /// E-mail address of who is invited.
    #[schema(example = "grace@example.com")]
    pub invite_email: String,
    /// Role by its name, one of `owner`, `member`, `analyst`, `viewer`; role bindings say more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "member")]
    pub role: Option<String>,
    /// Roles and where they hold.
    pub role_bindings: Vec<InvitationRoleBinding>,
    /// Until when it can be taken up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub valid_until: Option<Timestamp>,
}

/// A role that comes with an invitation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiUsersV1beta1InvitationRoleBinding)]
pub struct InvitationRoleBinding {
    /// The role, by its id.
    pub role_id: String,
    /// Where the role holds; in the whole organisation when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scopes: Option<Vec<InvitationRoleBindingScope>>,
}

/// Where a role holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiUsersV1beta1InvitationRoleBindingScope)]
pub struct InvitationRoleBindingScope {
    /// Id of the organisation or the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// Which of the two it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub r#type: Option<ScopeType>,
}

open_enum! {
    /// Where a role can hold.
    #[schema_name = "CastaiRbacV1beta1ScopeType"]
    pub enum ScopeType {
        Cluster = "CLUSTER",
        Organization = "ORGANIZATION",
    }
}

/// Invites people to the caller's organisation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiUsersV1beta1CreateInvitationsRequest)]
pub struct CreateInvitationsRequest {
    /// Whom to invite, and as what.
    pub members: Vec<NewMembershipByEmail>,
}

/// Someone to invite.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiUsersV1beta1NewMembershipByEmail)]
pub struct NewMembershipByEmail {
    /// Groups to be in, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub group_ids: Option<Vec<String>>,
    /// Role by its name, one of `owner`, `member`, `analyst`, `viewer`; role bindings say more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "member")]
    pub role: Option<String>,
    /// Roles and where they hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub role_bindings: Option<Vec<InvitationRoleBinding>>,
    /// E-mail address of who is invited.
    #[schema(example = "grace@example.com")]
    pub user_email: String,
}

/// The invitations that were made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiUsersV1beta1CreateInvitationsResponse)]
pub struct CreateInvitationsResponse {
    /// Their ids, in the order of the request.
    pub invitation_ids: Vec<String>,
}

/// What taking up an invitation led to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiUsersV1beta1ClaimInvitationResponse)]
pub struct ClaimInvitationResponse {
    /// The membership that came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub membership: Option<Membership>,
    /// The organisation it belongs to.
    pub organization_id: String,
}
