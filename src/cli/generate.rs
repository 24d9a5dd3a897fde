//! `batchcast generate`: the jobs that a scenario draws, as a trace.

use std::path::PathBuf;

use clap::Args;

use crate::report::write_trace_csv;

use super::args::Common;
use super::failure::Failure;
use super::import::write_new;
use super::load;
use super::output::{print, tell};
use super::pool;

/// What stands under the help of `generate`.
pub const NOTES: &str = "\
Examples:
  batchcast generate night.toml -o jobs.csv            the jobs of the scenario with its own seed
  batchcast generate night.toml -o jobs.csv --seed 7   and with other luck
  batchcast fit log.swf.gz -o generators.toml          where generators come from

All jobs of the scenario are written, in order of submission: those that its generators draw, those that it lists and those
of its traces. The same scenario and seed give the same bytes everywhere. `batchcast run --trace jobs.csv --pool 200` runs it.";

/// `batchcast generate`.
#[derive(Debug, Args)]
pub struct Generate {
    /// A scenario file, or a folder with scenario.toml or scenario.json.
    pub scenario: PathBuf,
    /// Where the trace goes, as CSV of ours.
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// The seed of all chance; the scenario's own, or 1, where it is not given.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Replace the file if it is there.
    #[arg(long)]
    pub force: bool,
}

/// Writes the trace that is asked for.
///
/// # Errors
/// Every problem of the scenario, or a file that cannot be read or written.
pub fn generate(asked: &Generate, common: &Common) -> Result<(), Failure> {
    let input = load::scenario(&asked.scenario, &[], asked.seed)?;
    let workload = &input.loaded.scenario.workload;
    let lost = write_new(&asked.output, asked.force, |out| {
        write_trace_csv(workload, pool::QUEUE, out)
    })?;
    if common.quiet {
        return Ok(());
    }
    for note in lost.notes() {
        tell(&format!("note: {note}\n"));
    }
    print(&format!(
        "{}: {} submissions of {} with seed {}\n",
        asked.output.display(),
        workload.rows.len(),
        input.loaded.scenario.name,
        input.loaded.seed
    ))
}
