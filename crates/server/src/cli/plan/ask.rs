//! Asks the planner, under a deadline, and has its answer checked before anybody sees it.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use planner::scenario::Proof;
use planner::{Effort, Plan, PlanningInput, Question, Watch};

use super::PlanArgs;

/// Violations that are shown of a plan that breaks rules.
const VIOLATIONS: usize = 10;

/// A moment on the wall's clock.
struct Deadline(Instant);

impl Watch for Deadline {
    fn seconds_left(&self) -> f64 {
        self.0.saturating_duration_since(Instant::now()).as_secs_f64()
    }
}

/// A plan that broke no rule, and how long it took.
pub(super) struct Answer {
    pub(super) plan: Plan,
    pub(super) seconds: f64,
}

/// Answers `question`.
///
/// # Errors
/// When the plan breaks a rule, which is an error of ours: it is not shown.
pub(super) fn ask(input: &PlanningInput, question: &Question, args: &PlanArgs) -> Result<Answer> {
    let start = Instant::now();
    let limit = Duration::try_from(args.time_limit).unwrap_or_default();
    // A limit of centuries is none.
    let end = start.checked_add(limit).unwrap_or(start + Duration::from_secs(u32::MAX.into()));
    let threads =
        args.threads.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
    let effort = Effort { watch: &Deadline(end), threads, seed: args.seed, quick: args.quick };
    let plan = planner::plan(input, question, &effort);
    let seconds = start.elapsed().as_secs_f64();
    refuse_broken(input, &plan)?;
    Ok(Answer { plan, seconds })
}

fn refuse_broken(input: &PlanningInput, plan: &Plan) -> Result<()> {
    let violations = planner::check::check(input, plan);
    if violations.is_empty() {
        return Ok(());
    }
    let mut list = String::new();
    for violation in violations.iter().take(VIOLATIONS) {
        let _ = write!(list, "\n  {violation}");
    }
    let more = match violations.len().saturating_sub(VIOLATIONS) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    bail!(
        "the plan breaks rules, so it is not shown. This is an error in supercargo, not in your cluster; \
         please report it with this list:{list}{more}"
    )
}

/// Writes the proof of the plan's bound.
///
/// # Errors
/// When there is none, and when the file cannot be written.
pub(super) fn write_certificate(input: &PlanningInput, plan: &Plan, path: &Path) -> Result<()> {
    let proof = Proof::of(input, plan);
    ensure!(proof.is_some(), "no lower bound is known for this question, so there is no certificate");
    let name = path.display();
    let mut file = BufWriter::new(File::create(path).with_context(|| format!("creating {name}"))?);
    serde_json::to_writer(&mut file, &proof).with_context(|| format!("writing {name}"))?;
    file.flush().with_context(|| format!("writing {name}"))
}
