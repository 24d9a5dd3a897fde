//! batchcast.
pub mod control;
pub mod engine;
pub mod fleet;
pub mod input;
pub mod model;
pub mod policy;
pub mod sim;
pub mod units;
