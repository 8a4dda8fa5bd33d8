//! Machine types, as far as a simulated node shows them: those of the built-in catalogue, and hosts of
//! one's own, which no catalogue lists.
//!
//! Prices are not here, since nothing in a cluster tells its price; see [`market`](crate::market).

use std::sync::Arc;

use cloud::Catalog;
use model::{Architecture, InstanceType};

use crate::provider::Provider;

/// Most pods on a node of pools that are not on AWS, where addresses set the limit.
const POOL_MAX_PODS: u32 = 110;

/// A machine type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The provider's name.
    pub name: Arc<str>,
    /// Virtual CPUs.
    pub cpus: u64,
    /// Memory as sold, in MiB.
    pub memory_mib: u64,
    /// GPUs.
    pub gpus: u64,
    /// Whether it is an ARM machine.
    pub arm: bool,
    /// Pods that its kubelet takes.
    pub max_pods: u64,
}

impl Machine {
    /// A type of the catalogue.
    pub fn of(sold: &InstanceType) -> Self {
        let addresses = sold.max_pods.unwrap_or(POOL_MAX_PODS);
        let max_pods =
            if sold.provider == model::Provider::Aws { addresses } else { addresses.min(POOL_MAX_PODS) };
        Self {
            name: sold.name.clone(),
            cpus: u64::from(sold.vcpus),
            memory_mib: sold.memory_mib,
            gpus: u64::from(sold.gpus),
            arm: sold.architecture == Architecture::Arm64,
            max_pods: u64::from(max_pods),
        }
    }

    /// The type of that name: in the built-in catalogue, or among the hosts of one's own.
    pub fn named(provider: Provider, name: &str) -> Option<Self> {
        match provider.cloud() {
            Some(cloud) => Catalog::builtin().instance_type(cloud, name).map(|sold| Self::of(sold)),
            None => {
                let &(name, cpus, gpus, arm) = OWN_HOSTS.iter().find(|(host, ..)| *host == name)?;
                let max_pods = u64::from(POOL_MAX_PODS);
                Some(Self { name: name.into(), cpus, memory_mib: cpus * 4_096, gpus, arm, max_pods })
            }
        }
    }
}

/// Hosts of one's own: name, CPUs with 4 GiB each, GPUs, and whether they are ARM machines.
const OWN_HOSTS: [(&str, u64, u64, bool); 5] = [
    ("host-8c32g", 8, 0, false),
    ("host-16c64g", 16, 0, false),
    ("host-16c64g-arm", 16, 0, true),
    ("host-16c64g-t4", 16, 1, false),
    ("host-32c128g", 32, 0, false),
];
