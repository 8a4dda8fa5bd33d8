//! Nodes of a cluster, as its state knows them, with their prices and what is being done to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;
use model::{Lifecycle, Node, NodeId, Price, Resources, Timestamp, node_labels};
use store::{Cluster, Cursor};
use wire::nodes::{LifecycleType, ListNodesQuery, NodePhase};

use super::work::{CLUSTER_DISCONNECT, NODE_DELETE};
use super::{App, clusters, prices};
use crate::auth::principal::Principal;
use crate::cost::now::price_query;
use crate::http::error::{ApiError, ApiResult};

/// The label of nodes that were added for the cluster, and its value.
const MANAGED_BY: &str = "provisioner.cast.ai/managed-by";
const US: &str = "cast.ai";
/// The label of nodes that are being emptied, and its value when the provider takes the machine back.
pub const DRAINING: &str = "autoscaling.cast.ai/draining";
const SPOT_INTERRUPTION: &str = "spot-interruption";
/// The labels that say what a node was made from.
const TEMPLATE_NAME: &str = "scheduling.cast.ai/node-template";
const TEMPLATE_VERSION: &str = "scheduling.cast.ai/node-template-version";
const CONFIGURATION_NAME: &str = "provisioner.cast.ai/node-configuration-name";
const CONFIGURATION_VERSION: &str = "provisioner.cast.ai/node-configuration-version";
/// The label with the id of the configuration that a node was made from.
pub const CONFIGURATION_ID: &str = "provisioner.cast.ai/node-configuration-id";
/// How long a node counts as interrupted after its provider said so: it has at most minutes to live.
const INTERRUPTED_FOR: SignedDuration = SignedDuration::from_mins(10);
/// How many of the last events are looked at for that.
const LAST_EVENTS: u32 = 100;
/// The list's name in its cursors.
const LIST: &str = "nodes";

/// A node and what is known about it besides.
#[derive(Clone, Debug)]
pub struct NodeView {
    /// The node.
    pub node: Arc<Node>,
    /// What its pods request together.
    pub requested: Resources,
    /// What its machine costs.
    pub price: Price,
    /// The contract's word for its state.
    pub phase: NodePhase,
}

/// Whether the node was added for the cluster rather than by its provider or its people.
pub fn is_added_by_us(node: &Node) -> bool {
    node.labels.get(MANAGED_BY) == Some(US)
}

/// The cluster's nodes that `query` asks for, by name, and where the list goes on. Without any paging
/// parameter it is whole. Before the first snapshot there are none.
///
/// # Errors
/// 400 for a limit of zero or a cursor of something else; 404.
pub async fn list(
    app: &App,
    principal: &Principal,
    id: model::ClusterId,
    query: &ListNodesQuery,
) -> ApiResult<(Vec<NodeView>, Option<Cursor>)> {
    let cluster = clusters::get(app, principal, id).await?;
    let after: Option<String> = match &query.page_cursor {
        Some(cursor) => {
            let cursor: Cursor = cursor.parse().map_err(store::Error::from)?;
            Some(cursor.position(LIST).map_err(store::Error::from)?)
        }
        None => None,
    };
    let limit = match query.page_limit {
        Some(0) => return Err(ApiError::field("page.limit", "must be at least 1")),
        limit => limit.map_or(usize::MAX, |limit| limit as usize),
    };
    let mut views = views(app, &cluster, |view| {
        after.as_deref().is_none_or(|after| &*view.node.name > after) && is_wanted(view, query)
    })
    .await?;
    let more = views.len() > limit;
    views.truncate(limit);
    let next = views.last().filter(|_| more).map(|last| Cursor::new(LIST, &last.node.name));
    Ok((views, next))
}

/// The node of this id.
///
/// # Errors
/// 404 when there is none, or no such cluster.
pub async fn get(
    app: &App,
    principal: &Principal,
    id: model::ClusterId,
    node: NodeId,
) -> ApiResult<NodeView> {
    let cluster = clusters::get(app, principal, id).await?;
    let found = views(app, &cluster, |view| view.node.id() == node).await?;
    found.into_iter().next().ok_or_else(|| ApiError::not_found(format_args!("node {node}")))
}

/// By what the nodes of the organisation's clusters can be chosen: parameters of the list, with the
/// values that occur.
///
/// # Errors
/// What the store met.
pub async fn occurring_values(
    app: &App,
    principal: &Principal,
) -> ApiResult<BTreeMap<&'static str, BTreeSet<String>>> {
    let mut occurring: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for cluster in clusters::list(app, principal).await? {
        app.live
            .read(app, cluster.organization_id, cluster.id, |state| {
                for node in state.nodes() {
                    for (parameter, value) in choices(node) {
                        if !value.is_empty() {
                            occurring.entry(parameter).or_default().insert(value.to_owned());
                        }
                    }
                }
            })
            .await?;
    }
    Ok(occurring)
}

