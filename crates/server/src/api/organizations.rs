//! Organisations and the caller's own profile.

use axum::extract::{Path, State};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use wire::organizations::{ListOrganizationsResponse, Organization, OrganizationType, UserOrganization};
use wire::users::{CurrentUserProfile, User};

use crate::app::{App, organizations};
use crate::auth::permission::Role;
use crate::auth::principal::Principal;
use crate::http::api_router::{ApiError, ApiRouter};
use crate::http::error::ApiResult;
use crate::http::extract::Json;
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, ApiError> {
    router
        .add(operation!(current_user_profile))?
        .add(operation!(update_current_user_profile))?
        .add(operation!(list_organizations))?
        .add(operation!(create_organization))?
        .add(operation!(get_organization))?
        .add(operation!(edit_organization))
}

/// Who am I
///
/// Tells whose key the call was made with: a person, a service account, or a cluster, which has no
/// e-mail address.
#[utoipa::path(
    get, path = "/v1/me", operation_id = "UsersAPICurrentUserProfile", tag = "organizations",
    responses((status = 200, description = "The caller.", body = CurrentUserProfile)),
    extensions(("x-permission" = json!("authenticated")))
)]
async fn current_user_profile(
    State(app): State<App>,
    principal: Principal,
) -> ApiResult<Json<CurrentUserProfile>> {
    let actor = principal.actor();
    let username = match principal.user() {
        Some(user) => app.store.user(user).await?.map_or_else(String::new, |user| user.username),
        None => actor.name.clone(),
    };
    let email_hash = (!actor.email.is_empty()).then(|| hexadecimal(&Sha256::digest(&actor.email)));
    Ok(Json(CurrentUserProfile {
        email: actor.email,
        email_hash,
        id: actor.id,
        name: actor.name,
        username,
        ..CurrentUserProfile::default()
    }))
}

/// Change my profile
///
/// Changes the caller's name and user name, in every organisation they belong to; what is empty or
/// absent stays. The e-mail address cannot be changed.
#[utoipa::path(
    post, path = "/v1/me", operation_id = "UsersAPIUpdateCurrentUserProfile", tag = "organizations",
    request_body(content = User, example = json!({"email": "owner@supercargo.local", "name": "Ada Lovelace", "username": "ada"})),
    responses((status = 200, description = "The profile as it is now.", body = User)),
    extensions(("x-permission" = json!("account.write")))
)]
async fn update_current_user_profile(
    State(app): State<App>,
    principal: Principal,
    Json(body): Json<User>,
) -> ApiResult<Json<User>> {
    let user =
        organizations::rename_caller(&app, &principal, &body.email, &body.username, &body.name).await?;
    Ok(Json(user_to_wire(&user)))
}

/// List organisations
///
/// The organisations that the caller is a member of, the one that the key belongs to first. A key acts
/// in its own organisation alone.
#[utoipa::path(
    get, path = "/v1/organizations", operation_id = "UsersAPIListOrganizations", tag = "organizations",
    responses((status = 200, description = "The organisations.", body = ListOrganizationsResponse)),
    extensions(("x-permission" = json!("members.read")))
)]
async fn list_organizations(
    State(app): State<App>,
    principal: Principal,
) -> ApiResult<Json<ListOrganizationsResponse>> {
    let organizations = organizations::list(&app, &principal).await?;
    let organizations = organizations.iter().map(|(one, role)| seen_by_member(one, *role)).collect();
    Ok(Json(ListOrganizationsResponse { organizations }))
}

/// An organisation that was made, and the way into it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewOrganization {
    #[serde(flatten)]
    organization: Organization,
    /// A key of the caller as the organisation's owner. It is shown this once and cannot be had again.
    token: String,
}

/// Create an organisation
///
/// Makes an organisation with the caller as its owner. A key belongs to one organisation, so the answer
/// holds one for the new organisation.
#[utoipa::path(
    post, path = "/v1/organizations", operation_id = "UsersAPICreateOrganization", tag = "organizations",
    request_body(content = Organization, example = json!({"name": "Research"})),
    responses((status = 200, description = "The organisation, with a key for it.", body = NewOrganization)),
    extensions(("x-permission" = json!("members.write")))
)]
async fn create_organization(
    State(app): State<App>,
    principal: Principal,
    Json(body): Json<Organization>,
) -> ApiResult<Json<NewOrganization>> {
    let (organization, key) = organizations::create(&app, &principal, &body.name).await?;
    Ok(Json(NewOrganization { organization: to_wire(&organization), token: key.reveal().to_owned() }))
}

/// Get an organisation
///
/// The organisation that the key belongs to; for a key, no other exists.
#[utoipa::path(
    get, path = "/v1/organizations/{id}", operation_id = "UsersAPIGetOrganization", tag = "organizations",
    params(("id" = String, Path, description = "The organisation's id.")),
    responses((status = 200, description = "The organisation.", body = Organization)),
    extensions(("x-permission" = json!("members.read")))
)]
async fn get_organization(
    State(app): State<App>,
    principal: Principal,
    Path(organization): Path<String>,
) -> ApiResult<Json<Organization>> {
    let id = organizations::own(&principal, &organization)?;
    Ok(Json(to_wire(&organizations::get(&app, id).await?)))
}

/// Rename an organisation
///
/// Gives the organisation another name.
#[utoipa::path(
    post, path = "/v1/organizations/{id}", operation_id = "UsersAPIEditOrganization", tag = "organizations",
    params(("id" = String, Path, description = "The organisation's id.")),
    request_body(content = Organization, example = json!({"name": "Research and development"})),
    responses((status = 200, description = "The organisation as it is now.", body = Organization)),
    extensions(("x-permission" = json!("members.write")))
)]
async fn edit_organization(
    State(app): State<App>,
    principal: Principal,
    Path(organization): Path<String>,
    Json(body): Json<Organization>,
) -> ApiResult<Json<Organization>> {
    organizations::own(&principal, &organization)?;
    Ok(Json(to_wire(&organizations::rename(&app, &principal, &body.name).await?)))
}

/// A person, as several areas show them.
pub(super) fn user_to_wire(user: &store::User) -> User {
    User {
        id: Some(user.id.to_string()),
        email: user.email.clone(),
        name: user.name.clone(),
        username: user.username.clone(),
        ..User::default()
    }
}

fn to_wire(organization: &store::Organization) -> Organization {
    Organization {
        id: Some(organization.id.to_string()),
        name: organization.name.clone(),
        created_at: Some(organization.created_at),
        r#type: Some(OrganizationType::Default),
        ..Organization::default()
    }
}

fn seen_by_member(organization: &store::Organization, role: Role) -> UserOrganization {
    UserOrganization {
        id: organization.id.to_string(),
        name: organization.name.clone(),
        created_at: Some(organization.created_at),
        organization_member: Some(true),
        role: Some(role.to_string()),
        r#type: Some(OrganizationType::Default),
        ..UserOrganization::default()
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
