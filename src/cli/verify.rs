//! `batchcast verify`: the run of a run folder made once more, and every byte of it compared.

use std::env;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process;

use clap::Parser;

use crate::report::Table;

use super::again::found_inputs;
use super::args::{Command, CommandLine, Common, Run, Tables, Verify};
use super::explain::Kept;
use super::failure::{Failure, plain};
use super::output::{print, tell};
use super::run;

/// Makes the run again beside the temporary files of the system, and compares.
///
/// # Errors
/// A folder that holds no run, inputs that are not to be found or have changed, a byte that differs.
pub fn verify(asked: &Verify, common: &Common) -> Result<(), Failure> {
    let folder = match asked.run.file_name() {
        Some(name) if name == "manifest.json" => match asked.run.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        },
        _ => asked.run.clone(),
    };
    let kept = Kept::open(&folder)?;
    let words = kept.manifest["command"].as_array().into_iter().flatten();
    let words: Vec<&str> = words.filter_map(|word| word.as_str()).collect();
    let line = CommandLine::try_parse_from(&words);
    let Ok(Command::Run(run)) = line.map(|line| line.command) else {
        return Err(kept.wrong("manifest.json holds no command that can be run again"));
    };
    let inputs = found_inputs(&kept, asked.inputs.as_deref())
        .map_err(|why| kept.wrong(&format!("cannot be made again: {why}")))?;
    let place = Place::new()?;
    // The command may name the folder of the scenario, whose file is the first that was read.
    let named = run.scenario.as_deref().unwrap_or(Path::new(""));
    let is_folder =
        run.scenario.is_some() && kept.manifest["inputs"][0]["name"].as_str() != named.to_str();
    let home = match is_folder {
        true => place.0.join(named),
        false => place.0.clone(),
    };
    for (name, path) in &inputs {
        place.take(&home, name, path)?;
    }
    let again = place.0.join("made-again");
    let files = files_of(&kept);
    let here = |path: &Path| home.join(path);
    let run = Run {
        scenario: run.scenario.as_deref().map(|path| place.0.join(path)),
        trace: run.trace.as_deref().map(here),
        from_now: run.from_now.as_deref().map(here),
        output: Some(again.clone()),
        tables: Tables(
            Table::ALL
                .into_iter()
                .filter(|table| files.iter().any(|file| file == table.file()))
                .collect(),
        ),
        ..*run
    };
    let silent = Common {
        quiet: true,
        json: false,
    };
    run::run(&run, &silent)?;
    let mut differing = Vec::new();
    for name in &files {
        match difference(&folder.join(name), &again.join(name)) {
            Ok(None) => {}
            Ok(Some(where_to)) => differing.push(format!("{name}: {where_to}")),
            Err(error) => differing.push(format!("{name}: {}", plain(&error))),
        }
    }
    if differing.is_empty() {
        return match common.quiet {
            true => Ok(()),
            false => print(&format!(
                "{}: made again, and every byte of {} is the same\n",
                folder.display(),
                files.join(", ")
            )),
        };
    }
    let own = env!("CARGO_PKG_VERSION");
    if let Some(version) = kept.manifest["version"]
        .as_str()
        .filter(|version| *version != own)
    {
        tell(&format!(
            "note: the run was made by version {version}, this is {own}\n"
        ));
    }
    Err(Failure::Absent(format!(
        "{}: made again, it differs:\n  {}",
        folder.display(),
        differing.join("\n  ")
    )))
}

/// The files that a run's manifest tells of, and itself.
fn files_of(kept: &Kept) -> Vec<String> {
    let files = kept.manifest["files"].as_array().into_iter().flatten();
    let mut files: Vec<String> = files
        .filter_map(|name| Some(name.as_str()?.to_owned()))
        .collect();
    files.push("manifest.json".to_owned());
    files.sort();
    files
}

/// Where two files begin to differ, in words.
fn difference(one: &Path, other: &Path) -> std::io::Result<Option<String>> {
    let (one, other) = (fs::read(one)?, fs::read(other)?);
    if one == other {
        return Ok(None);
    }
    let same = one
        .iter()
        .zip(&other)
        .take_while(|(one, other)| one == other)
        .count();
    let line = one[..same].iter().filter(|byte| **byte == b'\n').count() + 1;
    let at = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let line = text
            .lines()
            .nth(line - 1)
            .unwrap_or("nothing")
            .trim()
            .to_owned();
        crate::report::shortened(&line, 100)
    };
    Ok(Some(format!(
        "line {line} is `{}`, again it is `{}`",
        at(&one),
        at(&other)
    )))
}

/// A folder of its own for the run, gone with this value.
struct Place(PathBuf);

impl Place {
    fn new() -> Result<Place, Failure> {
        let path = env::temp_dir().join(format!("batchcast-verify-{}", process::id()));
        fs::create_dir(&path).map_err(|error| Failure::file(&path, "create", error))?;
        Ok(Place(path))
    }

    /// Puts a file that the run reads where it looks for it.
    fn take(&self, home: &Path, name: &str, from: &Path) -> Result<(), Failure> {
        let name = Path::new(name);
        let is_within = name
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if !is_within {
            return Err(Failure::Usage(format!(
                "{}: a run that reads files outside of its scenario's folder cannot be verified",
                name.display()
            )));
        }
        let to = home.join(name);
        let folder = to.parent().unwrap_or(&self.0);
        fs::create_dir_all(folder)
            .and_then(|()| fs::copy(from, &to))
            .map(|_| ())
            .map_err(|error| Failure::file(from, "copy", error))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
