//! API keys.

use axum::extract::{Path, State};
use store::ApiKey;
use wire::auth_tokens::{AuthToken, AuthTokenUpdate, ListAuthTokensQuery, ListAuthTokensResponse};
use wire::proto::Empty;

use crate::app::{App, keys};
use crate::auth::principal::Principal;
use crate::http::api_router::{ApiError, ApiRouter};
use crate::http::error::ApiResult;
use crate::http::extract::{Json, Query, id};
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, ApiError> {
    router
        .add(operation!(list_auth_tokens))?
        .add(operation!(create_auth_token))?
        .add(operation!(get_auth_token))?
        .add(operation!(update_auth_token))?
        .add(operation!(delete_auth_token))
}

/// List API keys
///
/// The keys of the organisation's users and service accounts, oldest first, without their text, which
/// nobody knows any more. An owner sees all, a member their own. Clients call this first to see
/// whether their key is accepted.
#[utoipa::path(
    get, path = "/v1/auth/tokens", operation_id = "AuthTokenAPIListAuthTokens", tag = "auth-tokens",
    params(ListAuthTokensQuery),
    responses((status = 200, description = "The keys.", body = ListAuthTokensResponse)),
    extensions(("x-permission" = json!("authenticated")))
)]
async fn list_auth_tokens(
    State(app): State<App>,
    principal: Principal,
    Query(query): Query<ListAuthTokensQuery>,
) -> ApiResult<Json<ListAuthTokensResponse>> {
    let keys = keys::list(&app, &principal).await?;
    let by_user = |key: &ApiKey| query.user_id.as_ref().is_none_or(|user| key.subject.id() == *user);
    Ok(Json(ListAuthTokensResponse { items: keys.iter().filter(|key| by_user(key)).map(to_wire).collect() }))
}

/// Create an API key
///
/// Makes a key for the caller, with the caller's role. The answer holds its text in `token`; it is
/// shown this once and cannot be had again.
#[utoipa::path(
    post, path = "/v1/auth/tokens", operation_id = "AuthTokenAPICreateAuthToken", tag = "auth-tokens",
    request_body(content = AuthToken, example = json!({"name": "terraform", "readonly": false, "expiresAt": "2027-11-02T00:00:00Z"})),
    responses((status = 200, description = "The key, with its text.", body = AuthToken)),
    extensions(("x-permission" = json!("keys.write")))
)]
async fn create_auth_token(
    State(app): State<App>,
    principal: Principal,
    Json(body): Json<AuthToken>,
) -> ApiResult<Json<AuthToken>> {
    let wanted = keys::NewKey {
        name: body.name,
        readonly: body.readonly,
        active: body.active.unwrap_or(true),
        expires_at: body.expires_at,
    };
    let (key, text) = keys::create(&app, &principal, wanted).await?;
    Ok(Json(AuthToken { token: Some(text.reveal().to_owned()), ..to_wire(&key) }))
}

/// Get an API key
///
/// What is known of a key; not its text.
#[utoipa::path(
    get, path = "/v1/auth/tokens/{id}", operation_id = "AuthTokenAPIGetAuthToken", tag = "auth-tokens",
    params(("id" = String, Path, description = "The key's id.")),
    responses((status = 200, description = "The key.", body = AuthToken)),
    extensions(("x-permission" = json!("keys.read")))
)]
async fn get_auth_token(
    State(app): State<App>,
    principal: Principal,
    Path(key): Path<String>,
) -> ApiResult<Json<AuthToken>> {
    Ok(Json(to_wire(&keys::get(&app, &principal, id("key", &key)?).await?)))
}

/// Enable or disable an API key
///
/// A disabled key is refused within a second, stays listed, and can be enabled again.
#[utoipa::path(
    post, path = "/v1/auth/tokens/{id}", operation_id = "AuthTokenAPIUpdateAuthToken", tag = "auth-tokens",
    params(("id" = String, Path, description = "The key's id.")),
    request_body(content = AuthTokenUpdate, example = json!({"active": false})),
    responses((status = 200, description = "The key as it is now.", body = AuthToken)),
    extensions(("x-permission" = json!("keys.write")))
)]
async fn update_auth_token(
    State(app): State<App>,
    principal: Principal,
    Path(key): Path<String>,
    Json(body): Json<AuthTokenUpdate>,
) -> ApiResult<Json<AuthToken>> {
    Ok(Json(to_wire(&keys::set_active(&app, &principal, id("key", &key)?, body.active).await?)))
}

/// Delete an API key
///
/// The key, and the sessions opened with it, are refused within a second.
#[utoipa::path(
    delete, path = "/v1/auth/tokens/{id}", operation_id = "AuthTokenAPIDeleteAuthToken", tag = "auth-tokens",
    params(("id" = String, Path, description = "The key's id.")),
    responses((status = 200, description = "It is gone.", body = Empty)),
    extensions(("x-permission" = json!("keys.write")))
)]
async fn delete_auth_token(
    State(app): State<App>,
    principal: Principal,
    Path(key): Path<String>,
) -> ApiResult<Json<Empty>> {
    keys::delete(&app, &principal, id("key", &key)?).await?;
    Ok(Json(Empty {}))
}

fn to_wire(key: &ApiKey) -> AuthToken {
    AuthToken {
        active: Some(key.active),
        created_at: Some(key.created_at),
        created_by: Some(key.created_by.clone()),
        expires_at: key.expires_at,
        id: Some(key.id.to_string()),
        last_used_at: key.last_used_at,
        name: key.name.clone(),
        organization_id: Some(key.organization_id.to_string()),
        readonly: key.readonly,
        token: None,
        token_prefix: Some(key.prefix.clone()),
    }
}
