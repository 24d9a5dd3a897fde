//! `batchcast sweep`: a grid or a hypercube of variants, run wherever there is time for it, in parts and after a kill.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use sha2::{Digest, Sha256};

use crate::plan::{self, Axis, Observation, Shard, grid, latin_hypercube, seed_of};
use crate::report::{Sweep, SweepRun};

use super::super::again::in_a_line;
use super::super::args::{Common, key_value};
use super::super::failure::Failure;
use super::super::output::{print, tell};
use super::super::progress::Steps;
use super::super::traces::keep_traces;
use super::args::key_axis;
use super::emit::{Emit, script};
use super::journal::{self, Journal, Runs};
use super::{Candidate, run_of};

pub const SWEEP_EXAMPLES: &str = "\
Examples:
  batchcast sweep nightly.toml --vary dispatch=strict,easy --vary computeEnvironments.main.computeResources.maxvCpus=256,512 -o grid
  batchcast sweep nightly.toml --vary bootTime=30..300 --vary spot.discount=0.3..0.8 --sample 200 --replications 5 -o cube
  batchcast sweep nightly.toml … --shard 3/7 -o part3      the third of seven parts, on any machine
  batchcast merge part1 part2 … part7 -o grid              the parts together: the same bytes as in one go
  batchcast sweep nightly.toml … --emit slurm --shards 7 > sweep.sbatch

Each run is written down as it ends; the same command again goes on with a sweep that was killed. cells.csv has a row for each
combination with means and intervals, runs.csv one for each run.";

/// The variables in which AWS Batch, Slurm and Kubernetes tell a task of an array which it is, from 0.
const INDEXES: [&str; 3] = [
    "AWS_BATCH_JOB_ARRAY_INDEX",
    "SLURM_ARRAY_TASK_ID",
    "JOB_COMPLETION_INDEX",
];
/// With what probability the intervals of cells.csv hold.
const CONFIDENCE: f64 = 0.95;
/// Cells whose scenarios are in memory at a time.
const AT_ONCE: usize = 32;
/// The most runs of a sweep.
const RUNS_MAX: usize = 10_000_000;

/// `batchcast sweep`.
#[derive(Clone, Debug, Args)]
pub struct SweepArgs {
    /// A scenario file, or a folder with scenario.toml or scenario.json.
    pub scenario: PathBuf,
    /// A key (as --set takes it) and its values a,b,c, or with --sample a range 1..10 or log:0.1..10; may be repeated.
    #[arg(long, value_name = "KEY=VALUES", value_parser = key_axis, required = true)]
    pub vary: Vec<(String, Axis)>,
    /// Instead of every combination so many that cover all keys evenly (a Latin hypercube).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub sample: Option<u32>,
    /// Runs of each combination, each with a seed of its own, the same for all combinations.
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub replications: u64,
    /// Set a parameter in all runs; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// The seed of all chance; the scenario's own where it is not given.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Run one part of N: I/N from 1, or auto/N for the part that an array index of AWS Batch, Slurm or Kubernetes tells.
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub shard: Option<ShardArg>,
    /// The folder to write to, or to go on in.
    #[arg(long, short, value_name = "DIR", required_unless_present = "emit")]
    pub output: Option<PathBuf>,
    /// Begin anew where the folder is there.
    #[arg(long, requires = "output")]
    pub force: bool,
    /// Print what runs the sweep in parts elsewhere, instead of running it.
    #[arg(long, value_enum, conflicts_with_all = ["output", "shard"])]
    pub emit: Option<Emit>,
    /// How many parts that has.
    #[arg(long, value_name = "N", default_value = "8", requires = "emit", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub shards: u64,
}

/// Which part is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardArg {
    /// From 0; `None`: what the environment tells.
    index: Option<u64>,
    of: u64,
}

fn shard(text: &str) -> Result<ShardArg, String> {
    let wanted = || format!("`{text}`: write I/N with I from 1 to N, such as 3/7, or auto/N");
    let (index, of) = text.split_once('/').ok_or_else(wanted)?;
    let of: u64 = of.parse().ok().filter(|of| *of > 0).ok_or_else(wanted)?;
    let index = match index {
        "auto" => None,
        index => {
            let index: u64 = index.parse().map_err(|_| wanted())?;
            (1..=of).contains(&index).then_some(()).ok_or_else(wanted)?;
            Some(index - 1)
        }
    };
    Ok(ShardArg { index, of })
}

