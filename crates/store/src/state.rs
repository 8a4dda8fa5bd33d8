//! What rebuilds a cluster's state after a restart: a snapshot, and the deltas that came after it.
//!
//! Bodies are bytes the store does not look into. Every change is fenced by the sequence it was made
//! against: of two servers that both believe they own a cluster, one gets [`Error::Conflict`] and has
//! to read again. A heartbeat without changes needs no write: let the agent keep its token, which names
//! the last delta applied.

use model::{ClusterId, OrganizationId};
use sqlx::Row as _;

use crate::error::Doing as _;
use crate::row::Columns as _;
use crate::{Error, Result, Store, Tx};

/// What is kept of a cluster's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterState {
    /// How many deltas were applied, full ones among them.
    pub sequence: i64,
    /// The continuity token the agent was given with the last one.
    pub token: String,
    /// The one before; empty when there was none. An agent whose connection broke still has it.
    pub previous_token: String,
    /// Whether the agent is to be asked for everything anew.
    pub resync_requested: bool,
    /// Where to start from, when anything was received yet.
    pub snapshot: Option<Snapshot>,
    /// What to apply then, in order; all of sequence numbers after the snapshot's, without gaps.
    pub deltas: Vec<Delta>,
}

/// The state as a whole, at a sequence number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The last delta it contains.
    pub sequence: i64,
    /// The bytes.
    pub body: Vec<u8>,
}

/// One delta.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    /// Its number.
    pub sequence: i64,
    /// The bytes.
    pub body: Vec<u8>,
}

impl Store {
    /// What is kept of the cluster's state, when anything is.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn load_state(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
    ) -> Result<Option<ClusterState>> {
        let operation = "load the state of a cluster";
        // At one moment, lest a compaction in between takes away what was not read yet.
        let mut moment = self.begin_read().await.doing(operation)?;
        let Some(row) = sqlx::query(
            "SELECT s.sequence, s.token, s.previous_token, s.resync_requested, p.sequence AS snapshot_sequence, \
             p.body FROM cluster_states s JOIN clusters c ON c.id = s.cluster_id \
             LEFT JOIN cluster_snapshots p ON p.cluster_id = s.cluster_id WHERE c.org_id = $1 AND c.id = $2",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .fetch_optional(&mut *moment)
        .await
        .doing(operation)?
        else {
            return Ok(None);
        };
        let read = |row: sqlx::any::AnyRow| -> sqlx::Result<ClusterState> {
            let snapshot = match row.try_get::<Option<i64>, _>("snapshot_sequence")? {
                Some(sequence) => Some(Snapshot { sequence, body: row.blob("body")? }),
                None => None,
            };
            Ok(ClusterState {
                sequence: row.int("sequence")?,
                token: row.text("token")?,
                previous_token: row.text("previous_token")?,
                resync_requested: row.flag("resync_requested")?,
                snapshot,
                deltas: Vec::new(),
            })
        };
        let mut state = read(row).doing(operation)?;
        state.deltas = sqlx::query(
            "SELECT sequence, body FROM cluster_deltas WHERE cluster_id = $1 AND sequence > $2 AND sequence <= $3 \
             ORDER BY sequence",
        )
        .bind(cluster.to_string())
        .bind(state.snapshot.as_ref().map_or(0, |snapshot| snapshot.sequence))
        .bind(state.sequence)
        .fetch_all(&mut *moment)
        .await
        .doing(operation)?
        .into_iter()
        .map(|row| Ok(Delta { sequence: row.int("sequence")?, body: row.blob("body")? }))
        .collect::<sqlx::Result<_>>()
        .doing(operation)?;
        Ok(Some(state))
    }

    /// Keeps a delta that follows number `expected`, and the token it is answered with. Returns its
    /// number, which is `expected + 1`. When this returns, the delta is on disk.
    ///
    /// # Errors
    /// [`Error::Conflict`] when `expected` is not the last number, or nothing full came before.
    pub async fn append_delta(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
        expected: i64,
        token: &str,
        body: &[u8],
    ) -> Result<i64> {
        let mut tx = self.begin().await?;
        let sequence = tx.advance_state(organization, cluster, expected, token).await?;
        sqlx::query("INSERT INTO cluster_deltas (cluster_id, sequence, body) VALUES ($1, $2, $3)")
            .bind(cluster.to_string())
            .bind(sequence)
            .bind(body.to_vec())
            .execute(tx.connection())
            .await
            .doing("append a delta")?;
        tx.commit_unaudited().await?;
        Ok(sequence)
    }

    /// Replaces everything by a full snapshot that the agent sent, and the token it is answered with;
    /// a request for one is thereby fulfilled. `expected` is the last number, 0 when there was none.
    /// Returns its number, which is `expected + 1`.
    ///
    /// # Errors
    /// [`Error::Conflict`] when `expected` is not the last number; [`Error::MissingReference`] when the
    /// organisation has no such cluster.
    pub async fn replace_snapshot(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
        expected: i64,
        token: &str,
        body: &[u8],
    ) -> Result<i64> {
        let operation = "replace the snapshot of a cluster";
        let mut tx = self.begin().await?;
        if expected == 0 {
            tx.start_state(organization, cluster).await?;
        }
        let sequence = tx.advance_state(organization, cluster, expected, token).await?;
        sqlx::query("UPDATE cluster_states SET resync_requested = 0 WHERE cluster_id = $1")
            .bind(cluster.to_string())
            .execute(tx.connection())
            .await
            .doing(operation)?;
        tx.put_snapshot(cluster, sequence, body).await?;
        tx.commit_unaudited().await?;
        Ok(sequence)
    }

    /// Folds the deltas up to number `sequence` into `body`, the state at that number; later deltas
    /// stay. Token and number do not change, so this can run beside [`Store::append_delta`].
    ///
    /// # Errors
    /// [`Error::Conflict`] when a snapshot of that number or a later one is kept already, or nothing of
    /// that number ever was.
    pub async fn compact_state(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
        sequence: i64,
        body: &[u8],
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        // Written without a change, to hold the row until the end: nobody replaces the snapshot meanwhile.
        let held = sqlx::query(
            "UPDATE cluster_states SET sequence = sequence WHERE cluster_id IN \
             (SELECT id FROM clusters WHERE org_id = $1 AND id = $2) AND sequence >= $3 AND NOT EXISTS \
             (SELECT 1 FROM cluster_snapshots p WHERE p.cluster_id = cluster_states.cluster_id AND p.sequence >= $3)",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .bind(sequence)
        .execute(tx.connection())
        .await
        .doing("compact the state of a cluster")?;
        if held.rows_affected() == 0 {
            return Err(Error::Conflict { what: "the state of the cluster" });
        }
        tx.put_snapshot(cluster, sequence, body).await?;
        tx.commit_unaudited().await
    }

    /// Notes whether the agent is to be asked for everything anew. Before anything was received this
    /// does nothing: everything is what the agent begins with.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn request_resync(
        &self,
        organization: OrganizationId,
        cluster: ClusterId,
        requested: bool,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "UPDATE cluster_states SET resync_requested = $3 \
             WHERE cluster_id IN (SELECT id FROM clusters WHERE org_id = $1 AND id = $2)",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .bind(i64::from(requested))
        .execute(tx.connection())
        .await
        .doing("request a resync")?;
        tx.commit_unaudited().await
    }

    /// Forgets the state, as when a cluster is archived.
    ///
    /// # Errors
    /// [`Error::Query`].
    pub async fn delete_state(&self, organization: OrganizationId, cluster: ClusterId) -> Result<()> {
        let mut tx = self.begin().await?;
        for statement in [
            "DELETE FROM cluster_deltas WHERE cluster_id IN (SELECT id FROM clusters WHERE org_id = $1 AND id = $2)",
            "DELETE FROM cluster_snapshots WHERE cluster_id IN (SELECT id FROM clusters WHERE org_id = $1 AND id = $2)",
            "DELETE FROM cluster_states WHERE cluster_id IN (SELECT id FROM clusters WHERE org_id = $1 AND id = $2)",
        ] {
            sqlx::query(statement)
                .bind(organization.to_string())
                .bind(cluster.to_string())
                .execute(tx.connection())
                .await
                .doing("forget the state of a cluster")?;
        }
        tx.commit_unaudited().await
    }
}

