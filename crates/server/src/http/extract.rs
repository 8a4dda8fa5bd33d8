//! Bodies, queries and path parameters by the rules of `wire`, with errors that name the field.

use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use wire::error::InvalidRequest;

use super::error::ApiError;

/// Largest JSON body of an ordinary operation, in bytes. Deltas are streamed and have a limit of
/// their own.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// A JSON body read by the protobuf-JSON rules; an empty one counts as `{}`. Also an answer.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        Ok(Self(wire::from_json(&body(request, state).await?)?))
    }
}

async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        let status = rejection.into_response().status();
        match status {
            StatusCode::PAYLOAD_TOO_LARGE => {
                ApiError::new(status, format!("the body is larger than {MAX_BODY_BYTES} bytes"))
            }
            _ => ApiError::bad_request("the body broke off before its end"),
        }
    })
}

/// A JSON object as it came, nulls and unknown fields included: a change of a document in the manner of RFC 7386.
/// An empty body counts as `{}`.
pub struct Patch(pub Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Patch {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = body(request, state).await?;
        if bytes.trim_ascii().is_empty() {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(ApiError::field("", "must be an object")),
            Err(error) => Err(InvalidRequest::Syntax(error.to_string()).into()),
        }
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The query read by the same rules: dotted keys, both spellings, repeated keys as arrays.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(wire::from_query(parts.uri.query().unwrap_or_default())?))
    }
}

/// Reads an id from a path parameter. What cannot be an id cannot exist: 404.
pub fn id<T: FromStr>(what: &str, text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|_| ApiError::not_found(format_args!("{what} {text:?}")))
}
