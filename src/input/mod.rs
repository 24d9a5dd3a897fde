//! Bytes in, a scenario out, or every problem with its place.

mod builder;
mod problem;
mod sessions;
mod source;
pub mod swf;
mod trace;

pub use problem::Problem;
pub use trace::{ClosedLoop, ShareBy, Trace, TraceOptions};
