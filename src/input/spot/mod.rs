//! What files say of EC2 Spot: histories of prices, bands of interruptions, availability; and processes of prices.

mod advisor;
mod availability;
mod document;
mod fit;
mod history;
mod json_rows;
mod process;
mod rows;
mod table_rows;
#[cfg(test)]
mod tests;

pub use advisor::hazards;
pub use availability::{availability, available};
pub use fit::fitted;
pub use history::{Assumed, PriceHistory, Steps};
pub use process::{Stated, of_figures};
