//! What the product does, without HTTP and without SQL: handlers call this, this calls the store.

use std::ops::Deref;
use std::sync::Arc;

use cloud::{Catalog, Driver};
use model::{Clock, IdSource};
use store::Store;
use tokio_util::sync::CancellationToken;

use crate::auth::authenticate::Authenticator;
use crate::auth::key::Entropy;
use crate::metrics::Metrics;

pub mod actions;
pub mod audit;
pub mod blacklist;
pub mod bootstrap;
pub mod cloud_events;
pub mod cloud_identities;
pub mod cluster_metrics;
pub mod cluster_settings;
pub mod clusters;
pub mod component_logs;
pub mod connection;
pub mod cost_reports;
pub mod credentials;
pub mod disconnect;
pub mod drivers;
pub mod engine;
pub mod evictor_config;
pub mod fields;
pub mod identity;
pub mod ingest;
pub mod instance_types;
pub mod invitations;
pub mod keys;
pub mod live;
pub mod members;
pub mod metering;
pub mod node_configurations;
pub mod node_removal;
pub mod node_templates;
pub mod nodes;
pub mod operations;
pub mod organizations;
pub mod planning;
pub mod policies;
pub mod price_adjustments;
pub mod prices;
pub mod rebalancing;
pub mod registration;
pub mod resource_usage;
pub mod schedules;
pub mod sessions;
pub mod template_proposals;
pub mod vault;
pub mod work;

/// Everything an operation may need. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What only a main can give.
#[derive(Clone)]
pub struct Host {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
    /// Random bits for keys.
    pub entropy: Arc<dyn Entropy>,
    /// What seals credentials.
    pub vault: Arc<vault::Vault>,
    /// Who the server is at the clouds.
    pub identities: cloud_identities::CloudIdentities,
    /// Who makes machines, in the order of asking. Normally nobody.
    pub drivers: Vec<Arc<dyn Driver>>,
}

/// The parts of an [`App`].
pub struct Parts {
    /// What is kept.
    pub store: Store,
    host: Host,
    /// Machines for sale and their list prices.
    pub catalog: Arc<Catalog>,
    /// Who is calling.
    pub authenticator: Authenticator,
    /// The clusters' states, in memory.
    pub live: live::LiveClusters,
    /// What clusters cost, being counted.
    pub metering: metering::Metering,
    /// What organisations pay.
    pub price_books: prices::PriceBooks,
    /// Log lines of components that are not written yet.
    pub component_logs: component_logs::ComponentLogs,
    /// Who makes machines for which cluster.
    pub drivers: drivers::Drivers,
    /// What acts on its own.
    pub engine: engine::Engine,
    /// What the process counts.
    pub metrics: Arc<Metrics>,
    /// Cancelled when the server is to stop: held requests are answered at once.
    pub stopping: CancellationToken,
}

impl App {
    /// Puts it together.
    pub fn new(store: Store, host: Host, catalog: Arc<Catalog>) -> Self {
        let metrics = Metrics::new();
        Self(Arc::new(Parts {
            store,
            drivers: drivers::Drivers::new(&host.drivers, &metrics),
            host,
            catalog,
            authenticator: Authenticator::default(),
            live: live::LiveClusters::default(),
            metering: metering::Metering::default(),
            price_books: prices::PriceBooks::default(),
            component_logs: component_logs::ComponentLogs::default(),
            engine: engine::Engine::default(),
            metrics,
            stopping: CancellationToken::new(),
        }))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Deref for Parts {
    type Target = Host;

    fn deref(&self) -> &Host {
        &self.host
    }
}
