//! The public API: a module per area, each with its operations as documented handlers.
//!
//! Adding an operation: write the handler with `#[utoipa::path(...)]` and its `x-permission`, name it
//! in the area's `routes`, run `cargo xtask openapi`, and read the changed lines of
//! `tests/golden/permissions.txt`.

use crate::http::api_router::{ApiError, ApiRouter};

pub mod auth_tokens;
pub mod sessions;

/// All areas.
///
/// # Errors
/// A mistake in the source of an operation.
pub fn router() -> Result<ApiRouter, ApiError> {
    let router = ApiRouter::default();
    let router = sessions::routes(router)?;
    auth_tokens::routes(router)
}
