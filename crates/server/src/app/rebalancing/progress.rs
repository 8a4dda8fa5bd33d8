//! What executions of a cluster's plans are at.

use std::collections::BTreeSet;

use model::NodeId;
use store::{Cluster, Page, PlanFilter, RebalancingPlan};

use crate::app::App;
use crate::app::engine::rebalancing::{Status, content_of};
use crate::http::error::ApiResult;

/// The statuses of a plan that is being executed.
pub(super) const EXECUTING: [Status; 4] =
    [Status::CreatingNodes, Status::PreparingNodes, Status::DrainingNodes, Status::DeletingNodes];

/// The cluster's plans that are being executed: at most one, but for races.
pub(super) async fn executing(app: &App, cluster: &Cluster) -> ApiResult<Vec<RebalancingPlan>> {
    let filter = PlanFilter {
        statuses: EXECUTING.iter().map(|status| status.as_str().to_owned()).collect(),
        ..PlanFilter::default()
    };
    Ok(app.store.rebalancing_plans(cluster.organization_id, cluster.id, &filter, &Page::ALL).await?.items)
}

/// The nodes that plans of the cluster are replacing.
pub(super) async fn nodes_being_replaced(app: &App, cluster: &Cluster) -> ApiResult<BTreeSet<NodeId>> {
    let mut nodes = BTreeSet::new();
    for plan in executing(app, cluster).await? {
        let planned = content_of(&plan)?.planned.unwrap_or_default();
        nodes.extend(planned.blue.iter().filter(|node| !node.stays).map(|node| node.id));
    }
    Ok(nodes)
}
