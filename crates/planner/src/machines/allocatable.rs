//! What pods can have of a machine, from what it is sold as: capacity less what the hypervisor, the kernel,
//! the kubelet and the system keep.

use model::{Architecture, InstanceType, Provider, Resources};

const MIB: i64 = 1 << 20;
const GIB: i64 = 1 << 30;

/// A part of an amount up to a limit, and how much of it is kept, in ten-thousandths.
type Bracket = (i64, i64);

/// CPU that EKS (`nodeadm`, `bootstrap.sh`) and GKE reserve for the kubelet: 6 % of the first CPU, 1 % of
/// the second, 0.5 % of the next two, 0.25 % of the rest.
const CPU: [Bracket; 4] = [(1_000, 600), (2_000, 100), (4_000, 50), (i64::MAX, 25)];

/// CPU that AKS reserves: 6 % of the first, 4 % of the second, 2 % of the next two, 1 % of the rest.
const CPU_AZURE: [Bracket; 4] = [(1_000, 600), (2_000, 400), (4_000, 200), (i64::MAX, 100)];

/// MiB of memory that GKE reserves for machines of more than 1 GB: 25 % of the first 4 GiB, 20 % of the
/// next four, 10 % of the next eight, 6 % of the next 112, 2 % of the rest.
const MEMORY_GCP: [Bracket; 5] =
    [(4 << 10, 2_500), (8 << 10, 2_000), (16 << 10, 1_000), (128 << 10, 600), (i64::MAX, 200)];

/// Pods on a node where the provider sets no limit of its own: the kubelet's default.
const DEFAULT_PODS: i64 = 110;

/// What pods can have of a machine of this type, DaemonSets' pods included, when its provider's managed
/// Kubernetes runs it with default settings. Rounded so that a real node has this much or a little more.
///
/// - **AWS (EKS)**: 7.5 % of the memory is taken to be the hypervisor's (64 MiB more on Arm, for DMA),
///   255 MiB and 11 MiB a pod slot the kubelet's, 100 MiB the eviction threshold. Disk: 20 GiB.
/// - **GCP (GKE)**: the kernel keeps 1/64 and 80 MiB and up to 0.175 % more; the kubelet keeps a falling
///   share; 100 MiB are the eviction threshold. Disk: 100 GiB, of which GKE reserves 6 GiB and 35 %.
/// - **Azure (AKS 1.29 and later)**: 7.5 % are the hypervisor's; the kubelet keeps 50 MB and 20 MB a pod
///   slot, at most a quarter; 100 MiB are the eviction threshold. Disk: 128 GiB.
/// - **Others**: what the kubelet keeps with its defaults (the eviction threshold), 7.5 % for a hypervisor,
///   and the CPU of EKS for the system. Disk: 20 GiB.
pub fn allocatable(machine: &InstanceType) -> Resources {
    let pods = machine.max_pods.map_or(DEFAULT_PODS, i64::from);
    let cpu_milli = i64::from(machine.vcpus) * 1000;
    let memory_mib = i64::try_from(machine.memory_mib).unwrap_or(i64::MAX / GIB);
    let (cpu_kept, memory_left, disk) = match machine.provider {
        Provider::Aws => {
            let sold = memory_mib - if machine.architecture == Architecture::Arm64 { 64 } else { 0 };
            let kept = 255 + 11 * pods + 100;
            (kept_of(cpu_milli, &CPU), less_hypervisor(sold) - kept, kubelet_disk(20 * GIB))
        }
        Provider::Gcp => {
            let kernel = kept_of(memory_mib, &[(i64::MAX, 157)]) + 80 + (memory_mib * 175 / 100_000).min(248);
            let kubelet = if memory_mib <= 1_000 { 255 } else { kept_of(memory_mib, &MEMORY_GCP) };
            let disk = kubelet_disk(94 * GIB) + GIB - (6 * GIB + 35 * GIB);
            (kept_of(cpu_milli, &CPU), memory_mib - kernel - kubelet - 100, disk)
        }
        Provider::Azure => {
            let kubelet = mib_of_mb(50 + 20 * pods).min((memory_mib + 3) / 4);
            (kept_of(cpu_milli, &CPU_AZURE), less_hypervisor(memory_mib) - kubelet - 100, 110 * GIB)
        }
        Provider::Other => {
            (kept_of(cpu_milli, &CPU), less_hypervisor(memory_mib) - 100, kubelet_disk(20 * GIB))
        }
    };
    let gpus = gpu_resource(machine).map(|name| (name.into(), i64::from(machine.gpus)));
    Resources {
        cpu_milli: (cpu_milli - cpu_kept).max(0),
        memory_bytes: memory_left.max(0).saturating_mul(MIB),
        ephemeral_storage_bytes: disk,
        pods,
        extended: gpus.into_iter().collect(),
    }
}

