//! The latest values of what in-cluster components measure of themselves. No history: Prometheus is
//! for that.

use model::{ClusterId, OrganizationId, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{FromRow, Row as _};

use crate::error::Doing as _;
use crate::row::{Columns as _, micros};
use crate::{Error, Result, Store};

/// How many series are kept per component of a cluster; those not heard of for longest go first.
pub const KEPT_SERIES_PER_COMPONENT: i64 = 2_000;

/// The latest value of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentMetric {
    /// Who measured.
    pub component: String,
    /// Name and labels in one text, as Prometheus writes them: `up{pod_name="a"}`.
    pub series: String,
    /// The value.
    pub value: f64,
    /// When it was measured.
    pub time: Timestamp,
}

impl FromRow<'_, AnyRow> for ComponentMetric {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            component: row.text("component")?,
            series: row.text("series")?,
            value: row.try_get("value")?,
            time: row.time("time")?,
        })
    }
}

impl Store {
    /// Keeps the values where they are newer than those kept.
    ///
    /// # Errors
    /// [`Error::MissingReference`] when the organisation has no such cluster.
    pub async fn record_metrics(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
        metrics: &[ComponentMetric],
    ) -> Result<()> {
        let operation = "keep metrics";
        if self.cluster(organization, cluster).await?.is_none() {
            return Err(Error::MissingReference { operation });
        }
        let mut tx = self.begin().await?;
        let mut components: Vec<&str> = Vec::new();
        // In one order everywhere, so that two servers never wait for each other in a circle.
        let mut metrics: Vec<&ComponentMetric> = metrics.iter().collect();
        metrics.sort_by(|a, b| (&a.component, &a.series, a.time).cmp(&(&b.component, &b.series, b.time)));
        for metric in metrics {
            if components.last() != Some(&metric.component.as_str()) {
                components.push(&metric.component);
            }
            sqlx::query(
                "INSERT INTO component_metrics (org_id, cluster_id, component, series, value, time) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (cluster_id, component, series) \
                 DO UPDATE SET value = excluded.value, time = excluded.time \
                 WHERE component_metrics.time <= excluded.time",
            )
            .bind(organization.to_string())
            .bind(cluster.to_string())
            .bind(&metric.component)
            .bind(&metric.series)
            .bind(metric.value)
            .bind(micros(metric.time))
            .execute(tx.connection())
            .await
            .doing(operation)?;
        }
        for component in components {
            sqlx::query(
                "DELETE FROM component_metrics WHERE cluster_id = $1 AND component = $2 AND series IN \
                 (SELECT series FROM component_metrics WHERE cluster_id = $1 AND component = $2 \
                 ORDER BY time DESC, series LIMIT $4 OFFSET $3)",
            )
            .bind(cluster.to_string())
            .bind(component)
            .bind(KEPT_SERIES_PER_COMPONENT)
            .bind(i64::MAX)
            .execute(tx.connection())
            .await
            .doing(operation)?;
        }
        tx.commit_unaudited().await
    }

    /// The latest values of all components of a cluster, by component and series.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn metrics(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
    ) -> Result<Vec<ComponentMetric>> {
        sqlx::query_as(
            "SELECT * FROM component_metrics WHERE org_id = $1 AND cluster_id = $2 ORDER BY component, series",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .fetch_all(&self.reader)
        .await
        .doing("list metrics")
    }
}
