//! The JSON shapes of the contract and the protobuf-JSON rules they follow.
//!
//! Modules named after areas of the API are written by `cargo xtask wire` from `contract/`, with our own
//! descriptions laid over it; their heads say so. The others are written by hand: the rules
//! ([`proto`]), errors and paging. Types here check nothing beyond their shape: what a value means is
//! for the server to judge.

pub mod error;
pub mod page;
pub mod proto;

pub use proto::{from_json, from_query};
