//! The public API: a module per area, each with its operations as documented handlers.
//!
//! Adding an operation: write the handler with `#[utoipa::path(...)]` and its `x-permission`, name it
//! in the area's `routes`, run `cargo xtask openapi`, and read the changed lines of
//! `tests/golden/permissions.txt`.

use crate::http::api_router::{ApiError, ApiRouter};

pub mod actions;
pub mod agent;
pub mod audit;
pub mod auth_tokens;
pub mod blacklist;
pub mod cloud_events;
pub mod cloud_identities;
mod cluster_shape;
pub mod clusters;
pub mod components;
pub mod cost_reports;
pub mod evictor_config;
pub mod health;
pub mod instance_types;
pub mod inventory;
pub mod invitations;
pub mod members;
pub mod metrics;
pub mod node_configurations;
mod node_shape;
pub mod node_templates;
pub mod nodes;
pub mod operations;
pub mod organizations;
pub mod policies;
pub mod prices;
pub mod rebalancing_jobs;
pub mod rebalancing_plans;
pub mod rebalancing_readiness;
pub mod rebalancing_schedules;
mod rebalancing_shape;
pub mod resource_usage;
pub mod role_bindings;
pub mod sessions;

/// What an area gives: its operations, added to a router.
type Area = fn(ApiRouter) -> Result<ApiRouter, ApiError>;

/// All areas.
const AREAS: &[Area] = &[
    actions::routes,
    agent::routes,
    audit::routes,
    auth_tokens::routes,
    blacklist::routes,
    cloud_events::routes,
    cloud_identities::routes,
    clusters::routes,
    components::routes,
    cost_reports::routes,
    evictor_config::routes,
    health::routes,
    instance_types::routes,
    inventory::routes,
    invitations::routes,
    members::routes,
    metrics::routes,
    node_templates::routes,
    node_configurations::routes,
    nodes::routes,
    operations::routes,
    organizations::routes,
    policies::routes,
    prices::routes,
    rebalancing_jobs::routes,
    rebalancing_plans::routes,
    rebalancing_readiness::routes,
    rebalancing_schedules::routes,
    resource_usage::routes,
    role_bindings::routes,
    sessions::routes,
];

/// The operations of all areas.
///
/// # Errors
/// A mistake in the source of an operation.
pub fn router() -> Result<ApiRouter, ApiError> {
    AREAS.iter().try_fold(ApiRouter::default(), |router, routes| routes(router))
}
