//! Regions, zones and instance types of the catalogue.

use axum::extract::State;
use model::{Provider, UnknownName};
use wire::inventory::{
    InstanceTypeWithFamily, ListInstanceTypeNamesQuery, ListInstanceTypeNamesResponse, ListRegionsQuery,
    ListRegionsResponse, ListZonesQuery, ListZonesResponse, Region, RegionZone, Zone,
};

use crate::app::App;
use crate::http::api_router::{self, ApiRouter};
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::{Json, Query};
use crate::http::page::Slice;
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, api_router::ApiError> {
    router
        .add(operation!(list_regions))?
        .add(operation!(list_zones))?
        .add(operation!(list_instance_type_names))
}

/// List regions
///
/// The regions in which the catalogue knows something on offer, with their zones, by provider and name.
/// The catalogue keeps no region that is no longer on offer, so that asking for such ones adds none.
#[utoipa::path(
    get, path = "/v1/regions", operation_id = "InventoryAPIListRegions", tag = "inventory",
    params(ListRegionsQuery),
    responses((status = 200, description = "The regions.", body = ListRegionsResponse)),
    extensions(("x-permission" = json!("inventory.read")))
)]
async fn list_regions(
    State(app): State<App>,
    Query(query): Query<ListRegionsQuery>,
) -> ApiResult<Json<ListRegionsResponse>> {
    let slice = by_token(query.page_size, query.page_token.as_deref())?;
    let (places, next_page_token) = slice.cut(regions(&app), |(provider, region)| key(*provider, region))?;
    let to_wire = |(provider, region): (Provider, &str)| {
        let zones = app.catalog.zones(provider, region).into_iter().map(|zone| RegionZone {
            id: Some(place_id(provider, zone)),
            name: Some(zone.to_owned()),
            ..RegionZone::default()
        });
        Region {
            csp: Some(provider.to_string()),
            id: Some(place_id(provider, region)),
            name: Some(region.to_owned()),
            zones: Some(zones.collect()),
            ..Region::default()
        }
    };
    Ok(Json(ListRegionsResponse { next_page_token, regions: places.into_iter().map(to_wire).collect() }))
}

/// List zones
///
/// The zones in which the catalogue knows something on offer, by provider, region and name.
#[utoipa::path(
    get, path = "/v1/zones", operation_id = "InventoryAPIListZones", tag = "inventory",
    params(ListZonesQuery),
    responses((status = 200, description = "The zones.", body = ListZonesResponse)),
    extensions(("x-permission" = json!("inventory.read")))
)]
async fn list_zones(
    State(app): State<App>,
    Query(query): Query<ListZonesQuery>,
) -> ApiResult<Json<ListZonesResponse>> {
    let zones = regions(&app).flat_map(|(provider, region)| {
        app.catalog.zones(provider, region).into_iter().map(move |zone| (provider, region, zone))
    });
    let slice = by_token(query.page_size, query.page_token.as_deref())?;
    let (zones, next_page_token) =
        slice.cut(zones, |&(provider, region, zone)| (provider as u8, region.to_owned(), zone.to_owned()))?;
    let to_wire = |(provider, region, zone): (Provider, &str, &str)| Zone {
        id: Some(place_id(provider, zone)),
        name: Some(zone.to_owned()),
        region: Some(region.to_owned()),
        ..Zone::default()
    };
    Ok(Json(ListZonesResponse { next_page_token, zones: zones.into_iter().map(to_wire).collect() }))
}

/// List instance types
///
/// The names of all machine types that the catalogue knows, with their families, by provider and name.
#[utoipa::path(
    get, path = "/v1/instances/types", operation_id = "InventoryAPIListInstanceTypeNames", tag = "inventory",
    params(ListInstanceTypeNamesQuery),
    responses((status = 200, description = "The types.", body = ListInstanceTypeNamesResponse)),
    extensions(("x-permission" = json!("inventory.read")))
)]
async fn list_instance_type_names(
    State(app): State<App>,
    Query(query): Query<ListInstanceTypeNamesQuery>,
) -> ApiResult<Json<ListInstanceTypeNamesResponse>> {
    let wanted: Vec<Provider> = match &query.cloud_service_providers {
        None => Provider::ALL.to_vec(),
        Some(names) => names
            .iter()
            .map(|name| name.to_lowercase().parse())
            .collect::<Result<_, UnknownName>>()
            .map_err(|error| ApiError::field("cloudServiceProviders", error.to_string()))?,
    };
    let types = Provider::ALL.into_iter().filter(|provider| wanted.contains(provider));
    let types = types.flat_map(|provider| app.catalog.types(provider));
    let slice = Slice {
        limit: query.page_limit,
        after: query.page_cursor.as_deref(),
        names: ["page.limit", "page.cursor"],
    };
    let (types, next_page_cursor) = slice.cut(types, |one| key(one.provider, &one.name))?;
    let to_wire = |one: &std::sync::Arc<model::InstanceType>| InstanceTypeWithFamily {
        cloud_service_provider: Some(one.provider.to_string()),
        family: Some(one.family.to_string()),
        instance_type: Some(one.name.to_string()),
    };
    let items = types.into_iter().map(to_wire).collect();
    Ok(Json(ListInstanceTypeNamesResponse { items, next_page_cursor }))
}

/// Every region of the catalogue, in the order of [`key`].
fn regions(app: &App) -> impl Iterator<Item = (Provider, &str)> {
    let of_provider = |provider| app.catalog.regions(provider).map(move |region| (provider, &**region));
    Provider::ALL.into_iter().flat_map(of_provider)
}

/// The place of something named by its provider in lists by provider and name.
fn key(provider: Provider, name: &str) -> (u8, String) {
    (provider as u8, name.to_owned())
}

/// What a region or zone is called where all providers' stand together.
fn place_id(provider: Provider, name: &str) -> String {
    format!("{provider}:{name}")
}

/// Pages as the lists of places ask for them.
fn by_token(page_size: Option<i32>, page_token: Option<&str>) -> ApiResult<Slice<'_>> {
    let limit = page_size.map(u32::try_from).transpose();
    let limit = limit.map_err(|_| ApiError::field("pageSize", "must be at least 1"))?;
    Ok(Slice { limit, after: page_token, names: ["pageSize", "pageToken"] })
}
