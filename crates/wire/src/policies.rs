//! What the autoscaler of a cluster may do: one document for each cluster.
//!
//! The server keeps documents as they come, fields that it does not know included; these types are what
//! it reads in them.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::open_enum;

/// What the autoscaler of a cluster may do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PoliciesV1Policies)]
pub struct Policies {
    /// How large and how small the cluster may become.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cluster_limits: Option<ClusterLimitsPolicy>,
    /// Version of the default node template that these policies were read with. Sent back with a change, it
    /// has a change made against an older version refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub default_node_template_version: Option<String>,
    /// Whether the autoscaler does anything at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
    /// Whether only pods and nodes that are marked for it are looked at, so that another autoscaler can do
    /// the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub is_scoped_mode: Option<bool>,
    /// How nodes are removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_downscaler: Option<NodeDownscaler>,
    /// Whether pods go to a template that has some of the labels they ask for rather than all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_templates_partial_matching_enabled: Option<bool>,
    /// How spot machines are used: what the default node template says, too. A change of one changes the
    /// other.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub spot_instances: Option<SpotInstances>,
    /// How nodes are added for pods that find no place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unschedulable_pods: Option<UnschedulablePodsPolicy>,
}

/// How large and how small a cluster may become.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PoliciesV1ClusterLimitsPolicy)]
pub struct ClusterLimitsPolicy {
    /// In CPUs of its nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cpu: Option<ClusterLimitsCpu>,
    /// Whether the limits hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
}

/// Limits in CPUs of a cluster's nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PoliciesV1ClusterLimitsCpu)]
pub struct ClusterLimitsCpu {
    /// No node is added that would bring the cluster above this many.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub max_cores: Option<i32>,
    /// No node is removed that would bring the cluster below this many.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub min_cores: Option<i32>,
}

/// How nodes are removed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PoliciesV1NodeDownscaler)]
pub struct NodeDownscaler {
    /// Nodes on which nothing runs that would have to go elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub empty_nodes: Option<NodeDownscalerEmptyNodes>,
    /// Whether nodes are removed at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
    /// What empties nodes that are little used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub evictor: Option<Evictor>,
}

/// How empty nodes are removed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PoliciesV1NodeDownscalerEmptyNodes)]
pub struct NodeDownscalerEmptyNodes {
    /// How many seconds a node must have been empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub delay_seconds: Option<i32>,
    /// Whether they are removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
}

/// How pods are moved together so that nodes become empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PoliciesV1Evictor)]
pub struct Evictor {
    /// Whether pods of workloads with a single replica are moved, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aggressive_mode: Option<bool>,
    /// Whether the evictor may be switched on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub allowed: Option<bool>,
    /// Whether nodes that Karpenter made are emptied, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cleanup_karpenter_nodes: Option<bool>,
    /// Time between two looks at the cluster, such as `1m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "1m")]
    pub cycle_interval: Option<String>,
    /// Whether it only tells what it would do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub dry_run: Option<bool>,
    /// Whether it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
    /// Whether pods are evicted although a disruption budget forbids it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ignore_pod_disruption_budgets: Option<bool>,
    /// Minutes for which a new node is left alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_grace_period_minutes: Option<i32>,
    /// Time after which the eviction of a pod that failed is tried again, such as `5s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "5s")]
    pub pod_eviction_failure_back_off_interval: Option<String>,
    /// Whether only nodes that were added by the autoscaler are emptied.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scoped_mode: Option<bool>,
    /// Whether nodes that are about to be emptied get a taint that new pods avoid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub soft_tainting: Option<bool>,
    /// Whether the cluster has what evicts its pods. Decided by the server; what is sent is not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub status: Option<EvictorStatus>,
}

open_enum! {
    /// Whether a cluster has what evicts its pods.
    #[schema_name = "PoliciesV1EvictorStatus"]
    pub enum EvictorStatus {
        /// It has.
        Compatible = "Compatible",
        /// It has a version that is not known here.
        Incompatible = "Incompatible",
        /// It has, and its settings make no sense.
        InvalidConfig = "InvalidConfig",
        /// It has not: no controller has connected.
        Missing = "Missing",
        /// Nobody can tell.
        Unknown = "Unknown",
    }
}

