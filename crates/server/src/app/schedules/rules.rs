//! What a rebalancing schedule may say.

use std::ops::RangeInclusive;

use model::Timestamp;
use wire::rebalancing_schedules::{LaunchConfiguration, RebalancingOptions};

use super::Definition;
use super::cron::{Cron, CronError};
use super::selection::Targeting;
use crate::app::fields::Fields;
use crate::http::error::{ApiError, ApiResult};

/// Longest name, in characters.
const LONGEST_NAME: usize = 255;
const UNCORDON_SECONDS: RangeInclusive<i32> = 60..=259_200;
const PERCENT: RangeInclusive<i32> = 0..=100;

/// A name is what people and Terraform find a schedule by.
///
/// # Errors
/// 400.
pub fn check_name(name: &str) -> ApiResult<()> {
    if name.trim().is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        let wanted = format!("must have 1 to {LONGEST_NAME} characters that can be seen");
        return Err(ApiError::field("name", wanted));
    }
    Ok(())
}

/// The definition as it is kept: as it came, but that options are always there, and settings that have no
/// meaning beside others are not.
///
/// # Errors
/// 400 that names the field and what would be right.
pub fn checked(mut definition: Definition, now: Timestamp) -> ApiResult<Definition> {
    cron(&definition.schedule.cron, now)?;
    let conditions = &definition.trigger_conditions;
    if let Some(percentage) = conditions.savings_percentage
        && !(0.0..=100.0).contains(&percentage)
    {
        return Err(Fields::at("triggerConditions").refuse("savingsPercentage", "must be from 0 to 100"));
    }
    launch_configuration(&mut definition.launch_configuration)?;
    Ok(definition)
}

/// The times that `text` says.
///
/// # Errors
/// 400 for `schedule.cron` when it says none, or none that ever comes.
pub fn cron(text: &str, now: Timestamp) -> ApiResult<Cron> {
    let refuse = |why: String| Fields::at("schedule").refuse("cron", why);
    let cron = Cron::parse(text).map_err(|error| match &error {
        CronError::Pattern { source } => refuse(format!("{error}: {source}")),
        other => refuse(other.to_string()),
    })?;
    if cron.next_after(now).is_none() {
        return Err(refuse("is never due: there is no such day".to_owned()));
    }
    Ok(cron)
}

/// Checks a launch configuration and puts it into the form that is kept. Returns what it is about.
///
/// # Errors
/// 400.
pub fn launch_configuration(launch: &mut LaunchConfiguration) -> ApiResult<Targeting> {
    let at = Fields::at("launchConfiguration");
    let targeting = Targeting::read(&at, launch)?;
    // Clients read the algorithm only where there are options.
    let options = launch.rebalancing_options.get_or_insert_default();
    check_options(&at.inside("rebalancingOptions"), options)?;
    if options.aggressive_mode == Some(true) {
        options.aggressive_mode_config = None;
    }
    Ok(targeting)
}

fn check_options(at: &Fields, options: &RebalancingOptions) -> ApiResult<()> {
    at.within("minNodes", options.min_nodes, 0..=i32::MAX)?;
    at.within("maxSimultaneousDrains", options.max_simultaneous_drains, 0..=i32::MAX)?;
    if let Some(conditions) = &options.execution_conditions {
        let at = at.inside("executionConditions");
        at.within("achievedSavingsPercentage", conditions.achieved_savings_percentage, PERCENT)?;
    }
    if let Some(config) = &options.drain_failure_config {
        let at = at.inside("drainFailureConfig");
        at.within_or_0("uncordonAfterSeconds", config.uncordon_after_seconds, UNCORDON_SECONDS)?;
    }
    Ok(())
}
