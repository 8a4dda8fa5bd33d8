//! From a request's headers to a [`Principal`].
//!
//! What the store says of a key is remembered for half a second, so that thousands of requests a
//! second cost few queries and a key that another server disabled stops within one. A change made by
//! this server is forgotten at once. When a key was used is written in bulk, by
//! [`Authenticator::take_used`]'s caller.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use axum::http::{HeaderMap, Method, header};
use model::{KeyId, SessionId, Timestamp};
use sha2::{Digest, Sha256};
use store::{AuthenticatedKey, KeySubject, Session};
use subtle::ConstantTimeEq as _;

use super::key::KeyText;
use super::permission::Role;
use super::principal::{Principal, Subject};
use super::session::{CSRF_HEADER, session_cookie};
use crate::app::App;
use crate::http::error::ApiError;

/// How long an answer of the store is believed, in milliseconds.
const REMEMBERED_MS: i64 = 500;
/// How many answers are remembered at most.
const REMEMBERED_KEYS: usize = 20_000;
/// The header with a key.
pub const API_KEY_HEADER: &str = "x-api-key";

/// Remembers keys for a moment, and when they were used.
#[derive(Debug, Default)]
pub struct Authenticator {
    keys: Mutex<HashMap<[u8; 32], Remembered>>,
    used: Mutex<HashMap<KeyId, Timestamp>>,
}

#[derive(Clone, Debug)]
struct Remembered {
    until: Timestamp,
    key: AuthenticatedKey,
    session: Option<Session>,
}

impl Authenticator {
    /// Forgets everything: some key or membership has changed.
    pub fn forget(&self) {
        lock(&self.keys).clear();
    }

    /// The keys used since the last call, and when.
    pub fn take_used(&self) -> Vec<(KeyId, Timestamp)> {
        std::mem::take(&mut *lock(&self.used)).into_iter().collect()
    }

    fn remembered(&self, hash: &[u8; 32], now: Timestamp) -> Option<Remembered> {
        lock(&self.keys).get(hash).filter(|one| now < one.until).cloned()
    }

    fn remember(&self, hash: [u8; 32], one: Remembered) {
        let mut keys = lock(&self.keys);
        if keys.len() >= REMEMBERED_KEYS {
            keys.clear();
        }
        keys.insert(hash, one);
    }

