//! Who calls, and what they may do.
//!
//! A key or a session becomes a [`principal::Principal`]; [`permission`] is the one table of roles and
//! permissions; [`guard`] stands before every operation and enforces what the operation's own
//! documentation states. There is no policy language.

pub mod authenticate;
pub mod guard;
pub mod key;
pub mod permission;
pub mod principal;
pub mod session;
