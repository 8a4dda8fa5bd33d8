//! The compact form in which the built-in catalogue is kept: gzip over lines of tab-separated
//! text, each fact once. `zcat crates/cloud/data/catalog.gz` shows it.
//!
//! ```text
//! supercargo-catalogue  1
//! type    aws  m5.large  m5  amd64  2  8192  0    0  29  false    (the columns of a type)
//! source  aws-pricelist-2026-07-20
//! zones   us-east-1a;us-east-1b
//! region  aws  us-east-1
//! 0  0.096  0.0384  5-10%  1  1  2        (offers of that region: number of the type, on-demand,
//!                                          spot, band, numbers of zones, price and spot source)
//! ```
//!
//! Types are numbered from 0, sources and zone lists from 1, 0 meaning none.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::sync::Arc;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use model::{InstanceType, Offer, Provider};

use super::{Catalog, CatalogError, row};

const HEAD: &str = "supercargo-catalogue\t1";

impl Catalog {
    /// The catalogue in its compact form. The same catalogue gives the same bytes.
    ///
    /// # Errors
    /// None but what the compression library reports.
    pub fn to_compact(&self) -> std::io::Result<Vec<u8>> {
        let mut lines = Lines::default();
        let mut offers = String::new();
        for (provider, shelf) in &self.shelves {
            for instance_type in shelf.types.values() {
                lines.add_type(instance_type);
            }
            for (region, of_region) in &shelf.regions {
                offers.push_str(&format!("region\t{provider}\t{region}\n"));
                for offer in of_region {
                    lines.add_offer(offer, &mut offers);
                }
            }
        }
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        for part in [HEAD, "\n", &lines.types, &lines.tables, &offers] {
            gzip.write_all(part.as_bytes())?;
        }
        gzip.finish()
    }

    /// Reads what [`Self::to_compact`] wrote.
    ///
    /// # Errors
    /// When the bytes are damaged or of another version.
    pub fn from_compact(bytes: &[u8]) -> Result<Self, CatalogError> {
        let mut text = String::new();
        GzDecoder::new(bytes).read_to_string(&mut text).map_err(CatalogError::Unpack)?;
        let mut reader = Reader::new();
        for (index, line) in text.lines().enumerate() {
            let line_number = index as u64 + 1;
            let understood = match index {
                0 => (line == HEAD).then_some(()),
                _ => reader.read(line),
            };
            understood.ok_or(CatalogError::Compact { line: line_number })?;
        }
        reader.end_region();
        Ok(reader.catalog)
    }
}

/// What is written, and the numbers given so far.
#[derive(Default)]
struct Lines {
    types: String,
    tables: String,
    type_numbers: HashMap<(Provider, Arc<str>), usize>,
    table_numbers: [HashMap<String, usize>; 2],
}

const TABLES: [&str; 2] = ["zones", "source"];
const ZONES: usize = 0;
const SOURCES: usize = 1;

impl Lines {
    fn add_type(&mut self, instance_type: &InstanceType) {
        let number = self.type_numbers.len();
        self.type_numbers.insert((instance_type.provider, Arc::clone(&instance_type.name)), number);
        self.types.push_str(&format!("type\t{}\n", row::write_type(instance_type).join("\t")));
    }

    fn number(&mut self, table: usize, text: &str) -> usize {
        if text.is_empty() {
            return 0;
        }
        if let Some(&number) = self.table_numbers[table].get(text) {
            return number;
        }
        let number = self.table_numbers[table].len() + 1;
        self.table_numbers[table].insert(text.to_owned(), number);
        self.tables.push_str(&format!("{}\t{text}\n", TABLES[table]));
        number
    }

