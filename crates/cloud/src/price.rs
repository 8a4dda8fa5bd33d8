//! What a machine costs: the catalogue's price, or an estimate that says it is one, changed by one's
//! own adjustments in their order.

use std::sync::Arc;

use model::{
    InstanceType, Lifecycle, MachineSize, Money, Price, PriceAdjustment, PriceChange, PriceQuery,
    PriceSource, Provider, ResourceRates,
};

use crate::Catalog;
use crate::catalog::date_in;

/// What a spot machine is taken to cost, in per cent of on-demand, where no spot price is known: the
/// median of the built-in catalogue's spot prices.
pub const SPOT_PERCENT: u8 = 35;

/// A catalogue and the adjustments laid over it. Cheap to clone and to make: the catalogue is shared.
#[derive(Clone, Debug)]
pub struct PriceBook {
    catalog: Arc<Catalog>,
    adjustments: Vec<PriceAdjustment>,
}

impl PriceBook {
    /// The prices of `catalog`, unchanged.
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self { catalog, adjustments: Vec::new() }
    }

    /// This book with `adjustments` applied after the ones it has, in their order.
    #[must_use]
    pub fn adjusted_by(mut self, adjustments: impl IntoIterator<Item = PriceAdjustment>) -> Self {
        self.adjustments.extend(adjustments);
        self
    }

    /// The catalogue it prices from.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// What the machine costs per hour, and why. Every machine gets a price: one that no catalogue
    /// knows is priced by its type elsewhere or by its size, and marked as estimated. A price by
    /// size takes the size that the catalogue states, which is the one sold, before the one asked
    /// with, which is what the operating system was left with.
    pub fn price(&self, query: &PriceQuery<'_>) -> Price {
        let known = self.known_type(query);
        let size = known.map_or(query.size, size_of);
        let mut price = self.before_adjustments(query, size);
        let family = match (known, query.instance_type) {
            (Some(known), _) => Some(&*known.family),
            (None, Some(name)) => family_in(query.provider, name),
            (None, None) => None,
        };
        for (index, adjustment) in self.adjustments.iter().enumerate() {
            if adjustment.matches(query, family) {
                price.per_hour = adjustment.change.apply(price.per_hour, size);
                // A factor on an estimate is still one; a price that somebody stated is not.
                price.estimated &= matches!(adjustment.change, PriceChange::Multiplier { .. });
                price.sources.push(PriceSource::Adjustment {
                    index,
                    name: adjustment.name.clone(),
                    price: price.per_hour,
                });
            }
        }
        price
    }

    /// Divides `price`, which the machine of `query` costs, between its CPU, its memory and its GPUs,
    /// in the proportion of what such amounts of them usually cost there ([`Self::rates`]). The
    /// three sum to `price` exactly.
    pub fn parts(&self, query: &PriceQuery<'_>, price: Money) -> [Money; 3] {
        let known = self.known_type(query);
        let size = known.map_or(query.size, size_of);
        let weights = self.rates(query.provider, query.region).parts(size);
        let parts = price.split(&weights.map(|weight| weight.nanos().unsigned_abs()));
        parts.try_into().unwrap_or([price, Money::ZERO, Money::ZERO])
    }

    /// What a vCPU, a GiB and a GPU usually cost there, read off the prices of whole machines; see
    /// [`DEFAULT_RATES`](crate::DEFAULT_RATES) for places of which nothing is known.
    pub fn rates(&self, provider: Provider, region: Option<&str>) -> ResourceRates {
        self.catalog.rates().get(provider, region).0
    }

    fn known_type(&self, query: &PriceQuery<'_>) -> Option<&InstanceType> {
        query.instance_type.and_then(|name| self.catalog.instance_type(query.provider, name)).map(Arc::as_ref)
    }

    fn before_adjustments(&self, query: &PriceQuery<'_>, size: MachineSize) -> Price {
        let name = query.instance_type;
        let offer = query
            .region
            .zip(name)
            .and_then(|(region, name)| self.catalog.offer(query.provider, region, name));
        if let Some(offer) = offer {
            let source = match query.lifecycle {
                Lifecycle::Spot => offer.spot_source.as_ref(),
                Lifecycle::OnDemand | Lifecycle::SpotFallback => Some(&offer.price_source),
            };
            return match (offer.price(query.lifecycle), source) {
                (Some(per_hour), Some(source)) => {
                    Price { per_hour, estimated: false, sources: vec![listed(source)] }
                }
                _ => spot_estimate(offer.on_demand, listed(&offer.price_source)),
            };
        }
        let (on_demand, source) = self.price_elsewhere(query).unwrap_or_else(|| {
            let (rates, basis) = self.catalog.rates().get(query.provider, query.region);
            (rates.price(size), PriceSource::SizeEstimate { rates, basis })
        });
        match query.lifecycle {
            Lifecycle::Spot => spot_estimate(on_demand, source),
            Lifecycle::OnDemand | Lifecycle::SpotFallback => {
                Price { per_hour: on_demand, estimated: true, sources: vec![source] }
            }
        }
    }

    /// The median of the on-demand prices of the type over the regions that offer it: a better guess
    /// than its size, above all for machines with GPUs.
    fn price_elsewhere(&self, query: &PriceQuery<'_>) -> Option<(Money, PriceSource)> {
        let name = query.instance_type?;
        let regions = self.catalog.regions(query.provider);
        let mut prices: Vec<Money> = regions
            .filter_map(|region| self.catalog.offer(query.provider, region, name))
            .map(|offer| offer.on_demand)
            .collect();
        prices.sort_unstable();
        let price = *prices.get(prices.len() / 2)?;
        Some((price, PriceSource::RegionEstimate { regions: prices.len() }))
    }
}

fn listed(source: &Arc<str>) -> PriceSource {
    PriceSource::Catalogue { source: Arc::clone(source), date: date_in(source).map(str::to_owned) }
}

fn spot_estimate(on_demand: Money, source: PriceSource) -> Price {
    let per_hour = on_demand.times_ratio(i64::from(SPOT_PERCENT), 100).unwrap_or(on_demand);
    let estimate = PriceSource::SpotEstimate { on_demand, percent: SPOT_PERCENT };
    Price { per_hour, estimated: true, sources: vec![source, estimate] }
}

/// The size of a machine of that type, as sold.
fn size_of(instance_type: &InstanceType) -> MachineSize {
    MachineSize { gpus: u64::from(instance_type.gpus), ..size_without_gpus(instance_type) }
}

/// The same without its GPUs.
pub(crate) fn size_without_gpus(instance_type: &InstanceType) -> MachineSize {
    MachineSize {
        cpu_millis: u64::from(instance_type.vcpus) * 1000,
        memory_bytes: instance_type.memory_mib << 20,
        gpus: 0,
    }
}

/// The family that the name of a type shows, for types that no catalogue knows.
fn family_in(provider: Provider, name: &str) -> Option<&str> {
    match provider {
        Provider::Aws => name.split_once('.').map(|(family, _)| family),
        Provider::Gcp => name.split_once('-').map(|(family, _)| family),
        Provider::Azure | Provider::Other => None,
    }
}

#[cfg(test)]
mod tests;
