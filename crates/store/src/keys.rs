//! API keys of users, service accounts and clusters. The text of a key never comes here: only its
//! SHA-256 and the first characters people recognise it by.

use model::{ClusterId, KeyId, OrganizationId, RoleId, ServiceAccountId, Timestamp, UserId};
use sqlx::FromRow;
use sqlx::any::AnyRow;

use crate::error::Doing as _;
use crate::page::ByCreation;
use crate::row::{Columns as _, micros, opt_micros};
use crate::{Page, Paged, Result, Store, Tx};

/// The list's name in its cursors.
const LIST: &str = "api keys";

/// Who acts when a key is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeySubject {
    /// A person.
    User(UserId),
    /// A program.
    ServiceAccount(ServiceAccountId),
    /// The components inside a cluster, for that cluster alone.
    Cluster(ClusterId),
}

impl KeySubject {
    /// The kind's name in the store and in audit entries.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::ServiceAccount(_) => "service_account",
            Self::Cluster(_) => "cluster",
        }
    }

    /// The id, whatever it is one of.
    pub fn id(self) -> String {
        match self {
            Self::User(id) => id.to_string(),
            Self::ServiceAccount(id) => id.to_string(),
            Self::Cluster(id) => id.to_string(),
        }
    }

    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        match row.text("subject_kind")?.as_str() {
            "user" => row.id("subject_id").map(Self::User),
            "service_account" => row.id("subject_id").map(Self::ServiceAccount),
            _ => row.id("subject_id").map(Self::Cluster),
        }
    }
}

/// A key as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: KeyId,
    /// Where it opens doors.
    pub organization_id: OrganizationId,
    /// Who acts with it.
    pub subject: KeySubject,
    /// What people call it.
    pub name: String,
    /// The first characters of its text.
    pub prefix: String,
    /// Whether it works at all.
    pub active: bool,
    /// Whether it may only read.
    pub readonly: bool,
    /// The id of who made it, or a word for the program that did.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// From when on it no longer works.
    pub expires_at: Option<Timestamp>,
    /// When it was last used; written late and in bulk.
    pub last_used_at: Option<Timestamp>,
}

/// What authentication needs to know about a key, read in one query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatedKey {
    /// The key, active or not, expired or not: the caller decides.
    pub key: ApiKey,
    /// The stored hash, to compare again in constant time.
    pub hash: [u8; 32],
    /// The role of the user's membership or of the service account. `None` for a cluster, whose role
    /// goes without saying, and for a subject that is gone.
    pub role_id: Option<RoleId>,
    /// The subject's name: a user's, a service account's, a cluster's.
    pub subject_name: String,
    /// The subject's e-mail address; empty for a cluster.
    pub subject_email: String,
}

impl FromRow<'_, AnyRow> for ApiKey {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.id("id")?,
            organization_id: row.id("org_id")?,
            subject: KeySubject::from_row(row)?,
            name: row.text("name")?,
            prefix: row.text("prefix")?,
            active: row.flag("active")?,
            readonly: row.flag("readonly")?,
            created_by: row.text("created_by")?,
            created_at: row.time("created_at")?,
            expires_at: row.opt_time("expires_at")?,
            last_used_at: row.opt_time("last_used_at")?,
        })
    }
}

impl FromRow<'_, AnyRow> for AuthenticatedKey {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            key: ApiKey::from_row(row)?,
            hash: row.hash("hash")?,
            role_id: row.opt_id("role_id")?,
            subject_name: row.text("subject_name")?,
            subject_email: row.text("subject_email")?,
        })
    }
}

