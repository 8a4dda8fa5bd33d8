//! The price book of a scan: the built-in catalogue, with files laid over it.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use cloud::{Catalog, PriceBook};
use model::PriceAdjustment;
use serde::Deserialize;

/// A file of own prices.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PricesFile {
    adjustments: Vec<PriceAdjustment>,
}

pub(super) fn read(catalog: Option<&Path>, prices: Option<&Path>) -> Result<PriceBook> {
    let mut offers = Catalog::builtin();
    if let Some(path) = catalog {
        let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
        let source = path.file_name().unwrap_or_default().to_string_lossy();
        let own = Catalog::from_csv(file, &source).with_context(|| format!("reading {}", path.display()))?;
        offers = Arc::new(offers.overlaid_with(&own));
    }
    let book = PriceBook::new(offers);
    let Some(path) = prices else { return Ok(book) };
    let text = fs::read_to_string(path).with_context(|| format!("opening {}", path.display()))?;
    // JSON is YAML.
    let file: PricesFile =
        serde_yaml_ng::from_str(&text).with_context(|| format!("reading {}", path.display()))?;
    Ok(book.adjusted_by(file.adjustments))
}
