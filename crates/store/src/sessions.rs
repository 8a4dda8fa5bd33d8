//! Browser sessions. The cookie's text never comes here, only its SHA-256.

use model::{KeyId, OrganizationId, SessionId, Timestamp};
use sqlx::FromRow;
use sqlx::any::AnyRow;

use crate::error::Doing as _;
use crate::keys::AuthenticatedKey;
use crate::row::{Columns as _, micros};
use crate::{Result, Store, Tx};

/// A browser that was let in with a key; what it may do is what the key may do, at every moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The key's organisation.
    pub organization_id: OrganizationId,
    /// The key it was opened with; without the key it is gone too.
    pub key_id: KeyId,
    /// SHA-256 of the cookie.
    pub hash: [u8; 32],
    /// SHA-256 of the text a state-changing call must carry in a header.
    pub csrf_hash: [u8; 32],
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

impl FromRow<'_, AnyRow> for Session {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.id("id")?,
            organization_id: row.id("org_id")?,
            key_id: row.id("key_id")?,
            hash: row.hash("hash")?,
            csrf_hash: row.hash("csrf_hash")?,
            created_at: row.time("created_at")?,
            expires_at: row.time("expires_at")?,
        })
    }
}

impl Store {
    /// The session whose cookie has this hash and its key, when it has not ended by `now`.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn session_by_hash(
        &self,
        hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<(Session, AuthenticatedKey)>> {
        let session: Option<Session> =
            sqlx::query_as("SELECT * FROM sessions WHERE hash = $1 AND expires_at > $2")
                .bind(hash.to_vec())
                .bind(micros(now))
                .fetch_optional(&self.reader)
                .await
                .doing("find a session")?;
        let Some(session) = session else { return Ok(None) };
        let hash = sqlx::query("SELECT hash FROM api_keys WHERE org_id = $1 AND id = $2")
            .bind(session.organization_id.to_string())
            .bind(session.key_id.to_string())
            .fetch_optional(&self.reader)
            .await
            .and_then(|row| row.map(|row| row.hash("hash")).transpose())
            .doing("find the key of a session")?;
        let Some(hash) = hash else { return Ok(None) };
        Ok(self.key_by_hash(&hash).await?.map(|key| (session, key)))
    }

    /// Removes the sessions that ended before `now`, of all organisations; how many there were.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn delete_expired_sessions(&self, now: Timestamp) -> Result<u64> {
        let mut tx = self.begin().await?;
        let done = sqlx::query("DELETE FROM sessions WHERE expires_at <= $1")
            .bind(micros(now))
            .execute(tx.connection())
            .await
            .doing("delete expired sessions")?;
        tx.commit_unaudited().await?;
        Ok(done.rows_affected())
    }
}

impl Tx {
    /// Adds a session.
    ///
    /// # Errors
    /// [`crate::Error::MissingReference`] when the key is gone.
    pub async fn create_session(&mut self, session: &Session) -> Result<()> {
        sqlx::query(
            "INSERT INTO sessions (id, org_id, key_id, hash, csrf_hash, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(session.id.to_string())
        .bind(session.organization_id.to_string())
        .bind(session.key_id.to_string())
        .bind(session.hash.to_vec())
        .bind(session.csrf_hash.to_vec())
        .bind(micros(session.created_at))
        .bind(micros(session.expires_at))
        .execute(self.connection())
        .await
        .doing("create a session")
        .map(|_| ())
    }

    /// Ends a session; `false` when there is none.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn delete_session(&mut self, organization: OrganizationId, id: SessionId) -> Result<bool> {
        sqlx::query("DELETE FROM sessions WHERE org_id = $1 AND id = $2")
            .bind(organization.to_string())
            .bind(id.to_string())
            .execute(self.connection())
            .await
            .doing("delete a session")
            .map(|done| done.rows_affected() > 0)
    }
}
