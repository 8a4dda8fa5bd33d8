//! Nodes before and after a rebalancing, what they cost, and what is saved.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use model::{Money, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::open_enum;
use crate::proto::Decimal;

/// What there is, what there is to be, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1RebalancingPlanResponseConfigurations)]
pub struct Configurations {
    /// What came of it; absent before the end of its execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub achieved: Option<AchievedTotals>,
    /// What was saved in the end; absent before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub achieved_diff: Option<Difference>,
    /// The nodes that the plan was asked for, as they were when it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub blue: Option<Configuration>,
    /// What is saved when blue becomes green.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub diff: Option<Difference>,
    /// The nodes to be in their place: those of them that stay, and new ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub green: Option<Configuration>,
    /// What else was reckoned with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub recommendations: Option<Recommendations>,
}

/// Sums over what is there in the end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1RebalancingPlanResponseConfigurationsConfigurationTotals)]
pub struct AchievedTotals {
    /// Over the nodes in place of those that the plan was asked for.
    pub affected_node_totals: Totals,
    /// Over the whole cluster.
    pub cluster_totals: Totals,
}

/// Sums over nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1RebalancingPlanResponseConfigurationsTotals)]
pub struct Totals {
    /// Memory, in MiB.
    pub memory_mib: i32,
    /// Pods that can be moved.
    pub migratable_pods: i32,
    /// CPUs, in thousandths.
    pub milli_cpu: i32,
    /// How many nodes.
    pub nodes: i32,
    /// Pods on them, but for those of DaemonSets.
    pub pods: i32,
    /// What they cost per hour, in dollars.
    #[schema(value_type = String, format = "decimal")]
    pub price_hourly: Money,
    /// What they cost in a month of 730 hours, in dollars.
    #[schema(value_type = String, format = "decimal")]
    pub price_monthly: Money,
    /// Pods that cannot be moved.
    pub problematic_pods: i32,
    /// How many of the nodes the plan replaces; 0 of the nodes to be.
    pub replaceable_nodes: i32,
}

/// What is saved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1RebalancingPlanResponseConfigurationsDiff)]
pub struct Difference {
    /// The saving in percent of what the whole cluster costs.
    #[schema(value_type = String, format = "decimal")]
    pub cluster_savings_percentage: Decimal,
    /// Dollars per hour: what goes, less what comes. Negative when that costs more.
    #[schema(value_type = String, format = "decimal")]
    pub price_hourly: Money,
    /// The same in a month of 730 hours.
    #[schema(value_type = String, format = "decimal")]
    pub price_monthly: Money,
    /// The saving in percent of what the nodes cost that the plan was asked for.
    #[schema(value_type = String, format = "decimal")]
    pub savings_percentage: Decimal,
}

/// Nodes, and their sums.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1RebalancingPlanResponseConfigurationsConfiguration)]
pub struct Configuration {
    /// The sums over the whole cluster, these nodes and those that stay.
    pub cluster_totals: Totals,
    /// The nodes.
    pub nodes: Vec<ConfigurationNode>,
    /// The sums over these nodes.
    pub totals: Totals,
}

/// A node that is there, or is to be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1RebalancingPlanResponseConfigurationsConfigurationNode)]
pub struct ConfigurationNode {
    /// When the node joined the cluster; absent for one to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub created_at: Option<Timestamp>,
    /// The node, by its id; absent for one to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// Machine type as the provider calls it, such as `m5.large`.
    #[schema(example = "m5.large")]
    pub instance_type: String,
    /// Whether it runs the control plane.
    pub is_control_plane: bool,
    /// Whether somebody else made it, such as an autoscaling group.
    pub is_legacy: bool,
    /// Whether it is a spot machine.
    pub is_spot: bool,
    /// Whether it stands in for a spot machine that could not be had.
    pub is_spot_fallback: bool,
    /// Who makes and removes it: `castai` for nodes that this server buys.
    #[schema(example = "castai")]
    pub managed_by: String,
    /// Its memory, in MiB.
    pub memory_mib: i32,
    /// Its CPUs, in thousandths.
    pub milli_cpu: i32,
    /// Its name; of one to be, the name of its node template.
    pub name: String,
    /// Its operating system.
    pub os: OperatingSystem,
    /// What it costs per hour, in dollars.
    #[schema(value_type = String, format = "decimal")]
    pub price_hourly: Money,
    /// What was bought for it, once it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub provisioned_node: Option<ProvisionedNode>,
    /// The pods on it; of one to be, those that it is for. Pods of DaemonSets do not count.
    pub total_pods: i32,
    /// Those of them that cannot be moved.
    pub total_problematic_pods: i32,
}

open_enum! {
    /// An operating system.
    #[schema_name = "CastaiAutoscalerV1beta1Os"]
    pub enum OperatingSystem {
        Linux = "linux",
        Unknown = "unknown",
        Windows = "windows",
    }
}

/// What was bought.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1RebalancingPlanResponseConfigurationsConfigurationProvisionedNode)]
pub struct ProvisionedNode {
    /// When it was created.
    pub created_at: Timestamp,
    /// Machine type as the provider calls it, such as `m5.large`.
    #[schema(example = "m5.large")]
    pub instance_type: String,
    /// Whether it is a spot machine.
    pub is_spot: bool,
    /// Whether it stands in for a spot machine that could not be had.
    pub is_spot_fallback: bool,
    /// Its memory, in MiB.
    pub memory_mib: i32,
    /// Its CPUs, in thousandths.
    pub milli_cpu: i32,
    /// Its operating system.
    pub os: OperatingSystem,
    /// What it costs per hour, in dollars.
    #[schema(value_type = String, format = "decimal")]
    pub price_hourly: Money,
}

/// Whether recommended requests of workloads were reckoned with rather than those they state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1RebalancingPlanResponseConfigurationsRecommendations)]
pub struct Recommendations {
    /// Whether they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub applied: Option<bool>,
}
