//! batchcast.
pub mod cli;
pub mod control;
pub mod engine;
pub mod fleet;
pub mod input;
pub mod metrics;
pub mod model;
pub mod policy;
pub mod report;
pub mod sim;
pub mod units;
