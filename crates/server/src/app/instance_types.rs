//! Machine types on offer where a cluster is, and which of them a node template admits.

pub mod filter;

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{ClusterId, Lifecycle, Money, Offer};
use store::Cluster;
use wire::node_templates::NodeTemplate;

use super::{App, clusters, identity, node_templates, prices};
use crate::auth::principal::Principal;
use crate::http::error::ApiResult;
use filter::{Filter, price};

/// A machine type that a template admits.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// The type where it is offered.
    pub offer: Offer,
    /// The zone, when types are told apart by zone and it is known.
    pub zone: Option<Arc<str>>,
    /// What it costs per hour under the cheapest terms that are admitted.
    pub price: Money,
}

/// The types on offer in the cluster's region that `template` admits, by name; each once or, `by_zone`, once for
/// each zone that is known to offer it.
///
/// # Errors
/// 400 for a template that makes no sense; 404.
pub async fn admitted(
    app: &App,
    principal: &Principal,
    id: ClusterId,
    template: &NodeTemplate,
    by_zone: bool,
) -> ApiResult<Vec<Admitted>> {
    node_templates::check(template)?;
    let cluster = clusters::get(app, principal, id).await?;
    let region = region(app, &cluster).await?;
    let prices = prices::book(app, principal.organization).await?;
    let filter = Filter::of(template.constraints.as_ref());
    let offers = app.catalog.offers(identity::cloud_of(&cluster), &region);
    let spot_is_listed = offers.iter().any(|offer| offer.spot.is_some());
    let is_sold = |offer: &Offer, terms: Lifecycle| {
        terms == Lifecycle::OnDemand || offer.spot.is_some() || !spot_is_listed
    };
    let mut admitted = Vec::new();
    for offer in offers.iter().filter(|offer| filter.admits(offer)) {
        let terms = filter.terms().into_iter().filter(|&terms| is_sold(offer, terms));
        let cheapest = terms.map(|terms| price(&prices, offer, terms)).min();
        let Some(price) = cheapest.filter(|&price| filter.price_fits(&offer.instance_type, price)) else {
            continue;
        };
        let zones: Vec<Option<Arc<str>>> = match by_zone && !offer.zones.is_empty() {
            true => offer.zones.iter().filter(|zone| filter.wants_zone(zone)).cloned().map(Some).collect(),
            false => vec![None],
        };
        admitted.extend(zones.into_iter().map(|zone| Admitted { offer: offer.clone(), zone, price }));
    }
    Ok(admitted)
}

/// The sizes of machines on offer in the cluster's region, in CPUs and MiB of memory, the smallest first.
///
/// # Errors
/// 404.
pub async fn sizes(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<BTreeSet<(i32, i32)>> {
    let cluster = clusters::get(app, principal, id).await?;
    let region = region(app, &cluster).await?;
    let offers = app.catalog.offers(identity::cloud_of(&cluster), &region);
    let size = |machine: &model::InstanceType| {
        Some((i32::try_from(machine.vcpus).ok()?, i32::try_from(machine.memory_mib).ok()?))
    };
    Ok(offers.iter().filter_map(|offer| size(&offer.instance_type)).collect())
}

/// The cluster's region: as it was registered or, where nobody said, as its nodes say. Empty when unknown.
pub(super) async fn region(app: &App, cluster: &Cluster) -> ApiResult<String> {
    if !cluster.region.is_empty() {
        return Ok(cluster.region.clone());
    }
    let seen = app.live.read(app, cluster.organization_id, cluster.id, |state| {
        state.nodes().map(|node| node.region.to_string()).find(|region| !region.is_empty())
    });
    Ok(seen.await?.flatten().unwrap_or_default())
}
