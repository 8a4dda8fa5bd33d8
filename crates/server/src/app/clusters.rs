//! Clusters, as they exist for a caller, and what is set for them.

use std::collections::BTreeMap;

use model::{ClusterId, KeyId};
use serde_json::{Value, json};
use store::{ApiKey, Cluster, KeySubject, Page};

use super::work::Work;
use super::{App, audit, ingest};
use crate::auth::key::{KeyKind, KeyText};
use crate::auth::principal::Principal;
use crate::http::error::{ApiError, ApiResult};

/// How often to start over when somebody else changed the cluster in between.
const ATTEMPTS: usize = 5;
/// Most tags of a cluster, and the longest key and value, in characters: what providers allow.
const MOST_TAGS: usize = 50;
const LONGEST_TAG_KEY: usize = 128;
const LONGEST_TAG_VALUE: usize = 256;

/// The cluster, archived or not, if it exists for the caller. Every operation on a cluster begins here.
///
/// # Errors
/// 404 when it does not.
pub async fn get(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<Cluster> {
    let missing = || ApiError::not_found(format_args!("cluster {id}"));
    if !principal.may_see_cluster(id) {
        return Err(missing());
    }
    app.store.cluster(principal.organization, id).await?.ok_or_else(missing)
}

/// Nothing more is taken from a cluster that was deleted.
///
/// # Errors
/// 409 when it was.
pub fn refuse_archived(cluster: &Cluster) -> ApiResult<()> {
    match cluster.deleted_at {
        Some(at) => Err(ApiError::conflict(format!("cluster {} was deleted at {at}", cluster.id))),
        None => Ok(()),
    }
}

/// The cluster, if it exists for the caller and was not deleted.
///
/// # Errors
/// 404, 409.
pub async fn get_unarchived(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<Cluster> {
    let cluster = get(app, principal, id).await?;
    refuse_archived(&cluster)?;
    Ok(cluster)
}

/// The organisation's clusters but for the archived ones, by name, then id.
///
/// # Errors
/// What the store met.
pub async fn list(app: &App, principal: &Principal) -> ApiResult<Vec<Cluster>> {
    let mut clusters = app.store.clusters(principal.organization, false, &Page::ALL).await?.items;
    clusters.retain(|cluster| principal.may_see_cluster(cluster.id));
    clusters.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    Ok(clusters)
}

/// What an edit of a cluster comes with.
pub(super) struct Edit {
    /// How the audit log calls it.
    pub(super) event_type: &'static str,
    /// What the audit log tells of it; no secrets.
    pub(super) event: Value,
    /// What becomes of the credentials.
    pub(super) credentials: CredentialsEdit,
    /// Whether the keys of the cluster's components go.
    pub(super) delete_keys: bool,
    /// What the controller is to do about it.
    pub(super) work: Option<Work>,
}

/// What becomes of a cluster's sealed credentials.
pub(super) enum CredentialsEdit {
    /// They stay.
    Keep,
    /// These take their place.
    Set(Vec<u8>),
    /// They go.
    Forget,
}

impl Edit {
    /// One that leaves the credentials alone.
    pub(super) fn of(event_type: &'static str, event: Value) -> Self {
        Self { event_type, event, credentials: CredentialsEdit::Keep, delete_keys: false, work: None }
    }
}

/// Reads the cluster, lets `edit` change it, and writes it with its audit entry; starts over when
/// somebody else was faster. An edit that changes nothing, and answers `None`, writes nothing.
///
/// # Errors
/// 404; what `edit` refuses; what the store met.
pub(super) async fn change(
    app: &App,
    principal: &Principal,
    id: ClusterId,
    mut edit: impl FnMut(&mut Cluster) -> ApiResult<Option<Edit>>,
) -> ApiResult<Cluster> {
    for _ in 0..ATTEMPTS {
        let mut cluster = get(app, principal, id).await?;
        let Some(edit) = edit(&mut cluster)? else { return Ok(cluster) };
        let mut tx = app.store.begin().await?;
        match tx.update_cluster(&cluster).await {
            Err(store::Error::Conflict { .. }) => continue,
            written => cluster.version = written?,
        }
        match &edit.credentials {
            CredentialsEdit::Keep => {}
            CredentialsEdit::Set(sealed) => tx.set_credentials(cluster.organization_id, id, sealed).await?,
            CredentialsEdit::Forget => {
                tx.delete_credentials(cluster.organization_id, id).await?;
            }
        }
        if edit.delete_keys {
            tx.delete_keys_of(cluster.organization_id, KeySubject::Cluster(id)).await?;
        }
        if let Some(work) = &edit.work {
            work.create(&mut tx).await?;
        }
        tx.commit(&[audit::entry(app, principal, edit.event_type, Some(id), edit.event)]).await?;
        if edit.delete_keys {
            app.authenticator.forget();
        }
        if edit.work.is_some() {
            app.live.poke_actions(id);
        }
        return Ok(cluster);
    }
    Err(ApiError::conflict("the cluster is being changed by many at once: try again"))
}

/// Replaces the cluster's tags.
///
/// # Errors
/// 400 for tags that no provider would take; 404, 409.
pub async fn set_tags(
    app: &App,
    principal: &Principal,
    id: ClusterId,
    tags: &BTreeMap<String, String>,
) -> ApiResult<()> {
    if tags.len() > MOST_TAGS {
        return Err(ApiError::bad_request(format!("at most {MOST_TAGS} tags")));
    }
    for (key, value) in tags {
        if key.is_empty() || key.chars().count() > LONGEST_TAG_KEY {
            let wanted = format!("a tag's key must have 1 to {LONGEST_TAG_KEY} characters");
            return Err(ApiError::field(key, wanted));
        }
        if value.chars().count() > LONGEST_TAG_VALUE {
            let wanted = format!("a tag's value must have at most {LONGEST_TAG_VALUE} characters");
            return Err(ApiError::field(key, wanted));
        }
    }
    change(app, principal, id, |cluster| {
        refuse_archived(cluster)?;
        let before = std::mem::replace(&mut cluster.tags, json!(tags));
        if before == cluster.tags {
            return Ok(None);
        }
        Ok(Some(Edit::of("clusterTagsUpdated", json!({"before": before, "after": cluster.tags}))))
    })
    .await
    .map(|_| ())
}

/// Has the agent send everything anew, and notes that the cluster was brought in line.
///
/// # Errors
/// 404, 409.
pub async fn reconcile(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<()> {
    let cluster = change(app, principal, id, |cluster| {
        refuse_archived(cluster)?;
        cluster.reconciled_at = Some(app.clock.now());
        Ok(Some(Edit::of("clusterReconciled", json!({}))))
    })
    .await?;
    ingest::request_resync(app, &cluster).await
}

/// Makes a key for the cluster's components. Its text is in the answer and nowhere else; earlier keys
/// stay good.
///
/// # Errors
/// 404, 409.
pub async fn create_token(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<KeyText> {
    let cluster = get_unarchived(app, principal, id).await?;
    let text = KeyText::generate(KeyKind::Cluster, &*app.entropy);
    let key = ApiKey {
        id: KeyId::new(&*app.ids),
        organization_id: cluster.organization_id,
        subject: KeySubject::Cluster(id),
        name: format!("cluster {}", cluster.name),
        prefix: text.prefix().to_owned(),
        active: true,
        readonly: false,
        created_by: principal.actor().id,
        created_at: app.clock.now(),
        expires_at: None,
        last_used_at: None,
    };
    let event = json!({"key": {"id": key.id, "prefix": key.prefix}});
    let mut tx = app.store.begin().await?;
    tx.create_key(&key, &text.hash()).await?;
    tx.commit(&[audit::entry(app, principal, "clusterTokenCreated", Some(id), event)]).await?;
    Ok(text)
}
