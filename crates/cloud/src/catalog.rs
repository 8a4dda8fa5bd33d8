//! The list of what is for sale: instance types, and their offers by region.

mod compact;
mod csv_file;
mod row;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, OnceLock};

use model::{InstanceType, Offer, Provider};

use crate::rates::Rates;

/// Offers, found by provider, region and type. Everything is iterated in the order of names.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    shelves: BTreeMap<Provider, Shelf>,
    rates: OnceLock<Rates>,
}

/// What one provider sells.
#[derive(Clone, Debug, Default)]
struct Shelf {
    types: BTreeMap<Arc<str>, Arc<InstanceType>>,
    /// By region; the offers of a region in the order of their types' names.
    regions: BTreeMap<Arc<str>, Vec<Offer>>,
}

/// Why a catalogue could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The file is not CSV.
    #[error("reading the catalogue")]
    ReadCsv(#[source] csv::Error),
    /// The header line names a column that there is not.
    #[error("line 1: unknown column {0:?}; the columns are {columns}", columns = row::COLUMNS.join(", "))]
    UnknownColumn(String),
    /// The header line lacks a column that must be there.
    #[error("line 1: column {0} is missing")]
    MissingColumn(&'static str),
    /// A field holds something else than its column asks for.
    #[error("line {line}, column {column}: {reason}")]
    Field {
        /// Counted from 1, the header being line 1.
        line: u64,
        /// The column's name.
        column: &'static str,
        /// What is wrong with the value.
        reason: String,
    },
    /// A type is described in two ways.
    #[error("line {line}: {instance_type} differs from an earlier line in size, family or architecture")]
    TypesDiffer {
        /// The later of the two lines.
        line: u64,
        /// The type's name.
        instance_type: String,
    },
    /// The same key stands twice.
    #[error("line {line}: {instance_type} in {region} stands here for the second time")]
    Duplicate {
        /// The later of the two lines.
        line: u64,
        /// The type's name.
        instance_type: String,
        /// The region's name.
        region: String,
    },
    /// The compact form cannot be unpacked.
    #[error("unpacking the catalogue")]
    Unpack(#[source] std::io::Error),
    /// The compact form is not what this version writes.
    #[error("line {line} of the unpacked catalogue is not understood")]
    Compact {
        /// Counted from 1.
        line: u64,
    },
}

impl Catalog {
    /// The catalogue that is compiled in, unpacked when it is first asked for.
    pub fn builtin() -> Arc<Self> {
        static BUILTIN: LazyLock<Arc<Catalog>> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "the bytes are part of the program; a test unpacks them")]
            let catalog = Catalog::from_compact(include_bytes!("../data/catalog.gz"))
                .expect("the built-in catalogue is whole");
            Arc::new(catalog)
        });
        Arc::clone(&BUILTIN)
    }

    /// The offer of `instance_type` in `region`.
    pub fn offer(&self, provider: Provider, region: &str, instance_type: &str) -> Option<&Offer> {
        let offers = self.shelves.get(&provider)?.regions.get(region)?;
        let index = offers.binary_search_by(|offer| (*offer.instance_type.name).cmp(instance_type)).ok()?;
        offers.get(index)
    }

    /// What `instance_type` is made of.
    pub fn instance_type(&self, provider: Provider, instance_type: &str) -> Option<&Arc<InstanceType>> {
        self.shelves.get(&provider)?.types.get(instance_type)
    }

    /// All types of `provider`.
    pub fn types(&self, provider: Provider) -> impl Iterator<Item = &Arc<InstanceType>> {
        self.shelves.get(&provider).into_iter().flat_map(|shelf| shelf.types.values())
    }

    /// The regions in which `provider` offers anything.
    pub fn regions(&self, provider: Provider) -> impl Iterator<Item = &Arc<str>> {
        self.shelves.get(&provider).into_iter().flat_map(|shelf| shelf.regions.keys())
    }

    /// Everything offered in `region`; nothing when the region is not known.
    pub fn offers(&self, provider: Provider, region: &str) -> &[Offer] {
        self.shelves
            .get(&provider)
            .and_then(|shelf| shelf.regions.get(region))
            .map_or(&[], |offers| offers.as_slice())
    }

    /// The zones of `region` in which at least one type is known to be offered.
    pub fn zones(&self, provider: Provider, region: &str) -> BTreeSet<&str> {
        self.offers(provider, region).iter().flat_map(|offer| offer.zones.iter().map(AsRef::as_ref)).collect()
    }

    /// How many offers there are.
    pub fn len(&self) -> usize {
        self.shelves.values().flat_map(|shelf| shelf.regions.values()).map(Vec::len).sum()
    }

    /// True when nothing is offered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The day of the newest price list in it, as `YYYY-MM-DD`, where a source says one.
    pub fn date(&self) -> Option<&str> {
        let offers = self.shelves.values().flat_map(|shelf| shelf.regions.values().flatten());
        offers.filter_map(|offer| date_in(&offer.price_source)).max()
    }

    /// This catalogue with the offers of `over` added, or put in place of the ones with the same
    /// key. A type that `over` describes is described so in every region.
    pub fn overlaid_with(&self, over: &Self) -> Self {
        let mut shelves = self.shelves.clone();
        for (&provider, added) in &over.shelves {
            let shelf = shelves.entry(provider).or_default();
            for (name, instance_type) in &added.types {
                shelf.types.insert(Arc::clone(name), Arc::clone(instance_type));
            }
            for offer in shelf.regions.values_mut().flatten() {
                if let Some(instance_type) = added.types.get(&offer.instance_type.name) {
                    offer.instance_type = Arc::clone(instance_type);
                }
            }
            for (region, offers) in &added.regions {
                let shelved = shelf.regions.entry(Arc::clone(region)).or_default();
                for offer in offers {
                    match shelved
                        .binary_search_by(|one| one.instance_type.name.cmp(&offer.instance_type.name))
                    {
                        Ok(index) => shelved[index] = offer.clone(),
                        Err(index) => shelved.insert(index, offer.clone()),
                    }
                }
            }
        }
        Self { shelves, rates: OnceLock::new() }
    }

    /// What a vCPU, a GiB and a GPU cost, by provider and region.
    pub(crate) fn rates(&self) -> &Rates {
        self.rates.get_or_init(|| Rates::of(self))
    }
}

/// The first `YYYY-MM-DD`, or else `YYYY-MM`, in the name of a price list.
pub(crate) fn date_in(source: &str) -> Option<&str> {
    let shaped = |text: &str, shape: &str| {
        text.bytes().zip(shape.bytes()).all(|(byte, wanted)| match wanted {
            b'0' => byte.is_ascii_digit(),
            _ => byte == wanted,
        })
    };
    ["0000-00-00", "0000-00"].into_iter().find_map(|shape| {
        let starts = 0..(source.len() + 1).saturating_sub(shape.len());
        starts.filter_map(|start| source.get(start..start + shape.len())).find(|text| shaped(text, shape))
    })
}

#[cfg(test)]
mod tests;
