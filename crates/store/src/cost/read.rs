//! Reading sums: hours and days are added up by the database, months of days here, since the two
//! databases know calendars differently.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use model::{ClusterId, OrganizationId, Timestamp, WorkloadKey, WorkloadKind};
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use super::{Bucket, ClusterCost, HourRange, MEASURES, Measures, NamespaceCost, WorkloadCost};
use crate::error::Doing as _;
use crate::row::{Columns as _, opt_id};
use crate::{Result, Store};

/// The rows of `table` of one organisation, added up by cluster, bucket and `key`. Parameters:
/// organisation, cluster or empty for all, first hour, first hour after.
fn sums(table: &str, key: &str, bucket: Bucket) -> String {
    let hour = match bucket {
        Bucket::Hour => "h.hour",
        Bucket::Day | Bucket::Month => "h.hour - h.hour % 24",
        Bucket::Whole => "$3",
    };
    let measures = MEASURES.map(|column| format!("CAST(SUM(h.{column}) AS BIGINT) AS {column}")).join(", ");
    // A bucket that is a parameter must not be grouped by: it is the same for all rows.
    let grouped = if bucket == Bucket::Whole { String::new() } else { format!("{hour}, ") };
    format!(
        "SELECT h.cluster_id, CAST({hour} AS BIGINT) AS bucket, h.{key}, {measures} \
         FROM {table} h JOIN clusters c ON c.id = h.cluster_id \
         WHERE c.org_id = $1 AND ($2 = '' OR c.id = $2) AND h.hour >= $3 AND h.hour < $4 \
         GROUP BY h.cluster_id, {grouped}h.{key}"
    )
}

/// The first hour of the month, UTC, in which `hour` lies.
fn month_of(hour: i64) -> i64 {
    let first = Timestamp::from_second(hour.saturating_mul(3_600))
        .and_then(|time| time.to_zoned(TimeZone::UTC).date().first_of_month().to_zoned(TimeZone::UTC));
    first.map_or(hour, |first| first.timestamp().as_second() / 3_600)
}

/// Days as months, if months are wanted.
fn by_month<K: Ord>(
    rows: impl Iterator<Item = (ClusterId, i64, K, Measures)>,
    bucket: Bucket,
) -> BTreeMap<(ClusterId, i64, K), Measures> {
    let mut totals = BTreeMap::new();
    for (cluster, hour, key, measures) in rows {
        let hour = if bucket == Bucket::Month { month_of(hour) } else { hour };
        *totals.entry((cluster, hour, key)).or_default() += measures;
    }
    totals
}

impl Store {
    /// What clusters came to by lifecycle: one of them or, without, all of the organisation, archived
    /// ones included. Sorted by cluster, hour and lifecycle.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn cluster_costs(
        &self,
        organization: OrganizationId,
        cluster: Option<ClusterId>,
        range: HourRange,
        bucket: Bucket,
    ) -> Result<Vec<ClusterCost>> {
        let operation = "sum the costs of clusters";
        let text = sums("cost_cluster_hours", "lifecycle", bucket);
        let rows = self.sum_rows(text, organization, cluster, range, None).await.doing(operation)?;
        let read = |row: &AnyRow| {
            Ok((row.id("cluster_id")?, row.int("bucket")?, row.id("lifecycle")?, Measures::from_row(row)?))
        };
        let rows: Vec<_> = rows.iter().map(read).collect::<sqlx::Result<_>>().doing(operation)?;
        let cost =
            |((cluster_id, hour, lifecycle), measures)| ClusterCost { cluster_id, hour, lifecycle, measures };
        Ok(by_month(rows.into_iter(), bucket).into_iter().map(cost).collect())
    }

    /// What namespaces came to, in one cluster or in all of the organisation; `namespace` picks one.
    /// Sorted by cluster, hour and namespace.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn namespace_costs(
        &self,
        organization: OrganizationId,
        cluster: Option<ClusterId>,
        namespace: Option<&str>,
        range: HourRange,
        bucket: Bucket,
    ) -> Result<Vec<NamespaceCost>> {
        let operation = "sum the costs of namespaces";
        let sums = sums("cost_namespace_hours", "namespace", bucket);
        let text = format!("SELECT * FROM ({sums}) s WHERE $5 = '' OR namespace = $5");
        let rows =
            self.sum_rows(text, organization, cluster, range, Some(namespace)).await.doing(operation)?;
        let read = |row: &AnyRow| {
            Ok((row.id("cluster_id")?, row.int("bucket")?, row.text("namespace")?, Measures::from_row(row)?))
        };
        let rows: Vec<_> = rows.iter().map(read).collect::<sqlx::Result<_>>().doing(operation)?;
        let cost = |((cluster_id, hour, namespace), measures)| NamespaceCost {
            cluster_id,
            hour,
            namespace,
            measures,
        };
        Ok(by_month(rows.into_iter(), bucket).into_iter().map(cost).collect())
    }

    /// What workloads came to, in one cluster or in all of the organisation; `namespace` picks those
    /// of one. Sorted by cluster, hour and workload.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn workload_costs(
        &self,
        organization: OrganizationId,
        cluster: Option<ClusterId>,
        namespace: Option<&str>,
        range: HourRange,
        bucket: Bucket,
    ) -> Result<Vec<WorkloadCost>> {
        let operation = "sum the costs of workloads";
        let sums = sums("cost_workload_hours", "workload_id", bucket);
        let text = format!(
            "SELECT s.*, w.namespace, w.kind, w.name FROM ({sums}) s JOIN cost_workloads w ON w.id = s.workload_id \
             WHERE $5 = '' OR w.namespace = $5"
        );
        let rows =
            self.sum_rows(text, organization, cluster, range, Some(namespace)).await.doing(operation)?;
        let read = |row: &AnyRow| {
            let workload = WorkloadKey {
                namespace: row.text("namespace")?.into(),
                kind: WorkloadKind::new(&row.text("kind")?),
                name: row.text("name")?.into(),
            };
            Ok((row.id("cluster_id")?, row.int("bucket")?, workload, Measures::from_row(row)?))
        };
        let rows: Vec<_> = rows.iter().map(read).collect::<sqlx::Result<_>>().doing(operation)?;
        let cost =
            |((cluster_id, hour, workload), measures)| WorkloadCost { cluster_id, hour, workload, measures };
        Ok(by_month(rows.into_iter(), bucket).into_iter().map(cost).collect())
    }

    /// Runs a statement made by [`sums`]; `namespace` is there when the statement has a parameter for it.
    async fn sum_rows(
        &self,
        text: String,
        organization: OrganizationId,
        cluster: Option<ClusterId>,
        range: HourRange,
        namespace: Option<Option<&str>>,
    ) -> sqlx::Result<Vec<AnyRow>> {
        let mut query = sqlx::query(AssertSqlSafe(text))
            .bind(organization.to_string())
            .bind(opt_id(cluster).unwrap_or_default())
            .bind(range.from)
            .bind(range.until);
        if let Some(namespace) = namespace {
            query = query.bind(namespace.unwrap_or_default().to_owned());
        }
        query.fetch_all(&self.reader).await
    }
}
