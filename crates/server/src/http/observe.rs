//! Around every request: an id that the answer and the log share, the path as operations know it, and
//! headers that every answer has.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use super::paths::Verbs;
use crate::app::App;

/// The header that carries a request's id, both ways.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The same for the official agent, which logs this one.
const AGENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-castai-request-id");

/// Rewrites the path before it is routed; must stand outside the router.
pub fn rewrite(verbs: &Verbs, mut request: Request) -> Request {
    if let Some(uri) = verbs.rewrite(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

/// The path without what opens a door: the code of a login link.
fn loggable(path: &str) -> &str {
    const LOGIN: &str = "/login/";
    if path.starts_with(LOGIN) { LOGIN } else { path }
}

/// Gives the request an id and its span, and the answer the headers that all have.
pub async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let given = request.headers().get(&REQUEST_ID).filter(|id| {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        (1..=64).contains(&id.len()) && id.as_bytes().iter().all(plain)
    });
    let id = match given {
        Some(id) => id.clone(),
        None => HeaderValue::from_str(&app.ids.next_uuid().as_simple().to_string())
            .unwrap_or_else(|_| HeaderValue::from_static("-")),
    };
    let span = tracing::info_span!(
        "request",
        id = id.to_str().unwrap_or_default(),
        method = %request.method(),
        path = loggable(request.uri().path()),
    );
    let answered = async {
        let response = next.run(request).await;
        tracing::debug!(status = response.status().as_u16(), "answered");
        response
    };
    let mut response = answered.instrument(span).await;
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id.clone());
    headers.insert(AGENT_REQUEST_ID, id);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    response
}
