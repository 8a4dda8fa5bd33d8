//! Rebalancing plans: what is asked, what is done, and how far it is.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::open_enum;
use crate::proto::Int64;
use crate::rebalancing_configurations::Configurations;

/// Which plans to list, and how much of each.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ListRebalancingPlansQuery {
    /// At most this many plans; all of them when absent.
    pub limit: Option<Int64>,
    /// Where the previous page ended: its `nextCursor`.
    pub cursor: Option<String>,
    /// Only plans that stand at one of these.
    #[serde(rename = "filter.statuses")]
    #[param(inline)]
    pub filter_statuses: Option<Vec<StatusFilter>>,
    /// Whether to tell what is done for each plan; otherwise `operations` is empty.
    pub include_operations: Option<bool>,
    /// Whether to tell the nodes before and after, and what they cost; otherwise `configurations` is empty.
    pub include_configurations: Option<bool>,
    /// Whether to list plans that would cost more than what is there. A plan never does: doing nothing is
    /// always one.
    pub include_negative: Option<bool>,
}

open_enum! {
    /// How far a plan is.
    #[schema_name = "StatusFilter"]
    pub enum StatusFilter {
        CreatingNodes = "creating_nodes",
        DeletingNodes = "deleting_nodes",
        DrainingNodes = "draining_nodes",
        Error = "error",
        Finished = "finished",
        Generated = "generated",
        Generating = "generating",
        Invalid = "invalid",
        PartiallyFinished = "partially_finished",
        PreparingNodes = "preparing_nodes",
    }
}

/// Rebalancing plans of a cluster, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1ListRebalancingPlansResponse)]
pub struct ListRebalancingPlansResponse {
    /// The plans.
    pub items: Vec<RebalancingPlan>,
    /// Where the next page begins, to be sent as `cursor`; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_cursor: Option<String>,
}

/// A cheaper configuration of a cluster, and how far its execution is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1RebalancingPlanResponse)]
pub struct RebalancingPlan {
    /// Whether pods are moved that would be left alone otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aggressive_mode: Option<bool>,
    /// Which pods are moved besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aggressive_mode_config: Option<AggressiveModeConfig>,
    /// The cluster, by its id.
    pub cluster_id: String,
    /// The nodes before and after, and what they cost; empty unless asked for.
    pub configurations: Configurations,
    /// When it was created.
    pub created_at: Timestamp,
    /// When the new nodes were there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub created_nodes_at: Option<Timestamp>,
    /// When the old nodes were gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub deleted_nodes_at: Option<Timestamp>,
    /// When the old nodes were empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub drained_nodes_at: Option<Timestamp>,
    /// What went wrong.
    pub errors: Vec<PlanError>,
    /// The same as `keepDrainTimeoutNodes`, by an older name.
    pub evict_gracefully: bool,
    /// What must hold once new nodes are there.
    pub execution_conditions: ExecutionConditions,
    /// When its execution ended, well or badly.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub finished_at: Option<Timestamp>,
    /// When the plan was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub generated_at: Option<Timestamp>,
    /// Whether nodes that did not drain in time stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub keep_drain_timeout_nodes: Option<bool>,
    /// At least so many nodes in the cluster when it is done.
    pub min_nodes: i32,
    /// What is done for it, in order; empty unless asked for.
    pub operations: Vec<PlanOperation>,
    /// Whether old nodes wait before they are drained.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub paused_drain_config: Option<PausedDrainConfig>,
    /// The nodes it was asked for, by their ids; all of the cluster when there are none.
    pub rebalancing_node_ids: Vec<String>,
    /// Its id, a UUID.
    pub rebalancing_plan_id: String,
    /// The schedule that asked for it, by its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub schedule_id: Option<String>,
    /// How far it is.
    pub status: PlanStatus,
    /// When its execution was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub triggered_at: Option<Timestamp>,
    /// When something of it last changed.
    pub updated_at: Timestamp,
}

/// Pods to move although they would be left alone otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1AggressiveModeConfig)]
pub struct AggressiveModeConfig {
    /// Pods that keep data on the node, which they lose.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ignore_local_persistent_volumes: Option<bool>,
    /// Pods of jobs. They are moved in any case: their job makes them again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ignore_problem_job_pods: Option<bool>,
    /// Pods that nothing would make again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ignore_problem_pods_without_controller: Option<bool>,
    /// Pods marked as not to be removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ignore_problem_removal_disabled_pods: Option<bool>,
}

