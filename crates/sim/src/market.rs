//! What machines cost in the simulated cloud: the catalogue's prices, spot ones moving by the hour.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloud::Catalog;
use model::{Lifecycle, Money, Offer};

use crate::machine::Machine;
use crate::provider::Provider;
use crate::random::Random;

/// Prices of one provider in one region.
#[derive(Clone, Debug)]
pub struct Market {
    provider: Provider,
    catalog: Option<Arc<Catalog>>,
    /// Spot price now over the catalogue's, in thousandths, by type.
    drift: BTreeMap<Arc<str>, u64>,
}

impl Market {
    /// The catalogue's prices; without a catalogue nothing has a price and nothing is for sale.
    pub fn new(provider: Provider, catalog: Option<Arc<Catalog>>) -> Self {
        Self { provider, catalog, drift: BTreeMap::new() }
    }

    /// Everything for sale in the region, by name.
    pub fn offers(&self) -> &[Offer] {
        match self.catalog.as_ref().zip(self.provider.cloud()) {
            Some((catalog, cloud)) => catalog.offers(cloud, self.provider.region()),
            None => &[],
        }
    }

    /// What is for sale by that name.
    pub fn offer(&self, name: &str) -> Option<&Offer> {
        self.catalog.as_ref()?.offer(self.provider.cloud()?, self.provider.region(), name)
    }

    /// Dollars an hour. `None` where the provider sells nothing, or not on these terms.
    pub fn price(&self, machine: &Machine, lifecycle: Lifecycle) -> Option<Money> {
        self.price_of(self.offer(&machine.name)?, lifecycle)
    }

    /// Dollars an hour of an offer. `None` where it is not sold on these terms.
    pub fn price_of(&self, offer: &Offer, lifecycle: Lifecycle) -> Option<Money> {
        let listed = offer.price(lifecycle)?;
        match lifecycle {
            Lifecycle::Spot => {
                let drift = self.drift.get(&offer.instance_type.name).copied().unwrap_or(1_000);
                listed.times_ratio(drift as i64, 1_000)
            }
            _ => Some(listed),
        }
    }

    /// Lets every spot price walk up to 4 % up or down, within half and double the listed one.
    pub fn move_prices<'a>(&mut self, machines: impl Iterator<Item = &'a Machine>, random: &mut Random) {
        for machine in machines {
            let drift = self.drift.entry(machine.name.clone()).or_insert(1_000);
            let step = 960 + random.below(81);
            *drift = (*drift * step / 1_000).clamp(500, 2_000);
        }
    }
}
