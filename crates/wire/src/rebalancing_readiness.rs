//! What is in the way of rebalancing: workloads and nodes, and what a cluster can do.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::open_enum;

/// The workloads of a cluster, and which of them rebalancing can move.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1GetClusterWorkloadsResponse)]
pub struct GetClusterWorkloadsResponse {
    /// The cluster, by its id.
    pub cluster_id: String,
    /// The workloads, by namespace, kind and name. DaemonSets are not among them: their pods come and go
    /// with nodes.
    pub workloads: Vec<Workload>,
}

/// A workload, and whether it can be moved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1GetClusterWorkloadsResponseWorkload)]
pub struct Workload {
    /// How much its being stuck costs: by the price of the nodes that it keeps from being replaced.
    pub cost_impact: CostImpact,
    /// Why it cannot be moved; empty when it can.
    pub issues: Vec<WorkloadIssue>,
    /// Memory that all its pods request, in MiB.
    pub memory_mib: i32,
    /// CPUs that all its pods request, in thousandths.
    pub milli_cpu: i32,
    /// Its name.
    pub name: String,
    /// Kubernetes namespace.
    #[schema(example = "shop")]
    pub namespace: String,
    /// The nodes that its pods are on, by name.
    pub nodes: Vec<WorkloadNode>,
    /// How many pods it has.
    pub replicas: i32,
    /// Its kind, such as `Deployment`; `Pod` for a pod that nothing would make again.
    #[schema(example = "Deployment")]
    pub resource: String,
    /// Whether it can be moved.
    pub status: WorkloadMigration,
}

/// How much a workload that cannot be moved costs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1GetClusterWorkloadsResponseWorkloadCostImpact)]
pub struct CostImpact {
    /// `low`, `medium` or `high`: less than a tenth, less than a third, or more of what the cluster's nodes
    /// cost. `low` for one that can be moved.
    #[schema(example = "medium")]
    pub level: String,
    /// The same as a number: percent of what the cluster's nodes cost.
    pub value: i32,
}

/// Why a workload cannot be moved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1GetClusterWorkloadsResponseWorkloadIssue)]
pub struct WorkloadIssue {
    /// The reason in a sentence, and how many pods it holds for.
    pub description: String,
    /// The reason in a word, such as `EmptyDir` or `BudgetSpent`.
    pub kind: String,
}

/// A node that a workload's pods are on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1GetClusterWorkloadsResponseWorkloadNode)]
pub struct WorkloadNode {
    /// The node, by its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What kind of machine it is.
    pub specs: NodeSpecifications,
    /// Whether it can be replaced.
    pub status: NodeMigration,
    /// All pods on it, but for those of DaemonSets.
    pub total_pods: i32,
    /// Those of them that cannot be moved.
    pub total_problematic_pods: i32,
    /// How many of the workload's pods are on it.
    pub workload_replicas: i32,
}

/// What kind of machine a node is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1GetClusterWorkloadsResponseWorkloadNodeSpecifications)]
pub struct NodeSpecifications {
    /// Machine type as the provider calls it, such as `m5.large`.
    #[schema(example = "m5.large")]
    pub instance_type: String,
    /// Its memory, in MiB.
    pub memory_mib: i32,
    /// Its CPUs, in thousandths.
    pub milli_cpu: i32,
}

/// Whether a node can be replaced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1GetClusterWorkloadsResponseWorkloadNodeNodeStatus)]
pub struct NodeMigration {
    /// `ready` when it can, `not-ready` when it cannot.
    #[schema(example = "ready")]
    pub migration_status: String,
    /// Why not; `Invalid` when it can.
    pub reason: NotReadyReason,
}

open_enum! {
    /// Why a node cannot be replaced.
    #[schema_name = "CastaiAutoscalerV1beta1GetClusterWorkloadsResponseWorkloadNodeNotReadyStatusReason"]
    pub enum NotReadyReason {
        /// It is being replaced already.
        AlreadyRebalancing = "AlreadyRebalancing",
        /// It can be, or something about the node itself keeps it: its problems are among the problematic
        /// nodes.
        Invalid = "Invalid",
        /// Pods on it cannot be moved.
        ProblematicWorkloads = "ProblematicWorkloads",
        /// A rebalancing could not drain it before.
        RebalancingNodeDrainFailed = "RebalancingNodeDrainFailed",
    }
}

/// Whether a workload can be moved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1GetClusterWorkloadsResponseWorkloadWorkloadStatus)]
pub struct WorkloadMigration {
    /// `ready` when all its pods can be moved, `not-ready` when some cannot.
    #[schema(example = "ready")]
    pub migration_status: String,
}

