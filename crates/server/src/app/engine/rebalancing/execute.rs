//! Carries a plan out: new nodes first, then the old ones are closed, drained and deleted.
//!
//! Every call looks at what is open and takes it as far as it goes: an order that the cloud took, a node that
//! joined, an action that the controller acknowledged. What is done outside before the plan is written (an order, a
//! machine given back) can be done twice without harm. A new node that does not come ends the execution, and
//! what was bought for it is given back; an old one that cannot be emptied stays.

use std::sync::Arc;

use cloud::Driver;
use cloud::driver::{DriverError, MachineKey};
use cluster::ClusterState;
use jiff::SignedDuration;
use model::{ActionId, Money, Node, NodeId, Timestamp, node_labels};
use serde_json::{Value, json};
use store::{Action, AuditEntry, NewAction, RebalancingPlan};

use super::record::{Achieved, Content, Planned, Problem, Reopening, Request, Status, Step, StepKind};
use super::{commit, content_of, request_of, status_of};
use crate::app::{App, audit, node_configurations, prices, work};
use crate::cost::now::price_query;
use crate::http::error::{ApiError, ApiResult};

/// What a machine may take from its order until its node is ready.
const BOOTING: SignedDuration = SignedDuration::from_mins(15);
/// A machine that is sold out is asked for again after so long, …
const ASK_AGAIN: SignedDuration = SignedDuration::from_secs(15);
/// … and for so long: clouds often have one again after a moment, and an execution that gives up gives back
/// whatever was bought for it.
const SOLD_OUT: SignedDuration = SignedDuration::from_mins(3);
/// What the controller may take to close or open a node, a restart of it included.
const PATCHING: SignedDuration = SignedDuration::from_mins(10);
/// What the controller may take to delete a node, a restart of it included.
const DELETING: SignedDuration = SignedDuration::from_mins(10);
/// What a node that was deleted may take to be seen gone.
const GOING: SignedDuration = SignedDuration::from_mins(15);
/// For an action to reach the controller and its answer to come back, and for what a forced drain takes longer.
const DELIVERY: SignedDuration = SignedDuration::from_mins(10);

/// How long pods may take to leave a machine that was bought in vain, in seconds.
const UNDOING_SECONDS: i64 = 5 * 60;

/// The annotation that says how rebalancing left a node.
const STATUS_ANNOTATION: &str = "rebalancing.cast.ai/status";

/// Takes an execution further.
///
/// # Errors
/// 409 when somebody else changed the plan in between; what the store met.
pub(super) async fn advance(app: &App, mut plan: RebalancingPlan) -> ApiResult<()> {
    let driver = app.drivers.of(plan.cluster_id).await.map_err(ApiError::internal)?;
    let mut run = Run::new(app, &plan).await?;
    let before = (run.status, run.content.clone());
    match run.status {
        Status::CreatingNodes => run.create(driver.as_deref()).await?,
        Status::PreparingNodes => run.prepare().await?,
        Status::DrainingNodes => run.drain().await?,
        Status::DeletingNodes => run.delete(driver.as_deref()).await?,
        Status::Error => run.undo(driver.as_deref()).await?,
        Status::Generating | Status::Generated | Status::Finished | Status::PartiallyFinished => {}
    }
    if (run.status, &run.content) == (before.0, &before.1) && plan.open == run.is_open {
        return Ok(());
    }
    let Run { status, content, actions, entries, is_open, .. } = run;
    plan.open = is_open;
    commit(app, &mut plan, status, &content, &actions, &entries).await?;
    // What was just done may allow the next thing.
    app.engine.poke();
    Ok(())
}

/// One look at a plan.
struct Run<'a> {
    app: &'a App,
    plan: &'a RebalancingPlan,
    request: Request,
    planned: Planned,
    content: Content,
    status: Status,
    is_open: bool,
    now: Timestamp,
    /// The cluster's nodes.
    nodes: Vec<Arc<Node>>,
    actions: Vec<NewAction>,
    entries: Vec<AuditEntry>,
}