impl ShardArg {
    fn resolve(self) -> Result<Shard, Failure> {
        let of = self.of;
        if let Some(index) = self.index {
            return Ok(Shard { index, of });
        }
        let told = INDEXES
            .iter()
            .find_map(|name| Some((name, env::var(name).ok()?)));
        let Some((name, text)) = told else {
            return Err(Failure::Usage(format!(
                "--shard auto/{of}: none of {} is set",
                INDEXES.join(", ")
            )));
        };
        match text.parse::<u64>() {
            Ok(index) if index < of => Ok(Shard { index, of }),
            _ => Err(Failure::Usage(format!(
                "--shard auto/{of}: {name} is `{text}`, which is no number from 0 to {}",
                of - 1
            ))),
        }
    }
}

/// Runs the sweep, or prints what would.
///
/// # Errors
/// Everything that is wrong with the scenario, a key, a value, or the folder.
pub fn sweep(asked: &SweepArgs, common: &Common) -> Result<(), Failure> {
    if let Some(emit) = asked.emit {
        // What would fail there fails here.
        plan_of(asked, Shard::WHOLE)?;
        return print(&script(emit, asked));
    }
    keep_traces();
    let shard = asked.shard.map_or(Ok(Shard::WHOLE), ShardArg::resolve)?;
    let sweep = plan_of(asked, shard)?;
    super::super::remember_seed(sweep.seed);
    let folder = asked.output.as_deref().unwrap_or(Path::new("."));
    let command = command_line(asked);
    match state_of(folder, &sweep, asked.force)? {
        State::Done => return finished(folder, &sweep, common, true),
        State::Open => {}
    }
    let (journal, mut runs) = Journal::open(folder, &sweep.id_of_part())?;
    let left: Vec<(u64, u64)> = sweep
        .tasks()
        .filter(|task| !runs.contains_key(task))
        .collect();
    if !common.quiet && !runs.is_empty() {
        tell(&format!(
            "goes on after {} runs of {}\n",
            runs.len(),
            runs.len() + left.len()
        ));
    }
    let steps = Steps::new(left.len() as u64, "runs", common.quiet);
    run_tasks(asked, &sweep, &left, &journal, &mut runs, &steps)?;
    drop(steps);
    let runs: Vec<SweepRun> = runs.into_values().collect();
    write_tables(folder, &sweep, &runs, &command)?;
    journal.remove();
    finished(folder, &sweep, common, false)
}

/// The cells and everything else that makes the sweep what it is.
fn plan_of(asked: &SweepArgs, shard: Shard) -> Result<Sweep, Failure> {
    for (place, (key, _)) in asked.vary.iter().enumerate() {
        if asked.vary[..place].iter().any(|(other, _)| other == key) {
            return Err(Failure::Usage(format!("--vary {key}: is given twice")));
        }
    }
    let run = run_of(&asked.scenario, &asked.set, &[], asked.seed)?;
    let base = Candidate::of(String::new(), &run)?;
    let seed = base.input.loaded.seed;
    let cells = match asked.sample {
        Some(count) => latin_hypercube(&asked.vary, count as usize, seed),
        None => grid(&asked.vary).map_err(|why| Failure::Usage(format!("--vary {why}")))?,
    };
    let runs = cells.len().saturating_mul(asked.replications as usize);
    if runs > RUNS_MAX {
        return Err(Failure::Usage(format!(
            "{runs} runs are too many for one sweep, which has {RUNS_MAX} at most; take a sample with --sample N"
        )));
    }
    let keys: Vec<String> = asked.vary.iter().map(|(key, _)| key.clone()).collect();
    check_values(asked, &keys, &cells)?;
    let mut hash = Sha256::new();
    let mut word = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    word(env!("CARGO_PKG_VERSION"));
    word(&base.input.loaded.effective.to_string());
    base.input.files.iter().for_each(|file| word(&file.sha256));
    keys.iter().for_each(|key| word(key));
    cells.iter().flatten().for_each(|value| word(value));
    word(&asked.replications.to_string());
    let id: String = hash
        .finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(Sweep {
        scenario: base.input.loaded.scenario.name.clone(),
        keys,
        cells,
        replications: asked.replications,
        seed,
        shard,
        inputs: base.input.files,
        id,
    })
}

