//! Cost reports: what a cluster costs, by whom, and how much of it is used.
//!
//! The contract leaves these answers open, so that the shapes are our own, in the contract's words:
//! costs are US dollars as exact decimal strings, `ram` is memory, hours of a resource are amounts times the
//! hours they were held. Parts sum to their whole: on-demand, spot and fallback to the total; CPU, memory
//! and GPU to the total; workloads, or namespaces, with `idle` and `system` to the cluster.

use model::{Money, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::open_enum;
use crate::proto::{Decimal, Int64};

/// Over what to report the cost of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ClusterCostQuery {
    /// Start of the period, included; counts from the full hour.
    pub start_time: Timestamp,
    /// End of the period, not included; counts up to the full hour.
    pub end_time: Timestamp,
    /// Length of the intervals; a day when absent.
    #[param(inline)]
    pub aggregate_by: Option<AggregateBy>,
}

open_enum! {
    /// Length of the intervals of a report, in UTC.
    #[schema_name = "AggregateBy"]
    pub enum AggregateBy {
        Hour = "hour",
        Day = "day",
        Month = "month",
    }
}

/// The period of a report.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct PeriodQuery {
    /// Start of the period, included; counts from the full hour.
    pub start_time: Timestamp,
    /// End of the period, not included; counts up to the full hour.
    pub end_time: Timestamp,
}

/// What a cluster cost over a period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterCostReport {
    /// The cluster, by its id.
    pub cluster_id: String,
    /// The intervals of the period in which the cluster was measured, in order.
    pub items: Vec<ClusterCostItem>,
    /// The period as a whole.
    pub summary: ClusterCostSummary,
}

/// What a cluster cost in one interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterCostItem {
    /// Start of the interval.
    pub timestamp: Timestamp,
    /// Cost of all nodes, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "182.4")]
    pub total_cost: Money,
    /// Cost of on-demand nodes, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "140.1")]
    pub total_cost_on_demand: Money,
    /// Cost of spot nodes, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "38.3")]
    pub total_cost_spot: Money,
    /// Cost of on-demand nodes that stand in for spot ones, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "4")]
    pub total_cost_spot_fallback: Money,
    /// Part of the cost that is for CPU, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "120.9")]
    pub cpu_cost: Money,
    /// Part of the cost that is for memory, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "61.5")]
    pub ram_cost: Money,
    /// Part of the cost that is for GPUs, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "0")]
    pub gpu_cost: Money,
    /// Nodes, in node hours.
    #[schema(value_type = String, format = "decimal", example = "1440")]
    pub node_hours: Decimal,
    /// CPU that pods could have, in core hours.
    #[schema(value_type = String, format = "decimal", example = "5472.5")]
    pub cpu_hours: Decimal,
    /// Memory that pods could have, in GiB hours.
    #[schema(value_type = String, format = "decimal", example = "20812.8")]
    pub ram_gib_hours: Decimal,
    /// CPU that pods requested, in core hours.
    #[schema(value_type = String, format = "decimal", example = "3100.25")]
    pub requested_cpu_hours: Decimal,
    /// Memory that pods requested, in GiB hours.
    #[schema(value_type = String, format = "decimal", example = "11904")]
    pub requested_ram_gib_hours: Decimal,
}

/// What a cluster cost over a period as a whole, and what it will.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterCostSummary {
    /// Cost of all nodes, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "5472")]
    pub total_cost: Money,
    /// Cost of on-demand nodes, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "4203")]
    pub total_cost_on_demand: Money,
    /// Cost of spot nodes, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "1149")]
    pub total_cost_spot: Money,
    /// Cost of on-demand nodes that stand in for spot ones, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "120")]
    pub total_cost_spot_fallback: Money,
    /// Part of the cost that is for CPU, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "3627")]
    pub cpu_cost: Money,
    /// Part of the cost that is for memory, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "1845")]
    pub ram_cost: Money,
    /// Part of the cost that is for GPUs, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "0")]
    pub gpu_cost: Money,
    /// What a day costs: the cost over the measured hours of the period, times 24. Absent when nothing was
    /// measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = String, format = "decimal", example = "182.4")]
    pub average_daily_cost: Option<Money>,
    /// What a CPU that pods can have costs in an hour: the whole cost over the core hours. Absent when nothing
    /// was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = String, format = "decimal", example = "0.033332")]
    pub cost_per_cpu_hour: Option<Money>,
    /// The same of on-demand nodes alone; absent when there were none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = String, format = "decimal", example = "0.0384")]
    pub cost_per_cpu_hour_on_demand: Option<Money>,
    /// The same of spot nodes alone; absent when there were none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = String, format = "decimal", example = "0.0121")]
    pub cost_per_cpu_hour_spot: Option<Money>,
    /// The same of on-demand nodes that stand in for spot ones; absent when there were none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = String, format = "decimal", example = "0.0384")]
    pub cost_per_cpu_hour_spot_fallback: Option<Money>,
    /// What has been spent this month and day, and what they come to if it goes on as in the last seven days.
    /// It is of now, whatever the period. Absent while nothing was measured in those days.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub forecast: Option<CostForecast>,
}

