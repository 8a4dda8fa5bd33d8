//! What the in-cluster controller is asked to do, and what it answers.
//!
//! An action has exactly one of its `action…` fields. The controller runs many at once and in no
//! defined order, so that what depends on another action must be handed out after it was acknowledged.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use std::collections::BTreeMap;

use model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::open_enum;
use crate::proto::Object;

/// What the controller is to do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GetClusterActionsResponse)]
pub struct ListActionsResponse {
    /// All actions that it has not acknowledged.
    pub items: Vec<ClusterAction>,
}

/// Something the controller is to do: exactly one of the `action…` fields is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterAction {
    /// Rolls a Helm release back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub action_chart_rollback: Option<ActionChartRollback>,
    /// Removes a Helm release.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub action_chart_uninstall: Option<ActionChartUninstall>,
    /// Installs or upgrades a Helm release.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub action_chart_upsert: Option<ActionChartUpsert>,
    /// Checks that a node is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub action_check_node_deleted: Option<ActionCheckNodeDeleted>,
    /// Waits until a node is ready or gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub action_check_node_status: Option<ActionCheckNodeStatus>,
    /// Creates an object, or replaces it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub action_create: Option<ActionCreate>,
    /// Writes a Kubernetes event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub action_create_event: Option<ActionCreateEvent>,
    /// Deletes an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub action_delete: Option<ActionDelete>,
    /// Deletes a node.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub action_delete_node: Option<ActionDeleteNode>,
    /// Removes our in-cluster software. The last action of a cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub action_disconnect_cluster: Option<ActionDisconnectCluster>,
    /// Drains a node.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub action_drain_node: Option<ActionDrainNode>,
    /// Evicts a pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub action_evict_pod: Option<ActionEvictPod>,
    /// Patches an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub action_patch: Option<ActionPatch>,
    /// Changes a node's labels, annotations, taints or schedulability.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub action_patch_node: Option<ActionPatchNode>,
    /// When it was decided. Time limits of drains and evictions count from here.
    pub created_at: Timestamp,
    /// When it was acknowledged.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub done_at: Option<Timestamp>,
    /// Why it failed, once it was acknowledged with an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error: Option<String>,
    /// Its id, a UUID.
    pub id: String,
}

/// Rolls a Helm release back, provided the controller's version is the one given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionChartRollback {
    /// Namespace of the release.
    #[schema(example = "shop")]
    pub namespace: String,
    /// Name of the Helm release.
    #[schema(example = "castai-agent")]
    pub release_name: String,
    /// Version the controller compares with its own; anything else is left alone.
    pub version: String,
}

/// Removes a Helm release. One that is not there is an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionChartUninstall {
    /// Namespace of the release.
    #[schema(example = "shop")]
    pub namespace: String,
    /// Name of the Helm release.
    #[schema(example = "castai-agent")]
    pub release_name: String,
}

/// Installs or upgrades a Helm release.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionChartUpsert {
    /// Where the chart comes from.
    pub chart_source: ChartSource,
    /// Whether to create the namespace when it is not there.
    pub create_namespace: bool,
    /// Namespace of the release.
    #[schema(example = "shop")]
    pub namespace: String,
    /// Name of the Helm release.
    #[schema(example = "castai-agent")]
    pub release_name: String,
    /// Whether to begin with the chart's own values and lay those of the release over them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reset_then_reuse_values: Option<bool>,
    /// Values to set, by their dotted path.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub values_overrides: Option<BTreeMap<String, String>>,
}

/// Where a Helm chart comes from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChartSource {
    /// Name of the chart.
    pub name: String,
    /// URL of the repository or, ending in `.tgz`, of the chart.
    pub repo_url: String,
    /// Version of the chart, exact.
    pub version: String,
}

/// Checks that a node is gone; fails when it is not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionCheckNodeDeleted {
    /// Value of the node's label `provisioner.cast.ai/node-id`; empty for nodes without.
    pub node_id: String,
    /// Name of the Kubernetes node.
    #[schema(example = "ip-10-0-64-12.eu-central-1.compute.internal")]
    pub node_name: String,
    /// The machine as the provider names it: the node's `spec.providerID`.
    #[schema(example = "aws:///eu-central-1a/i-0959f3a518cfe5cd1")]
    pub provider_id: String,
}

/// Waits until a node is in a state; fails when time is up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionCheckNodeStatus {
    /// Value of the node's label `provisioner.cast.ai/node-id`; empty for nodes without.
    pub node_id: String,
    /// Name of the Kubernetes node.
    #[schema(example = "ip-10-0-64-12.eu-central-1.compute.internal")]
    pub node_name: String,
    /// State to wait for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_status: Option<NodeStatus>,
    /// The machine as the provider names it: the node's `spec.providerID`.
    #[schema(example = "aws:///eu-central-1a/i-0959f3a518cfe5cd1")]
    pub provider_id: String,
    /// How long to wait, in seconds; nine minutes when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub wait_timeout_seconds: Option<i32>,
}

open_enum! {
    /// State of a node to wait for.
    #[schema_name = "ActionCheckNodeStatus_Status"]
    pub enum NodeStatus {
        Ready = "NodeStatus_READY",
        Deleted = "NodeStatus_DELETED",
    }
}

