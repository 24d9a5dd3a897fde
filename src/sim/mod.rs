//! The run.
mod observer;
pub use observer::{AttemptRecord, InstanceRecord, JobRecord, Levels, Named, Observer};
