//! What machines cost in the simulated cloud: the catalogue's prices, spot ones moving by the hour.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloud::Catalog;
use model::{Lifecycle, Money};

use crate::machine::Machine;
use crate::provider::Provider;
use crate::random::Random;

/// Prices of one provider in one region.
#[derive(Clone, Debug)]
pub struct Market {
    provider: Provider,
    catalog: Option<Arc<Catalog>>,
    /// Spot price now over the catalogue's, in thousandths, by type.
    drift: BTreeMap<&'static str, u64>,
}

impl Market {
    /// The catalogue's prices; without a catalogue nothing has a price.
    pub fn new(provider: Provider, catalog: Option<Arc<Catalog>>) -> Self {
        Self { provider, catalog, drift: BTreeMap::new() }
    }

    /// Dollars an hour. `None` where the provider sells nothing, or not on these terms.
    pub fn price(&self, machine: Machine, lifecycle: Lifecycle) -> Option<Money> {
        let provider = match self.provider {
            Provider::Eks => model::Provider::Aws,
            Provider::Gke => model::Provider::Gcp,
            Provider::Aks => model::Provider::Azure,
            Provider::Anywhere => return None,
        };
        let offer = self.catalog.as_ref()?.offer(provider, self.provider.region(), machine.name)?;
        let listed = offer.price(lifecycle)?;
        match lifecycle {
            Lifecycle::Spot => {
                listed.times_ratio(self.drift.get(machine.name).copied().unwrap_or(1_000) as i64, 1_000)
            }
            _ => Some(listed),
        }
    }

    /// Lets every spot price walk up to 4 % up or down, within half and double the listed one.
    pub fn move_prices(&mut self, machines: impl Iterator<Item = Machine>, random: &mut Random) {
        for machine in machines {
            let drift = self.drift.entry(machine.name).or_insert(1_000);
            let step = 960 + random.below(81);
            *drift = (*drift * step / 1_000).clamp(500, 2_000);
        }
    }
}
