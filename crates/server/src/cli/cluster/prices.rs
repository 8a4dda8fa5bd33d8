//! The price book of a command: the built-in catalogue, with files laid over it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use cloud::PriceBook;
use model::PriceAdjustment;
use serde::Deserialize;

use crate::cli::host;

/// A file of own prices.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PricesFile {
    adjustments: Vec<PriceAdjustment>,
}

pub(super) fn read(catalog: Option<&Path>, prices: Option<&Path>) -> Result<PriceBook> {
    let book = PriceBook::new(host::catalog(catalog)?);
    let Some(path) = prices else { return Ok(book) };
    let text = fs::read_to_string(path).with_context(|| format!("opening {}", path.display()))?;
    // JSON is YAML.
    let file: PricesFile =
        serde_yaml_ng::from_str(&text).with_context(|| format!("reading {}", path.display()))?;
    Ok(book.adjusted_by(file.adjustments))
}
