//! Connected clusters. An archived cluster stays, so that a client that deleted it can see that it did.

use model::{ClusterId, OrganizationId, Timestamp};
use serde_json::Value;
use sqlx::FromRow;
use sqlx::any::AnyRow;

use crate::error::Doing as _;
use crate::page::ByCreation;
use crate::row::{Columns as _, micros, opt_micros};
use crate::{Error, Page, Paged, Result, Store, Tx};

/// The list's name in its cursors.
const LIST: &str = "clusters";

/// Everything of a cluster but its credentials and state.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT c.*, a.last_snapshot_at, a.last_delta_at, a.agent_seen_at, a.controller_seen_at \
             FROM clusters c LEFT JOIN cluster_activity a ON a.cluster_id = c.id ",
            $rest
        )
    };
}

/// A registration: what makes a cluster known, and makes it the same one the next time.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCluster {
    /// The id it gets if it is new.
    pub id: ClusterId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// What people call it.
    pub name: String,
    /// `eks`, `gke`, `aks`, `kops`, `openshift`, `anywhere`, `selfHostedWithEc2Nodes` or `oke`.
    pub provider_type: String,
    /// What identifies it among the organisation's clusters of this provider, such as account, region
    /// and name in one text. Unique among those that are not archived.
    pub identity: String,
    /// The provider's parameters, as on the wire.
    pub provider: Value,
    /// Region; empty when unknown.
    pub region: String,
    /// The contract's status to begin with.
    pub status: String,
    /// The contract's agent status to begin with.
    pub agent_status: String,
    /// When.
    pub created_at: Timestamp,
}

/// What became of a registration.
#[derive(Clone, Debug, PartialEq)]
pub struct Registration {
    /// The cluster, new or known before.
    pub cluster: Cluster,
    /// Whether it is new.
    pub created: bool,
}

/// A cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// Its id.
    pub id: ClusterId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// What people call it.
    pub name: String,
    /// See [`NewCluster::provider_type`].
    pub provider_type: String,
    /// See [`NewCluster::identity`]. Never changes.
    pub identity: String,
    /// The provider's parameters, as on the wire.
    pub provider: Value,
    /// Region; empty when unknown.
    pub region: String,
    /// The contract's status. Only `archived` means something here: it gives the identity up.
    pub status: String,
    /// The contract's agent status, as far as it was decided rather than observed.
    pub agent_status: String,
    /// Changes with every update of the credentials; empty when there are none.
    pub credentials_id: String,
    /// Tags: an object of strings.
    pub tags: Value,
    /// What else was set for this cluster: an object.
    pub settings: Value,
    /// Version of Kubernetes; empty when unknown.
    pub kubernetes_version: String,
    /// Version of the agent; empty when unknown.
    pub agent_version: String,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
    /// When its reconciliation last finished.
    pub reconciled_at: Option<Timestamp>,
    /// Counts the changes; an update must carry the one it was made against.
    pub version: i64,
    /// When its components were last heard of. Not part of an update.
    pub activity: ClusterActivity,
}

/// When a cluster's components were last heard of; kept late and in bulk, so after a crash it may be
/// as old as the interval of writing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClusterActivity {
    /// The last full snapshot.
    pub last_snapshot_at: Option<Timestamp>,
    /// The last delta, full or not.
    pub last_delta_at: Option<Timestamp>,
    /// Any call of the agent.
    pub agent_seen_at: Option<Timestamp>,
    /// Any call of the controller.
    pub controller_seen_at: Option<Timestamp>,
}

