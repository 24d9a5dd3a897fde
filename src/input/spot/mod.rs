//! What files say of EC2 Spot: histories of prices, bands of interruptions, availability.

mod history;
mod json_rows;
mod rows;
mod table_rows;

pub use history::{Assumed, PriceHistory};
