//! Rebalancing schedules of an organisation: when clusters are rebalanced, on which conditions, which of
//! their nodes, and how. Clusters follow a schedule by [`jobs`].
//!
//! Nothing is rebalanced here. What the engine needs at run time is pure: [`cron::Cron::next_after`] and
//! [`selection::select_nodes`]; [`preview`] shows both without doing anything.

use model::{RebalancingScheduleId, Timestamp};
use serde_json::{Value, json};
use store::{RebalancingJob, RebalancingSchedule};
use wire::rebalancing_schedules::{
    LaunchConfiguration, RebalancingScheduleUpdate, Schedule, TriggerConditions,
};

use self::cron::Cron;
use super::{App, audit};
use crate::auth::principal::Principal;
use crate::http::error::{ApiError, ApiResult};

pub mod cron;
pub mod jobs;
pub mod preview;
mod rules;
pub mod selection;
mod selector;
pub mod zones;

/// How often to start over when somebody else changed a schedule in between.
const ATTEMPTS: usize = 5;

/// What a schedule says, besides its name.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Definition {
    /// When it is due.
    pub schedule: Schedule,
    /// What must hold for a rebalancing that is due to begin.
    pub trigger_conditions: TriggerConditions,
    /// Which nodes are rebalanced, and how.
    pub launch_configuration: LaunchConfiguration,
}

impl Definition {
    /// What the store keeps of a schedule.
    ///
    /// # Errors
    /// 500 when it holds something else.
    pub fn of(schedule: &RebalancingSchedule) -> ApiResult<Self> {
        serde_json::from_value(schedule.definition.clone()).map_err(ApiError::internal)
    }
}

/// A schedule with those who follow it, as it stands now.
#[derive(Clone, Debug)]
pub struct ScheduleView {
    /// The schedule.
    pub schedule: RebalancingSchedule,
    /// What it says.
    pub definition: Definition,
    /// When it is due next.
    pub next_trigger_at: Option<Timestamp>,
    /// The jobs of clusters that were not deleted.
    pub jobs: Vec<RebalancingJob>,
}

/// The organisation's schedules, by name.
///
/// # Errors
/// What the store met.
pub async fn list(app: &App, principal: &Principal) -> ApiResult<Vec<ScheduleView>> {
    let schedules = app.store.rebalancing_schedules(principal.organization).await?;
    let jobs = app.store.rebalancing_jobs(principal.organization).await?;
    schedules.into_iter().map(|one| view(app, one, &jobs)).collect()
}

/// One of them.
///
/// # Errors
/// 404.
pub async fn get(app: &App, principal: &Principal, id: RebalancingScheduleId) -> ApiResult<ScheduleView> {
    let schedule = stored(app, principal, id).await?;
    view(app, schedule, &app.store.rebalancing_jobs(principal.organization).await?)
}

