//! Signing in from a browser: a key once, then a cookie. Ours; the contract has no such operations.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::{App, sessions};
use crate::auth::permission::Permission;
use crate::auth::principal::Principal;
use crate::auth::session::{clear_cookie, csrf_token, session_cookie, set_cookie};
use crate::http::api_router::{ApiError, ApiRouter};
use crate::http::error::ApiResult;
use crate::http::extract::Json;
use crate::http::listen::OverTls;
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, ApiError> {
    router.add(operation!(create_session))?.add(operation!(get_session))?.add(operation!(delete_session))
}

/// A session that was opened.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewSession {
    /// To be sent in the header `X-CSRF-Token` with every call that changes something.
    pub csrf_token: String,
    /// When the session ends at the latest, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: model::Timestamp,
}

/// Who is calling.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionInfo {
    /// The caller's name.
    pub name: String,
    /// The caller's e-mail address; empty for a cluster's components.
    pub email: String,
    /// The role in the organisation: owner, member, analyst, viewer or cluster-agent.
    #[schema(example = "owner")]
    pub role: String,
    /// The organisation's id.
    #[schema(format = "uuid")]
    pub organization_id: String,
    /// Whether the key behind it may only read.
    pub readonly: bool,
    /// The session's CSRF token; absent for a call with a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub csrf_token: Option<String>,
    /// The permissions it has, by name.
    #[schema(example = json!(["clusters.read", "costs.read"]))]
    pub permissions: Vec<String>,
}

/// Open a session
///
/// Exchanges the key that the call is made with for a session cookie (HttpOnly, SameSite=Strict), so
/// that a browser need not keep the key. The session can do what the key can do, for as long as the
/// key works, and ends after twelve hours at the latest.
#[utoipa::path(
    post, path = "/v1/auth/sessions", operation_id = "SessionsAPICreateSession", tag = "sessions",
    responses((status = 200, description = "The session; its cookie is in Set-Cookie.", body = NewSession)),
    extensions(("x-permission" = json!("authenticated")))
)]
async fn create_session(
    State(app): State<App>,
    principal: Principal,
    over_tls: Option<Extension<OverTls>>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let (session, cookie) = sessions::open(&app, &principal).await?;
    let body = NewSession { csrf_token: csrf_token(&cookie), expires_at: session.expires_at };
    Ok(with_cookie(Json(body).into_response(), &set_cookie(&cookie, is_secure(over_tls, &headers))))
}

/// Who am I
///
/// Tells whose key or session the call was made with, and what it may do.
#[utoipa::path(
    get, path = "/v1/auth/sessions/current", operation_id = "SessionsAPIGetCurrentSession", tag = "sessions",
    responses((status = 200, description = "The caller.", body = SessionInfo)),
    extensions(("x-permission" = json!("authenticated")))
)]
async fn get_session(principal: Principal, headers: HeaderMap) -> Json<SessionInfo> {
    let named = |one: &&Permission| **one != Permission::Public && principal.may(**one);
    let permissions = Permission::ALL.iter().filter(named);
    Json(SessionInfo {
        permissions: permissions.map(ToString::to_string).collect(),
        name: principal.name,
        email: principal.email,
        role: principal.role.to_string(),
        organization_id: principal.organization.to_string(),
        readonly: principal.read_only,
        csrf_token: principal.session.and(session_cookie(&headers)).map(csrf_token),
    })
}

/// Sign out
///
/// Ends the session that the call was made with and clears its cookie. A call made with a key ends
/// nothing, and succeeds.
#[utoipa::path(
    delete, path = "/v1/auth/sessions/current", operation_id = "SessionsAPIDeleteCurrentSession", tag = "sessions",
    responses((status = 204, description = "The session is over.")),
    extensions(("x-permission" = json!("authenticated")))
)]
async fn delete_session(State(app): State<App>, principal: Principal) -> ApiResult<Response> {
    sessions::close(&app, &principal).await?;
    Ok(with_cookie(StatusCode::NO_CONTENT.into_response(), &clear_cookie()))
}

/// The page behind a login link: opens a session, sets its cookie, and leads on to the API's page.
/// For browsers, not for clients, and so no operation of the API.
pub async fn log_in(
    State(app): State<App>,
    Path(code): Path<String>,
    over_tls: Option<Extension<OverTls>>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let (_, cookie) = sessions::log_in(&app, &code).await?;
    let secure = is_secure(over_tls, &headers);
    Ok(with_cookie(Redirect::to("../v1/spec/").into_response(), &set_cookie(&cookie, secure)))
}

fn is_secure(over_tls: Option<Extension<OverTls>>, headers: &HeaderMap) -> bool {
    over_tls.is_some() || headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https")
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}
