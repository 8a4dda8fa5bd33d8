//! Rebalancing schedules of an organisation, and the jobs by which clusters follow them. Names are unique
//! within an organisation; a cluster follows a schedule once.

use model::{ClusterId, OrganizationId, RebalancingJobId, RebalancingScheduleId, Timestamp};
use serde_json::Value;
use sqlx::FromRow;
use sqlx::any::AnyRow;

use crate::error::Doing as _;
use crate::row::{Columns as _, micros, opt_micros};
use crate::{Error, Result, Store, Tx};

/// When, and in which way, clusters are rebalanced.
#[derive(Clone, Debug, PartialEq)]
pub struct RebalancingSchedule {
    /// Its id.
    pub id: RebalancingScheduleId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// Its name.
    pub name: String,
    /// When it is due, on which conditions, and how it is done: as on the wire.
    pub definition: Value,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts the changes; an update must carry the one it was made against.
    pub version: i64,
}

impl FromRow<'_, AnyRow> for RebalancingSchedule {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.id("id")?,
            organization_id: row.id("org_id")?,
            name: row.text("name")?,
            definition: row.json("definition_json")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
            version: row.int("version")?,
        })
    }
}

/// A cluster that follows a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebalancingJob {
    /// Its id.
    pub id: RebalancingJobId,
    /// Whose cluster it is.
    pub organization_id: OrganizationId,
    /// The cluster.
    pub cluster_id: ClusterId,
    /// The schedule.
    pub schedule_id: RebalancingScheduleId,
    /// Whether it follows it for now.
    pub enabled: bool,
    /// The contract's word for how far its last rebalancing is.
    pub status: String,
    /// The last plan that was made for it; empty when none was.
    pub plan_id: String,
    /// When it was last due.
    pub last_trigger_at: Option<Timestamp>,
    /// Since when times at which it is due count: its creation, its last enabling, or when it was last due.
    pub counted_from: Timestamp,
    /// When it was created.
    pub created_at: Timestamp,
    /// Counts the changes; an update must carry the one it was made against.
    pub version: i64,
}

impl FromRow<'_, AnyRow> for RebalancingJob {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.id("id")?,
            organization_id: row.id("org_id")?,
            cluster_id: row.id("cluster_id")?,
            schedule_id: row.id("schedule_id")?,
            enabled: row.flag("enabled")?,
            status: row.text("status")?,
            plan_id: row.text("plan_id")?,
            last_trigger_at: row.opt_time("last_trigger_at")?,
            counted_from: row.time("counted_from")?,
            created_at: row.time("created_at")?,
            version: row.int("version")?,
        })
    }
}

impl Store {
    /// The organisation's schedules, by name.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn rebalancing_schedules(
        &self,
        organization: OrganizationId,
    ) -> Result<Vec<RebalancingSchedule>> {
        sqlx::query_as("SELECT * FROM rebalancing_schedules WHERE org_id = $1 ORDER BY name")
            .bind(organization.to_string())
            .fetch_all(&self.reader)
            .await
            .doing("list rebalancing schedules")
    }

    /// The schedule, when the organisation has it.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn rebalancing_schedule(
        &self,
        organization: OrganizationId,
        id: RebalancingScheduleId,
    ) -> Result<Option<RebalancingSchedule>> {
        sqlx::query_as("SELECT * FROM rebalancing_schedules WHERE org_id = $1 AND id = $2")
            .bind(organization.to_string())
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await
            .doing("read a rebalancing schedule")
    }

    /// The jobs of the organisation's clusters that are not archived, oldest first.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn rebalancing_jobs(&self, organization: OrganizationId) -> Result<Vec<RebalancingJob>> {
        sqlx::query_as(
            "SELECT j.* FROM rebalancing_jobs j JOIN clusters c ON c.id = j.cluster_id \
             WHERE j.org_id = $1 AND c.status <> 'archived' ORDER BY j.created_at, j.id",
        )
        .bind(organization.to_string())
        .fetch_all(&self.reader)
        .await
        .doing("list rebalancing jobs")
    }

    /// The jobs of a cluster, archived or not, oldest first.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn rebalancing_jobs_of_cluster(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
    ) -> Result<Vec<RebalancingJob>> {
        sqlx::query_as(
            "SELECT * FROM rebalancing_jobs WHERE org_id = $1 AND cluster_id = $2 ORDER BY created_at, id",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .fetch_all(&self.reader)
        .await
        .doing("list the rebalancing jobs of a cluster")
    }
}

impl Tx {
    /// Creates a schedule, at version 1 whatever it says.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`] when there is one of this name.
    pub async fn create_rebalancing_schedule(&mut self, new: &RebalancingSchedule) -> Result<()> {
        sqlx::query(
            "INSERT INTO rebalancing_schedules (id, org_id, name, definition_json, created_at, updated_at, \
             version) VALUES ($1, $2, $3, $4, $5, $6, 1)",
        )
        .bind(new.id.to_string())
        .bind(new.organization_id.to_string())
        .bind(&new.name)
        .bind(new.definition.to_string())
        .bind(micros(new.created_at))
        .bind(micros(new.updated_at))
        .execute(self.connection())
        .await
        .doing("create a rebalancing schedule")
        .map(|_| ())
    }

