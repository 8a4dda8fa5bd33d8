//! Swagger UI at `/v1/spec/`, from files inside the binary: nothing is fetched from elsewhere, and a
//! content policy of its own makes sure of it.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use utoipa_swagger_ui::Config;

/// Swagger UI sets style attributes and shows images that it carries inside itself; scripts come only
/// from files, and requests go only to this server.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The routes of the page and of the document it shows.
pub fn routes<S: Clone + Send + Sync + 'static>(document: String) -> Router<S> {
    let config = Arc::new(
        Config::from("openapi.json")
            .try_it_out_enabled(true)
            .persist_authorization(false)
            .display_request_duration(true)
            .doc_expansion("none")
            .filter(true),
    );
    let document: Arc<str> = document.into();
    Router::new()
        .route("/v1/spec", get(|| async { Redirect::permanent("spec/") }))
        .route("/v1/spec/", {
            let config = config.clone();
            get(move || async move { file("index.html", config) })
        })
        .route(
            "/v1/spec/openapi.json",
            get(move || async move { ([(header::CONTENT_TYPE, "application/json")], document.to_string()) }),
        )
        .route("/v1/spec/{*path}", get(move |Path(path): Path<String>| async move { file(&path, config) }))
}

fn file(path: &str, config: Arc<Config<'static>>) -> Response {
    match utoipa_swagger_ui::serve(path, config) {
        Ok(Some(file)) => {
            let mut response =
                ([(header::CONTENT_TYPE, file.content_type)], file.bytes.into_owned()).into_response();
            response
                .headers_mut()
                .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY));
            response
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => super::error::ApiError::internal(error.to_string()).into_response(),
    }
}
