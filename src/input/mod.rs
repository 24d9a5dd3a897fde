//! Bytes in, a scenario out, or every problem with its place.

pub mod aws;
mod builder;
mod bundle;
pub mod catalog;
pub mod csv_trace;
pub mod generate;
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
mod trace;

pub use bundle::bundle;
pub use merge::merge;
pub use problem::Problem;
pub use recognise::{TraceKind, recognise};
pub use sound::check_workload;
pub use trace::{ClosedLoop, ShareBy, Trace, TraceOptions};
