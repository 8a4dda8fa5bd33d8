//! Schedules of rebalancing, the clusters that follow them, and what one would do.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::open_enum;

/// An organisation's rebalancing schedules.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduledrebalancingV1ListRebalancingSchedulesResponse)]
pub struct ListRebalancingSchedulesResponse {
    /// The schedules, by name.
    pub schedules: Vec<RebalancingSchedule>,
}

/// When, and in which way, clusters are rebalanced. Clusters follow it by a job each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduledrebalancingV1RebalancingSchedule)]
pub struct RebalancingSchedule {
    /// Its id, a UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// The clusters that follow it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub jobs: Option<Vec<RebalancingJob>>,
    /// When it was last due for a cluster that follows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub last_trigger_at: Option<Timestamp>,
    /// Which nodes are rebalanced, and how.
    pub launch_configuration: LaunchConfiguration,
    /// A name for people.
    #[schema(example = "nightly")]
    pub name: String,
    /// When it is due next.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_trigger_at: Option<Timestamp>,
    /// When it is due.
    pub schedule: Schedule,
    /// What must hold for a rebalancing that is due to begin.
    pub trigger_conditions: TriggerConditions,
}

/// A cluster that follows a schedule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduledrebalancingV1RebalancingJob)]
pub struct RebalancingJob {
    /// The cluster, by its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cluster_id: Option<String>,
    /// Whether it does, for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
    /// Its id, a UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// When it was last due.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub last_trigger_at: Option<Timestamp>,
    /// When it is due next; absent while it is not enabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_trigger_at: Option<Timestamp>,
    /// The last plan that was made for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rebalancing_plan_id: Option<String>,
    /// The schedule, by its id. Required for a new one; empty in a change, it stays as it is.
    pub rebalancing_schedule_id: String,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub status: Option<JobStatus>,
}

open_enum! {
    /// How far a rebalancing by schedule is.
    #[schema_name = "ScheduledrebalancingV1JobStatus"]
    pub enum JobStatus {
        Failed = "JobStatusFailed",
        Finished = "JobStatusFinished",
        InProgress = "JobStatusInProgress",
        Pending = "JobStatusPending",
        Skipped = "JobStatusSkipped",
    }
}

/// Which nodes are rebalanced, and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduledrebalancingV1LaunchConfiguration)]
pub struct LaunchConfiguration {
    /// Only nodes that are at least so old, in seconds; all when 0 or absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_ttl_seconds: Option<i32>,
    /// At most so many nodes at a time; all when 0 or absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub num_targeted_nodes: Option<i32>,
    /// How it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rebalancing_options: Option<RebalancingOptions>,
    /// Only nodes that it selects; all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub selector: Option<NodeSelector>,
    /// Which nodes come first where not all are taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub target_node_selection_algorithm: Option<TargetNodeSelectionAlgorithm>,
}

/// How a rebalancing is done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduledrebalancingV1RebalancingOptions)]
pub struct RebalancingOptions {
    /// Whether to move pods that would be left alone otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aggressive_mode: Option<bool>,
    /// Which pods to move besides, when not all of them. Has no meaning beside `aggressiveMode`, and is
    /// dropped there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aggressive_mode_config: Option<AggressiveModeConfig>,
    /// What becomes of nodes that could not be drained.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub drain_failure_config: Option<DrainFailureConfig>,
    /// Whether pods have as long to leave as they ask for, rather than until the drain ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub evict_gracefully: Option<bool>,
    /// What must hold once new nodes are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub execution_conditions: Option<ExecutionConditions>,
    /// Whether nodes that did not drain in time stay, rather than being drained by force.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub keep_drain_timeout_nodes: Option<bool>,
    /// At most so many nodes are drained at once; the engine's limit when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub max_simultaneous_drains: Option<i32>,
    /// At least so many nodes stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub min_nodes: Option<i32>,
}

/// Pods to move although they would be left alone otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduledrebalancingV1AggressiveModeConfig)]
pub struct AggressiveModeConfig {
    /// Pods with volumes that are on the node.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ignore_local_persistent_volumes: Option<bool>,
    /// Pods of jobs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ignore_problem_job_pods: Option<bool>,
    /// Pods that nothing would make again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ignore_problem_pods_without_controller: Option<bool>,
    /// Pods that kept a node from being drained before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ignore_problem_prevented_drain_pods: Option<bool>,
    /// Pods marked as not to be removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ignore_problem_removal_disabled_pods: Option<bool>,
}

/// What becomes of nodes that could not be drained.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduledrebalancingV1DrainFailureConfig)]
pub struct DrainFailureConfig {
    /// Whether they stay cordoned for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub disable_uncordon: Option<bool>,
    /// Seconds after which they take pods again, 60 to 259200; 1800 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub uncordon_after_seconds: Option<i32>,
}

