//! Credentials of clouds: bytes in, bytes out. No list and no get of a cluster reads them. They can be
//! told apart only by [`crate::Cluster::credentials_id`]; encrypting them is the caller's.

use model::{ClusterId, OrganizationId};

use crate::error::Doing as _;
use crate::row::Columns as _;
use crate::{Error, Result, Store, Tx};

impl Store {
    /// The cluster's credentials, when it has any: for the cloud drivers alone.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn credentials(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
    ) -> Result<Option<Vec<u8>>> {
        sqlx::query(
            "SELECT s.secret FROM cluster_credentials s JOIN clusters c ON c.id = s.cluster_id \
             WHERE c.org_id = $1 AND c.id = $2",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .fetch_optional(&self.reader)
        .await
        .and_then(|row| row.map(|row| row.blob("secret")).transpose())
        .doing("read the credentials of a cluster")
    }
}

impl Tx {
    /// Keeps the credentials in place of those before; the cluster's `credentials_id` is updated by the
    /// caller in the same transaction.
    ///
    /// # Errors
    /// [`Error::MissingReference`] when the organisation has no such cluster.
    pub async fn set_credentials(
        &mut self,
        organization: OrganizationId,
        cluster: ClusterId,
        secret: &[u8],
    ) -> Result<()> {
        let operation = "keep the credentials of a cluster";
        let done = sqlx::query(
            "INSERT INTO cluster_credentials (cluster_id, secret) \
             SELECT id, $3 FROM clusters WHERE org_id = $1 AND id = $2 \
             ON CONFLICT (cluster_id) DO UPDATE SET secret = excluded.secret",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .bind(secret.to_vec())
        .execute(self.connection())
        .await
        .doing(operation)?;
        if done.rows_affected() == 0 {
            return Err(Error::MissingReference { operation });
        }
        Ok(())
    }

    /// Forgets the credentials, as when the cluster is archived; `false` when there were none.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn delete_credentials(
        &mut self,
        organization: OrganizationId,
        cluster: ClusterId,
    ) -> Result<bool> {
        sqlx::query(
            "DELETE FROM cluster_credentials WHERE cluster_id IN \
             (SELECT id FROM clusters WHERE org_id = $1 AND id = $2)",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .execute(self.connection())
        .await
        .doing("forget the credentials of a cluster")
        .map(|done| done.rows_affected() > 0)
    }
}
