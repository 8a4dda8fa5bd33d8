//! Machine users: what a key of a program belongs to.

use model::{OrganizationId, RoleId, ServiceAccountId, Timestamp};
use serde_json::Value;
use sqlx::FromRow;
use sqlx::any::AnyRow;

use crate::error::Doing as _;
use crate::page::ByCreation;
use crate::row::{Columns as _, micros};
use crate::{Page, Paged, Result, Store, Tx};

/// The list's name in its cursors.
const LIST: &str = "service accounts";

/// A machine user.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceAccount {
    /// Its id.
    pub id: ServiceAccountId,
    /// Where it belongs.
    pub organization_id: OrganizationId,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// An address to show where a user's would be; nothing is ever sent there.
    pub email: String,
    /// What it may do.
    pub role_id: RoleId,
    /// Who made it: `{"id": …, "email": …, "kind": …}`, as on the wire.
    pub author: Value,
    /// When.
    pub created_at: Timestamp,
}

impl FromRow<'_, AnyRow> for ServiceAccount {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.id("id")?,
            organization_id: row.id("org_id")?,
            name: row.text("name")?,
            description: row.text("description")?,
            email: row.text("email")?,
            role_id: row.id("role_id")?,
            author: row.json("author_json")?,
            created_at: row.time("created_at")?,
        })
    }
}

impl Store {
    /// The service accounts, oldest first.
    ///
    /// # Errors
    /// [`crate::Error::Cursor`] for a cursor of something else.
    pub async fn service_accounts(
        &self,
        organization: OrganizationId,
        page: &Page,
    ) -> Result<Paged<ServiceAccount>> {
        let (micros, id) = ByCreation::of(page, LIST)?;
        let rows: Vec<ServiceAccount> = sqlx::query_as(
            "SELECT * FROM service_accounts WHERE org_id = $1 AND (created_at, id) > ($2, $3) \
             ORDER BY created_at, id LIMIT $4",
        )
        .bind(organization.to_string())
        .bind(micros)
        .bind(id)
        .bind(page.rows())
        .fetch_all(&self.reader)
        .await
        .doing("list service accounts")?;
        Ok(page.cut(rows, |last| ByCreation::cursor(LIST, last.created_at, last.id)))
    }

    /// The service account, when the organisation has it.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn service_account(
        &self,
        organization: OrganizationId,
        id: ServiceAccountId,
    ) -> Result<Option<ServiceAccount>> {
        sqlx::query_as("SELECT * FROM service_accounts WHERE org_id = $1 AND id = $2")
            .bind(organization.to_string())
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await
            .doing("read a service account")
    }
}

impl Tx {
    /// Adds a service account.
    ///
    /// # Errors
    /// [`crate::Error::AlreadyExists`] when the id is taken.
    pub async fn create_service_account(&mut self, account: &ServiceAccount) -> Result<()> {
        sqlx::query(
            "INSERT INTO service_accounts (id, org_id, name, description, email, role_id, author_json, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(account.id.to_string())
        .bind(account.organization_id.to_string())
        .bind(&account.name)
        .bind(&account.description)
        .bind(&account.email)
        .bind(account.role_id.to_string())
        .bind(account.author.to_string())
        .bind(micros(account.created_at))
        .execute(self.connection())
        .await
        .doing("create a service account")
        .map(|_| ())
    }

    /// Removes a service account and its keys; `false` when there is none.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn delete_service_account(
        &mut self,
        organization: OrganizationId,
        id: ServiceAccountId,
    ) -> Result<bool> {
        let operation = "delete a service account";
        sqlx::query(
            "DELETE FROM api_keys WHERE org_id = $1 AND subject_kind = 'service_account' AND subject_id = $2",
        )
        .bind(organization.to_string())
        .bind(id.to_string())
        .execute(self.connection())
        .await
        .doing(operation)?;
        sqlx::query("DELETE FROM service_accounts WHERE org_id = $1 AND id = $2")
            .bind(organization.to_string())
            .bind(id.to_string())
            .execute(self.connection())
            .await
            .doing(operation)
            .map(|done| done.rows_affected() > 0)
    }
}
