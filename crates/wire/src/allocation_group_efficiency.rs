//! How well cost allocation groups and their workloads use what they request.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use model::{Money, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::allocation_group_costs::AllocationGroupVersionDetails;
use crate::open_enum;
use crate::page::PageQuery;
use crate::proto::{Decimal, Int64};

/// Over what to show how well groups use what they request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct EfficiencySummaryQuery {
    /// Start of the period, included.
    pub start_time: Timestamp,
    /// End of the period, not included.
    pub end_time: Timestamp,
    /// Only these clusters; all of the organisation when there are none.
    pub cluster_ids: Option<Vec<String>>,
    /// Whether to reckon with the provider's list prices rather than with the organisation's own.
    pub use_listing_prices: Option<bool>,
}

/// How well groups use what they request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1GetAllocationGroupEfficiencySummaryResponse)]
pub struct GetAllocationGroupEfficiencySummaryResponse {
    /// The groups, those that waste most first.
    pub items: Vec<GroupEfficiency>,
    /// The groups that waste most, as it went.
    pub top_items: Vec<TopGroup>,
}

/// How well a group uses what it requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1GetAllocationGroupEfficiencySummaryResponseCostAllocationGroupItem)]
pub struct GroupEfficiency {
    /// What the waste cost, by the terms of the machines.
    pub cost_impact: CostImpact,
    /// The allocation group, by its id.
    pub group_id: String,
    /// Name of the allocation group.
    pub group_name: String,
    /// What was requested.
    pub requests: Resources,
    /// What the waste cost in all, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "18.4")]
    pub total_cost_impact: Money,
    /// What was used.
    pub usage: Resources,
    /// When the group's definition changed within the period: figures before and after do not compare.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub versions: Option<Vec<AllocationGroupVersionDetails>>,
    /// What was requested and not used.
    pub waste: Resources,
    /// How many workloads the figures are of.
    pub workload_count: i32,
}

/// Cost by the terms of the machines, in US dollars.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1CostImpact)]
pub struct CostImpact {
    /// On on-demand machines.
    #[schema(value_type = String, format = "decimal")]
    pub on_demand: Money,
    /// On spot machines.
    #[schema(value_type = String, format = "decimal")]
    pub spot: Money,
    /// On on-demand machines that stand in for spot ones.
    #[schema(value_type = String, format = "decimal")]
    pub spot_fallback: Money,
}

/// Amounts of CPU and memory, means of the period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1Resources)]
pub struct Resources {
    /// CPU, in cores, as a decimal.
    #[schema(value_type = String, format = "decimal", example = "1.5")]
    pub cpu: Decimal,
    /// Memory, in GiB, as a decimal.
    #[schema(value_type = String, format = "decimal", example = "6")]
    pub memory_gib: Decimal,
}

/// A group that wastes much.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1GetAllocationGroupEfficiencySummaryResponseTopItem)]
pub struct TopGroup {
    /// What the waste cost, one figure for each interval in order.
    pub cost_impact_history: Vec<CostImpactAt>,
    /// The allocation group, by its id.
    pub group_id: String,
    /// Name of the allocation group.
    pub group_name: String,
    /// What the waste cost in all, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "18.4")]
    pub total_cost_impact: Money,
    /// When the group's definition changed within the period: figures before and after do not compare.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub versions: Option<Vec<AllocationGroupVersionDetails>>,
}

/// What waste cost in one interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1GetAllocationGroupEfficiencySummaryResponseCostImpactHistoryItem)]
pub struct CostImpactAt {
    /// The cost, in US dollars.
    #[schema(value_type = String, format = "decimal")]
    pub cost_impact: Money,
    /// Start of the interval that the figures are of.
    pub timestamp: Timestamp,
}

/// Over what to show how well a group's workloads use what they request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct WorkloadsEfficiencyQuery {
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
}

impl WorkloadsEfficiencyQuery {
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

/// How well the workloads of a group use what they request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1GetAllocationGroupWorkloadsEfficiencyResponse)]
pub struct GetAllocationGroupWorkloadsEfficiencyResponse {
    /// How many workloads there are on all pages.
    #[schema(value_type = String, format = Int64, example = "42")]
    pub count: Int64,
    /// The allocation group, by its id.
    pub group_id: String,
    /// Name of the allocation group.
    pub group_name: String,
    /// Where the next page begins, to be sent as `page.cursor`; empty at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_cursor: Option<String>,
    /// The workloads.
    pub workloads: Vec<WorkloadEfficiency>,
}

/// How well a workload uses what it requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1GetAllocationGroupWorkloadsEfficiencyResponseWorkloadItem)]
pub struct WorkloadEfficiency {
    /// The cluster, by its id.
    pub cluster_id: String,
    /// What the waste cost, by the terms of the machines.
    pub cost_impact: CostImpact,
    /// Kubernetes namespace.
    #[schema(example = "shop")]
    pub namespace: String,
    /// Pods of the workload that ran at the end of the period.
    #[schema(value_type = String, format = Int64, example = "3")]
    pub pod_count: Int64,
    /// What was requested.
    pub requests: Resources,
    /// What the waste cost in all, in US dollars.
    #[schema(value_type = String, format = "decimal", example = "18.4")]
    pub total_cost_impact: Money,
    /// Pods of the workload that ran at any time of the period.
    #[schema(value_type = String, format = Int64, example = "9")]
    pub total_pod_count: Int64,
    /// What was used.
    pub usage: Resources,
    /// What was requested and not used.
    pub waste: Resources,
    /// Name of the workload.
    #[schema(example = "checkout")]
    pub workload_name: String,
    /// Kind of the workload, such as `Deployment`.
    #[schema(example = "Deployment")]
    pub workload_type: String,
}
