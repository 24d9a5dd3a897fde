//! Results as bytes: tables, JSON, text. Pure: destinations are handed in.

mod job_ids;
mod jobs_csv;
mod names;
mod text;

pub use jobs_csv::{JOBS_HEADER, JobsCsv};
