//! Makes a plan that was asked for: gathers, asks the planner, and commits what it answers.

use std::collections::BTreeMap;
use std::time::Duration;

use cloud::driver::{CreateRequest, NodeConfiguration};
use model::{ActionId, ClusterId, Node, NodeId};
use planner::{Bound, Choice, MachineOffer, NodeReason, NodeTemplate, Place, Plan, PlanningInput, Question};
use serde_json::json;
use store::{Cluster, RebalancingPlan};

use super::record::{Content, Kept, Planned, PlannedMove, PlannedNode, Problem, Request, Status};
use super::{commit, content_of, request_of};
use crate::app::engine::answer::answer;
use crate::app::engine::gather::{Gathered, gather};
use crate::app::engine::machine_setup::setup;
use crate::app::planning::settings;
use crate::app::{App, audit, node_configurations, node_templates, nodes};
use crate::http::error::ApiResult;

/// How long the planner may look for a cheaper plan.
const LIMIT: Duration = Duration::from_secs(10);

/// Makes the plan; one that cannot be made ends with the reason.
///
/// # Errors
/// What the store met; then it is tried again.
pub(super) async fn generate(app: &App, mut plan: RebalancingPlan) -> ApiResult<()> {
    let request = request_of(&plan)?;
    let mut content = content_of(&plan)?;
    let (status, event) = match planned(app, &plan, &request).await? {
        Ok(planned) => {
            let event = json!({
                "planId": plan.id, "before": planned.before, "after": planned.after, "bound": planned.bound,
            });
            content.planned = Some(planned);
            content.generated_at = Some(app.clock.now());
            (Status::Generated, event)
        }
        Err(message) => {
            let event = json!({"planId": plan.id, "error": message});
            fail(app, &mut content, message);
            (Status::Error, event)
        }
    };
    let entry = audit::system_entry(
        app,
        plan.organization_id,
        "rebalancingPlanGenerated",
        Some(plan.cluster_id),
        event,
    );
    plan.open = false;
    commit(app, &mut plan, status, &content, &[], &[entry]).await
}

fn fail(app: &App, content: &mut Content, message: String) {
    content.errors.push(Problem {
        reason: "rebalancingPlanGenerationFailed".to_owned(),
        message,
        node: None,
    });
    content.finished_at = Some(app.clock.now());
}

/// The plan, or why there is none.
async fn planned(app: &App, plan: &RebalancingPlan, request: &Request) -> ApiResult<Result<Planned, String>> {
    let Some(cluster) = app.store.cluster(plan.organization_id, plan.cluster_id).await? else {
        return Ok(Err("the cluster is gone".to_owned()));
    };
    let mut input = match gather(app, &cluster).await? {
        Ok(Gathered { input, .. }) => input,
        Err(waiting) => return Ok(Err(waiting.to_string())),
    };
    input.policies.move_local_storage |= request.move_local_storage;
    input.policies.move_marked |= request.move_marked;
    input.policies.move_naked |= request.move_naked;
    let position: BTreeMap<NodeId, usize> =
        input.cluster.nodes.iter().enumerate().map(|(at, owned)| (owned.node.id(), at)).collect();
    let mut nodes = Vec::new();
    for id in &request.nodes {
        match position.get(id) {
            Some(&at) => nodes.push(at),
            None => return Ok(Err(format!("node {id} is gone"))),
        }
    }
    nodes.sort_unstable();
    nodes.dedup();
    let question = Question::Rebalance { nodes: (!nodes.is_empty()).then_some(nodes) };
    let (input, answer) = answer(input, question, LIMIT).await?;
    if answer.nodes.len() < request.min_nodes as usize {
        return Ok(Err(format!(
            "the cheapest configuration has {} nodes, and at least {} are asked for",
            answer.nodes.len(),
            request.min_nodes
        )));
    }
    let orders = Orders::of(app, &cluster).await?;
    Ok(Ok(record(app, &orders, &input, &answer)))
}

/// What all orders of a cluster have in common.
struct Orders {
    cluster: ClusterId,
    /// What machines are set up with: by node template, and for all others.
    setups: BTreeMap<String, NodeConfiguration>,
    default: NodeConfiguration,
}

impl Orders {
    async fn of(app: &App, cluster: &Cluster) -> ApiResult<Self> {
        let configurations = node_configurations::of_cluster(app, cluster).await?;
        let setup_of =
            |configuration: &store::NodeConfiguration| setup(&node_configurations::settings(configuration)?);
        let default = configurations.iter().find(|one| one.is_default).map(setup_of).transpose()?;
        let mut setups = BTreeMap::new();
        for template in node_templates::documents(app, cluster).await? {
            let wanted = template.configuration_id.unwrap_or_default();
            let chosen = configurations.iter().find(|one| one.id.to_string() == wanted);
            if let (Some(chosen), Some(name)) = (chosen, template.name) {
                setups.insert(name, setup_of(chosen)?);
            }
        }
        Ok(Self { cluster: cluster.id, setups, default: default.unwrap_or_default() })
    }

    /// The order of a machine.
    fn order(&self, app: &App, node: NodeId, offer: &MachineOffer, template: &NodeTemplate) -> CreateRequest {
        // The half of a template that buys spot is the same template to whoever looks at the node.
        let name = template.name.strip_suffix(settings::SPOT_HALF).unwrap_or(&template.name);
        CreateRequest {
            action: ActionId::new(&*app.ids),
            cluster: self.cluster,
            node,
            instance_type: offer.machine.instance_type.name.clone(),
            zone: Some(offer.zone.clone()),
            lifecycle: offer.lifecycle,
            labels: template.labels.clone(),
            taints: template.taints.clone(),
            node_template: Some(name.into()),
            configuration: self.setups.get(name).unwrap_or(&self.default).clone(),
        }
    }
}