impl<'a> Run<'a> {
    async fn new(app: &'a App, plan: &'a RebalancingPlan) -> ApiResult<Self> {
        let nodes = |state: &ClusterState| state.nodes().cloned().collect();
        let nodes = app.live.read(app, plan.organization_id, plan.cluster_id, nodes).await?;
        let content = content_of(plan)?;
        Ok(Self {
            app,
            plan,
            request: request_of(plan)?,
            planned: content.planned.clone().unwrap_or_default(),
            content,
            status: status_of(plan)?,
            is_open: plan.open,
            now: app.clock.now(),
            nodes: nodes.unwrap_or_default(),
            actions: Vec::new(),
            entries: Vec::new(),
        })
    }

    /// Buys the new nodes and waits until they are ready.
    async fn create(&mut self, driver: Option<&dyn Driver>) -> ApiResult<()> {
        if !self.content.steps.iter().any(|step| step.kind == StepKind::Create) {
            self.add_orders();
        }
        let mut steps = std::mem::take(&mut self.content.steps);
        for step in steps.iter_mut().filter(|step| step.kind == StepKind::Create && step.is_open()) {
            self.create_one(step, driver).await;
        }
        self.content.steps = steps;
        let failed = self.content.steps.iter().find_map(|step| Some((step.node, step.error.clone()?)));
        if let Some((node, message)) = failed {
            self.fail("upscalingFailed", format!("a new node did not come: {message}"), Some(node));
        } else if self.content.steps.iter().all(Step::is_done) {
            self.content.created_nodes_at = Some(self.now);
            match self.too_little().await? {
                Some(message) => self.fail("achievedSavingsBelowThreshold", message, None),
                None => self.enter(Status::PreparingNodes),
            }
        }
        Ok(())
    }

    fn add_orders(&mut self) {
        for node in &self.planned.green {
            let Some(order) = &node.order else { continue };
            self.content.steps.push(Step {
                id: order.action,
                kind: StepKind::Create,
                node: node.id,
                node_name: None,
                provider_id: None,
                request: Some(order.clone()),
                created_at: self.now,
                sold_out_at: None,
                ordered_at: None,
                given_back_at: None,
                finished_at: None,
                error: None,
            });
        }
    }

    async fn create_one(&mut self, step: &mut Step, driver: Option<&dyn Driver>) {
        let Some(driver) = driver else {
            step.end(self.now, Some("no cloud driver serves the cluster any more".to_owned()));
            return self.note(step, "failed");
        };
        let Some(request) = &step.request else { return };
        let Some(ordered_at) = step.ordered_at else {
            if step.sold_out_at.is_some_and(|at| self.now.duration_since(at) < ASK_AGAIN) {
                return;
            }
            match driver.create(request).await {
                Ok(machine) => {
                    step.ordered_at = Some(self.now);
                    step.provider_id = machine.provider_id;
                    self.note(step, "started");
                }
                Err(DriverError::Throttled { .. } | DriverError::Transient { .. }) => {}
                Err(DriverError::Capacity { .. }) if self.now.duration_since(step.created_at) < SOLD_OUT => {
                    step.sold_out_at = Some(self.now);
                }
                Err(error) => {
                    step.end(self.now, Some(error.to_string()));
                    self.note(step, "failed");
                }
            }
            return;
        };
        if let Some(node) = self.nodes.iter().find(|node| node.id() == step.node && node.is_ready()) {
            step.node_name = Some(node.name.clone());
            step.provider_id = Some(node.provider_id.clone());
            step.end(self.now, None);
            return self.note(step, "finished");
        }
        let machine = driver.describe(self.plan.cluster_id, &MachineKey::Action(step.id)).await;
        let ended = machine.ok().flatten().and_then(|machine| machine.ended);
        let waited = self.now.duration_since(ordered_at);
        let error = match ended {
            Some(ended) => Some(format!("the machine ended before its node joined: {}", ended.message)),
            None if waited > BOOTING => {
                Some(format!("its node was not ready {} minutes after the order", BOOTING.as_mins()))
            }
            None => None,
        };
        if error.is_some() {
            step.end(self.now, error);
            self.note(step, "failed");
        }
    }

