//! What a machine type's names say about it, where the catalogue has no column for it.
//!
//! Providers put a processor's maker, local disks and the like into the names of families. Rules, not lists,
//! so that next year's family is read right; what breaks a rule is named here.

use model::{Architecture, InstanceType, Provider};

/// Who makes processors, as far as families tell. Those of Google and Microsoft are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CpuManufacturer {
    /// AMD.
    Amd,
    /// Ampere Computing.
    Ampere,
    /// Apple.
    Apple,
    /// AWS, with its Graviton.
    Aws,
    /// Intel.
    Intel,
}

/// When a machine has local disks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalDisks {
    /// They come with it.
    Always,
    /// It can be ordered with them.
    OnDemand,
    /// It cannot.
    Never,
}

/// AWS families with an AMD processor and no `a` that says so.
const AWS_AMD: [&str; 10] = ["f2", "g4ad", "g5", "g6", "g6e", "g6f", "gr6", "gr6f", "p5", "p5e"];
/// Google families to which local disks can be attached.
const GCP_ATTACHABLE: [&str; 8] = ["a2", "c2", "c2d", "g2", "m1", "n1", "n2", "n2d"];

/// Who may have made the machine's processor: several where the provider does not promise one, none where it is
/// somebody else.
pub fn cpu_manufacturers(machine: &InstanceType) -> &'static [CpuManufacturer] {
    use CpuManufacturer::{Amd, Ampere, Apple, Aws, Intel};
    let family = machine.family.to_lowercase();
    let arm = machine.architecture == Architecture::Arm64;
    match machine.provider {
        Provider::Aws if family.starts_with("mac") => {
            if arm {
                &[Apple]
            } else {
                &[Intel]
            }
        }
        Provider::Aws if arm => &[Aws],
        Provider::Aws if AWS_AMD.contains(&&*family) || aws_attributes(&family).contains('a') => &[Amd],
        Provider::Aws => &[Intel],
        Provider::Gcp if family == "t2a" => &[Ampere],
        Provider::Gcp if arm => &[],
        Provider::Gcp if family == "e2" => &[Amd, Intel],
        Provider::Gcp if family.ends_with('d') || family == "g4" => &[Amd],
        Provider::Gcp => &[Intel],
        Provider::Azure if arm => {
            if machine.name.ends_with("v5") || machine.name.ends_with("v2") {
                &[Ampere]
            } else {
                &[]
            }
        }
        Provider::Azure if azure_is_amd(&family) => &[Amd],
        Provider::Azure => &[Intel],
        Provider::Other => &[],
    }
}

/// The letters after the generation: `ad` of `m5ad`, `i-flex` of `m7i-flex`.
fn aws_attributes(family: &str) -> &str {
    let generation = family.trim_start_matches(|one: char| !one.is_ascii_digit());
    let attributes = generation.trim_start_matches(|one: char| one.is_ascii_digit());
    attributes.split('-').next().unwrap_or_default()
}

/// Whether one of the letters after the series, up to the version, is an `a`.
fn azure_is_amd(family: &str) -> bool {
    let letters = family.split(|one: char| !one.is_ascii_alphabetic()).next().unwrap_or_default();
    let attributes = match letters.get(..2) {
        Some("hb" | "hx") => return true,
        Some("nv") if family == "nvsv4" => return true,
        Some("dc" | "ec" | "nc" | "nd" | "ng" | "nv" | "fx" | "hc" | "xe") => letters.get(2..),
        _ => letters.get(1..),
    };
    attributes.unwrap_or_default().trim_end_matches('v').contains('a')
}

/// Whether the machine runs without a hypervisor.
pub fn is_bare_metal(machine: &InstanceType) -> bool {
    machine.name.contains("metal")
}

/// Whether the machine is of a series that the provider makes for computing.
pub fn is_compute_optimized(machine: &InstanceType) -> bool {
    let family = machine.family.to_lowercase();
    match machine.provider {
        Provider::Aws => family.starts_with('c'),
        Provider::Gcp => matches!(&*family, "c2" | "c2d" | "h3"),
        Provider::Azure => family.starts_with('f'),
        Provider::Other => false,
    }
}