/// Creates a schedule.
///
/// # Errors
/// 400 for what makes no sense; 409 when there is one of this name.
pub async fn create(
    app: &App,
    principal: &Principal,
    name: &str,
    definition: Definition,
) -> ApiResult<ScheduleView> {
    let now = app.clock.now();
    rules::check_name(name)?;
    let definition = rules::checked(definition, now)?;
    let schedule = RebalancingSchedule {
        id: RebalancingScheduleId::new(&*app.ids),
        organization_id: principal.organization,
        name: name.to_owned(),
        definition: json!(definition),
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let mut tx = app.store.begin().await?;
    let created = tx.create_rebalancing_schedule(&schedule).await;
    refuse_same_name(created, name)?;
    let event = json!({"rebalancingSchedule": shown(&schedule)});
    tx.commit(&[audit::entry(app, principal, "rebalancingScheduleCreated", None, event)]).await?;
    view(app, schedule, &[])
}

/// Changes a schedule. Parts that are absent stay; a part that is there replaces the one before whole.
///
/// # Errors
/// 400 for what makes no sense; 404; 409 when another has the name.
pub async fn update(
    app: &App,
    principal: &Principal,
    id: RebalancingScheduleId,
    change: &RebalancingScheduleUpdate,
) -> ApiResult<ScheduleView> {
    for _ in 0..ATTEMPTS {
        let before = stored(app, principal, id).await?;
        let known = Definition::of(&before)?;
        let part = change.clone();
        let wanted = Definition {
            schedule: part.schedule.unwrap_or(known.schedule),
            trigger_conditions: part.trigger_conditions.unwrap_or(known.trigger_conditions),
            launch_configuration: part.launch_configuration.unwrap_or(known.launch_configuration),
        };
        let name = part.name.filter(|name| !name.is_empty()).unwrap_or_else(|| before.name.clone());
        rules::check_name(&name)?;
        let definition = json!(rules::checked(wanted, app.clock.now())?);
        if name == before.name && definition == before.definition {
            return get(app, principal, id).await;
        }
        let mut after =
            RebalancingSchedule { name, definition, updated_at: app.clock.now(), ..before.clone() };
        let mut tx = app.store.begin().await?;
        after.version = match tx.update_rebalancing_schedule(&after).await {
            Err(store::Error::Conflict { .. }) => continue,
            written => refuse_same_name(written, &after.name)?,
        };
        let event = json!({"before": shown(&before), "rebalancingSchedule": shown(&after)});
        tx.commit(&[audit::entry(app, principal, "rebalancingScheduleUpdated", None, event)]).await?;
        return get(app, principal, id).await;
    }
    Err(ApiError::conflict("the schedule is being changed by many at once: try again"))
}

/// Deletes a schedule that no cluster follows. Clusters that were deleted do not count.
///
/// # Errors
/// 404; 409 while clusters follow it, naming them: they would cease to be rebalanced without a word.
pub async fn delete(app: &App, principal: &Principal, id: RebalancingScheduleId) -> ApiResult<()> {
    let schedule = stored(app, principal, id).await?;
    let mut tx = app.store.begin().await?;
    let deleted = tx.delete_rebalancing_schedule(principal.organization, id).await;
    if let Err(store::Error::MissingReference { .. }) = deleted {
        drop(tx);
        let jobs = app.store.rebalancing_jobs(principal.organization).await?;
        let of_it = jobs.iter().filter(|job| job.schedule_id == id);
        let followers: Vec<String> = of_it.map(|job| job.cluster_id.to_string()).collect();
        return Err(ApiError::conflict(format!(
            "clusters follow this schedule, delete their rebalancing jobs first: {}",
            followers.join(", ")
        )));
    }
    if !deleted? {
        return Err(missing(id));
    }
    let event = json!({"rebalancingSchedule": shown(&schedule)});
    tx.commit(&[audit::entry(app, principal, "rebalancingScheduleDeleted", None, event)]).await?;
    Ok(())
}

/// When what `definition` says is due next; `None` when it never is again.
pub fn next_trigger(definition: &Definition, now: Timestamp) -> Option<Timestamp> {
    // What is stored was read once, but an older program may have known more time zones.
    Cron::parse(&definition.schedule.cron).ok()?.next_after(now)
}

async fn stored(
    app: &App,
    principal: &Principal,
    id: RebalancingScheduleId,
) -> ApiResult<RebalancingSchedule> {
    app.store.rebalancing_schedule(principal.organization, id).await?.ok_or_else(|| missing(id))
}

fn view(app: &App, schedule: RebalancingSchedule, jobs: &[RebalancingJob]) -> ApiResult<ScheduleView> {
    let definition = Definition::of(&schedule)?;
    let next_trigger_at = next_trigger(&definition, app.clock.now());
    let jobs = jobs.iter().filter(|job| job.schedule_id == schedule.id).cloned().collect();
    Ok(ScheduleView { schedule, definition, next_trigger_at, jobs })
}

fn refuse_same_name<T>(written: store::Result<T>, name: &str) -> ApiResult<T> {
    match written {
        Err(store::Error::AlreadyExists { .. }) => {
            Err(ApiError::conflict(format!("there is a rebalancing schedule {name:?} already")))
        }
        written => Ok(written?),
    }
}

fn missing(id: RebalancingScheduleId) -> ApiError {
    ApiError::not_found(format_args!("rebalancing schedule {id}"))
}

fn shown(schedule: &RebalancingSchedule) -> Value {
    json!({"id": schedule.id, "name": schedule.name, "definition": schedule.definition})
}
