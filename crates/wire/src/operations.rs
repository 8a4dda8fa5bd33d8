//! Long work that a client polls.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Long work that a client polls until it is done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiOperationsV1beta1Operation)]
pub struct Operation {
    /// When it was begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub created_at: Option<Timestamp>,
    /// Whether it came to an end, good or bad.
    pub done: bool,
    /// Why it failed; absent while it runs and when it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error: Option<OperationError>,
    /// When it came to an end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub finished_at: Option<Timestamp>,
    /// Its id, a UUID.
    pub id: String,
}

/// Why an operation failed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiOperationsV1beta1OperationError)]
pub struct OperationError {
    /// A sentence for people.
    pub details: String,
    /// The reason in one word, for programs.
    pub reason: String,
}
