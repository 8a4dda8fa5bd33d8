//! Work for a cluster's controller: an operation that a client polls, and the actions it is made of.
//!
//! Limits are of the controller's own making: it counts the time of a drain from the action's creation,
//! looks at its pods every ten seconds, and a forced drain then deletes pods twice for two minutes.

use jiff::SignedDuration;
use model::{ActionId, Node, OperationId, Timestamp, node_labels};
use serde_json::{Value, json};
use store::{Cluster, NewAction, Operation, Tx};
use wire::controller::{ActionDeleteNode, ActionDrainNode};

use super::App;

/// The kind of an operation that drains a node.
pub const NODE_DRAIN: &str = "nodeDrain";
/// The kind of an operation that drains and deletes a node.
pub const NODE_DELETE: &str = "nodeDelete";
/// The kind of operations that disconnect a cluster.
pub const CLUSTER_DISCONNECT: &str = "clusterDisconnect";

/// How long evictions may take when nobody says, in seconds.
pub const DRAIN_SECONDS: i64 = 20 * 60;
/// For an action to reach the controller, even one that restarts, and for its answer to come back.
const DELIVERY: SignedDuration = SignedDuration::from_mins(5);
/// What a forced drain may take after its time is up.
const FORCING: SignedDuration = SignedDuration::from_mins(4);
/// What deleting a node may take: up to ten tries, then its pods have to go.
const DELETING: SignedDuration = SignedDuration::from_mins(5);
/// What removing our software may take. Terraform waits no longer than six minutes for a disconnection.
const REMOVING: SignedDuration = SignedDuration::from_mins(2);

/// An operation with its actions, not stored yet.
#[derive(Clone)]
pub struct Work {
    /// The operation.
    pub operation: Operation,
    actions: Vec<NewAction>,
}

/// A node, as the controller finds it: by its name and at least one of its ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name.
    pub node_name: String,
    /// Its label with its id; empty when it has none. Not the id of the API, which the controller does
    /// not know for nodes without the label.
    node_id: String,
    /// The machine.
    provider_id: String,
}

impl Target {
    /// The node's; `None` when it has nothing but a name, which the controller refuses.
    pub fn of(node: &Node) -> Option<Self> {
        let node_id = node.labels.get(node_labels::NODE_ID).unwrap_or_default().to_owned();
        let provider_id = node.provider_id.to_string();
        let found = !node_id.is_empty() || !provider_id.is_empty();
        found.then(|| Self { node_name: node.name.to_string(), node_id, provider_id })
    }
}

/// How to drain a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drain {
    /// How long evictions may take, in seconds.
    pub seconds: i64,
    /// Whether to delete pods that could not be evicted in time.
    pub force: bool,
}

impl Work {
    /// None yet for `cluster`, of this kind, started by `created_by`.
    pub fn new(app: &App, cluster: &Cluster, kind: &str, created_by: String) -> Self {
        Self {
            operation: Operation {
                id: OperationId::new(&*app.ids),
                organization_id: cluster.organization_id,
                cluster_id: cluster.id,
                kind: kind.to_owned(),
                done: false,
                error: None,
                created_by,
                created_at: app.clock.now(),
                finished_at: None,
            },
            actions: Vec::new(),
        }
    }

    /// Adds the drain of a node; what may come after it.
    pub fn drain(&mut self, app: &App, node: &Target, drain: Drain) -> (ActionId, Timestamp) {
        let action = ActionDrainNode {
            drain_timeout_seconds: drain.seconds,
            force: drain.force,
            node_id: node.node_id.clone(),
            node_name: node.node_name.clone(),
            provider_id: node.provider_id.clone(),
            volume_detach_timeout_seconds: None,
            wait_for_volume_detach: None,
        };
        let forcing = if drain.force { FORCING } else { SignedDuration::ZERO };
        let deadline =
            later(self.operation.created_at, &[SignedDuration::from_secs(drain.seconds), forcing, DELIVERY]);
        let id = self.push(app, json!({"actionDrainNode": action}), None, deadline);
        (id, deadline)
    }

    /// Adds the drain of a node, and its deletion after that.
    pub fn delete(&mut self, app: &App, node: &Target, drain: Drain) {
        let (drained, by) = self.drain(app, node, drain);
        let action = ActionDeleteNode {
            node_id: node.node_id.clone(),
            node_name: node.node_name.clone(),
            provider_id: node.provider_id.clone(),
        };
        let deadline = later(by, &[DELETING, DELIVERY]);
        self.push(app, json!({"actionDeleteNode": action}), Some(drained), deadline);
    }

    /// Adds the removal of our software from the cluster.
    pub fn remove_software(&mut self, app: &App) {
        let deadline = later(self.operation.created_at, &[REMOVING]);
        self.push(app, json!({"actionDisconnectCluster": {}}), None, deadline);
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// Stores it.
    ///
    /// # Errors
    /// What the store met.
    pub async fn create(&self, tx: &mut Tx) -> store::Result<()> {
        tx.create_operation(&self.operation).await?;
        for action in &self.actions {
            tx.create_action(action).await?;
        }
        Ok(())
    }

    fn push(&mut self, app: &App, payload: Value, after: Option<ActionId>, deadline: Timestamp) -> ActionId {
        let id = ActionId::new(&*app.ids);
        self.actions.push(NewAction {
            id,
            organization_id: self.operation.organization_id,
            cluster_id: self.operation.cluster_id,
            operation_id: Some(self.operation.id),
            after,
            payload,
            created_at: self.operation.created_at,
            deadline: Some(deadline),
        });
        id
    }
}

fn later(start: Timestamp, durations: &[SignedDuration]) -> Timestamp {
    durations.iter().fold(start, |at, &duration| at.saturating_add(duration).unwrap_or(at))
}
