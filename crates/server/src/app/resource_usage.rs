//! What machines an organisation runs, and how far they are used: every cluster's nodes as its state
//! knows them now, by cluster, zone, type and terms.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloud::PriceBook;
use cluster::ClusterState;
use model::{ClusterId, Lifecycle, MachineSize, Money, Node, NodeId, Provider, Resources};
use serde_json::json;

use super::{App, audit, clusters, ingest, prices};
use crate::auth::principal::Principal;
use crate::cost::now::{Amounts, price_query};
use crate::http::error::ApiResult;

/// The labels by which a node names the reservation that its machine is taken from.
const AWS_RESERVATION: &str = "karpenter.k8s.aws/capacity-reservation-id";
const GCP_RESERVATION: &str = "cloud.google.com/reservation-name";

/// What machines have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// Whose machines they are.
    pub cluster: ClusterId,
    /// Who sells them.
    pub provider: Provider,
    /// The region; empty when unknown.
    pub region: Arc<str>,
    /// The zone; empty when unknown.
    pub zone: Arc<str>,
    /// The type; empty when unknown.
    pub instance_type: Arc<str>,
    /// Whether they are spot machines.
    pub spot: bool,
    /// What each costs in an hour.
    pub price: Money,
}

/// Machines of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Machines {
    /// What they have in common.
    pub kind: Kind,
    /// How large each is: as sold, where the catalogue knows it.
    pub size: MachineSize,
    /// Each of them, by the name of its node.
    pub nodes: Vec<UsedNode>,
}

/// A machine, and which share of it pods request.
#[derive(Clone, Debug, PartialEq)]
pub struct UsedNode {
    /// Its node.
    pub id: NodeId,
    /// The capacity reservation that it is taken from, as the node names it.
    pub reservation: Option<Arc<str>>,
    /// The shares.
    pub used: Shares,
}

/// Shares between 0 and 1, or sums of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shares {
    /// Of the CPU for pods.
    pub cpu: f64,
    /// Of the memory for pods.
    pub memory: f64,
    /// Of the price.
    pub money: f64,
}

/// All machines of the organisation's clusters.
///
/// # Errors
/// What the store met.
pub async fn list(app: &App, principal: &Principal) -> ApiResult<Vec<Machines>> {
    let book = prices::book(app, principal.organization).await?;
    let mut all = Vec::new();
    for cluster in clusters::list(app, principal).await? {
        let read = app
            .live
            .read(app, cluster.organization_id, cluster.id, |state| of_cluster(cluster.id, state, &book));
        all.extend(read.await?.unwrap_or_default());
    }
    Ok(all)
}

/// Has the cluster's agent send everything anew, so that the next figures are of what is there then.
///
/// # Errors
/// 404, 409.
pub async fn sync(app: &App, principal: &Principal, cluster: ClusterId) -> ApiResult<()> {
    let cluster = clusters::get_unarchived(app, principal, cluster).await?;
    let entry = audit::entry(app, principal, "resourceUsageSyncRequested", Some(cluster.id), json!({}));
    app.store.begin().await?.commit(&[entry]).await?;
    ingest::request_resync(app, &cluster).await
}

fn of_cluster(cluster: ClusterId, state: &ClusterState, book: &PriceBook) -> Vec<Machines> {
    let requested = state.requested_by_node();
    let mut kinds: BTreeMap<Kind, Machines> = BTreeMap::new();
    for node in state.nodes() {
        let query = price_query(node);
        let price = book.price(&query).per_hour;
        let kind = Kind {
            cluster,
            provider: node.provider,
            region: Arc::clone(&node.region),
            zone: Arc::clone(&node.zone),
            instance_type: Arc::clone(&node.instance_type),
            spot: node.lifecycle == Lifecycle::Spot,
            price,
        };
        let known = book.catalog().instance_type(node.provider, &node.instance_type);
        let size = known.map_or(query.size, |known| MachineSize {
            cpu_millis: u64::from(known.vcpus) * 1000,
            memory_bytes: known.memory_mib << 20,
            ..query.size
        });
        let nothing = Resources::default();
        let parts = book.parts(&query, price);
        let used = shares(node, requested.get(&*node.name).unwrap_or(&nothing), price, parts);
        let machines =
            kinds.entry(kind.clone()).or_insert_with(|| Machines { kind, size, nodes: Vec::new() });
        machines.nodes.push(UsedNode { id: node.id(), reservation: reservation(node), used });
    }
    kinds.into_values().collect()
}

/// Which shares of a node are requested; of its price, what its parts cost of which shares are requested.
fn shares(node: &Node, requested: &Resources, price: Money, parts: [Money; 3]) -> Shares {
    let share = |asked: i64, there: i64| match there {
        ..=0 => 0.0,
        there => (asked.max(0) as f64 / there as f64).min(1.0),
    };
    let (asked, there) = (Amounts::of(requested), Amounts::of(&node.allocatable));
    let of = [
        share(asked.cpu_milli, there.cpu_milli),
        share(asked.memory_bytes, there.memory_bytes),
        share(asked.gpus, there.gpus),
    ];
    let spent: f64 = parts.iter().zip(of).map(|(part, share)| part.nanos() as f64 * share).sum();
    let money = if price.nanos() > 0 { spent / price.nanos() as f64 } else { 0.0 };
    Shares { cpu: of[0], memory: of[1], money }
}

fn reservation(node: &Node) -> Option<Arc<str>> {
    let label = match node.provider {
        Provider::Aws => AWS_RESERVATION,
        Provider::Gcp => GCP_RESERVATION,
        Provider::Azure | Provider::Other => return None,
    };
    node.labels.get_shared(label).cloned()
}
