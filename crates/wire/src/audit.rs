//! The audit log.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use std::collections::BTreeMap;

use model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::page::PageQuery;
use crate::proto::Object;

/// Which entries to list. A cursor carries the conditions of the first page, which need not be sent
/// again.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ListEntriesQuery {
    /// At most this many entries, 10 to 1000; 100 when absent.
    #[serde(rename = "page.limit")]
    pub page_limit: Option<u32>,
    /// Where the previous page ended: its `nextCursor`.
    #[serde(rename = "page.cursor")]
    pub page_cursor: Option<String>,
    /// Only entries at or after this time.
    pub from_date: Option<Timestamp>,
    /// Only entries at or before this time.
    pub to_date: Option<Timestamp>,
    /// Only entries about this cluster.
    pub cluster_id: Option<String>,
    /// Only entries of this event type, such as `nodeAdded`.
    pub operation: Option<String>,
}

impl ListEntriesQuery {
    /// Which page of the list is asked for.
    pub fn page(&self) -> PageQuery {
        PageQuery { limit: self.page_limit, cursor: self.page_cursor.clone() }
    }
}

/// Entries of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ListAuditLogsResponse)]
pub struct ListEntriesResponse {
    /// The entries, newest first.
    pub items: Vec<Entry>,
    /// Where the next page begins, to be sent as `page.cursor`; empty at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_cursor: Option<String>,
}

/// Something that was done, by whom and when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditLogEntry)]
pub struct Entry {
    /// What was done, in detail; its fields depend on the event type.
    pub event: Object,
    /// What was done, such as `clusterDeleted` or `nodeAdded`.
    #[schema(example = "clusterDeleted")]
    pub event_type: String,
    /// Its id, a UUID.
    pub id: String,
    /// Who did it.
    pub initiated_by: Initiator,
    /// What it was done to, for choosing: `clusterId` where it was a cluster.
    pub labels: BTreeMap<String, String>,
    /// When it was done.
    pub time: Timestamp,
}

/// Who did something.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditLogEntryInitiatedBy)]
pub struct Initiator {
    /// E-mail address; empty for machines.
    #[schema(example = "ada@example.com")]
    pub email: String,
    /// Id of the user, service account or cluster.
    pub id: String,
    /// Name of the user, or of the key that was used.
    pub name: String,
}
