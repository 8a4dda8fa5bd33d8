//! Audit entries of what callers do.

use model::{AuditId, ClusterId, OrganizationId};
use serde_json::{Value, json};
use store::{Actor, AuditEntry};

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
    of(app, principal.organization, principal.actor(), event_type, cluster, event)
}

/// An entry for what the server does on its own.
pub fn system_entry(
    app: &App,
    organization: OrganizationId,
    event_type: &str,
    cluster: Option<ClusterId>,
    event: Value,
) -> AuditEntry {
    let server = Actor {
        kind: "server".to_owned(),
        id: "server".to_owned(),
        name: "Supercargo".to_owned(),
        email: String::new(),
    };
    of(app, organization, server, event_type, cluster, event)
}

fn of(
    app: &App,
    organization_id: OrganizationId,
    initiated_by: Actor,
    event_type: &str,
    cluster_id: Option<ClusterId>,
    event: Value,
) -> AuditEntry {
    AuditEntry {
        id: AuditId::new(&*app.ids),
        organization_id,
        time: app.clock.now(),
        event_type: event_type.to_owned(),
        initiated_by,
        cluster_id,
        labels: cluster_id.map_or_else(|| json!({}), |cluster| json!({"clusterId": cluster})),
        event,
    }
}