/// The answer in the form that is kept.
fn record(app: &App, orders: &Orders, input: &PlanningInput, plan: &Plan) -> Planned {
    let ids: Vec<NodeId> = plan
        .nodes
        .iter()
        .map(|planned| match planned.place {
            Place::Existing(node) => input.cluster.nodes[node].node.id(),
            Place::New { .. } => NodeId::new(&*app.ids),
        })
        .collect();
    let goes = |node: usize| plan.removed.iter().any(|removed| removed.node == node);
    let mut pods_on = vec![0_u32; input.cluster.nodes.len()];
    let by_name: BTreeMap<&str, usize> =
        input.cluster.nodes.iter().enumerate().map(|(at, owned)| (&*owned.node.name, at)).collect();
    for pod in &input.cluster.pods {
        let node = pod.node.as_deref().and_then(|name| by_name.get(name));
        if let Some(&node) = node
            && !pod.is_finished()
            && !planner::goes_with_node(pod)
        {
            pods_on[node] += 1;
        }
    }
    let blocked = |node: usize| {
        let kept = plan.kept.iter().find(|kept| kept.node == node);
        let pods = kept.into_iter().flat_map(|kept| &kept.reasons);
        pods.filter(|reason| matches!(reason, planner::KeptReason::Pod { .. })).count() as u32
    };
    let existing = |at: usize, stays: bool| {
        let owned = &input.cluster.nodes[at];
        PlannedNode {
            pods: pods_on[at],
            problematic_pods: blocked(at),
            ..there(&owned.node, owned.price, stays)
        }
    };
    Planned {
        before: plan.before,
        after: plan.after,
        bound: match &plan.bound {
            Bound::Certified { per_hour, .. } => Some(*per_hour),
            Bound::Unknown { .. } => None,
        },
        blue: (0..input.cluster.nodes.len()).map(|at| existing(at, !goes(at))).collect(),
        green: plan
            .nodes
            .iter()
            .zip(&ids)
            .map(|(planned, &id)| match planned.place {
                Place::Existing(node) => {
                    PlannedNode { pods: planned.pods.len() as u32, ..existing(node, true) }
                }
                Place::New { offer, template } => {
                    let offer = &input.offers[offer];
                    let machine = &offer.machine.instance_type;
                    PlannedNode {
                        id,
                        name: None,
                        instance_type: machine.name.clone(),
                        zone: offer.zone.clone(),
                        lifecycle: offer.lifecycle,
                        cpu_milli: i64::from(machine.vcpus) * 1_000,
                        memory_mib: i64::try_from(machine.memory_mib).unwrap_or(i64::MAX),
                        price: planned.price,
                        pods: planned.pods.len() as u32,
                        problematic_pods: 0,
                        template: Some(input.templates[template].name.clone()),
                        // Templates for other systems buy nothing.
                        operating_system: "linux".into(),
                        is_control_plane: false,
                        is_ours: true,
                        created_at: None,
                        stays: false,
                        why: why(&planned.reason),
                        order: Some(orders.order(app, id, offer, &input.templates[template])),
                    }
                }
            })
            .collect(),
        moves: plan
            .moves
            .iter()
            .map(|one| {
                let pod = &input.cluster.pods[one.pod];
                PlannedMove {
                    namespace: pod.namespace.clone(),
                    name: pod.name.clone(),
                    from: input.cluster.nodes[one.from].node.id(),
                    to: ids[one.to],
                    wave: one.wave,
                }
            })
            .collect(),
        kept: plan
            .kept
            .iter()
            .map(|kept| Kept {
                node: input.cluster.nodes[kept.node].node.id(),
                reasons: kept.reasons.iter().map(|reason| reason.sentence(input)).collect(),
            })
            .collect(),
    }
}

fn there(node: &Node, price: model::Money, stays: bool) -> PlannedNode {
    PlannedNode {
        id: node.id(),
        name: Some(node.name.clone()),
        instance_type: node.instance_type.clone(),
        zone: node.zone.clone(),
        lifecycle: node.lifecycle,
        cpu_milli: node.capacity.cpu_milli,
        memory_mib: node.capacity.memory_bytes >> 20,
        price,
        pods: 0,
        problematic_pods: 0,
        template: node.pool.clone(),
        operating_system: node.operating_system().into(),
        is_control_plane: node.is_control_plane(),
        is_ours: nodes::is_added_by_us(node),
        created_at: Some(node.created_at),
        stays,
        why: String::new(),
        order: None,
    }
}

/// Why a machine is bought.
fn why(reason: &NodeReason) -> String {
    let mut text = match &reason.choice {
        Choice::Stays => "it exists and stays".to_owned(),
        Choice::Cheapest => "the cheapest machine that holds its pods".to_owned(),
        Choice::Limited { limit } => format!("the cheapest machine that is left under {limit}"),
    };
    for other in &reason.next_best {
        let terms = other.lifecycle.as_str();
        text +=
            &format!("; {} ({terms}) in {} would be ${}/hour", other.instance_type, other.zone, other.price);
    }
    text
}
