//! Adding rows, each stretch of time once.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use model::{ClusterId, OrganizationId, Timestamp, WorkloadKey, WorkloadKind};
use sqlx::{AnyConnection, AssertSqlSafe};

use super::{CostRows, MEASURES, Measures};
use crate::error::Doing as _;
use crate::row::{Columns as _, micros};
use crate::{Error, Result, Store};

/// How many rows one statement adds: enough to make the statement's own cost small.
const ROWS_PER_STATEMENT: usize = 200;

/// A table of sums, by what its rows are told apart beside cluster and hour.
struct Table {
    name: &'static str,
    key: &'static str,
}

const CLUSTERS: Table = Table { name: "cost_cluster_hours", key: "lifecycle" };
const NAMESPACES: Table = Table { name: "cost_namespace_hours", key: "namespace" };
const WORKLOADS: Table = Table { name: "cost_workload_hours", key: "workload_id" };

/// `a = table.a + excluded.a, …` for each measure: what adding to a row that is there means.
pub(super) fn additions(table: &str) -> String {
    let sums = MEASURES.map(|column| format!("{column} = {table}.{column} + excluded.{column}"));
    sums.join(", ")
}

impl Store {
    /// Up to when the cluster's cost has been added, if any ever was.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn cost_counted_until(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
    ) -> Result<Option<Timestamp>> {
        sqlx::query("SELECT counted_until FROM cost_progress WHERE org_id = $1 AND cluster_id = $2")
            .bind(organization.to_string())
            .bind(cluster.to_string())
            .fetch_optional(&self.reader)
            .await
            .and_then(|row| row.map(|row| row.time("counted_until")).transpose())
            .doing("read up to when cost was counted")
    }

    /// Adds `rows`, the cost of the time from `expected` to `counted_until`, to those kept. All of it
    /// or nothing is added, and nothing twice: a repetition finds that `expected` no longer holds. A
    /// whole history is added the same way, to a cluster that has none yet.
    ///
    /// # Errors
    /// [`Error::Conflict`] when cost was counted up to another time than `expected`;
    /// [`Error::MissingReference`] when the organisation has no such cluster.
    pub async fn add_cost(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
        expected: Option<Timestamp>,
        counted_until: Timestamp,
        rows: &CostRows,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        advance(tx.connection(), organization, cluster, expected, counted_until).await?;
        let by_lifecycle = rows.cluster.iter().map(|row| (row.hour, row.lifecycle.as_str(), row.measures));
        add(tx.connection(), &CLUSTERS, cluster, merged(by_lifecycle)).await?;
        let by_namespace = rows.namespaces.iter().map(|row| (row.hour, &*row.namespace, row.measures));
        add(tx.connection(), &NAMESPACES, cluster, merged(by_namespace)).await?;
        let ids = workload_ids(tx.connection(), cluster, rows).await?;
        // Every workload of the rows was just given an id.
        let by_workload =
            rows.workloads.iter().filter_map(|row| Some((row.hour, *ids.get(&row.workload)?, row.measures)));
        add(tx.connection(), &WORKLOADS, cluster, merged(by_workload)).await?;
        tx.commit_unaudited().await
    }
}

/// Moves the mark, which holds the cluster's rows for this transaction alone.
async fn advance(
    connection: &mut AnyConnection,
    organization: OrganizationId,
    cluster: ClusterId,
    expected: Option<Timestamp>,
    counted_until: Timestamp,
) -> Result<()> {
    let operation = "advance up to when cost was counted";
    if expected.is_none() {
        let known = sqlx::query("SELECT id FROM clusters WHERE org_id = $1 AND id = $2")
            .bind(organization.to_string())
            .bind(cluster.to_string())
            .fetch_optional(&mut *connection)
            .await
            .doing(operation)?;
        if known.is_none() {
            return Err(Error::MissingReference { operation });
        }
    }
    let statement = match expected {
        None => {
            "INSERT INTO cost_progress (org_id, cluster_id, counted_until) VALUES ($1, $2, $3) \
             ON CONFLICT (cluster_id) DO NOTHING"
        }
        Some(_) => {
            "UPDATE cost_progress SET counted_until = $3 \
             WHERE org_id = $1 AND cluster_id = $2 AND counted_until = $4"
        }
    };
    let mut query = sqlx::query(statement)
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .bind(micros(counted_until));
    if let Some(expected) = expected {
        query = query.bind(micros(expected));
    }
    let done = query.execute(connection).await.doing(operation)?;
    if done.rows_affected() == 0 {
        return Err(Error::Conflict { what: "up to when cost was counted" });
    }
    Ok(())
}

