//! What a schedule would do to a cluster now: which nodes it would take, and when it is due.

use model::{ClusterId, Timestamp};
use wire::rebalancing_schedules::RebalancingScheduleUpdate;

use super::rules;
use super::selection::{SelectedNode, select_nodes};
use crate::app::{App, clusters, prices};
use crate::auth::principal::Principal;
use crate::http::error::ApiResult;

/// How many of the next times are shown.
const TIMES: usize = 5;

/// What a schedule would do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preview {
    /// The nodes it would take, first those that it takes first.
    pub nodes: Vec<SelectedNode>,
    /// When it is due next; empty when that was not said.
    pub times: Vec<Timestamp>,
}

/// Looks at the cluster as it is now. Nothing is kept.
///
/// # Errors
/// 400 for what makes no sense; 404, 409.
pub async fn preview(
    app: &App,
    principal: &Principal,
    id: ClusterId,
    schedule: RebalancingScheduleUpdate,
) -> ApiResult<Preview> {
    let cluster = clusters::get_unarchived(app, principal, id).await?;
    let now = app.clock.now();
    let times = match &schedule.schedule {
        None => Vec::new(),
        Some(schedule) => {
            let cron = rules::cron(&schedule.cron, now)?;
            std::iter::successors(cron.next_after(now), |at| cron.next_after(*at)).take(TIMES).collect()
        }
    };
    let targeting = rules::launch_configuration(&mut schedule.launch_configuration.unwrap_or_default())?;
    let book = prices::book(app, cluster.organization_id).await?;
    let nodes =
        app.live.read(app, cluster.organization_id, id, |state| select_nodes(&targeting, state, &book, now));
    Ok(Preview { nodes: nodes.await?.unwrap_or_default(), times })
}
