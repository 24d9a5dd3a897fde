//! Bytes in, a scenario out, or every problem with its place.

pub mod generate_spec;
mod problem;
pub mod scenario;
mod trace;

pub use problem::Problem;
pub use trace::{ClosedLoop, ShareBy, Trace, TraceOptions};
