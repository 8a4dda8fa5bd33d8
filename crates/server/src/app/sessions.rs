//! Opening and closing browser sessions, with a key or with a link that was made with one.

use jiff::SignedDuration;
use model::{SessionId, Timestamp};
use serde_json::json;
use sha2::{Digest, Sha256};
use store::Session;

use super::{App, audit};
use crate::auth::authenticate;
use crate::auth::principal::Principal;
use crate::auth::session::{SESSION_HOURS, csrf_token, login_code_hash, random_text};
use crate::http::error::{ApiError, ApiResult};

/// How long a login link can be used.
const LINK_MINUTES: i64 = 10;

/// Opens a session with the caller's key: the session, and its cookie's text, which is not kept.
///
/// # Errors
/// 403 for a caller that came with a session: it would never have to end.
pub async fn open(app: &App, principal: &Principal) -> ApiResult<(Session, String)> {
    only_by_key(principal)?;
    let cookie = random_text(&*app.entropy);
    let session = Session {
        hash: Sha256::digest(cookie.as_bytes()).into(),
        csrf_hash: Sha256::digest(csrf_token(&cookie).as_bytes()).into(),
        ..lasting(app, principal, SignedDuration::from_hours(SESSION_HOURS))
    };
    let mut tx = app.store.begin().await?;
    tx.create_session(&session).await?;
    let event = json!({"sessionId": session.id, "keyId": session.key_id});
    tx.commit(&[audit::entry(app, principal, "sessionCreated", None, event)]).await?;
    Ok((session, cookie))
}

/// Makes the code of a link that opens one session with the caller's key, and when it becomes void. The
/// code is not kept.
///
/// # Errors
/// 403 for a caller that came with a session.
pub async fn create_login_code(app: &App, principal: &Principal) -> ApiResult<(String, Timestamp)> {
    only_by_key(principal)?;
    let code = random_text(&*app.entropy);
    // Kept as a session that no cookie opens: of a cookie the hash is another.
    let link = Session {
        hash: login_code_hash(&code),
        ..lasting(app, principal, SignedDuration::from_mins(LINK_MINUTES))
    };
    let mut tx = app.store.begin().await?;
    tx.create_session(&link).await?;
    tx.commit(&[audit::entry(app, principal, "loginLinkCreated", None, json!({"keyId": link.key_id}))])
        .await?;
    Ok((code, link.expires_at))
}

/// Opens the session that a link's code stands for; the code is used up.
///
/// # Errors
/// 401 when the code is unknown, used or too old, or its key does not count any more.
pub async fn log_in(app: &App, code: &str) -> ApiResult<(Session, String)> {
    let (link, principal) = authenticate::by_login_code(app, &login_code_hash(code)).await?;
    let mut tx = app.store.begin().await?;
    if !tx.delete_session(link.organization_id, link.id).await? {
        return Err(authenticate::void_link());
    }
    tx.commit(&[audit::entry(app, &principal, "loginLinkUsed", None, json!({"keyId": link.key_id}))]).await?;
    open(app, &principal).await
}

fn only_by_key(principal: &Principal) -> ApiResult<()> {
    match principal.session {
        None => Ok(()),
        Some(_) => Err(ApiError::forbidden("a session cannot open another one: call this with a key")),
    }
}

fn lasting(app: &App, principal: &Principal, time: SignedDuration) -> Session {
    let now = app.clock.now();
    Session {
        id: SessionId::new(&*app.ids),
        organization_id: principal.organization,
        key_id: principal.key,
        hash: [0; 32],
        csrf_hash: [0; 32],
        created_at: now,
        expires_at: now.saturating_add(time).unwrap_or(now),
    }
}

/// Ends the caller's session, if it has one.
///
/// # Errors
/// What the store met.
pub async fn close(app: &App, principal: &Principal) -> store::Result<()> {
    let Some(session) = principal.session else { return Ok(()) };
    let mut tx = app.store.begin().await?;
    tx.delete_session(principal.organization, session).await?;
    tx.commit(&[audit::entry(app, principal, "sessionDeleted", None, json!({"sessionId": session}))]).await?;
    app.authenticator.forget();
    Ok(())
}