/// Each value once, beside the first values of the other keys: what is wrong with one is told before anything is run.
fn check_values(asked: &SweepArgs, keys: &[String], cells: &[Vec<String>]) -> Result<(), Failure> {
    let Some(first) = cells.first() else {
        return Ok(());
    };
    let mut seen = BTreeMap::new();
    for cell in cells {
        for (place, value) in cell.iter().enumerate() {
            seen.entry((place, value.clone())).or_insert(());
        }
    }
    // A hypercube has as many values as cells; the ends of its ranges tell as much as all of them.
    let few = asked.sample.map_or(usize::MAX, |_| 16);
    let mut all: Vec<Vec<String>> = vec![first.clone()];
    for (place, value) in seen.into_keys().take(few) {
        let mut cell = first.clone();
        cell[place] = value;
        all.push(cell);
    }
    let problems = plan::each(&all, |cell| {
        candidate(asked, keys, cell)
            .err()
            .map(|failure| failure.message())
    });
    match problems.into_iter().flatten().next() {
        None => Ok(()),
        Some(problem) => Err(Failure::Usage(
            problem.trim_end().trim_start_matches("error: ").to_owned(),
        )),
    }
}

fn candidate(asked: &SweepArgs, keys: &[String], cell: &[String]) -> Result<Candidate, Failure> {
    let sets: Vec<(String, String)> = keys.iter().cloned().zip(cell.iter().cloned()).collect();
    let run = run_of(&asked.scenario, &asked.set, &sets, asked.seed)?;
    Candidate::of(String::new(), &run)
}

fn run_tasks(
    asked: &SweepArgs,
    sweep: &Sweep,
    left: &[(u64, u64)],
    journal: &Journal,
    runs: &mut Runs,
    steps: &Steps,
) -> Result<(), Failure> {
    let by_cell: Vec<&[(u64, u64)]> = left.chunk_by(|one, other| one.0 == other.0).collect();
    for cells in by_cell.chunks(AT_ONCE) {
        let candidates = plan::each(cells, |tasks| {
            let cell = &sweep.cells[tasks[0].0 as usize];
            candidate(asked, &sweep.keys, cell).map_err(|failure| in_a_line(&failure))
        });
        let tasks: Vec<(&Result<Candidate, String>, u64, u64)> = candidates
            .iter()
            .zip(cells)
            .flat_map(|(candidate, tasks)| {
                tasks
                    .iter()
                    .map(move |&(cell, number)| (candidate, cell, number))
            })
            .collect();
        let made = plan::each(&tasks, |&(candidate, cell, replication)| {
            let made: Result<Observation, String> = match candidate {
                Ok(candidate) => candidate.observe(seed_of(sweep.seed, replication)),
                Err(why) => Err(why.clone()),
            };
            let run = SweepRun {
                cell,
                replication,
                made,
            };
            let written = journal.add(&run);
            steps.step();
            written.map(|()| run)
        });
        for run in made {
            let run = run.map_err(Failure::Usage)?;
            runs.insert((run.cell, run.replication), run);
        }
    }
    Ok(())
}

/// What is in the sweep's folder.
enum State {
    /// Nothing, or a part of this sweep.
    Open,
    /// All of it.
    Done,
}

