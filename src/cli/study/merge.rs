//! `batchcast merge`: the parts of a sweep together.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use crate::plan::Shard;
use crate::report::{InputFile, Sweep, SweepRun, run_of_fields};

use super::super::args::Common;
use super::super::failure::Failure;
use super::super::output::tell;
use super::sweep::write_tables;

/// `batchcast merge`.
#[derive(Clone, Debug, Args)]
pub struct Merge {
    /// The folders of all parts of one sweep.
    #[arg(required = true)]
    pub parts: Vec<PathBuf>,
    /// The new folder for the whole.
    #[arg(long, short, value_name = "DIR")]
    pub output: PathBuf,
}

/// A part as it was read.
struct Part {
    path: PathBuf,
    manifest: Value,
    shard: Shard,
    keys: Vec<String>,
    runs: Vec<SweepRun>,
    cells: BTreeMap<u64, Vec<String>>,
}

/// Joins the parts.
///
/// # Errors
/// A folder that is no part, parts of different sweeps, one that is missing or given twice: all that is wrong at once.
pub fn merge(asked: &Merge, common: &Common) -> Result<(), Failure> {
    let mut problems = Vec::new();
    let mut parts = Vec::new();
    for path in &asked.parts {
        match read_part(path) {
            Ok(part) => parts.push(part),
            Err(why) => problems.push(format!("{}: {why}", path.display())),
        }
    }
    if let Some(first) = parts.first() {
        for other in &parts[1..] {
            if other.manifest["sweep"] != first.manifest["sweep"] {
                problems.push(format!(
                    "{}: is of another sweep than {}",
                    other.path.display(),
                    first.path.display()
                ));
            }
        }
        let of = first.shard.of;
        for index in 0..of {
            let having: Vec<&Part> = parts
                .iter()
                .filter(|part| part.shard == Shard { index, of })
                .collect();
            match having[..] {
                [_] => {}
                [] => problems.push(format!("part {}/{of} is missing", index + 1)),
                [one, other, ..] => problems.push(format!(
                    "part {}/{of} is there twice: {} and {}",
                    index + 1,
                    one.path.display(),
                    other.path.display()
                )),
            }
        }
        if let Some(other) = parts.iter().find(|part| part.shard.of != of) {
            problems.push(format!(
                "{}: is one of {} parts, {} one of {of}",
                other.path.display(),
                other.shard.of,
                first.path.display()
            ));
        }
    }
    if fs::exists(&asked.output).unwrap_or(true) {
        problems.push(format!("{}: is there already", asked.output.display()));
    }
    if !problems.is_empty() {
        return Err(Failure::Usage(problems.join("\nerror: ")));
    }
    let mut runs: Vec<SweepRun> = parts.iter().flat_map(|part| part.runs.clone()).collect();
    runs.sort_by_key(|run| (run.cell, run.replication));
    let cells: BTreeMap<u64, Vec<String>> =
        parts.iter().flat_map(|part| part.cells.clone()).collect();
    let first = &parts[0];
    let text = |key: &str| first.manifest[key].as_str().unwrap_or_default().to_owned();
    let whole = |key: &str| first.manifest[key].as_u64().unwrap_or_default();
    let sweep = Sweep {
        scenario: text("scenario"),
        keys: first.keys.clone(),
        cells: cells.into_values().collect(),
        replications: whole("replications"),
        seed: whole("seed"),
        shard: Shard::WHOLE,
        inputs: inputs(&first.manifest),
        id: text("sweep"),
    };
    let words = first.manifest["command"].as_array().into_iter().flatten();
    let command: Vec<String> = words
        .filter_map(|word| Some(word.as_str()?.to_owned()))
        .collect();
    let output = &asked.output;
    fs::create_dir(output).map_err(|error| Failure::file(output, "create", error))?;
    write_tables(output, &sweep, &runs, &command)?;
    if !common.quiet {
        tell(&format!(
            "{}: {} parts, {} runs\n",
            output.display(),
            parts.len(),
            runs.len()
        ));
    }
    Ok(())
}

fn read_part(path: &Path) -> Result<Part, String> {
    let text = fs::read_to_string(path.join("manifest.json")).map_err(|_| {
        "has no manifest.json: it is no part of a sweep, or not done yet".to_owned()
    })?;
    let manifest: Value =
        serde_json::from_str(&text).map_err(|error| format!("manifest.json: {error}"))?;
    if manifest["sweep"].as_str().is_none() {
        return Err("is the folder of a run, not of a sweep".to_owned());
    }
    let shard = match manifest["shard"].as_str() {
        None => Some(Shard::WHOLE),
        Some(text) => text.split_once('/').and_then(|(index, of)| {
            let index: u64 = index.parse().ok()?;
            Some(Shard {
                index: index.checked_sub(1)?,
                of: of.parse().ok()?,
            })
        }),
    };
    let shard = shard.ok_or("manifest.json: has a shard that is none")?;
    let keys = manifest["keys"].as_array().into_iter().flatten();
    let keys: Vec<String> = keys
        .filter_map(|key| Some(key.as_str()?.to_owned()))
        .collect();
    let mut reader = csv::Reader::from_path(path.join("runs.csv"))
        .map_err(|error| format!("runs.csv: {error}"))?;
    let (mut runs, mut cells) = (Vec::new(), BTreeMap::new());
    for (number, record) in reader.records().enumerate() {
        let record = record.map_err(|error| format!("runs.csv: {error}"))?;
        let fields: Vec<&str> = record.iter().collect();
        let run = match &fields[..] {
            [cell, rest @ ..] if rest.len() > keys.len() => cell.parse().ok().and_then(|cell| {
                let (values, rest) = rest.split_at(keys.len());
                cells.insert(
                    cell,
                    values.iter().map(|value| (*value).to_owned()).collect(),
                );
                run_of_fields(cell, rest)
            }),
            _ => None,
        };
        runs.push(
            run.ok_or_else(|| format!("runs.csv line {}: is no run of a sweep", number + 2))?,
        );
    }
    Ok(Part {
        path: path.to_owned(),
        manifest,
        shard,
        keys,
        runs,
        cells,
    })
}

fn inputs(manifest: &Value) -> Vec<InputFile> {
    let list = manifest["inputs"].as_array().into_iter().flatten();
    list.filter_map(|input| {
        Some(InputFile {
            name: input["name"].as_str()?.to_owned(),
            bytes: input["bytes"].as_u64()?,
            sha256: input["sha256"].as_str()?.to_owned(),
        })
    })
    .collect()
}
