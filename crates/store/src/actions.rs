//! What the in-cluster controller is asked to do. An action is offered again and again until it is
//! acknowledged; one that waits for another is offered only after that one succeeded, and fails with it.

use model::{ActionId, ClusterId, OperationId, OrganizationId, Timestamp};
use serde_json::Value;
use sqlx::FromRow;
use sqlx::any::AnyRow;

use crate::error::Doing as _;
use crate::operations::{self, OperationError};
use crate::row::{Columns as _, micros, opt_id, opt_micros};
use crate::{Result, Store, Tx};

/// The reason of an operation whose action failed.
const ACTION_FAILED: &str = "action_failed";

/// An action to be added.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAction {
    /// Its id.
    pub id: ActionId,
    /// Whose cluster.
    pub organization_id: OrganizationId,
    /// Which cluster's controller.
    pub cluster_id: ClusterId,
    /// The operation it is part of.
    pub operation_id: Option<OperationId>,
    /// The action that must have succeeded before.
    pub after: Option<ActionId>,
    /// What to do: the one key of the action on the wire, with its fields.
    pub payload: Value,
    /// When; the controller counts its time from here.
    pub created_at: Timestamp,
    /// When to give up, see [`Store::overdue_actions`].
    pub deadline: Option<Timestamp>,
}

/// An action.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// What it was asked as.
    pub asked: NewAction,
    /// When it was acknowledged, or failed with the one it waited for.
    pub done_at: Option<Timestamp>,
    /// Why it failed, if it did.
    pub error: Option<String>,
}

/// An action that was not acknowledged in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverdueAction {
    /// Its id.
    pub id: ActionId,
    /// Whose cluster.
    pub organization_id: OrganizationId,
    /// Which cluster.
    pub cluster_id: ClusterId,
}

impl FromRow<'_, AnyRow> for Action {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            asked: NewAction {
                id: row.id("id")?,
                organization_id: row.id("org_id")?,
                cluster_id: row.id("cluster_id")?,
                operation_id: row.opt_id("operation_id")?,
                after: row.opt_id("after_id")?,
                payload: row.json("payload_json")?,
                created_at: row.time("created_at")?,
                deadline: row.opt_time("deadline")?,
            },
            done_at: row.opt_time("done_at")?,
            error: row.opt_text("error")?,
        })
    }
}

impl FromRow<'_, AnyRow> for OverdueAction {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self { id: row.id("id")?, organization_id: row.id("org_id")?, cluster_id: row.id("cluster_id")? })
    }
}

impl Store {
    /// What the controller is to be offered now: neither acknowledged nor waiting, oldest first.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn pending_actions(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
    ) -> Result<Vec<Action>> {
        sqlx::query_as(
            "SELECT a.* FROM actions a LEFT JOIN actions before ON before.id = a.after_id \
             WHERE a.org_id = $1 AND a.cluster_id = $2 AND a.done_at IS NULL \
             AND (a.after_id IS NULL OR (before.done_at IS NOT NULL AND before.error IS NULL)) \
             ORDER BY a.created_at, a.id",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .fetch_all(&self.reader)
        .await
        .doing("list pending actions")
    }

    /// The action, when the cluster has it.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn action(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
        id: ActionId,
    ) -> Result<Option<Action>> {
        sqlx::query_as("SELECT * FROM actions WHERE org_id = $1 AND cluster_id = $2 AND id = $3")
            .bind(organization.to_string())
            .bind(cluster.to_string())
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await
            .doing("read an action")
    }

    /// The actions of an operation, in the order in which they were added.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn actions_of_operation(
        &self,
        organization: OrganizationId,
        operation: OperationId,
    ) -> Result<Vec<Action>> {
        sqlx::query_as(
            "SELECT * FROM actions WHERE org_id = $1 AND operation_id = $2 ORDER BY created_at, id",
        )
        .bind(organization.to_string())
        .bind(operation.to_string())
        .fetch_all(&self.reader)
        .await
        .doing("list the actions of an operation")
    }

    /// The actions of all organisations whose deadline has passed, for the loop that fails them with
    /// [`Tx::acknowledge_action`].
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn overdue_actions(&self, now: Timestamp) -> Result<Vec<OverdueAction>> {
        sqlx::query_as(
            "SELECT id, org_id, cluster_id FROM actions WHERE done_at IS NULL AND deadline <= $1 \
             ORDER BY deadline, id",
        )
        .bind(micros(now))
        .fetch_all(&self.reader)
        .await
        .doing("list overdue actions")
    }
}

