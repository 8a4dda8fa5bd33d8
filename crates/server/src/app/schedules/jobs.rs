//! Jobs: the clusters that follow a schedule. A cluster follows a schedule once.

use model::{ClusterId, RebalancingJobId, RebalancingScheduleId, Timestamp};
use serde_json::{Value, json};
use store::RebalancingJob;
use wire::rebalancing_schedules::JobStatus;

use super::{ATTEMPTS, Definition, next_trigger, stored};
use crate::app::{App, audit, clusters};
use crate::auth::principal::Principal;
use crate::http::error::{ApiError, ApiResult};

/// A job, and when it is due next.
#[derive(Clone, Debug)]
pub struct JobView {
    /// The job.
    pub job: RebalancingJob,
    /// When it is due next; `None` while it is not enabled.
    pub next_trigger_at: Option<Timestamp>,
}

/// What is to become of a job. What is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobChange {
    /// Whether the cluster follows the schedule.
    pub enabled: Option<bool>,
    /// Which schedule it follows.
    pub schedule: Option<RebalancingScheduleId>,
}

/// The cluster's jobs or, given a schedule, the one of it.
///
/// # Errors
/// 404 for the cluster.
pub async fn list(
    app: &App,
    principal: &Principal,
    cluster: ClusterId,
    schedule: Option<RebalancingScheduleId>,
) -> ApiResult<Vec<JobView>> {
    clusters::get(app, principal, cluster).await?;
    let mut jobs = app.store.rebalancing_jobs_of_cluster(principal.organization, cluster).await?;
    jobs.retain(|job| schedule.is_none_or(|schedule| job.schedule_id == schedule));
    let mut views = Vec::with_capacity(jobs.len());
    for job in jobs {
        views.push(view(app, principal, job).await?);
    }
    Ok(views)
}

/// One of them.
///
/// # Errors
/// 404.
pub async fn get(
    app: &App,
    principal: &Principal,
    cluster: ClusterId,
    id: RebalancingJobId,
) -> ApiResult<JobView> {
    view(app, principal, find(app, principal, cluster, id).await?).await
}

/// Has the cluster follow a schedule.
///
/// # Errors
/// 404 for the cluster; 400 for a schedule that does not exist; 409 when it follows it already, or was
/// deleted.
pub async fn create(
    app: &App,
    principal: &Principal,
    cluster: ClusterId,
    schedule: RebalancingScheduleId,
    enabled: bool,
) -> ApiResult<JobView> {
    clusters::get_unarchived(app, principal, cluster).await?;
    check_schedule(app, principal, schedule).await?;
    let now = app.clock.now();
    let job = RebalancingJob {
        id: RebalancingJobId::new(&*app.ids),
        organization_id: principal.organization,
        cluster_id: cluster,
        schedule_id: schedule,
        enabled,
        status: JobStatus::Pending.as_str().to_owned(),
        plan_id: String::new(),
        last_trigger_at: None,
        counted_from: now,
        created_at: now,
        version: 1,
    };
    let mut tx = app.store.begin().await?;
    refuse_twice(tx.create_rebalancing_job(&job).await)?;
    let event = json!({"rebalancingJob": shown(&job)});
    tx.commit(&[audit::entry(app, principal, "rebalancingJobCreated", Some(cluster), event)]).await?;
    view(app, principal, job).await
}

/// Changes a job. One that is enabled anew is due the next time, not for the times in between.
///
/// # Errors
/// 404; 400 for a schedule that does not exist; 409 when the cluster follows it already, or was deleted.
pub async fn update(
    app: &App,
    principal: &Principal,
    cluster: ClusterId,
    id: RebalancingJobId,
    change: &JobChange,
) -> ApiResult<JobView> {
    clusters::get_unarchived(app, principal, cluster).await?;
    if let Some(schedule) = change.schedule {
        check_schedule(app, principal, schedule).await?;
    }
    for _ in 0..ATTEMPTS {
        let before = find(app, principal, cluster, id).await?;
        let mut after = RebalancingJob {
            enabled: change.enabled.unwrap_or(before.enabled),
            schedule_id: change.schedule.unwrap_or(before.schedule_id),
            ..before.clone()
        };
        if after == before {
            return view(app, principal, before).await;
        }
        if !before.enabled || after.schedule_id != before.schedule_id {
            after.counted_from = app.clock.now();
        }
        let mut tx = app.store.begin().await?;
        after.version = match tx.update_rebalancing_job(&after).await {
            Err(store::Error::Conflict { .. }) => continue,
            written => refuse_twice(written)?,
        };
        let event = json!({"before": shown(&before), "rebalancingJob": shown(&after)});
        tx.commit(&[audit::entry(app, principal, "rebalancingJobUpdated", Some(cluster), event)]).await?;
        return view(app, principal, after).await;
    }
    Err(ApiError::conflict("the job is being changed by many at once: try again"))
}

/// Has the cluster no longer follow the schedule; a cluster that was deleted, too.
///
/// # Errors
/// 404.
pub async fn delete(
    app: &App,
    principal: &Principal,
    cluster: ClusterId,
    id: RebalancingJobId,
) -> ApiResult<()> {
    let job = find(app, principal, cluster, id).await?;
    let mut tx = app.store.begin().await?;
    if !tx.delete_rebalancing_job(principal.organization, cluster, id).await? {
        return Err(missing(id));
    }
    let event = json!({"rebalancingJob": shown(&job)});
    tx.commit(&[audit::entry(app, principal, "rebalancingJobDeleted", Some(cluster), event)]).await?;
    Ok(())
}

async fn find(
    app: &App,
    principal: &Principal,
    cluster: ClusterId,
    id: RebalancingJobId,
) -> ApiResult<RebalancingJob> {
    clusters::get(app, principal, cluster).await?;
    let jobs = app.store.rebalancing_jobs_of_cluster(principal.organization, cluster).await?;
    jobs.into_iter().find(|job| job.id == id).ok_or_else(|| missing(id))
}

async fn view(app: &App, principal: &Principal, job: RebalancingJob) -> ApiResult<JobView> {
    let next_trigger_at = if job.enabled {
        let definition = Definition::of(&stored(app, principal, job.schedule_id).await?)?;
        next_trigger(&definition, app.clock.now())
    } else {
        None
    };
    Ok(JobView { job, next_trigger_at })
}

/// A schedule that a body names.
async fn check_schedule(app: &App, principal: &Principal, id: RebalancingScheduleId) -> ApiResult<()> {
    match app.store.rebalancing_schedule(principal.organization, id).await? {
        Some(_) => Ok(()),
        None => Err(no_schedule()),
    }
}

/// 400 for a schedule that a body names and that does not exist.
pub fn no_schedule() -> ApiError {
    ApiError::field("rebalancingScheduleId", "must be the id of a rebalancing schedule of the organization")
}

fn refuse_twice<T>(written: store::Result<T>) -> ApiResult<T> {
    match written {
        Err(store::Error::AlreadyExists { .. }) => Err(ApiError::conflict(
            "the cluster follows this schedule already: GET …/rebalancing-jobs?rebalancingScheduleId=… finds the job",
        )),
        Err(store::Error::MissingReference { .. }) => Err(no_schedule()),
        written => Ok(written?),
    }
}

fn missing(id: RebalancingJobId) -> ApiError {
    ApiError::not_found(format_args!("rebalancing job {id}"))
}

fn shown(job: &RebalancingJob) -> Value {
    json!({"id": job.id, "rebalancingScheduleId": job.schedule_id, "enabled": job.enabled})
}
