//! Cost reports, from the stored rows and, for what is true now, from the state.
//!
//! The store adds rows up; what is derived from sums (averages, forecasts, costs per CPU) is
//! [`crate::cost`]'s. Figures of different reports over one period agree to the nano-dollar, since they
//! are sums of the same rows.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use model::{Lifecycle, Money, Timestamp};
use store::{Bucket, Cluster, ClusterHour, HourRange, Measures, NamespaceCost, Page, WorkloadCost};
use wire::cost_reports::{
    AggregateBy, ClusterCostItem, ClusterCostReport, ClusterCostSummary, ClusterSummary, ClustersSummary,
    CostForecast, CostParts, EfficiencyNow, EfficiencyReport, EfficiencySummary, NamespaceCostDay,
    NamespaceCostItem, NamespaceCostReport, ResourceAmounts, ResourceHours, WorkloadCostItem,
    WorkloadCostReport, WorkloadEfficiencyItem, WorkloadEfficiencyReport,
};
use wire::proto::Decimal;

use super::metering::KEPT;
use super::{App, prices};
use crate::auth::principal::Principal;
use crate::cost::now::{Amounts, ClusterCost};
use crate::cost::spend::{self, Period, hour_of, instant_of};
use crate::cost::{IDLE, SYSTEM};
use crate::http::error::{ApiError, ApiResult};

/// Longest period of a report: five years.
const LONGEST_HOURS: i64 = 5 * 366 * 24;
/// How far back a forecast looks: to the beginning of the month, or seven days.
const FORECAST_DAYS: i64 = 38;
/// A label of nodes that were added by this product, with its value.
const MANAGED_BY: &str = "provisioner.cast.ai/managed-by";

/// The whole hours of a period.
///
/// # Errors
/// 400 for a period that ends before it begins, or is longer than five years.
pub fn range(start: Timestamp, end: Timestamp) -> ApiResult<HourRange> {
    if end <= start {
        return Err(ApiError::field("endTime", "must be after startTime"));
    }
    let last = end.saturating_sub(SignedDuration::from_nanos(1)).unwrap_or(end);
    let range = HourRange { from: hour_of(start), until: hour_of(last) + 1 };
    if range.until - range.from > LONGEST_HOURS {
        return Err(ApiError::field("startTime", "must be at most five years before endTime"));
    }
    Ok(range)
}

/// What a cluster cost.
///
/// # Errors
/// What the store met.
pub async fn cluster_cost(
    app: &App,
    cluster: &Cluster,
    range: HourRange,
    by: &AggregateBy,
) -> ApiResult<ClusterCostReport> {
    let hours = cluster_hours(app, cluster, range).await?;
    let period = match by {
        AggregateBy::Hour => Period::Hour,
        AggregateBy::Month => Period::Month,
        _ => Period::Day,
    };
    let mut items: BTreeMap<i64, ClusterCostItem> = BTreeMap::new();
    let rows = hours.iter().map(|row| (row.hour, row.lifecycle, row.measures));
    let mut sums: BTreeMap<i64, Measures> = BTreeMap::new();
    for ((start, lifecycle), measures) in spend::by_period(rows, period) {
        *sums.entry(start).or_default() += measures;
        let item = items.entry(start).or_default();
        *by_lifecycle(
            lifecycle,
            &mut item.total_cost_on_demand,
            &mut item.total_cost_spot,
            &mut item.total_cost_spot_fallback,
        ) = measures.cost;
    }
    for (start, sum) in sums {
        let Some(item) = items.get_mut(&start) else { continue };
        // The first interval begins with the period, not before it.
        item.timestamp = instant_of(start.max(range.from));
        let parts = parts(&sum);
        (item.total_cost, item.cpu_cost, item.ram_cost, item.gpu_cost) =
            (parts.total_cost, parts.cpu_cost, parts.ram_cost, parts.gpu_cost);
        item.node_hours = hours_of(sum.node_seconds);
        item.cpu_hours = core_hours(sum.cpu_allocatable);
        item.ram_gib_hours = gib_hours(sum.memory_allocatable);
        item.requested_cpu_hours = core_hours(sum.cpu_requested);
        item.requested_ram_gib_hours = gib_hours(sum.memory_requested);
    }
    Ok(ClusterCostReport {
        cluster_id: cluster.id.to_string(),
        summary: summary(app, cluster, &hours).await?,
        items: items.into_values().collect(),
    })
}

