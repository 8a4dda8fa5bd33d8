//! The simulated cloud's API over all clusters of a process: a driver like those of real clouds.
//!
//! It serves the clusters that were added to it and no others. Calls let a cluster live until the time
//! of its clock first, so that on a clock that somebody moves it is a simulation of the whole.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use cloud::Driver;
use cloud::driver::{Answer, CreateRequest, DriverError, Machine, MachineKey, ZoneOffer};
use model::{Clock, ClusterId};

use crate::cluster::Cluster;
use crate::cluster::faults::Trouble;
use crate::http::{Shared, lock};

/// A cloud under simulated clusters. Cheap to clone: clones are the same cloud.
#[derive(Clone)]
pub struct SimCloud {
    clock: Arc<dyn Clock>,
    clusters: Arc<Mutex<BTreeMap<ClusterId, Shared>>>,
}

impl fmt::Debug for SimCloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimCloud").field("clusters", &self.clusters()).finish_non_exhaustive()
    }
}

impl SimCloud {
    /// A cloud without clusters that lives by `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, clusters: Arc::default() }
    }

    /// From now on `cluster` is one of its clusters, under the id that the server gave it.
    pub fn add(&self, id: ClusterId, cluster: Shared) {
        lock(&self.clusters).insert(id, cluster);
    }

    /// Its clusters.
    pub fn clusters(&self) -> Vec<ClusterId> {
        lock(&self.clusters).keys().copied().collect()
    }

    /// Lets something go wrong in a cluster or with its cloud.
    ///
    /// # Errors
    /// [`DriverError::Invalid`] for a cluster that is not one of its, and a fault that makes no sense.
    pub fn trouble(&self, cluster: ClusterId, trouble: Trouble) -> Result<(), DriverError> {
        self.with(cluster, |cluster| {
            cluster.trouble(trouble).map_err(|error| DriverError::invalid("fault", error))
        })
    }

    /// Takes the machine of a spot node back, after two minutes' notice.
    ///
    /// # Errors
    /// [`DriverError::Invalid`] when there is no such spot node.
    pub fn reclaim(&self, cluster: ClusterId, node_name: &str) -> Result<(), DriverError> {
        self.with(cluster, |cluster| match cluster.reclaim(node_name) {
            true => Ok(()),
            false => Err(DriverError::invalid("nodeName", format_args!("no spot node {node_name}"))),
        })
    }

    /// Does something with a cluster as it is now.
    fn with<T>(
        &self,
        id: ClusterId,
        work: impl FnOnce(&mut Cluster) -> Result<T, DriverError>,
    ) -> Result<T, DriverError> {
        let shared = lock(&self.clusters).get(&id).cloned();
        let unknown = || DriverError::invalid("cluster", format_args!("no simulated cluster {id}"));
        let shared = shared.ok_or_else(unknown)?;
        let mut subject = lock(&shared);
        let cluster = subject.cluster_mut().ok_or_else(unknown)?;
        cluster.advance(self.clock.now());
        work(cluster)
    }
}

impl Driver for SimCloud {
    fn name(&self) -> &'static str {
        "sim"
    }

    fn serves(&self, cluster: ClusterId) -> Answer<'_, bool> {
        Box::pin(async move {
            let sells = self.with(cluster, |cluster| Ok(cluster.provider().cloud().is_some()));
            Ok(sells.unwrap_or(false))
        })
    }

    fn machines(&self, cluster: ClusterId) -> Answer<'_, Vec<Machine>> {
        Box::pin(async move { self.with(cluster, |found| found.machines(cluster)) })
    }

    fn offers(&self, cluster: ClusterId) -> Answer<'_, Vec<ZoneOffer>> {
        Box::pin(async move { self.with(cluster, Cluster::zone_offers) })
    }

    fn create<'a>(&'a self, request: &'a CreateRequest) -> Answer<'a, Machine> {
        Box::pin(async move { self.with(request.cluster, |cluster| cluster.buy(request)) })
    }

    fn delete<'a>(&'a self, cluster: ClusterId, machine: &'a MachineKey) -> Answer<'a, ()> {
        Box::pin(async move { self.with(cluster, |cluster| cluster.give_back(machine)) })
    }

    fn describe<'a>(&'a self, cluster: ClusterId, machine: &'a MachineKey) -> Answer<'a, Option<Machine>> {
        Box::pin(async move { self.with(cluster, |found| found.machine(cluster, machine)) })
    }
}