    /// Why it is not worth going on: less is saved than was asked for.
    async fn too_little(&self) -> ApiResult<Option<String>> {
        let Some(least) = self.request.least_achieved_percent else { return Ok(None) };
        let predicted = self.planned.before - self.planned.after;
        if predicted <= Money::default() {
            return Ok(None);
        }
        let mut off = Money::default();
        let book = prices::book(self.app, self.plan.organization_id).await?;
        for green in self.planned.green.iter().filter(|node| node.order.is_some()) {
            if let Some(node) = self.nodes.iter().find(|node| node.id() == green.id) {
                off = off + book.price(&price_query(node)).per_hour - green.price;
            }
        }
        let achieved = predicted - off;
        let is_enough =
            i128::from(achieved.nanos()) * 100 >= i128::from(predicted.nanos()) * i128::from(least);
        Ok((!is_enough).then(|| {
            format!("it would save ${achieved}/hour of the ${predicted}/hour predicted, and at least {least} % of that are asked for")
        }))
    }

    /// Closes the nodes that go to new pods.
    async fn prepare(&mut self) -> ApiResult<()> {
        let patch = |node: &Node| {
            json!({"actionPatchNode": {
                "nodeName": node.name, "nodeId": label_id(node), "providerId": node.provider_id,
                "labels": {}, "annotations": {STATUS_ANNOTATION: "draining"}, "taints": [], "capacity": {},
                "unschedulable": true,
            }})
        };
        let leaving: Vec<NodeId> = self.leaving();
        self.begin(StepKind::Prepare, &leaving, PATCHING, patch);
        self.settle(StepKind::Prepare).await?;
        if self.are_ended(StepKind::Prepare) {
            self.enter(Status::DrainingNodes);
        }
        Ok(())
    }

    /// Moves the pods.
    async fn drain(&mut self) -> ApiResult<()> {
        let seconds = self.drain_seconds().await?;
        let force = !self.request.keep_drain_timeout_nodes;
        let prepared = self.nodes_of(StepKind::Prepare, Step::is_done);
        let allowed = SignedDuration::from_secs(seconds).saturating_add(DELIVERY);
        self.begin(StepKind::Drain, &prepared, allowed, |node| drain(node, seconds, force));
        for failed in self.settle(StepKind::Drain).await? {
            let after = SignedDuration::from_secs(i64::from(self.request.uncordon_after_seconds));
            if !self.request.never_uncordon {
                let due_at = Some(self.now.saturating_add(after).unwrap_or(self.now));
                let id = ActionId::new(&*self.app.ids);
                self.content.reopenings.push(Reopening { id, node: failed, due_at });
            }
        }
        if self.are_ended(StepKind::Drain) {
            self.content.drained_nodes_at = Some(self.now);
            self.enter(Status::DeletingNodes);
        }
        Ok(())
    }

    /// Deletes the nodes, and gives their machines back.
    async fn delete(&mut self, driver: Option<&dyn Driver>) -> ApiResult<()> {
        let drained = self.nodes_of(StepKind::Drain, Step::is_done);
        self.begin(StepKind::Delete, &drained, DELETING, delete);
        let mut steps = std::mem::take(&mut self.content.steps);
        for step in steps.iter_mut().filter(|step| step.kind == StepKind::Delete && step.is_open()) {
            self.delete_one(step, driver).await?;
        }
        self.content.steps = steps;
        self.reopen();
        let are_open = self.content.reopenings.iter().any(|one| one.due_at.is_some());
        if self.are_ended(StepKind::Delete) && !are_open {
            self.finish().await?;
        }
        Ok(())
    }

