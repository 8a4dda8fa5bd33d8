//! What the server may ask of the controller, as the official controller reads it.

use std::collections::BTreeMap;

use model::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// One item of a poll's answer: an id and, normally, one payload.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Action {
    pub id: String,
    pub created_at: Timestamp,
    pub action_delete_node: Option<Target>,
    pub action_drain_node: Option<Drain>,
    pub action_patch_node: Option<PatchNode>,
    pub action_create_event: Option<Value>,
    pub action_chart_upsert: Option<ChartUpsert>,
    pub action_chart_uninstall: Option<ChartRelease>,
    pub action_chart_rollback: Option<ChartRelease>,
    pub action_disconnect_cluster: Option<Value>,
    pub action_check_node_deleted: Option<Target>,
    pub action_check_node_status: Option<CheckStatus>,
    pub action_evict_pod: Option<EvictPod>,
    pub action_patch: Option<Patch>,
    pub action_create: Option<Create>,
    pub action_delete: Option<Delete>,
}

/// A node, named and identified.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Target {
    pub node_name: String,
    pub node_id: String,
    pub provider_id: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Drain {
    #[serde(flatten)]
    pub target: Target,
    #[serde(default)]
    pub drain_timeout_seconds: i64,
    #[serde(default)]
    pub force: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PatchNode {
    #[serde(flatten)]
    pub target: Target,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    #[serde(default)]
    pub taints: Vec<PatchTaint>,
    pub unschedulable: Option<bool>,
    #[serde(default)]
    pub capacity: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PatchTaint {
    pub key: String,
    pub value: String,
    pub effect: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CheckStatus {
    #[serde(flatten)]
    pub target: Target,
    #[serde(default)]
    pub node_status: String,
    pub wait_timeout_seconds: Option<i64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EvictPod {
    pub namespace: String,
    pub pod_name: String,
    #[serde(default)]
    pub timeout_seconds: i64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ObjectId {
    pub group: String,
    pub resource: String,
    pub namespace: String,
    pub name: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Patch {
    pub id: ObjectId,
    pub patch_type: String,
    pub patch: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Create {
    pub group: String,
    pub resource: String,
    pub object: Value,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Delete {
    pub id: ObjectId,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ChartUpsert {
    pub namespace: String,
    pub release_name: String,
    pub chart_source: ChartSource,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ChartSource {
    pub repo_url: String,
    pub name: String,
    pub version: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ChartRelease {
    pub namespace: String,
    pub release_name: String,
    pub version: String,
}

/// What one action asks.
#[derive(Clone, Debug)]
pub(super) enum Payload {
    DeleteNode(Target),
    Drain(Drain),
    PatchNode(PatchNode),
    CreateEvent,
    ChartUpsert(ChartUpsert),
    ChartUninstall(ChartRelease),
    ChartRollback(ChartRelease),
    Disconnect,
    CheckDeleted(Target),
    CheckStatus(CheckStatus),
    EvictPod(EvictPod),
    Patch(Patch),
    Create(Create),
    Delete(Delete),
}

impl Payload {
    /// The name of the Go type that the official controller puts before its errors.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::DeleteNode(_) => "ActionDeleteNode",
            Self::Drain(_) => "ActionDrainNode",
            Self::PatchNode(_) => "ActionPatchNode",
            Self::CreateEvent => "ActionCreateEvent",
            Self::ChartUpsert(_) => "ActionChartUpsert",
            Self::ChartUninstall(_) => "ActionChartUninstall",
            Self::ChartRollback(_) => "ActionChartRollback",
            Self::Disconnect => "ActionDisconnectCluster",
            Self::CheckDeleted(_) => "ActionCheckNodeDeleted",
            Self::CheckStatus(_) => "ActionCheckNodeStatus",
            Self::EvictPod(_) => "ActionEvictPod",
            Self::Patch(_) => "ActionPatch",
            Self::Create(_) => "ActionCreate",
            Self::Delete(_) => "ActionDelete",
        }
    }
}

impl Action {
    /// The payload; none when it is of a kind that this controller does not know.
    pub(super) fn payload(self) -> Option<Payload> {
        None.or(self.action_delete_node.map(Payload::DeleteNode))
            .or(self.action_drain_node.map(Payload::Drain))
            .or(self.action_patch_node.map(Payload::PatchNode))
            .or(self.action_create_event.map(|_| Payload::CreateEvent))
            .or(self.action_chart_upsert.map(Payload::ChartUpsert))
            .or(self.action_chart_uninstall.map(Payload::ChartUninstall))
            .or(self.action_chart_rollback.map(Payload::ChartRollback))
            .or(self.action_disconnect_cluster.map(|_| Payload::Disconnect))
            .or(self.action_check_node_deleted.map(Payload::CheckDeleted))
            .or(self.action_check_node_status.map(Payload::CheckStatus))
            .or(self.action_evict_pod.map(Payload::EvictPod))
            .or(self.action_patch.map(Payload::Patch))
            .or(self.action_create.map(Payload::Create))
            .or(self.action_delete.map(Payload::Delete))
    }
}
