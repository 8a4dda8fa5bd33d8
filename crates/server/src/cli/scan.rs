//! `supercargo scan`: what a cluster costs, from a dump of its objects or read-only from its API.
//! Needs no server, stores nothing and sends nothing.

mod findings;
mod live;
mod prices;
mod report;
mod source;
mod text;

#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::{ArgGroup, Args};
use model::{Node, Provider};

use super::output::{OutputFormat, Style, print_value};
use crate::cost::now::ClusterCost;
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
#[command(group(ArgGroup::new("source").required(true).multiple(true).args(["files", "kubeconfig", "context"])))]
pub struct ScanArgs {
    /// Dumps to read, plain or gzip; `-` is the standard input. Several add up to one cluster.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Read the cluster of this kubeconfig instead, with get and list requests only. Without it,
    /// --context looks in KUBECONFIG and ~/.kube/config.
    #[arg(long, value_name = "FILE", env = "SUPERCARGO_KUBECONFIG", conflicts_with = "files")]
    kubeconfig: Option<PathBuf>,

    /// The context of the kubeconfig to use, instead of its current one.
    #[arg(long, value_name = "NAME", env = "SUPERCARGO_CONTEXT", conflicts_with = "files")]
    context: Option<String>,

    /// A CSV of instance types and prices, laid over the built-in catalogue. Its columns: provider,
    /// region, instance_type, vcpus, memory_mib, on_demand_usd_per_hour, and optionally family, arch,
    /// gpus, gpu_model, local_ssd_gib, spot_usd_per_hour, spot_interruption_band, max_pods, zones
    /// (joined by `;`), burstable, price_source, spot_source.
    #[arg(long, value_name = "FILE", env = "SUPERCARGO_CATALOG")]
    catalog: Option<PathBuf>,

    /// Your own prices: YAML or JSON with a list `adjustments`, applied in order. Each names the
    /// machines it means (provider, region, zone, family, instanceType, lifecycle: on_demand, spot or
    /// spot_fallback; all optional) and has one of: multiplier; pricePerHour; pricePerVcpuHour with
    /// pricePerGibHour and optionally pricePerGpuHour.
    #[arg(long, value_name = "FILE", env = "SUPERCARGO_PRICES")]
    prices: Option<PathBuf>,

    /// Price all nodes as machines of this provider, whatever they say: aws, gcp, azure or other.
    #[arg(long, value_name = "NAME", env = "SUPERCARGO_PROVIDER")]
    provider: Option<Provider>,

    /// Price all nodes as machines in this region, whatever they say.
    #[arg(long, value_name = "NAME", env = "SUPERCARGO_REGION")]
    region: Option<String>,

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
    let prices = prices::read(args.catalog.as_deref(), args.prices.as_deref())?;
    let (state, mut warnings) = match args.files.is_empty() {
        true => live::read(args.kubeconfig.as_deref(), args.context.as_deref()).await?,
        false => (source::read(&args.files)?, Vec::new()),
    };
    let placed = |node: &Arc<Node>| match (args.provider, &args.region) {
        (None, None) => Arc::clone(node),
        (provider, region) => Arc::new(Node {
            provider: provider.unwrap_or(node.provider),
            region: region.as_deref().map_or_else(|| Arc::clone(&node.region), Arc::from),
            ..Node::clone(node)
        }),
    };
    let cost = ClusterCost::of_nodes(state.nodes().map(placed), &state, &prices);
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
