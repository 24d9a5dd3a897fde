//! Bytes in, a scenario out, or every problem with its place.

mod builder;
mod bundle;
pub mod catalog;
pub mod csv_trace;
mod door;
pub mod generate;
mod json_cells;
mod merge;
pub mod nextflow;
mod problem;
mod recognise;
pub mod scenario;
mod sessions;
mod sound;
mod source;
pub mod spot;
pub mod swf;
mod tasks;
mod trace;
pub mod wfformat;

pub use builder::Firsts;
pub use bundle::bundle;
pub use door::{FIRST_BYTES, read_trace};
pub use merge::merge;
pub use problem::Problem;
pub use recognise::{TraceKind, recognise};
pub use sound::check_workload;
pub use trace::{ClosedLoop, ShareBy, Trace, TraceOptions};
