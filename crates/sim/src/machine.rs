//! The machines that the simulated clouds sell: a small choice of real types.
//!
//! Sizes are those of the instance catalogue; prices are not here, since nothing in a cluster
//! tells its price.

/// A machine type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The provider's name.
    pub name: &'static str,
    /// Virtual CPUs.
    pub cpus: u64,
    /// Memory as sold, in MiB.
    pub memory_mib: u64,
    /// GPUs.
    pub gpus: u64,
    /// Whether it is an ARM machine.
    pub arm: bool,
    /// Pods that its network addresses allow.
    pub max_pods: u64,
}

const fn amd64(name: &'static str, cpus: u64, gib: u64, max_pods: u64) -> Machine {
    Machine { name, cpus, memory_mib: gib * 1_024, gpus: 0, arm: false, max_pods }
}

const fn arm64(name: &'static str, cpus: u64, gib: u64, max_pods: u64) -> Machine {
    Machine { arm: true, ..amd64(name, cpus, gib, max_pods) }
}

const fn gpu(name: &'static str, cpus: u64, gib: u64, max_pods: u64) -> Machine {
    Machine { gpus: 1, ..amd64(name, cpus, gib, max_pods) }
}

/// All types, by provider.
pub const MACHINES: &[Machine] = &[
    amd64("m4.xlarge", 4, 16, 58),
    amd64("m5.large", 2, 8, 29),
    amd64("m5.xlarge", 4, 16, 58),
    amd64("m5.2xlarge", 8, 32, 58),
    amd64("m5.4xlarge", 16, 64, 234),
    amd64("m5a.xlarge", 4, 16, 58),
    amd64("c5.xlarge", 4, 8, 58),
    amd64("c5.2xlarge", 8, 16, 58),
    amd64("r5.xlarge", 4, 32, 58),
    amd64("r5.2xlarge", 8, 64, 58),
    amd64("r6i.2xlarge", 8, 64, 58),
    arm64("m6g.xlarge", 4, 16, 58),
    arm64("m7g.2xlarge", 8, 32, 58),
    gpu("g4dn.xlarge", 4, 16, 29),
    gpu("g4dn.2xlarge", 8, 32, 29),
    amd64("e2-standard-4", 4, 16, 110),
    amd64("e2-standard-8", 8, 32, 110),
    amd64("n2-standard-4", 4, 16, 110),
    amd64("n2-standard-8", 8, 32, 110),
    amd64("n2d-standard-4", 4, 16, 110),
    amd64("n2-highmem-4", 4, 32, 110),
    arm64("t2a-standard-4", 4, 16, 110),
    gpu("g2-standard-4", 4, 16, 110),
    amd64("Standard_D4s_v5", 4, 16, 110),
    amd64("Standard_D8s_v5", 8, 32, 110),
    amd64("Standard_D4as_v5", 4, 16, 110),
    amd64("Standard_E4s_v5", 4, 32, 110),
    arm64("Standard_D4ps_v5", 4, 16, 110),
    gpu("Standard_NC4as_T4_v3", 4, 28, 110),
    amd64("host-8c32g", 8, 32, 110),
    amd64("host-16c64g", 16, 64, 110),
    arm64("host-16c64g-arm", 16, 64, 110),
    gpu("host-16c64g-t4", 16, 64, 110),
    amd64("host-32c128g", 32, 128, 110),
];

/// The type of that name.
pub fn named(name: &str) -> Option<Machine> {
    MACHINES.iter().find(|machine| machine.name == name).copied()
}
