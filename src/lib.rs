//! batchcast.
pub mod model;
pub mod sim;
pub mod units;
