//! Which documents make sense.

use jiff::SignedDuration;
use serde_json::{Map, Value};
use wire::policies::{Evictor, Headroom, Policies};

use crate::http::error::{ApiError, ApiResult};

/// Refuses a document that makes no sense.
///
/// # Errors
/// 400 with the field and what would be right.
pub(super) fn check(document: &Map<String, Value>) -> ApiResult<()> {
    let policies: Policies = wire::from_json(Value::Object(document.clone()).to_string().as_bytes())?;
    if let Some(cpu) = policies.cluster_limits.and_then(|limits| limits.cpu) {
        in_order("clusterLimits.cpu.minCores", cpu.min_cores, "maxCores", cpu.max_cores)?;
    }
    if let Some(pods) = policies.unschedulable_pods {
        headroom("unschedulablePods.headroom", pods.headroom)?;
        headroom("unschedulablePods.headroomSpot", pods.headroom_spot)?;
        not_negative("unschedulablePods.diskGibToCpuRatio", pods.disk_gib_to_cpu_ratio)?;
        if let Some(size) = pods.node_constraints {
            let (cpu, ram) = (
                "unschedulablePods.nodeConstraints.minCpuCores",
                "unschedulablePods.nodeConstraints.minRamMib",
            );
            in_order(cpu, size.min_cpu_cores, "maxCpuCores", size.max_cpu_cores)?;
            in_order(ram, size.min_ram_mib, "maxRamMib", size.max_ram_mib)?;
        }
    }
    if let Some(spot) = policies.spot_instances {
        percent("spotInstances.maxReclaimRate", spot.max_reclaim_rate)?;
        let limit = spot.spot_diversity_price_increase_limit_percent;
        not_negative("spotInstances.spotDiversityPriceIncreaseLimitPercent", limit)?;
        let restore = spot.spot_backups.and_then(|backups| backups.spot_backup_restore_rate_seconds);
        not_negative("spotInstances.spotBackups.spotBackupRestoreRateSeconds", restore)?;
    }
    if let Some(downscaler) = policies.node_downscaler {
        let delay = downscaler.empty_nodes.and_then(|empty| empty.delay_seconds);
        not_negative("nodeDownscaler.emptyNodes.delaySeconds", delay)?;
        evictor(&downscaler.evictor.unwrap_or_default())?;
    }
    Ok(())
}

fn evictor(evictor: &Evictor) -> ApiResult<()> {
    not_negative("nodeDownscaler.evictor.nodeGracePeriodMinutes", evictor.node_grace_period_minutes)?;
    duration("nodeDownscaler.evictor.cycleInterval", evictor.cycle_interval.as_deref())?;
    let back_off = evictor.pod_eviction_failure_back_off_interval.as_deref();
    duration("nodeDownscaler.evictor.podEvictionFailureBackOffInterval", back_off)
}

fn headroom(field: &str, headroom: Option<Headroom>) -> ApiResult<()> {
    let headroom = headroom.unwrap_or_default();
    not_negative(&format!("{field}.cpuPercentage"), headroom.cpu_percentage)?;
    not_negative(&format!("{field}.memoryPercentage"), headroom.memory_percentage)
}

fn not_negative(field: &str, number: Option<i32>) -> ApiResult<()> {
    match number {
        Some(number) if number < 0 => Err(ApiError::field(field, format!("must be 0 or more, not {number}"))),
        _ => Ok(()),
    }
}

fn percent(field: &str, number: Option<i32>) -> ApiResult<()> {
    match number {
        Some(number) if !(0..=100).contains(&number) => {
            Err(ApiError::field(field, format!("must be from 0 to 100, not {number}")))
        }
        _ => Ok(()),
    }
}

/// `least`, the field's, is not above `most`, unless that is 0 or absent: no limit.
fn in_order(field: &str, least: Option<i32>, name_of_most: &str, most: Option<i32>) -> ApiResult<()> {
    not_negative(field, least)?;
    let parent = field.rsplit_once('.').map_or("", |(parent, _)| parent);
    not_negative(&format!("{parent}.{name_of_most}"), most)?;
    match (least, most) {
        (Some(least), Some(most)) if most > 0 && least > most => Err(ApiError::field(
            field,
            format!("must be at most {name_of_most}, which is {most}, not {least}"),
        )),
        _ => Ok(()),
    }
}

fn duration(field: &str, text: Option<&str>) -> ApiResult<()> {
    let Some(text) = text else { return Ok(()) };
    match text.parse::<SignedDuration>() {
        Ok(duration) if duration.is_positive() => Ok(()),
        _ => Err(ApiError::field(
            field,
            format!("must be a time longer than zero, such as 30s, 1m or 1h30m, not {text:?}"),
        )),
    }
}
