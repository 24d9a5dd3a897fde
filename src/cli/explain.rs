//! `batchcast explain`: opens a run folder and tells its story, or that of one job in it.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::explain::{Fault, JobStory, JobTables, Lookup, RunStory, Tried, candidates, find};

use super::again::Again;
use super::args::{Common, Explain};
use super::failure::{Failure, plain};
use super::output::print;
use super::progress::Steps;

/// Tells the story that is asked for.
///
/// # Errors
/// A folder that holds no run, a job that is not in it, a table that was not kept.
pub fn explain(asked: &Explain, common: &Common) -> Result<(), Failure> {
    let kept = Kept::open(&asked.run)?;
    match &asked.job {
        Some(job) => explain_job(&kept, job, common),
        None => explain_run(&kept, asked.inputs.as_deref(), common),
    }
}

fn explain_run(kept: &Kept, inputs: Option<&Path>, common: &Common) -> Result<(), Failure> {
    let story = RunStory {
        summary: &kept.summary,
        scenario: &kept.scenario,
        levers: tried(kept, inputs, common),
    };
    match common.json {
        true => print(&story.json()),
        false => print(&story.text()),
    }
}

/// Pulls the levers for what is large in the run, each in a run of its own.
fn tried(kept: &Kept, inputs: Option<&Path>, common: &Common) -> Result<Vec<Tried>, String> {
    let candidates = candidates(&kept.scenario, &kept.summary, Again::is_pool(kept));
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let again = Again::find(kept, inputs)?;
    let sets: Vec<&[(String, String)]> = candidates.iter().map(|one| one.sets.as_slice()).collect();
    let steps = Steps::new(sets.len() as u64 + 1, "runs", common.quiet);
    let figures = again.figures(&sets, || steps.step())?;
    let pairs = candidates.into_iter().zip(figures);
    let tried = pairs.map(|(candidate, after)| Tried { candidate, after });
    Ok(tried.collect())
}

fn explain_job(kept: &Kept, id: &str, common: &Common) -> Result<(), Failure> {
    let jobs = || kept.table("jobs.csv");
    let opened = jobs()?.ok_or_else(|| {
        kept.wrong(
            "has no jobs.csv, as it was written with --tables; make the run again with --tables jobs,attempts,instances (or \
             all)",
        )
    })?;
    let wrong = |Fault(why): Fault| kept.wrong(&format!("holds a {why}"));
    let job = match find(opened, id).map_err(wrong)? {
        Lookup::Job(job) => *job,
        Lookup::Array { children, last } => {
            return Err(kept.wrong(&format!(
                "`{id}` is an array of {children} jobs; name one of them as array:index, such as `{last}`, which ended last"
            )));
        }
        Lookup::Absent(near) if near.is_empty() => {
            return Err(kept.wrong(&format!("there is no job `{id}`, nor any other")));
        }
        Lookup::Absent(near) => {
            return Err(kept.wrong(&format!(
                "there is no job `{id}`; the nearest are {}",
                near.iter()
                    .map(|id| format!("`{id}`"))
                    .collect::<Vec<String>>()
                    .join(", ")
            )));
        }
    };
    let tables = JobTables {
        jobs: jobs()?.ok_or_else(|| kept.wrong("lost its jobs.csv"))?,
        attempts: kept.table("attempts.csv")?,
        instances: kept.table("instances.csv")?,
    };
    let story = JobStory::new(job, tables, &kept.scenario).map_err(wrong)?;
    match common.json {
        true => print(&story.json()),
        false => print(&story.text()),
    }
}

/// A run folder that was opened.
pub struct Kept {
    /// Where it is.
    pub path: PathBuf,
    /// Its scenario.json.
    pub scenario: Value,
    /// Its manifest.json.
    pub manifest: Value,
    /// Its summary.json.
    pub summary: Value,
}

impl Kept {
    pub(super) fn open(path: &Path) -> Result<Kept, Failure> {
        let shown = path.display();
        if !path.exists() {
            return Err(Failure::Usage(format!(
                "{shown}: there is no such folder; `batchcast run SCENARIO -o {shown}` would write it"
            )));
        }
        if !path.is_dir() {
            return Err(Failure::Usage(format!(
                "{shown}: is a file; name the folder that `batchcast run SCENARIO -o DIR` wrote"
            )));
        }
        let missing: Vec<&str> = ["manifest.json", "scenario.json", "summary.json"]
            .into_iter()
            .filter(|name| !path.join(name).is_file())
            .collect();
        if !missing.is_empty() {
            return Err(Failure::Usage(format!(
                "{shown}: is not the folder of a run, as it has no {}; `batchcast run SCENARIO -o DIR` writes one",
                missing.join(", no ")
            )));
        }
        Ok(Kept {
            path: path.to_owned(),
            scenario: read_json(&path.join("scenario.json"))?,
            manifest: read_json(&path.join("manifest.json"))?,
            summary: read_json(&path.join("summary.json"))?,
        })
    }

    /// A table of the run, or `None` where it was not kept.
    pub(super) fn table(&self, name: &str) -> Result<Option<BufReader<File>>, Failure> {
        let path = self.path.join(name);
        match File::open(&path) {
            Ok(file) => Ok(Some(BufReader::new(file))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::file(&path, "read", error)),
        }
    }

    /// That this folder is not what it should be.
    pub(super) fn wrong(&self, what: &str) -> Failure {
        Failure::Usage(format!("{}: {what}", self.path.display()))
    }
}

fn read_json(path: &Path) -> Result<Value, Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::file(path, "read", error))?;
    serde_json::from_slice(&bytes).map_err(|why| {
        let why = match why.is_io() {
            true => plain(&why.into()),
            false => why.to_string(),
        };
        Failure::Usage(format!(
            "{}: is not what a run wrote, as it is no JSON ({why}); make the run again",
            path.display()
        ))
    })
}
