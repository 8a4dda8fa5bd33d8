//! What a vCPU, a GiB of memory and a GPU cost in a place, read off the prices of whole machines.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Money, Offer, Provider, ResourceRates};

use crate::Catalog;

/// Rates of machines of which no catalogue knows anything, such as those of a machine room of one's
/// own: the on-demand list price of a vCPU and a GiB of Google's N1 machines in us-central1, and
/// 0.95 dollars for a GPU. OpenCost assumes the same where it knows no better.
pub const DEFAULT_RATES: ResourceRates = ResourceRates {
    per_vcpu: Money::from_nanos(31_611_000),
    per_gib: Money::from_nanos(4_237_000),
    per_gpu: Money::from_nanos(950_000_000),
};

/// The rates of a catalogue, by provider and region.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rates(BTreeMap<Provider, ProviderRates>);

#[derive(Clone, Debug)]
struct ProviderRates {
    everywhere: ResourceRates,
    regions: BTreeMap<Arc<str>, ResourceRates>,
}

impl Rates {
    /// Reads the rates off the on-demand prices of `catalog`.
    pub(crate) fn of(catalog: &Catalog) -> Self {
        let of_provider = |provider| {
            let regions =
                || catalog.regions(provider).map(|region| (region, catalog.offers(provider, region)));
            let everywhere = fit(|| regions().flat_map(|(_, offers)| offers), DEFAULT_RATES);
            let regions = regions()
                .map(|(region, offers)| (Arc::clone(region), fit(|| offers.iter(), everywhere)))
                .collect();
            (provider, ProviderRates { everywhere, regions })
        };
        let sellers =
            Provider::ALL.into_iter().filter(|&provider| catalog.regions(provider).next().is_some());
        Self(sellers.map(of_provider).collect())
    }

    /// The rates of `region`, or of the whole provider where the region is not known, or the
    /// default; and which of them it is, in words.
    pub(crate) fn get(&self, provider: Provider, region: Option<&str>) -> (ResourceRates, String) {
        let Some(of_provider) = self.0.get(&provider) else {
            return (DEFAULT_RATES, "default rates: nothing is known of this provider's prices".to_owned());
        };
        let of_region = region.and_then(|region| Some((region, *of_provider.regions.get(region)?)));
        match of_region {
            Some((region, rates)) => (rates, format!("usual on-demand prices of {provider} in {region}")),
            None => (of_provider.everywhere, format!("usual on-demand prices of {provider} in all regions")),
        }
    }
}

/// The rates that fit the on-demand prices of `offers` best. CPU and memory: `price ≈ a·vCPUs +
/// b·GiB` with the least sum of squared relative errors, over machines without GPU, local disk or
/// burst credits. GPU: the median, over machines with GPUs, of what is left of the price per GPU.
/// Where the offers do not tell, it is `otherwise`.
fn fit<'a, I: Iterator<Item = &'a Offer>>(offers: impl Fn() -> I, otherwise: ResourceRates) -> ResourceRates {
    // Normal equations of the least squares: with c = vCPUs/price and m = GiB/price, minimise
    // Σ(1 - a·c - b·m)².
    let (mut cc, mut cm, mut mm, mut c1, mut m1) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let plain = offers().filter(|offer| {
        let machine = &offer.instance_type;
        machine.gpus == 0 && !machine.burstable && machine.local_ssd_gib.unwrap_or(0) == 0
    });
    for offer in plain {
        let price = offer.on_demand.nanos() as f64;
        let c = f64::from(offer.instance_type.vcpus) / price;
        let m = offer.instance_type.memory_mib as f64 / 1024.0 / price;
        (cc, cm, mm) = (cc + c * c, cm + c * m, mm + m * m);
        (c1, m1) = (c1 + c, m1 + m);
    }
    let determinant = cc * mm - cm * cm;
    let per_vcpu = (c1 * mm - m1 * cm) / determinant;
    let per_gib = (m1 * cc - c1 * cm) / determinant;
    // Machines that all have the same shape do not tell the two apart: the determinant is rounding
    // noise then, and so would be the result.
    let told_apart = determinant > 1e-6 * cc * mm && per_vcpu > 0.0 && per_gib > 0.0;
    let mut rates = otherwise;
    if told_apart {
        rates.per_vcpu = Money::from_nanos(per_vcpu.round() as i64);
        rates.per_gib = Money::from_nanos(per_gib.round() as i64);
    }

    let mut left_per_gpu: Vec<i64> = offers()
        .filter(|offer| offer.instance_type.gpus > 0)
        .map(|offer| {
            let machine = &offer.instance_type;
            let rest = offer.on_demand - rates.price(crate::price::size_without_gpus(machine));
            rest.nanos() / i64::from(machine.gpus)
        })
        .filter(|&left| left > 0)
        .collect();
    left_per_gpu.sort_unstable();
    if let Some(&median) = left_per_gpu.get(left_per_gpu.len() / 2) {
        rates.per_gpu = Money::from_nanos(median);
    }
    rates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_recovered_from_the_prices_of_whole_machines() {
        let csv = "provider,region,instance_type,vcpus,memory_mib,gpus,on_demand_usd_per_hour\n\
                   other,here,small,2,4096,0,0.088\n\
                   other,here,large,8,16384,0,0.352\n\
                   other,here,fat,4,65536,0,0.288\n\
                   other,here,graphics,4,16384,2,1.176\n";
        let catalog = Catalog::from_csv(csv.as_bytes(), "test").unwrap();
        let (rates, basis) = catalog.rates().get(Provider::Other, Some("here"));
        let figures = [rates.per_vcpu, rates.per_gib, rates.per_gpu].map(|rate| rate.to_string());
        assert_eq!(figures, ["0.04", "0.002", "0.492"]);
        assert_eq!(basis, "usual on-demand prices of other in here");
    }

    #[test]
    fn one_shape_of_machine_does_not_tell_cpu_from_memory() {
        let csv = "provider,region,instance_type,vcpus,memory_mib,on_demand_usd_per_hour\n\
                   other,here,small,2,8192,0.1\n\
                   other,here,large,4,16384,0.2\n";
        let catalog = Catalog::from_csv(csv.as_bytes(), "test").unwrap();
        assert_eq!(catalog.rates().get(Provider::Other, Some("here")).0, DEFAULT_RATES);
    }
}
