//! `batchcast tournament`: job orders × dispatch disciplines on every trace of a folder.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::input::scenario::{Pool, trace_scenario};
use crate::input::{Trace, TraceOptions};
use crate::plan::{self, Contender};
use crate::policy::{discipline, order};
use crate::report::{TournamentPage, tournament_csv, tournament_json, tournament_markdown};

use super::args::Common;
use super::failure::Failure;
use super::import::TraceFile;
use super::load::short_name;
use super::output::{print, tell};
use super::pool;
use super::progress::Steps;

/// What stands under the help of `tournament`.
pub const TOURNAMENT_NOTES: &str = "\
Examples:
  batchcast tournament logs --first 10000              every order × discipline on every trace in the folder logs
  batchcast tournament log.swf.gz --pool 430 --orders fifo,sjf,f1 --disciplines strict,easy
  batchcast tournament logs --csv > tournament.csv

Each trace runs on one machine: of as many vCPUs as its header says (MaxProcs), else of --pool. What stands in the folder and is no
trace is told and passed over. Conservative backfilling costs the square of the backlog: it is left out, and said so, on traces of
more jobs than --conservative-jobs. All contenders see the same jobs; intervals are of the means of windows in time.";

/// `batchcast tournament`.
#[derive(Clone, Debug, Args)]
pub struct Tournament {
    /// Folders of traces, or traces.
    #[arg(required = true, value_name = "DIR_OR_TRACE")]
    pub traces: Vec<PathBuf>,
    /// vCPUs of the machine where a trace does not say how large its own was.
    #[arg(long, value_name = "VCPUS", value_parser = clap::value_parser!(u32).range(1..))]
    pub pool: Option<u32>,
    /// Only these job orders (comma between them); all where it is not given (see `batchcast policies`).
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub orders: Vec<String>,
    /// Only these dispatch disciplines; all where it is not given, lookahead:100 among them.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub disciplines: Vec<String>,
    /// Only the first so many jobs of each trace.
    #[arg(long, value_name = "JOBS", value_parser = clap::value_parser!(u64).range(1..))]
    pub first: Option<u64>,
    /// The most jobs for conservative backfilling.
    #[arg(long, value_name = "JOBS", default_value = "2000")]
    pub conservative_jobs: usize,
    /// Print CSV instead of Markdown.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

/// Plays it and prints the tables.
///
/// # Errors
/// Names that there are not, and everything that is wrong with a trace.
pub fn tournament(asked: &Tournament, common: &Common) -> Result<(), Failure> {
    let contenders = contenders(asked).map_err(Failure::Usage)?;
    let mut pages = Vec::new();
    for path in files(asked)? {
        let file = TraceFile::open(&path)?;
        if file.kind.is_none() && !asked.traces.contains(&path) {
            if !common.quiet {
                tell(&format!(
                    "note: {}: is no trace; passed over\n",
                    path.display()
                ));
            }
            continue;
        }
        let options = TraceOptions {
            job_queue: pool::QUEUE.to_owned(),
            ..TraceOptions::default()
        };
        let trace = file.read(&options)?.map_err(Failure::Problems)?;
        pages.push(page(asked, &path, trace, &contenders, common)?);
    }
    if pages.is_empty() {
        return Err(Failure::Absent(
            "there is no trace among what was named".to_owned(),
        ));
    }
    print(&match (common.json, asked.csv) {
        (true, _) => tournament_json(&pages),
        (false, true) => tournament_csv(&pages),
        (false, false) => tournament_markdown(&pages),
    })
}

fn page(
    asked: &Tournament,
    path: &Path,
    trace: Trace,
    contenders: &[Contender],
    common: &Common,
) -> Result<TournamentPage, Failure> {
    let name = short_name(path);
    let vcpus = trace.machine_size.or(asked.pool).ok_or_else(|| {
        Failure::Usage(format!(
            "{}: does not say how large its machine was; give --pool VCPUS",
            path.display()
        ))
    })?;
    let mut workload = pool::on_pool(trace.workload, false);
    let mut notes = Vec::new();
    if let Some(first) = asked
        .first
        .map(|first| usize::try_from(first).unwrap_or(usize::MAX))
        && first < workload.rows.len()
    {
        if workload.dependencies.is_empty() {
            workload.rows.truncate(first);
        } else {
            notes.push(
                "nothing: all jobs ran in spite of --first, as some wait for others".to_owned(),
            );
        }
    }
    let jobs = workload.rows.len();
    let is_slow =
        |one: &&Contender| one.discipline == "conservative" && jobs > asked.conservative_jobs;
    let played: Vec<Contender> = contenders
        .iter()
        .filter(|one| !is_slow(one))
        .cloned()
        .collect();
    if played.len() < contenders.len() {
        notes.push(format!(
            "conservative backfilling, as {jobs} jobs are more than {}; --conservative-jobs allows more",
            asked.conservative_jobs
        ));
    }
    let pool = Pool {
        vcpus,
        order: "fifo",
        discipline: "strict",
        overrides: &[],
        seed: 1,
    };
    let trace = Trace { workload, ..trace };
    let loaded = trace_scenario(trace, &name, &pool).map_err(Failure::Problems)?;
    let steps = Steps::new(played.len() as u64, "runs", common.quiet);
    let mut played = plan::tournament(&loaded.scenario, loaded.seed, &played, || steps.step());
    played.sort_by(|one, other| one.slowdown.mean.total_cmp(&other.slowdown.mean));
    Ok(TournamentPage {
        trace: name,
        vcpus,
        played,
        notes,
    })
}

/// Every order with every discipline that is asked for.
fn contenders(asked: &Tournament) -> Result<Vec<Contender>, String> {
    let mut wrong = Vec::new();
    let orders: Vec<String> = match asked.orders.is_empty() {
        true => order::ORDERS
            .iter()
            .map(|known| known.name.to_owned())
            .collect(),
        false => asked.orders.clone(),
    };
    let disciplines: Vec<String> = match asked.disciplines.is_empty() {
        true => discipline::DISCIPLINES
            .iter()
            .map(|known| known.name.replace(":K", ":100"))
            .collect(),
        false => asked.disciplines.clone(),
    };
    wrong.extend(orders.iter().filter_map(|name| order::find(name).err()));
    wrong.extend(
        disciplines
            .iter()
            .filter_map(|name| discipline::find(name).err()),
    );
    if !wrong.is_empty() {
        return Err(wrong.join("\nerror: "));
    }
    let pair = |order: &String, discipline: &String| Contender {
        order: order.clone(),
        discipline: discipline.clone(),
    };
    let pairs = disciplines
        .iter()
        .flat_map(|discipline| orders.iter().map(move |order| pair(order, discipline)));
    Ok(pairs.collect())
}

/// The files that are named, and those of the folders that are, by name.
fn files(asked: &Tournament) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in &asked.traces {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let failure = |error| Failure::file(path, "read", error);
        let mut within = Vec::new();
        for entry in fs::read_dir(path).map_err(failure)? {
            let entry = entry.map_err(failure)?.path();
            if entry.is_file() {
                within.push(entry);
            }
        }
        within.sort();
        files.extend(within);
    }
    Ok(files)
}
