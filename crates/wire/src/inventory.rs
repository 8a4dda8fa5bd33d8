//! Regions, zones and machine types on offer, and which of them an organisation uses.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use model::{Money, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::open_enum;
use crate::page::PageQuery;
use crate::proto::Decimal;

/// Which regions to list.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ListRegionsQuery {
    /// At most this many items; everything when absent.
    pub page_size: Option<i32>,
    /// Where the previous page ended: its `nextPageToken`.
    pub page_token: Option<String>,
    /// Whether to list regions, too, that are no longer on offer.
    pub include_unavailable: Option<bool>,
}

/// Regions of all providers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiInventoryV1beta1ListRegionsResponse)]
pub struct ListRegionsResponse {
    /// Where the next page begins, to be sent as `pageToken`; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_page_token: Option<String>,
    /// The regions, by provider and name.
    pub regions: Vec<Region>,
}

/// A region of a provider.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiInventoryV1beta1Region)]
pub struct Region {
    /// What kind of region it is, such as `public`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub category: Option<String>,
    /// When it first appeared in the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub create_time: Option<Timestamp>,
    /// The provider: `aws`, `gcp` or `azure`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "aws")]
    pub csp: Option<String>,
    /// The region's name for people, such as `Europe (Frankfurt)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Europe (Frankfurt)")]
    pub display_name: Option<String>,
    /// Id of the region: provider and name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// The region's name in price lists, where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub key: Option<String>,
    /// The region as the provider names it, such as `eu-central-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "eu-central-1")]
    pub name: Option<String>,
    /// When it ceased to be on offer; absent while it is on offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unavailability_time: Option<Timestamp>,
    /// When its entry in the catalogue last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub update_time: Option<Timestamp>,
    /// Its zones, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub zones: Option<Vec<RegionZone>>,
}

/// A zone of a region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiInventoryV1beta1RegionZone)]
pub struct RegionZone {
    /// When it first appeared in the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub create_time: Option<Timestamp>,
    /// Id of the zone: provider and name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// The zone as the provider names it, such as `eu-central-1a`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "eu-central-1")]
    pub name: Option<String>,
    /// When it ceased to be on offer; absent while it is on offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unavailability_time: Option<Timestamp>,
    /// When its entry in the catalogue last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub update_time: Option<Timestamp>,
    /// Id of the zone that is the same in every account, where the provider has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub zone_id: Option<String>,
}

/// Which page of the zones to list.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ListZonesQuery {
    /// At most this many items; everything when absent.
    pub page_size: Option<i32>,
    /// Where the previous page ended: its `nextPageToken`.
    pub page_token: Option<String>,
}

/// Zones of all providers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiInventoryV1beta1ListZonesResponse)]
pub struct ListZonesResponse {
    /// Where the next page begins, to be sent as `pageToken`; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_page_token: Option<String>,
    /// The zones, by provider and name.
    pub zones: Vec<Zone>,
}

/// An availability zone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiInventoryV1beta1Zone)]
pub struct Zone {
    /// When it first appeared in the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub create_time: Option<Timestamp>,
    /// Id of the zone: provider and name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// The zone as the provider names it, such as `eu-central-1a`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "eu-central-1")]
    pub name: Option<String>,
    /// Region of the provider, such as `eu-central-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "eu-central-1")]
    pub region: Option<String>,
    /// When it ceased to be on offer; absent while it is on offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unavailability_time: Option<Timestamp>,
    /// When its entry in the catalogue last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub update_time: Option<Timestamp>,
    /// Id of the zone that is the same in every account, where the provider has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub zone_id: Option<String>,
}

/// Which machine types to list.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ListInstanceTypeNamesQuery {
    /// Only those of these providers: `aws`, `gcp`, `azure`; of all when absent.
    pub cloud_service_providers: Option<Vec<String>>,
    /// At most this many items; without any paging parameter, everything is returned.
    #[serde(rename = "page.limit")]
    pub page_limit: Option<u32>,
    /// Where the previous page ended: its `nextCursor`.
    #[serde(rename = "page.cursor")]
    pub page_cursor: Option<String>,
}

impl ListInstanceTypeNamesQuery {
    /// Which page of the list is asked for.
    pub fn page(&self) -> PageQuery {
        PageQuery { limit: self.page_limit, cursor: self.page_cursor.clone() }
    }
}

/// Names of machine types.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiInventoryV1beta1ListInstanceTypeNamesResponse)]
pub struct ListInstanceTypeNamesResponse {
    /// The types, by provider and name.
    pub items: Vec<InstanceTypeWithFamily>,
    /// Where the next page begins, to be sent as `page.cursor`; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_page_cursor: Option<String>,
}