/// Creates an object. One that is there is replaced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionCreate {
    /// API group; empty for the core group.
    pub group: String,
    /// The object.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub object: Option<Object>,
    /// Kind of the object, as a plural in lower case.
    pub resource: String,
    /// Version of the API group, such as `v1`.
    pub version: String,
}

/// Writes a Kubernetes event about an object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionCreateEvent {
    /// What was done, in one word. The official controller drops it.
    pub action: String,
    /// When it happened. The official controller drops it.
    pub event_time: Timestamp,
    /// `Normal` or `Warning`.
    pub event_type: String,
    /// A sentence for people.
    pub message: String,
    /// The object it is about, a Kubernetes `ObjectReference`.
    pub object_reference: Object,
    /// Why, in one CamelCase word.
    pub reason: String,
    /// Who says so.
    pub reporting_component: String,
}

/// Deletes an object. One that is not there counts as deleted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionDelete {
    /// The object.
    pub id: ObjectId,
}

/// Names a Kubernetes object of any kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ObjectID)]
pub struct ObjectId {
    /// API group; empty for the core group.
    pub group: String,
    /// Name of the object.
    pub name: String,
    /// Namespace of the object; absent for objects of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "shop")]
    pub namespace: Option<String>,
    /// Kind of the object, as a plural in lower case.
    pub resource: String,
    /// Version of the API group, such as `v1`.
    pub version: String,
}

/// Deletes a node and what is left on it. A node that is gone, or has other ids, counts as deleted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionDeleteNode {
    /// Value of the node's label `provisioner.cast.ai/node-id`; empty for nodes without.
    pub node_id: String,
    /// Name of the Kubernetes node.
    #[schema(example = "ip-10-0-64-12.eu-central-1.compute.internal")]
    pub node_name: String,
    /// The machine as the provider names it: the node's `spec.providerID`.
    #[schema(example = "aws:///eu-central-1a/i-0959f3a518cfe5cd1")]
    pub provider_id: String,
}

/// Removes our in-cluster software, the controller included.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionDisconnectCluster {}

/// Cordons a node and evicts its pods. A node that is gone counts as drained.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionDrainNode {
    /// How long eviction may take, in seconds since the action was created.
    pub drain_timeout_seconds: i64,
    /// Whether to delete pods that could not be evicted in time.
    pub force: bool,
    /// Value of the node's label `provisioner.cast.ai/node-id`; empty for nodes without.
    pub node_id: String,
    /// Name of the Kubernetes node.
    #[schema(example = "ip-10-0-64-12.eu-central-1.compute.internal")]
    pub node_name: String,
    /// The machine as the provider names it: the node's `spec.providerID`.
    #[schema(example = "aws:///eu-central-1a/i-0959f3a518cfe5cd1")]
    pub provider_id: String,
    /// How long to wait for volumes, in seconds; 60 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub volume_detach_timeout_seconds: Option<i64>,
    /// Whether to wait, after the drain, until volumes are detached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub wait_for_volume_detach: Option<bool>,
}

/// Evicts a pod.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionEvictPod {
    /// Namespace of the pod.
    #[schema(example = "shop")]
    pub namespace: String,
    /// Name of the pod.
    pub pod_name: String,
    /// How long it may take, in seconds since the action was created.
    pub timeout_seconds: i64,
}

/// Patches an object. One that is not there counts as patched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionPatch {
    /// The object.
    pub id: ObjectId,
    /// The patch, a JSON text.
    pub patch: String,
    /// Media type of the patch: `application/json-patch+json`, `application/merge-patch+json` or
    /// `application/strategic-merge-patch+json`.
    pub patch_type: String,
}

/// Changes a node. A label, annotation or taint whose key begins with `-` is removed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionPatchNode {
    /// Annotations to set or, with a `-`, to remove.
    pub annotations: BTreeMap<String, String>,
    /// Extended resources to set in the node's status, as Kubernetes quantities.
    pub capacity: BTreeMap<String, String>,
    /// Labels to set or, with a `-`, to remove.
    pub labels: BTreeMap<String, String>,
    /// Value of the node's label `provisioner.cast.ai/node-id`; empty for nodes without.
    pub node_id: String,
    /// Name of the Kubernetes node.
    #[schema(example = "ip-10-0-64-12.eu-central-1.compute.internal")]
    pub node_name: String,
    /// The machine as the provider names it: the node's `spec.providerID`.
    #[schema(example = "aws:///eu-central-1a/i-0959f3a518cfe5cd1")]
    pub provider_id: String,
    /// Taints to set or, with a `-`, to remove.
    pub taints: Vec<NodeTaint>,
    /// Whether the node is to be cordoned; left as it is when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unschedulable: Option<bool>,
}

/// A taint: keeps pods away that do not tolerate it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeTaint {
    /// What it does: `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    #[schema(example = "NoSchedule")]
    pub effect: String,
    /// Its key.
    pub key: String,
    /// Its value; may be empty.
    pub value: String,
}

/// Says that an action came to an end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AckClusterActionRequest {
    /// Why it failed; absent when it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error: Option<String>,
}

/// A line of the controller's log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogEntry {
    /// Further values by name; `id` is the action the line is about.
    pub fields: Object,
    /// Severity: `info`, `warning` or `error`.
    #[schema(example = "info")]
    pub level: String,
    /// The line.
    pub message: String,
    /// When it was written.
    pub time: Timestamp,
}
