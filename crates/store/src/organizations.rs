//! Tenants.

use model::{OrganizationId, Timestamp};
use sqlx::FromRow;
use sqlx::any::AnyRow;

use crate::error::Doing as _;
use crate::row::{Columns as _, micros};
use crate::{Result, Store, Tx};

/// A tenant: everything else belongs to exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl FromRow<'_, AnyRow> for Organization {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self { id: row.id("id")?, name: row.text("name")?, created_at: row.time("created_at")? })
    }
}

impl Store {
    /// All organisations, oldest first: for the first start and for loops, not for a caller of the API,
    /// who sees those of [`Store::organizations_of_user`].
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn all_organizations(&self) -> Result<Vec<Organization>> {
        sqlx::query_as("SELECT id, name, created_at FROM organizations ORDER BY created_at, id")
            .fetch_all(&self.reader)
            .await
            .doing("list all organizations")
    }

    /// The organisation, when it exists.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn organization(&self, id: OrganizationId) -> Result<Option<Organization>> {
        sqlx::query_as("SELECT id, name, created_at FROM organizations WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await
            .doing("read an organization")
    }
}

impl Tx {
    /// Adds an organisation, and the empty head of its audit log.
    ///
    /// # Errors
    /// [`crate::Error::AlreadyExists`] when the id is taken.
    pub async fn create_organization(&mut self, organization: &Organization) -> Result<()> {
        let operation = "create an organization";
        sqlx::query("INSERT INTO organizations (id, name, created_at) VALUES ($1, $2, $3)")
            .bind(organization.id.to_string())
            .bind(&organization.name)
            .bind(micros(organization.created_at))
            .execute(self.connection())
            .await
            .doing(operation)?;
        crate::audit::create_head(self.connection(), organization.id).await
    }

    /// Gives the organisation another name; `false` when there is none.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn rename_organization(&mut self, id: OrganizationId, name: &str) -> Result<bool> {
        sqlx::query("UPDATE organizations SET name = $2 WHERE id = $1")
            .bind(id.to_string())
            .bind(name)
            .execute(self.connection())
            .await
            .doing("rename an organization")
            .map(|done| done.rows_affected() > 0)
    }
}
