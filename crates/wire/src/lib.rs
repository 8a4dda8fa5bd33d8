//! The JSON shapes of the contract and the protobuf-JSON rules they follow.
//!
//! Modules named after areas of the API are written by `cargo xtask wire` from `contract/`, with our own
//! descriptions laid over it; their heads say so. The others are written by hand: the rules
//! ([`proto`]), errors and paging. Types here check nothing beyond their shape: what a value means is
//! for the server to judge.

pub mod allocation_group_costs;
pub mod allocation_group_efficiency;
pub mod allocation_groups;
pub mod audit;
pub mod auth_tokens;
pub mod aws_node_settings;
pub mod azure_node_settings;
pub mod blacklist;
pub mod cloud_identities;
pub mod clusters;
pub mod components;
pub mod controller;
pub mod cost_reports;
pub mod delta;
pub mod error;
pub mod evictor;
pub mod gcp_node_settings;
pub mod instance_types;
pub mod inventory;
pub mod invitations;
pub mod json_stream;
pub mod k8s;
pub mod node_config;
pub mod node_configurations;
pub mod node_templates;
pub mod nodes;
pub mod operations;
pub mod organizations;
pub mod page;
pub mod policies;
pub mod proto;
pub mod providers;
pub mod rebalancing_configurations;
pub mod rebalancing_plans;
pub mod rebalancing_readiness;
pub mod rebalancing_schedules;
pub mod role_bindings;
pub mod telemetry;
pub mod template_constraints;
pub mod users;

#[cfg(test)]
mod tests;

pub use proto::{from_json, from_query};