/// The extended resource by which the vendor's device plugin hands out the machine's GPUs; `None` for a
/// machine without any.
pub fn gpu_resource(machine: &InstanceType) -> Option<&'static str> {
    let model = machine.gpu_model.as_deref().unwrap_or_default();
    match machine.gpus {
        0 => None,
        _ if model.starts_with("AMD") => Some("amd.com/gpu"),
        _ if model.starts_with("Intel") => Some("gpu.intel.com/i915"),
        _ => Some("nvidia.com/gpu"),
    }
}

/// How much is kept of `amount` by brackets, rounded up.
fn kept_of(amount: i64, brackets: &[Bracket]) -> i64 {
    let (mut kept, mut from) = (0, 0);
    for &(to, share) in brackets {
        kept += (amount.min(to) - from).max(0) * share;
        from = to;
    }
    // The sum is not negative: div_ceil on signed numbers is not stable yet.
    (kept + 9_999) / 10_000
}

/// MiB that the guest sees of `sold` MiB: 92.5 %, which is what Karpenter plans with on AWS and Azure
/// unless told otherwise. The smallest machines keep a little less, larger ones more.
fn less_hypervisor(sold: i64) -> i64 {
    sold * 925 / 1000
}

/// Megabytes in MiB, rounded up.
fn mib_of_mb(mb: i64) -> i64 {
    (mb * 1_000_000 + MIB - 1) / MIB
}

/// What pods can have of a disk: the file system takes up to a hundredth, the kubelet's eviction threshold
/// is a tenth, and a GiB is reserved.
fn kubelet_disk(size: i64) -> i64 {
    size / 100 * 99 / 10 * 9 - GIB
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(provider: Provider, vcpus: u32, memory_mib: u64, max_pods: u32) -> InstanceType {
        InstanceType {
            provider,
            name: "some.type".into(),
            family: "some".into(),
            architecture: Architecture::Amd64,
            vcpus,
            memory_mib,
            gpus: 0,
            gpu_model: None,
            local_ssd_gib: None,
            max_pods: Some(max_pods),
            burstable: false,
        }
    }

    /// CPU in thousandths and memory in MiB.
    fn cpu_and_memory(machine: &InstanceType) -> (i64, i64) {
        let all = allocatable(machine);
        (all.cpu_milli, all.memory_bytes / MIB)
    }

    #[test]
    fn eks_nodes_as_karpenter_publishes_them() {
        // m5.large, m5.xlarge, c5.18xlarge.
        assert_eq!(cpu_and_memory(&machine(Provider::Aws, 2, 8_192, 29)), (1_930, 6_903));
        assert_eq!(cpu_and_memory(&machine(Provider::Aws, 4, 16_384, 58)), (3_920, 14_162));
        assert_eq!(cpu_and_memory(&machine(Provider::Aws, 72, 147_456, 737)), (71_750, 127_934));
        let arm = InstanceType { architecture: Architecture::Arm64, ..machine(Provider::Aws, 4, 16_384, 58) };
        assert_eq!(cpu_and_memory(&arm), (3_920, 14_103));
    }

    #[test]
    fn gke_and_aks_nodes() {
        // A GKE node of 16 GiB: 366 MiB the kernel's, 2,663 the kubelet's, 100 for eviction.
        assert_eq!(cpu_and_memory(&machine(Provider::Gcp, 4, 16_384, 110)), (3_920, 13_255));
        assert_eq!(cpu_and_memory(&machine(Provider::Gcp, 1, 614, 110)), (940, 168));
        // An AKS node of 16 GiB with 30 pods: 650 MB the kubelet's; with 250, a quarter of it all.
        assert_eq!(cpu_and_memory(&machine(Provider::Azure, 4, 16_384, 30)), (3_860, 14_435));
        assert_eq!(cpu_and_memory(&machine(Provider::Azure, 8, 16_384, 250)), (7_820, 10_959));
    }

    #[test]
    fn gpus_are_the_vendors_resource_and_tiny_machines_have_nothing_left() {
        let gpus = |model: &str| InstanceType {
            gpus: 4,
            gpu_model: Some(model.into()),
            ..machine(Provider::Azure, 4, 16_384, 30)
        };
        assert_eq!(allocatable(&gpus("NVIDIA A100 80GB")).extended("nvidia.com/gpu"), 4);
        assert_eq!(allocatable(&gpus("AMD Instinct MI300X")).extended("amd.com/gpu"), 4);
        assert_eq!(cpu_and_memory(&machine(Provider::Aws, 1, 512, 110)), (940, 0));
    }
}