/// What must hold once new nodes are there; otherwise they go again and the old ones stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduledrebalancingV1ExecutionConditions)]
pub struct ExecutionConditions {
    /// The least share of the planned saving that must be reached, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub achieved_savings_percentage: Option<i32>,
    /// Whether that is looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
}

/// Selects nodes: one of its terms must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduledrebalancingV1NodeSelector)]
pub struct NodeSelector {
    /// The alternatives.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_selector_terms: Option<Vec<NodeSelectorTerm>>,
}

/// Conditions that must all hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduledrebalancingV1NodeSelectorTerm)]
pub struct NodeSelectorTerm {
    /// Conditions on labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub match_expressions: Option<Vec<NodeSelectorRequirement>>,
    /// Conditions on fields, of which `metadata.name` is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub match_fields: Option<Vec<NodeSelectorRequirement>>,
}

/// A condition on a label or a field.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduledrebalancingV1NodeSelectorRequirement)]
pub struct NodeSelectorRequirement {
    /// Name of the label or field.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub key: Option<String>,
    /// How it is compared: `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt` or `Lt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub operator: Option<String>,
    /// With what.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub values: Option<Vec<String>>,
}

open_enum! {
    /// Which nodes come first.
    #[schema_name = "ScheduledrebalancingV1TargetNodeSelectionAlgorithm"]
    pub enum TargetNodeSelectionAlgorithm {
        /// Those that cost most beside what their CPU, memory and GPUs usually cost there.
        NormalizedPrice = "TargetNodeSelectionAlgorithmNormalizedPrice",
        /// Those of whose CPU, memory and GPUs the least share is requested.
        Utilization = "TargetNodeSelectionAlgorithmUtilization",
        /// Those that cost most beside what the requested part of them usually costs there. What counts when
        /// none is named.
        UtilizedPrice = "TargetNodeSelectionAlgorithmUtilizedPrice",
    }
}

/// When something is due.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduledrebalancingV1Schedule)]
pub struct Schedule {
    /// Five fields of cron (minute, hour, day of the month, month, day of the week) or a descriptor such as
    /// `@daily`, after an optional `CRON_TZ=<zone> `; in UTC without one. A time that a clock change skips
    /// is due at the moment of the change, one that it repeats is due once. Required.
    #[schema(example = "CRON_TZ=Europe/Berlin 0 3 * * *")]
    pub cron: String,
}

/// What must hold for a rebalancing to begin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduledrebalancingV1TriggerConditions)]
pub struct TriggerConditions {
    /// Whether to rebalance whatever it saves.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ignore_savings: Option<bool>,
    /// The least saving, in percent of what the nodes cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub savings_percentage: Option<f64>,
}

/// The schedule to change.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct UpdateRebalancingScheduleQuery {
    /// Its id, a UUID.
    pub id: Option<String>,
}

/// What a schedule is to be from now on. Parts that are absent stay; a part that is there replaces the
/// one before whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduledrebalancingV1RebalancingScheduleUpdate)]
pub struct RebalancingScheduleUpdate {
    /// Which nodes are rebalanced, and how.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub launch_configuration: Option<LaunchConfiguration>,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "nightly")]
    pub name: Option<String>,
    /// When it is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub schedule: Option<Schedule>,
    /// What must hold for a rebalancing that is due to begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub trigger_conditions: Option<TriggerConditions>,
}

/// Which jobs to list.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ListRebalancingJobsQuery {
    /// Only the one of this schedule.
    pub rebalancing_schedule_id: Option<String>,
}

/// The schedules that a cluster follows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduledrebalancingV1ListRebalancingJobsResponse)]
pub struct ListRebalancingJobsResponse {
    /// One job for each of them.
    pub jobs: Vec<RebalancingJob>,
}

/// What a schedule would do now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduledrebalancingV1PreviewRebalancingScheduleResponse)]
pub struct PreviewRebalancingScheduleResponse {
    /// The nodes it would rebalance, in the order in which they were chosen.
    pub affected_nodes: Vec<Node>,
    /// When it is due the next times.
    pub will_trigger_at: Vec<Timestamp>,
}

/// A node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduledrebalancingV1Node)]
pub struct Node {
    /// Its id, a UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
}

/// Time zones that `CRON_TZ` takes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduledrebalancingV1ListAvailableRebalancingTZResponse)]
pub struct ListTimeZonesResponse {
    /// The zones, by name.
    pub time_zones: Vec<TimeZone>,
}

/// A time zone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduledrebalancingV1TimeZone)]
pub struct TimeZone {
    /// A name for people.
    #[schema(example = "nightly")]
    pub name: String,
    /// How far it is ahead of UTC now, in hours and minutes.
    #[schema(example = "+02:00")]
    pub offset: String,
}
