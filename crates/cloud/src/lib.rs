//! What machines are for sale and at what price.
//!
//! [`Catalog`] is the list of offers: a dated one is compiled in, a file of the same columns can be
//! laid over it. [`PriceBook`] answers what a machine costs, from the catalogue and one's own
//! adjustments, and says how it got there. Nothing here talks to a cloud.

mod catalog;
mod price;
mod rates;

pub use catalog::{Catalog, CatalogError};
pub use price::{PriceBook, SPOT_PERCENT};
pub use rates::DEFAULT_RATES;
