//! Who has which role. A role comes with a membership and holds in the whole organisation, so each
//! member and each service account has exactly one binding, which bears their id.

use axum::extract::{Path, State};
use model::Timestamp;
use store::Page;
use wire::role_bindings::{
    BindingScopeType, BindingSubjectType, ListRoleBindingsQuery, ListRoleBindingsResponse, OrganizationScope,
    Page as NextPage, RoleBinding, RoleBindingDefinition, Scope, ServiceAccountSubject, Subject, UserSubject,
};

use crate::app::{App, organizations};
use crate::auth::permission::Role;
use crate::auth::principal::Principal;
use crate::http::api_router::{ApiError, ApiRouter};
use crate::http::error::ApiResult;
use crate::http::extract::{Json, Query};
use crate::http::page::Slice;
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, ApiError> {
    router.add(operation!(list_role_bindings))
}

/// List role bindings
///
/// The roles of members and service accounts: users in the order in which they joined, then service
/// accounts. Roles hold in the whole organisation; there are no groups.
#[utoipa::path(
    get, path = "/v1/organizations/{organizationId}/role-bindings",
    operation_id = "RbacServiceAPIListRoleBindings", tag = "organizations",
    params(("organizationId" = String, Path, description = "The organisation's id."), ListRoleBindingsQuery),
    responses((status = 200, description = "The bindings.", body = ListRoleBindingsResponse)),
    extensions(("x-permission" = json!("members.read")))
)]
async fn list_role_bindings(
    State(app): State<App>,
    principal: Principal,
    Path(organization): Path<String>,
    Query(query): Query<ListRoleBindingsQuery>,
) -> ApiResult<Json<ListRoleBindingsResponse>> {
    let organization = organizations::own(&principal, &organization)?;
    let mut holders: Vec<Holder> = Vec::new();
    for member in app.store.members(organization).await? {
        holders.push(Holder::of_member(member));
    }
    for account in app.store.service_accounts(organization, &Page::ALL).await?.items {
        holders.push(Holder::of_service_account(account));
    }
    let organization = organization.to_string();
    let wanted: Vec<Holder> =
        holders.into_iter().filter(|holder| holder.matches(&query, &organization)).collect();
    let total = wanted.len();
    let slice = Slice {
        limit: query.page_limit,
        after: query.page_cursor.as_deref(),
        names: ["page.limit", "page.cursor"],
    };
    let (page, next) = slice.cut(wanted, Holder::key)?;
    Ok(Json(ListRoleBindingsResponse {
        next_page: NextPage {
            cursor: Some(next.unwrap_or_default()),
            limit: query.page_limit.map(|limit| limit.to_string()),
        },
        role_bindings: page.into_iter().map(|holder| holder.into_binding(&organization)).collect(),
        total_count: Some(total.to_string()),
    }))
}

/// Who has a role, and since when.
struct Holder {
    id: String,
    name: String,
    role: Option<Role>,
    role_id: String,
    since: Timestamp,
    kind: BindingSubjectType,
    subject: Subject,
}

impl Holder {
    fn of_member(member: store::Member) -> Self {
        let id = member.user.id.to_string();
        let user = UserSubject { id: id.clone(), email: member.user.email, name: Some(member.user.name) };
        Self {
            id,
            name: member.user.username,
            role: Role::of(member.role_id),
            role_id: member.role_id.to_string(),
            since: member.member_since,
            kind: BindingSubjectType::User,
            subject: Subject { user: Some(user), ..Subject::default() },
        }
    }

    fn of_service_account(account: store::ServiceAccount) -> Self {
        let id = account.id.to_string();
        let subject = ServiceAccountSubject { id: id.clone(), name: Some(account.name.clone()) };
        Self {
            id,
            name: account.name,
            role: Role::of(account.role_id),
            role_id: account.role_id.to_string(),
            since: account.created_at,
            kind: BindingSubjectType::ServiceAccount,
            subject: Subject { service_account: Some(subject), ..Subject::default() },
        }
    }

    fn matches(&self, query: &ListRoleBindingsQuery, organization: &str) -> bool {
        fn is_in<T: PartialEq>(wanted: &Option<Vec<T>>, actual: &T) -> bool {
            wanted.as_ref().is_none_or(|wanted| wanted.contains(actual))
        }
        is_in(&query.role_id, &self.role_id)
            && is_in(&query.scope_id, &organization.to_owned())
            && is_in(&query.scope_type, &BindingScopeType::Organization)
            && is_in(&query.subject_id, &self.id)
            && is_in(&query.subject_type, &self.kind)
            && query.group_id.is_none()
    }

    /// The place in the list.
    fn key(&self) -> (bool, i64, String) {
        (self.kind != BindingSubjectType::User, self.since.as_microsecond(), self.id.clone())
    }

    fn into_binding(self, organization: &str) -> RoleBinding {
        let role = self.role.map_or("unknown", Role::as_str);
        let scope = OrganizationScope { id: organization.to_owned() };
        RoleBinding {
            created_at: Some(self.since),
            definition: RoleBindingDefinition {
                child_organization_id: None,
                role_id: self.role_id,
                scopes: vec![Scope { organization: Some(scope), ..Scope::default() }],
                subjects: vec![self.subject],
            },
            description: None,
            id: self.id,
            managed_by: None,
            name: format!("organization-binding-{role}-{}", self.name),
            organization_id: organization.to_owned(),
            status: None,
            updated_at: None,
        }
    }
}