impl Store {
    /// The key with this hash, of whatever organisation, with what is known of its subject.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn key_by_hash(&self, hash: &[u8; 32]) -> Result<Option<AuthenticatedKey>> {
        sqlx::query_as(
            "SELECT k.*, COALESCE(m.role_id, s.role_id) AS role_id, \
             COALESCE(u.name, s.name, c.name, '') AS subject_name, COALESCE(u.email, s.email, '') AS subject_email \
             FROM api_keys k \
             LEFT JOIN users u ON k.subject_kind = 'user' AND u.id = k.subject_id \
             LEFT JOIN memberships m ON m.user_id = u.id AND m.org_id = k.org_id \
             LEFT JOIN service_accounts s \
             ON k.subject_kind = 'service_account' AND s.id = k.subject_id AND s.org_id = k.org_id \
             LEFT JOIN clusters c ON k.subject_kind = 'cluster' AND c.id = k.subject_id AND c.org_id = k.org_id \
             WHERE k.hash = $1",
        )
        .bind(hash.to_vec())
        .fetch_optional(&self.reader)
        .await
        .doing("find a key")
    }

    /// The keys, oldest first: those of `subject`, or, without one, of all users and service accounts
    /// but not the tokens of clusters.
    ///
    /// # Errors
    /// [`crate::Error::Cursor`] for a cursor of something else.
    pub async fn keys(
        &self,
        organization: OrganizationId,
        subject: Option<KeySubject>,
        page: &Page,
    ) -> Result<Paged<ApiKey>> {
        let (micros, id) = ByCreation::of(page, LIST)?;
        let rows: Vec<ApiKey> = sqlx::query_as(
            "SELECT * FROM api_keys WHERE org_id = $1 AND (created_at, id) > ($2, $3) \
             AND (($4 = '' AND subject_kind <> 'cluster') OR (subject_kind = $4 AND subject_id = $5)) \
             ORDER BY created_at, id LIMIT $6",
        )
        .bind(organization.to_string())
        .bind(micros)
        .bind(id)
        .bind(subject.map_or("", KeySubject::kind))
        .bind(subject.map(KeySubject::id).unwrap_or_default())
        .bind(page.rows())
        .fetch_all(&self.reader)
        .await
        .doing("list keys")?;
        Ok(page.cut(rows, |last| ByCreation::cursor(LIST, last.created_at, last.id)))
    }

    /// The key, when the organisation has it.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn key(&self, organization: OrganizationId, id: KeyId) -> Result<Option<ApiKey>> {
        sqlx::query_as("SELECT * FROM api_keys WHERE org_id = $1 AND id = $2")
            .bind(organization.to_string())
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await
            .doing("read a key")
    }

    /// Notes when keys were last used; an earlier time than the one noted changes nothing. Called now
    /// and then for all keys used since, so it crosses organisations.
    ///
    /// # Errors
    /// [`crate::Error::Query`]; then none is noted.
    pub async fn touch_keys(&self, used: &[(KeyId, Timestamp)]) -> Result<()> {
        if used.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        // In one order everywhere, so that two servers never wait for each other in a circle.
        let mut used: Vec<(String, i64)> =
            used.iter().map(|(id, at)| (id.to_string(), micros(*at))).collect();
        used.sort();
        for (id, at) in used {
            sqlx::query(
                "UPDATE api_keys SET last_used_at = $2 \
                 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)",
            )
            .bind(id)
            .bind(at)
            .execute(tx.connection())
            .await
            .doing("note the use of keys")?;
        }
        tx.commit_unaudited().await
    }
}

impl Tx {
    /// Adds a key; `hash` is the SHA-256 (keyed or not, as the caller decides) of its text.
    ///
    /// # Errors
    /// [`crate::Error::AlreadyExists`] when the id or the hash is taken.
    pub async fn create_key(&mut self, key: &ApiKey, hash: &[u8; 32]) -> Result<()> {
        sqlx::query(
            "INSERT INTO api_keys (id, org_id, subject_kind, subject_id, name, prefix, hash, active, readonly, \
             created_by, created_at, expires_at, last_used_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(key.id.to_string())
        .bind(key.organization_id.to_string())
        .bind(key.subject.kind())
        .bind(key.subject.id())
        .bind(&key.name)
        .bind(&key.prefix)
        .bind(hash.to_vec())
        .bind(i64::from(key.active))
        .bind(i64::from(key.readonly))
        .bind(&key.created_by)
        .bind(micros(key.created_at))
        .bind(opt_micros(key.expires_at))
        .bind(opt_micros(key.last_used_at))
        .execute(self.connection())
        .await
        .doing("create a key")
        .map(|_| ())
    }

    /// Changes what is given of name, active and read-only; the rest stays. The key after the change, or
    /// `None` when the organisation has no such key.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn update_key(
        &mut self,
        organization: OrganizationId,
        id: KeyId,
        name: Option<&str>,
        active: Option<bool>,
        readonly: Option<bool>,
    ) -> Result<Option<ApiKey>> {
        sqlx::query_as(
            "UPDATE api_keys SET name = COALESCE($3, name), active = COALESCE($4, active), \
             readonly = COALESCE($5, readonly) WHERE org_id = $1 AND id = $2 RETURNING *",
        )
        .bind(organization.to_string())
        .bind(id.to_string())
        .bind(name.map(str::to_owned))
        .bind(active.map(i64::from))
        .bind(readonly.map(i64::from))
        .fetch_optional(self.connection())
        .await
        .doing("update a key")
    }

    /// Removes a key and the sessions opened with it; `false` when there is none.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn delete_key(&mut self, organization: OrganizationId, id: KeyId) -> Result<bool> {
        sqlx::query("DELETE FROM api_keys WHERE org_id = $1 AND id = $2")
            .bind(organization.to_string())
            .bind(id.to_string())
            .execute(self.connection())
            .await
            .doing("delete a key")
            .map(|done| done.rows_affected() > 0)
    }

    /// Removes all keys of a subject, as when a cluster is archived; how many there were.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn delete_keys_of(&mut self, organization: OrganizationId, subject: KeySubject) -> Result<u64> {
        sqlx::query("DELETE FROM api_keys WHERE org_id = $1 AND subject_kind = $2 AND subject_id = $3")
            .bind(organization.to_string())
            .bind(subject.kind())
            .bind(subject.id())
            .execute(self.connection())
            .await
            .doing("delete the keys of a subject")
            .map(|done| done.rows_affected())
    }
}