    /// Writes name and definition. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Conflict`] when `changed.version` is no longer the stored one, or it does not exist;
    /// [`Error::AlreadyExists`] when another has the name.
    pub async fn update_rebalancing_schedule(&mut self, changed: &RebalancingSchedule) -> Result<i64> {
        let done = sqlx::query(
            "UPDATE rebalancing_schedules SET name = $4, definition_json = $5, updated_at = $6, \
             version = version + 1 WHERE org_id = $1 AND id = $2 AND version = $3",
        )
        .bind(changed.organization_id.to_string())
        .bind(changed.id.to_string())
        .bind(changed.version)
        .bind(&changed.name)
        .bind(changed.definition.to_string())
        .bind(micros(changed.updated_at))
        .execute(self.connection())
        .await
        .doing("update a rebalancing schedule")?;
        match done.rows_affected() {
            0 => Err(Error::Conflict { what: "the rebalancing schedule" }),
            _ => Ok(changed.version + 1),
        }
    }

    /// Deletes a schedule, and the jobs that archived clusters still have of it; `false` when there is no
    /// such schedule.
    ///
    /// # Errors
    /// [`Error::MissingReference`] when other clusters follow it.
    pub async fn delete_rebalancing_schedule(
        &mut self,
        organization: OrganizationId,
        id: RebalancingScheduleId,
    ) -> Result<bool> {
        let operation = "delete a rebalancing schedule";
        sqlx::query(
            "DELETE FROM rebalancing_jobs WHERE org_id = $1 AND schedule_id = $2 \
             AND cluster_id IN (SELECT id FROM clusters WHERE org_id = $1 AND status = 'archived')",
        )
        .bind(organization.to_string())
        .bind(id.to_string())
        .execute(self.connection())
        .await
        .doing(operation)?;
        sqlx::query("DELETE FROM rebalancing_schedules WHERE org_id = $1 AND id = $2")
            .bind(organization.to_string())
            .bind(id.to_string())
            .execute(self.connection())
            .await
            .doing(operation)
            .map(|done| done.rows_affected() > 0)
    }

    /// Creates a job, at version 1 whatever it says.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`] when the cluster follows the schedule already;
    /// [`Error::MissingReference`] when the organisation has no such cluster or schedule.
    pub async fn create_rebalancing_job(&mut self, new: &RebalancingJob) -> Result<()> {
        let operation = "create a rebalancing job";
        let done = sqlx::query(
            "INSERT INTO rebalancing_jobs (id, org_id, cluster_id, schedule_id, enabled, status, plan_id, \
             last_trigger_at, counted_from, created_at, version) \
             SELECT $4, c.org_id, c.id, s.id, $5, $6, $7, $8, $9, $10, 1 \
             FROM clusters c JOIN rebalancing_schedules s ON s.org_id = c.org_id \
             WHERE c.org_id = $1 AND c.id = $2 AND s.id = $3",
        )
        .bind(new.organization_id.to_string())
        .bind(new.cluster_id.to_string())
        .bind(new.schedule_id.to_string())
        .bind(new.id.to_string())
        .bind(i64::from(new.enabled))
        .bind(&new.status)
        .bind(&new.plan_id)
        .bind(opt_micros(new.last_trigger_at))
        .bind(micros(new.counted_from))
        .bind(micros(new.created_at))
        .execute(self.connection())
        .await
        .doing(operation)?;
        match done.rows_affected() {
            0 => Err(Error::MissingReference { operation }),
            _ => Ok(()),
        }
    }

    /// Writes the job as given, but for its cluster and the time of its creation. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Conflict`] when `changed.version` is no longer the stored one, or it does not exist, or the
    /// organisation has no such schedule; [`Error::AlreadyExists`] when another job of the cluster has the
    /// schedule.
    pub async fn update_rebalancing_job(&mut self, changed: &RebalancingJob) -> Result<i64> {
        let done = sqlx::query(
            "UPDATE rebalancing_jobs SET schedule_id = $5, enabled = $6, status = $7, plan_id = $8, \
             last_trigger_at = $9, counted_from = $10, version = version + 1 \
             WHERE org_id = $1 AND cluster_id = $2 AND id = $3 AND version = $4 \
             AND EXISTS (SELECT 1 FROM rebalancing_schedules WHERE org_id = $1 AND id = $5)",
        )
        .bind(changed.organization_id.to_string())
        .bind(changed.cluster_id.to_string())
        .bind(changed.id.to_string())
        .bind(changed.version)
        .bind(changed.schedule_id.to_string())
        .bind(i64::from(changed.enabled))
        .bind(&changed.status)
        .bind(&changed.plan_id)
        .bind(opt_micros(changed.last_trigger_at))
        .bind(micros(changed.counted_from))
        .execute(self.connection())
        .await
        .doing("update a rebalancing job")?;
        match done.rows_affected() {
            0 => Err(Error::Conflict { what: "the rebalancing job" }),
            _ => Ok(changed.version + 1),
        }
    }

    /// Deletes a job; `false` when there is no such one.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn delete_rebalancing_job(
        &mut self,
        organization: OrganizationId,
        cluster: ClusterId,
        id: RebalancingJobId,
    ) -> Result<bool> {
        sqlx::query("DELETE FROM rebalancing_jobs WHERE org_id = $1 AND cluster_id = $2 AND id = $3")
            .bind(organization.to_string())
            .bind(cluster.to_string())
            .bind(id.to_string())
            .execute(self.connection())
            .await
            .doing("delete a rebalancing job")
            .map(|done| done.rows_affected() > 0)
    }
}
