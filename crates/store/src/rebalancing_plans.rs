//! Rebalancing plans: what was asked, what was planned, and how far it was carried out.
//!
//! Request and content are the engine's own form, and JSON here. A change of a plan must carry the version that it
//! was made against: of several servers, and of a server and a user who cancels, one wins and the others look again.

use model::{ClusterId, OrganizationId, RebalancingPlanId, RebalancingScheduleId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::FromRow;
use sqlx::any::AnyRow;

use crate::error::Doing as _;
use crate::row::{Columns as _, micros, opt_id};
use crate::{Cursor, Error, Page, Paged, Result, Store, Tx};

/// The name of the list in its cursors.
const LIST: &str = "rebalancing-plans";

/// A plan.
#[derive(Clone, Debug, PartialEq)]
pub struct RebalancingPlan {
    /// Its id.
    pub id: RebalancingPlanId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// The cluster.
    pub cluster_id: ClusterId,
    /// The schedule that asked for it, if one did.
    pub schedule_id: Option<RebalancingScheduleId>,
    /// The contract's word for how far it is.
    pub status: String,
    /// Whether the engine has something to do for it: it is being generated or executed.
    pub open: bool,
    /// What was asked.
    pub request: Value,
    /// What was planned, and what was done of it.
    pub content: Value,
    /// The id of who asked.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts the changes; an update must carry the one it was made against.
    pub version: i64,
}

/// Which plans to list.
#[derive(Clone, Debug, Default)]
pub struct PlanFilter {
    /// Only those with one of these words; all when there are none.
    pub statuses: Vec<String>,
    /// Only those that this schedule asked for.
    pub schedule_id: Option<RebalancingScheduleId>,
}

/// The position after a plan.
#[derive(Serialize, Deserialize)]
struct Position {
    created_at: i64,
    id: String,
}

impl FromRow<'_, AnyRow> for RebalancingPlan {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.id("id")?,
            organization_id: row.id("org_id")?,
            cluster_id: row.id("cluster_id")?,
            schedule_id: row.opt_id("schedule_id")?,
            status: row.text("status")?,
            open: row.flag("open")?,
            request: row.json("request_json")?,
            content: row.json("content_json")?,
            created_by: row.text("created_by")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
            version: row.int("version")?,
        })
    }
}

impl Store {
    /// The plan, when the organisation's cluster has it.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn rebalancing_plan(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
        id: RebalancingPlanId,
    ) -> Result<Option<RebalancingPlan>> {
        sqlx::query_as("SELECT * FROM rebalancing_plans WHERE org_id = $1 AND cluster_id = $2 AND id = $3")
            .bind(organization.to_string())
            .bind(cluster.to_string())
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await
            .doing("read a rebalancing plan")
    }

    /// The cluster's plans, newest first.
    ///
    /// # Errors
    /// [`Error::Query`], [`Error::Cursor`].
    pub async fn rebalancing_plans(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
        filter: &PlanFilter,
        page: &Page,
    ) -> Result<Paged<RebalancingPlan>> {
        let at: Position =
            page.position(LIST)?.unwrap_or(Position { created_at: i64::MAX, id: String::new() });
        // Words between commas: neither database takes lists in the same way.
        let statuses = match filter.statuses.is_empty() {
            true => String::new(),
            false => format!(",{},", filter.statuses.join(",")),
        };
        let rows: Vec<RebalancingPlan> = sqlx::query_as(
            "SELECT * FROM rebalancing_plans WHERE org_id = $1 AND cluster_id = $2 \
             AND (created_at, id) < ($3, $4) AND ($5 = '' OR $5 LIKE '%,' || status || ',%') AND ($6 = '' OR schedule_id = $6) \
             ORDER BY created_at DESC, id DESC LIMIT $7",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .bind(at.created_at)
        .bind(&at.id)
        .bind(statuses)
        .bind(opt_id(filter.schedule_id).unwrap_or_default())
        .bind(page.rows())
        .fetch_all(&self.reader)
        .await
        .doing("list rebalancing plans")?;
        Ok(page.cut(rows, |last| {
            Cursor::new(LIST, &Position { created_at: micros(last.created_at), id: last.id.to_string() })
        }))
    }

    /// The plans of all organisations that the engine has something to do for, oldest first.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn open_rebalancing_plans(&self) -> Result<Vec<RebalancingPlan>> {
        sqlx::query_as("SELECT * FROM rebalancing_plans WHERE open = 1 ORDER BY created_at, id")
            .fetch_all(&self.reader)
            .await
            .doing("list open rebalancing plans")
    }
}

impl Tx {
    /// Creates a plan, at version 1 whatever it says.
    ///
    /// # Errors
    /// [`Error::MissingReference`] for a cluster that is not there.
    pub async fn create_rebalancing_plan(&mut self, new: &RebalancingPlan) -> Result<()> {
        sqlx::query(
            "INSERT INTO rebalancing_plans (id, org_id, cluster_id, schedule_id, status, open, request_json, \
             content_json, created_by, created_at, updated_at, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1)",
        )
        .bind(new.id.to_string())
        .bind(new.organization_id.to_string())
        .bind(new.cluster_id.to_string())
        .bind(opt_id(new.schedule_id))
        .bind(&new.status)
        .bind(i64::from(new.open))
        .bind(new.request.to_string())
        .bind(new.content.to_string())
        .bind(&new.created_by)
        .bind(micros(new.created_at))
        .bind(micros(new.updated_at))
        .execute(self.connection())
        .await
        .doing("create a rebalancing plan")
        .map(|_| ())
    }

    /// Writes status, content and whether it is open. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Conflict`] when `changed.version` is no longer the stored one, or it does not exist.
    pub async fn update_rebalancing_plan(&mut self, changed: &RebalancingPlan) -> Result<i64> {
        let done = sqlx::query(
            "UPDATE rebalancing_plans SET status = $4, open = $5, content_json = $6, updated_at = $7, \
             version = version + 1 WHERE org_id = $1 AND id = $2 AND version = $3",
        )
        .bind(changed.organization_id.to_string())
        .bind(changed.id.to_string())
        .bind(changed.version)
        .bind(&changed.status)
        .bind(i64::from(changed.open))
        .bind(changed.content.to_string())
        .bind(micros(changed.updated_at))
        .execute(self.connection())
        .await
        .doing("update a rebalancing plan")?;
        match done.rows_affected() {
            0 => Err(Error::Conflict { what: "the rebalancing plan" }),
            _ => Ok(changed.version + 1),
        }
    }
}
