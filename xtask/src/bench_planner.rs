//! `cargo xtask bench planner`: every packing scenario through the planner, beside what others reach.
//!
//! Each plan is judged by `planner::check` and each certificate by [`verify_certificate`](crate::verify_certificate).
//! A row fails when its plan has a violation, when it costs more above our bound than it may, when our bound is
//! weaker than the known one, or when the certificate does not verify. Costs and bounds do not depend on the
//! machine as long as time suffices; seconds do, and no row fails by them.

mod reference;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use planner::scenario::{Outcome, Proof, Scenario};
use planner::{Bound, Effort, Question, Watch};

use crate::verify_certificate;
use reference::Reference;

/// How the scenarios are run.
#[derive(clap::Args)]
pub struct Options {
    /// The folder of scenarios, `NAME.json` or `NAME.json.gz`.
    #[arg(long, default_value = "../shared/bench/scenarios")]
    scenarios: PathBuf,
    /// Only scenarios whose name begins so.
    #[arg(long, default_value = "")]
    only: String,
    /// Seconds for each plan; 60 for openb_gpu unless given, half a second with --quick.
    #[arg(long)]
    time_limit: Option<f64>,
    /// Threads of the planner.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Seeds the planner's random choices.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Runs of each; the median of their seconds is shown.
    #[arg(long, default_value_t = 1)]
    repeat: usize,
    /// Ask as the loop does: a good answer at once.
    #[arg(long)]
    quick: bool,
    /// Skip the verification of certificates.
    #[arg(long)]
    no_verify: bool,
}

/// Stops at a moment.
struct Until(Instant);

impl Watch for Until {
    fn seconds_left(&self) -> f64 {
        let now = Instant::now();
        self.0.saturating_duration_since(now).as_secs_f64()
            - now.saturating_duration_since(self.0).as_secs_f64()
    }
}

/// What one scenario came to.
struct Row {
    name: String,
    pods: usize,
    outcome: Outcome,
    certified: bool,
    seconds: f64,
    faults: Vec<String>,
}

/// Runs all scenarios and prints the table.
///
/// # Errors
/// When a scenario cannot be read or a row misses what it must reach.
pub fn run(root: &Path, options: &Options) -> anyhow::Result<()> {
    let folder = if options.scenarios.is_absolute() {
        options.scenarios.clone()
    } else {
        root.join(&options.scenarios)
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .with_context(|| format!("reading {}", folder.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    println!(
        "| scenario | pods | cost $/h | our bound | over it | at most | LB | bound / LB | Karpenter | nodes | seconds | certificate |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    let mut faults = Vec::new();
    for file in files {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(name) = name.strip_suffix(".json.gz").or_else(|| name.strip_suffix(".json")) else {
            continue;
        };
        if !name.starts_with(&options.only) {
            continue;
        }
        let row = measure(name, &file, options)?;
        print(&row, options);
        faults.extend(row.faults.iter().map(|fault| format!("{name}: {fault}")));
    }
    for fault in &faults {
        eprintln!("{fault}");
    }
    if !faults.is_empty() {
        bail!("{} faults", faults.len());
    }
    Ok(())
}

fn measure(name: &str, file: &Path, options: &Options) -> anyhow::Result<Row> {
    let text = verify_certificate::plain(file)?;
    let scenario = Scenario::read(&text[..]).with_context(|| format!("reading {}", file.display()))?;
    let input = scenario.input();
    let usual = match (options.quick, name) {
        (true, _) => 0.5,
        (false, "openb_gpu") => 60.0,
        (false, _) => 10.0,
    };
    let limit = Duration::from_secs_f64(options.time_limit.unwrap_or(usual));
    let mut seconds = Vec::with_capacity(options.repeat);
    let mut plan = planner::Plan::default();
    for _ in 0..options.repeat.max(1) {
        let start = Instant::now();
        let until = Until(start + limit);
        let effort =
            Effort { watch: &until, threads: options.threads, seed: options.seed, quick: options.quick };
        plan = planner::plan(&input, &Question::Provision, &effort);
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    let seconds = seconds[seconds.len() / 2];
    let mut faults: Vec<String> =
        planner::check::check(&input, &plan).iter().take(5).map(ToString::to_string).collect();
    let outcome = scenario.outcome(&input, &plan, seconds);
    let proof = Proof::of(&input, &plan);
    let mut certified = false;
    match (&plan.bound, proof) {
        (Bound::Unknown { why }, _) => faults.push(format!("no bound: {why}")),
        (Bound::Certified { .. }, Some(proof)) if !options.no_verify => {
            match verify_certificate::verify(&text, &serde_json::to_vec(&proof)?) {
                Ok(_) => certified = true,
                Err(error) => faults.push(format!("certificate: {error:#}")),
            }
        }
        _ => {}
    }
    if let Some(reference) = Reference::of(name) {
        faults.extend(missed(reference, &outcome, options.quick));
    }
    Ok(Row { name: name.to_owned(), pods: scenario.pods(), outcome, certified, seconds, faults })
}

/// Dollars for a table.
fn dollars(amount: model::Money) -> f64 {
    amount.nanos() as f64 / 1e9
}

/// Which figures a row misses.
fn missed(reference: &Reference, outcome: &Outcome, quick: bool) -> Vec<String> {
    let mut faults = Vec::new();
    let most = reference.over_bound(quick);
    let (gap, bound) = (outcome.gap.unwrap_or(f64::INFINITY), dollars(outcome.lower_bound_per_hour));
    if most.is_some_and(|most| gap > most) {
        faults.push(format!(
            "{:.2} % over our bound, {:.1} % at most",
            gap * 100.0,
            most.unwrap_or(0.0) * 100.0
        ));
    }
    if !quick && reference.lower_bound.is_some_and(|known| bound < known * reference.share_of_bound()) {
        faults.push(format!(
            "our bound {bound:.3} is below {:.1} % of the known one",
            reference.share_of_bound() * 100.0
        ));
    }
    if !outcome.unplaced.is_empty() {
        faults.push(format!("{} pods without a place", outcome.unplaced.len()));
    }
    faults
}

fn print(row: &Row, options: &Options) {
    let reference = Reference::of(&row.name);
    let show = |value: Option<f64>, digits: usize| {
        value.map_or_else(String::new, |value| format!("{value:.digits$}"))
    };
    let percent =
        |value: Option<f64>| value.map_or_else(String::new, |value| format!("{:.2} %", value * 100.0));
    let bound = dollars(row.outcome.lower_bound_per_hour);
    let known = reference.and_then(|reference| reference.lower_bound);
    println!(
        "| {} | {} | {:.3} | {bound:.3} | {} | {} | {} | {} | {} | {} | {:.2} | {} |",
        row.name,
        row.pods,
        dollars(row.outcome.cost_per_hour),
        percent(row.outcome.gap),
        percent(reference.and_then(|reference| reference.over_bound(options.quick))),
        show(known, 3),
        percent(known.map(|known| bound / known)),
        show(reference.map(|reference| reference.karpenter), 2),
        row.outcome.nodes.len(),
        row.seconds,
        if row.certified { "verified" } else { "-" },
    );
}