/// What has been spent and what it comes to if it goes on like this. Days and months are of UTC.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CostForecast {
    /// Spent since the beginning of the month, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "2188.8")]
    pub month_to_date: Money,
    /// Spent since the beginning of the day, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "76")]
    pub day_to_date: Money,
    /// The whole of today: spent, and the rest of the day at the moving average of seven days, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "182.4")]
    pub end_of_day: Money,
    /// The whole of the month: spent, and its rest at the moving average of seven days, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "5472")]
    pub end_of_month: Money,
}

/// How much of a cluster is used: over a period, and now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EfficiencyReport {
    /// The period.
    pub summary: EfficiencySummary,
    /// Now; absent while the cluster's state is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub current: Option<EfficiencyNow>,
}

/// How much of a cluster was used over a period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EfficiencySummary {
    /// Cost of all nodes, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "5472")]
    pub total_cost: Money,
    /// Cost of CPU and memory that measured pods requested and did not use, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "1910.5")]
    pub wasted_cost: Money,
    /// What pods could have.
    pub allocatable: ResourceHours,
    /// What pods requested.
    pub requests: ResourceHours,
    /// What pods used, as far as it was measured.
    pub usage: ResourceHours,
    /// What measured pods requested and did not use, pod by pod.
    pub waste: ResourceHours,
}

/// CPU and memory, times the hours they were held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceHours {
    /// CPU, in core hours.
    #[schema(value_type = String, format = "decimal", example = "72")]
    pub cpu_hours: Decimal,
    /// Memory, in GiB hours.
    #[schema(value_type = String, format = "decimal", example = "288")]
    pub ram_gib_hours: Decimal,
}

/// How much of a cluster is used now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EfficiencyNow {
    /// When the agent last reported.
    pub timestamp: Timestamp,
    /// Cost of all nodes in an hour, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "7.6")]
    pub hourly_cost: Money,
    /// Cost in an hour of CPU and memory that measured pods request and do not use, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "2.65")]
    pub hourly_wasted_cost: Money,
    /// What pods can have.
    pub allocatable: ResourceAmounts,
    /// What pods request.
    pub requests: ResourceAmounts,
    /// What pods use, as far as it is measured.
    pub usage: ResourceAmounts,
    /// What measured pods request and do not use, pod by pod.
    pub waste: ResourceAmounts,
}

/// CPU and memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceAmounts {
    /// CPU, in cores.
    #[schema(value_type = String, format = "decimal", example = "228")]
    pub cpu: Decimal,
    /// Memory, in GiB.
    #[schema(value_type = String, format = "decimal", example = "867.2")]
    pub memory_gib: Decimal,
}

/// Over what to report how well workloads use what they request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct WorkloadEfficiencyQuery {
    /// Start of the period, included; counts from the full hour.
    pub start_time: Timestamp,
    /// End of the period, not included; counts up to the full hour.
    pub end_time: Timestamp,
    /// Direction of the sorting by wasted cost: the most wasteful first when absent.
    #[serde(rename = "sort.order")]
    #[param(inline)]
    pub sort_order: Option<crate::allocation_group_costs::SortOrder>,
}

/// How well workloads use what they request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadEfficiencyReport {
    /// The workloads that ran in the period.
    pub items: Vec<WorkloadEfficiencyItem>,
}