async fn summary(app: &App, cluster: &Cluster, hours: &[ClusterHour]) -> ApiResult<ClusterCostSummary> {
    let mut whole = Measures::default();
    let mut summary = ClusterCostSummary::default();
    for row in hours {
        whole += row.measures;
        *by_lifecycle(
            row.lifecycle,
            &mut summary.total_cost_on_demand,
            &mut summary.total_cost_spot,
            &mut summary.total_cost_spot_fallback,
        ) += row.measures.cost;
    }
    let parts = parts(&whole);
    let per_cpu = spend::cost_per_cpu_hour_by_lifecycle(hours);
    let now = app.clock.now();
    let recent = HourRange { from: hour_of(now) - FORECAST_DAYS * 24, until: hour_of(now) + 1 };
    let forecast = spend::forecast(&cluster_hours(app, cluster, recent).await?, now);
    Ok(ClusterCostSummary {
        total_cost: parts.total_cost,
        cpu_cost: parts.cpu_cost,
        ram_cost: parts.ram_cost,
        gpu_cost: parts.gpu_cost,
        average_daily_cost: spend::average_daily(hours, thinned_before(now)),
        cost_per_cpu_hour: spend::cost_per_cpu_hour(&whole),
        cost_per_cpu_hour_on_demand: per_cpu.get(&Lifecycle::OnDemand).copied(),
        cost_per_cpu_hour_spot: per_cpu.get(&Lifecycle::Spot).copied(),
        cost_per_cpu_hour_spot_fallback: per_cpu.get(&Lifecycle::SpotFallback).copied(),
        forecast: forecast.map(|forecast| CostForecast {
            month_to_date: forecast.month_to_date,
            day_to_date: forecast.day_to_date,
            end_of_day: forecast.end_of_day,
            end_of_month: forecast.end_of_month,
        }),
        ..summary
    })
}

/// How much of a cluster is used: over a period, and now.
///
/// # Errors
/// What the store met.
pub async fn efficiency(app: &App, cluster: &Cluster, range: HourRange) -> ApiResult<EfficiencyReport> {
    let mut whole = Measures::default();
    for row in cluster_hours(app, cluster, range).await? {
        whole += row.measures;
    }
    let prices = prices::book(app, cluster.organization_id).await?;
    let current = app
        .live
        .read(app, cluster.organization_id, cluster.id, |state| {
            let heard = app.live.activity(cluster.id).last_delta_at.or(state.last_delta());
            efficiency_now(&ClusterCost::of(state, &prices), heard.unwrap_or_default())
        })
        .await?;
    Ok(EfficiencyReport {
        summary: EfficiencySummary {
            total_cost: whole.cost,
            wasted_cost: whole.wasted_cost,
            allocatable: resource_hours(whole.cpu_allocatable, whole.memory_allocatable),
            requests: resource_hours(whole.cpu_requested, whole.memory_requested),
            usage: resource_hours(whole.cpu_used, whole.memory_used),
            waste: resource_hours(whole.cpu_wasted, whole.memory_wasted),
        },
        current,
    })
}

fn efficiency_now(cost: &ClusterCost, timestamp: Timestamp) -> EfficiencyNow {
    let pods = cost.pods();
    let mut allocatable = Amounts::default();
    for node in &cost.nodes {
        allocatable += Amounts::of(&node.node.allocatable);
    }
    EfficiencyNow {
        timestamp,
        hourly_cost: cost.total().total(),
        hourly_wasted_cost: pods.wasted_cost,
        allocatable: amounts(allocatable),
        requests: amounts(pods.requested),
        usage: amounts(pods.used),
        waste: amounts(pods.wasted),
    }
}

