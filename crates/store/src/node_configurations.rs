//! Node configurations: what is set up on the machines of a cluster's new nodes. Of a cluster that has
//! any, exactly one is the default; names are unique within a cluster.

use model::{ClusterId, NodeConfigurationId, OrganizationId, Timestamp};
use serde_json::Value;
use sqlx::FromRow;
use sqlx::any::AnyRow;

use crate::error::Doing as _;
use crate::row::{Columns as _, micros};
use crate::{Error, Result, Store, Tx};

/// A node configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeConfiguration {
    /// Its id.
    pub id: NodeConfigurationId,
    /// Whose cluster it is for.
    pub organization_id: OrganizationId,
    /// The cluster.
    pub cluster_id: ClusterId,
    /// Its name. Never changes.
    pub name: String,
    /// Whether it serves nodes whose template names none.
    pub is_default: bool,
    /// What is set up, as on the wire.
    pub settings: Value,
    /// Counts the changes of the settings; an update must carry the one it was made against.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its settings last changed.
    pub updated_at: Timestamp,
}

impl FromRow<'_, AnyRow> for NodeConfiguration {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.id("id")?,
            organization_id: row.id("org_id")?,
            cluster_id: row.id("cluster_id")?,
            name: row.text("name")?,
            is_default: row.flag("is_default")?,
            settings: row.json("settings_json")?,
            version: row.int("version")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl Store {
    /// The cluster's configurations, by name.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn node_configurations(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
    ) -> Result<Vec<NodeConfiguration>> {
        sqlx::query_as(
            "SELECT * FROM node_configurations WHERE org_id = $1 AND cluster_id = $2 ORDER BY name",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .fetch_all(&self.reader)
        .await
        .doing("list node configurations")
    }
}

impl Tx {
    /// Creates a configuration, at version 1 whatever it says.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`] when the cluster has one of this name, or a second default was to be
    /// made; [`Error::MissingReference`] when the organisation has no such cluster.
    pub async fn create_node_configuration(&mut self, new: &NodeConfiguration) -> Result<()> {
        let operation = "create a node configuration";
        let done = sqlx::query(
            "INSERT INTO node_configurations (id, org_id, cluster_id, name, is_default, settings_json, version, \
             created_at, updated_at) SELECT $3, org_id, id, $4, $5, $6, 1, $7, $8 FROM clusters \
             WHERE org_id = $1 AND id = $2",
        )
        .bind(new.organization_id.to_string())
        .bind(new.cluster_id.to_string())
        .bind(new.id.to_string())
        .bind(&new.name)
        .bind(i64::from(new.is_default))
        .bind(new.settings.to_string())
        .bind(micros(new.created_at))
        .bind(micros(new.updated_at))
        .execute(self.connection())
        .await
        .doing(operation)?;
        match done.rows_affected() {
            0 => Err(Error::MissingReference { operation }),
            _ => Ok(()),
        }
    }

    /// Replaces the settings. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Conflict`] when `changed.version` is no longer the stored one, or it does not exist.
    pub async fn update_node_configuration(&mut self, changed: &NodeConfiguration) -> Result<i64> {
        let done = sqlx::query(
            "UPDATE node_configurations SET settings_json = $5, updated_at = $6, version = version + 1 \
             WHERE org_id = $1 AND cluster_id = $2 AND id = $3 AND version = $4",
        )
        .bind(changed.organization_id.to_string())
        .bind(changed.cluster_id.to_string())
        .bind(changed.id.to_string())
        .bind(changed.version)
        .bind(changed.settings.to_string())
        .bind(micros(changed.updated_at))
        .execute(self.connection())
        .await
        .doing("update a node configuration")?;
        match done.rows_affected() {
            0 => Err(Error::Conflict { what: "the node configuration" }),
            _ => Ok(changed.version + 1),
        }
    }

    /// Makes a configuration the cluster's only default; `false` when there is no such one.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`] when somebody else sets another one at this very moment.
    pub async fn set_default_node_configuration(
        &mut self,
        organization: OrganizationId,
        cluster: ClusterId,
        id: NodeConfigurationId,
    ) -> Result<bool> {
        let operation = "set the default node configuration";
        // First none, then the one: the index allows no two, not even for a moment.
        sqlx::query(
            "UPDATE node_configurations SET is_default = 0 \
             WHERE org_id = $1 AND cluster_id = $2 AND id <> $3 AND is_default = 1",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .bind(id.to_string())
        .execute(self.connection())
        .await
        .doing(operation)?;
        sqlx::query(
            "UPDATE node_configurations SET is_default = 1 WHERE org_id = $1 AND cluster_id = $2 AND id = $3",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .bind(id.to_string())
        .execute(self.connection())
        .await
        .doing(operation)
        .map(|done| done.rows_affected() > 0)
    }

    /// Deletes a configuration unless it is the default; `false` when there is no such one.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn delete_node_configuration(
        &mut self,
        organization: OrganizationId,
        cluster: ClusterId,
        id: NodeConfigurationId,
    ) -> Result<bool> {
        sqlx::query(
            "DELETE FROM node_configurations WHERE org_id = $1 AND cluster_id = $2 AND id = $3 AND is_default = 0",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .bind(id.to_string())
        .execute(self.connection())
        .await
        .doing("delete a node configuration")
        .map(|done| done.rows_affected() > 0)
    }
}