/// Something that went wrong.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1RebalancingPlanResponsePlanError)]
pub struct PlanError {
    /// What, in a sentence.
    pub message: String,
    /// The node it is about, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node: Option<String>,
    /// The pod it is about: namespace and name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub pod: Option<String>,
    /// Which kind of thing.
    pub reason: PlanErrorReason,
}

open_enum! {
    /// Which kind of thing went wrong.
    #[schema_name = "CastaiAutoscalerV1beta1RebalancingPlanResponsePlanErrorReason"]
    pub enum PlanErrorReason {
        /// What was bought saves too little: it was given back.
        AchievedSavingsBelowThreshold = "achievedSavingsBelowThreshold",
        /// Sent by no server.
        Invalid = "invalid",
        /// A machine could not be bought.
        NodeCreateFailed = "nodeCreateFailed",
        /// A node could not be removed.
        NodeDeleteFailed = "nodeDeleteFailed",
        /// Pods would not leave a node.
        NodeDrainFailed = "nodeDrainFailed",
        /// A machine that was bought did not become a node.
        NodePrepareFailed = "nodePrepareFailed",
        /// The plan could not be made.
        RebalancingPlanGenerationFailed = "rebalancingPlanGenerationFailed",
        /// The plan was not executed in time.
        RebalancingPlanTimeout = "rebalancingPlanTimeout",
        /// Something else, such as that it was cancelled: `message` says what.
        Unknown = "unknown",
        /// The new nodes did not come about.
        UpscalingFailed = "upscalingFailed",
    }
}

/// What must hold once new nodes are there; otherwise they go again and the old ones stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1ExecutionConditions)]
pub struct ExecutionConditions {
    /// The least share of the planned saving that must be reached, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub achieved_savings_percentage: Option<i32>,
    /// Whether that is looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
}

/// One thing that is done for a plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1RebalancingPlanResponseOperation)]
pub struct PlanOperation {
    /// What is bought, where a node is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub create_params: Option<CreateParams>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// What is given back, where a node is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub delete_params: Option<DeleteParams>,
    /// What is drained, where a node is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub drain_params: Option<DrainParams>,
    /// Why it failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error: Option<String>,
    /// When it ended, well or badly; absent while it is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub finished_at: Option<Timestamp>,
    /// Its id.
    pub id: String,
    /// The node, by its id, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_id: Option<String>,
    /// What joins the cluster, where a node is prepared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub prepare_params: Option<PrepareParams>,
    /// What is done.
    pub r#type: PlanOperationType,
}

/// What is bought.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1RebalancingPlanResponseOperationCreateParams)]
pub struct CreateParams {
    /// The zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "eu-central-1a")]
    pub az_name: Option<String>,
    /// The cloud.
    #[schema(example = "aws")]
    pub csp: String,
    /// Machine type as the provider calls it, such as `m5.large`.
    #[schema(example = "m5.large")]
    pub instance_type: String,
    /// Whether it is a spot machine.
    pub is_spot: bool,
    /// Whether it stands in for a spot machine that could not be had.
    pub is_spot_fallback: bool,
    /// The node configuration that it is made from, by its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_configuration_id: Option<String>,
    /// How likely the cloud leaves it alone; absent where nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub spot_reliability_score: Option<f64>,
    /// Subnet as the provider names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "subnet-0a1b2c3d4e5f60718")]
    pub subnet_id: Option<String>,
    /// The size of its root volume, in GiB; absent where the cloud decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub volume_size_gib: Option<i32>,
}

/// What is given back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1RebalancingPlanResponseOperationDeleteParams)]
pub struct DeleteParams {
    /// The cloud.
    #[schema(example = "aws")]
    pub csp: String,
    /// Machine type as the provider calls it, such as `m5.large`.
    #[schema(example = "m5.large")]
    pub instance_type: String,
    /// Whether it is a spot machine.
    pub is_spot: bool,
    /// Whether it stands in for a spot machine that could not be had.
    pub is_spot_fallback: bool,
}

/// What is drained.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1RebalancingPlanResponseOperationDrainParams)]
pub struct DrainParams {
    /// The cloud.
    #[schema(example = "aws")]
    pub csp: String,
    /// For how long evictions are tried, such as `1200s`; absent where it is what the node configuration
    /// says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub drain_timeout: Option<String>,
    /// Machine type as the provider calls it, such as `m5.large`.
    #[schema(example = "m5.large")]
    pub instance_type: String,
    /// Whether it is a spot machine.
    pub is_spot: bool,
    /// Whether it stands in for a spot machine that could not be had.
    pub is_spot_fallback: bool,
}

