//! What cost allocation groups and their workloads cost.
//!
//! Costs are US dollars as decimal strings; hours of a resource are amounts times the hours they were
//! held.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use model::{Money, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::open_enum;
use crate::page::PageQuery;
use crate::proto::{Decimal, Int64};

/// Over what to sum up the costs of groups.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct CostSummariesQuery {
    /// Start of the period, included.
    pub start_time: Timestamp,
    /// End of the period, not included.
    pub end_time: Timestamp,
    /// Only these clusters; all of the organisation when there are none.
    pub cluster_ids: Option<Vec<String>>,
    /// Only this group.
    pub group_id: Option<String>,
    /// Whether to reckon with the provider's list prices rather than with the organisation's own.
    pub use_listing_prices: Option<bool>,
    /// Whether to divide the cost of idle resources among workloads in proportion to what they request;
    /// otherwise only the cost of what was requested counts.
    pub include_idle_resource_costs: Option<bool>,
}

/// What groups cost over a period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1GetAllocationGroupCostSummariesResponse)]
pub struct GetAllocationGroupCostSummariesResponse {
    /// The groups, the dearest first.
    pub items: Vec<GroupCosts>,
}

/// What a group cost over the period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1GetAllocationGroupCostSummariesResponseGroupItem)]
pub struct GroupCosts {
    /// The allocation group, by its id.
    pub group_id: String,
    /// Name of the allocation group.
    pub group_name: String,
    /// The figures.
    pub summary: CostSummary,
    /// When the group's definition changed within the period: figures before and after do not compare.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub versions: Option<Vec<AllocationGroupVersionDetails>>,
}

/// What a group cost over a period, and what it was for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1GetAllocationGroupCostSummariesResponseSummary)]
pub struct CostSummary {
    /// Part of the cost that is for CPU, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "27.5")]
    pub cpu_cost: Money,
    /// CPU requested, the mean of the period, in cores.
    #[schema(value_type = String, format = "decimal", example = "12")]
    pub cpu_count: Decimal,
    /// Part of the cost that is for GPUs, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "0")]
    pub gpu_cost: Money,
    /// GPUs requested, the mean of the period.
    #[schema(value_type = String, format = "decimal", example = "0")]
    pub gpu_count: Decimal,
    /// Part of the cost that is for memory, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "13.75")]
    pub ram_cost: Money,
    /// Memory requested, the mean of the period, in GiB.
    #[schema(value_type = String, format = "decimal", example = "48")]
    pub ram_gib: Decimal,
    /// CPU requested, in core hours.
    #[schema(value_type = String, format = "decimal", example = "288")]
    pub requested_cpu_hours: Decimal,
    /// GPUs requested, in GPU hours.
    #[schema(value_type = String, format = "decimal", example = "0")]
    pub requested_gpu_hours: Decimal,
    /// Memory requested, in GiB hours.
    #[schema(value_type = String, format = "decimal", example = "1152")]
    pub requested_ram_gib_hours: Decimal,
    /// Storage requested, in GiB hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "decimal", nullable = false)]
    pub requested_storage_gib_hours: Option<Decimal>,
    /// TPUs requested, in TPU hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "decimal", nullable = false)]
    pub requested_tpu_hours: Option<Decimal>,
    /// Cost on on-demand machines, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "30")]
    pub total_cost_on_demand: Money,
    /// Cost on spot machines, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "11.25")]
    pub total_cost_spot: Money,
    /// Cost on on-demand machines that stand in for spot ones, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "0")]
    pub total_cost_spot_fallback: Money,
    /// Part of the cost that is for TPUs, in US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "decimal", nullable = false)]
    pub tpu_cost: Option<Money>,
    /// TPUs requested, the mean of the period.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "decimal", nullable = false)]
    pub tpu_count: Option<Decimal>,
    /// How many workloads the figures are of.
    #[schema(value_type = String, format = Int64, example = "7")]
    pub workload_count: Int64,
}

/// A change of a group's definition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1AllocationGroupVersionDetails)]
pub struct AllocationGroupVersionDetails {
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub created_at: Option<Timestamp>,
}

/// Over what to show the costs of groups as they went.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct CostTimedSummariesQuery {
    /// Start of the period, included.
    pub start_time: Timestamp,
    /// End of the period, not included.
    pub end_time: Timestamp,
    /// Only these clusters; all of the organisation when there are none.
    pub cluster_ids: Option<Vec<String>>,
    /// Only this group.
    pub group_id: Option<String>,
    /// Whether to reckon with the provider's list prices rather than with the organisation's own.
    pub use_listing_prices: Option<bool>,
    /// Whether to divide the cost of idle resources among workloads in proportion to what they request;
    /// otherwise only the cost of what was requested counts.
    pub include_idle_resource_costs: Option<bool>,
}

/// What groups cost as time went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1GetAllocationGroupCostTimedSummariesResponse)]
pub struct GetAllocationGroupCostTimedSummariesResponse {
    /// The groups, the dearest first.
    pub items: Vec<GroupCostsOverTime>,
}

