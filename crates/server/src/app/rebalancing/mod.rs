//! Rebalancing as users see it: plans that they ask for, look at, have executed or cancel ([`plans`]), what is
//! in the way of moving pods ([`readiness`]), and what can be done with a cluster at all ([`settings`]).
//!
//! Nothing is planned or done to a cluster here: that is [`super::engine`]'s, which looks at every open plan. Here
//! a plan is opened, on conditions that are checked once more when it is acted on.

mod acting;
pub mod plans;
mod progress;
pub mod readiness;
mod rules;
pub mod settings;
