//! Invitations to join an organisation: a link whose secret is kept only as a hash.

use model::{InvitationId, OrganizationId, Timestamp, UserId};
use serde_json::Value;
use sqlx::FromRow;
use sqlx::any::AnyRow;

use crate::error::Doing as _;
use crate::page::ByCreation;
use crate::row::{Columns as _, micros, opt_id, opt_micros};
use crate::{Page, Paged, Result, Store, Tx};

/// The list's name in its cursors.
const LIST: &str = "invitations";

/// An invitation.
#[derive(Clone, Debug, PartialEq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Where it leads to.
    pub organization_id: OrganizationId,
    /// Whom it is for, in lower case.
    pub email: String,
    /// What they will be: `[{"roleId": …, "scopes": […]}]`, as on the wire.
    pub role_bindings: Value,
    /// SHA-256 of the secret in the link.
    pub token_hash: [u8; 32],
    /// Who invited: a user's id or a service account's.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// From when on it is void.
    pub expires_at: Timestamp,
    /// When it was used; it can be used once.
    pub claimed_at: Option<Timestamp>,
    /// Who used it.
    pub claimed_by: Option<UserId>,
}

impl FromRow<'_, AnyRow> for Invitation {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.id("id")?,
            organization_id: row.id("org_id")?,
            email: row.text("email")?,
            role_bindings: row.json("role_bindings_json")?,
            token_hash: row.hash("token_hash")?,
            created_by: row.text("created_by")?,
            created_at: row.time("created_at")?,
            expires_at: row.time("expires_at")?,
            claimed_at: row.opt_time("claimed_at")?,
            claimed_by: row.opt_id("claimed_by")?,
        })
    }
}

impl Store {
    /// The invitations that nobody used yet, expired ones among them, oldest first.
    ///
    /// # Errors
    /// [`crate::Error::Cursor`] for a cursor of something else.
    pub async fn open_invitations(
        &self,
        organization: OrganizationId,
        page: &Page,
    ) -> Result<Paged<Invitation>> {
        let (micros, id) = ByCreation::of(page, LIST)?;
        let rows: Vec<Invitation> = sqlx::query_as(
            "SELECT * FROM invitations WHERE org_id = $1 AND claimed_at IS NULL AND (created_at, id) > ($2, $3) \
             ORDER BY created_at, id LIMIT $4",
        )
        .bind(organization.to_string())
        .bind(micros)
        .bind(id)
        .bind(page.rows())
        .fetch_all(&self.reader)
        .await
        .doing("list invitations")?;
        Ok(page.cut(rows, |last| ByCreation::cursor(LIST, last.created_at, last.id)))
    }

    /// The invitation whose secret has this hash, of whatever organisation, used or expired or not.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn invitation_by_hash(&self, token_hash: &[u8; 32]) -> Result<Option<Invitation>> {
        sqlx::query_as("SELECT * FROM invitations WHERE token_hash = $1")
            .bind(token_hash.to_vec())
            .fetch_optional(&self.reader)
            .await
            .doing("find an invitation")
    }
}

impl Tx {
    /// Adds an invitation.
    ///
    /// # Errors
    /// [`crate::Error::AlreadyExists`] when the id or the hash is taken.
    pub async fn create_invitation(&mut self, invitation: &Invitation) -> Result<()> {
        sqlx::query(
            "INSERT INTO invitations (id, org_id, email, role_bindings_json, token_hash, created_by, created_at, \
             expires_at, claimed_at, claimed_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(invitation.id.to_string())
        .bind(invitation.organization_id.to_string())
        .bind(invitation.email.to_lowercase())
        .bind(invitation.role_bindings.to_string())
        .bind(invitation.token_hash.to_vec())
        .bind(&invitation.created_by)
        .bind(micros(invitation.created_at))
        .bind(micros(invitation.expires_at))
        .bind(opt_micros(invitation.claimed_at))
        .bind(opt_id(invitation.claimed_by))
        .execute(self.connection())
        .await
        .doing("create an invitation")
        .map(|_| ())
    }

    /// Marks the invitation as used by `user`; `false` when it was used before, has expired, or does
    /// not exist.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn claim_invitation(
        &mut self,
        organization: OrganizationId,
        id: InvitationId,
        user: UserId,
        now: Timestamp,
    ) -> Result<bool> {
        sqlx::query(
            "UPDATE invitations SET claimed_at = $3, claimed_by = $4 \
             WHERE org_id = $1 AND id = $2 AND claimed_at IS NULL AND expires_at > $3",
        )
        .bind(organization.to_string())
        .bind(id.to_string())
        .bind(micros(now))
        .bind(user.to_string())
        .execute(self.connection())
        .await
        .doing("claim an invitation")
        .map(|done| done.rows_affected() > 0)
    }

    /// Withdraws an invitation; `false` when there is none.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn delete_invitation(
        &mut self,
        organization: OrganizationId,
        id: InvitationId,
    ) -> Result<bool> {
        sqlx::query("DELETE FROM invitations WHERE org_id = $1 AND id = $2")
            .bind(organization.to_string())
            .bind(id.to_string())
            .execute(self.connection())
            .await
            .doing("delete an invitation")
            .map(|done| done.rows_affected() > 0)
    }
}
