//! Asks the planner under a deadline, off the threads that serve requests, and refuses a plan that breaks rules.

use std::time::{Duration, Instant};

use planner::{Effort, Plan, PlanningInput, Question, Watch};

use crate::http::error::{ApiError, ApiResult};

/// Violations that are named of a plan that breaks rules.
const VIOLATIONS: usize = 5;

/// A moment on a clock that never jumps: how long the planner may take is a matter of the machine, not of the
/// cluster's time.
struct Deadline(Instant);

impl Watch for Deadline {
    fn seconds_left(&self) -> f64 {
        self.0.saturating_duration_since(Instant::now()).as_secs_f64()
    }
}

/// Answers `question` within `limit`; gives the input back beside the plan, whose indexes point into it.
///
/// # Errors
/// 500 when the plan breaks a rule: that is an error of ours, and nothing is done.
pub async fn answer(
    input: PlanningInput,
    question: Question,
    limit: Duration,
) -> ApiResult<(PlanningInput, Plan)> {
    let work = move || {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let watch = Deadline(Instant::now() + limit);
        let effort = Effort { watch: &watch, threads, seed: 0, quick: false };
        let plan = planner::plan(&input, &question, &effort);
        let violations = planner::check::check(&input, &plan);
        (input, plan, violations)
    };
    let (input, plan, violations) = tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)?;
    if violations.is_empty() {
        return Ok((input, plan));
    }
    let named: Vec<String> = violations.iter().take(VIOLATIONS).map(ToString::to_string).collect();
    let broken = format!("a plan breaks {} rules and is refused: {}", violations.len(), named.join("; "));
    tracing::error!("{broken}");
    Err(ApiError::internal(std::io::Error::other(broken)))
}
