//! Catalogues as CSV files: a header line, then a row per provider, region and instance type.

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;

use model::{InstanceType, Offer};

use super::row::{self, COLUMNS, FieldError, TYPE_COLUMNS};
use super::{Catalog, CatalogError};

/// Columns without which a row says nothing.
const NEEDED: [&str; 6] =
    ["provider", "region", "instance_type", "vcpus", "memory_mib", "on_demand_usd_per_hour"];

impl Catalog {
    /// Reads a CSV file with a header line. The columns may stand in any order; an empty field, or
    /// a missing column other than the key, the size and the on-demand price, means not known. A
    /// row that names no `price_source` gets `default_source`, such as the file's name.
    ///
    /// # Errors
    /// Say the line and the column. Unknown columns are refused rather than ignored.
    pub fn from_csv(reader: impl Read, default_source: &str) -> Result<Self, CatalogError> {
        let mut file = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(reader);
        let header = file.headers().map_err(CatalogError::ReadCsv)?.clone();
        if let Some(unknown) = header.iter().find(|name| !COLUMNS.contains(name)) {
            return Err(CatalogError::UnknownColumn(unknown.to_owned()));
        }
        let places: HashMap<&str, usize> =
            header.iter().enumerate().map(|(place, name)| (name, place)).collect();
        if let Some(missing) = NEEDED.into_iter().find(|name| !places.contains_key(name)) {
            return Err(CatalogError::MissingColumn(missing));
        }

        let mut rows = Rows::new(default_source);
        for record in file.records() {
            let record = record.map_err(CatalogError::ReadCsv)?;
            let line = record.position().map_or(0, csv::Position::line);
            let field =
                |column: &str| places.get(column).and_then(|&place| record.get(place)).unwrap_or_default();
            rows.add(line, field)?;
        }
        Ok(rows.catalog)
    }
}

/// The catalogue as far as it is read, with the texts that rows share.
struct Rows<'a> {
    catalog: Catalog,
    texts: HashMap<String, Arc<str>>,
    zone_lists: HashMap<String, Arc<[Arc<str>]>>,
    default_source: &'a str,
}

impl<'a> Rows<'a> {
    fn new(default_source: &'a str) -> Self {
        Self {
            catalog: Catalog::default(),
            texts: HashMap::new(),
            zone_lists: HashMap::new(),
            default_source,
        }
    }

    fn add<'r>(&mut self, line: u64, field: impl Fn(&str) -> &'r str) -> Result<(), CatalogError> {
        let at_line =
            |FieldError { column, reason }: FieldError| CatalogError::Field { line, column, reason };
        let described = row::read_type(TYPE_COLUMNS.map(&field)).map_err(at_line)?;
        let region = field("region");
        if region.is_empty() {
            return Err(at_line(FieldError { column: "region", reason: "is empty".to_owned() }));
        }
        let source = Some(field("price_source")).filter(|source| !source.is_empty());
        let spot_source = Some(field("spot_source")).filter(|source| !source.is_empty());
        let on_demand = row::read_on_demand(field("on_demand_usd_per_hour")).map_err(at_line)?;
        let spot = row::read_spot(field("spot_usd_per_hour")).map_err(at_line)?;
        let spot_interruptions = row::read_band(field("spot_interruption_band")).map_err(at_line)?;

        let region = self.text(region);
        let zones = self.zones(field("zones"));
        let price_source = self.text(source.unwrap_or(self.default_source));
        let spot_source = match (spot, spot_source) {
            (None, None) => None,
            (_, Some(source)) => Some(self.text(source)),
            (Some(_), None) => Some(Arc::clone(&price_source)),
        };
        let shelf = self.catalog.shelves.entry(described.provider).or_default();
        let instance_type: &Arc<InstanceType> =
            shelf.types.entry(Arc::clone(&described.name)).or_insert_with(|| Arc::new(described.clone()));
        if **instance_type != described {
            let instance_type = described.name.to_string();
            return Err(CatalogError::TypesDiffer { line, instance_type });
        }
        let offer = Offer {
            instance_type: Arc::clone(instance_type),
            region: Arc::clone(&region),
            zones,
            on_demand,
            spot,
            spot_interruptions,
            price_source,
            spot_source,
        };
        let offers = shelf.regions.entry(region).or_default();
        match offers.binary_search_by(|one| one.instance_type.name.cmp(&offer.instance_type.name)) {
            Err(place) => offers.insert(place, offer),
            Ok(_) => {
                return Err(CatalogError::Duplicate {
                    line,
                    instance_type: offer.instance_type.name.to_string(),
                    region: offer.region.to_string(),
                });
            }
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.texts.insert(text.to_owned(), Arc::clone(&new));
        new
    }

    fn zones(&mut self, joined: &str) -> Arc<[Arc<str>]> {
        if let Some(known) = self.zone_lists.get(joined) {
            return Arc::clone(known);
        }
        let mut names: Vec<&str> = joined.split(';').filter(|name| !name.is_empty()).collect();
        names.sort_unstable();
        names.dedup();
        let zones: Arc<[Arc<str>]> = names.into_iter().map(|name| self.text(name)).collect();
        self.zone_lists.insert(joined.to_owned(), Arc::clone(&zones));
        zones
    }
}
