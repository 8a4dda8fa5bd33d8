//! What in-cluster components report about themselves: log lines and metrics.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use std::collections::BTreeMap;

use model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Lines of a component's log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IngestLogsRequest)]
pub struct IngestComponentLogsRequest {
    /// The lines.
    pub entries: Vec<LogEntry>,
    /// Version of the component.
    pub version: String,
}

/// A line of a component's log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Entry)]
pub struct LogEntry {
    /// Further values by name.
    pub fields: BTreeMap<String, String>,
    /// Severity: `LOG_LEVEL_DEBUG`, `LOG_LEVEL_INFO`, `LOG_LEVEL_WARNING`, `LOG_LEVEL_ERROR`,
    /// `LOG_LEVEL_FATAL` or `LOG_LEVEL_UNKNOWN`.
    #[schema(example = "info")]
    pub level: String,
    /// The line.
    pub message: String,
    /// When it was written.
    pub time: Timestamp,
}

/// Samples of a component's metrics.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PrometheusWriteRequest)]
pub struct WriteMetricsRequest {
    /// The samples, those of one series together.
    pub timeseries: Vec<PrometheusTimeseries>,
}

/// Samples of one series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrometheusTimeseries {
    /// What tells the series from others; `__name__` is the metric.
    pub labels: Vec<PrometheusLabel>,
    /// The samples, oldest first.
    pub samples: Vec<PrometheusSample>,
}

/// A label of a series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrometheusLabel {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A value at a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrometheusSample {
    /// When it was taken, in milliseconds since 1970.
    pub timestamp: i64,
    /// The value.
    pub value: f64,
}