/// When the machine has local disks. Azure's temporary disks do not count: only its storage series has others.
pub fn local_disks(machine: &InstanceType) -> LocalDisks {
    let family = &*machine.family;
    match machine.provider {
        Provider::Azure if family.starts_with('L') => LocalDisks::Always,
        Provider::Azure => LocalDisks::Never,
        _ if machine.local_ssd_gib.is_some_and(|gib| gib > 0) => LocalDisks::Always,
        Provider::Gcp if GCP_ATTACHABLE.contains(&family) => LocalDisks::OnDemand,
        _ => LocalDisks::Never,
    }
}

/// Who made the machine's GPUs, such as `NVIDIA`, and their model, such as `T4`; `None` without GPUs.
pub fn gpu(machine: &InstanceType) -> Option<(&str, &str)> {
    let model = machine.gpu_model.as_deref().filter(|_| machine.gpus > 0)?;
    let (maker, model) = model.split_once(' ').unwrap_or((model, model));
    Some((maker, model.split(" 1/").next().unwrap_or(model)))
}

/// Whether each of the machine's GPUs is a part of one.
pub fn has_fractional_gpus(machine: &InstanceType) -> bool {
    machine.gpu_model.as_deref().is_some_and(|model| model.contains(" 1/"))
}

#[cfg(test)]
mod tests {
    use CpuManufacturer::{Amd, Ampere, Aws, Intel};

    use super::*;
    use crate::Catalog;

    #[test]
    fn families_tell_who_made_the_processor() {
        let catalog = Catalog::builtin();
        for (provider, name, makers) in [
            (Provider::Aws, "m5.large", &[Intel][..]),
            (Provider::Aws, "m5ad.large", &[Amd]),
            (Provider::Aws, "m7i-flex.large", &[Intel]),
            (Provider::Aws, "g5.xlarge", &[Amd]),
            (Provider::Aws, "c7g.large", &[Aws]),
            (Provider::Gcp, "n2d-standard-4", &[Amd]),
            (Provider::Gcp, "n2-standard-4", &[Intel]),
            (Provider::Gcp, "e2-standard-4", &[Amd, Intel]),
            (Provider::Gcp, "t2a-standard-4", &[Ampere]),
            (Provider::Gcp, "c4a-standard-4", &[]),
            (Provider::Azure, "Standard_D4s_v5", &[Intel]),
            (Provider::Azure, "Standard_D4as_v5", &[Amd]),
            (Provider::Azure, "Standard_D4ps_v5", &[Ampere]),
            (Provider::Azure, "Standard_D4ps_v6", &[]),
            (Provider::Azure, "Standard_NC4as_T4_v3", &[Amd]),
            (Provider::Azure, "Standard_M8ms", &[Intel]),
        ] {
            let machine = catalog.instance_type(provider, name).unwrap_or_else(|| panic!("no {name}"));
            assert_eq!(cpu_manufacturers(machine), makers, "{name} of {}", machine.family);
        }
    }

    #[test]
    fn names_tell_disks_purposes_and_gpus() {
        let catalog = Catalog::builtin();
        let aws = |name: &str| catalog.instance_type(Provider::Aws, name).unwrap();
        assert!(is_bare_metal(aws("m5.metal")) && !is_bare_metal(aws("m5.large")));
        assert!(is_compute_optimized(aws("c5.large")) && !is_compute_optimized(aws("m5.large")));
        assert_eq!(local_disks(aws("i3.large")), LocalDisks::Always);
        assert_eq!(local_disks(aws("m5.large")), LocalDisks::Never);
        assert_eq!(gpu(aws("g4dn.xlarge")), Some(("NVIDIA", "T4")));
        assert_eq!(gpu(aws("m5.large")), None);
        let fraction = catalog.types(Provider::Aws).find(|one| has_fractional_gpus(one)).unwrap();
        assert_eq!(gpu(fraction), Some(("NVIDIA", "L4")));
    }
}
