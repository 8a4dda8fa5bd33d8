//! How long the built-in catalogue takes to load, and a price to be found: `cargo bench -p cloud`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use cloud::{Catalog, PriceBook};
use model::{Lifecycle, MachineSize, PriceQuery, Provider};

/// Loads of which the fastest and the median are shown.
const LOADS: usize = 21;
/// Prices asked for in one go.
const PRICES: u32 = 1_000_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bytes = Catalog::builtin().to_compact()?;
    let mut loads: Vec<Duration> = (0..LOADS)
        .map(|_| {
            let start = Instant::now();
            let catalog = Catalog::from_compact(&bytes)?;
            let taken = start.elapsed();
            drop(black_box(catalog));
            Ok(taken)
        })
        .collect::<Result<_, cloud::CatalogError>>()?;
    loads.sort();
    println!("load: {} offers from {} bytes", Catalog::builtin().len(), bytes.len());
    println!("  fastest {:?}, median {:?}", loads[0], loads[LOADS / 2]);

    let prices = PriceBook::new(Catalog::builtin());
    let query = PriceQuery {
        provider: Provider::Aws,
        region: Some("eu-central-1"),
        zone: None,
        instance_type: Some("m5.xlarge"),
        lifecycle: Lifecycle::Spot,
        size: MachineSize::default(),
    };
    let start = Instant::now();
    for _ in 0..PRICES {
        black_box(prices.price(black_box(&query)));
    }
    println!("price: {:?} each", start.elapsed() / PRICES);

    let start = Instant::now();
    black_box(PriceBook::new(Catalog::from_compact(&bytes)?.into()).rates(Provider::Aws, None));
    println!("load and rates: {:?}", start.elapsed());
    Ok(())
}
