//! The planner from outside: plans of random clusters, and the check of plans that are wrong on purpose.

mod check;
mod cluster;
mod properties;
