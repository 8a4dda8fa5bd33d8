//! Machines that are not to be bought.

use axum::extract::State;
use model::Lifecycle;
use serde::Deserialize;
use store::BlacklistEntry as Entry;
use utoipa::IntoParams;
use wire::blacklist::{BlacklistEntry, ListBlacklistResponse};
use wire::proto::Empty;

use crate::app::{App, blacklist, organizations};
use crate::auth::principal::Principal;
use crate::http::api_router::{self, ApiRouter};
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::{Json, Query, id};
use crate::operation;

/// Longest name of a family or a type, in characters.
const LONGEST_NAME: usize = 100;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, api_router::ApiError> {
    router
        .add(operation!(list_blacklist))?
        .add(operation!(add_to_blacklist))?
        .add(operation!(remove_from_blacklist))
}

/// Which entries to list.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct ListBlacklistQuery {
    /// The organisation; the caller's own when absent.
    organization_id: Option<String>,
    /// Only entries that hold for this cluster: its own, and those for all.
    cluster_id: Option<String>,
}

/// List the blacklist
///
/// What is not to be bought, in the order in which it was added.
#[utoipa::path(
    get, path = "/v1/inventory/blacklist", operation_id = "InventoryBlacklistList", tag = "inventory",
    params(ListBlacklistQuery),
    responses((status = 200, description = "The entries.", body = ListBlacklistResponse)),
    extensions(("x-permission" = json!("inventory.read")))
)]
async fn list_blacklist(
    State(app): State<App>,
    principal: Principal,
    Query(query): Query<ListBlacklistQuery>,
) -> ApiResult<Json<ListBlacklistResponse>> {
    check_organization(&principal, query.organization_id.as_deref())?;
    let cluster = query.cluster_id.as_deref().map(|text| id("cluster", text)).transpose()?;
    let entries = blacklist::list(&app, &principal, cluster).await?;
    Ok(Json(ListBlacklistResponse {
        items: entries.into_iter().map(|one| to_wire(&principal, one)).collect(),
    }))
}

/// Add to the blacklist
///
/// Machines of the family or type are not to be bought any more; those that run stay. Adding what is
/// there already changes nothing.
#[utoipa::path(
    post, path = "/v1/inventory/blacklist/add", operation_id = "InventoryBlacklistAdd", tag = "inventory",
    request_body(content = BlacklistEntry, example = json!({"instanceFamily": "m5", "lifecycle": "spot"})),
    responses((status = 200, description = "The entry as it is kept.", body = BlacklistEntry)),
    extensions(("x-permission" = json!("inventory.write")))
)]
async fn add_to_blacklist(
    State(app): State<App>,
    principal: Principal,
    Json(body): Json<BlacklistEntry>,
) -> ApiResult<Json<BlacklistEntry>> {
    let entry = blacklist::add(&app, &principal, from_wire(&app, &principal, body)?).await?;
    Ok(Json(to_wire(&principal, entry)))
}

/// Remove from the blacklist
///
/// Removes the entry for exactly this cluster or all, this family or type, and this lifecycle.
#[utoipa::path(
    post, path = "/v1/inventory/blacklist/remove", operation_id = "InventoryBlacklistRemove", tag = "inventory",
    request_body(content = BlacklistEntry, example = json!({"instanceFamily": "m5", "lifecycle": "spot"})),
    responses(
        (status = 200, description = "It is gone.", body = Empty),
        (status = 404, description = "There is no such entry."),
    ),
    extensions(("x-permission" = json!("inventory.write")))
)]
async fn remove_from_blacklist(
    State(app): State<App>,
    principal: Principal,
    Json(body): Json<BlacklistEntry>,
) -> ApiResult<Json<Empty>> {
    blacklist::remove(&app, &principal, &from_wire(&app, &principal, body)?).await?;
    Ok(Json(Empty {}))
}

/// Scripts name the organisation although the key says it.
fn check_organization(principal: &Principal, organization: Option<&str>) -> ApiResult<()> {
    match organization.filter(|id| !id.is_empty()) {
        None => Ok(()),
        Some(id) => organizations::own(principal, id).map(|_| ()),
    }
}

fn from_wire(app: &App, principal: &Principal, body: BlacklistEntry) -> ApiResult<Entry> {
    check_organization(principal, body.organization_id.as_deref())?;
    let cluster = body.cluster_id.filter(|text| !text.is_empty());
    let entry = Entry {
        cluster_id: cluster.map(|text| id("cluster", &text)).transpose()?,
        instance_family: name("instanceFamily", body.instance_family)?,
        instance_type: name("instanceType", body.instance_type)?,
        lifecycle: match body.lifecycle.as_deref() {
            None | Some("" | "all") => None,
            Some("spot") => Some(Lifecycle::Spot),
            Some("on-demand") => Some(Lifecycle::OnDemand),
            Some(_) => return Err(ApiError::field("lifecycle", "must be spot, on-demand or all")),
        },
        expires_at: None,
        created_at: app.clock.now(),
    };
    if entry.instance_family.is_some() == entry.instance_type.is_some() {
        let description = "exactly one of instanceFamily and instanceType must be given";
        return Err(ApiError::field("instanceFamily", description));
    }
    Ok(entry)
}

/// Names are not looked up in the catalogue: it need not know every machine that a cluster can have.
fn name(field: &str, text: Option<String>) -> ApiResult<Option<String>> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > LONGEST_NAME || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        let description = format!("must have 1 to {LONGEST_NAME} characters, none of them white space");
        return Err(ApiError::field(field, description));
    }
    Ok(Some(text))
}

fn to_wire(principal: &Principal, entry: Entry) -> BlacklistEntry {
    let lifecycle = match entry.lifecycle {
        None => "all",
        Some(Lifecycle::Spot) => "spot",
        Some(Lifecycle::OnDemand | Lifecycle::SpotFallback) => "on-demand",
    };
    BlacklistEntry {
        organization_id: Some(principal.organization.to_string()),
        cluster_id: entry.cluster_id.map(|id| id.to_string()),
        instance_family: entry.instance_family,
        instance_type: entry.instance_type,
        lifecycle: Some(lifecycle.to_owned()),
    }
}
