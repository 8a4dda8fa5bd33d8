//! Machines that are for sale: what a type is made of, where it is offered and for how much.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Lifecycle, Money, Provider, UnknownName};

/// The instruction set of a machine, by its Kubernetes name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// x86-64.
    Amd64,
    /// 64-bit Arm.
    Arm64,
}

impl Architecture {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Amd64, Self::Arm64];

    /// The value of the label `kubernetes.io/arch`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Architecture {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|one| one.as_str() == name)
            .ok_or_else(|| UnknownName::new("architecture", name, &Self::ALL.map(Self::as_str)))
    }
}

/// How often spot capacity of a type was taken back within a month, as the provider publishes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SpotInterruptions {
    /// Less than 5 % of the machines.
    #[serde(rename = "<5%")]
    Below5,
    /// 5 to 10 %.
    #[serde(rename = "5-10%")]
    Below10,
    /// 10 to 15 %.
    #[serde(rename = "10-15%")]
    Below15,
    /// 15 to 20 %.
    #[serde(rename = "15-20%")]
    Below20,
    /// More than 20 %.
    #[serde(rename = ">20%")]
    Above20,
}

impl SpotInterruptions {
    /// All of them, the calmest first.
    pub const ALL: [Self; 5] = [Self::Below5, Self::Below10, Self::Below15, Self::Below20, Self::Above20];

    /// The band as the catalogue writes it, such as `5-10%`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Below5 => "<5%",
            Self::Below10 => "5-10%",
            Self::Below15 => "10-15%",
            Self::Below20 => "15-20%",
            Self::Above20 => ">20%",
        }
    }
}

impl FromStr for SpotInterruptions {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|one| one.as_str() == name)
            .ok_or_else(|| UnknownName::new("interruption band", name, &Self::ALL.map(Self::as_str)))
    }
}

/// What a machine type is made of; the same wherever it is offered. `None` is "not known", never
/// zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceType {
    /// Who sells it.
    pub provider: Provider,
    /// The provider's name of it: the value of `node.kubernetes.io/instance-type`.
    pub name: Arc<str>,
    /// The size-independent part of the name, such as `m5`, `n2` or `DSv5`.
    pub family: Arc<str>,
    /// Instruction set.
    pub architecture: Architecture,
    /// Virtual CPUs the guest sees.
    pub vcpus: u32,
    /// Memory as sold, in MiB; what Kubernetes calls allocatable is less.
    pub memory_mib: u64,
    /// GPU devices; a partition of a GPU counts as one.
    pub gpus: u32,
    /// Vendor and model of the GPUs.
    pub gpu_model: Option<Arc<str>>,
    /// Local SSD that comes with the type, in GiB.
    pub local_ssd_gib: Option<u32>,
    /// Pods that fit by the provider's address limits.
    pub max_pods: Option<u32>,
    /// CPU credits or a shared core: the vCPUs are not always there.
    pub burstable: bool,
}

/// An instance type in a region, with its prices in US dollars per hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What is offered.
    pub instance_type: Arc<InstanceType>,
    /// Where.
    pub region: Arc<str>,
    /// Zones known to offer it, sorted; empty when that is not known.
    pub zones: Arc<[Arc<str>]>,
    /// Price per hour without any discount.
    pub on_demand: Money,
    /// Spot price per hour, where one is known.
    pub spot: Option<Money>,
    /// How often spot capacity is taken back, where that is published.
    pub spot_interruptions: Option<SpotInterruptions>,
    /// Which price list, of which day, `on_demand` was read from.
    pub price_source: Arc<str>,
    /// The same for `spot`.
    pub spot_source: Option<Arc<str>>,
}

impl Offer {
    /// The price per hour under `lifecycle`; `None` for spot whose price is not known. Spot fallback
    /// is on-demand capacity at the on-demand price.
    pub fn price(&self, lifecycle: Lifecycle) -> Option<Money> {
        match lifecycle {
            Lifecycle::OnDemand | Lifecycle::SpotFallback => Some(self.on_demand),
            Lifecycle::Spot => self.spot,
        }
    }
}
