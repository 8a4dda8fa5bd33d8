//! The audit log: append-only, and chained by hash within each organisation.
//!
//! An entry's hash is SHA-256 over the hash before it and all of its own fields, so that an edited,
//! removed or inserted row shows; the newest hash is kept apart, so that a log cut short shows too.
//! This finds tampering with rows, not by somebody who can recompute the whole chain and its head:
//! against that, copy the head elsewhere ([`Store::audit_head`]).
//!
//! Entries are appended at the end of a transaction ([`crate::Tx::commit`]): the organisation's head
//! is a row lock, held as shortly as can be.

use model::{AuditId, ClusterId, OrganizationId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, FromRow};

use crate::error::Doing as _;
use crate::row::{Columns as _, micros, opt_id};
use crate::{Cursor, Page, Paged, Result, Store};

/// The list's name in its cursors.
const LIST: &str = "audit";
/// The hash before the first entry.
const GENESIS: [u8; 32] = [0; 32];
/// How many entries are verified per query.
const VERIFY_STEP: i64 = 1_000;

/// Who did it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    /// `user`, `service_account`, `cluster`, or `system` for the server's own decisions.
    pub kind: String,
    /// Their id; empty for the system.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Their e-mail address; empty where there is none.
    pub email: String,
}

/// What is to be remembered about a change.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// Whose log it belongs to.
    pub organization_id: OrganizationId,
    /// When it happened.
    pub time: Timestamp,
    /// What happened, as the contract names it: `clusterDeleted`, `nodeAdded`.
    pub event_type: String,
    /// Who did it.
    pub initiated_by: Actor,
    /// The cluster it is about, if it is about one.
    pub cluster_id: Option<ClusterId>,
    /// Short texts to filter by: an object of strings.
    pub labels: Value,
    /// The details, with before and after where they are small. Never a secret.
    pub event: Value,
}

/// An entry and its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRecord {
    /// Counted from 1 in each organisation, without gaps.
    pub sequence: i64,
    /// The entry.
    pub entry: AuditEntry,
}

/// Which entries are wanted. They travel in the cursor: a later page needs nothing but it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilters {
    /// Not before this.
    pub from: Option<Timestamp>,
    /// Not after this.
    pub to: Option<Timestamp>,
    /// Only about this cluster.
    pub cluster_id: Option<ClusterId>,
    /// Only of this event type.
    pub event_type: Option<String>,
}

/// What is wrong with a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// The entry's fields do not give its hash.
    #[error("was edited")]
    Edited,
    /// The entry is not there, although later ones or the head say it was.
    #[error("is missing")]
    Missing,
    /// The entry is there, although the head says the log ends before it, or has another hash.
    #[error("does not agree with the head of the log")]
    NotInHead,
}

/// A log that was tampered with: the first place where it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("audit entry {sequence} of organization {organization_id} {fault}")]
pub struct BrokenChain {
    /// Whose log.
    pub organization_id: OrganizationId,
    /// Which entry, counted from 1.
    pub sequence: i64,
    /// What about it.
    pub fault: ChainFault,
}

/// Where a page of the log ended, and its filters.
#[derive(Serialize, Deserialize)]
struct Position {
    micros: i64,
    sequence: i64,
    from: i64,
    to: i64,
    cluster: String,
    event_type: String,
}

/// A row as it is stored: the hash is over exactly these texts.
struct Row {
    sequence: i64,
    id: String,
    organization: String,
    micros: i64,
    event_type: String,
    actor: Actor,
    cluster: Option<String>,
    labels: String,
    event: String,
}

impl Row {
    /// SHA-256 over the previous hash and every field, each preceded by its length so that no two
    /// entries read the same.
    fn hash(&self, previous: &[u8; 32]) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(previous);
        let (sequence, micros) = (self.sequence.to_string(), self.micros.to_string());
        let cluster = self.cluster.as_deref().unwrap_or_default();
        for field in [
            &sequence,
            &self.id,
            &self.organization,
            &micros,
            &self.event_type,
            &self.actor.kind,
            &self.actor.id,
            &self.actor.name,
            &self.actor.email,
            cluster,
            &self.labels,
            &self.event,
        ] {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field);
        }
        hasher.finalize().into()
    }
}

