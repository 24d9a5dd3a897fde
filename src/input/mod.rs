//! Bytes in, a scenario out, or every problem with its place.

pub mod alibaba;
pub mod aws;
pub mod batsim;
mod builder;
mod bundle;
pub mod catalog;
pub mod csv_trace;
pub mod doctor;
mod documents;
mod door;
pub mod fit;
pub mod generate;
mod json_cells;
mod merge;
pub mod nextflow;
#[cfg(feature = "parquet")]
mod parquet_trace;
mod problem;
mod recognise;
mod rules;
pub mod scenario;
mod sessions;
pub mod slurm;
mod sound;
mod source;
pub mod spot;
pub mod swf;
mod table;
mod tasks;
mod trace;
pub mod wfformat;

pub use builder::Firsts;
pub use bundle::bundle;
pub use door::{FIRST_BYTES, read_trace};
pub use merge::merge;
pub use problem::Problem;
pub use recognise::{TraceKind, recognise};
pub use rules::{Grade, RULES, Rule, find_rule};
pub use sound::check_workload;
pub use trace::{ClosedLoop, ShareBy, Trace, TraceOptions};