    /// Gives the machine back once the controller has deleted the node; done when the cluster is seen without it.
    async fn delete_one(&mut self, step: &mut Step, driver: Option<&dyn Driver>) -> ApiResult<()> {
        let Some(action) = self.action(step.id).await?.filter(|action| action.done_at.is_some()) else {
            return Ok(());
        };
        if let Some(error) = action.error {
            step.end(self.now, Some(error));
            self.note(step, "failed");
            return Ok(());
        }
        if step.ordered_at.is_none() && self.give_back(step, driver).await {
            step.ordered_at = Some(self.now);
        }
        let is_there = self.nodes.iter().any(|node| node.id() == step.node);
        if step.ordered_at.is_some() && !is_there {
            step.end(self.now, None);
            self.note(step, "finished");
        } else if self.now.duration_since(step.created_at) > GOING {
            step.end(self.now, Some("the node was deleted, and is still there".to_owned()));
            self.note(step, "failed");
        }
        Ok(())
    }

    /// Has the cloud take a machine back; whether it said yes.
    async fn give_back(&self, step: &Step, driver: Option<&dyn Driver>) -> bool {
        let key = match (&step.request, &step.provider_id) {
            (Some(_), _) => MachineKey::Action(step.id),
            (None, Some(id)) if !id.is_empty() => MachineKey::Provider(id.clone()),
            // A node without a machine that could be named: there is nothing to give back.
            (None, _) => return true,
        };
        match driver {
            None => false,
            Some(driver) => match driver.delete(self.plan.cluster_id, &key).await {
                Ok(()) => true,
                Err(error) => {
                    tracing::warn!(plan = %self.plan.id, "cannot give a machine back, trying again: {error}");
                    false
                }
            },
        }
    }

    /// Has nodes that are kept take pods again, when it is time.
    fn reopen(&mut self) {
        // A key after a minus is taken away: nothing is wrong with a node whose plan was given up.
        let (mark, word) = match self.status {
            Status::Error => (format!("-{STATUS_ANNOTATION}"), ""),
            _ => (STATUS_ANNOTATION.to_owned(), "drain-failed"),
        };
        let mut reopenings = std::mem::take(&mut self.content.reopenings);
        let now = self.now;
        for one in reopenings.iter_mut().filter(|one| one.due_at.is_some_and(|due| due <= now)) {
            one.due_at = None;
            let Some(node) = self.nodes.iter().find(|node| node.id() == one.node).cloned() else { continue };
            let payload = json!({"actionPatchNode": {
                "nodeName": node.name, "nodeId": label_id(&node), "providerId": node.provider_id,
                "labels": {}, "annotations": {&mark: word}, "taints": [], "capacity": {},
                "unschedulable": false,
            }});
            self.ask(one.id, payload, PATCHING);
        }
        self.content.reopenings = reopenings;
    }

    /// Ends well, or as well as it went.
    async fn finish(&mut self) -> ApiResult<()> {
        let gone = self.nodes_of(StepKind::Delete, Step::is_done);
        let sum = |nodes: &[super::record::PlannedNode], of: &dyn Fn(&NodeId) -> bool| {
            nodes.iter().filter(|node| of(&node.id)).map(|node| node.price).sum::<Money>()
        };
        let book = prices::book(self.app, self.plan.organization_id).await?;
        let came = self.nodes_of(StepKind::Create, Step::is_done);
        let came = self.nodes.iter().filter(|node| came.contains(&node.id()));
        self.content.achieved = Some(Achieved {
            gone: sum(&self.planned.blue, &|id| gone.contains(id)),
            came: came.map(|node| book.price(&price_query(node)).per_hour).sum(),
        });
        self.content.deleted_nodes_at = Some(self.now);
        self.content.finished_at = Some(self.now);
        self.is_open = false;
        let is_whole = self.content.steps.iter().all(Step::is_done);
        self.enter(if is_whole { Status::Finished } else { Status::PartiallyFinished });
        Ok(())
    }