impl Tx {
    /// Adds an action. Its operation, and the action it waits for, must be there already.
    ///
    /// # Errors
    /// [`crate::Error::AlreadyExists`], [`crate::Error::MissingReference`].
    pub async fn create_action(&mut self, action: &NewAction) -> Result<()> {
        sqlx::query(
            "INSERT INTO actions (id, org_id, cluster_id, operation_id, after_id, payload_json, created_at, deadline) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(action.id.to_string())
        .bind(action.organization_id.to_string())
        .bind(action.cluster_id.to_string())
        .bind(opt_id(action.operation_id))
        .bind(opt_id(action.after))
        .bind(action.payload.to_string())
        .bind(micros(action.created_at))
        .bind(opt_micros(action.deadline))
        .execute(self.connection())
        .await
        .doing("create an action")
        .map(|_| ())
    }

    /// Closes an action, well or with `error`; the actions that wait for a failed one fail with it, and
    /// an operation ends with its last action, badly if any failed. Closing again changes nothing. The
    /// action as it is now, or `None` when the cluster has none such.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn acknowledge_action(
        &mut self,
        organization: OrganizationId,
        cluster: ClusterId,
        id: ActionId,
        error: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Action>> {
        let operation = "acknowledge an action";
        let Some(action) = self.action(organization, cluster, id).await? else { return Ok(None) };
        if let Some(id) = action.asked.operation_id {
            // Written without a change, to hold the row until the end: of two last actions acknowledged
            // at once, the second sees the first.
            sqlx::query("UPDATE operations SET done = done WHERE id = $1")
                .bind(id.to_string())
                .execute(self.connection())
                .await
                .doing(operation)?;
        }
        let closed =
            sqlx::query("UPDATE actions SET done_at = $2, error = $3 WHERE id = $1 AND done_at IS NULL")
                .bind(id.to_string())
                .bind(micros(now))
                .bind(error.map(str::to_owned))
                .execute(self.connection())
                .await
                .doing(operation)?;
        if closed.rows_affected() > 0 {
            if error.is_some() {
                self.fail_followers(id, now).await?;
            }
            if let Some(id) = action.asked.operation_id {
                self.end_operation(organization, id, now).await?;
            }
        }
        self.action(organization, cluster, id).await
    }

    async fn action(
        &mut self,
        organization: OrganizationId,
        cluster: ClusterId,
        id: ActionId,
    ) -> Result<Option<Action>> {
        sqlx::query_as("SELECT * FROM actions WHERE org_id = $1 AND cluster_id = $2 AND id = $3")
            .bind(organization.to_string())
            .bind(cluster.to_string())
            .bind(id.to_string())
            .fetch_optional(self.connection())
            .await
            .doing("read an action")
    }

    async fn fail_followers(&mut self, failed: ActionId, now: Timestamp) -> Result<()> {
        sqlx::query(
            "WITH RECURSIVE followers (id) AS (SELECT id FROM actions WHERE after_id = $1 \
             UNION SELECT a.id FROM actions a JOIN followers f ON a.after_id = f.id) \
             UPDATE actions SET done_at = $2, error = $3 \
             WHERE done_at IS NULL AND id IN (SELECT id FROM followers)",
        )
        .bind(failed.to_string())
        .bind(micros(now))
        .bind(format!("not tried: action {failed}, which comes before it, failed"))
        .execute(self.connection())
        .await
        .doing("fail the actions that wait for another")
        .map(|_| ())
    }

    /// Ends the operation if none of its actions is open.
    async fn end_operation(
        &mut self,
        organization: OrganizationId,
        id: OperationId,
        now: Timestamp,
    ) -> Result<()> {
        let what = "end an operation";
        let open =
            sqlx::query("SELECT COUNT(*) AS open FROM actions WHERE operation_id = $1 AND done_at IS NULL")
                .bind(id.to_string())
                .fetch_one(self.connection())
                .await
                .and_then(|row| row.int("open"))
                .doing(what)?;
        if open > 0 {
            return Ok(());
        }
        // The first failure is the cause; actions that failed with it come later or at the same time.
        let failure = sqlx::query(
            "SELECT error FROM actions WHERE operation_id = $1 AND error IS NOT NULL \
             ORDER BY done_at, CASE WHEN error LIKE 'not tried: %' THEN 1 ELSE 0 END, created_at, id LIMIT 1",
        )
        .bind(id.to_string())
        .fetch_optional(self.connection())
        .await
        .and_then(|row| row.map(|row| row.text("error")).transpose())
        .doing(what)?
        .map(|details| OperationError { reason: ACTION_FAILED.to_owned(), details });
        operations::finish(self.connection(), organization, id, failure.as_ref(), now).await.map(|_| ())
    }
}
