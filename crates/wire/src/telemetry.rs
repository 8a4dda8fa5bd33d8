//! What the in-cluster agent reports about itself. Its deltas, which are large, have a module of their
//! own.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use std::collections::BTreeMap;

use model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A sign of life of an agent; every replica sends it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AgentTelemetryRequest)]
pub struct TelemetryRequest {
    /// Version of the agent.
    #[schema(example = "v0.123.1")]
    pub agent_version: String,
    /// Commit the agent was built from.
    pub git_commit: String,
}

/// What the agent is to do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AgentTelemetryResponse)]
pub struct TelemetryResponse {
    /// Seconds between two reports, as a string; anything else fails to decode.
    pub interval_seconds: String,
    /// Whether to send the whole state anew.
    pub resync: bool,
}

/// A line of the agent's log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IngestAgentLogsRequest {
    /// The line.
    pub log_event: LogEvent,
}

/// A line of the agent's log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogEvent {
    /// Further values by name; `component_pod_name` tells replicas apart.
    pub fields: BTreeMap<String, String>,
    /// Severity: `info`, `warning` or `error`.
    #[schema(example = "info")]
    pub level: String,
    /// The line.
    pub message: String,
    /// When it was written. Lines arrive in no particular order.
    pub time: Timestamp,
}

/// Nothing to say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IngestAgentLogsResponse {}