impl FromRow<'_, AnyRow> for Cluster {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.id("id")?,
            organization_id: row.id("org_id")?,
            name: row.text("name")?,
            provider_type: row.text("provider_type")?,
            identity: row.text("identity")?,
            provider: row.json("provider_json")?,
            region: row.text("region")?,
            status: row.text("status")?,
            agent_status: row.text("agent_status")?,
            credentials_id: row.text("credentials_id")?,
            tags: row.json("tags_json")?,
            settings: row.json("settings_json")?,
            kubernetes_version: row.text("kubernetes_version")?,
            agent_version: row.text("agent_version")?,
            created_at: row.time("created_at")?,
            deleted_at: row.opt_time("deleted_at")?,
            reconciled_at: row.opt_time("reconciled_at")?,
            version: row.int("version")?,
            activity: ClusterActivity {
                last_snapshot_at: row.opt_time("last_snapshot_at")?,
                last_delta_at: row.opt_time("last_delta_at")?,
                agent_seen_at: row.opt_time("agent_seen_at")?,
                controller_seen_at: row.opt_time("controller_seen_at")?,
            },
        })
    }
}

impl Store {
    /// The organisation's clusters, archived ones among them only if asked for, oldest first.
    ///
    /// # Errors
    /// [`Error::Cursor`] for a cursor of something else.
    pub async fn clusters(
        &self,
        organization: OrganizationId,
        with_archived: bool,
        page: &Page,
    ) -> Result<Paged<Cluster>> {
        let (micros, id) = ByCreation::of(page, LIST)?;
        let rows: Vec<Cluster> = sqlx::query_as(select!(
            "WHERE c.org_id = $1 AND ($2 = 1 OR c.status <> 'archived') AND (c.created_at, c.id) > ($3, $4) \
             ORDER BY c.created_at, c.id LIMIT $5"
        ))
        .bind(organization.to_string())
        .bind(i64::from(with_archived))
        .bind(micros)
        .bind(id)
        .bind(page.rows())
        .fetch_all(&self.reader)
        .await
        .doing("list clusters")?;
        Ok(page.cut(rows, |last| ByCreation::cursor(LIST, last.created_at, last.id)))
    }

    /// The cluster, archived or not, when the organisation has it.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn cluster(&self, organization: OrganizationId, id: ClusterId) -> Result<Option<Cluster>> {
        sqlx::query_as(select!("WHERE c.org_id = $1 AND c.id = $2"))
            .bind(organization.to_string())
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await
            .doing("read a cluster")
    }

    /// All clusters of all organisations that are not archived, for the background loops.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn all_live_clusters(&self) -> Result<Vec<Cluster>> {
        sqlx::query_as(select!("WHERE c.status <> 'archived' ORDER BY c.created_at, c.id"))
            .fetch_all(&self.reader)
            .await
            .doing("list all live clusters")
    }

    /// Notes when components were last heard of, of clusters of all organisations at once. What is
    /// `None`, and what is older than what was noted, changes nothing.
    ///
    /// # Errors
    /// [`Error::MissingReference`] when a cluster does not exist; then none is noted.
    pub async fn touch_clusters(&self, seen: &[(ClusterId, ClusterActivity)]) -> Result<()> {
        if seen.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        // In one order everywhere, so that two servers never wait for each other in a circle.
        let mut seen: Vec<_> = seen.iter().map(|(id, activity)| (id.to_string(), activity)).collect();
        seen.sort_by(|a, b| a.0.cmp(&b.0));
        for (id, activity) in seen {
            sqlx::query(
                "INSERT INTO cluster_activity \
                 (cluster_id, last_snapshot_at, last_delta_at, agent_seen_at, controller_seen_at) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (cluster_id) DO UPDATE SET \
                 last_snapshot_at = CASE WHEN cluster_activity.last_snapshot_at > excluded.last_snapshot_at \
                 THEN cluster_activity.last_snapshot_at \
                 ELSE COALESCE(excluded.last_snapshot_at, cluster_activity.last_snapshot_at) END, \
                 last_delta_at = CASE WHEN cluster_activity.last_delta_at > excluded.last_delta_at \
                 THEN cluster_activity.last_delta_at \
                 ELSE COALESCE(excluded.last_delta_at, cluster_activity.last_delta_at) END, \
                 agent_seen_at = CASE WHEN cluster_activity.agent_seen_at > excluded.agent_seen_at \
                 THEN cluster_activity.agent_seen_at \
                 ELSE COALESCE(excluded.agent_seen_at, cluster_activity.agent_seen_at) END, \
                 controller_seen_at = CASE WHEN cluster_activity.controller_seen_at > excluded.controller_seen_at \
                 THEN cluster_activity.controller_seen_at \
                 ELSE COALESCE(excluded.controller_seen_at, cluster_activity.controller_seen_at) END",
            )
            .bind(id)
            .bind(opt_micros(activity.last_snapshot_at))
            .bind(opt_micros(activity.last_delta_at))
            .bind(opt_micros(activity.agent_seen_at))
            .bind(opt_micros(activity.controller_seen_at))
            .execute(tx.connection())
            .await
            .doing("note the activity of clusters")?;
        }
        tx.commit_unaudited().await
    }
}

