//! What the server keeps: SQLite in a directory by default, PostgreSQL when given a URL, behind one
//! set of methods.
//!
//! - **One implementation.** Plain SQL in the subset both databases share, `$1` placeholders, a
//!   migration file per dialect, one suite of tests run on both.
//! - **Reading** is done on [`Store`]; **changing what a user sees** on a [`Tx`], which ends with
//!   [`Tx::commit`] and the audit entries of the change, or by name without any
//!   ([`Tx::commit_unaudited`]). Traffic of machines (deltas, logs, roll-ups, last-used times) has
//!   methods of its own on [`Store`] and leaves no audit entries.
//! - **Tenancy.** Every method that touches what belongs to an organisation takes its id, and what
//!   belongs to another organisation does not exist. The exceptions: a key, session or invitation is
//!   found by the hash of its secret, and the background loops go over all clusters
//!   ([`Store::all_live_clusters`], [`Store::overdue_actions`], the bulk writers of activity).
//! - **Concurrency.** A change carries the version or sequence it was made against; who comes second
//!   gets [`Error::Conflict`].
//! - **Form.** Times are whole microseconds (finer parts are cut off), money whole nano-dollars, ids
//!   text, JSON text. Absence is `Option`.
//!
//! It refuses to make ids, read clocks, hash keys, encrypt, or know a role's permissions: those are
//! the caller's. No secret is logged: statements are never logged with their values.

mod actions;
mod audit;
mod autoscaler_documents;
mod cloud_events;
mod clusters;
mod component_logs;
mod component_metrics;
mod cost;
mod credentials;
mod error;
mod inventory;
mod invitations;
mod keys;
mod migrate;
mod node_configurations;
mod node_templates;
mod open;
mod operations;
mod organizations;
mod page;
mod prices;
mod rebalancing_plans;
mod rebalancing_schedules;
mod row;
mod service_accounts;
mod sessions;
mod settings;
mod state;
#[cfg(feature = "testing")]
pub mod testing;
mod tx;
mod users;

pub use actions::{Action, NewAction, OverdueAction};
pub use audit::{Actor, AuditEntry, AuditFilters, AuditRecord, BrokenChain, ChainFault};
pub use autoscaler_documents::{AutoscalerDocument, DocumentKind};
pub use cloud_events::CloudEvent;
pub use clusters::{Cluster, ClusterActivity, NewCluster, Registration};
pub use component_logs::{ComponentLog, KEPT_LOGS_PER_CLUSTER};
pub use component_metrics::{ComponentMetric, KEPT_SERIES_PER_COMPONENT};
pub use cost::{
    Bucket, ClusterCost, ClusterHour, CostRows, HourRange, Measures, NamespaceCost, NamespaceHour,
    ThinPolicy, WorkloadCost, WorkloadHour,
};
pub use error::Error;
pub use inventory::BlacklistEntry;
pub use invitations::Invitation;
pub use keys::{ApiKey, AuthenticatedKey, KeySubject};
pub use node_configurations::NodeConfiguration;
pub use node_templates::NodeTemplate;
pub use operations::{Operation, OperationError};
pub use organizations::Organization;
pub use page::{Cursor, CursorError, Page, Paged};
pub use rebalancing_plans::{PlanFilter, RebalancingPlan};
pub use rebalancing_schedules::{RebalancingJob, RebalancingSchedule};
pub use service_accounts::ServiceAccount;
pub use sessions::Session;
pub use state::{ClusterState, Delta, Snapshot};
pub use tx::Tx;
pub use users::{Member, User};

pub use open::Store;

/// What the methods of this crate return.
pub type Result<T> = std::result::Result<T, Error>;