/// How well workloads used what they requested, the most wasteful first unless `ascending`.
///
/// # Errors
/// What the store met.
pub async fn workload_efficiency(
    app: &App,
    cluster: &Cluster,
    range: HourRange,
    ascending: bool,
) -> ApiResult<WorkloadEfficiencyReport> {
    let mut rows = workload_sums(app, cluster, range).await?;
    rows.retain(|row| !stands_in(&row.workload.namespace));
    rows.sort_by(|a, b| {
        let order =
            b.measures.wasted_cost.cmp(&a.measures.wasted_cost).then_with(|| a.workload.cmp(&b.workload));
        if ascending { order.reverse() } else { order }
    });
    let items = rows.into_iter().map(|row| WorkloadEfficiencyItem {
        workload_name: row.workload.name.to_string(),
        workload_type: row.workload.kind.to_string(),
        namespace: row.workload.namespace.to_string(),
        pod_hours: hours_of(row.measures.pod_seconds),
        total_cost: row.measures.cost,
        wasted_cost: row.measures.wasted_cost,
        requests: resource_hours(row.measures.cpu_requested, row.measures.memory_requested),
        usage: resource_hours(row.measures.cpu_used, row.measures.memory_used),
        waste: resource_hours(row.measures.cpu_wasted, row.measures.memory_wasted),
    });
    Ok(WorkloadEfficiencyReport { items: items.collect() })
}

/// What workloads cost, with what belongs to none of them.
///
/// # Errors
/// What the store met.
pub async fn workload_costs(app: &App, cluster: &Cluster, range: HourRange) -> ApiResult<WorkloadCostReport> {
    let (mut report, mut total) = (WorkloadCostReport::default(), Measures::default());
    for row in workload_sums(app, cluster, range).await? {
        total += row.measures;
        match &*row.workload.namespace {
            IDLE => report.idle = parts(&row.measures),
            SYSTEM => report.system = parts(&row.measures),
            namespace => report.items.push(WorkloadCostItem {
                workload_name: row.workload.name.to_string(),
                workload_type: row.workload.kind.to_string(),
                namespace: namespace.to_owned(),
                pod_hours: hours_of(row.measures.pod_seconds),
                cost: parts(&row.measures),
                requests: resource_hours(row.measures.cpu_requested, row.measures.memory_requested),
            }),
        }
    }
    report.items.sort_by(|a, b| {
        let name = |item: &WorkloadCostItem| {
            (item.namespace.clone(), item.workload_type.clone(), item.workload_name.clone())
        };
        b.cost.total_cost.cmp(&a.cost.total_cost).then_with(|| name(a).cmp(&name(b)))
    });
    report.total = parts(&total);
    Ok(report)
}

/// What namespaces cost, with what belongs to none of them.
///
/// # Errors
/// What the store met.
pub async fn namespace_costs(
    app: &App,
    cluster: &Cluster,
    range: HourRange,
) -> ApiResult<NamespaceCostReport> {
    let days = app
        .store
        .namespace_costs(cluster.organization_id, Some(cluster.id), None, range, Bucket::Day)
        .await?;
    let (mut report, mut total) = (NamespaceCostReport::default(), Measures::default());
    let (mut idle, mut system) = (Measures::default(), Measures::default());
    let mut namespaces: BTreeMap<String, (Measures, Vec<NamespaceCostDay>)> = BTreeMap::new();
    for NamespaceCost { hour, namespace, measures, .. } in days {
        total += measures;
        match namespace.as_str() {
            IDLE => idle += measures,
            SYSTEM => system += measures,
            _ => {
                let (sum, days) = namespaces.entry(namespace).or_default();
                *sum += measures;
                days.push(NamespaceCostDay {
                    timestamp: instant_of(hour.max(range.from)),
                    cost: parts(&measures),
                });
            }
        }
    }
    report.items = namespaces
        .into_iter()
        .map(|(namespace, (sum, mut days))| {
            days.sort_by_key(|day| day.timestamp);
            NamespaceCostItem {
                namespace,
                pod_hours: hours_of(sum.pod_seconds),
                cost: parts(&sum),
                requests: resource_hours(sum.cpu_requested, sum.memory_requested),
                days,
            }
        })
        .collect();
    // Stable: namespaces of one cost stay in the order of their names.
    report.items.sort_by_key(|item| std::cmp::Reverse(item.cost.total_cost));
    (report.idle, report.system, report.total) = (parts(&idle), parts(&system), parts(&total));
    Ok(report)
}

