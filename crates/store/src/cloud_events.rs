//! What the spot handler tells of nodes: that one will be taken back, or that this grew likely.

use model::{ClusterId, OrganizationId, Timestamp};
use sqlx::FromRow;
use sqlx::any::AnyRow;

use crate::error::Doing as _;
use crate::row::{Columns as _, micros};
use crate::{Error, Result, Store};

/// An event as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudEvent {
    /// `interrupted` or `rebalanceRecommendation`; others are kept as they came.
    pub event_type: String,
    /// The node's id label; empty on nodes that have none.
    pub node_id: String,
    /// The cloud's id of the machine; empty when it was not told.
    pub provider_id: String,
    /// When it came.
    pub received_at: Timestamp,
}

impl FromRow<'_, AnyRow> for CloudEvent {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            event_type: row.text("event_type")?,
            node_id: row.text("node_id")?,
            provider_id: row.text("provider_id")?,
            received_at: row.time("received_at")?,
        })
    }
}

impl Store {
    /// Keeps an event.
    ///
    /// # Errors
    /// [`Error::MissingReference`] when the organisation has no such cluster.
    pub async fn record_cloud_event(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
        event: &CloudEvent,
    ) -> Result<()> {
        let operation = "record a cloud event";
        let mut tx = self.begin().await?;
        let done = sqlx::query(
            "INSERT INTO cloud_events (org_id, cluster_id, event_type, node_id, provider_id, received_at) \
             SELECT org_id, id, $3, $4, $5, $6 FROM clusters WHERE org_id = $1 AND id = $2",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .bind(&event.event_type)
        .bind(&event.node_id)
        .bind(&event.provider_id)
        .bind(micros(event.received_at))
        .execute(tx.connection())
        .await
        .doing(operation)?;
        if done.rows_affected() == 0 {
            return Err(Error::MissingReference { operation });
        }
        tx.commit_unaudited().await
    }

    /// The last `limit` events of a cluster, newest first.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn cloud_events(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
        limit: u32,
    ) -> Result<Vec<CloudEvent>> {
        sqlx::query_as(
            "SELECT * FROM cloud_events WHERE org_id = $1 AND cluster_id = $2 ORDER BY id DESC LIMIT $3",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .doing("list cloud events")
    }
}
