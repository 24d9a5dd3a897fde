//! The stories of a run that is over: what one job waited for, where time and money of all went, and what would help. Pure
//! over the bytes of a run folder; whoever opens files and runs again is [`crate::cli`].

mod around;
mod costs;
mod job;
mod levers;
mod page;
mod rows;
mod run;
mod setting;
mod waits;

pub use around::{Around, Blocker, LastDependency};
pub use costs::{CostGroup, CostsBy, cost_groups};
pub use job::{JobStory, JobTables, Lookup, find};
pub use levers::{Candidate, LEVERS, Lever, candidates};
pub use rows::{AttemptRow, Fault, JobRow, usd};
pub use run::{RunStory, Tried, kept_figures};
pub use setting::Setting;