    /// Gives back what was bought, and has nodes that were closed take pods again.
    async fn undo(&mut self, driver: Option<&dyn Driver>) -> ApiResult<()> {
        self.reopen();
        let bought = self.nodes_of(StepKind::Create, |_| true);
        let joined: Vec<NodeId> =
            self.nodes.iter().map(|node| node.id()).filter(|id| bought.contains(id)).collect();
        // Pods may have come to them in the meantime.
        let allowed = SignedDuration::from_secs(UNDOING_SECONDS).saturating_add(DELIVERY);
        self.begin(StepKind::Drain, &joined, allowed, |node| drain(node, UNDOING_SECONDS, true));
        self.settle(StepKind::Drain).await?;
        let drained: Vec<NodeId> = self.nodes_of(StepKind::Drain, |step| !step.is_open());
        self.begin(StepKind::Delete, &drained, DELETING, delete);
        self.settle(StepKind::Delete).await?;
        let deleted = self.nodes_of(StepKind::Delete, |step| !step.is_open());
        let mut steps = std::mem::take(&mut self.content.steps);
        let mut is_left = false;
        let orders = steps.iter_mut().filter(|step| step.kind == StepKind::Create);
        for step in orders.filter(|step| step.given_back_at.is_none()) {
            let may_go = deleted.contains(&step.node) || !joined.contains(&step.node);
            if may_go && self.give_back(step, driver).await {
                step.given_back_at = Some(self.now);
            } else {
                is_left = true;
            }
        }
        self.content.steps = steps;
        if !is_left {
            self.is_open = false;
            self.content.finished_at = Some(self.now);
        }
        Ok(())
    }

    fn fail(&mut self, reason: &str, message: String, node: Option<NodeId>) {
        let name = |id: NodeId| self.nodes.iter().find(|node| node.id() == id).map(|node| node.name.clone());
        let node = node.and_then(name);
        self.content.errors.push(Problem { reason: reason.to_owned(), message, node });
        self.enter(Status::Error);
    }

    fn enter(&mut self, status: Status) {
        self.status = status;
        let event = json!({
            "planId": self.plan.id, "status": status.as_str(), "errors": self.content.errors,
            "achieved": self.content.achieved,
        });
        self.entries.push(self.entry("rebalancingPlanStatusChanged", event));
    }

    /// Asks for the same of each of these nodes that is there, the first time.
    fn begin(
        &mut self,
        kind: StepKind,
        nodes: &[NodeId],
        allowed: SignedDuration,
        payload: impl Fn(&Node) -> Value,
    ) {
        for &id in nodes {
            if self.content.steps.iter().any(|step| step.kind == kind && step.node == id) {
                continue;
            }
            let node = self.nodes.iter().find(|node| node.id() == id).cloned();
            let mut step = Step {
                id: ActionId::new(&*self.app.ids),
                kind,
                node: id,
                node_name: node.as_ref().map(|node| node.name.clone()),
                provider_id: node.as_ref().map(|node| node.provider_id.clone()),
                request: None,
                created_at: self.now,
                sold_out_at: None,
                ordered_at: None,
                given_back_at: None,
                finished_at: None,
                error: None,
            };
            match node {
                Some(node) => {
                    self.ask(step.id, payload(&node), allowed);
                    self.note(&step, "started");
                }
                // It went by itself, which is what all this is about.
                None => step.end(self.now, None),
            }
            self.content.steps.push(step);
        }
    }

