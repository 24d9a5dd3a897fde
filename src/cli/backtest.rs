//! `batchcast backtest`: a real run simulated again and judged.

use std::fs::File;
use std::path::Path;

use crate::input::nextflow;
use crate::model::{MeasuredJob, Scenario};
use crate::plan::{self, BacktestQuestion, Twin};
use crate::report::{backtest_json, backtest_text};

use super::args::{Backtest, Common};
use super::failure::Failure;
use super::load;
use super::output::{print, style};

/// Makes the runs and prints how far off they were.
///
/// # Errors
/// Everything that is wrong with the scenario or a history.
pub fn backtest(asked: &Backtest, common: &Common) -> Result<(), Failure> {
    let (first, seed) = read(asked, &asked.history)?;
    let other = match &asked.score {
        Some(path) => Some(read(asked, path)?.0),
        None => None,
    };
    super::remember_seed(seed);
    let question = BacktestQuestion {
        seed,
        calibrate: asked.calibrate,
        draws: asked.draws,
    };
    let twin = |(scenario, jobs)| Twin {
        scenario,
        history: jobs,
    };
    let first = twin((&first.0, first.1.as_slice()));
    let backtest = match &other {
        None => plan::backtest(first, None, &question),
        Some((scenario, jobs)) => {
            plan::backtest(twin((scenario, jobs.as_slice())), Some(first), &question)
        }
    };
    let name = &first.scenario.name;
    match common.json {
        true => print(&backtest_json(name, &backtest)),
        false => print(&backtest_text(name, &backtest, style())),
    }
}

/// The scenario with the jobs of the history at `path`, what was measured of them, and the seed.
fn read(asked: &Backtest, path: &Path) -> Result<((Scenario, Vec<MeasuredJob>), u64), Failure> {
    let file = File::open(path).map_err(|error| Failure::file(path, "read", error))?;
    let history = nextflow::history(file, &path.display().to_string());
    let history = history.map_err(Failure::Problems)?;
    let input = load::scenario_with(&asked.scenario, &asked.set, asked.seed, Some(path))?;
    let scenario = input.loaded.scenario;
    let known = |source: u32| (scenario.workload.rows.iter()).any(|row| row.source == source);
    if !history.jobs.iter().any(|job| known(job.source)) {
        return Err(Failure::Usage(format!(
            "{}: its jobs are not those of the history; write [workload] trace = \"{}\"",
            asked.scenario.display(),
            load::HISTORY
        )));
    }
    Ok(((scenario, history.jobs), input.loaded.seed))
}
