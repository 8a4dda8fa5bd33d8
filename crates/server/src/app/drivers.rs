//! Who makes machines for which cluster.
//!
//! A server has the drivers that it was started with. By default it has none, and calls nobody.

use std::fmt;
use std::sync::Arc;

use cloud::Driver;
use cloud::driver::{DriverError, Metered};
use model::ClusterId;

use crate::metrics::Metrics;

/// The drivers of a server, their calls counted.
pub struct Drivers(Vec<Arc<dyn Driver>>);

impl Drivers {
    /// `drivers` in the order in which they are asked whether they serve a cluster.
    pub fn new(drivers: &[Arc<dyn Driver>], metrics: &Arc<Metrics>) -> Self {
        let metered = |driver: &Arc<dyn Driver>| -> Arc<dyn Driver> {
            let metrics = metrics.clone();
            Arc::new(Metered::new(driver.clone(), move |call| metrics.driver_call(call)))
        };
        Self(drivers.iter().map(metered).collect())
    }

    /// The driver that can act for the cluster; `None` when there is none.
    ///
    /// # Errors
    /// What a driver met that could not say whether it serves the cluster, if no other does.
    pub async fn of(&self, cluster: ClusterId) -> Result<Option<Arc<dyn Driver>>, DriverError> {
        let mut unknown = Ok(None);
        for driver in &self.0 {
            match driver.serves(cluster).await {
                Ok(true) => return Ok(Some(driver.clone())),
                Ok(false) => {}
                Err(error) => unknown = Err(error),
            }
        }
        unknown
    }
}

impl fmt::Debug for Drivers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|driver| driver.name())).finish()
    }
}
