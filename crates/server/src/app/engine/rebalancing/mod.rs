//! Rebalancing: from what was asked to nodes that are gone.
//!
//! [`record`] is what is kept; [`generate`](self::generate) makes a plan; [`execute`](self::execute) takes one step
//! further whatever can be taken further. All of them may be called at any time, by any server, any number of times.

mod execute;
mod generate;
pub mod record;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use model::RebalancingPlanId;
use serde_json::json;
use store::{AuditEntry, NewAction, RebalancingPlan};

use crate::app::App;
use crate::http::error::{ApiError, ApiResult};
pub use record::{Content, Request, Status};

/// Plans that this server is working on at this moment.
#[derive(Clone, Default)]
pub struct UnderWay(Arc<Mutex<HashSet<RebalancingPlanId>>>);

impl UnderWay {
    /// Takes a plan, unless it is taken.
    fn take(&self, id: RebalancingPlanId) -> Option<Taken> {
        let mut taken = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        taken.insert(id).then(|| Taken { from: self.clone(), id })
    }
}

/// A plan that is being worked on, until it is dropped.
struct Taken {
    from: UnderWay,
    id: RebalancingPlanId,
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.from.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).remove(&self.id);
    }
}

/// What a plan was asked with.
///
/// # Errors
/// 500 when the store holds something else.
pub fn request_of(plan: &RebalancingPlan) -> ApiResult<Request> {
    serde_json::from_value(plan.request.clone()).map_err(ApiError::internal)
}

/// What is known of a plan.
///
/// # Errors
/// 500 when the store holds something else.
pub fn content_of(plan: &RebalancingPlan) -> ApiResult<Content> {
    serde_json::from_value(plan.content.clone()).map_err(ApiError::internal)
}

/// How far a plan is.
///
/// # Errors
/// 500 when the store holds a word that is none.
pub fn status_of(plan: &RebalancingPlan) -> ApiResult<Status> {
    Status::of(&plan.status).ok_or_else(|| {
        ApiError::internal(std::io::Error::other(format!("{:?} is no status of a plan", plan.status)))
    })
}

/// Starts work on every plan that is open and that nobody here works on.
///
/// # Errors
/// What the store met.
pub(super) async fn look(app: &App) -> ApiResult<()> {
    for plan in app.store.open_rebalancing_plans().await? {
        let Some(taken) = app.engine.rebalancing.take(plan.id) else { continue };
        let app = app.clone();
        tokio::spawn(async move {
            let id = plan.id;
            if let Err(error) = advance(&app, plan).await {
                tracing::warn!(plan = %id, "cannot go on with a rebalancing plan, trying again: {error}");
            }
            drop(taken);
        });
    }
    Ok(())
}

/// Takes a plan further.
async fn advance(app: &App, plan: RebalancingPlan) -> ApiResult<()> {
    // What was listed may have been taken further since.
    let found = app.store.rebalancing_plan(plan.organization_id, plan.cluster_id, plan.id).await?;
    let Some(plan) = found.filter(|plan| plan.open) else { return Ok(()) };
    let result = match status_of(&plan)? {
        Status::Generating => generate::generate(app, plan).await,
        Status::Generated | Status::Finished | Status::PartiallyFinished => Ok(()),
        Status::CreatingNodes
        | Status::PreparingNodes
        | Status::DrainingNodes
        | Status::DeletingNodes
        | Status::Error => execute::advance(app, plan).await,
    };
    match result {
        // Another server, or a user, was faster: what they wrote is looked at the next time.
        Err(error) if error.status() == axum::http::StatusCode::CONFLICT => Ok(()),
        result => result,
    }
}

/// Writes what a plan has become, with the controller's actions and the audit entries that belong to it: all of it,
/// or nothing.
///
/// # Errors
/// 409 when somebody else changed the plan in between; what the store met.
async fn commit(
    app: &App,
    plan: &mut RebalancingPlan,
    status: Status,
    content: &Content,
    actions: &[NewAction],
    entries: &[AuditEntry],
) -> ApiResult<()> {
    plan.status = status.as_str().to_owned();
    plan.content = json!(content);
    plan.updated_at = app.clock.now();
    let mut tx = app.store.begin().await?;
    plan.version = tx.update_rebalancing_plan(plan).await?;
    for action in actions {
        tx.create_action(action).await?;
    }
    if entries.is_empty() {
        tx.commit_unaudited().await?
    } else {
        tx.commit(entries).await?
    }
    if !actions.is_empty() {
        app.live.poke_actions(plan.cluster_id);
    }
    Ok(())
}

/// What has changed since a plan was made, so that it no longer holds: in sentences; nothing when it still does.
///
/// # Errors
/// What the store met.
pub async fn differences(app: &App, plan: &RebalancingPlan) -> ApiResult<Vec<String>> {
    let Some(planned) = content_of(plan)?.planned else { return Ok(Vec::new()) };
    let compare = |state: &cluster::ClusterState| {
        let mut found = Vec::new();
        for node in &planned.blue {
            let name = node.name.as_deref().unwrap_or_default();
            if !state.nodes().any(|one| one.id() == node.id) {
                found.push(format!("node {name} is gone"));
            }
        }
        let leaving: Vec<_> = planned.blue.iter().filter(|node| !node.stays).collect();
        for pod in state.pods().filter(|pod| pod.is_occupying() && !planner::goes_with_node(pod)) {
            let on = leaving.iter().find(|node| node.name == pod.node && pod.node.is_some());
            let is_planned =
                || planned.moves.iter().any(|one| one.namespace == pod.namespace && one.name == pod.name);
            if let Some(node) = on
                && !is_planned()
            {
                let node = node.name.as_deref().unwrap_or_default();
                found
                    .push(format!("pod {}/{} came to node {node}, which was to go", pod.namespace, pod.name));
            }
        }
        found
    };
    let found = app.live.read(app, plan.organization_id, plan.cluster_id, compare).await?;
    Ok(found.unwrap_or_else(|| vec!["nothing is known of the cluster any more".to_owned()]))
}
