//! Bytes in, a scenario out, or every problem with its place.

mod problem;
mod trace;

pub use problem::Problem;
pub use trace::{ClosedLoop, ShareBy, Trace, TraceOptions};
