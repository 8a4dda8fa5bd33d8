//! API keys of people and service accounts: an owner keeps all, others their own.

use model::{KeyId, Timestamp};
use serde_json::{Value, json};
use store::{ApiKey, KeySubject, Page};

use super::{App, audit};
use crate::auth::key::{KeyKind, KeyText};
use crate::auth::permission::Role;
use crate::auth::principal::{Principal, Subject};
use crate::http::error::{ApiError, ApiResult};

/// Longest name of a key, in characters.
const LONGEST_NAME: usize = 200;

/// What a key is to be.
pub struct NewKey {
    /// What to call it.
    pub name: String,
    /// Whether it may only read.
    pub readonly: bool,
    /// Whether it works from the start.
    pub active: bool,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// The keys that exist for the caller, oldest first.
///
/// # Errors
/// What the store met.
pub async fn list(app: &App, principal: &Principal) -> ApiResult<Vec<ApiKey>> {
    let only = if principal.role == Role::Owner { None } else { Some(subject(principal)) };
    Ok(app.store.keys(principal.organization, only, &Page::ALL).await?.items)
}

/// One of them.
///
/// # Errors
/// 404 when it does not exist for the caller.
pub async fn get(app: &App, principal: &Principal, id: KeyId) -> ApiResult<ApiKey> {
    let key = app.store.key(principal.organization, id).await?;
    key.filter(|key| principal.role == Role::Owner || key.subject == subject(principal))
        .ok_or_else(|| ApiError::not_found(format_args!("key {id}")))
}

/// Makes a key for the caller. Its text is in the answer and nowhere else.
///
/// # Errors
/// 400 for a name that is missing or too long, or an end that is past.
pub async fn create(app: &App, principal: &Principal, wanted: NewKey) -> ApiResult<(ApiKey, KeyText)> {
    let kind = match principal.subject {
        Subject::User(_) => KeyKind::User,
        Subject::ServiceAccount(_) => KeyKind::ServiceAccount,
        Subject::Cluster(_) => {
            return Err(ApiError::forbidden(
                "a cluster's token is made with POST …/external-clusters/{id}/token",
            ));
        }
    };
    let now = app.clock.now();
    let name = wanted.name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(ApiError::field("name", format!("must have 1 to {LONGEST_NAME} characters")));
    }
    if wanted.expires_at.is_some_and(|end| end <= now) {
        return Err(ApiError::field("expiresAt", "must be in the future"));
    }
    let text = KeyText::generate(kind, &*app.entropy);
    let key = ApiKey {
        id: KeyId::new(&*app.ids),
        organization_id: principal.organization,
        subject: subject(principal),
        name: name.to_owned(),
        prefix: text.prefix().to_owned(),
        active: wanted.active,
        readonly: wanted.readonly,
        created_by: principal.actor().id,
        created_at: now,
        expires_at: wanted.expires_at,
        last_used_at: None,
    };
    let mut tx = app.store.begin().await?;
    tx.create_key(&key, &text.hash()).await?;
    tx.commit(&[audit::entry(app, principal, "authTokenCreated", None, json!({"key": shown(&key)}))]).await?;
    Ok((key, text))
}

/// Enables or disables a key; nothing changes when `active` is absent.
///
/// # Errors
/// 404 when it does not exist for the caller.
pub async fn set_active(
    app: &App,
    principal: &Principal,
    id: KeyId,
    active: Option<bool>,
) -> ApiResult<ApiKey> {
    let before = get(app, principal, id).await?;
    let mut tx = app.store.begin().await?;
    let after = tx
        .update_key(principal.organization, id, None, active, None)
        .await?
        .ok_or_else(|| ApiError::not_found(format_args!("key {id}")))?;
    let event = json!({"before": shown(&before), "after": shown(&after)});
    tx.commit(&[audit::entry(app, principal, "authTokenUpdated", None, event)]).await?;
    app.authenticator.forget();
    Ok(after)
}

/// Removes a key and the sessions opened with it.
///
/// # Errors
/// 404 when it does not exist for the caller.
pub async fn delete(app: &App, principal: &Principal, id: KeyId) -> ApiResult<()> {
    let key = get(app, principal, id).await?;
    let mut tx = app.store.begin().await?;
    tx.delete_key(principal.organization, id).await?;
    tx.commit(&[audit::entry(app, principal, "authTokenDeleted", None, json!({"key": shown(&key)}))]).await?;
    app.authenticator.forget();
    Ok(())
}

fn subject(principal: &Principal) -> KeySubject {
    match principal.subject {
        Subject::User(id) => KeySubject::User(id),
        Subject::ServiceAccount(id) => KeySubject::ServiceAccount(id),
        Subject::Cluster(id) => KeySubject::Cluster(id),
    }
}

fn shown(key: &ApiKey) -> Value {
    json!({
        "id": key.id, "name": key.name, "prefix": key.prefix, "active": key.active,
        "readonly": key.readonly, "expiresAt": key.expires_at,
    })
}
