//! What agents and controllers log: the last lines of each cluster, for when one of them misbehaves.

use model::{ClusterId, OrganizationId, Timestamp};
use serde_json::Value;
use sqlx::FromRow;
use sqlx::any::AnyRow;

use crate::error::Doing as _;
use crate::row::{Columns as _, micros};
use crate::{Error, Result, Store};

/// How many lines are kept per cluster, those of all components together; older ones go.
pub const KEPT_LOGS_PER_CLUSTER: i64 = 1_000;

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentLog {
    /// Who wrote it: `agent`, `cluster-controller`.
    pub component: String,
    /// How bad, in the component's own words.
    pub level: String,
    /// The text.
    pub message: String,
    /// What goes with it: an object of strings.
    pub fields: Value,
    /// When it was written, by the component's clock.
    pub time: Timestamp,
}

impl FromRow<'_, AnyRow> for ComponentLog {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            component: row.text("component")?,
            level: row.text("level")?,
            message: row.text("message")?,
            fields: row.json("fields_json")?,
            time: row.time("time")?,
        })
    }
}

impl Store {
    /// Keeps lines, in their order, and no more than [`KEPT_LOGS_PER_CLUSTER`].
    ///
    /// # Errors
    /// [`Error::MissingReference`] when the organisation has no such cluster.
    pub async fn append_logs(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
        logs: &[ComponentLog],
    ) -> Result<()> {
        let operation = "keep log lines";
        let mut tx = self.begin().await?;
        for log in logs {
            let done = sqlx::query(
                "INSERT INTO component_logs (org_id, cluster_id, component, level, message, fields_json, time) \
                 SELECT org_id, id, $3, $4, $5, $6, $7 FROM clusters WHERE org_id = $1 AND id = $2",
            )
            .bind(organization.to_string())
            .bind(cluster.to_string())
            .bind(&log.component)
            .bind(&log.level)
            .bind(&log.message)
            .bind(log.fields.to_string())
            .bind(micros(log.time))
            .execute(tx.connection())
            .await
            .doing(operation)?;
            if done.rows_affected() == 0 {
                return Err(Error::MissingReference { operation });
            }
        }
        sqlx::query(
            "DELETE FROM component_logs WHERE cluster_id = $1 AND id <= \
             (SELECT id FROM component_logs WHERE cluster_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)",
        )
        .bind(cluster.to_string())
        .bind(KEPT_LOGS_PER_CLUSTER)
        .execute(tx.connection())
        .await
        .doing(operation)?;
        tx.commit_unaudited().await
    }

    /// The last `limit` lines of a cluster, in the order in which they came, newest first.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn logs(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
        limit: u32,
    ) -> Result<Vec<ComponentLog>> {
        sqlx::query_as(
            "SELECT * FROM component_logs WHERE org_id = $1 AND cluster_id = $2 ORDER BY id DESC LIMIT $3",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .doing("list log lines")
    }
}
