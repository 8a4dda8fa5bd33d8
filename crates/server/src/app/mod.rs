//! What the product does, without HTTP and without SQL: handlers call this, this calls the store.

use std::ops::Deref;
use std::sync::Arc;

use model::{Clock, IdSource};
use store::Store;

use crate::auth::authenticate::Authenticator;
use crate::auth::key::Entropy;
use crate::metrics::Metrics;

pub mod audit;
pub mod bootstrap;
pub mod keys;
pub mod sessions;

/// Everything an operation may need. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`].
pub struct Parts {
    /// What is kept.
    pub store: Store,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
    /// Random bits for keys.
    pub entropy: Arc<dyn Entropy>,
    /// Who is calling.
    pub authenticator: Authenticator,
    /// What the process counts.
    pub metrics: Arc<Metrics>,
}

impl App {
    /// Puts it together.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
