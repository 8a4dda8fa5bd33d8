//! A cluster as the contract shows it.

use model::Node;
use serde::de::DeserializeOwned;
use store::Cluster;
use wire::clusters::{
    CastwareInstallMethod, Cluster as WireCluster, ClusterAttributes, KarpenterAttribute, Region, Zone,
};

use crate::app::cluster_settings::Settings;
use crate::app::{App, connection, identity};
use crate::http::error::ApiResult;

/// How much of a cluster's id makes its name unique.
const ID_CHARACTERS: usize = 8;

/// These clusters.
///
/// # Errors
/// What the store met.
pub async fn to_wire_all(app: &App, clusters: &[Cluster]) -> ApiResult<Vec<WireCluster>> {
    let mut shown = Vec::with_capacity(clusters.len());
    for cluster in clusters {
        shown.push(to_wire(app, cluster).await?);
    }
    Ok(shown)
}

/// This cluster.
///
/// # Errors
/// What the store met.
pub async fn to_wire(app: &App, cluster: &Cluster) -> ApiResult<WireCluster> {
    let connection = connection::of(app, cluster);
    let settings = Settings::of(cluster);
    let reported = app.live.glance(app, cluster.organization_id, cluster.id, |state| {
        (state.cluster_version().to_owned(), state.nodes().any(|node| is_by_karpenter(node)))
    });
    let (version, karpenter) = reported.await?.unwrap_or_default();
    let mut shown = WireCluster {
        agent_snapshot_received_at: connection
            .activity
            .last_snapshot_at
            .max(connection.activity.last_delta_at),
        agent_status: connection.agent_status.to_owned(),
        all_region_zones: zones(app, cluster),
        attributes: karpenter.then(|| ClusterAttributes {
            karpenter: Some(KarpenterAttribute::default()),
            ..ClusterAttributes::default()
        }),
        castware_install_method: settings
            .castware_install_method
            .map(|method| CastwareInstallMethod::from(method.as_str())),
        cluster_name_id: Some(name_id(cluster)),
        created_at: Some(cluster.created_at),
        credentials_id: cluster.credentials_id.clone(),
        deleted_at: cluster.deleted_at,
        first_operation_at: settings.first_operation_at,
        id: cluster.id.to_string(),
        is_phase2: !cluster.credentials_id.is_empty(),
        kubernetes_version: (!version.is_empty()).then_some(version),
        name: cluster.name.clone(),
        organization_id: cluster.organization_id.to_string(),
        provider_namespace_id: ["accountId", "projectId", "subscriptionId"]
            .iter()
            .find_map(|name| cluster.provider[name].as_str().map(str::to_owned)),
        provider_type: cluster.provider_type.clone(),
        reconciled_at: cluster.reconciled_at,
        region: (!cluster.region.is_empty()).then(|| Region {
            name: Some(cluster.region.clone()),
            display_name: Some(cluster.region.clone()),
        }),
        status: connection.status.to_owned(),
        tags: serde_json::from_value(cluster.tags.clone()).unwrap_or_default(),
        ..WireCluster::default()
    };
    match cluster.provider_type.as_str() {
        identity::EKS => shown.eks = parameters(cluster),
        identity::GKE => shown.gke = parameters(cluster),
        identity::AKS => shown.aks = parameters(cluster),
        identity::KOPS => shown.kops = parameters(cluster),
        identity::OPENSHIFT => shown.openshift = parameters(cluster),
        identity::ANYWHERE => shown.anywhere = parameters(cluster),
        identity::SELF_HOSTED_EC2 => shown.self_hosted_with_ec2_nodes = parameters(cluster),
        identity::OKE => shown.oke = parameters(cluster),
        _ => {}
    }
    Ok(shown)
}

/// Karpenter labels the nodes it makes.
fn is_by_karpenter(node: &Node) -> bool {
    ["karpenter.sh/nodepool", "karpenter.sh/provisioner-name"]
        .iter()
        .any(|label| node.labels.get(label).is_some())
}

/// The provider's parameters, which are kept as they are on the wire.
fn parameters<T: DeserializeOwned>(cluster: &Cluster) -> Option<T> {
    serde_json::from_value(cluster.provider.clone()).ok()
}

/// All zones of the region that the catalogue knows; `None` when it knows none.
fn zones(app: &App, cluster: &Cluster) -> Option<Vec<Zone>> {
    let zones = app.catalog.zones(identity::cloud_of(cluster), &cluster.region);
    let zones: Vec<Zone> = zones
        .iter()
        .map(|zone| Zone { id: Some((*zone).to_owned()), name: Some((*zone).to_owned()) })
        .collect();
    (!zones.is_empty()).then_some(zones)
}

/// The name, fit for names of cloud resources, and a part of the id.
fn name_id(cluster: &Cluster) -> String {
    let mut name = String::new();
    for character in cluster.name.to_lowercase().chars() {
        match character {
            'a'..='z' | '0'..='9' => name.push(character),
            _ if !name.ends_with('-') && !name.is_empty() => name.push('-'),
            _ => {}
        }
    }
    let id = cluster.id.to_string();
    format!("{}-{}", name.trim_end_matches('-'), &id[..ID_CHARACTERS]).trim_start_matches('-').to_owned()
}
