//! Members of an organisation, and their roles as role bindings.

use axum::extract::{Path, State};
use model::UserId;
use wire::organizations::{
    ListOrganizationUsersQuery, ListOrganizationUsersResponse, Membership, NewMembership,
    RemoveOrganizationUsersQuery,
};
use wire::proto::Empty;

use super::organizations::user_to_wire;
use crate::app::{App, members, organizations};
use crate::auth::principal::Principal;
use crate::http::api_router::{self, ApiRouter};
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::{Json, Query, id};
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, api_router::ApiError> {
    router
        .add(operation!(list_organization_users))?
        .add(operation!(add_user_to_organization))?
        .add(operation!(remove_organization_users))?
        .add(operation!(remove_user_from_organization))
}

/// List members
///
/// The organisation's members in the order in which they joined, with their roles. There are no groups
/// of members.
#[utoipa::path(
    get, path = "/v1/organizations/{organizationId}/users", operation_id = "UsersAPIListOrganizationUsers",
    tag = "organizations",
    params(("organizationId" = String, Path, description = "The organisation's id."), ListOrganizationUsersQuery),
    responses((status = 200, description = "The members.", body = ListOrganizationUsersResponse)),
    extensions(("x-permission" = json!("members.read")))
)]
async fn list_organization_users(
    State(app): State<App>,
    principal: Principal,
    Path(organization): Path<String>,
    Query(query): Query<ListOrganizationUsersQuery>,
) -> ApiResult<Json<ListOrganizationUsersResponse>> {
    organizations::own(&principal, &organization)?;
    let members = members::list(&app, &principal).await?;
    let wanted = |member: &&members::Seen| {
        query.role_id.as_ref().is_none_or(|ids| ids.contains(&member.member.role_id.to_string()))
    };
    let groups = query.include_groups.unwrap_or(false).then(Vec::new);
    let to_wire = |seen: &members::Seen| Membership {
        login_at: seen.last_seen,
        groups: groups.clone(),
        ..membership(&seen.member, seen.role)
    };
    Ok(Json(ListOrganizationUsersResponse { users: members.iter().filter(wanted).map(to_wire).collect() }))
}

/// Add a member
///
/// Makes a user whose id is known a member; people whose id is not known are invited. Without a role, a
/// new member is a viewer. For somebody who is a member, changes the role, or nothing when none is given.
#[utoipa::path(
    post, path = "/v1/organizations/{organizationId}/users", operation_id = "UsersAPIAddUserToOrganization",
    tag = "organizations",
    params(("organizationId" = String, Path, description = "The organisation's id.")),
    request_body(content = NewMembership, example = json!({"userId": "7f4d2c6e-0b1a-4c55-9d3e-2a8f5b6c7d80", "role": "analyst"})),
    responses(
        (status = 200, description = "The user is a member.", body = Empty),
        (status = 409, description = "The last owner would become something else."),
    ),
    extensions(("x-permission" = json!("members.write")))
)]
async fn add_user_to_organization(
    State(app): State<App>,
    principal: Principal,
    Path(organization): Path<String>,
    Json(body): Json<NewMembership>,
) -> ApiResult<Json<Empty>> {
    organizations::own(&principal, &organization)?;
    let role = body.role.as_deref().filter(|role| !role.is_empty());
    let role = role.map(|role| members::role("role", role)).transpose()?;
    members::add(&app, &principal, id("user", &body.user_id)?, role).await?;
    Ok(Json(Empty {}))
}

/// Remove members
///
/// Takes several users out of the organisation, all or none of them; their keys and sessions end.
#[utoipa::path(
    delete, path = "/v1/organizations/{organizationId}/users", operation_id = "UsersAPIRemoveOrganizationUsers",
    tag = "organizations",
    params(("organizationId" = String, Path, description = "The organisation's id."), RemoveOrganizationUsersQuery),
    responses(
        (status = 200, description = "They are members no more.", body = Empty),
        (status = 409, description = "No owner would be left."),
    ),
    extensions(("x-permission" = json!("members.write")))
)]
async fn remove_organization_users(
    State(app): State<App>,
    principal: Principal,
    Path(organization): Path<String>,
    Query(query): Query<RemoveOrganizationUsersQuery>,
) -> ApiResult<Json<Empty>> {
    organizations::own(&principal, &organization)?;
    let users: ApiResult<Vec<UserId>> = query.users.iter().map(|user| id("user", user)).collect();
    let mut users = users?;
    users.sort_unstable();
    users.dedup();
    if users.is_empty() {
        return Err(ApiError::field("users", "must name at least one user"));
    }
    members::remove(&app, &principal, &users).await?;
    Ok(Json(Empty {}))
}

/// Remove a member
///
/// Takes a user out of the organisation: their role, keys and sessions end within a second. The last
/// owner cannot be removed.
#[utoipa::path(
    delete, path = "/v1/organizations/{organizationId}/users/{userId}",
    operation_id = "UsersAPIRemoveUserFromOrganization", tag = "organizations",
    params(
        ("organizationId" = String, Path, description = "The organisation's id."),
        ("userId" = String, Path, description = "The user's id."),
    ),
    responses(
        (status = 200, description = "The user is a member no more.", body = Empty),
        (status = 409, description = "The user is the last owner."),
    ),
    extensions(("x-permission" = json!("members.write")))
)]
async fn remove_user_from_organization(
    State(app): State<App>,
    principal: Principal,
    Path((organization, user)): Path<(String, String)>,
) -> ApiResult<Json<Empty>> {
    organizations::own(&principal, &organization)?;
    members::remove(&app, &principal, &[id("user", &user)?]).await?;
    Ok(Json(Empty {}))
}

/// A membership, as several areas show it.
pub(super) fn membership(member: &store::Member, role: crate::auth::permission::Role) -> Membership {
    Membership {
        created_at: Some(member.member_since),
        groups: None,
        login_at: None,
        role: Some(role.to_string()),
        user: user_to_wire(&member.user),
    }
}
