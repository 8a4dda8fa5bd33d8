//! `supercargo scan`: what a cluster costs, from a dump of its objects or read-only from its API.
//! Needs no server, stores nothing and sends nothing.

mod findings;
mod report;
mod text;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use anyhow::{Context as _, Result};
use clap::Args;

use super::cluster::{ClusterArgs, PriceArgs};
use super::output::{OutputFormat, Style, print_value};
use crate::cost::now::ClusterCost;
use findings::Warning;
use report::ScanReport;

const EXAMPLES: &str = "\
Examples:
  kubectl get nodes,pods,deployments,replicasets,statefulsets,daemonsets,jobs,cronjobs -A -o json > cluster.json
  kubectl get --raw /apis/metrics.k8s.io/v1beta1/pods > metrics.json
  supercargo scan cluster.json metrics.json

  supercargo scan --context production -o json | jq -r .costPerMonth";

/// Show what a cluster costs, what its pods ask for, and what is odd about it.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = EXAMPLES)]
#[command(mut_group("source", |group| group.required(true)))]
pub struct ScanArgs {
    #[command(flatten)]
    cluster: ClusterArgs,

    #[command(flatten)]
    prices: PriceArgs,

    /// The form of the output. csv is the table of workloads, figures not rounded.
    #[arg(long, short, value_enum, default_value_t, env = "SUPERCARGO_OUTPUT")]
    output: OutputFormat,

    /// List all workloads in the table, not only the most expensive ones.
    #[arg(long, env = "SUPERCARGO_ALL")]
    all: bool,
}

/// Scans and prints to the standard output.
///
/// # Errors
/// Say which file, and where in it, or which request failed.
pub async fn run(args: ScanArgs) -> Result<()> {
    let report = scan(&args).await?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    match print(&report, &args, &mut out).and_then(|()| out.flush()) {
        // Whoever reads has seen enough, as with `| head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed.context("writing the report"),
    }
}

async fn scan(args: &ScanArgs) -> Result<ScanReport> {
    let prices = args.prices.book()?;
    let reading = args.cluster.read().await?;
    let mut warnings: Vec<Warning> = reading.not_listed.iter().map(Warning::from).collect();
    let state = reading.finish();
    let cost = ClusterCost::of_nodes(args.prices.placed(&state), &state, &prices);
    warnings.extend(findings::find(&state, &cost));
    Ok(ScanReport::new(&state, &cost, warnings))
}

fn print(report: &ScanReport, args: &ScanArgs, out: &mut dyn Write) -> io::Result<()> {
    match args.output {
        OutputFormat::Table => text::write(report, args.all, Style::for_stdout(), out),
        OutputFormat::Csv => text::workloads_csv(report).write_csv(out),
        format @ (OutputFormat::Json | OutputFormat::Yaml) => print_value(out, format, report),
    }
}
