//! What may be asked of a plan, and what the engine makes of it.

use std::collections::BTreeSet;

use model::NodeId;
use wire::rebalancing_plans::{AggressiveModeConfig, ExecutionConditions, GenerateRebalancingPlanRequest};

use crate::app::engine::rebalancing::Request;
use crate::app::fields::Fields;
use crate::http::error::ApiResult;

/// A node that could not be emptied takes pods again after so many seconds.
const UNCORDON_AFTER_SECONDS: u32 = 1_800;

/// What is asked, in the engine's form. `there` are the cluster's nodes; `None` before its first snapshot.
///
/// # Errors
/// 400 for what makes no sense, by its field.
pub(super) fn request(
    asked: &GenerateRebalancingPlanRequest,
    there: Option<&BTreeSet<NodeId>>,
) -> ApiResult<Request> {
    let fields = Fields::at("");
    fields.within("minNodes", asked.min_nodes, 0..=i32::MAX)?;
    if asked.paused_drain_config.as_ref().and_then(|config| config.enabled) == Some(true) {
        return Err(fields.inside("pausedDrainConfig").refuse(
            "enabled",
            "must be false or absent: old nodes are drained as soon as the new ones are there",
        ));
    }
    let mut nodes = BTreeSet::new();
    for (position, node) in asked.rebalancing_nodes.iter().flatten().enumerate() {
        let text = node.node_id.as_deref().unwrap_or_default();
        let known = text.parse().ok().filter(|id| there.is_some_and(|there| there.contains(id)));
        let missing = || {
            fields.item("rebalancingNodes", position).refuse(
                "nodeId",
                format!(
                    "must be a node of the cluster, and {text:?} is none: list its nodes to see their ids"
                ),
            )
        };
        nodes.insert(known.ok_or_else(missing)?);
    }
    let aggressive = aggressive(asked);
    Ok(Request {
        nodes: nodes.into_iter().collect(),
        min_nodes: asked.min_nodes.and_then(|least| u32::try_from(least).ok()).unwrap_or(0),
        move_local_storage: aggressive.ignore_local_persistent_volumes == Some(true),
        move_marked: aggressive.ignore_problem_removal_disabled_pods == Some(true),
        move_naked: aggressive.ignore_problem_pods_without_controller == Some(true),
        // Two names of one thing, of which clients send either: nodes are not emptied by force.
        keep_drain_timeout_nodes: asked.keep_drain_timeout_nodes == Some(true)
            || asked.evict_gracefully == Some(true),
        least_achieved_percent: least_achieved(asked.execution_conditions.as_ref())?,
        uncordon_after_seconds: UNCORDON_AFTER_SECONDS,
        never_uncordon: false,
    })
}

/// What aggressive mode stands for.
fn aggressive(asked: &GenerateRebalancingPlanRequest) -> AggressiveModeConfig {
    match asked.aggressive_mode {
        Some(true) => AggressiveModeConfig {
            ignore_local_persistent_volumes: Some(true),
            ignore_problem_job_pods: Some(true),
            ignore_problem_pods_without_controller: Some(true),
            ignore_problem_removal_disabled_pods: Some(true),
        },
        _ => asked.aggressive_mode_config.clone().unwrap_or_default(),
    }
}

fn least_achieved(conditions: Option<&ExecutionConditions>) -> ApiResult<Option<u32>> {
    let Some(conditions) = conditions.filter(|conditions| conditions.enabled == Some(true)) else {
        return Ok(None);
    };
    let fields = Fields::at("executionConditions");
    let percent = conditions.achieved_savings_percentage;
    fields.within("achievedSavingsPercentage", percent, 0..=100)?;
    match percent.and_then(|percent| u32::try_from(percent).ok()) {
        Some(percent) => Ok(Some(percent)),
        None => Err(fields.refuse("achievedSavingsPercentage", "is required when `enabled` is true")),
    }
}
