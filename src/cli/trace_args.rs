//! The command line of `doctor` and `import`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::input::doctor::ASSUMPTIONS;

/// What stands under the help of `doctor`.
pub const DOCTOR_NOTES: &str = "\
Examples:
  batchcast doctor log.swf.gz                         what is in it, and what is wrong
  batchcast doctor sacct.txt --fix -o jobs.csv        repaired by named rules; run it with --trace jobs.csv
  batchcast doctor jobs.csv --fix --assume memory-in-kb -o fixed.csv
                                                      what only seems wrong is repaired when you say that it is

Each finding has a name, how many jobs it is about, where first, and what would be right. Errors would make results wrong; warnings may;
notes are worth knowing. The counts of a repaired trace stand in its first lines and come back in the report of every run of it.

Exit codes: 0 no errors, 1 errors found (with --fix: 0 where the repaired trace was written), 2 no trace, or one of which nothing can
be read.";

/// `batchcast doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// A trace of any kind, plain or gzip.
    pub file: PathBuf,
    /// Write the trace as CSV of ours with everything repaired or left out that is wrong.
    #[arg(long, requires = "output")]
    pub fix: bool,
    /// Say that what only seems so is so, and have it repaired; may be repeated.
    #[arg(long, value_name = "RULE", requires = "fix", value_parser = ASSUMPTIONS)]
    pub assume: Vec<String>,
    /// Where the repaired trace goes.
    #[arg(long, short, value_name = "FILE", requires = "fix")]
    pub output: Option<PathBuf>,
    /// Replace the file if it is there.
    #[arg(long, requires = "output")]
    pub force: bool,
}

/// What stands under the help of `import`.
pub const IMPORT_NOTES: &str = "\
Examples:
  batchcast import execution_trace.txt -o jobs.csv    Nextflow's trace as CSV of ours, to look at and to change
  batchcast import montage.json -o montage.swf        the ending says the format: .swf, .json (Batsim), all others CSV
  batchcast import log.swf.gz -o w.json --format batsim

CSV of ours keeps all that a trace can say. SWF has no names, arrays, retries and GPUs, and one dependency a job; Batsim has jobs that
take a time on so many resources, and the rest goes into extra_data, from where it is read again. What is lost is told.";

/// `batchcast import`.
#[derive(Debug, Args)]
pub struct Import {
    /// A trace of any kind, plain or gzip.
    pub file: PathBuf,
    /// Where it goes.
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// As what; by the ending of the output where it is not given.
    #[arg(long, value_enum)]
    pub format: Option<TraceFormat>,
    /// Leave out jobs with a run time of zero.
    #[arg(long)]
    pub drop_zero_run: bool,
    /// Keep only jobs that completed.
    #[arg(long)]
    pub completed_only: bool,
    /// Replace the file if it is there.
    #[arg(long)]
    pub force: bool,
}

/// The formats that traces are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TraceFormat {
    /// CSV of ours.
    Csv,
    /// The Standard Workload Format 2.2.
    Swf,
    /// A workload of Batsim v5.
    Batsim,
}
