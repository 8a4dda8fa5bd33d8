//! The inventory blacklist: machines an organisation does not want, in all clusters or in one, for
//! good or for a while.

use model::{ClusterId, Lifecycle, OrganizationId, Timestamp};
use sqlx::FromRow;
use sqlx::any::AnyRow;

use crate::error::Doing as _;
use crate::row::{Columns as _, micros, opt_id, opt_micros};
use crate::{Result, Store, Tx};

/// Machines that are not to be bought. What is not given is any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlacklistEntry {
    /// In this cluster, or in all.
    pub cluster_id: Option<ClusterId>,
    /// Machines of this family, such as `m5`.
    pub instance_family: Option<String>,
    /// Machines of this type, such as `m5.large`.
    pub instance_type: Option<String>,
    /// Machines under these terms.
    pub lifecycle: Option<Lifecycle>,
    /// Until then, or for good.
    pub expires_at: Option<Timestamp>,
    /// Since when.
    pub created_at: Timestamp,
}

impl FromRow<'_, AnyRow> for BlacklistEntry {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            cluster_id: any(row, "cluster_id")?.then(|| row.id("cluster_id")).transpose()?,
            instance_family: Some(row.text("instance_family")?).filter(|text| !text.is_empty()),
            instance_type: Some(row.text("instance_type")?).filter(|text| !text.is_empty()),
            lifecycle: any(row, "lifecycle")?.then(|| row.id("lifecycle")).transpose()?,
            expires_at: row.opt_time("expires_at")?,
            created_at: row.time("created_at")?,
        })
    }
}

/// Whether the column has any value; an empty text stands for none, since keys have no nulls.
fn any(row: &AnyRow, column: &str) -> sqlx::Result<bool> {
    row.text(column).map(|text| !text.is_empty())
}

/// The columns of the key after the organisation's, with empty texts for what is not given.
fn key(entry: &BlacklistEntry) -> [String; 4] {
    [
        opt_id(entry.cluster_id).unwrap_or_default(),
        entry.instance_family.clone().unwrap_or_default(),
        entry.instance_type.clone().unwrap_or_default(),
        entry.lifecycle.map(|lifecycle| lifecycle.as_str().to_owned()).unwrap_or_default(),
    ]
}

impl Store {
    /// The entries that hold at `now`: all of the organisation's or, given a cluster, those for that one
    /// and those for all.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn blacklist(
        &self,
        organization: OrganizationId,
        cluster: Option<ClusterId>,
        now: Timestamp,
    ) -> Result<Vec<BlacklistEntry>> {
        sqlx::query_as(
            "SELECT * FROM inventory_blacklist WHERE org_id = $1 AND ($2 = '' OR cluster_id IN ('', $2)) \
             AND (expires_at IS NULL OR expires_at > $3) \
             ORDER BY cluster_id, instance_family, instance_type, lifecycle",
        )
        .bind(organization.to_string())
        .bind(opt_id(cluster).unwrap_or_default())
        .bind(micros(now))
        .fetch_all(&self.reader)
        .await
        .doing("list the inventory blacklist")
    }
}

impl Tx {
    /// Adds an entry, or gives the same one another end.
    ///
    /// # Errors
    /// [`crate::Error::MissingReference`] when there is no such organisation.
    pub async fn add_to_blacklist(
        &mut self,
        organization: OrganizationId,
        entry: &BlacklistEntry,
    ) -> Result<()> {
        let [cluster, family, instance_type, lifecycle] = key(entry);
        sqlx::query(
            "INSERT INTO inventory_blacklist \
             (org_id, cluster_id, instance_family, instance_type, lifecycle, expires_at, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (org_id, cluster_id, instance_family, instance_type, lifecycle) \
             DO UPDATE SET expires_at = excluded.expires_at, created_at = excluded.created_at",
        )
        .bind(organization.to_string())
        .bind(cluster)
        .bind(family)
        .bind(instance_type)
        .bind(lifecycle)
        .bind(opt_micros(entry.expires_at))
        .bind(micros(entry.created_at))
        .execute(self.connection())
        .await
        .doing("add to the inventory blacklist")
        .map(|_| ())
    }

    /// Removes the entry of the same cluster, family, type and lifecycle; `false` when there is none.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn remove_from_blacklist(
        &mut self,
        organization: OrganizationId,
        entry: &BlacklistEntry,
    ) -> Result<bool> {
        let [cluster, family, instance_type, lifecycle] = key(entry);
        sqlx::query(
            "DELETE FROM inventory_blacklist WHERE org_id = $1 AND cluster_id = $2 AND instance_family = $3 \
             AND instance_type = $4 AND lifecycle = $5",
        )
        .bind(organization.to_string())
        .bind(cluster)
        .bind(family)
        .bind(instance_type)
        .bind(lifecycle)
        .execute(self.connection())
        .await
        .doing("remove from the inventory blacklist")
        .map(|done| done.rows_affected() > 0)
    }
}
