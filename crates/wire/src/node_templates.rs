//! Kinds of nodes that may be bought for a cluster.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::open_enum;
use crate::template_constraints::TemplateConstraints;

/// Which templates to list.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ListNodeTemplatesQuery {
    /// Whether to list the default template, too.
    pub include_default: Option<bool>,
    /// Whether to leave the nodes uncounted; then all counts are zero.
    pub exclude_stats: Option<bool>,
}

/// Node templates of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1ListNodeTemplatesResponse)]
pub struct ListNodeTemplatesResponse {
    /// The templates: the default one first, then by name.
    pub items: Vec<NodeTemplateListItem>,
}

/// A template and its nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1NodeTemplateListItem)]
pub struct NodeTemplateListItem {
    /// How many nodes it has.
    pub stats: NodeTemplateStats,
    /// The template.
    pub template: NodeTemplate,
}

/// How many nodes were made from a template, by the terms they run under.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1NodeTemplateListItemStats)]
pub struct NodeTemplateStats {
    /// Bought on demand because spot was not to be had.
    pub count_fallback: i32,
    /// On demand.
    pub count_on_demand: i32,
    /// On hosts that no one else uses.
    pub count_sole_tenant: i32,
    /// Spot.
    pub count_spot: i32,
}

/// A kind of node that may be bought.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1NodeTemplate)]
pub struct NodeTemplate {
    /// Whether pods are moved from node to node without a restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub clm_enabled: Option<bool>,
    /// Node configuration that its nodes are made from; the default one when empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "5f2a3b1c-7e1d-4c3a-9b2f-8d6e5a4c3b21")]
    pub configuration_id: Option<String>,
    /// Name of the node configuration that its nodes are made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "default")]
    pub configuration_name: Option<String>,
    /// Which machines are bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub constraints: Option<TemplateConstraints>,
    /// Whether machines of sizes made to measure are bought where the provider sells them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub custom_instances_enabled: Option<bool>,
    /// Whether those may have more memory than the provider's usual most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub custom_instances_with_extended_memory_enabled: Option<bool>,
    /// A label for its nodes; `customLabels` takes several.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub custom_label: Option<Label>,
    /// Labels for its nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub custom_labels: Option<BTreeMap<String, String>>,
    /// Taints for its nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub custom_taints: Option<Vec<Taint>>,
    /// Locations outside the cluster's own cloud where its nodes may run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub edge_location_ids: Option<Vec<String>>,
    /// How its GPUs are shared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gpu: Option<Gpu>,
    /// Whether it is the one for pods that ask for no other: `default-by-castai`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub is_default: Option<bool>,
    /// Whether nodes are bought by it; they are unless it is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub is_enabled: Option<bool>,
    /// Its name, unique in the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "batch")]
    pub name: Option<String>,
    /// Prices to reckon with when machines are compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub price_adjustment_configuration: Option<PriceAdjustmentConfiguration>,
    /// What rebalancing leaves of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rebalancing_config: Option<RebalancingConfiguration>,
    /// Whether its nodes get a taint that only pods made for it tolerate:
    /// `scheduling.cast.ai/node-template`, where it has no taints of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub should_taint: Option<bool>,
    /// Whether its machines are stopped rather than deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub stop_enabled: Option<bool>,
    /// Counts its changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "1")]
    pub version: Option<String>,
}

/// A label.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1Label)]
pub struct Label {
    /// Its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "dedicated")]
    pub key: Option<String>,
    /// Its value; may be empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "batch")]
    pub value: Option<String>,
}

/// A taint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1Taint)]
pub struct Taint {
    /// What it does: `NoSchedule` or `NoExecute`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub effect: Option<TaintEffect>,
    /// Its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "dedicated")]
    pub key: Option<String>,
    /// Its value; may be empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "batch")]
    pub value: Option<String>,
}

open_enum! {
    /// What a taint does.
    #[schema_name = "NodetemplatesV1TaintEffect"]
    pub enum TaintEffect {
        /// Pods that do not tolerate it are evicted.
        NoExecute = "NoExecute",
        /// Pods that do not tolerate it are not placed there.
        NoSchedule = "NoSchedule",
    }
}

/// How GPUs are shared by pods.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1GPU)]
pub struct Gpu {
    /// How many pods share a GPU of a model that `sharingConfiguration` does not name, 1 to 48.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub default_shared_clients_per_gpu: Option<i32>,
    /// Whether they are shared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enable_time_sharing: Option<bool>,
    /// How many pods share a GPU, by its model.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sharing_configuration: Option<BTreeMap<String, SharedGpu>>,
    /// How they are shared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sharing_strategy: Option<GpuSharingStrategy>,
    /// Whether drivers are installed by somebody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub user_managed_gpu_drivers: Option<bool>,
}

/// How a GPU is shared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1SharedGPU)]
pub struct SharedGpu {
    /// By how many pods, 1 to 48.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub shared_clients_per_gpu: Option<i32>,
}