/// The rows with those of the same key added up: one statement must not meet a row twice.
fn merged<K: Ord>(rows: impl Iterator<Item = (i64, K, Measures)>) -> BTreeMap<(i64, K), Measures> {
    let mut sums = BTreeMap::new();
    for (hour, key, measures) in rows {
        *sums.entry((hour, key)).or_default() += measures;
    }
    sums
}

/// A key of a table of sums, as it stands in a statement.
trait Key: Ord {
    /// Writes it into `statement`, or binds it as the next of `texts`, of which `$1` is the cluster.
    fn place(&self, statement: &mut String, texts: &mut Vec<String>);
}

impl Key for &str {
    fn place(&self, statement: &mut String, texts: &mut Vec<String>) {
        texts.push((*self).to_owned());
        // Writing to a text cannot fail.
        let _ = write!(statement, "${}", texts.len());
    }
}

impl Key for i64 {
    fn place(&self, statement: &mut String, _: &mut Vec<String>) {
        let _ = write!(statement, "{self}");
    }
}

async fn add<K: Key>(
    connection: &mut AnyConnection,
    table: &Table,
    cluster: ClusterId,
    rows: BTreeMap<(i64, K), Measures>,
) -> Result<()> {
    let rows: Vec<_> = rows.into_iter().collect();
    for chunk in rows.chunks(ROWS_PER_STATEMENT) {
        let (statement, texts) = addition(table, cluster, chunk);
        let mut query = sqlx::query(AssertSqlSafe(statement)).persistent(false);
        for text in texts {
            query = query.bind(text);
        }
        query.execute(&mut *connection).await.doing("add cost")?;
    }
    Ok(())
}

/// The statement that adds rows, and the texts to bind. Numbers stand in the statement itself: for a
/// thousand bound ones, SQLite's driver looks each one's name up among all of them.
fn addition<K: Key>(
    table: &Table,
    cluster: ClusterId,
    rows: &[((i64, K), Measures)],
) -> (String, Vec<String>) {
    let Table { name, key } = table;
    let mut texts = vec![cluster.to_string()];
    let mut text = format!("INSERT INTO {name} (cluster_id, hour, {key}, {}) VALUES ", MEASURES.join(", "));
    for (row, ((hour, key), measures)) in rows.iter().enumerate() {
        let _ = write!(text, "{}($1, {hour}, ", if row == 0 { "" } else { ", " });
        key.place(&mut text, &mut texts);
        for value in measures.values() {
            let _ = write!(text, ", {value}");
        }
        text.push(')');
    }
    let _ = write!(text, " ON CONFLICT (cluster_id, hour, {key}) DO UPDATE SET {}", additions(name));
    (text, texts)
}

/// The ids of the rows' workloads, new ones for those never seen. The caller holds the cluster's mark,
/// so nobody else adds any meanwhile.
async fn workload_ids(
    connection: &mut AnyConnection,
    cluster: ClusterId,
    rows: &CostRows,
) -> Result<HashMap<WorkloadKey, i64>> {
    let operation = "name the workloads of costs";
    let mut ids = known_workloads(connection, cluster).await?;
    let mut added = false;
    for WorkloadKey { namespace, kind, name } in
        rows.workloads.iter().map(|row| &row.workload).filter(|workload| !ids.contains_key(workload))
    {
        sqlx::query(
            "INSERT INTO cost_workloads (cluster_id, namespace, kind, name) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (cluster_id, namespace, kind, name) DO NOTHING",
        )
        .bind(cluster.to_string())
        .bind(namespace.to_string())
        .bind(kind.as_str().to_owned())
        .bind(name.to_string())
        .execute(&mut *connection)
        .await
        .doing(operation)?;
        added = true;
    }
    if added {
        ids = known_workloads(connection, cluster).await?;
    }
    Ok(ids)
}

async fn known_workloads(
    connection: &mut AnyConnection,
    cluster: ClusterId,
) -> Result<HashMap<WorkloadKey, i64>> {
    sqlx::query("SELECT id, namespace, kind, name FROM cost_workloads WHERE cluster_id = $1")
        .bind(cluster.to_string())
        .fetch_all(connection)
        .await
        .and_then(|rows| {
            let read = |row: &sqlx::any::AnyRow| {
                let workload = WorkloadKey {
                    namespace: row.text("namespace")?.into(),
                    kind: WorkloadKind::new(&row.text("kind")?),
                    name: row.text("name")?.into(),
                };
                Ok((workload, row.int("id")?))
            };
            rows.iter().map(read).collect()
        })
        .doing("read the workloads of costs")
}
