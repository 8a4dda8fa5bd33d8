//! Long work that a client polls. An operation with actions is done when the last of them is.

use model::{ClusterId, OperationId, OrganizationId, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, FromRow};

use crate::error::Doing as _;
use crate::row::{Columns as _, micros, opt_micros};
use crate::{Result, Store, Tx};

/// Long work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its id.
    pub id: OperationId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// What it works on.
    pub cluster_id: ClusterId,
    /// What it does, such as `nodeDrain`.
    pub kind: String,
    /// Whether it has ended.
    pub done: bool,
    /// Why it ended badly, if it did.
    pub error: Option<OperationError>,
    /// The id of who started it.
    pub created_by: String,
    /// When it started.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationError {
    /// A short name to tell reasons apart.
    pub reason: String,
    /// What happened, for a person to read.
    pub details: String,
}

impl FromRow<'_, AnyRow> for Operation {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        let reason = row.opt_text("error_reason")?;
        let details = row.opt_text("error_details")?.unwrap_or_default();
        Ok(Self {
            id: row.id("id")?,
            organization_id: row.id("org_id")?,
            cluster_id: row.id("cluster_id")?,
            kind: row.text("type")?,
            done: row.flag("done")?,
            error: reason.map(|reason| OperationError { reason, details }),
            created_by: row.text("created_by")?,
            created_at: row.time("created_at")?,
            finished_at: row.opt_time("finished_at")?,
        })
    }
}

/// Ends the operation unless it has ended; `false` when it had, or the organisation has none such.
pub(crate) async fn finish(
    connection: &mut AnyConnection,
    organization: OrganizationId,
    id: OperationId,
    error: Option<&OperationError>,
    now: Timestamp,
) -> Result<bool> {
    sqlx::query(
        "UPDATE operations SET done = 1, error_reason = $3, error_details = $4, finished_at = $5 \
         WHERE org_id = $1 AND id = $2 AND done = 0",
    )
    .bind(organization.to_string())
    .bind(id.to_string())
    .bind(error.map(|error| error.reason.clone()))
    .bind(error.map(|error| error.details.clone()))
    .bind(micros(now))
    .execute(connection)
    .await
    .doing("finish an operation")
    .map(|done| done.rows_affected() > 0)
}

impl Store {
    /// The operation, when the organisation has it.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn operation(
        &self,
        organization: OrganizationId,
        id: OperationId,
    ) -> Result<Option<Operation>> {
        sqlx::query_as("SELECT * FROM operations WHERE org_id = $1 AND id = $2")
            .bind(organization.to_string())
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await
            .doing("read an operation")
    }

    /// The cluster's operations that have not ended, oldest first.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn open_operations(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
    ) -> Result<Vec<Operation>> {
        sqlx::query_as(
            "SELECT * FROM operations WHERE org_id = $1 AND cluster_id = $2 AND done = 0 ORDER BY created_at, id",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .fetch_all(&self.reader)
        .await
        .doing("list open operations")
    }
}

impl Tx {
    /// Adds an operation.
    ///
    /// # Errors
    /// [`crate::Error::AlreadyExists`], [`crate::Error::MissingReference`].
    pub async fn create_operation(&mut self, operation: &Operation) -> Result<()> {
        let error = operation.error.as_ref();
        sqlx::query(
            "INSERT INTO operations (id, org_id, cluster_id, type, done, error_reason, error_details, created_by, \
             created_at, finished_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(operation.id.to_string())
        .bind(operation.organization_id.to_string())
        .bind(operation.cluster_id.to_string())
        .bind(&operation.kind)
        .bind(i64::from(operation.done))
        .bind(error.map(|error| error.reason.clone()))
        .bind(error.map(|error| error.details.clone()))
        .bind(&operation.created_by)
        .bind(micros(operation.created_at))
        .bind(opt_micros(operation.finished_at))
        .execute(self.connection())
        .await
        .doing("create an operation")
        .map(|_| ())
    }

    /// Ends an operation that has no actions; one with actions ends by itself. `false` when it had
    /// ended already, or the organisation has none such.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn finish_operation(
        &mut self,
        organization: OrganizationId,
        id: OperationId,
        error: Option<&OperationError>,
        now: Timestamp,
    ) -> Result<bool> {
        finish(self.connection(), organization, id, error, now).await
    }
}
