//! `batchcast backtest`: a real run simulated again and judged.

use std::fs::File;

use crate::input::nextflow;
use crate::plan::{self, BacktestQuestion};
use crate::report::{backtest_json, backtest_text};

use super::args::{Backtest, Common};
use super::failure::Failure;
use super::load;
use super::output::{print, style};

/// Makes the runs and prints how far off they were.
///
/// # Errors
/// Everything that is wrong with the scenario or the history.
pub fn backtest(asked: &Backtest, common: &Common) -> Result<(), Failure> {
    let path = &asked.history;
    let file = File::open(path).map_err(|error| Failure::file(path, "read", error))?;
    let history = nextflow::history(file, &path.display().to_string());
    let history = history.map_err(Failure::Problems)?;
    let input = load::scenario_with(&asked.scenario, &asked.set, asked.seed, Some(path))?;
    super::remember_seed(input.loaded.seed);
    let question = BacktestQuestion {
        seed: input.loaded.seed,
        calibrate: asked.calibrate,
        draws: asked.draws,
    };
    let scenario = &input.loaded.scenario;
    let known = |source: u32| {
        scenario
            .workload
            .rows
            .iter()
            .any(|row| row.source == source)
    };
    if !history.jobs.iter().any(|job| known(job.source)) {
        return Err(Failure::Usage(format!(
            "{}: its jobs are not those of the history; write [workload] trace = \"{}\"",
            asked.scenario.display(),
            load::HISTORY
        )));
    }
    let backtest = plan::backtest(scenario, &history.jobs, &question);
    match common.json {
        true => print(&backtest_json(&scenario.name, &backtest)),
        false => print(&backtest_text(&scenario.name, &backtest, style())),
    }
}
