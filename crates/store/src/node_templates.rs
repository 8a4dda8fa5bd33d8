//! Node templates: kinds of nodes that may be bought for a cluster, by name. What one says is the caller's, and so
//! is the default template of a cluster that never changed it: it has no row.

use model::{ClusterId, OrganizationId, Timestamp};
use serde_json::Value;
use sqlx::FromRow;
use sqlx::any::AnyRow;

use crate::error::Doing as _;
use crate::row::{Columns as _, micros};
use crate::{Error, Result, Store, Tx};

/// A node template as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeTemplate {
    /// Its name, unique in the cluster. Never changes.
    pub name: String,
    /// What it says.
    pub document: Value,
    /// Counts its changes from 1.
    pub version: i64,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl FromRow<'_, AnyRow> for NodeTemplate {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            name: row.text("name")?,
            document: row.json("document_json")?,
            version: row.int("version")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl Store {
    /// The cluster's templates that were written, by name.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn node_templates(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
    ) -> Result<Vec<NodeTemplate>> {
        sqlx::query_as("SELECT * FROM node_templates WHERE org_id = $1 AND cluster_id = $2 ORDER BY name")
            .bind(organization.to_string())
            .bind(cluster.to_string())
            .fetch_all(&self.reader)
            .await
            .doing("list node templates")
    }

    /// The cluster's template of this name, when it was ever written.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn node_template(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
        name: &str,
    ) -> Result<Option<NodeTemplate>> {
        sqlx::query_as("SELECT * FROM node_templates WHERE org_id = $1 AND cluster_id = $2 AND name = $3")
            .bind(organization.to_string())
            .bind(cluster.to_string())
            .bind(name)
            .fetch_optional(&self.reader)
            .await
            .doing("read a node template")
    }
}

impl Tx {
    /// Adds a template, with the version that it carries.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there is one of this name, or the organisation has no such cluster.
    pub async fn create_node_template(
        &mut self,
        organization: OrganizationId,
        cluster: ClusterId,
        template: &NodeTemplate,
    ) -> Result<()> {
        let statement = "INSERT INTO node_templates (org_id, cluster_id, name, document_json, version, updated_at) \
             SELECT org_id, id, $3, $4, $5, $6 FROM clusters WHERE org_id = $1 AND id = $2 \
             ON CONFLICT (cluster_id, name) DO NOTHING";
        self.write_node_template(statement, organization, cluster, template).await
    }

    /// Writes a template in place of the version before the one that it carries.
    ///
    /// # Errors
    /// [`Error::Conflict`] when that is not the stored version, or there is no such template.
    pub async fn update_node_template(
        &mut self,
        organization: OrganizationId,
        cluster: ClusterId,
        template: &NodeTemplate,
    ) -> Result<()> {
        let statement = "UPDATE node_templates SET document_json = $4, version = $5, updated_at = $6 \
             WHERE org_id = $1 AND cluster_id = $2 AND name = $3 AND version = $5 - 1";
        self.write_node_template(statement, organization, cluster, template).await
    }

    async fn write_node_template(
        &mut self,
        statement: &'static str,
        organization: OrganizationId,
        cluster: ClusterId,
        template: &NodeTemplate,
    ) -> Result<()> {
        let done = sqlx::query(statement)
            .bind(organization.to_string())
            .bind(cluster.to_string())
            .bind(&template.name)
            .bind(template.document.to_string())
            .bind(template.version)
            .bind(micros(template.updated_at))
            .execute(self.connection())
            .await
            .doing("write a node template")?;
        match done.rows_affected() {
            0 => Err(Error::Conflict { what: "the node template" }),
            _ => Ok(()),
        }
    }

    /// Removes a template; `false` when there is none of this name.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn delete_node_template(
        &mut self,
        organization: OrganizationId,
        cluster: ClusterId,
        name: &str,
    ) -> Result<bool> {
        sqlx::query("DELETE FROM node_templates WHERE org_id = $1 AND cluster_id = $2 AND name = $3")
            .bind(organization.to_string())
            .bind(cluster.to_string())
            .bind(name)
            .execute(self.connection())
            .await
            .doing("delete a node template")
            .map(|done| done.rows_affected() > 0)
    }
}
