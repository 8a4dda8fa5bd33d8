//! What differs between the providers: names, labels, ids, and what a kubelet keeps for itself.

use std::fmt;
use std::str::FromStr;

use model::{Lifecycle, UnknownName};

use crate::machine::Machine;
use crate::random::Random;
use crate::world::template::{Labels, Resources};

/// A provider mode of the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Amazon EKS.
    Eks,
    /// Google GKE.
    Gke,
    /// Azure AKS.
    Aks,
    /// Machines of one's own.
    Anywhere,
}

/// A machine as its provider names it once it runs.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The Node's name.
    pub node_name: String,
    /// `spec.providerID`; empty where there is none.
    pub provider_id: String,
    /// Internal address.
    pub address: [u8; 4],
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Eks, Self::Gke, Self::Aks, Self::Anywhere];

    /// The name used on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eks => "eks",
            Self::Gke => "gke",
            Self::Aks => "aks",
            Self::Anywhere => "anywhere",
        }
    }

    /// Who sells its machines; `None` for machines of one's own.
    pub const fn cloud(self) -> Option<model::Provider> {
        match self {
            Self::Eks => Some(model::Provider::Aws),
            Self::Gke => Some(model::Provider::Gcp),
            Self::Aks => Some(model::Provider::Azure),
            Self::Anywhere => None,
        }
    }

    /// The region all simulated clusters of this provider are in; empty where there is none.
    pub const fn region(self) -> &'static str {
        match self {
            Self::Eks => "us-east-1",
            Self::Gke => "us-central1",
            Self::Aks => "eastus",
            Self::Anywhere => "",
        }
    }

    /// The zones of that region.
    pub const fn zones(self) -> [&'static str; 3] {
        match self {
            Self::Eks => ["us-east-1a", "us-east-1b", "us-east-1c"],
            Self::Gke => ["us-central1-a", "us-central1-b", "us-central1-c"],
            Self::Aks => ["eastus-1", "eastus-2", "eastus-3"],
            Self::Anywhere => ["rack-a", "rack-b", "rack-c"],
        }
    }

    /// The kubelet's version, with its v.
    pub const fn kubelet_version(self) -> &'static str {
        match self {
            Self::Eks => "v1.33.5-eks-113cf36",
            Self::Gke => "v1.33.4-gke.1134000",
            Self::Aks => "v1.33.3",
            Self::Anywhere => "v1.32.9",
        }
    }

    /// The version that the controller calls `X-K8s-Version`: major and minor.
    pub const fn minor_version(self) -> &'static str {
        match self {
            Self::Anywhere => "1.32",
            _ => "1.33",
        }
    }

    /// The operating system's image.
    pub const fn os_image(self) -> &'static str {
        match self {
            Self::Eks => "Amazon Linux 2023.9",
            Self::Gke => "Container-Optimized OS from Google",
            Self::Aks | Self::Anywhere => "Ubuntu 24.04.3 LTS",
        }
    }

    /// The storage class that stateful workloads use, and its driver.
    pub const fn storage_class(self) -> (&'static str, &'static str) {
        match self {
            Self::Eks => ("gp3", "ebs.csi.aws.com"),
            Self::Gke => ("standard-rwo", "pd.csi.storage.gke.io"),
            Self::Aks => ("managed-csi", "disk.csi.azure.com"),
            Self::Anywhere => ("local-block", "local.csi.example.internal"),
        }
    }

    /// Capacity in the kubelet's view: not all memory sold reaches the operating system.
    pub fn capacity(self, machine: &Machine) -> Resources {
        // An EC2 machine reports about 92.5 % of what is sold; the others about 97.8 %.
        let permille = if self == Self::Eks { 925 } else { 978 };
        let memory_mib = machine.memory_mib * permille / 1_000;
        Resources { cpu_milli: machine.cpus * 1_000, memory: memory_mib << 20, gpu: machine.gpus }
    }

    /// Allocatable: capacity less what kubelet and system keep. The CPU formula is that of GKE and
    /// EKS (6 % of the first core, 1 % of the second, 0.5 % of the next two, 0.25 % of the rest);
    /// memory on EKS 255 MiB and 11 MiB a pod, elsewhere GKE's shares, both with 100 MiB for eviction.
    pub fn allocatable(self, machine: &Machine) -> Resources {
        let capacity = self.capacity(machine);
        if self == Self::Anywhere {
            return capacity.minus(Resources::new(0, 100));
        }
        let cores = machine.cpus;
        let quarter_milli = 240 * cores.min(1)
            + 40 * cores.saturating_sub(1).min(1)
            + 20 * cores.saturating_sub(2).min(2)
            + 10 * cores.saturating_sub(4);
        let memory_mib = match self {
            Self::Eks => 255 + 11 * machine.max_pods + 100,
            _ => {
                let mut left = capacity.memory >> 20;
                let mut kept = 100;
                for (step_gib, percent) in [(4, 25), (4, 20), (8, 10), (112, 6), (u64::MAX >> 10, 2)] {
                    let part = left.min(step_gib * 1_024);
                    kept += part * percent / 100;
                    left -= part;
                }
                kept
            }
        };
        capacity.minus(Resources::new(quarter_milli / 4, memory_mib))
    }

    /// Names for the machine number `serial` in zone number `zone`.
    pub fn identity(
        self,
        cluster: &str,
        group: &str,
        zone: usize,
        serial: u64,
        random: &mut Random,
    ) -> Identity {
        let zone_name = self.zones()[zone % 3];
        let address = [
            10,
            (serial / 60_000) as u8,
            (zone % 3) as u8 + 3 * ((serial / 250) % 80) as u8,
            (serial % 250) as u8 + 4,
        ];
        let [a, b, c, d] = address;
        let (node_name, provider_id) = match self {
            Self::Eks => (
                format!("ip-{a}-{b}-{c}-{d}.ec2.internal"),
                format!("aws:///{zone_name}/i-0{}", random.hexadecimal(16)),
            ),
            Self::Gke => {
                let name = format!("gke-{cluster}-{group}-{}-{}", random.hexadecimal(8), random.suffix(4));
                (name.clone(), format!("gce://shop-prod-417311/{zone_name}/{name}"))
            }
            Self::Aks => {
                let name = format!("aks-{group}-{}-vmss{serial:06}", 10_000_000 + random.below(89_999_999));
                let scale_set = &name[..name.len() - 6];
                let id = format!(
                    "azure:///subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/mc_{cluster}_{cluster}_eastus\
                     /providers/Microsoft.Compute/virtualMachineScaleSets/{scale_set}/virtualMachines/{serial}"
                );
                (name.clone(), id)
            }
            Self::Anywhere => (format!("{group}-{serial:02}.dc1.example.internal"), String::new()),
        };
        Identity { node_name, provider_id, address }
    }

    /// The labels that kubelet, cloud controller and node pools put on a node. Without a group they are
    /// those that a machine has wherever it comes from.
    pub fn node_labels(
        self,
        name: &str,
        machine: &Machine,
        zone: &str,
        group: Option<&str>,
        lifecycle: Lifecycle,
    ) -> Labels {
        let arch = if machine.arm { "arm64" } else { "amd64" };
        let spot = lifecycle == Lifecycle::Spot;
        let mut labels: Vec<(&str, &str)> = vec![
            ("beta.kubernetes.io/arch", arch),
            ("beta.kubernetes.io/os", "linux"),
            ("kubernetes.io/arch", arch),
            ("kubernetes.io/hostname", name),
            ("kubernetes.io/os", "linux"),
            ("topology.kubernetes.io/zone", zone),
        ];
        if self != Self::Anywhere {
            labels.extend([
                ("beta.kubernetes.io/instance-type", &*machine.name),
                ("node.kubernetes.io/instance-type", &*machine.name),
                ("topology.kubernetes.io/region", self.region()),
                ("failure-domain.beta.kubernetes.io/region", self.region()),
                ("failure-domain.beta.kubernetes.io/zone", zone),
            ]);
        }
        let family = machine.name.split('-').next().unwrap_or_default();
        match self {
            Self::Eks => labels.push(("topology.ebs.csi.aws.com/zone", zone)),
            Self::Gke => labels.extend([
                ("cloud.google.com/machine-family", family),
                ("cloud.google.com/gke-provisioning", if spot { "spot" } else { "standard" }),
                ("topology.gke.io/zone", zone),
            ]),
            Self::Aks if group.is_none() => labels.push(("topology.disk.csi.azure.com/zone", zone)),
            Self::Aks | Self::Anywhere => {}
        }
        if let Some(group) = group {
            labels.extend(self.group_labels(group, spot));
        }
        // The agent marks every node that it takes for spot.
        if spot {
            labels.push(("scheduling.cast.ai/fake-spot", "true"));
        }
        if machine.gpus > 0 {
            labels.push(("nvidia.com/gpu.present", "true"));
        }
        labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    /// What a node group or pool adds.
    fn group_labels(self, group: &str, spot: bool) -> Vec<(&'static str, &str)> {
        match self {
            Self::Eks => vec![
                ("eks.amazonaws.com/capacityType", if spot { "SPOT" } else { "ON_DEMAND" }),
                ("eks.amazonaws.com/nodegroup", group),
            ],
            Self::Gke => {
                let mut labels = vec![
                    ("cloud.google.com/gke-nodepool", group),
                    ("cloud.google.com/gke-max-pods-per-node", "110"),
                ];
                labels.extend(spot.then_some(("cloud.google.com/gke-spot", "true")));
                labels
            }
            Self::Aks => {
                let mut labels = vec![
                    ("agentpool", group),
                    ("kubernetes.azure.com/agentpool", group),
                    ("kubernetes.azure.com/mode", if group == "system" { "system" } else { "user" }),
                ];
                labels.extend(spot.then_some(("kubernetes.azure.com/scalesetpriority", "spot")));
                labels
            }
            Self::Anywhere => vec![("node-pool", group)],
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Provider {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|provider| provider.as_str() == name)
            .ok_or_else(|| UnknownName::new("provider", name, &Self::ALL.map(Self::as_str)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allocatable_is_what_the_kubelets_report() {
        let eks = Provider::Eks.allocatable(&Machine::named(Provider::Eks, "m5.xlarge").unwrap());
        assert_eq!((eks.cpu_milli, eks.memory >> 10), (3_920, 14_501_888));
        let gke = Provider::Gke.allocatable(&Machine::named(Provider::Gke, "n2-standard-4").unwrap());
        assert_eq!(gke.cpu_milli, 3_920);
    }
}
