//! Machine types on offer where a cluster is.

use std::collections::BTreeSet;

use model::ClusterId;
use store::Cluster;

use super::{App, clusters, identity};
use crate::auth::principal::Principal;
use crate::http::error::ApiResult;

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
async fn region(app: &App, cluster: &Cluster) -> ApiResult<String> {
    if !cluster.region.is_empty() {
        return Ok(cluster.region.clone());
    }
    let seen = app.live.read(app, cluster.organization_id, cluster.id, |state| {
        state.nodes().map(|node| node.region.to_string()).find(|region| !region.is_empty())
    });
    Ok(seen.await?.flatten().unwrap_or_default())
}