impl Tx {
    /// Makes the row of a cluster of which nothing was received yet; harmless when it is there.
    async fn start_state(&mut self, organization: OrganizationId, cluster: ClusterId) -> Result<()> {
        let operation = "start the state of a cluster";
        let done = sqlx::query(
            "INSERT INTO cluster_states (cluster_id, sequence, token, previous_token, resync_requested) \
             SELECT id, 0, '', '', 0 FROM clusters WHERE org_id = $1 AND id = $2 \
             ON CONFLICT (cluster_id) DO UPDATE SET sequence = cluster_states.sequence",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .execute(self.connection())
        .await
        .doing(operation)?;
        if done.rows_affected() == 0 {
            return Err(Error::MissingReference { operation });
        }
        Ok(())
    }

    /// Counts one up from `expected` and moves the tokens on.
    async fn advance_state(
        &mut self,
        organization: OrganizationId,
        cluster: ClusterId,
        expected: i64,
        token: &str,
    ) -> Result<i64> {
        let done = sqlx::query(
            "UPDATE cluster_states SET sequence = sequence + 1, previous_token = token, token = $4 \
             WHERE cluster_id IN (SELECT id FROM clusters WHERE org_id = $1 AND id = $2) AND sequence = $3",
        )
        .bind(organization.to_string())
        .bind(cluster.to_string())
        .bind(expected)
        .bind(token)
        .execute(self.connection())
        .await
        .doing("advance the state of a cluster")?;
        if done.rows_affected() == 0 {
            return Err(Error::Conflict { what: "the state of the cluster" });
        }
        Ok(expected + 1)
    }

    /// Keeps the snapshot, and no delta that it contains.
    async fn put_snapshot(&mut self, cluster: ClusterId, sequence: i64, body: &[u8]) -> Result<()> {
        let operation = "keep the snapshot of a cluster";
        sqlx::query(
            "INSERT INTO cluster_snapshots (cluster_id, sequence, body) VALUES ($1, $2, $3) \
             ON CONFLICT (cluster_id) DO UPDATE SET sequence = excluded.sequence, body = excluded.body",
        )
        .bind(cluster.to_string())
        .bind(sequence)
        .bind(body.to_vec())
        .execute(self.connection())
        .await
        .doing(operation)?;
        sqlx::query("DELETE FROM cluster_deltas WHERE cluster_id = $1 AND sequence <= $2")
            .bind(cluster.to_string())
            .bind(sequence)
            .execute(self.connection())
            .await
            .doing(operation)
            .map(|_| ())
    }
}
