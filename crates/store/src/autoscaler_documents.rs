//! What the autoscaler of a cluster may do: a document of each kind. What it means is the caller's; a cluster
//! whose document was never written has none here, and its defaults are the caller's, too.

use model::{ClusterId, OrganizationId, Timestamp};
use serde_json::Value;
use sqlx::FromRow;
use sqlx::any::AnyRow;

use crate::error::Doing as _;
use crate::row::{Columns as _, micros};
use crate::{Error, Result, Store, Tx};

/// Which of a cluster's documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// The autoscaler's policies.
    Policies,
    /// The evictor's exceptions.
    EvictorConfig,
}

impl DocumentKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Policies => "policies",
            Self::EvictorConfig => "evictor_config",
        }
    }
}

/// A document as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct AutoscalerDocument {
    /// What it says.
    pub document: Value,
    /// Counts its changes from 1; a change must carry the one it was made against.
    pub version: i64,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl FromRow<'_, AnyRow> for AutoscalerDocument {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            document: row.json("document_json")?,
            version: row.int("version")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl Store {
    /// The cluster's document of this kind, when it was ever written.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn autoscaler_document(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
        kind: DocumentKind,
    ) -> Result<Option<AutoscalerDocument>> {
        sqlx::query_as(
            "SELECT * FROM autoscaler_documents WHERE org_id = $1 AND cluster_id = $2 AND kind = $3",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .bind(kind.as_str())
        .fetch_optional(&self.reader)
        .await
        .doing("read a document of the autoscaler")
    }
}

impl Tx {
    /// Writes the cluster's document of this kind in place of the one of version `before`; 0 when there was
    /// none.
    ///
    /// # Errors
    /// [`Error::Conflict`] when that is not the stored version, or the organisation has no such cluster.
    pub async fn set_autoscaler_document(
        &mut self,
        organization: OrganizationId,
        cluster: ClusterId,
        kind: DocumentKind,
        document: &Value,
        before: i64,
        now: Timestamp,
    ) -> Result<()> {
        let statement = match before {
            0 => {
                "INSERT INTO autoscaler_documents (org_id, cluster_id, kind, document_json, version, updated_at) \
                 SELECT org_id, id, $3, $4, $5 + 1, $6 FROM clusters WHERE org_id = $1 AND id = $2 \
                 ON CONFLICT (cluster_id, kind) DO NOTHING"
            }
            _ => {
                "UPDATE autoscaler_documents SET document_json = $4, version = version + 1, updated_at = $6 \
                 WHERE org_id = $1 AND cluster_id = $2 AND kind = $3 AND version = $5"
            }
        };
        let done = sqlx::query(statement)
            .bind(organization.to_string())
            .bind(cluster.to_string())
            .bind(kind.as_str())
            .bind(document.to_string())
            .bind(before)
            .bind(micros(now))
            .execute(self.connection())
            .await
            .doing("write a document of the autoscaler")?;
        match done.rows_affected() {
            0 => Err(Error::Conflict { what: "the document" }),
            _ => Ok(()),
        }
    }
}
