//! What a client reads when a call fails.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The body of every answer that is not a success.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommonErrorResponse, example = json!({
    "message": "Invalid request body",
    "fieldViolations": [{"field": "kubernetesTaints[0].key", "description": "must be a string, not a number"}]
}))]
pub struct ErrorResponse {
    /// What went wrong, in a sentence for the person who made the call.
    pub message: String,
    /// The fields of the request that were at fault; empty when it was not about a field.
    pub field_violations: Vec<FieldViolation>,
}

/// One field of a request and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommonFieldViolation)]
pub struct FieldViolation {
    /// Path of the field in lowerCamelCase, such as `eks.accountId` or `items[2].name`; empty for the
    /// request as a whole.
    pub field: String,
    /// What would have been right.
    pub description: String,
}

impl ErrorResponse {
    /// An answer that is not about a field.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), field_violations: Vec::new() }
    }
}

/// Why a body or a query string was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    /// The bytes are no JSON text.
    #[error("the body is not JSON: {0}")]
    Syntax(String),
    /// A field has a value of the wrong kind.
    #[error("{}", describe(.0))]
    Field(FieldViolation),
}

fn describe(violation: &FieldViolation) -> String {
    match violation.field.as_str() {
        "" => violation.description.clone(),
        field => format!("{field}: {}", violation.description),
    }
}

impl From<InvalidRequest> for ErrorResponse {
    fn from(error: InvalidRequest) -> Self {
        let message = format!("invalid request: {error}");
        let field_violations = match error {
            InvalidRequest::Syntax(_) => Vec::new(),
            InvalidRequest::Field(violation) => vec![violation],
        };
        Self { message, field_violations }
    }
}