open_enum! {
    /// How pods share a GPU.
    #[schema_name = "NodetemplatesV1GPUSharingStrategy"]
    pub enum GpuSharingStrategy {
        /// Side by side, by NVIDIA's multi-process service.
        Mps = "GPU_SHARING_STRATEGY_MPS",
        /// In turn.
        TimeSlicing = "GPU_SHARING_STRATEGY_TIME_SLICING",
        Unspecified = "GPU_SHARING_STRATEGY_UNSPECIFIED",
    }
}

/// Prices to reckon with when machines are compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1PriceAdjustmentConfiguration)]
pub struct PriceAdjustmentConfiguration {
    /// Factors, such as `0.9`, by machine type.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub instance_type_adjustments: Option<BTreeMap<String, String>>,
}

/// What rebalancing leaves of a template.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1RebalancingConfiguration)]
pub struct RebalancingConfiguration {
    /// At least this many nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub min_nodes: Option<i32>,
}

/// A template to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1NewNodeTemplate)]
pub struct NewNodeTemplate {
    /// Whether pods are moved from node to node without a restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub clm_enabled: Option<bool>,
    /// Node configuration that its nodes are made from; the default one when empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "5f2a3b1c-7e1d-4c3a-9b2f-8d6e5a4c3b21")]
    pub configuration_id: Option<String>,
    /// Which machines are bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub constraints: Option<TemplateConstraints>,
    /// Whether machines of sizes made to measure are bought where the provider sells them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub custom_instances_enabled: Option<bool>,
    /// Whether those may have more memory than the provider's usual most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub custom_instances_with_extended_memory_enabled: Option<bool>,
    /// A label for its nodes; `customLabels` takes several.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub custom_label: Option<Label>,
    /// Labels for its nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub custom_labels: Option<BTreeMap<String, String>>,
    /// Taints for its nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub custom_taints: Option<Vec<TaintWithOptionalEffect>>,
    /// Locations outside the cluster's own cloud where its nodes may run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub edge_location_ids: Option<Vec<String>>,
    /// How its GPUs are shared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gpu: Option<Gpu>,
    /// Whether it is the default one, which exists already: must be false.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub is_default: Option<bool>,
    /// Whether nodes are bought by it; they are unless it is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub is_enabled: Option<bool>,
    /// Its name, unique in the cluster. Required.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "batch")]
    pub name: Option<String>,
    /// Prices to reckon with when machines are compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub price_adjustment_configuration: Option<PriceAdjustmentConfiguration>,
    /// What rebalancing leaves of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rebalancing_config: Option<RebalancingConfiguration>,
    /// Whether its nodes get a taint that only pods made for it tolerate:
    /// `scheduling.cast.ai/node-template`, where it has no taints of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub should_taint: Option<bool>,
    /// Whether its machines are stopped rather than deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub stop_enabled: Option<bool>,
}

/// A taint to put on nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1TaintWithOptionalEffect)]
pub struct TaintWithOptionalEffect {
    /// What it does; `NoSchedule` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub effect: Option<TaintEffect>,
    /// Its key.
    #[schema(example = "dedicated")]
    pub key: String,
    /// Its value; may be empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "batch")]
    pub value: Option<String>,
}

/// A template in place of the one before: what is not given is gone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodetemplatesV1UpdateNodeTemplate)]
pub struct UpdateNodeTemplate {
    /// Whether pods are moved from node to node without a restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub clm_enabled: Option<bool>,
    /// Node configuration that its nodes are made from; the default one when empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "5f2a3b1c-7e1d-4c3a-9b2f-8d6e5a4c3b21")]
    pub configuration_id: Option<String>,
    /// Which machines are bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub constraints: Option<TemplateConstraints>,
    /// Whether machines of sizes made to measure are bought where the provider sells them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub custom_instances_enabled: Option<bool>,
    /// Whether those may have more memory than the provider's usual most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub custom_instances_with_extended_memory_enabled: Option<bool>,
    /// A label for its nodes; `customLabels` takes several.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub custom_label: Option<Label>,
    /// Labels for its nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub custom_labels: Option<BTreeMap<String, String>>,
    /// Taints for its nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub custom_taints: Option<Vec<TaintWithOptionalEffect>>,
    /// Locations outside the cluster's own cloud where its nodes may run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub edge_location_ids: Option<Vec<String>>,
    /// How its GPUs are shared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gpu: Option<Gpu>,
    /// Whether it is the default one, which only `default-by-castai` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub is_default: Option<bool>,
    /// Whether nodes are bought by it; they are unless it is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub is_enabled: Option<bool>,
    /// Prices to reckon with when machines are compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub price_adjustment_configuration: Option<PriceAdjustmentConfiguration>,
    /// What rebalancing leaves of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rebalancing_config: Option<RebalancingConfiguration>,
    /// Whether its nodes get a taint that only pods made for it tolerate:
    /// `scheduling.cast.ai/node-template`, where it has no taints of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub should_taint: Option<bool>,
    /// Whether its machines are stopped rather than deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub stop_enabled: Option<bool>,
}
