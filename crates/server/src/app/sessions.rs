//! Opening and closing browser sessions.

use jiff::SignedDuration;
use model::SessionId;
use serde_json::json;
use sha2::{Digest, Sha256};
use store::Session;

use super::{App, audit};
use crate::auth::principal::Principal;
use crate::auth::session::{SESSION_HOURS, random_text};

/// Opens a session with the caller's key: the session, its cookie's text and its CSRF token, neither
/// of which is kept.
///
/// # Errors
/// What the store met.
pub async fn open(app: &App, principal: &Principal) -> store::Result<(Session, String, String)> {
    let now = app.clock.now();
    let (cookie, csrf_token) = (random_text(&*app.entropy), random_text(&*app.entropy));
    let session = Session {
        id: SessionId::new(&*app.ids),
        organization_id: principal.organization,
        key_id: principal.key,
        hash: Sha256::digest(cookie.as_bytes()).into(),
        csrf_hash: Sha256::digest(csrf_token.as_bytes()).into(),
        created_at: now,
        expires_at: now.saturating_add(SignedDuration::from_hours(SESSION_HOURS)).unwrap_or(now),
    };
    let mut tx = app.store.begin().await?;
    tx.create_session(&session).await?;
    tx.commit(&[audit::entry(
        app,
        principal,
        "sessionCreated",
        None,
        json!({"sessionId": session.id, "keyId": session.key_id}),
    )])
    .await?;
    Ok((session, cookie, csrf_token))
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
