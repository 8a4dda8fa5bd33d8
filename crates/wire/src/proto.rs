//! The JSON of protobuf, in one place.
//!
//! The contract's clients speak protobuf's JSON mapping, and three of them a dialect of it. What
//! that asks of a reader is done by one [`Deserializer`](serde::Deserializer) over the parsed body,
//! so that the types of the contract are plain serde types and no handler knows of it:
//!
//! - every field is known by two names, `nodeId` and `node_id`; keys of maps are left alone;
//! - null means absent, and absent means the zero value of a field that is always sent;
//! - integers come as numbers or as strings; enums as names or, from old clients, as numbers;
//! - unknown fields and unknown names of enums are no errors.
//!
//! What it asks of a writer is done by the types: `Option`s that are skipped, [`Int64`] as a string,
//! open enums by their full names ([`open_enum!`](crate::open_enum)), [`Object`] without nulls.
//!
//! Use [`from_json`] and [`from_query`] to read, and plain `serde_json` to write.

mod decimal;
mod open_enum;
mod query;
mod reader;
mod values;

pub use decimal::{Decimal, NotADecimal};
#[doc(hidden)]
pub use open_enum::{EnumName, open_enum_schema};
pub use query::from_query;
pub use reader::from_json;
pub use values::{Empty, Int64, Object};
