//! Making clusters known. Agents register at every start, Terraform once, the operator too; whoever
//! comes first, the same identity is the same cluster, until it is deleted.

use model::ClusterId;
use serde_json::{Map, Value, json};
use store::{Cluster, Error, NewCluster};
use wire::clusters::RegisterClusterRequest;

use super::cluster_settings::Settings;
use super::identity::Identity;
use super::{App, audit, clusters, connection};
use crate::auth::principal::{Principal, Subject};
use crate::http::error::{ApiError, ApiResult};

/// Longest name of a cluster, in characters.
const LONGEST_NAME: usize = 255;
/// How often to start over when somebody else changed the cluster in between.
const ATTEMPTS: usize = 5;

/// The cluster of the identity in `request`, made now if there is none. One that is known gets what was
/// not known of it before, and comes back from a disconnection.
///
/// # Errors
/// 400 for a request that does not say which cluster is meant; 403 when the key belongs to another
/// cluster; 404 for an organisation that is not the caller's.
pub async fn register(
    app: &App,
    principal: &Principal,
    request: &RegisterClusterRequest,
) -> ApiResult<Cluster> {
    if let Some(organization) = request.organization_id.as_deref().filter(|id| !id.is_empty())
        && organization != principal.organization.to_string()
    {
        return Err(ApiError::not_found(format_args!("organization {organization:?}")));
    }
    let identity = Identity::read(request)?;
    let name = request.name.trim();
    if name.chars().count() > LONGEST_NAME {
        return Err(ApiError::field("name", format!("must have at most {LONGEST_NAME} characters")));
    }
    if let Subject::Cluster(own) = principal.subject {
        refuse_others(&clusters::get(app, principal, own).await?, &identity)?;
    }
    for _ in 0..ATTEMPTS {
        match try_register(app, principal, &identity, name, request).await {
            Err(Error::Conflict { .. }) => {}
            other => return Ok(other?),
        }
    }
    Err(ApiError::conflict("the cluster is being changed by many at once: try again"))
}

/// A cluster's own key registers that cluster and no other.
fn refuse_others(own: &Cluster, identity: &Identity) -> ApiResult<()> {
    if own.provider_type == identity.provider_type && own.identity == identity.text {
        return Ok(());
    }
    Err(ApiError::forbidden(format!(
        "this key belongs to cluster {} ({}), and what it registers is another",
        own.name, own.id
    )))
}

async fn try_register(
    app: &App,
    principal: &Principal,
    identity: &Identity,
    name: &str,
    request: &RegisterClusterRequest,
) -> store::Result<Cluster> {
    let mut tx = app.store.begin().await?;
    let registration = tx
        .register_cluster(&NewCluster {
            id: ClusterId::new(&*app.ids),
            organization_id: principal.organization,
            name: if name.is_empty() { identity.default_name.clone() } else { name.to_owned() },
            provider_type: identity.provider_type.to_owned(),
            identity: identity.text.clone(),
            provider: Value::Object(identity.parameters.clone()),
            region: identity.region.clone(),
            status: connection::CONNECTING.to_owned(),
            agent_status: connection::WAITING.to_owned(),
            created_at: app.clock.now(),
        })
        .await?;
    let known = registration.cluster;
    let mut cluster = known.clone();
    complete(&mut cluster, identity, name);
    if let Some(method) = &request.castware_install_method {
        let mut settings = Settings::of(&cluster);
        settings.castware_install_method = Some(method.as_str().to_owned());
        cluster.settings = settings.to_value();
    }
    if cluster != known {
        cluster.version = tx.update_cluster(&cluster).await?;
    }
    let event_type = match registration.created {
        true => "clusterRegistered",
        false if cluster == known => return Ok(cluster),
        false => "clusterUpdated",
    };
    let event = json!({"cluster": shown(&cluster), "before": (!registration.created).then(|| shown(&known))});
    tx.commit(&[audit::entry(app, principal, event_type, Some(cluster.id), event)]).await?;
    Ok(cluster)
}

/// Adds to a known cluster what this registration tells and earlier ones did not.
fn complete(cluster: &mut Cluster, identity: &Identity, name: &str) {
    if !name.is_empty() && is_unnamed(cluster) {
        cluster.name = name.to_owned();
    }
    if cluster.region.is_empty() {
        cluster.region = identity.region.clone();
    }
    if let Value::Object(parameters) = &mut cluster.provider {
        fill_in(parameters, &identity.parameters);
    }
    if cluster.agent_status == connection::DISCONNECTED {
        cluster.agent_status = connection::WAITING.to_owned();
    }
}

/// A name that is one of the identifying values was given by nobody: its agent knows no other.
fn is_unnamed(cluster: &Cluster) -> bool {
    let parts: Vec<String> = serde_json::from_str(&cluster.identity).unwrap_or_default();
    parts.iter().any(|part| part.to_lowercase() == cluster.name.to_lowercase())
}

fn fill_in(known: &mut Map<String, Value>, told: &Map<String, Value>) {
    for (name, value) in told {
        known.entry(name.clone()).or_insert_with(|| value.clone());
    }
}

fn shown(cluster: &Cluster) -> Value {
    json!({
        "id": cluster.id, "name": cluster.name, "providerType": cluster.provider_type,
        "provider": cluster.provider, "region": cluster.region, "agentStatus": cluster.agent_status,
    })
}
