//! Results as bytes: tables, JSON, text. Pure: destinations are handed in.

mod attempts_csv;
mod backtest;
mod best;
mod deadline;
mod diff;
mod hours_csv;
mod job_ids;
mod jobs_csv;
mod json;
mod limits;
mod machine_tables;
mod manifest;
mod names;
mod numbers;
mod plan;
mod requests;
mod sheet;
mod study;
mod summary_json;
mod sweep;
mod tables;
mod terminal;
mod text;
mod timeline_csv;
mod tornado;
mod trace;
mod tune;
mod wording;

pub use attempts_csv::{ATTEMPTS_HEADER, AttemptsCsv};
pub use backtest::{backtest_json, backtest_text};
pub use best::{BestPage, best_json, best_text};
pub use deadline::DeadlinePage;
pub use diff::DiffPage;
pub use hours_csv::{HOURS_HEADER, hours_csv};
pub use jobs_csv::{JOBS_HEADER, JobsCsv};
pub use json::Json;
pub use machine_tables::{BILL_HEADER, INSTANCES_HEADER, bill_csv, instances_csv};
pub use manifest::{InputFile, Manifest, manifest_json};
pub use names::Names;
pub use plan::{PlanPage, plan_json, plan_text};
pub use requests::{AwsRequest, aws_requests};
pub use study::{comparison_text, replications_text, study_json};
pub use summary_json::summary_json;
pub use sweep::{Sweep, SweepRun, run_fields, run_of_fields};
pub use tables::{Finished, Table, Tables};
pub use terminal::{Style, summary_text};
pub use timeline_csv::timeline_csv;
pub use tornado::{tornado_json, tornado_text};
pub use trace::{Lost, write_batsim, write_swf, write_trace_csv};
pub use tune::{tune_json, tune_text};
pub use wording::{
    GLUE, dollars, duration, duration_or_none, glued, milliseconds, percent, shortened, whole, wrap,
};