/// What nodes can be chosen by, besides words of the contract.
fn choices(node: &Node) -> [(&'static str, &str); 6] {
    let label = |name: &str| node.labels.get(name).unwrap_or_default();
    [
        ("instanceType", &*node.instance_type),
        ("zone", &*node.zone),
        ("nodeTemplateName", label(TEMPLATE_NAME)),
        ("nodeTemplateVersion", label(TEMPLATE_VERSION)),
        ("nodeConfigurationName", label(CONFIGURATION_NAME)),
        ("nodeConfigurationVersion", label(CONFIGURATION_VERSION)),
    ]
}

fn is_wanted(view: &NodeView, query: &ListNodesQuery) -> bool {
    let node = &view.node;
    let choices = choices(node);
    let asked = [
        &query.instance_type,
        &query.zone,
        &query.node_template_name,
        &query.node_template_version,
        &query.node_configuration_name,
        &query.node_configuration_version,
    ];
    let is = |wanted: &Option<String>, actual: &str| wanted.as_deref().is_none_or(|wanted| wanted == actual);
    asked.iter().zip(choices).all(|(wanted, (_, actual))| is(wanted, actual))
        && is(&query.node_name, &node.name)
        && query.node_id.as_ref().is_none_or(|id| id.to_lowercase() == node.id().to_string())
        && query
            .node_status
            .as_ref()
            .is_none_or(|phase| *phase == NodePhase::Unspecified || *phase == view.phase)
        && query.lifecycle_type.as_ref().is_none_or(|lifecycle| {
            *lifecycle == LifecycleType::Unspecified || *lifecycle == lifecycle_type(node.lifecycle)
        })
        && query.removal_disabled.is_none_or(|wanted| wanted == node.keep().any())
        && query.unschedulable.is_none_or(|wanted| wanted == node.unschedulable)
        && !(query.exclude_deleting == Some(true) && view.phase == NodePhase::Deleting)
}

/// The contract's word for the terms under which a machine runs.
pub fn lifecycle_type(lifecycle: Lifecycle) -> LifecycleType {
    match lifecycle {
        Lifecycle::OnDemand => LifecycleType::OnDemand,
        Lifecycle::Spot => LifecycleType::Spot,
        Lifecycle::SpotFallback => LifecycleType::Fallback,
    }
}

async fn views(app: &App, cluster: &Cluster, wanted: impl Fn(&NodeView) -> bool) -> ApiResult<Vec<NodeView>> {
    let book = prices::book(app, cluster.organization_id).await?;
    let underway = Underway::of(app, cluster).await?;
    let views = app.live.read(app, cluster.organization_id, cluster.id, |state| {
        let requested = state.requested_by_node();
        let mut views: Vec<NodeView> = state
            .nodes()
            .map(|node| NodeView {
                node: Arc::clone(node),
                requested: requested.get(&*node.name).cloned().unwrap_or_default(),
                price: book.price(&price_query(node)),
                phase: underway.phase(node),
            })
            .filter(|view| wanted(view))
            .collect();
        views.sort_by(|a, b| a.node.name.cmp(&b.node.name));
        views
    });
    Ok(views.await?.unwrap_or_default())
}

/// What is being done to a cluster's nodes, and what their provider said of them.
struct Underway {
    /// By node name.
    actions: BTreeMap<String, NodePhase>,
    interrupted: Vec<store::CloudEvent>,
}

impl Underway {
    async fn of(app: &App, cluster: &Cluster) -> ApiResult<Self> {
        let (organization, id) = (cluster.organization_id, cluster.id);
        let mut actions = BTreeMap::new();
        let open = app.store.open_operations(organization, id).await?;
        if !open.is_empty() {
            for action in app.store.pending_actions(organization, id).await? {
                let operation = open.iter().find(|one| Some(one.id) == action.asked.operation_id);
                let Some((operation, node)) = operation.zip(node_of(&action.asked.payload)) else { continue };
                if matches!(operation.kind.as_str(), NODE_DELETE | CLUSTER_DISCONNECT) {
                    actions.insert(node.to_owned(), NodePhase::Deleting);
                } else {
                    actions.entry(node.to_owned()).or_insert(NodePhase::Draining);
                }
            }
        }
        let since = app.clock.now().saturating_sub(INTERRUPTED_FOR).unwrap_or(Timestamp::MIN);
        let mut interrupted = app.store.cloud_events(organization, id, LAST_EVENTS).await?;
        interrupted.retain(|event| event.event_type == "interrupted" && event.received_at >= since);
        Ok(Self { actions, interrupted })
    }

    fn phase(&self, node: &Node) -> NodePhase {
        match self.actions.get(&*node.name) {
            Some(NodePhase::Deleting) => NodePhase::Deleting,
            _ if self.is_interrupted(node) => NodePhase::Interrupted,
            Some(phase) => phase.clone(),
            None if node.labels.get(DRAINING).is_some() => NodePhase::Draining,
            None if !node.is_ready() => NodePhase::NotReady,
            None if node.unschedulable => NodePhase::Cordoned,
            None => NodePhase::Ready,
        }
    }

    fn is_interrupted(&self, node: &Node) -> bool {
        let label = node.labels.get(node_labels::NODE_ID);
        node.labels.get(DRAINING) == Some(SPOT_INTERRUPTION)
            || self.interrupted.iter().any(|event| {
                event.received_at >= node.created_at
                    && ((!event.provider_id.is_empty() && event.provider_id == *node.provider_id)
                        || (!event.node_id.is_empty() && Some(event.node_id.as_str()) == label))
            })
    }
}

/// The node that an action is about.
pub(super) fn node_of(payload: &serde_json::Value) -> Option<&str> {
    payload.as_object()?.values().next()?.get("nodeName")?.as_str()
}
