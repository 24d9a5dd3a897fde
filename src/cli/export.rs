//! `batchcast export`: a run folder in the formats of others.

use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::report::export::{
    BatsimVersion, ExportFault, RunFacts, batsim_jobs, batsim_schedule, write_cur, write_focus,
    write_run_swf,
};
use crate::report::whole;

use super::args::Common;
use super::explain::Kept;
use super::failure::Failure;
use super::output::tell;
use super::report::put;

/// What stands under the help of `export`.
pub const NOTES: &str = "\
Examples:
  batchcast run nightly.toml -o out
  batchcast export out --format focus -o bill.csv     the bill as FOCUS 1.2, for tools that show what the cloud costs
  batchcast export out --format batsim -o batsim      batsim/jobs.csv and batsim/schedule.json, as Batsim 5 writes them
  batchcast export out --format batsim4 -o batsim     batsim/out_jobs.csv and batsim/out_schedule.csv, which evalys reads
  batchcast export out --format cur -o cur.csv        the bill as a Cost and Usage Report 2.0, with what each attempt has of it
  batchcast export out --format swf -o out.swf        what happened, as a log

FOCUS has a row for each instance and cause of cost; BilledCost sums to the run's bill to the last digit. Resources of Batsim are
vCPUs, numbered on from instance to instance. The run must have been kept with all its tables, as it is where --tables is not given.";

/// `batchcast export`.
#[derive(Debug, Args)]
pub struct Export {
    /// A folder that `run -o` wrote.
    pub run: PathBuf,
    /// As what.
    #[arg(long, value_enum)]
    pub format: Format,
    /// Where it goes: a file; for Batsim a folder, which is made where there is none.
    #[arg(long, short, value_name = "PATH")]
    pub output: PathBuf,
    /// Replace what is there.
    #[arg(long)]
    pub force: bool,
}

/// The formats of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Results of Batsim 5: jobs.csv and schedule.json.
    Batsim,
    /// Results of Batsim 4: out_jobs.csv and out_schedule.csv.
    Batsim4,
    /// A bill in the FinOps Open Cost and Usage Specification 1.2.
    Focus,
    /// A bill as AWS's Cost and Usage Report 2.0 with split cost allocation: an attempt's part of its instance.
    Cur,
    /// The Standard Workload Format 2.2.
    Swf,
}

/// Writes what is asked for.
///
/// # Errors
/// A folder that holds no run or lacks a table, an output that is there or cannot be written.
pub fn export(asked: &Export, common: &Common) -> Result<(), Failure> {
    let kept = Kept::open(&asked.run)?;
    let facts = facts(&kept);
    let made = match asked.format {
        Format::Focus => focus(&kept, &facts, &asked.output),
        Format::Cur => cur(&kept, &facts, &asked.output),
        Format::Swf => swf(&kept, &facts, &asked.output),
        Format::Batsim => batsim(&kept, &facts, BatsimVersion::V5, &asked.output),
        Format::Batsim4 => batsim(&kept, &facts, BatsimVersion::V4, &asked.output),
    };
    let (count, files) = made?.map_err(|fault| match fault {
        ExportFault::Table(what) => kept.wrong(&format!("holds a {what}; make the run again")),
        ExportFault::Write(error) => Failure::file(&asked.output, "write", error),
    })?;
    let there = files.iter().find(|(path, _)| path.exists());
    if let (Some((path, _)), false) = (there, asked.force) {
        return Err(Failure::Usage(format!(
            "{}: is there already; --force replaces it",
            path.display()
        )));
    }
    if matches!(asked.format, Format::Batsim | Format::Batsim4) {
        let failure = |error| Failure::file(&asked.output, "create the folder", error);
        fs::create_dir_all(&asked.output).map_err(failure)?;
    }
    for (path, bytes) in &files {
        put(path, bytes)?;
    }
    if !common.quiet {
        let paths: Vec<String> = (files.iter())
            .map(|(path, _)| path.display().to_string())
            .collect();
        tell(&format!(
            "wrote {}: {} rows\n",
            paths.join(", "),
            whole(count)
        ));
    }
    Ok(())
}

/// Rows, and files with their bytes.
type Made = Result<(u64, Vec<(PathBuf, Vec<u8>)>), ExportFault>;

fn focus(kept: &Kept, facts: &RunFacts, output: &Path) -> Result<Made, Failure> {
    // It is looked for before it is read twice.
    table(kept, "bill.csv")?;
    let instances = table(kept, "instances.csv")?;
    let bill = || table(kept, "bill.csv").map_err(|failure| ExportFault::Table(failure.message()));
    let mut out = Vec::new();
    let made = write_focus(facts, bill, instances, &mut out);
    Ok(made.map(|count| (count, vec![(output.to_owned(), out)])))
}

fn cur(kept: &Kept, facts: &RunFacts, output: &Path) -> Result<Made, Failure> {
    // They are looked for before they are read.
    for name in ["bill.csv", "instances.csv", "attempts.csv"] {
        table(kept, name)?;
    }
    let open = |name: &'static str| {
        table(kept, name).map_err(|failure| ExportFault::Table(failure.message()))
    };
    let mut out = Vec::new();
    let made = write_cur(facts, open, &mut out);
    Ok(made.map(|count| (count, vec![(output.to_owned(), out)])))
}

fn swf(kept: &Kept, facts: &RunFacts, output: &Path) -> Result<Made, Failure> {
    let mut out = Vec::new();
    let made = write_run_swf(facts, table(kept, "jobs.csv")?, &mut out);
    Ok(made.map(|count| (count, vec![(output.to_owned(), out)])))
}

fn batsim(
    kept: &Kept,
    facts: &RunFacts,
    version: BatsimVersion,
    folder: &Path,
) -> Result<Made, Failure> {
    let [jobs, attempts, instances] = [
        table(kept, "jobs.csv")?,
        table(kept, "attempts.csv")?,
        table(kept, "instances.csv")?,
    ];
    let mut out = Vec::new();
    let made = batsim_jobs(facts, version, jobs, attempts, instances, &mut out);
    Ok(made.map(|schedule| {
        let figures = batsim_schedule(facts, version, &schedule).into_bytes();
        let files = version.files().map(|name| folder.join(name));
        (
            schedule.jobs,
            files.into_iter().zip([out, figures]).collect(),
        )
    }))
}

/// A table that the format needs.
fn table(kept: &Kept, name: &str) -> Result<BufReader<fs::File>, Failure> {
    kept.table(name)?.ok_or_else(|| {
        kept.wrong(&format!(
            "has no {name}, as it was written with --tables; make the run again with --tables all"
        ))
    })
}

fn facts(kept: &Kept) -> RunFacts {
    let text = |from: &Value, key: &str| {
        from.get(key)
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_owned()
    };
    let start = text(&kept.scenario, "start").parse::<jiff::Timestamp>();
    let end = kept
        .summary
        .get("end_s")
        .and_then(Value::as_f64)
        .unwrap_or(0.0);
    let region = text(&kept.scenario, "region");
    RunFacts {
        scenario: text(&kept.manifest, "scenario"),
        region: match region.is_empty() {
            true => "us-east-1".to_owned(),
            false => region,
        },
        start_epoch_ms: start.map_or(0, jiff::Timestamp::as_millisecond),
        end_ms: (end * 1000.0).round() as u64,
        version: text(&kept.manifest, "version"),
    }
}
