//! Audit entries of what callers do.

use model::{AuditId, ClusterId};
use serde_json::{Value, json};
use store::AuditEntry;

use super::App;
use crate::auth::principal::Principal;

/// An entry for what `principal` does now: `event_type` in the contract's style (`clusterDeleted`), and
/// what happened. `event` holds no secret.
pub fn entry(
    app: &App,
    principal: &Principal,
    event_type: &str,
    cluster: Option<ClusterId>,
    event: Value,
) -> AuditEntry {
    let labels = match cluster {
        Some(cluster) => json!({"clusterId": cluster}),
        None => json!({}),
    };
    AuditEntry {
        id: AuditId::new(&*app.ids),
        organization_id: principal.organization,
        time: app.clock.now(),
        event_type: event_type.to_owned(),
        initiated_by: principal.actor(),
        cluster_id: cluster,
        labels,
        event,
    }
}