/// What joins the cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1RebalancingPlanResponseOperationPrepareParams)]
pub struct PrepareParams {
    /// The cloud.
    #[schema(example = "aws")]
    pub csp: String,
    /// Machine type as the provider calls it, such as `m5.large`.
    #[schema(example = "m5.large")]
    pub instance_type: String,
    /// Whether it is a spot machine.
    pub is_spot: bool,
    /// Whether it stands in for a spot machine that could not be had.
    pub is_spot_fallback: bool,
    /// How likely the cloud leaves it alone; absent where nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub spot_reliability_score: Option<f64>,
}

open_enum! {
    /// What is done to a node.
    #[schema_name = "CastaiAutoscalerV1beta1RebalancingPlanResponseOperationType"]
    pub enum PlanOperationType {
        /// A machine is bought.
        CreateNode = "create_node",
        /// The node leaves the cluster, and its machine is given back.
        DeleteNode = "delete_node",
        /// Its pods are evicted.
        DrainNode = "drain_node",
        /// Sent by no server.
        Invalid = "invalid",
        /// It joins the cluster and becomes ready.
        PrepareNode = "prepare_node",
    }
}

/// Whether old nodes wait for a while, cordoned, before they are drained.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1PausedDrainConfig)]
pub struct PausedDrainConfig {
    /// Whether they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
    /// For how long, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub timeout_seconds: Option<i32>,
}

open_enum! {
    /// How far a plan is.
    #[schema_name = "CastaiAutoscalerV1beta1Status"]
    pub enum PlanStatus {
        /// It is executed: new nodes are being bought.
        CreatingNodes = "creating_nodes",
        /// It is executed: old nodes are being given back.
        DeletingNodes = "deleting_nodes",
        /// It is executed: pods are leaving the old nodes.
        DrainingNodes = "draining_nodes",
        /// It failed or was cancelled, and what could be undone is; `errors` says why.
        Error = "error",
        /// All of it was done.
        Finished = "finished",
        /// It was made, and nothing was done for it yet.
        Generated = "generated",
        /// It is being made.
        Generating = "generating",
        /// Sent by no server.
        Invalid = "invalid",
        /// Some old nodes had to stay; `errors` says which and why.
        PartiallyFinished = "partially_finished",
        /// It is executed: new nodes are joining the cluster, and old ones take no new pods.
        PreparingNodes = "preparing_nodes",
    }
}

/// What a plan is to be made for. Nothing is done to the cluster before the plan is executed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AutoscalerAPIGenerateRebalancingPlanRequest)]
pub struct GenerateRebalancingPlanRequest {
    /// Whether to move pods that would be left alone otherwise: all of those that `aggressiveModeConfig`
    /// could name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aggressive_mode: Option<bool>,
    /// Which pods to move besides, when not all of them. Has no meaning beside `aggressiveMode`, and is
    /// dropped there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aggressive_mode_config: Option<AggressiveModeConfig>,
    /// The same as `keepDrainTimeoutNodes`, by an older name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub evict_gracefully: Option<bool>,
    /// What must hold once new nodes are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub execution_conditions: Option<ExecutionConditions>,
    /// Whether nodes that did not drain in time stay, rather than being emptied by force.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub keep_drain_timeout_nodes: Option<bool>,
    /// At least so many nodes in the cluster when it is done; 0 for as few as hold the pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub min_nodes: Option<i32>,
    /// Whether old nodes wait for a while before they are drained. They do not: it cannot be enabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub paused_drain_config: Option<PausedDrainConfig>,
    /// The nodes that may be replaced; all of the cluster when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rebalancing_nodes: Option<Vec<RebalancingNode>>,
}

/// A node that may be replaced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1RebalancingNode)]
pub struct RebalancingNode {
    /// The node, by its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_id: Option<String>,
}

/// The plan that is being made: ask for it until it is no longer `generating`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1GenerateRebalancingPlanResponse)]
pub struct GenerateRebalancingPlanResponse {
    /// The plan, by its id.
    pub rebalancing_plan_id: String,
}

/// How much of a plan to tell.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct GetRebalancingPlanQuery {
    /// Whether to tell what is done for it; otherwise `operations` is empty.
    pub include_operations: Option<bool>,
    /// Whether to tell the nodes before and after, and what they cost; otherwise `configurations` is empty.
    pub include_configurations: Option<bool>,
}
