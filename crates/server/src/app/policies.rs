//! Autoscaler policies: one document for each cluster, kept as it comes.
//!
//! What the document means is not decided here: see [`super::planning::settings`]. Here it is read in all its
//! spellings ([`document`]), judged ([`rules`]), and kept in line with the default node template, which says
//! some of it a second time ([`mirror`]).

mod document;
pub(super) mod mirror;
mod rules;

use model::ClusterId;
use serde_json::{Map, Value, json};
use store::{Cluster, DocumentKind, Tx};

use super::{App, audit, clusters, connection, node_templates};
use crate::auth::principal::Principal;
use crate::http::error::{ApiError, ApiResult};
use node_templates::Template;
use wire::policies::Policies;

/// How often to start over when somebody else changed something in between.
const ATTEMPTS: usize = 5;
/// Largest document, in bytes of its JSON: many times what all known fields take.
const MOST_BYTES: usize = 32 * 1024;

/// A cluster's document as it is kept.
pub(super) struct Stored {
    pub(super) document: Map<String, Value>,
    /// 0 for the defaults, which are not kept.
    version: i64,
}

impl Stored {
    pub(super) async fn of(app: &App, cluster: &Cluster) -> ApiResult<Self> {
        let kept = app
            .store
            .autoscaler_document(cluster.organization_id, cluster.id, DocumentKind::Policies)
            .await?;
        Ok(match kept {
            Some(kept) => Self { document: object(kept.document), version: kept.version },
            None => Self { document: document::defaults(), version: 0 },
        })
    }

    /// Writes `after` in its place.
    pub(super) async fn replace(
        &self,
        app: &App,
        tx: &mut Tx,
        cluster: &Cluster,
        after: Map<String, Value>,
    ) -> store::Result<()> {
        let (organization, kind) = (cluster.organization_id, DocumentKind::Policies);
        let (after, now) = (Value::Object(after), app.clock.now());
        tx.set_autoscaler_document(organization, cluster.id, kind, &after, self.version, now).await
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The cluster's document.
///
/// # Errors
/// 404 when the cluster does not exist for the caller.
pub async fn get(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<Map<String, Value>> {
    let cluster = clusters::get(app, principal, id).await?;
    let stored = Stored::of(app, &cluster).await?;
    let template = Template::default_of(app, &cluster).await?;
    Ok(shown(app, &cluster, stored.document, &template))
}

/// What the cluster's document says, for whoever acts on it.
///
/// # Errors
/// What the store met; 500 when it holds something else.
pub async fn of_cluster(app: &App, cluster: &Cluster) -> ApiResult<Policies> {
    let stored = Stored::of(app, cluster).await?;
    wire::from_json(Value::Object(stored.document).to_string().as_bytes()).map_err(ApiError::internal)
}

/// Merges `patch` into the cluster's document: objects field by field, null removes. What the default node
/// template says, too, is changed there as well. The resulting document.
///
/// # Errors
/// 400 for what makes no sense; 404; 409 when the patch was made against an older version of the default node
/// template, and for a deleted cluster.
pub async fn put(
    app: &App,
    principal: &Principal,
    id: ClusterId,
    patch: Map<String, Value>,
) -> ApiResult<Map<String, Value>> {
    for _ in 0..ATTEMPTS {
        let cluster = clusters::get_unarchived(app, principal, id).await?;
        match try_put(app, principal, &cluster, patch.clone()).await {
            Err(Refusal::Store(store::Error::Conflict { .. })) => {}
            Err(Refusal::Store(error)) => return Err(error.into()),
            Err(Refusal::Api(error)) => return Err(error),
            Ok(document) => return Ok(document),
        }
    }
    Err(ApiError::conflict("the policies are being changed by many at once: try again"))
}

/// Why a document was not changed: by what was asked, or by what the store met.
enum Refusal {
    Api(ApiError),
    Store(store::Error),
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

async fn try_put(
    app: &App,
    principal: &Principal,
    cluster: &Cluster,
    patch: Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    let stored = Stored::of(app, cluster).await?;
    let template = Template::default_of(app, cluster).await?;
    let mut patch = document::read(patch, &stored.document)?;
    check_version(patch.remove(document::VERSION), &template)?;
    let mut after = stored.document.clone();
    document::merge(&mut after, patch);
    rules::check(&after)?;
    if Value::Object(after.clone()).to_string().len() > MOST_BYTES {
        let message = format!("the document would be larger than {MOST_BYTES} bytes");
        return Err(ApiError::bad_request(message).into());
    }
    if after == stored.document {
        return Ok(shown(app, cluster, after, &template));
    }
    let event = json!({"before": stored.document, "after": after});
    let mut events = vec![audit::entry(app, principal, "policiesUpdated", Some(cluster.id), event)];
    let changed = mirror::to_template(&stored.document, &after, &template.document)?;
    let next = template.changed(changed);
    let mut tx = app.store.begin().await?;
    stored.replace(app, &mut tx, cluster, after.clone()).await?;
    if next.version != template.version {
        next.write(app, &mut tx, cluster).await?;
        events.push(node_templates::updated(app, principal, cluster, &template, &next));
    }
    tx.commit(&events).await?;
    Ok(shown(app, cluster, after, &next))
}

/// Refuses what was written against another version of the default template, in the words on which the
/// official provider reads the document again and retries.
fn check_version(given: Option<Value>, template: &Template) -> ApiResult<()> {
    let current = template.version.to_string();
    match given {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(given)) if given == current => Ok(()),
        Some(given) => Err(ApiError::conflict(format!(
            "the default node template has changed since: defaultNodeTemplateVersion is {current}, not {given}; \
             refetch the policies and apply the change to them"
        ))),
    }
}

/// The document with what the server adds to it.
fn shown(
    app: &App,
    cluster: &Cluster,
    mut document: Map<String, Value>,
    template: &Template,
) -> Map<String, Value> {
    document.insert(document::VERSION.to_owned(), json!(template.version.to_string()));
    // Pods are evicted by way of the cluster's controller. Nothing binds pods to nodes.
    let evictor = match connection::has_controller(&connection::of(app, cluster)) {
        true => "Compatible",
        false => "Missing",
    };
    document::set_statuses(&mut document, evictor, "PodPinnerStatus_Missing");
    document
}