impl FromRow<'_, AnyRow> for Row {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            sequence: row.int("sequence")?,
            id: row.text("id")?,
            organization: row.text("org_id")?,
            micros: row.int("time")?,
            event_type: row.text("event_type")?,
            actor: actor(row)?,
            cluster: row.opt_text("cluster_id")?,
            labels: row.text("labels_json")?,
            event: row.text("event_json")?,
        })
    }
}

impl FromRow<'_, AnyRow> for AuditRecord {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            sequence: row.int("sequence")?,
            entry: AuditEntry {
                id: row.id("id")?,
                organization_id: row.id("org_id")?,
                time: row.time("time")?,
                event_type: row.text("event_type")?,
                initiated_by: actor(row)?,
                cluster_id: row.opt_id("cluster_id")?,
                labels: row.json("labels_json")?,
                event: row.json("event_json")?,
            },
        })
    }
}

fn actor(row: &AnyRow) -> sqlx::Result<Actor> {
    Ok(Actor {
        kind: row.text("actor_kind")?,
        id: row.text("actor_id")?,
        name: row.text("actor_name")?,
        email: row.text("actor_email")?,
    })
}

/// Starts an organisation's empty log.
pub(crate) async fn create_head(connection: &mut AnyConnection, organization: OrganizationId) -> Result<()> {
    sqlx::query("INSERT INTO audit_heads (org_id, sequence, hash) VALUES ($1, 0, $2)")
        .bind(organization.to_string())
        .bind(GENESIS.to_vec())
        .execute(connection)
        .await
        .doing("start an audit log")
        .map(|_| ())
}

