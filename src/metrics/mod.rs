//! What a run is observed as: figures, rows and series. Everything is an integer until it is printed.

pub mod bounds;
mod cost_bound;
mod decimal;
mod definitions;
mod failures;
mod figures;
mod groups;
mod head_of_line;
mod machines;
mod quantiles;
mod reasons;
mod recorder;
mod rows;
pub mod scores;
mod summary;
#[cfg(test)]
mod tests;
mod timeline;
mod uptime;

pub use cost_bound::{CostBounds, cheapest_capacity, machine_types};
pub use decimal::Decimal;
pub use definitions::{DEFINITIONS, SLOWDOWN_TAU_MS};
pub use failures::Failure;
pub use figures::Figures;
pub use groups::{Group, GroupList, GroupTotals};
pub use head_of_line::HeadOfLine;
pub use machines::MachineTotals;
pub use quantiles::nearest_ranks;
pub use recorder::{Recorder, RunFacts};
pub use rows::RowSink;
pub use summary::{
    AssumptionValue, Distribution, JobCounts, LowerBounds, Summary, Utilization, assumption_values,
};
pub use timeline::{Bucket, Integral, LEVELS, LevelSums, Timeline};
pub use uptime::Uptime;
