//! What an agent watches: a cluster that lives, or one that stands still and is made anew from its
//! scenario each time somebody asks for all of it, so that a thousand of them cost next to nothing.

use std::sync::Arc;

use cloud::Catalog;
use model::Timestamp;

use crate::cluster::Cluster;
use crate::informer::Informer;
use crate::scenario::Scenario;
use crate::world::Counts;

/// A cluster as an agent sees it.
#[derive(Debug)]
pub enum Subject {
    /// It lives.
    Living(Box<Cluster>),
    /// It stands still.
    Still(Still),
}

/// A cluster in which nothing happens.
#[derive(Debug)]
pub struct Still {
    scenario: Arc<Scenario>,
    seed: u64,
    start: Timestamp,
    counts: Counts,
}

impl Subject {
    /// A cluster that stands still as `scenario` begins.
    pub fn still(scenario: Arc<Scenario>, seed: u64, start: Timestamp) -> Self {
        let counts = Counts::default();
        Self::Still(Still { scenario, seed, start, counts })
    }

    /// A cluster that lives.
    pub fn living(scenario: &Scenario, seed: u64, start: Timestamp) -> Self {
        Cluster::new(scenario, seed, start, Some(Catalog::builtin())).into()
    }

    /// The cluster, if it lives.
    pub fn cluster_mut(&mut self) -> Option<&mut Cluster> {
        match self {
            Self::Living(cluster) => Some(cluster),
            Self::Still(_) => None,
        }
    }

    /// How many objects there are; of a still cluster, once it was sent.
    pub fn counts(&self) -> Counts {
        match self {
            Self::Living(cluster) => cluster.counts(),
            Self::Still(still) => still.counts,
        }
    }

    /// Everything, at `now`.
    pub(crate) fn full_snapshot(
        &mut self,
        informer: &mut Informer,
        cluster_id: &str,
        now: Timestamp,
    ) -> Vec<u8> {
        match self {
            Self::Living(cluster) => {
                cluster.advance(now);
                informer.full_snapshot(cluster, cluster_id, now)
            }
            Self::Still(still) => {
                let mut cluster = Cluster::new(&still.scenario, still.seed, still.start, None);
                still.counts = cluster.counts();
                Informer::new().full_snapshot(&mut cluster, cluster_id, now)
            }
        }
    }

    /// What changed, at `now`.
    pub(crate) fn delta(&mut self, informer: &mut Informer, cluster_id: &str, now: Timestamp) -> Vec<u8> {
        match self {
            Self::Living(cluster) => {
                cluster.advance(now);
                informer.delta(cluster, cluster_id, now)
            }
            Self::Still(still) => Informer::heartbeat(still.scenario.provider, cluster_id, now),
        }
    }
}

impl From<Cluster> for Subject {
    fn from(cluster: Cluster) -> Self {
        Self::Living(Box::new(cluster))
    }
}
