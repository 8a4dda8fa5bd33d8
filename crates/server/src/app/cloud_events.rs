//! What the spot handler tells of nodes. Recorded as it came: a machine about to be taken back has no
//! time to argue.

use model::ClusterId;
use store::CloudEvent;

use super::{App, clusters};
use crate::auth::principal::Principal;
use crate::http::error::ApiResult;

/// Keeps the event, of whatever type.
///
/// # Errors
/// 404.
pub async fn record(
    app: &App,
    principal: &Principal,
    id: ClusterId,
    event_type: String,
    node_id: String,
    provider_id: String,
) -> ApiResult<()> {
    let cluster = clusters::get(app, principal, id).await?;
    tracing::info!(cluster = %id, event_type, node_id, provider_id, "the cloud tells of a node");
    let event = CloudEvent { event_type, node_id, provider_id, received_at: app.clock.now() };
    Ok(app.store.record_cloud_event(cluster.organization_id, id, &event).await?)
}