fn state_of(folder: &Path, sweep: &Sweep, force: bool) -> Result<State, Failure> {
    let manifest = folder.join("manifest.json");
    let mut is_there = fs::exists(folder).unwrap_or(false);
    if force && is_there {
        let is_ours = fs::exists(&manifest).unwrap_or(false)
            || fs::exists(folder.join(journal::NAME)).unwrap_or(false)
            || fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
        if !is_ours {
            return Err(Failure::Usage(format!(
                "{}: holds no sweep, so --force does not remove it",
                folder.display()
            )));
        }
        fs::remove_dir_all(folder).map_err(|error| Failure::file(folder, "remove", error))?;
        is_there = false;
    }
    if !is_there {
        fs::create_dir(folder).map_err(|error| Failure::file(folder, "create", error))?;
        return Ok(State::Open);
    }
    match fs::read_to_string(&manifest) {
        Ok(text) => {
            let known: Option<serde_json::Value> = serde_json::from_str(&text).ok();
            let told = known.map(|known| (known["sweep"].clone(), known["shard"].clone()));
            let Shard { index, of } = sweep.shard;
            let own = match sweep.shard == Shard::WHOLE {
                true => serde_json::Value::Null,
                false => format!("{}/{of}", index + 1).into(),
            };
            match told == Some((sweep.id.clone().into(), own)) {
                true => Ok(State::Done),
                false => Err(Failure::Usage(format!(
                    "{}: holds another sweep or run; write to another folder, or replace it with --force",
                    folder.display()
                ))),
            }
        }
        Err(_) => {
            let is_journal = fs::exists(folder.join(journal::NAME)).unwrap_or(false);
            let is_empty = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
            match is_journal || is_empty {
                true => Ok(State::Open),
                false => Err(Failure::Usage(format!(
                    "{}: is there and holds no sweep; write to another folder",
                    folder.display()
                ))),
            }
        }
    }
}

/// Writes the tables and then the manifest, each whole or not at all: where there is a manifest the sweep is done.
pub fn write_tables(
    folder: &Path,
    sweep: &Sweep,
    runs: &[SweepRun],
    command: &[String],
) -> Result<(), Failure> {
    for (name, bytes) in [
        ("runs.csv", sweep.runs_csv(runs)),
        ("cells.csv", sweep.cells_csv(runs, CONFIDENCE)),
        ("manifest.json", sweep.manifest(command).into_bytes()),
    ] {
        let (path, beside) = (folder.join(name), folder.join(format!(".{name}")));
        fs::write(&beside, bytes)
            .and_then(|()| fs::rename(&beside, &path))
            .map_err(|error| Failure::file(&path, "write", error))?;
    }
    Ok(())
}

fn finished(folder: &Path, sweep: &Sweep, common: &Common, was_done: bool) -> Result<(), Failure> {
    if common.quiet {
        return Ok(());
    }
    let cells = (0..sweep.cells.len() as u64)
        .filter(|&cell| sweep.shard.has(cell))
        .count();
    let word = if was_done {
        "was written before"
    } else {
        "is written"
    };
    tell(&format!(
        "{}: the sweep {word}: {cells} cells, {} runs each, in cells.csv and runs.csv\n",
        folder.display(),
        sweep.replications
    ));
    Ok(())
}

/// The command that makes this sweep again, without where it is written to and which part it is.
fn command_line(asked: &SweepArgs) -> Vec<String> {
    let mut words = vec!["batchcast".to_owned(), "sweep".to_owned()];
    words.extend(options(asked));
    words.push(super::short(&asked.scenario));
    words
}

/// The options that make the sweep what it is.
pub fn options(asked: &SweepArgs) -> Vec<String> {
    let mut words = Vec::new();
    let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
    for (key, axis) in &asked.vary {
        option("--vary", format!("{key}={axis}"));
    }
    if let Some(count) = asked.sample {
        option("--sample", count.to_string());
    }
    option("--replications", asked.replications.to_string());
    for (key, value) in &asked.set {
        option("--set", format!("{key}={value}"));
    }
    if let Some(seed) = asked.seed {
        option("--seed", seed.to_string());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_one_of_so_many() {
        assert_eq!(
            shard("3/7"),
            Ok(ShardArg {
                index: Some(2),
                of: 7
            })
        );
        assert_eq!(shard("auto/7"), Ok(ShardArg { index: None, of: 7 }));
        for wrong in ["0/7", "8/7", "3", "a/7", "3/0", "1/b", "auto"] {
            assert!(shard(wrong).is_err(), "{wrong}");
        }
    }
}
