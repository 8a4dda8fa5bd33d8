//! `supercargo sim`: many simulated clusters that speak the agent's and the controller's protocol to any
//! server, and a report of how that went.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::SignedDuration;
use model::{Clock, Timestamp};
use serde::Serialize;
use sim::cluster::faults::Trouble;
use sim::http::{Ended, Member, Server, Shared, Tally};
use sim::scenario::{Dynamics, load_test};
use sim::{Agent, Provider, Rhythm, SimCloud, Subject, cloud_server};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::host::SystemClock;
use super::output::{self, Align, OutputFormat, Table};

/// Failures that are shown one by one.
const SHOWN_FAILURES: usize = 20;

#[derive(Clone, Debug, Args)]
pub(super) struct SimArgs {
    /// URL of the server.
    #[arg(long, env = "SUPERCARGO_URL")]
    url: String,
    /// Key to register and speak with.
    #[arg(long, env = "SUPERCARGO_KEY", hide_env_values = true)]
    key: String,
    /// PEM file of the certificate authority to trust with https, such as tls/ca.pem of the server's data.
    #[arg(long, env = "SUPERCARGO_CA_FILE", value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// How many clusters.
    #[arg(long, env = "SUPERCARGO_CLUSTERS", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    clusters: u32,
    /// How many nodes each cluster begins with.
    #[arg(long, env = "SUPERCARGO_NODES", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    nodes: u32,
    /// The same seed gives the same clusters.
    #[arg(long, env = "SUPERCARGO_SEED", default_value_t = 1)]
    seed: u64,
    /// How many seconds pass in the clusters in one of the wall. The protocol's pauses stay the wall's.
    #[arg(long, env = "SUPERCARGO_SPEED", default_value_t = 1)]
    speed: u32,
    /// How long to go on, such as 60s or 5m; until Ctrl-C, if not given.
    #[arg(long, env = "SUPERCARGO_DURATION")]
    duration: Option<SignedDuration>,
    /// Whose clusters: eks, gke, aks or anywhere.
    #[arg(long, env = "SUPERCARGO_PROVIDER", default_value_t = Provider::Eks)]
    provider: Provider,
    /// Time between two deltas of one cluster; the official agent's is 15s.
    #[arg(long, env = "SUPERCARGO_INTERVAL", default_value = "15s")]
    interval: SignedDuration,
    /// Nothing changes in the clusters and nobody polls for actions: a snapshot each, then heartbeats.
    #[arg(long, env = "SUPERCARGO_QUIET_WORLD")]
    quiet_world: bool,
    /// Offer the simulated cloud under the clusters on this loopback address, for `server --sim-cloud`; port 0
    /// takes any free one.
    #[arg(long, env = "SUPERCARGO_CLOUD_LISTEN", value_name = "ADDRESS", conflicts_with = "quiet_world")]
    cloud_listen: Option<SocketAddr>,
    /// Leave node groups as they are: machines come and go through the simulated cloud alone.
    #[arg(long, env = "SUPERCARGO_NO_GROUP_AUTOSCALER", conflicts_with = "quiet_world")]
    no_group_autoscaler: bool,
    /// JSON file with a list of faults that every cluster meets, such as
    /// [{"fault": {"kind": "drought", "lifecycle": "spot"}, "afterSeconds": 600, "forSeconds": 1800}].
    #[arg(long, env = "SUPERCARGO_TROUBLES", value_name = "FILE", conflicts_with = "quiet_world")]
    troubles: Option<PathBuf>,
    /// How the report is printed.
    #[arg(long, env = "SUPERCARGO_REPORT", value_enum, default_value_t)]
    report: OutputFormat,
}

/// What the clusters were when the server last took something of them, and how it took it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    clusters: u64,
    registered: u64,
    delivered: u64,
    nodes: u64,
    pods: u64,
    unbound_pods: u64,
    actions_succeeded: u64,
    actions_failed: u64,
    requests: BTreeMap<String, RequestReport>,
    failures: Vec<String>,
    failure_count: usize,
}

