//! What machines are for sale and at what price.
//!
//! [`Catalog`] is the list of offers: a dated one is compiled in, a file of the same columns can be
//! laid over it. [`PriceBook`] answers what a machine costs, from the catalogue and one's own
//! adjustments, and says how it got there. [`driver`] is what an engine may ask of a cloud; nothing here
//! talks to one.

mod catalog;
pub mod driver;
pub mod machine_traits;
mod price;
mod rates;

pub use catalog::{Catalog, CatalogError};
pub use driver::Driver;
pub use price::{PriceBook, SPOT_PERCENT};
pub use rates::DEFAULT_RATES;