/// What a group cost as time went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1GetAllocationGroupCostTimedSummariesResponseGroupItem)]
pub struct GroupCostsOverTime {
    /// The allocation group, by its id.
    pub group_id: String,
    /// Name of the allocation group.
    pub group_name: String,
    /// The figures, one for each interval in order.
    pub items: Vec<CostSummaryAt>,
    /// When the group's definition changed within the period: figures before and after do not compare.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub versions: Option<Vec<AllocationGroupVersionDetails>>,
}

/// What a group cost in one interval, and what it was for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1GetAllocationGroupCostTimedSummariesResponseSummary)]
pub struct CostSummaryAt {
    /// Part of the cost that is for CPU, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "27.5")]
    pub cpu_cost: Money,
    /// CPU requested, the mean of the interval, in cores.
    #[schema(value_type = String, format = "decimal", example = "12")]
    pub cpu_count: Decimal,
    /// Part of the cost that is for GPUs, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "0")]
    pub gpu_cost: Money,
    /// GPUs requested, the mean of the interval.
    #[schema(value_type = String, format = "decimal", example = "0")]
    pub gpu_count: Decimal,
    /// Part of the cost that is for memory, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "13.75")]
    pub ram_cost: Money,
    /// Memory requested, the mean of the interval, in GiB.
    #[schema(value_type = String, format = "decimal", example = "48")]
    pub ram_gib: Decimal,
    /// CPU requested, in core hours.
    #[schema(value_type = String, format = "decimal", example = "288")]
    pub requested_cpu_hours: Decimal,
    /// GPUs requested, in GPU hours.
    #[schema(value_type = String, format = "decimal", example = "0")]
    pub requested_gpu_hours: Decimal,
    /// Memory requested, in GiB hours.
    #[schema(value_type = String, format = "decimal", example = "1152")]
    pub requested_ram_gib_hours: Decimal,
    /// Storage requested, in GiB hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "decimal", nullable = false)]
    pub requested_storage_gib_hours: Option<Decimal>,
    /// TPUs requested, in TPU hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "decimal", nullable = false)]
    pub requested_tpu_hours: Option<Decimal>,
    /// Start of the interval that the figures are of.
    pub timestamp: Timestamp,
    /// Cost on on-demand machines, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "30")]
    pub total_cost_on_demand: Money,
    /// Cost on spot machines, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "11.25")]
    pub total_cost_spot: Money,
    /// Cost on on-demand machines that stand in for spot ones, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "0")]
    pub total_cost_spot_fallback: Money,
    /// Part of the cost that is for TPUs, in US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "decimal", nullable = false)]
    pub tpu_cost: Option<Money>,
    /// TPUs requested, the mean of the interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "decimal", nullable = false)]
    pub tpu_count: Option<Decimal>,
    /// How many workloads the figures are of.
    #[schema(value_type = String, format = Int64, example = "7")]
    pub workload_count: Int64,
}

/// Over what to show the whole costs of groups as they went.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct TotalCostTimedQuery {
    /// Start of the period, included.
    pub start_time: Timestamp,
    /// End of the period, not included.
    pub end_time: Timestamp,
    /// Only these clusters; all of the organisation when there are none.
    pub cluster_ids: Option<Vec<String>>,
    /// At most this many items; without any paging parameter, everything is returned.
    #[serde(rename = "page.limit")]
    pub page_limit: Option<u32>,
    /// Where the previous page ended: its `nextCursor`.
    #[serde(rename = "page.cursor")]
    pub page_cursor: Option<String>,
    /// Whether to reckon with the provider's list prices rather than with the organisation's own.
    pub use_listing_prices: Option<bool>,
    /// Whether to divide the cost of idle resources among workloads in proportion to what they request;
    /// otherwise only the cost of what was requested counts.
    pub include_idle_resource_costs: Option<bool>,
}

impl TotalCostTimedQuery {
    /// Which page of the list is asked for.
    pub fn page(&self) -> PageQuery {
        PageQuery { limit: self.page_limit, cursor: self.page_cursor.clone() }
    }
}

/// What groups cost in all as time went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1GetAllocationGroupTotalCostTimedResponse)]
pub struct GetAllocationGroupTotalCostTimedResponse {
    /// How many groups there are on all pages.
    #[schema(value_type = String, format = Int64, example = "42")]
    pub count: Int64,
    /// The groups, the dearest first.
    pub items: Vec<GroupTotalCosts>,
    /// Where the next page begins, to be sent as `page.cursor`; empty at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_cursor: Option<String>,
}

/// What a group cost in all as time went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1GetAllocationGroupTotalCostTimedResponseGroupItem)]
pub struct GroupTotalCosts {
    /// The allocation group, by its id.
    pub group_id: String,
    /// Name of the allocation group.
    pub group_name: String,
    /// The figures, one for each interval in order.
    pub items: Vec<TotalCostAt>,
    /// When the group's definition changed within the period: figures before and after do not compare.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub versions: Option<Vec<AllocationGroupVersionDetails>>,
}

