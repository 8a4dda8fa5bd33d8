//! Exceptions from how pods are evicted and nodes removed, by selectors.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::open_enum;

/// Exceptions from how pods are evicted and nodes removed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiEvictorV1AdvancedConfig)]
pub struct AdvancedConfig {
    /// The exceptions, in their order.
    pub eviction_config: Vec<EvictionConfig>,
}

/// What holds for selected pods or nodes. Exactly one of the selectors is given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiEvictorV1EvictionConfig)]
pub struct EvictionConfig {
    /// Which nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_selector: Option<NodeSelector>,
    /// Which pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub pod_selector: Option<PodSelector>,
    /// What holds for them.
    pub settings: EvictionSettings,
}

/// Selects nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiEvictorV1NodeSelector)]
pub struct NodeSelector {
    /// By their labels.
    pub label_selector: LabelSelector,
}

/// Selects objects by their labels. All conditions must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiEvictorV1LabelSelector)]
pub struct LabelSelector {
    /// Conditions on labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub match_expressions: Option<Vec<LabelSelectorExpression>>,
    /// Labels with their values.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub match_labels: Option<BTreeMap<String, String>>,
}

/// A condition on a label.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiEvictorV1LabelSelectorExpression)]
pub struct LabelSelectorExpression {
    /// Key of the label.
    pub key: String,
    /// How its value is compared.
    pub operator: LabelSelectorExpressionOperator,
    /// With what, for `In` and `NotIn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub values: Option<Vec<String>>,
}

open_enum! {
    /// How the value of a label is compared.
    #[schema_name = "CastaiEvictorV1LabelSelectorExpressionOperator"]
    pub enum LabelSelectorExpressionOperator {
        DoesNotExist = "DoesNotExist",
        Exists = "Exists",
        In = "In",
        /// Not an operator: refused.
        Invalid = "Invalid",
        NotIn = "NotIn",
    }
}

/// Selects pods. What is not given is any.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiEvictorV1PodSelector)]
pub struct PodSelector {
    /// By the kind of what controls them, such as `Deployment`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Deployment")]
    pub kind: Option<String>,
    /// By their labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub label_selector: Option<LabelSelector>,
    /// Kubernetes namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "shop")]
    pub namespace: Option<String>,
    /// Only of workloads with at least this many replicas.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub replicas_min: Option<i32>,
}

/// What holds for pods or nodes. One of them is given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiEvictorV1EvictionSettings)]
pub struct EvictionSettings {
    /// Evicted even where a workload has a single replica.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aggressive: Option<Toggle>,
    /// Evicted whatever stands against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub disposable: Option<Toggle>,
    /// Never evicted or removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub removal_disabled: Option<Toggle>,
}

/// A setting that is on or off.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiEvictorV1EvictionSettingsSettingEnabled)]
pub struct Toggle {
    /// Whether it is on.
    pub enabled: bool,
}