/// How well a workload used what it requested.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadEfficiencyItem {
    /// Name of the workload.
    pub workload_name: String,
    /// Kind of the workload, such as `Deployment`.
    #[schema(example = "Deployment")]
    pub workload_type: String,
    /// Kubernetes namespace.
    pub namespace: String,
    /// Its pods, in pod hours.
    #[schema(value_type = String, format = "decimal", example = "144")]
    pub pod_hours: Decimal,
    /// Its cost, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "41.25")]
    pub total_cost: Money,
    /// Cost of CPU and memory that it requested and did not use, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "18.4")]
    pub wasted_cost: Money,
    /// What it requested.
    pub requests: ResourceHours,
    /// What it used, as far as it was measured.
    pub usage: ResourceHours,
    /// What it requested and did not use, pod by pod, as far as it was measured.
    pub waste: ResourceHours,
}

/// What the workloads of a cluster cost over a period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadCostReport {
    /// The workloads, the dearest first.
    pub items: Vec<WorkloadCostItem>,
    /// What pods could have had and nobody requested.
    pub idle: CostParts,
    /// What nodes kept for their kubelet and operating system.
    pub system: CostParts,
    /// The whole cluster: the workloads, idle and system together.
    pub total: CostParts,
}

/// What a workload cost over a period: its share of each node it ran on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadCostItem {
    /// Name of the workload.
    pub workload_name: String,
    /// Kind of the workload, such as `Deployment`.
    #[schema(example = "Deployment")]
    pub workload_type: String,
    /// Kubernetes namespace.
    pub namespace: String,
    /// Its pods, in pod hours.
    #[schema(value_type = String, format = "decimal", example = "144")]
    pub pod_hours: Decimal,
    /// Its cost.
    pub cost: CostParts,
    /// What it requested.
    pub requests: ResourceHours,
}

/// What the namespaces of a cluster cost over a period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamespaceCostReport {
    /// The namespaces, the dearest first.
    pub items: Vec<NamespaceCostItem>,
    /// What pods could have had and nobody requested.
    pub idle: CostParts,
    /// What nodes kept for their kubelet and operating system.
    pub system: CostParts,
    /// The whole cluster: the namespaces, idle and system together.
    pub total: CostParts,
}

/// What a namespace cost over a period, and day by day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamespaceCostItem {
    /// Kubernetes namespace.
    pub namespace: String,
    /// Its pods, in pod hours.
    #[schema(value_type = String, format = "decimal", example = "2160")]
    pub pod_hours: Decimal,
    /// Its cost.
    pub cost: CostParts,
    /// What its pods requested.
    pub requests: ResourceHours,
    /// Its cost on each day of the period on which it had pods, in order.
    pub days: Vec<NamespaceCostDay>,
}

/// What a namespace cost on one day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamespaceCostDay {
    /// Start of the day, UTC.
    pub timestamp: Timestamp,
    /// Its cost.
    pub cost: CostParts,
}

/// A cost by the resource it is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CostParts {
    /// The whole cost, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "41.25")]
    pub total_cost: Money,
    /// Part of the cost that is for CPU, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "27.5")]
    pub cpu_cost: Money,
    /// Part of the cost that is for memory, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "13.75")]
    pub ram_cost: Money,
    /// Part of the cost that is for GPUs, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "0")]
    pub gpu_cost: Money,
}

/// The clusters of an organisation at a glance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClustersSummary {
    /// All clusters that are in use, by name.
    pub items: Vec<ClusterSummary>,
}

/// A cluster at a glance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterSummary {
    /// The cluster, by its id.
    pub cluster_id: String,
    /// On-demand nodes that were there without us.
    #[schema(value_type = String, format = Int64, example = "12")]
    pub node_count_on_demand: Int64,
    /// On-demand nodes that were added by us, those that stand in for spot nodes included.
    #[schema(value_type = String, format = Int64, example = "12")]
    pub node_count_on_demand_castai: Int64,
    /// Spot nodes that were there without us.
    #[schema(value_type = String, format = Int64, example = "12")]
    pub node_count_spot: Int64,
    /// Spot nodes that were added by us.
    #[schema(value_type = String, format = Int64, example = "12")]
    pub node_count_spot_castai: Int64,
}