/// How the requests of one purpose went.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestReport {
    succeeded: u64,
    failed: u64,
    #[serde(rename = "p50Milliseconds")]
    p50: f64,
    #[serde(rename = "p99Milliseconds")]
    p99: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<String>,
}

/// Runs the clusters for their time.
///
/// # Errors
/// A server that cannot be addressed, or a cluster whose last request of some kind failed.
pub(super) async fn run(args: SimArgs) -> anyhow::Result<()> {
    if !args.interval.is_positive() {
        bail!("the interval must be longer than nothing");
    }
    let authority = match &args.ca_file {
        Some(file) => Some(std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?),
        None => None,
    };
    let server = Server::new(&args.url, &args.key, authority.as_deref())?;
    let troubles = troubles(args.troubles.as_deref())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let tally = Arc::new(Tally::default());
    let stop = CancellationToken::new();
    let cloud = cloud(&args, &clock, &stop).await?;
    let subjects = subjects(&args, &troubles, clock.now()).await?;

    let mut members = JoinSet::new();
    for (number, subject) in subjects.iter().enumerate() {
        let share = args.interval.as_millis() * number as i128 / subjects.len() as i128;
        let start = clock.now().saturating_add(SignedDuration::from_millis(share as i64))?;
        let name = cluster_name(number);
        let agent = Agent::new(args.provider, &name, number as u64, Rhythm::of(args.interval), start);
        let controlled = !args.quiet_world;
        let member = Member { subject: subject.clone(), agent, controlled, cloud: cloud.clone() };
        members.spawn(sim::http::run(server.clone(), member, clock.clone(), tally.clone(), stop.clone()));
    }
    watch(&args, &tally, &stop).await;
    stop.cancel();
    let ended = members.join_all().await;
    let report = report(&ended, &tally);
    print(&report, args.report)?;
    if report.failure_count > 0 {
        bail!("{} requests failed in the end", report.failure_count);
    }
    Ok(())
}

/// The cloud under the clusters, if it is to be offered to others; until `stop`.
async fn cloud(
    args: &SimArgs,
    clock: &Arc<dyn Clock>,
    stop: &CancellationToken,
) -> anyhow::Result<Option<SimCloud>> {
    let Some(address) = args.cloud_listen else { return Ok(None) };
    let listener = cloud_server::bind(address).await.context("--cloud-listen")?;
    eprintln!("the simulated cloud is at http://{}", listener.local_addr()?);
    let cloud = SimCloud::new(clock.clone());
    tokio::spawn(cloud_server::serve(listener, cloud.clone(), stop.clone()));
    Ok(Some(cloud))
}

/// The script of faults in `file`.
fn troubles(file: Option<&Path>) -> anyhow::Result<Vec<Trouble>> {
    let Some(file) = file else { return Ok(Vec::new()) };
    let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is not a list of faults", file.display()))
}

fn cluster_name(number: usize) -> String {
    format!("sim-{number:04}")
}

/// The clusters, made on as many threads as there are.
async fn subjects(args: &SimArgs, troubles: &[Trouble], start: Timestamp) -> anyhow::Result<Vec<Shared>> {
    let mut making = JoinSet::new();
    for number in 0..args.clusters as usize {
        let (args, troubles) = (args.clone(), troubles.to_vec());
        making.spawn_blocking(move || -> anyhow::Result<(usize, Subject)> {
            let dynamics = if args.quiet_world { Dynamics::QUIET } else { Dynamics::ORDINARY };
            let seed = args.seed.wrapping_add(number as u64);
            let scenario = load_test(args.provider, &cluster_name(number), args.nodes, seed, dynamics);
            if args.quiet_world {
                return Ok((number, Subject::still(Arc::new(scenario), seed, start)));
            }
            let mut subject = Subject::living(&scenario, seed, start);
            if let Some(cluster) = subject.cluster_mut() {
                cluster.set_speed(start, args.speed);
                cluster.set_group_autoscaler(!args.no_group_autoscaler);
                for trouble in troubles {
                    cluster.trouble(trouble).context("--troubles")?;
                }
            }
            Ok((number, subject))
        });
    }
    let mut subjects = Vec::new();
    while let Some(made) = making.join_next().await {
        subjects.push(made.context("a cluster could not be made")??);
    }
    subjects.sort_by_key(|(number, _)| *number);
    Ok(subjects.into_iter().map(|(_, subject)| Arc::new(Mutex::new(subject))).collect())
}