/// What a group cost in all in one interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1GetAllocationGroupTotalCostTimedResponseCostItem)]
pub struct TotalCostAt {
    /// Start of the interval that the figures are of.
    pub timestamp: Timestamp,
    /// The cost, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "41.25")]
    pub total_cost: Money,
}

/// Over what to show the costs of a group's workloads.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct WorkloadCostsQuery {
    /// Start of the period, included.
    pub start_time: Timestamp,
    /// End of the period, not included.
    pub end_time: Timestamp,
    /// Only these clusters; all of the organisation when there are none.
    pub cluster_ids: Option<Vec<String>>,
    /// At most this many items; without any paging parameter, everything is returned.
    #[serde(rename = "page.limit")]
    pub page_limit: Option<u32>,
    /// Where the previous page ended: its `nextCursor`.
    #[serde(rename = "page.cursor")]
    pub page_cursor: Option<String>,
    /// Field of the items to sort by, such as `totalCost`; otherwise they come by descending cost.
    #[serde(rename = "sort.field")]
    pub sort_field: Option<String>,
    /// Direction of the sorting, descending when absent.
    #[serde(rename = "sort.order")]
    #[param(inline)]
    pub sort_order: Option<SortOrder>,
    /// Whether to reckon with the provider's list prices rather than with the organisation's own.
    pub use_listing_prices: Option<bool>,
    /// Whether to divide the cost of idle resources among workloads in proportion to what they request;
    /// otherwise only the cost of what was requested counts.
    pub include_idle_resource_costs: Option<bool>,
}

impl WorkloadCostsQuery {
    /// Which page of the list is asked for.
    pub fn page(&self) -> PageQuery {
        PageQuery { limit: self.page_limit, cursor: self.page_cursor.clone() }
    }
}

open_enum! {
    /// Direction of a sorting.
    #[schema_name = "SortOrder"]
    pub enum SortOrder {
        Ascending = "ASC",
        LowercaseAscending = "asc",
        Descending = "DESC",
        LowercaseDescending = "desc",
    }
}

/// What the workloads of a group cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1GetAllocationGroupWorkloadCostsResponse)]
pub struct GetAllocationGroupWorkloadCostsResponse {
    /// How many workloads there are on all pages.
    #[schema(value_type = String, format = Int64, example = "42")]
    pub count: Int64,
    /// The allocation group, by its id.
    pub group_id: String,
    /// Name of the allocation group.
    pub group_name: String,
    /// The workloads.
    pub items: Vec<WorkloadCosts>,
    /// Where the next page begins, to be sent as `page.cursor`; empty at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_cursor: Option<String>,
}

/// What a workload cost over a period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1GetAllocationGroupWorkloadCostsResponseWorkloadItem)]
pub struct WorkloadCosts {
    /// The cluster, by its id.
    pub cluster_id: String,
    /// Part of the cost that is for CPU, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "27.5")]
    pub cpu_cost: Money,
    /// CPU requested, the mean of the period, in cores.
    #[schema(value_type = String, format = "decimal", example = "12")]
    pub cpu_count: Decimal,
    /// Part of the cost that is for GPUs, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "0")]
    pub gpu_cost: Money,
    /// GPUs requested, the mean of the period.
    #[schema(value_type = String, format = "decimal", example = "0")]
    pub gpu_count: Decimal,
    /// Kubernetes namespace.
    #[schema(example = "shop")]
    pub namespace: String,
    /// Pods of the workload that ran at the end of the period.
    #[schema(value_type = String, format = Int64, example = "3")]
    pub pod_count: Int64,
    /// Part of the cost that is for memory, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "13.75")]
    pub ram_cost: Money,
    /// Memory requested, the mean of the period, in GiB.
    #[schema(value_type = String, format = "decimal", example = "48")]
    pub ram_gib: Decimal,
    /// Cost on on-demand machines, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "30")]
    pub total_cost_on_demand: Money,
    /// Cost on spot machines, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "11.25")]
    pub total_cost_spot: Money,
    /// Cost on on-demand machines that stand in for spot ones, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "0")]
    pub total_cost_spot_fallback: Money,
    /// Pods of the workload that ran at any time of the period.
    #[schema(value_type = String, format = Int64, example = "9")]
    pub total_pod_count: Int64,
    /// Part of the cost that is for TPUs, in US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "decimal", nullable = false)]
    pub tpu_cost: Option<Money>,
    /// TPUs requested, the mean of the period.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "decimal", nullable = false)]
    pub tpu_count: Option<Decimal>,
    /// Name of the workload.
    #[schema(example = "checkout")]
    pub workload_name: String,
    /// Kind of the workload, such as `Deployment`.
    #[schema(example = "Deployment")]
    pub workload_type: String,
}
