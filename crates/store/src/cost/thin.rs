//! Thinning: old hours become days, old days go.

use model::{ClusterId, Timestamp};
use sqlx::{AnyConnection, AssertSqlSafe};

use super::MEASURES;
use super::write::additions;
use crate::error::Doing as _;
use crate::row::Columns as _;
use crate::{Result, Store};

/// For how long costs are kept how finely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThinPolicy {
    /// Whole days, before the present one, for which every hour is kept.
    pub hourly_days: u32,
    /// Whole days, before the present one, for which days are kept; `None` means for ever.
    pub daily_days: Option<u32>,
}

/// The tables, each with what tells its rows of an hour apart.
const TABLES: [(&str, &str); 3] = [
    ("cost_cluster_hours", "lifecycle"),
    ("cost_namespace_hours", "namespace"),
    ("cost_workload_hours", "workload_id"),
];

impl Store {
    /// Merges the hours of days older than the policy keeps them into their days, whose sums stay the
    /// same to the nano-dollar, and drops days older than it keeps those; of all clusters, each in a
    /// transaction of its own. Doing it again changes nothing. Returns how many rows went.
    ///
    /// # Errors
    /// [`crate::Error::Query`]; clusters that were done stay done.
    pub async fn thin_costs(&self, now: Timestamp, policy: ThinPolicy) -> Result<u64> {
        let today = now.as_second().div_euclid(86_400);
        let clusters: Vec<ClusterId> =
            sqlx::query("SELECT cluster_id FROM cost_progress ORDER BY cluster_id")
                .fetch_all(&self.reader)
                .await
                .and_then(|rows| rows.iter().map(|row| row.id("cluster_id")).collect())
                .doing("list the clusters that have costs")?;
        let mut gone = 0;
        for cluster in clusters {
            let mut tx = self.begin().await?;
            hold(tx.connection(), cluster).await?;
            for (table, key) in TABLES {
                let hourly = (today - i64::from(policy.hourly_days)) * 24;
                gone += merge_hours(tx.connection(), table, key, cluster, hourly).await?;
                if let Some(days) = policy.daily_days {
                    gone +=
                        drop_before(tx.connection(), table, cluster, (today - i64::from(days)) * 24).await?;
                }
            }
            tx.commit_unaudited().await?;
        }
        Ok(gone)
    }
}

/// Writes the cluster's mark without a change: nobody adds to its rows until the transaction ends, so
/// none is deleted that was not merged.
async fn hold(connection: &mut AnyConnection, cluster: ClusterId) -> Result<()> {
    sqlx::query("UPDATE cost_progress SET counted_until = counted_until WHERE cluster_id = $1")
        .bind(cluster.to_string())
        .execute(connection)
        .await
        .doing("hold the costs of a cluster")
        .map(|_| ())
}

async fn merge_hours(
    connection: &mut AnyConnection,
    table: &str,
    key: &str,
    cluster: ClusterId,
    before: i64,
) -> Result<u64> {
    let sums = MEASURES.map(|column| format!("CAST(SUM({column}) AS BIGINT)")).join(", ");
    let merge = format!(
        "INSERT INTO {table} (cluster_id, hour, {key}, {}) \
         SELECT cluster_id, hour - hour % 24, {key}, {sums} FROM {table} \
         WHERE cluster_id = $1 AND hour < $2 AND hour % 24 <> 0 GROUP BY cluster_id, hour - hour % 24, {key} \
         ON CONFLICT (cluster_id, hour, {key}) DO UPDATE SET {}",
        MEASURES.join(", "),
        additions(table),
    );
    sqlx::query(AssertSqlSafe(merge))
        .bind(cluster.to_string())
        .bind(before)
        .execute(&mut *connection)
        .await
        .doing("merge hours into days")?;
    let remove = format!("DELETE FROM {table} WHERE cluster_id = $1 AND hour < $2 AND hour % 24 <> 0");
    sqlx::query(AssertSqlSafe(remove))
        .bind(cluster.to_string())
        .bind(before)
        .execute(connection)
        .await
        .doing("remove merged hours")
        .map(|done| done.rows_affected())
}

async fn drop_before(
    connection: &mut AnyConnection,
    table: &str,
    cluster: ClusterId,
    before: i64,
) -> Result<u64> {
    sqlx::query(AssertSqlSafe(format!("DELETE FROM {table} WHERE cluster_id = $1 AND hour < $2")))
        .bind(cluster.to_string())
        .bind(before)
        .execute(connection)
        .await
        .doing("drop old days")
        .map(|done| done.rows_affected())
}