/// Waits for the end of the time, or for Ctrl-C; meanwhile shows on a terminal how it goes.
async fn watch(args: &SimArgs, tally: &Tally, stop: &CancellationToken) {
    let over = async {
        match args.duration {
            Some(duration) => tokio::time::sleep(Duration::try_from(duration).unwrap_or_default()).await,
            None => std::future::pending().await,
        }
    };
    let status = async {
        let mut stderr = std::io::stderr();
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if stderr.is_terminal() {
                let outcomes = tally.outcomes();
                let succeeded: u64 = outcomes.values().map(|outcomes| outcomes.succeeded).sum();
                let failed: u64 = outcomes.values().map(|outcomes| outcomes.failed).sum();
                // A status line that cannot be shown is not missed.
                let _ =
                    write!(stderr, "\r{} clusters, {succeeded} requests, {failed} failed ", args.clusters);
            }
        }
    };
    tokio::select! {
        () = over => {}
        () = status => {}
        _ = tokio::signal::ctrl_c() => {}
        () = stop.cancelled() => {}
    }
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
}

fn report(ended: &[Ended], tally: &Tally) -> Report {
    let mut failures: Vec<String> = ended.iter().flat_map(|ended| ended.failures.clone()).collect();
    failures.extend(ended.iter().filter(|ended| !ended.delivered && ended.failures.is_empty()).map(
        |ended| {
            let id = ended.cluster_id.as_deref().unwrap_or("not registered");
            format!("the time was over before the first snapshot of a cluster ({id}) was taken")
        },
    ));
    let failure_count = failures.len();
    failures.truncate(SHOWN_FAILURES);
    let requests = tally.outcomes().into_iter().map(|(purpose, outcomes)| {
        let report = RequestReport {
            succeeded: outcomes.succeeded,
            failed: outcomes.failed,
            p50: outcomes.milliseconds_at(500),
            p99: outcomes.milliseconds_at(990),
            last_failure: outcomes.last_failure,
        };
        (purpose.as_str().to_owned(), report)
    });
    Report {
        clusters: ended.len() as u64,
        registered: ended.iter().filter(|ended| ended.cluster_id.is_some()).count() as u64,
        delivered: ended.iter().filter(|ended| ended.delivered).count() as u64,
        nodes: ended.iter().map(|ended| ended.counts.nodes).sum(),
        pods: ended.iter().map(|ended| ended.counts.pods).sum(),
        unbound_pods: ended.iter().map(|ended| ended.counts.unbound_pods).sum(),
        actions_succeeded: ended.iter().map(|ended| ended.actions.0).sum(),
        actions_failed: ended.iter().map(|ended| ended.actions.1).sum(),
        requests: requests.collect(),
        failures,
        failure_count,
    }
}

fn print(report: &Report, format: OutputFormat) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    if format == OutputFormat::Table {
        writeln!(
            out,
            "{} clusters, {} registered, {} delivered; {} nodes, {} pods, {} of them waiting; \
             {} actions succeeded, {} failed",
            report.clusters,
            report.registered,
            report.delivered,
            report.nodes,
            report.pods,
            report.unbound_pods,
            report.actions_succeeded,
            report.actions_failed
        )?;
        for failure in &report.failures {
            writeln!(out, "failed: {failure}")?;
        }
    }
    output::print_list(&mut out, format, report, || {
        let right = Align::Right;
        let mut table = Table::new([
            ("REQUEST", Align::Left),
            ("SUCCEEDED", right),
            ("FAILED", right),
            ("P50 MS", right),
            ("P99 MS", right),
        ]);
        for (purpose, requests) in &report.requests {
            table.row([
                purpose.clone(),
                requests.succeeded.to_string(),
                requests.failed.to_string(),
                format!("{:.1}", requests.p50),
                format!("{:.1}", requests.p99),
            ]);
        }
        table
    })?;
    Ok(())
}