/// The nodes of all live clusters that exist for the caller, by lifecycle and by who added them.
///
/// # Errors
/// What the store met.
pub async fn clusters_summary(app: &App, principal: &Principal) -> ApiResult<ClustersSummary> {
    let mut clusters = app.store.clusters(principal.organization, false, &Page::ALL).await?.items;
    clusters.retain(|cluster| principal.may_see_cluster(cluster.id));
    clusters.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
    let mut items = Vec::with_capacity(clusters.len());
    for cluster in clusters {
        let counted = app.live.read(app, cluster.organization_id, cluster.id, |state| {
            let mut counts = [[0_i64; 2]; 2];
            for node in state.nodes() {
                let ours = node.labels.get(MANAGED_BY).is_some();
                counts[usize::from(node.lifecycle == Lifecycle::Spot)][usize::from(ours)] += 1;
            }
            counts
        });
        let [[on_demand, on_demand_ours], [spot, spot_ours]] = counted.await?.unwrap_or_default();
        items.push(ClusterSummary {
            cluster_id: cluster.id.to_string(),
            node_count_on_demand: on_demand.into(),
            node_count_on_demand_castai: on_demand_ours.into(),
            node_count_spot: spot.into(),
            node_count_spot_castai: spot_ours.into(),
        });
    }
    Ok(ClustersSummary { items })
}

async fn cluster_hours(app: &App, cluster: &Cluster, range: HourRange) -> ApiResult<Vec<ClusterHour>> {
    let costs = app
        .store
        .cluster_costs(cluster.organization_id, Some(cluster.id), range, Bucket::Hour)
        .await?
        .into_iter();
    Ok(costs
        .map(|cost| ClusterHour { hour: cost.hour, lifecycle: cost.lifecycle, measures: cost.measures })
        .collect())
}

async fn workload_sums(app: &App, cluster: &Cluster, range: HourRange) -> ApiResult<Vec<WorkloadCost>> {
    Ok(app
        .store
        .workload_costs(cluster.organization_id, Some(cluster.id), None, range, Bucket::Whole)
        .await?)
}

/// The hour before which rows are merged to days, see [`super::metering::KEPT`].
fn thinned_before(now: Timestamp) -> i64 {
    Period::Day.start_of(hour_of(now)) - i64::from(KEPT.hourly_days) * 24
}

fn by_lifecycle<'m>(
    lifecycle: Lifecycle,
    on_demand: &'m mut Money,
    spot: &'m mut Money,
    fallback: &'m mut Money,
) -> &'m mut Money {
    match lifecycle {
        Lifecycle::OnDemand => on_demand,
        Lifecycle::Spot => spot,
        Lifecycle::SpotFallback => fallback,
    }
}

/// Whether it is no namespace but a row for what belongs to none.
fn stands_in(namespace: &str) -> bool {
    namespace == IDLE || namespace == SYSTEM
}

fn parts(measures: &Measures) -> CostParts {
    CostParts {
        total_cost: measures.cost,
        cpu_cost: measures.cpu_cost,
        ram_cost: measures.memory_cost,
        gpu_cost: measures.cost - measures.cpu_cost - measures.memory_cost,
    }
}

fn hours_of(seconds: i64) -> Decimal {
    Decimal::ratio(seconds, 3_600).unwrap_or_default()
}

fn core_hours(milli_core_seconds: i64) -> Decimal {
    Decimal::ratio(milli_core_seconds, 3_600_000).unwrap_or_default()
}

fn gib_hours(mib_seconds: i64) -> Decimal {
    Decimal::ratio(mib_seconds, 3_600 * 1_024).unwrap_or_default()
}

fn resource_hours(milli_core_seconds: i64, mib_seconds: i64) -> ResourceHours {
    ResourceHours { cpu_hours: core_hours(milli_core_seconds), ram_gib_hours: gib_hours(mib_seconds) }
}

fn amounts(amounts: Amounts) -> ResourceAmounts {
    ResourceAmounts {
        cpu: Decimal::ratio(amounts.cpu_milli, 1_000).unwrap_or_default(),
        memory_gib: Decimal::ratio(amounts.memory_bytes, 1 << 30).unwrap_or_default(),
    }
}