    fn add_offer(&mut self, offer: &Offer, offers: &mut String) {
        let key = (offer.instance_type.provider, Arc::clone(&offer.instance_type.name));
        let number = self.type_numbers.get(&key).copied().unwrap_or_default();
        let spot = offer.spot.map(|price| price.to_string()).unwrap_or_default();
        let band = offer.spot_interruptions.map_or("", |band| band.as_str());
        let zones = self.number(ZONES, &offer.zones.join(";"));
        let source = self.number(SOURCES, &offer.price_source);
        let spot_source = self.number(SOURCES, offer.spot_source.as_deref().unwrap_or_default());
        // Writing to a String cannot fail.
        let _ = writeln!(
            offers,
            "{number}\t{}\t{spot}\t{band}\t{zones}\t{source}\t{spot_source}",
            offer.on_demand
        );
    }
}

/// What has been read so far.
struct Reader {
    catalog: Catalog,
    types: Vec<Arc<InstanceType>>,
    sources: Vec<Arc<str>>,
    zone_lists: Vec<Arc<[Arc<str>]>>,
    no_zones: Arc<[Arc<str>]>,
    /// The region under way, and its offers.
    region: Option<(Provider, Arc<str>)>,
    offers: Vec<Offer>,
}

impl Reader {
    fn new() -> Self {
        Self {
            catalog: Catalog::default(),
            types: Vec::new(),
            sources: Vec::new(),
            zone_lists: Vec::new(),
            no_zones: Arc::from([]),
            region: None,
            offers: Vec::new(),
        }
    }

    /// Takes in a line; `None` when it is not understood.
    fn read(&mut self, line: &str) -> Option<()> {
        let (kind, rest) = line.split_once('\t')?;
        match kind {
            "type" => {
                let instance_type = Arc::new(row::read_type(fields(rest)?).ok()?);
                let shelf = self.catalog.shelves.entry(instance_type.provider).or_default();
                shelf.types.insert(Arc::clone(&instance_type.name), Arc::clone(&instance_type));
                self.types.push(instance_type);
            }
            "source" => self.sources.push(rest.into()),
            "zones" => self.zone_lists.push(rest.split(';').map(Arc::from).collect()),
            "region" => {
                self.end_region();
                let [provider, region] = fields(rest)?;
                self.region = Some((provider.parse().ok()?, region.into()));
            }
            number => {
                let offer = self.read_offer(number, rest)?;
                self.offers.push(offer);
            }
        }
        Some(())
    }

    fn end_region(&mut self) {
        if let Some((provider, region)) = self.region.take() {
            let offers = std::mem::take(&mut self.offers);
            self.catalog.shelves.entry(provider).or_default().regions.insert(region, offers);
        }
    }

    fn read_offer(&self, number: &str, rest: &str) -> Option<Offer> {
        let [on_demand, spot, band, zones, price_source, spot_source] = fields(rest)?;
        Some(Offer {
            instance_type: Arc::clone(self.types.get(number.parse::<usize>().ok()?)?),
            region: Arc::clone(&self.region.as_ref()?.1),
            zones: numbered(&self.zone_lists, zones)?.unwrap_or_else(|| Arc::clone(&self.no_zones)),
            on_demand: row::read_on_demand(on_demand).ok()?,
            spot: row::read_spot(spot).ok()?,
            spot_interruptions: row::read_band(band).ok()?,
            price_source: numbered(&self.sources, price_source)??,
            spot_source: numbered(&self.sources, spot_source)?,
        })
    }
}

/// The fields of a line, if there are just so many.
fn fields<const N: usize>(line: &str) -> Option<[&str; N]> {
    let mut parts = line.split('\t');
    let mut fields = [""; N];
    for field in &mut fields {
        *field = parts.next()?;
    }
    parts.next().is_none().then_some(fields)
}

/// The entry with that number, counted from 1, or none for 0; the outer `None` is a number that is
/// none of the table's.
fn numbered<T: ?Sized>(table: &[Arc<T>], number: &str) -> Option<Option<Arc<T>>> {
    match number.parse::<usize>().ok()? {
        0 => Some(None),
        number => table.get(number - 1).map(|entry| Some(Arc::clone(entry))),
    }
}
