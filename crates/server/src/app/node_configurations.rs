//! Node configurations: what is set up on the machines of a cluster's new nodes.
//!
//! Every cluster has a default one: it is made when somebody first looks, so that clusters have it that
//! were registered before there were any. What a configuration may say is in [`rules`]. A configuration
//! is replaced, never merged, and gives back what was sent and nothing besides.

use model::{ClusterId, NodeConfigurationId};
use serde_json::{Value, json};
use store::{Cluster, NodeConfiguration};
use wire::node_configurations::NodeConfigurationUpdate;

use super::{App, audit, clusters};
use crate::auth::principal::Principal;
use crate::http::error::{ApiError, ApiResult};

pub mod max_pods;
mod rules;
mod suggestions;

pub use suggestions::{Suggestions, suggest};

/// The name of the configuration that every cluster has.
pub const DEFAULT: &str = "default";
/// Longest name, in characters.
const LONGEST_NAME: usize = 100;
/// How often to start over when somebody else changed configurations in between.
const ATTEMPTS: usize = 5;

/// The cluster's configurations, by name.
///
/// # Errors
/// 404.
pub async fn list(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<Vec<NodeConfiguration>> {
    of_cluster(app, &clusters::get(app, principal, id).await?).await
}

/// One of them.
///
/// # Errors
/// 404.
pub async fn get(
    app: &App,
    principal: &Principal,
    cluster: ClusterId,
    id: NodeConfigurationId,
) -> ApiResult<NodeConfiguration> {
    find(list(app, principal, cluster).await?, id)
}

/// The configurations of `cluster`, by name. One that is not archived has a default.
///
/// # Errors
/// What the store met.
pub async fn of_cluster(app: &App, cluster: &Cluster) -> ApiResult<Vec<NodeConfiguration>> {
    let (organization, id) = (cluster.organization_id, cluster.id);
    let found = app.store.node_configurations(organization, id).await?;
    if cluster.deleted_at.is_some() || found.iter().any(|one| one.is_default) {
        return Ok(found);
    }
    let default =
        NodeConfiguration { is_default: true, ..new(app, cluster, DEFAULT, &rules::nothing_special()) };
    let mut tx = app.store.begin().await?;
    match tx.create_node_configuration(&default).await {
        // Another server was faster.
        Err(store::Error::AlreadyExists { .. }) => {}
        created => {
            created?;
            let event = json!({"nodeConfiguration": shown(&default)});
            let entry = audit::system_entry(app, organization, "nodeConfigurationCreated", Some(id), event);
            tx.commit(&[entry]).await?;
        }
    }
    Ok(app.store.node_configurations(organization, id).await?)
}

/// Creates the configuration `name`; one of this name is overwritten and stays the same record.
///
/// # Errors
/// 400 for settings that make no sense for the cluster; 404, 409.
pub async fn create(
    app: &App,
    principal: &Principal,
    cluster: ClusterId,
    name: &str,
    settings: &NodeConfigurationUpdate,
) -> ApiResult<NodeConfiguration> {
    if name.trim().is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        let wanted = format!("must have 1 to {LONGEST_NAME} characters that can be seen");
        return Err(ApiError::field("name", wanted));
    }
    put(app, principal, cluster, settings, |known| match known.iter().find(|one| one.name == name) {
        Some(same) => Ok(Target::Existing(same.clone())),
        None => Ok(Target::New(name.to_owned())),
    })
    .await
}

/// Replaces the settings of a configuration.
///
/// # Errors
/// 400 for settings that make no sense for the cluster; 404, 409.
pub async fn update(
    app: &App,
    principal: &Principal,
    cluster: ClusterId,
    id: NodeConfigurationId,
    settings: &NodeConfigurationUpdate,
) -> ApiResult<NodeConfiguration> {
    put(app, principal, cluster, settings, |known| find(known.to_vec(), id).map(Target::Existing)).await
}

/// Makes a configuration the default, and every other of the cluster not.
///
/// # Errors
/// 404, 409.
pub async fn set_default(
    app: &App,
    principal: &Principal,
    cluster: ClusterId,
    id: NodeConfigurationId,
) -> ApiResult<NodeConfiguration> {
    let cluster = clusters::get_unarchived(app, principal, cluster).await?;
    let known = of_cluster(app, &cluster).await?;
    let before = known.iter().find(|one| one.is_default).map(|one| one.id);
    let mut chosen = find(known, id)?;
    if chosen.is_default {
        return Ok(chosen);
    }
    let mut tx = app.store.begin().await?;
    let set = tx.set_default_node_configuration(cluster.organization_id, cluster.id, id).await;
    if let Err(store::Error::AlreadyExists { .. }) = set {
        return Err(ApiError::conflict("another configuration is being made the default: try again"));
    }
    if !set? {
        return Err(missing(id));
    }
    let event = json!({"before": {"id": before}, "after": {"id": id, "name": chosen.name}});
    tx.commit(&[audit::entry(app, principal, "nodeConfigurationSetDefault", Some(cluster.id), event)])
        .await?;
    chosen.is_default = true;
    Ok(chosen)
}