    /// Ends the steps of a kind whose actions the controller acknowledged; gives the nodes of those that failed.
    async fn settle(&mut self, kind: StepKind) -> ApiResult<Vec<NodeId>> {
        let mut failed = Vec::new();
        let mut steps = std::mem::take(&mut self.content.steps);
        for step in steps.iter_mut().filter(|step| step.kind == kind && step.is_open()) {
            let Some(action) = self.action(step.id).await?.filter(|action| action.done_at.is_some()) else {
                continue;
            };
            let word = if action.error.is_some() { "failed" } else { "finished" };
            if let Some(message) = &action.error {
                failed.push(step.node);
                self.content.errors.push(Problem {
                    reason: reason(kind).to_owned(),
                    message: message.clone(),
                    node: step.node_name.clone(),
                });
            }
            step.end(self.now, action.error);
            self.note(step, word);
        }
        self.content.steps = steps;
        Ok(failed)
    }

    async fn action(&self, id: ActionId) -> ApiResult<Option<Action>> {
        Ok(self.app.store.action(self.plan.organization_id, self.plan.cluster_id, id).await?)
    }

    fn ask(&mut self, id: ActionId, payload: Value, allowed: SignedDuration) {
        self.actions.push(NewAction {
            id,
            organization_id: self.plan.organization_id,
            cluster_id: self.plan.cluster_id,
            operation_id: None,
            after: None,
            payload,
            created_at: self.now,
            deadline: self.now.checked_add(allowed).ok(),
        });
    }

    fn note(&mut self, step: &Step, word: &str) {
        let event = json!({
            "planId": self.plan.id, "step": step.kind, "stepId": step.id, "outcome": word,
            "node": {"id": step.node, "name": step.node_name}, "error": step.error,
        });
        self.entries.push(self.entry("rebalancingStep", event));
    }

    fn entry(&self, event_type: &str, event: Value) -> AuditEntry {
        audit::system_entry(
            self.app,
            self.plan.organization_id,
            event_type,
            Some(self.plan.cluster_id),
            event,
        )
    }

    /// The nodes that go.
    fn leaving(&self) -> Vec<NodeId> {
        self.planned.blue.iter().filter(|node| !node.stays).map(|node| node.id).collect()
    }

    fn nodes_of(&self, kind: StepKind, which: impl Fn(&Step) -> bool) -> Vec<NodeId> {
        let steps = self.content.steps.iter().filter(|step| step.kind == kind && which(step));
        steps.map(|step| step.node).collect()
    }

    fn are_ended(&self, kind: StepKind) -> bool {
        self.content.steps.iter().filter(|step| step.kind == kind).all(|step| !step.is_open())
    }

    /// How long evictions may take, as the default node configuration says.
    async fn drain_seconds(&self) -> ApiResult<i64> {
        let cluster = self.app.store.cluster(self.plan.organization_id, self.plan.cluster_id).await?;
        let Some(cluster) = cluster else { return Ok(work::DRAIN_SECONDS) };
        let configurations = node_configurations::of_cluster(self.app, &cluster).await?;
        let Some(default) = configurations.iter().find(|one| one.is_default) else {
            return Ok(work::DRAIN_SECONDS);
        };
        let seconds = node_configurations::settings(default)?.drain_timeout_sec.unwrap_or(0);
        Ok(if seconds > 0 { i64::from(seconds) } else { work::DRAIN_SECONDS })
    }
}

/// Moves a node's pods.
fn drain(node: &Node, seconds: i64, force: bool) -> Value {
    json!({"actionDrainNode": {
        "nodeName": node.name, "nodeId": label_id(node), "providerId": node.provider_id,
        "drainTimeoutSeconds": seconds, "force": force,
    }})
}

/// Deletes a node.
fn delete(node: &Node) -> Value {
    json!({"actionDeleteNode": {
        "nodeName": node.name, "nodeId": label_id(node), "providerId": node.provider_id,
    }})
}

/// The node's label with its id; empty without one: the controller knows no other.
fn label_id(node: &Node) -> &str {
    node.labels.get(node_labels::NODE_ID).unwrap_or_default()
}

const fn reason(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Create => "nodeCreateFailed",
        StepKind::Prepare => "nodePrepareFailed",
        StepKind::Drain => "nodeDrainFailed",
        StepKind::Delete => "nodeDeleteFailed",
    }
}
