//! HTTP as such: listeners and TLS, the router that reads its rules from the operations' own
//! documentation, the published document, request ids, extractors and the one error type.
//!
//! Nothing here knows what the product does; `api` holds the operations.

pub mod api_router;
pub mod document;
pub mod error;
pub mod extract;
pub mod listen;
pub mod observe;
pub mod page;
pub mod paths;
pub mod swagger;
pub mod tls;
