//! Who has which role, and where it holds.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::open_enum;
use crate::page::PageQuery;

/// Which role bindings to list.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ListRoleBindingsQuery {
    /// At most this many items; without any paging parameter, everything is returned.
    #[serde(rename = "page.limit")]
    pub page_limit: Option<u32>,
    /// Where the previous page ended: its `nextCursor`.
    #[serde(rename = "page.cursor")]
    pub page_cursor: Option<String>,
    /// Only bindings of these roles.
    pub role_id: Option<Vec<String>>,
    /// Only bindings of these groups.
    pub group_id: Option<Vec<String>>,
    /// Only bindings that hold in these organisations or clusters, by id.
    pub scope_id: Option<Vec<String>>,
    /// Only bindings that hold in a scope of these kinds: `ORGANIZATION` or `CLUSTER`.
    #[param(inline)]
    pub scope_type: Option<Vec<BindingScopeType>>,
    /// Only bindings of subjects of these kinds: `SUBJECT_USER`, `SUBJECT_SERVICE_ACCOUNT` or
    /// `SUBJECT_GROUP`.
    #[param(inline)]
    pub subject_type: Option<Vec<BindingSubjectType>>,
    /// Only bindings of these users, service accounts or groups, by id.
    pub subject_id: Option<Vec<String>>,
}

impl ListRoleBindingsQuery {
    /// Which page of the list is asked for.
    pub fn page(&self) -> PageQuery {
        PageQuery { limit: self.page_limit, cursor: self.page_cursor.clone() }
    }
}

open_enum! {
    /// Where a role can hold.
    #[schema_name = "BindingScopeType"]
    pub enum BindingScopeType {
        Cluster = "CLUSTER",
        Organization = "ORGANIZATION",
    }
}

open_enum! {
    /// Who can have a role.
    #[schema_name = "BindingSubjectType"]
    pub enum BindingSubjectType {
        Group = "SUBJECT_GROUP",
        ServiceAccount = "SUBJECT_SERVICE_ACCOUNT",
        User = "SUBJECT_USER",
    }
}

/// Role bindings of an organisation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiRbacV1beta1ListRoleBindingsResponse)]
pub struct ListRoleBindingsResponse {
    /// Where the next page begins.
    pub next_page: Page,
    /// The bindings: users in the order in which they joined, then service accounts.
    pub role_bindings: Vec<RoleBinding>,
    /// How many there are on all pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub total_count: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiPaginationV1beta1Page)]
pub struct Page {
    /// To be sent as `page.cursor`; empty at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cursor: Option<String>,
    /// At most this many items.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub limit: Option<String>,
}

/// A role and who has it where.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiRbacV1beta1RoleBinding)]
pub struct RoleBinding {
    /// When it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub created_at: Option<Timestamp>,
    /// The role, who has it, and where it holds.
    pub definition: RoleBindingDefinition,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub description: Option<String>,
    /// Its id, a UUID.
    pub id: String,
    /// What keeps it, where it is not kept by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "terraform")]
    pub managed_by: Option<String>,
    /// A name for people.
    pub name: String,
    /// The organisation it belongs to.
    pub organization_id: String,
    /// Whether it is in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub status: Option<Vec<RoleBindingStatus>>,
    /// When it last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub updated_at: Option<Timestamp>,
}

/// Which role, of whom, where.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiRbacV1beta1RoleBindingDefinition)]
pub struct RoleBindingDefinition {
    /// The organisation of an enterprise that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub child_organization_id: Option<String>,
    /// The role, by its id.
    pub role_id: String,
    /// Where the role holds.
    pub scopes: Vec<Scope>,
    /// Who has the role.
    pub subjects: Vec<Subject>,
}

/// Where a role holds: exactly one of its fields is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiRbacV1beta1Scope)]
pub struct Scope {
    /// In a cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cluster: Option<ClusterScope>,
    /// In a whole organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub organization: Option<OrganizationScope>,
    /// For a resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub resource: Option<ResourceScope>,
}

/// A cluster in which a role holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiRbacV1beta1ClusterScope)]
pub struct ClusterScope {
    /// Its id, a UUID.
    pub id: String,
}

/// An organisation in which a role holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiRbacV1beta1OrganizationScope)]
pub struct OrganizationScope {
    /// Its id, a UUID.
    pub id: String,
}

/// A resource for which a role holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiRbacV1beta1ResourceScope)]
pub struct ResourceScope {
    /// Its id, a UUID.
    pub id: String,
}

/// Who has a role: exactly one of its fields is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiRbacV1beta1Subject)]
pub struct Subject {
    /// A group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub group: Option<GroupSubject>,
    /// A service account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub service_account: Option<ServiceAccountSubject>,
    /// A user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub user: Option<UserSubject>,
}

/// A group that has a role.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiRbacV1beta1GroupSubject)]
pub struct GroupSubject {
    /// Its id, a UUID.
    pub id: String,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
}

/// A service account that has a role.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiRbacV1beta1ServiceAccountSubject)]
pub struct ServiceAccountSubject {
    /// Its id, a UUID.
    pub id: String,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
}

/// A user who has a role.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiRbacV1beta1UserSubject)]
pub struct UserSubject {
    /// E-mail address.
    #[schema(example = "ada@example.com")]
    pub email: String,
    /// Its id, a UUID.
    pub id: String,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
}

/// Whether a binding is in force.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiRbacV1beta1RoleBindingStatus)]
pub struct RoleBindingStatus {
    /// Why it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub message: Option<String>,
    /// What enforces it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub policies: Option<Vec<PolicyId>>,
    /// Where it stands.
    pub state: PoliciesState,
    /// When that was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub updated_at: Option<Timestamp>,
}

/// What enforces a role binding.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiRbacV1beta1PolicyID)]
pub struct PolicyId {
    /// Its id, a UUID.
    pub id: String,
}

open_enum! {
    /// Where a role binding stands.
    #[schema_name = "CastaiRbacV1beta1PoliciesState"]
    pub enum PoliciesState {
        Accepted = "ACCEPTED",
        Created = "CREATED",
        Failed = "FAILED",
        Unknown = "UNKNOWN",
    }
}