/// Nodes that rebalancing has to leave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1GetProblematicNodesResponse)]
pub struct GetProblematicNodesResponse {
    /// The cluster, by its id.
    pub cluster_id: String,
    /// Whether there are any.
    pub has_problems: bool,
    /// The nodes, by name.
    pub nodes: Vec<ProblematicNode>,
}

/// A node that has to stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1GetProblematicNodesResponseNode)]
pub struct ProblematicNode {
    /// Its name.
    pub name: String,
    /// The node, by its id.
    pub node_id: String,
    /// Why, each reason in a sentence.
    pub problems: Vec<String>,
}

/// What to take for a problem.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct GetProblematicWorkloadsQuery {
    /// Whether to leave out what aggressive mode overrules.
    pub aggressive_mode: Option<bool>,
}

/// Pods that rebalancing has to leave, by what made them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1GetProblematicWorkloadsResponse)]
pub struct GetProblematicWorkloadsResponse {
    /// The cluster, by its id.
    pub cluster_id: String,
    /// Workloads with such pods, by kind and name.
    pub controllers: Vec<ProblematicController>,
    /// Whether there are any.
    pub has_problems: bool,
    /// Such pods that nothing would make again, by name.
    pub standalone_pods: Vec<ProblematicPod>,
}

/// A workload with pods that have to stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1GetProblematicWorkloadsResponseController)]
pub struct ProblematicController {
    /// Its kind, such as `Deployment`.
    pub kind: String,
    /// Namespace and name.
    pub name: String,
    /// Why, each reason in a sentence.
    pub problems: Vec<String>,
}

/// A pod that has to stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1GetProblematicWorkloadsResponseStandalonePod)]
pub struct ProblematicPod {
    /// Namespace and name.
    pub name: String,
    /// Why, each reason in a sentence.
    pub problems: Vec<String>,
}

/// Which pods are being moved by a rebalancing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1GetRebalancedWorkloadsResponse)]
pub struct GetRebalancedWorkloadsResponse {
    /// Whether a rebalancing is being executed.
    pub is_active: bool,
    /// Selectors of the workloads with pods on the nodes that it drains; empty otherwise.
    pub selectors: Vec<LabelSelector>,
}

/// Selects pods by their labels: everything in it must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1GetRebalancedWorkloadsResponseLabelSelector)]
pub struct LabelSelector {
    /// Conditions on labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub match_expressions: Option<Vec<LabelSelectorExpression>>,
    /// Labels with these values.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub match_labels: Option<BTreeMap<String, String>>,
}

/// A condition on a label.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1GetRebalancedWorkloadsResponseLabelSelectorExpression)]
pub struct LabelSelectorExpression {
    /// Name of the label.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub key: Option<String>,
    /// How it is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub operator: Option<LabelSelectorOperator>,
    /// With what.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub values: Option<Vec<String>>,
}

open_enum! {
    /// How a label is compared.
    #[schema_name = "CastaiAutoscalerV1beta1GetRebalancedWorkloadsResponseLabelSelectorExpressionOperator"]
    pub enum LabelSelectorOperator {
        DoesNotExist = "DoesNotExist",
        Exists = "Exists",
        In = "In",
        Invalid = "Invalid",
        NotIn = "NotIn",
    }
}

/// What the server can do with a cluster, and what it found in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiAutoscalerV1beta1GetClusterSettingsResponse)]
pub struct GetClusterSettingsResponse {
    /// Version of the agent, as it told it; absent before it connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "v0.60.0")]
    pub agent_version: Option<String>,
    /// Whether nodes with ARM processors are bought: as the default node template says.
    pub arm64_supported: bool,
    /// Whether nodes are bought by the default node template.
    pub enable_default_node_template: bool,
    /// How many nodes are emptied in one cycle at most; absent where there is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub evictor_max_target_nodes: Option<i32>,
    /// Version of the evictor: the server's own, which has it built in.
    pub evictor_version: String,
    /// Addresses below which a subnet is avoided; absent, since subnets are taken as configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ip_threshold_subnet_spread: Option<i32>,
    /// Whether nodes in the cluster belong to Karpenter.
    pub karpenter_installed: bool,
    /// Its version; absent, since no node tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub karpenter_version: Option<String>,
    /// How much dearer a zone may be for the sake of spreading; absent, since pods' own rules say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub price_threshold_zone_spread: Option<f64>,
    /// Whether paid capacity is used first.
    pub reservations_enabled: bool,
    /// Whether Windows nodes are bought.
    pub windows_autoscaling_enabled: bool,
}