impl Tx {
    /// The cluster of this identity, or a new one: however many register it at once, there is one.
    ///
    /// # Errors
    /// [`Error::MissingReference`] when there is no such organisation; [`Error::Conflict`] when the
    /// cluster was archived at this very moment.
    pub async fn register_cluster(&mut self, new: &NewCluster) -> Result<Registration> {
        let operation = "register a cluster";
        // The insertion waits for one of the same identity under way, then does nothing.
        let inserted = sqlx::query(
            "INSERT INTO clusters (id, org_id, name, provider_type, identity, provider_json, region, status, \
             agent_status, credentials_id, tags_json, settings_json, kubernetes_version, agent_version, \
             created_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '{}', '{}', '', '', $10, 1) \
             ON CONFLICT (org_id, provider_type, identity) WHERE status <> 'archived' DO NOTHING",
        )
        .bind(new.id.to_string())
        .bind(new.organization_id.to_string())
        .bind(&new.name)
        .bind(&new.provider_type)
        .bind(&new.identity)
        .bind(new.provider.to_string())
        .bind(&new.region)
        .bind(&new.status)
        .bind(&new.agent_status)
        .bind(micros(new.created_at))
        .execute(self.connection())
        .await
        .doing(operation)?;
        let cluster: Option<Cluster> = sqlx::query_as(select!(
            "WHERE c.org_id = $1 AND c.provider_type = $2 AND c.identity = $3 AND c.status <> 'archived'"
        ))
        .bind(new.organization_id.to_string())
        .bind(&new.provider_type)
        .bind(&new.identity)
        .fetch_optional(self.connection())
        .await
        .doing(operation)?;
        let cluster = cluster.ok_or(Error::Conflict { what: "the cluster" })?;
        Ok(Registration { cluster, created: inserted.rows_affected() > 0 })
    }

    /// Writes the cluster as given, except for what never changes (id, organisation, provider type,
    /// identity, time of creation) and its activity. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Conflict`] when `cluster.version` is no longer the stored one, or it does not exist;
    /// [`Error::AlreadyExists`] when an archived cluster was to live again beside a new one.
    pub async fn update_cluster(&mut self, cluster: &Cluster) -> Result<i64> {
        let done = sqlx::query(
            "UPDATE clusters SET name = $4, provider_json = $5, region = $6, status = $7, agent_status = $8, \
             credentials_id = $9, tags_json = $10, settings_json = $11, kubernetes_version = $12, \
             agent_version = $13, deleted_at = $14, reconciled_at = $15, version = version + 1 \
             WHERE org_id = $1 AND id = $2 AND version = $3",
        )
        .bind(cluster.organization_id.to_string())
        .bind(cluster.id.to_string())
        .bind(cluster.version)
        .bind(&cluster.name)
        .bind(cluster.provider.to_string())
        .bind(&cluster.region)
        .bind(&cluster.status)
        .bind(&cluster.agent_status)
        .bind(&cluster.credentials_id)
        .bind(cluster.tags.to_string())
        .bind(cluster.settings.to_string())
        .bind(&cluster.kubernetes_version)
        .bind(&cluster.agent_version)
        .bind(opt_micros(cluster.deleted_at))
        .bind(opt_micros(cluster.reconciled_at))
        .execute(self.connection())
        .await
        .doing("update a cluster")?;
        if done.rows_affected() == 0 {
            return Err(Error::Conflict { what: "the cluster" });
        }
        Ok(cluster.version + 1)
    }
}
