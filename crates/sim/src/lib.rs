//! Simulated clusters and clouds.
pub mod machine;
mod objects;
pub mod provider;
mod queue;
pub mod random;
pub mod time;
pub mod world;