/// How spot machines are used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PoliciesV1SpotInstances)]
pub struct SpotInstances {
    /// Whether spot machines are bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
    /// Machines of which more than this many per cent are taken back are not bought; 0 for no such limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub max_reclaim_rate: Option<i32>,
    /// What happens while there is no spot capacity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub spot_backups: Option<SpotBackups>,
    /// Whether many types of spot machines are bought, so that not all are taken back at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub spot_diversity_enabled: Option<bool>,
    /// How much dearer, in per cent, a spot machine may be for the sake of diversity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub spot_diversity_price_increase_limit_percent: Option<i32>,
    /// Whether nodes are replaced before the provider takes them back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub spot_interruption_predictions: Option<SpotInterruptionPredictions>,
}

/// Machines on demand in place of spot machines that cannot be had.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PoliciesV1SpotBackups)]
pub struct SpotBackups {
    /// Whether they are bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
    /// Seconds after which spot is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub spot_backup_restore_rate_seconds: Option<i32>,
}

/// Replacing spot nodes before the provider takes them back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PoliciesV1SpotInterruptionPredictions)]
pub struct SpotInterruptionPredictions {
    /// Whether that is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
    /// On whose word.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub r#type: Option<SpotInterruptionPredictionsType>,
}

open_enum! {
    /// Who says that a spot machine is likely to be taken back.
    #[schema_name = "PoliciesV1SpotInterruptionPredictionsType"]
    pub enum SpotInterruptionPredictionsType {
        /// AWS, by its rebalance recommendations.
        AWSRebalanceRecommendations = "AWSRebalanceRecommendations",
        /// A model of interruptions in the past.
        CASTAIInterruptionPredictions = "CASTAIInterruptionPredictions",
    }
}

/// How nodes are added for pods that find no place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PoliciesV1UnschedulablePodsPolicy)]
pub struct UnschedulablePodsPolicy {
    /// Whether machines of sizes made to measure are bought where the provider sells them: what the default
    /// node template says, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub custom_instances_enabled: Option<bool>,
    /// GiB of disk for each CPU of a new node; 0 for what the node configuration says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub disk_gib_to_cpu_ratio: Option<i32>,
    /// Whether nodes are added.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
    /// Room that is kept free on nodes on demand.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub headroom: Option<Headroom>,
    /// Room that is kept free on spot nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub headroom_spot: Option<Headroom>,
    /// How large and how small new nodes may be: what the default node template says, too. A change of one
    /// changes the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_constraints: Option<NodeConstraints>,
    /// Whether pods are bound to the node that was bought for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub pod_pinner: Option<PodPinner>,
}

/// Room that is kept free for pods to come, in per cent of what there is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PoliciesV1Headroom)]
pub struct Headroom {
    /// Of the CPUs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cpu_percentage: Option<i32>,
    /// Whether it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
    /// Of the memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub memory_percentage: Option<i32>,
}

/// How large and how small new nodes may be. 0 for no limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PoliciesV1NodeConstraints)]
pub struct NodeConstraints {
    /// Whether the limits hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
    /// CPUs, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub max_cpu_cores: Option<i32>,
    /// MiB of memory, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub max_ram_mib: Option<i32>,
    /// CPUs, at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub min_cpu_cores: Option<i32>,
    /// MiB of memory, at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub min_ram_mib: Option<i32>,
}

/// What binds pods to the node that was bought for them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PoliciesV1PodPinner)]
pub struct PodPinner {
    /// Whether it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
    /// Whether the cluster has it. Decided by the server; what is sent is not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub status: Option<PodPinnerStatus>,
}

open_enum! {
    /// Whether a cluster has what binds pods to nodes.
    #[schema_name = "PoliciesV1PodPinnerStatus"]
    pub enum PodPinnerStatus {
        /// It has.
        Compatible = "PodPinnerStatus_Compatible",
        /// It has one that is not known here.
        Incompatible = "PodPinnerStatus_Incompatible",
        /// It has a version that is not known here.
        IncompatibleVersion = "PodPinnerStatus_IncompatibleVersion",
        /// It has not.
        Missing = "PodPinnerStatus_Missing",
        /// Nobody can tell.
        Unknown = "PodPinnerStatus_Unknown",
    }
}

/// The sizes that new nodes of a cluster can have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PoliciesV1GetClusterNodeConstraintsResponse)]
pub struct GetClusterNodeConstraintsResponse {
    /// The cluster, by its id.
    pub cluster_id: String,
    /// The sizes, the smallest first.
    pub items: Vec<NodeSize>,
}

/// A size of machines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PoliciesV1GetClusterNodeConstraintsResponseCpuRam)]
pub struct NodeSize {
    /// CPUs.
    pub cpu_cores: i32,
    /// MiB of memory.
    pub ram_mib: i32,
}