/// Appends to the organisation's log. Whoever else appends to it waits until this transaction ends.
pub(crate) async fn append(connection: &mut AnyConnection, entry: &AuditEntry) -> Result<()> {
    let operation = "append to the audit log";
    let organization = entry.organization_id.to_string();
    let head = sqlx::query(
        "UPDATE audit_heads SET sequence = sequence + 1 WHERE org_id = $1 RETURNING sequence, hash",
    )
    .bind(&organization)
    .fetch_one(&mut *connection)
    .await
    .doing(operation)?;
    let previous = head.hash("hash").doing(operation)?;
    let row = Row {
        sequence: head.int("sequence").doing(operation)?,
        id: entry.id.to_string(),
        organization,
        micros: micros(entry.time),
        event_type: entry.event_type.clone(),
        actor: entry.initiated_by.clone(),
        cluster: opt_id(entry.cluster_id),
        labels: entry.labels.to_string(),
        event: entry.event.to_string(),
    };
    let hash = row.hash(&previous);
    sqlx::query("UPDATE audit_heads SET hash = $2 WHERE org_id = $1")
        .bind(row.organization.clone())
        .bind(hash.to_vec())
        .execute(&mut *connection)
        .await
        .doing(operation)?;
    sqlx::query(
        "INSERT INTO audit_entries (org_id, sequence, id, time, event_type, actor_kind, actor_id, actor_name, \
         actor_email, cluster_id, labels_json, event_json, previous_hash, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(row.organization)
    .bind(row.sequence)
    .bind(row.id)
    .bind(row.micros)
    .bind(row.event_type)
    .bind(row.actor.kind)
    .bind(row.actor.id)
    .bind(row.actor.name)
    .bind(row.actor.email)
    .bind(row.cluster)
    .bind(row.labels)
    .bind(row.event)
    .bind(previous.to_vec())
    .bind(hash.to_vec())
    .execute(connection)
    .await
    .doing(operation)
    .map(|_| ())
}

impl Store {
    /// The entries, newest first. When `page` goes on after a cursor, the cursor's filters hold and
    /// `filters` is not looked at.
    ///
    /// # Errors
    /// [`crate::Error::Cursor`] for a cursor of something else.
    pub async fn audit_entries(
        &self,
        organization: OrganizationId,
        filters: &AuditFilters,
        page: &Page,
    ) -> Result<Paged<AuditRecord>> {
        let at = page.position::<Position>(LIST)?.unwrap_or_else(|| Position {
            micros: i64::MAX,
            sequence: i64::MAX,
            from: filters.from.map_or(i64::MIN, micros),
            to: filters.to.map_or(i64::MAX, micros),
            cluster: opt_id(filters.cluster_id).unwrap_or_default(),
            event_type: filters.event_type.clone().unwrap_or_default(),
        });
        let rows: Vec<AuditRecord> = sqlx::query_as(
            "SELECT * FROM audit_entries WHERE org_id = $1 AND (time, sequence) < ($2, $3) \
             AND time >= $4 AND time <= $5 AND ($6 = '' OR cluster_id = $6) AND ($7 = '' OR event_type = $7) \
             ORDER BY time DESC, sequence DESC LIMIT $8",
        )
        .bind(organization.to_string())
        .bind(at.micros)
        .bind(at.sequence)
        .bind(at.from)
        .bind(at.to)
        .bind(&at.cluster)
        .bind(&at.event_type)
        .bind(page.rows())
        .fetch_all(&self.reader)
        .await
        .doing("list audit entries")?;
        Ok(page.cut(rows, |last| {
            let (micros, sequence) = (micros(last.entry.time), last.sequence);
            Cursor::new(LIST, &Position { micros, sequence, ..at })
        }))
    }

    /// How many entries the organisation's log has, and the hash of the newest: to be copied to where
    /// nobody who can write to the store can.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn audit_head(&self, organization: OrganizationId) -> Result<Option<(i64, [u8; 32])>> {
        sqlx::query("SELECT sequence, hash FROM audit_heads WHERE org_id = $1")
            .bind(organization.to_string())
            .fetch_optional(&self.reader)
            .await
            .and_then(|row| row.map(|row| Ok((row.int("sequence")?, row.hash("hash")?))).transpose())
            .doing("read the head of an audit log")
    }

    /// Recomputes the organisation's whole log: how many entries there are, or the first place where it
    /// was tampered with. Entries appended meanwhile are left for the next time.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn verify_audit(
        &self,
        organization: OrganizationId,
    ) -> Result<std::result::Result<u64, BrokenChain>> {
        let (length, head_hash) = self.audit_head(organization).await?.unwrap_or((0, GENESIS));
        let broken =
            |sequence, fault| Ok(Err(BrokenChain { organization_id: organization, sequence, fault }));
        let (mut checked, mut previous) = (0_i64, GENESIS);
        while checked < length {
            let rows = sqlx::query(
                "SELECT * FROM audit_entries WHERE org_id = $1 AND sequence > $2 AND sequence <= $3 \
                 ORDER BY sequence LIMIT $4",
            )
            .bind(organization.to_string())
            .bind(checked)
            .bind(length)
            .bind(VERIFY_STEP)
            .fetch_all(&self.reader)
            .await
            .doing("verify an audit log")?;
            if rows.is_empty() {
                return broken(checked + 1, ChainFault::Missing);
            }
            for stored in &rows {
                let row = Row::from_row(stored).doing("verify an audit log")?;
                if row.sequence != checked + 1 {
                    return broken(checked + 1, ChainFault::Missing);
                }
                let hash = row.hash(&previous);
                if hash != stored.hash("hash").doing("verify an audit log")? {
                    return broken(row.sequence, ChainFault::Edited);
                }
                (checked, previous) = (row.sequence, hash);
            }
        }
        if previous != head_hash {
            return broken(length, ChainFault::NotInHead);
        }
        // One writer at a time appends, so an entry beyond a head read before it may be a new one: only
        // when the head still says the same is it an intruder.
        let beyond =
            sqlx::query("SELECT sequence FROM audit_entries WHERE org_id = $1 AND sequence > $2 LIMIT 1")
                .bind(organization.to_string())
                .bind(length)
                .fetch_optional(&self.reader)
                .await
                .doing("verify an audit log")?;
        if beyond.is_some() && self.audit_head(organization).await? == Some((length, head_hash)) {
            return broken(length + 1, ChainFault::NotInHead);
        }
        Ok(Ok(length.unsigned_abs()))
    }
}