/// A machine type by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiInventoryV1beta1InstanceTypeWithFamily)]
pub struct InstanceTypeWithFamily {
    /// The provider: `aws`, `gcp` or `azure`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "aws")]
    pub cloud_service_provider: Option<String>,
    /// The family it is of, such as `m5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "m5")]
    pub family: Option<String>,
    /// Machine type as the provider calls it, such as `m5.large`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "m5.large")]
    pub instance_type: Option<String>,
}

/// What machines an organisation runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiInventoryV1beta1GetOrganizationResourceUsageResponse)]
pub struct GetOrganizationResourceUsageResponse {
    /// The machines; those of one cluster, type, zone and lifecycle together.
    pub instance_types: Vec<InstanceTypeUsage>,
}

/// Machines of one type in one zone of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiInventoryV1beta1InstanceTypeAggregate)]
pub struct InstanceTypeUsage {
    /// Availability zone as the provider names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub az_id: Option<String>,
    /// The cluster, by its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cluster_id: Option<String>,
    /// How many there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub count: Option<i32>,
    /// Machine type as the provider calls it, such as `m5.large`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "m5.large")]
    pub instance_type: Option<String>,
    /// Ids of their nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_ids: Option<Vec<String>>,
    /// The machines one by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub nodes: Option<Vec<NodeUsage>>,
    /// What each costs in an hour, in US dollars, as a decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "decimal", nullable = false, example = "0.115")]
    pub price: Option<Money>,
    /// The provider: `aws`, `gcp`, `azure` or `other`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "aws")]
    pub provider: Option<String>,
    /// Memory of each, in GiB, as a decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "decimal", nullable = false, example = "8")]
    pub ram: Option<Decimal>,
    /// Region of the provider, such as `eu-central-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "eu-central-1")]
    pub region: Option<String>,
    /// Whether they are spot machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub spot: Option<bool>,
    /// How many of them are in use, by what is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub usage_distribution: Option<UsageDistribution>,
    /// CPUs of each, as a decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "decimal", nullable = false, example = "2")]
    pub vcpu: Option<Decimal>,
}

/// How far a machine is used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiInventoryV1beta1NodeUsage)]
pub struct NodeUsage {
    /// Its reservation at AWS; absent when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aws: Option<NodeUsageAws>,
    /// Its reservation at Google Cloud; absent when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gcp: Option<NodeUsageGcp>,
    /// The node, by its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_id: Option<String>,
    /// Which share of it is in use, by what is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub usage_distribution: Option<UsageDistribution>,
}

/// A machine's reservation at AWS.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiInventoryV1beta1NodeUsageAWS)]
pub struct NodeUsageAws {
    /// Id of the reservation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub capacity_reservation_id: Option<String>,
    /// Kind of the reservation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub capacity_reservation_type: Option<AwsCapacityReservationType>,
}

open_enum! {
    /// Kind of a capacity reservation at AWS.
    #[schema_name = "CastaiInventoryV1beta1NodeUsageAWSCapacityReservationType"]
    pub enum AwsCapacityReservationType {
        CapacityBlock = "CAPACITY_BLOCK",
        Unspecified = "CAPACITY_RESERVATION_TYPE_UNSPECIFIED",
        OnDemandCapacityReservation = "ON_DEMAND_CAPACITY_RESERVATION",
    }
}

/// A machine's reservation at Google Cloud.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiInventoryV1beta1NodeUsageGCP)]
pub struct NodeUsageGcp {
    /// Id of the reservation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub capacity_reservation_id: Option<String>,
    /// Kind of the reservation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub capacity_reservation_type: Option<GcpCapacityReservationType>,
}

open_enum! {
    /// Kind of a capacity reservation at Google Cloud.
    #[schema_name = "CastaiInventoryV1beta1NodeUsageGCPCapacityReservationType"]
    pub enum GcpCapacityReservationType {
        Unspecified = "CAPACITY_RESERVATION_TYPE_UNSPECIFIED",
        OnDemandCapacityReservation = "ON_DEMAND_CAPACITY_RESERVATION",
    }
}

/// Shares in use, between 0 and 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CastaiInventoryV1beta1UsageDistribution)]
pub struct UsageDistribution {
    /// Share of the CPU that pods request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cpu: Option<f64>,
    /// Share of the memory that pods request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub memory: Option<f64>,
    /// Share of the price that what pods request comes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub monetary_amount: Option<f64>,
}
