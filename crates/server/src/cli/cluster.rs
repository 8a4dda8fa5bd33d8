//! Where commands that need no server take a cluster and its prices from: dumps in files, or its API,
//! read-only. Stores nothing and sends nothing.

mod dump;
mod live;
mod prices;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use clap::{ArgGroup, Args};
use cloud::PriceBook;
use cluster::{ClusterState, DumpReader};
use model::{Node, Provider};

/// Flags that say which cluster is meant.
#[derive(Clone, Debug, Args)]
#[command(group(ArgGroup::new("source").multiple(true).args(["files", "kubeconfig", "context"])))]
pub struct ClusterArgs {
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
}

/// Flags that say what its machines cost.
#[derive(Clone, Debug, Args)]
pub struct PriceArgs {
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
}

/// A list that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotListed {
    /// What it lists, in the plural.
    pub objects: String,
    /// Why, in the server's words.
    pub reason: String,
}

/// A cluster being read: more dumps can be laid over it.
pub struct Reading {
    dump: DumpReader,
    /// What could not be read.
    pub not_listed: Vec<NotListed>,
}

impl ClusterArgs {
    /// Reads the cluster.
    ///
    /// # Errors
    /// Say which file, and where in it, or which request failed.
    pub async fn read(&self) -> Result<Reading> {
        match self.files.is_empty() {
            true => live::read(self.kubeconfig.as_deref(), self.context.as_deref()).await,
            false => Ok(Reading { dump: dump::read(&self.files)?, not_listed: Vec::new() }),
        }
    }
}

impl Reading {
    /// The cluster.
    pub fn finish(self) -> ClusterState {
        self.dump.finish()
    }
}

impl PriceArgs {
    /// The price book: the built-in catalogue, with the files laid over it.
    ///
    /// # Errors
    /// Say which file cannot be read, and where in it.
    pub fn book(&self) -> Result<PriceBook> {
        prices::read(self.catalog.as_deref(), self.prices.as_deref())
    }

    /// The nodes of `state` in the places where they are to be priced.
    pub fn placed<'a>(&'a self, state: &'a ClusterState) -> impl Iterator<Item = Arc<Node>> + 'a {
        state.nodes().map(|node| match (self.provider, &self.region) {
            (None, None) => Arc::clone(node),
            (provider, region) => Arc::new(Node {
                provider: provider.unwrap_or(node.provider),
                region: region.as_deref().map_or_else(|| Arc::clone(&node.region), Arc::from),
                ..Node::clone(node)
            }),
        })
    }
}
