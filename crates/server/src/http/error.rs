//! The one error of the API. Its public message and its private cause are separate; it becomes HTTP
//! here and nowhere else, and is logged once, with the whole chain, when it is the server's fault.

use std::fmt;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use wire::error::{ErrorResponse, FieldViolation, InvalidRequest};

/// What a handler answers when it cannot do what was asked.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    message: String,
    violations: Vec<FieldViolation>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What a handler returns.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// An error of `status` with a message for the caller.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), violations: Vec::new(), cause: None }
    }

    /// 400: something in the request is not as it must be.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 400 for one field: its path as the caller wrote it, and what would be right.
    pub fn field(field: impl Into<String>, description: impl Into<String>) -> Self {
        let (field, description) = (field.into(), description.into());
        let message = format!("{field}: {description}");
        Self::bad_request(message).with_violation(field, description)
    }

    /// 401: no key, or none that counts.
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    /// 403: a key that counts but does not suffice.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// 404: it does not exist, or not for this caller.
    pub fn not_found(what: impl fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("{what} not found"))
    }

    /// 409: not in the state that things are in.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// 500: our fault. The cause is logged, never shown.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let mut error = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal error; the server's log has the cause under this request's id",
        );
        error.cause = Some(cause.into());
        error
    }

    /// Names one more field that is wrong.
    pub fn with_violation(mut self, field: impl Into<String>, description: impl Into<String>) -> Self {
        self.violations.push(FieldViolation { field: field.into(), description: description.into() });
        self
    }

    /// Adds what the log should know and the caller should not.
    pub fn with_cause(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The status it will become.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status.as_u16(), self.message)
    }
}

impl std::error::Error for ApiError {}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Conflict { what } => {
                Self::conflict(format!("{what} was changed by somebody else in the meantime: read it again"))
                    .with_cause(error)
            }
            store::Error::Cursor(error) => Self::field("page.cursor", error.to_string()),
            other => Self::internal(other),
        }
    }
}

impl From<InvalidRequest> for ApiError {
    fn from(error: InvalidRequest) -> Self {
        let ErrorResponse { message, field_violations } = error.into();
        Self { violations: field_violations, ..Self::bad_request(message) }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if self.status.is_server_error() {
            let mut chain = String::new();
            let mut next = self.cause.as_deref().map(|cause| cause as &dyn std::error::Error);
            while let Some(cause) = next {
                chain.push_str(": ");
                chain.push_str(&cause.to_string());
                next = cause.source();
            }
            tracing::error!(status = self.status.as_u16(), "request failed{chain}");
        } else if let Some(cause) = &self.cause {
            tracing::debug!(status = self.status.as_u16(), "request refused: {}: {cause}", self.message);
        }
        let body = ErrorResponse { message: self.message, field_violations: self.violations };
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("ApiKey header=\"X-API-Key\""));
        }
        response
    }
}

/// Answers a path that no operation has.
pub async fn no_such_path(uri: axum::extract::OriginalUri) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, format!("no operation at {}: see /v1/spec/", uri.path()))
}

/// Answers a method that no operation of the path has.
pub async fn method_not_allowed(method: axum::http::Method, uri: axum::extract::OriginalUri) -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        format!("no operation {method} at {}: see /v1/spec/", uri.path()),
    )
}
