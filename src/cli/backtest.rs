//! `batchcast backtest`: a real run simulated again and judged.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::Path;

use crate::input::{TraceKind, aws, nextflow, recognise};
use crate::model::{MeasuredJob, Row, Scenario, Workload};
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
    let history = history(path)?;
    let input = load::scenario_with(&asked.scenario, &asked.set, asked.seed, Some(path))?;
    let scenario = input.loaded.scenario;
    let jobs = found(history, &scenario.workload);
    if jobs.is_empty() {
        return Err(Failure::Usage(format!(
            "{}: its jobs are not those of the history; write [workload] trace = \"{}\"",
            asked.scenario.display(),
            load::HISTORY
        )));
    }
    Ok(((scenario, jobs), input.loaded.seed))
}

/// Jobs that were measured, and identifiers of theirs that are no numbers.
struct History {
    jobs: Vec<MeasuredJob>,
    names: Vec<String>,
}

/// Reads a history, whose kind its content tells.
fn history(path: &Path) -> Result<History, Failure> {
    let (head, file) = load::first_bytes(path)?;
    let kind = recognise(&head);
    let whole = Cursor::new(head).chain(file);
    let name = path.display().to_string();
    let read = match kind {
        Some(TraceKind::Aws) => aws::history(whole, &name).map(|measured| History {
            jobs: measured.jobs,
            names: measured.names,
        }),
        _ => nextflow::history(whole, &name).map(|history| History {
            jobs: history.jobs,
            names: Vec::new(),
        }),
    };
    read.map_err(Failure::Problems)
}

/// The jobs of the history that the workload has, by what it calls them.
fn found(history: History, workload: &Workload) -> Vec<MeasuredJob> {
    let is_named = |row: &&Row| row.source >= Row::NAMED;
    let named: BTreeMap<&str, u32> = (workload.rows.iter().filter(is_named))
        .map(|row| {
            let name = &workload.names[(row.source - Row::NAMED) as usize];
            (name.as_str(), row.source)
        })
        .collect();
    let mut numbers: Vec<u32> = workload.rows.iter().map(|row| row.source).collect();
    numbers.sort_unstable();
    let here = |source: u32| match source.checked_sub(Row::NAMED) {
        Some(index) => {
            let name = history.names.get(index as usize)?;
            named.get(name.as_str()).copied()
        }
        None => numbers.binary_search(&source).is_ok().then_some(source),
    };
    let mut jobs = history.jobs;
    jobs.retain_mut(|job| {
        let source = here(job.source);
        job.source = source.unwrap_or(job.source);
        source.is_some()
    });
    jobs
}
