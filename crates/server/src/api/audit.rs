//! The audit log.

use std::collections::BTreeMap;

use axum::extract::State;
use serde_json::Value;
use store::{AuditFilters, AuditRecord};
use wire::audit::{Entry, Initiator, ListEntriesQuery, ListEntriesResponse};
use wire::page::PageQuery;
use wire::proto::Object;

use crate::app::App;
use crate::auth::principal::Principal;
use crate::http::api_router::{self, ApiRouter};
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::{Json, Query};
use crate::http::page;
use crate::operation;

/// How many entries a page holds when nothing is said. A log is never answered whole.
const USUAL_LIMIT: u32 = 100;
/// How many it can hold.
const LIMITS: std::ops::RangeInclusive<u32> = 10..=1000;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, api_router::ApiError> {
    router.add(operation!(list_entries))
}

/// List audit entries
///
/// Who did what, newest first. The cursor carries the filters of the first page: a later page is asked
/// for with the limit and the cursor alone, and filters beside a cursor are not looked at.
#[utoipa::path(
    get, path = "/v1/audit", operation_id = "AuditListEntries", tag = "audit",
    params(ListEntriesQuery),
    responses((status = 200, description = "The entries.", body = ListEntriesResponse)),
    extensions(("x-permission" = json!("audit.read")))
)]
async fn list_entries(
    State(app): State<App>,
    principal: Principal,
    Query(query): Query<ListEntriesQuery>,
) -> ApiResult<Json<ListEntriesResponse>> {
    let PageQuery { limit, cursor } = query.page();
    let limit = limit.unwrap_or(USUAL_LIMIT);
    if !LIMITS.contains(&limit) {
        let description = format!("must be {} to {}", LIMITS.start(), LIMITS.end());
        return Err(ApiError::field("page.limit", description));
    }
    let cluster = query.cluster_id.as_deref().map(str::parse).transpose();
    let filters = AuditFilters {
        from: query.from_date,
        to: query.to_date,
        cluster_id: cluster.map_err(|_| ApiError::field("clusterId", "must be a UUID"))?,
        event_type: query.operation,
    };
    let page = page::stored(PageQuery { limit: Some(limit), cursor })?;
    let paged = app.store.audit_entries(principal.organization, &filters, &page).await?;
    Ok(Json(ListEntriesResponse {
        items: paged.items.into_iter().map(to_wire).collect(),
        next_cursor: paged.next.map(|cursor| cursor.to_string()),
    }))
}

fn to_wire(AuditRecord { entry, .. }: AuditRecord) -> Entry {
    let object = |value| match value {
        Value::Object(map) => map,
        _ => serde_json::Map::new(),
    };
    let text = |(name, value): (String, Value)| match value {
        Value::String(text) => (name, text),
        other => (name, other.to_string()),
    };
    let labels: BTreeMap<String, String> = object(entry.labels).into_iter().map(text).collect();
    let actor = entry.initiated_by;
    Entry {
        event: Object(object(entry.event)),
        event_type: entry.event_type,
        id: entry.id.to_string(),
        initiated_by: Initiator { email: actor.email, id: actor.id, name: actor.name },
        labels,
        time: entry.time,
    }
}
