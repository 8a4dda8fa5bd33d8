//! Which machines a node template admits.
//!
//! The planner knows some constraints itself, so that it can say which of them stands against a machine; the
//! others are settled here, by what a machine's names tell.

use std::borrow::Cow;

use cloud::PriceBook;
use cloud::machine_traits::{self as traits, CpuManufacturer, LocalDisks};
use model::{InstanceType, Lifecycle, MachineSize, Money, Offer, PriceQuery};
use wire::template_constraints::{ConstraintState, GpuConstraints, TemplateConstraints};

/// The constraints of a template, as a question to machines.
pub struct Filter<'a>(Cow<'a, TemplateConstraints>);

impl<'a> Filter<'a> {
    /// Of a template's constraints; without any, everything on demand is admitted.
    pub fn of(constraints: Option<&'a TemplateConstraints>) -> Self {
        Self(constraints.map_or_else(|| Cow::Owned(TemplateConstraints::default()), Cow::Borrowed))
    }

    /// The terms under which machines are bought: on demand where nothing is said.
    pub fn terms(&self) -> Vec<Lifecycle> {
        let spot = self.0.spot == Some(true);
        let on_demand = !spot || self.0.on_demand == Some(true);
        let both = [on_demand.then_some(Lifecycle::OnDemand), spot.then_some(Lifecycle::Spot)];
        both.into_iter().flatten().collect()
    }

    /// Whether machines that run Linux are wanted: there are no others.
    pub fn wants_linux(&self) -> bool {
        self.0.os.as_ref().is_none_or(|names| names.is_empty() || names.iter().any(|name| name == "linux"))
    }

    /// Whether the machine is admitted, under whatever terms.
    pub fn admits(&self, offer: &Offer) -> bool {
        let machine = &offer.instance_type;
        let zones = self.0.azs.as_deref().unwrap_or_default();
        let zone_fits = zones.is_empty()
            || offer.zones.is_empty()
            || offer.zones.iter().any(|zone| zones.iter().any(|wanted| **wanted == **zone));
        self.wants_linux() && zone_fits && self.size_fits(machine) && self.kind_fits(machine)
    }

    /// Whether the zone is one that is wanted.
    pub fn wants_zone(&self, zone: &str) -> bool {
        self.0.azs.as_ref().is_none_or(|wanted| wanted.is_empty() || wanted.iter().any(|one| one == zone))
    }

    /// By what the planner knows, too.
    fn size_fits(&self, machine: &InstanceType) -> bool {
        let constraints = &*self.0;
        let vcpus = i64::from(machine.vcpus);
        let memory = i64::try_from(machine.memory_mib).unwrap_or(i64::MAX);
        let families = constraints.instance_families.clone().unwrap_or_default();
        let is_in = |list: &[String]| list.iter().any(|one| one.eq_ignore_ascii_case(&machine.family));
        let include = families.include.unwrap_or_default();
        let architectures = constraints.architectures.as_deref().unwrap_or_default();
        limit(constraints.min_cpu).is_none_or(|least| vcpus >= least)
            && limit(constraints.max_cpu).is_none_or(|most| vcpus <= most)
            && limit(constraints.min_memory).is_none_or(|least| memory >= least)
            && limit(constraints.max_memory).is_none_or(|most| memory <= most)
            && (include.is_empty() || is_in(&include))
            && !is_in(&families.exclude.unwrap_or_default())
            && (architectures.is_empty()
                || architectures.iter().any(|one| one == machine.architecture.as_str()))
            && (constraints.is_gpu_only != Some(true) || machine.gpus > 0)
            && !(constraints.burstable == Some(ConstraintState::Disabled) && machine.burstable)
    }

    /// By what the planner does not know.
    pub fn kind_fits(&self, machine: &InstanceType) -> bool {
        let constraints = &*self.0;
        let makers = constraints.cpu_manufacturers.as_deref().unwrap_or_default();
        let made_by = |one: &CpuManufacturer| makers.iter().any(|maker| maker.as_str() == name_of(*one));
        let is = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
        (makers.is_empty() || traits::cpu_manufacturers(machine).iter().any(made_by))
            && is(constraints.bare_metal, traits::is_bare_metal(machine))
            && is(constraints.compute_optimized, traits::is_compute_optimized(machine))
            && is(constraints.storage_optimized, traits::local_disks(machine) == LocalDisks::Always)
            && constraints.gpu.as_ref().is_none_or(|gpu| gpus_fit(gpu, machine))
    }

    /// Whether a CPU of the machine is cheap enough at this price.
    pub fn price_fits(&self, machine: &InstanceType, price: Money) -> bool {
        // 0 is sent for no limit.
        let most = self.0.max_price_per_cpu.filter(|&most| most > 0.0);
        let most: Option<Money> = most.and_then(|most| format!("{most:.9}").parse().ok());
        most.is_none_or(|most| {
            i128::from(price.nanos()) <= i128::from(most.nanos()) * i128::from(machine.vcpus)
        })
    }
}

/// 0 is no limit.
fn limit(number: Option<i32>) -> Option<i64> {
    number.filter(|&number| number > 0).map(i64::from)
}

/// The contract's name of a manufacturer.
pub fn name_of(manufacturer: CpuManufacturer) -> &'static str {
    match manufacturer {
        CpuManufacturer::Amd => "AMD",
        CpuManufacturer::Ampere => "AMPERE",
        CpuManufacturer::Apple => "APPLE",
        CpuManufacturer::Aws => "AWS",
        CpuManufacturer::Intel => "INTEL",
    }
}

/// A machine without GPUs is not concerned by which ones they are, but by how many.
fn gpus_fit(constraints: &GpuConstraints, machine: &InstanceType) -> bool {
    let count = i64::from(machine.gpus);
    if limit(constraints.min_count).is_some_and(|least| count < least)
        || limit(constraints.max_count).is_some_and(|most| count > most)
    {
        return false;
    }
    let Some((maker, model)) = traits::gpu(machine) else { return true };
    let model = plain(model);
    let is_in = |list: &Option<Vec<String>>| list.iter().flatten().any(|name| plain(name) == model);
    let is_empty = |list: &Option<Vec<String>>| list.as_ref().is_none_or(Vec::is_empty);
    let makers = &constraints.manufacturers;
    (is_empty(makers) || makers.iter().flatten().any(|one| one.eq_ignore_ascii_case(maker)))
        && (is_empty(&constraints.include_names) || is_in(&constraints.include_names))
        && !is_in(&constraints.exclude_names)
        && !(constraints.fractional_gpus == Some(ConstraintState::Disabled)
            && traits::has_fractional_gpus(machine))
}

/// A GPU's name without what providers, drivers and catalogues write differently: `nvidia-tesla-t4`, `NVIDIA T4`
/// and `Tesla-T4` are one.
fn plain(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|one: char| !one.is_ascii_alphanumeric());
    words.filter(|word| !matches!(*word, "nvidia" | "tesla" | "amd" | "geforce")).collect()
}

/// What the machine costs per hour under these terms.
pub fn price(prices: &PriceBook, offer: &Offer, lifecycle: Lifecycle) -> Money {
    let machine = &offer.instance_type;
    let query = PriceQuery {
        provider: machine.provider,
        region: Some(&offer.region),
        zone: None,
        instance_type: Some(&machine.name),
        lifecycle,
        size: MachineSize::default(),
    };
    prices.price(&query).per_hour
}
