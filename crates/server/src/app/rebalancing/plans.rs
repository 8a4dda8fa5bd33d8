//! Rebalancing plans: asked for, looked at, executed, cancelled.
//!
//! Each of these writes the plan against the version that was read, with its audit entry. The engine, which looks
//! at every open plan, does the work; what it is at when a plan is cancelled loses its next write, and with it the
//! right to go on.

use std::collections::BTreeSet;

use model::{ClusterId, NodeId, RebalancingPlanId};
use serde_json::{Value, json};
use store::{Cluster, Page, Paged, PlanFilter, RebalancingPlan};
use wire::rebalancing_plans::GenerateRebalancingPlanRequest;

use super::{acting, progress, rules};
use crate::app::engine::rebalancing::record::{Problem, Reopening, StepKind};
use crate::app::engine::rebalancing::{Content, Status, content_of, differences, status_of};
use crate::app::{App, audit, clusters};
use crate::auth::principal::Principal;
use crate::http::error::{ApiError, ApiResult};

/// How often to start over when the engine changed the plan in between.
const ATTEMPTS: usize = 5;
/// How many differences are named of a plan that no longer holds.
const NAMED: usize = 5;

/// Asks for a plan: it is made in the background, and `generating` until then.
///
/// # Errors
/// 400 for what makes no sense; 404; 409 for a deleted cluster.
pub async fn generate(
    app: &App,
    principal: &Principal,
    id: ClusterId,
    asked: &GenerateRebalancingPlanRequest,
) -> ApiResult<RebalancingPlan> {
    let cluster = clusters::get_unarchived(app, principal, id).await?;
    let there = app.live.read(app, cluster.organization_id, id, |state| {
        state.nodes().map(|node| node.id()).collect::<BTreeSet<NodeId>>()
    });
    let request = rules::request(asked, there.await?.as_ref())?;
    let now = app.clock.now();
    let plan = RebalancingPlan {
        id: RebalancingPlanId::new(&*app.ids),
        organization_id: principal.organization,
        cluster_id: id,
        schedule_id: None,
        status: Status::Generating.as_str().to_owned(),
        open: true,
        request: json!(request),
        content: json!(Content::default()),
        created_by: principal.actor().id,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let mut tx = app.store.begin().await?;
    tx.create_rebalancing_plan(&plan).await?;
    let event = json!({"planId": plan.id, "request": plan.request});
    tx.commit(&[audit::entry(app, principal, "rebalancingPlanRequested", Some(id), event)]).await?;
    app.engine.poke();
    Ok(plan)
}

/// The cluster's plans, newest first; those that stand at one of `statuses` when there are any.
///
/// # Errors
/// 404; 400 for a cursor of something else.
pub async fn list(
    app: &App,
    principal: &Principal,
    id: ClusterId,
    statuses: Vec<String>,
    page: &Page,
) -> ApiResult<Paged<RebalancingPlan>> {
    let cluster = clusters::get(app, principal, id).await?;
    let filter = PlanFilter { statuses, ..PlanFilter::default() };
    Ok(app.store.rebalancing_plans(cluster.organization_id, id, &filter, page).await?)
}

/// One of them.
///
/// # Errors
/// 404.
pub async fn get(
    app: &App,
    principal: &Principal,
    cluster: ClusterId,
    id: RebalancingPlanId,
) -> ApiResult<RebalancingPlan> {
    clusters::get(app, principal, cluster).await?;
    let found = app.store.rebalancing_plan(principal.organization, cluster, id).await?;
    found.ok_or_else(|| ApiError::not_found(format_args!("rebalancing plan {id}")))
}

/// Has a plan executed that was generated and still holds.
///
/// # Errors
/// 404; 409 when it is not `generated`, when the cluster has changed so that it no longer holds, when another
/// plan of the cluster is being executed, and while the cluster is read-only.
pub async fn execute(
    app: &App,
    principal: &Principal,
    cluster: ClusterId,
    id: RebalancingPlanId,
) -> ApiResult<RebalancingPlan> {
    let cluster = clusters::get_unarchived(app, principal, cluster).await?;
    let mut plan = get(app, principal, cluster.id, id).await?;
    let status = status_of(&plan)?;
    if status != Status::Generated {
        return Err(ApiError::conflict(format!(
            "the plan is `{}`, and only a `generated` one can be executed",
            status.as_str()
        )));
    }
    refuse_stale(app, &plan).await?;
    acting::check(app, &cluster).await?;
    refuse_second(app, &cluster).await?;
    let mut content = content_of(&plan)?;
    content.triggered_at = Some(app.clock.now());
    change(app, principal, &mut plan, Status::CreatingNodes, true, &content, "rebalancingPlanExecuted")
        .await?;
    Ok(plan)
}

/// Ends a plan. One that is not executed yet is merely not to be; of one that is, what was bought is given back and
/// nodes that were closed take pods again.
///
/// # Errors
/// 404; 409 when it has ended, and once pods are leaving nodes: then going on disturbs less than going back.
pub async fn cancel(
    app: &App,
    principal: &Principal,
    cluster: ClusterId,
    id: RebalancingPlanId,
) -> ApiResult<RebalancingPlan> {
    for _ in 0..ATTEMPTS {
        let mut plan = get(app, principal, cluster, id).await?;
        let status = status_of(&plan)?;
        let mut content = content_of(&plan)?;
        let open = match status {
            Status::Generating | Status::Generated => {
                content.finished_at = Some(app.clock.now());
                false
            }
            Status::CreatingNodes | Status::PreparingNodes => {
                reopen_closed(app, &mut content);
                true
            }
            Status::DrainingNodes | Status::DeletingNodes => {
                return Err(ApiError::conflict(format!(
                    "the plan is `{}`: pods are leaving the old nodes already, and going on disturbs them less than \
                     going back; nodes that cannot be drained stay",
                    status.as_str()
                )));
            }
            Status::Finished | Status::PartiallyFinished | Status::Error => {
                return Err(ApiError::conflict(format!("the plan is `{}`: it has ended", status.as_str())));
            }
        };
        content.errors.push(Problem {
            reason: "unknown".to_owned(),
            message: format!("cancelled by {}", principal.actor().name),
            node: None,
        });
        let event_type = "rebalancingPlanCancelled";
        match change(app, principal, &mut plan, Status::Error, open, &content, event_type).await {
            Err(store::Error::Conflict { .. }) => {}
            written => return written.map(|()| plan).map_err(ApiError::from),
        }
    }
    Err(ApiError::conflict("the plan is being changed by many at once: try again"))
}

/// Has the engine open the nodes again that it closed, or is closing.
fn reopen_closed(app: &App, content: &mut Content) {
    let now = app.clock.now();
    let closed = content.steps.iter().filter(|step| step.kind == StepKind::Prepare);
    let reopenings: Vec<Reopening> = closed
        .map(|step| Reopening { id: model::ActionId::new(&*app.ids), node: step.node, due_at: Some(now) })
        .collect();
    content.reopenings.extend(reopenings);
}

/// Refuses while another plan of the cluster is being executed: two would take each other's room.
async fn refuse_second(app: &App, cluster: &Cluster) -> ApiResult<()> {
    match progress::executing(app, cluster).await?.first() {
        None => Ok(()),
        Some(other) => Err(ApiError::conflict(format!(
            "rebalancing plan {} of the cluster is being executed (`{}`): wait for its end",
            other.id, other.status
        ))),
    }
}

/// Refuses a plan that was made for a cluster that is no longer so.
async fn refuse_stale(app: &App, plan: &RebalancingPlan) -> ApiResult<()> {
    let found = differences(app, plan).await?;
    if found.is_empty() {
        return Ok(());
    }
    let named: Vec<&str> = found.iter().take(NAMED).map(String::as_str).collect();
    let more = match found.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    Err(ApiError::conflict(format!(
        "the cluster has changed since the plan was made, so that it no longer holds: {}{more}. Generate another",
        named.join("; ")
    )))
}

/// Writes what a plan becomes by somebody's wish, and lets the engine look.
async fn change(
    app: &App,
    principal: &Principal,
    plan: &mut RebalancingPlan,
    status: Status,
    open: bool,
    content: &Content,
    event_type: &str,
) -> store::Result<()> {
    let before: Value = json!(plan.status);
    plan.status = status.as_str().to_owned();
    plan.open = open;
    plan.content = json!(content);
    plan.updated_at = app.clock.now();
    let mut tx = app.store.begin().await?;
    plan.version = tx.update_rebalancing_plan(plan).await?;
    let event = json!({"planId": plan.id, "before": before, "status": plan.status});
    tx.commit(&[audit::entry(app, principal, event_type, Some(plan.cluster_id), event)]).await?;
    app.engine.poke();
    Ok(())
}
