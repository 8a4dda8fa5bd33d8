//! What machines an organisation runs, and how far they are used.

use axum::extract::{Path, State};
use model::Provider;
use wire::inventory::{
    GetOrganizationResourceUsageResponse, InstanceTypeUsage, NodeUsage, NodeUsageAws, NodeUsageGcp,
    UsageDistribution,
};
use wire::proto::{Decimal, Empty};

use crate::app::resource_usage::{self, Machines, Shares, UsedNode};
use crate::app::{App, organizations};
use crate::auth::principal::Principal;
use crate::http::api_router::{self, ApiRouter};
use crate::http::error::ApiResult;
use crate::http::extract::{Json, id};
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, api_router::ApiError> {
    router.add(operation!(get_resource_usage))?.add(operation!(sync_resource_usage))
}

/// Get the organisation's use of resources
///
/// The machines of all its clusters as they are now, those of one cluster, zone, type, price and lifecycle
/// together, each with the share of it that pods request.
#[utoipa::path(
    get, path = "/v1/organizations/resource-usage",
    operation_id = "InventoryAPIGetOrganizationResourceUsage", tag = "inventory",
    responses((status = 200, description = "The machines.", body = GetOrganizationResourceUsageResponse)),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn get_resource_usage(
    State(app): State<App>,
    principal: Principal,
) -> ApiResult<Json<GetOrganizationResourceUsageResponse>> {
    let machines = resource_usage::list(&app, &principal).await?;
    Ok(Json(GetOrganizationResourceUsageResponse {
        instance_types: machines.into_iter().map(to_wire).collect(),
    }))
}

/// Sync a cluster's use of resources
///
/// Has the cluster's agent send everything anew. Figures follow its deltas anyway, so this is for those who
/// doubt them.
#[utoipa::path(
    post, path = "/v1/organizations/{organizationId}/clusters/{clusterId}/sync-resource-usage",
    operation_id = "InventoryAPISyncClusterResources", tag = "inventory",
    params(
        ("organizationId" = String, Path, description = "The organisation's id."),
        ("clusterId" = String, Path, description = "The cluster's id."),
    ),
    responses(
        (status = 200, description = "The agent will be told.", body = Empty),
        (status = 404, description = "There is no such organisation or cluster."),
        (status = 409, description = "The cluster was deleted."),
    ),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn sync_resource_usage(
    State(app): State<App>,
    principal: Principal,
    Path((organization, cluster)): Path<(String, String)>,
) -> ApiResult<Json<Empty>> {
    organizations::own(&principal, &organization)?;
    resource_usage::sync(&app, &principal, id("cluster", &cluster)?).await?;
    Ok(Json(Empty {}))
}

fn to_wire(machines: Machines) -> InstanceTypeUsage {
    let Machines { kind, size, nodes } = machines;
    let all = nodes.iter().fold(Shares::default(), |all, node| Shares {
        cpu: all.cpu + node.used.cpu,
        memory: all.memory + node.used.memory,
        money: all.money + node.used.money,
    });
    let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let decimal = |amount: u64, unit| Decimal::ratio(i64::try_from(amount).ok()?, unit);
    InstanceTypeUsage {
        az_id: known(&kind.zone),
        cluster_id: Some(kind.cluster.to_string()),
        count: i32::try_from(nodes.len()).ok(),
        instance_type: known(&kind.instance_type),
        node_ids: Some(nodes.iter().map(|node| node.id.to_string()).collect()),
        price: Some(kind.price),
        provider: Some(kind.provider.to_string()),
        ram: decimal(size.memory_bytes, 1 << 30),
        region: known(&kind.region),
        spot: Some(kind.spot),
        usage_distribution: Some(distribution(all)),
        vcpu: decimal(size.cpu_millis, 1000),
        nodes: Some(nodes.into_iter().map(|node| node_usage(kind.provider, node)).collect()),
    }
}

fn node_usage(provider: Provider, node: UsedNode) -> NodeUsage {
    let reservation = node.reservation.map(|id| id.to_string());
    let (aws, gcp) = if provider == Provider::Aws { (reservation, None) } else { (None, reservation) };
    NodeUsage {
        aws: aws.map(|id| NodeUsageAws { capacity_reservation_id: Some(id), ..NodeUsageAws::default() }),
        gcp: gcp.map(|id| NodeUsageGcp { capacity_reservation_id: Some(id), ..NodeUsageGcp::default() }),
        node_id: Some(node.id.to_string()),
        usage_distribution: Some(distribution(node.used)),
    }
}

fn distribution(shares: Shares) -> UsageDistribution {
    UsageDistribution {
        cpu: Some(shares.cpu),
        memory: Some(shares.memory),
        monetary_amount: Some(shares.money),
    }
}