    fn note_used(&self, key: KeyId, now: Timestamp) {
        lock(&self.used).insert(key, now);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The caller of a request with these headers.
///
/// # Errors
/// 401 when nothing in the headers counts, with the reason as far as it helps no stranger; 403 when a
/// browser's state-changing call lacks its CSRF header.
pub async fn principal(app: &App, headers: &HeaderMap, method: &Method) -> Result<Principal, ApiError> {
    let now = app.clock.now();
    let (one, session) = match key_in(headers)? {
        Some(text) => {
            let key = KeyText::parse(text).ok_or_else(refused)?;
            (by_key(app, &key.hash(), now).await?, None)
        }
        None => {
            let cookie = session_cookie(headers).ok_or_else(|| {
                ApiError::unauthorized(
                    "no key: send one in the header X-API-Key, or as Authorization: Bearer",
                )
            })?;
            let one = by_cookie(app, &Sha256::digest(cookie.as_bytes()).into(), now).await?;
            let session = one.session.as_ref().ok_or_else(refused)?;
            if !method.is_safe() {
                check_csrf(headers, session)?;
            }
            let id = session.id;
            (one, Some(id))
        }
    };
    let principal = judge(one.key, session, now)?;
    app.authenticator.note_used(principal.key, now);
    Ok(principal)
}

/// The caller whose key this is, as for a request that carries it.
///
/// # Errors
/// 401 when the key does not count.
pub async fn by_key_text(app: &App, text: &KeyText) -> Result<Principal, ApiError> {
    let now = app.clock.now();
    judge(by_key(app, &text.hash(), now).await?.key, None, now)
}

/// The link of this hash, and the caller whose key it was made with.
///
/// # Errors
/// 401 when there is no such link any more, or its key does not count.
pub async fn by_login_code(app: &App, hash: &[u8; 32]) -> Result<(Session, Principal), ApiError> {
    let now = app.clock.now();
    let (link, key) = app.store.session_by_hash(hash, now).await?.ok_or_else(void_link)?;
    let principal = judge(key, None, now)?;
    Ok((link, principal))
}

/// The refusal of a login link.
pub fn void_link() -> ApiError {
    ApiError::unauthorized("the login link is not valid: unknown, used or expired; make another one")
}

/// The one text in the headers that may be a key. Two different ones are a mistake worth telling.
fn key_in(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let api_key = headers.get(API_KEY_HEADER).map(|value| value.to_str().map(str::trim));
    if let Some(text) = api_key {
        return text.map(Some).map_err(|_| refused());
    }
    let Some(authorization) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let authorization = authorization.to_str().map_err(|_| refused())?;
    match authorization.split_once(' ') {
        Some((scheme, text))
            if scheme.eq_ignore_ascii_case("token") || scheme.eq_ignore_ascii_case("bearer") =>
        {
            Ok(Some(text.trim()))
        }
        _ => Err(ApiError::unauthorized("Authorization must be `Token <key>` or `Bearer <key>`")),
    }
}

async fn by_key(app: &App, hash: &[u8; 32], now: Timestamp) -> Result<Remembered, ApiError> {
    if let Some(one) = app.authenticator.remembered(hash, now) {
        return Ok(one);
    }
    let key = app.store.key_by_hash(hash).await?.ok_or_else(refused)?;
    if !bool::from(key.hash.ct_eq(hash)) {
        return Err(refused());
    }
    Ok(remember(app, *hash, key, None, now))
}

async fn by_cookie(app: &App, hash: &[u8; 32], now: Timestamp) -> Result<Remembered, ApiError> {
    if let Some(one) = app.authenticator.remembered(hash, now) {
        return Ok(one);
    }
    let (session, key) = app
        .store
        .session_by_hash(hash, now)
        .await?
        .ok_or_else(|| ApiError::unauthorized("the session has ended: sign in again"))?;
    if !bool::from(session.hash.ct_eq(hash)) {
        return Err(refused());
    }
    Ok(remember(app, *hash, key, Some(session), now))
}

fn remember(
    app: &App,
    hash: [u8; 32],
    key: AuthenticatedKey,
    session: Option<Session>,
    now: Timestamp,
) -> Remembered {
    let until = now.saturating_add(jiff::SignedDuration::from_millis(REMEMBERED_MS)).unwrap_or(now);
    let one = Remembered { until, key, session };
    app.authenticator.remember(hash, one.clone());
    one
}

fn check_csrf(headers: &HeaderMap, session: &Session) -> Result<(), ApiError> {
    let given = headers.get(CSRF_HEADER).map_or(&[][..], |value| value.as_bytes());
    let given: [u8; 32] = Sha256::digest(given).into();
    if bool::from(given.ct_eq(&session.csrf_hash)) {
        Ok(())
    } else {
        Err(ApiError::forbidden(format!(
            "a call with the session cookie that changes something needs the header {CSRF_HEADER} with the session's csrfToken"
        )))
    }
}

/// Whether the key counts now, and as whom.
fn judge(found: AuthenticatedKey, session: Option<SessionId>, now: Timestamp) -> Result<Principal, ApiError> {
    let AuthenticatedKey { key, role_id, subject_name, subject_email, .. } = found;
    if !key.active || key.expires_at.is_some_and(|end| end <= now) {
        return Err(refused());
    }
    let (subject, role) = match key.subject {
        KeySubject::User(id) => (Subject::User(id), role_id.and_then(Role::of)),
        KeySubject::ServiceAccount(id) => (Subject::ServiceAccount(id), role_id.and_then(Role::of)),
        KeySubject::Cluster(id) => (Subject::Cluster(id), Some(Role::ClusterAgent)),
    };
    Ok(Principal {
        organization: key.organization_id,
        subject,
        role: role.ok_or_else(refused)?,
        key: key.id,
        session,
        read_only: key.readonly,
        name: subject_name,
        email: subject_email,
    })
}

/// One sentence for an unknown, mistyped, disabled and expired key: which of them it is, is nobody's
/// business who does not hold it.
fn refused() -> ApiError {
    ApiError::unauthorized("the key is not valid: unknown, mistyped, disabled or expired")
}
