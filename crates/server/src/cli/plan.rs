//! `supercargo plan`: what a cluster could cost, from a dump or read-only from its API; what a change to it
//! would cost; and the answer to a packing scenario. Needs no server, stores nothing, changes nothing.

mod ask;
mod explain;
mod manifest;
mod policies;
mod report;
mod scenario;
mod selector;
mod text;
mod whole;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use jiff::SignedDuration;
use planner::SpotUse;

use super::cluster::{ClusterArgs, PriceArgs};
use super::output::OutputFormat;

const EXAMPLES: &str = "\
What it takes to plan well, and how to look:
  kubectl get nodes,pods,namespaces,deployments,replicasets,statefulsets,daemonsets,jobs,pv,pvc,sc,pdb,csinodes -A -o json > cluster.json
  supercargo plan cluster.json
  supercargo plan cluster.json --explain ip-10-0-1-20.ec2.internal
  supercargo plan cluster.json --spot friendly --only-nodes 'eks.amazonaws.com/nodegroup=general'
  supercargo plan --context production -o json | jq .saving

In CI: fail when a change needs more machines.
  supercargo plan --context production --manifest deploy.yaml --exit-code

A packing scenario:
  supercargo plan --scenario generic_500.json.gz --time-limit 10s -o json --certificate proof.json

Exit codes: 0 done, 1 it failed, 2 wrong use. With --exit-code, 2 also says that the plan changes
something: nodes that go, come or are replaced; with --manifest, that the change costs more or that pods
of it have no place.";

/// Show what a cluster could cost, and why not less; nothing is changed.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = EXAMPLES)]
#[command(mut_group("source", |group| group.required(true).arg("scenario")))]
pub struct PlanArgs {
    #[command(flatten)]
    cluster: ClusterArgs,

    #[command(flatten)]
    prices: PriceArgs,

    /// Answer a packing scenario, plain or gzip, instead of planning a cluster: machine types with
    /// offers, pods, and what a daemon takes of every node.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["files", "kubeconfig", "context", "catalog", "prices", "provider", "region"]
    )]
    scenario: Option<PathBuf>,

    /// Rules of the house: limits, templates, spot, what moving pods costs; docs/policies.md has all of
    /// them.
    #[arg(long, value_name = "FILE", env = "SUPERCARGO_POLICIES", conflicts_with = "scenario")]
    policies: Option<PathBuf>,

    /// Only nodes with these labels may go, such as `pool=general,tier!=gold`, `zone in (a,b)`, `!keep`.
    #[arg(long, value_name = "SELECTOR", env = "SUPERCARGO_ONLY_NODES", conflicts_with = "scenario")]
    only_nodes: Option<selector::Selector>,

    /// Which pods may run on spot machines. Unless given, a pod keeps the terms it runs under.
    #[arg(long, value_enum, value_name = "WHICH", env = "SUPERCARGO_SPOT", conflicts_with = "scenario")]
    spot: Option<Spot>,

    /// Price a change: objects of this file (YAML or JSON) are laid over the cluster, and what they need
    /// is shown in dollars and nodes. May be given more than once.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["scenario", "only_nodes", "explain"])]
    manifest: Vec<PathBuf>,

    /// Say why a node stays or why a pod has no place: a node's name, or a pod as namespace/name. May be
    /// given more than once.
    #[arg(long, value_name = "NODE|POD", conflicts_with = "scenario")]
    explain: Vec<String>,

    /// How long to look for a better plan, such as 10s or 500ms. The best one found until then is shown.
    #[arg(long, value_name = "TIME", env = "SUPERCARGO_TIME_LIMIT", default_value = "10s", value_parser = time_limit)]
    time_limit: SignedDuration,

    /// Seeds the search: the same seed gives the same plan, unless time runs out.
    #[arg(long, value_name = "NUMBER", env = "SUPERCARGO_SEED", default_value_t = 0)]
    seed: u64,

    /// Threads to use; all cores unless given. The plan does not depend on it.
    #[arg(long, value_name = "NUMBER", env = "SUPERCARGO_THREADS", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,

    /// A good plan within milliseconds rather than the best within the time limit.
    #[arg(long, env = "SUPERCARGO_QUICK")]
    quick: bool,

    /// Write the proof of the lower bound to this file; docs/lower-bound.md says how to verify it.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,

    /// The form of the output.
    #[arg(long, short, value_enum, default_value_t, env = "SUPERCARGO_OUTPUT")]
    output: PlanFormat,

    /// Exit with 2 when the plan changes something.
    #[arg(long, conflicts_with = "scenario")]
    exit_code: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum PlanFormat {
    /// For people; not meant to be parsed.
    #[default]
    Table,
    /// Figures as numbers, money in dollars.
    Json,
    /// The same as YAML.
    Yaml,
}

impl From<PlanFormat> for OutputFormat {
    fn from(format: PlanFormat) -> Self {
        match format {
            PlanFormat::Table => Self::Table,
            PlanFormat::Json => Self::Json,
            PlanFormat::Yaml => Self::Yaml,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Spot {
    /// No pod.
    None,
    /// Pods of workloads with two or more replicas that keep nothing and carry no keep mark.
    Friendly,
    /// All pods that do not refuse.
    All,
}

impl From<Spot> for SpotUse {
    fn from(spot: Spot) -> Self {
        match spot {
            Spot::None => Self::None,
            Spot::Friendly => Self::Friendly { max_workload_percent: 100 },
            Spot::All => Self::All,
        }
    }
}

fn time_limit(text: &str) -> Result<SignedDuration, String> {
    let limit: SignedDuration = text.parse().map_err(|error| format!("{error}; write 10s, 500ms or 2m"))?;
    if limit.is_negative() { Err("a time limit is not negative".to_owned()) } else { Ok(limit) }
}

/// Plans and prints to the standard output.
///
/// # Errors
/// Say which file, and where in it, or which request failed.
pub async fn run(args: PlanArgs) -> Result<ExitCode> {
    let mut text = Vec::new();
    let changes = match &args.scenario {
        Some(scenario) => scenario::run(scenario, &args, &mut text).map(|()| false)?,
        None => whole::run(&args, &mut text).await?,
    };
    let mut out = io::stdout().lock();
    match out.write_all(&text).and_then(|()| out.flush()) {
        // Whoever reads has seen enough, as with `| head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        written => written.context("writing the plan")?,
    }
    Ok(if args.exit_code && changes { ExitCode::from(2) } else { ExitCode::SUCCESS })
}