/// Deletes a configuration. Nodes that were made from it stay as they are. The clusters that were
/// deleted have theirs deleted, too, if somebody likes.
///
/// # Errors
/// 404; 409 for the default, which a cluster cannot be without.
pub async fn delete(
    app: &App,
    principal: &Principal,
    cluster: ClusterId,
    id: NodeConfigurationId,
) -> ApiResult<()> {
    let cluster = clusters::get(app, principal, cluster).await?;
    let found = find(of_cluster(app, &cluster).await?, id)?;
    let is_default = || {
        ApiError::conflict(format!(
            "{} is the default configuration: make another one the default first",
            found.name
        ))
    };
    if found.is_default {
        return Err(is_default());
    }
    let mut tx = app.store.begin().await?;
    if !tx.delete_node_configuration(cluster.organization_id, cluster.id, id).await? {
        // Found a moment ago: since then it was deleted, or made the default.
        drop(tx);
        find(of_cluster(app, &cluster).await?, id)?;
        return Err(is_default());
    }
    let event = json!({"nodeConfiguration": shown(&found)});
    tx.commit(&[audit::entry(app, principal, "nodeConfigurationDeleted", Some(cluster.id), event)]).await?;
    Ok(())
}

/// Its settings in the contract's words.
///
/// # Errors
/// 500 when the store holds something else.
pub fn settings(configuration: &NodeConfiguration) -> ApiResult<NodeConfigurationUpdate> {
    serde_json::from_value(configuration.settings.clone()).map_err(ApiError::internal)
}

/// What settings are written to.
enum Target {
    /// A configuration of this name, which there is not yet.
    New(String),
    Existing(NodeConfiguration),
}

/// Writes `settings` to what `choose` picks, given the cluster's configurations; starts over when
/// somebody else was faster. What is the same already stays at its version.
async fn put(
    app: &App,
    principal: &Principal,
    cluster: ClusterId,
    settings: &NodeConfigurationUpdate,
    choose: impl Fn(&[NodeConfiguration]) -> ApiResult<Target>,
) -> ApiResult<NodeConfiguration> {
    let cluster = clusters::get_unarchived(app, principal, cluster).await?;
    let settings = rules::checked(&cluster.provider_type, settings)?;
    for _ in 0..ATTEMPTS {
        let known = of_cluster(app, &cluster).await?;
        let (before, mut after) = match choose(&known)? {
            Target::New(name) => (None, new(app, &cluster, &name, &settings)),
            Target::Existing(before) => {
                let after = NodeConfiguration {
                    settings: json!(settings),
                    updated_at: app.clock.now(),
                    ..before.clone()
                };
                (Some(before), after)
            }
        };
        if let Some(before) = &before
            && before.settings == after.settings
        {
            return Ok(before.clone());
        }
        let mut tx = app.store.begin().await?;
        let written = match &before {
            None => tx.create_node_configuration(&after).await.map(|()| after.version),
            Some(_) => tx.update_node_configuration(&after).await,
        };
        match written {
            Err(store::Error::AlreadyExists { .. } | store::Error::Conflict { .. }) => continue,
            written => after.version = written?,
        }
        let event_type = match before {
            None => "nodeConfigurationCreated",
            Some(_) => "nodeConfigurationUpdated",
        };
        let event = json!({"before": before.as_ref().map(shown), "nodeConfiguration": shown(&after)});
        tx.commit(&[audit::entry(app, principal, event_type, Some(cluster.id), event)]).await?;
        return Ok(after);
    }
    Err(ApiError::conflict("the configurations are being changed by many at once: try again"))
}

fn new(app: &App, cluster: &Cluster, name: &str, settings: &NodeConfigurationUpdate) -> NodeConfiguration {
    let now = app.clock.now();
    NodeConfiguration {
        id: NodeConfigurationId::new(&*app.ids),
        organization_id: cluster.organization_id,
        cluster_id: cluster.id,
        name: name.to_owned(),
        is_default: false,
        settings: json!(settings),
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

fn find(known: Vec<NodeConfiguration>, id: NodeConfigurationId) -> ApiResult<NodeConfiguration> {
    known.into_iter().find(|one| one.id == id).ok_or_else(|| missing(id))
}

fn missing(id: NodeConfigurationId) -> ApiError {
    ApiError::not_found(format_args!("node configuration {id}"))
}

/// For the audit log: without the script and the key, which may hold what not every reader of the log
/// should see.
fn shown(configuration: &NodeConfiguration) -> Value {
    let mut settings = configuration.settings.clone();
    if let Value::Object(settings) = &mut settings {
        for private in ["initScript", "sshPublicKey"] {
            if let Some(value) = settings.get_mut(private) {
                *value = json!("(set)");
            }
        }
    }
    json!({
        "id": configuration.id, "name": configuration.name, "version": configuration.version,
        "default": configuration.is_default, "settings": settings,
    })
}
