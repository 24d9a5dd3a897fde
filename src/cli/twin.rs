//! `batchcast twin`: a scenario of what was exported from an account.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::input::Problem;
use crate::input::aws::{self, Content, Exports, Twin as Made, TwinOptions};
use crate::report::Json;

use super::args::{Common, Twin};
use super::failure::Failure;
use super::load::short_name;
use super::output::print;

/// The region whose commands are printed where none is given.
const REGION: &str = "us-east-1";

/// Makes a twin, or prints the commands that export what it is made of.
///
/// # Errors
/// Everything that is wrong with the exports, or a folder that is there already.
pub fn twin(asked: &Twin, common: &Common) -> Result<(), Failure> {
    if asked.commands {
        return print(&aws::commands(asked.region.as_deref().unwrap_or(REGION)));
    }
    let (Some(folder), Some(output)) = (&asked.folder, &asked.output) else {
        return Err(Failure::Usage(
            "name the folder of the exports and, with -o, that of the scenario".to_owned(),
        ));
    };
    if output.exists() && !asked.force {
        return Err(Failure::Usage(format!(
            "{}: is there already; name a new folder, or say --force",
            output.display()
        )));
    }
    let exports = read(folder)?;
    let options = TwinOptions {
        name: short_name(output),
        now: asked.now,
        at: asked.at,
        region: asked.region.clone(),
    };
    let made = aws::twin(&exports, &options).map_err(Failure::Problems)?;
    write(&made, folder, output)?;
    match (common.json, common.quiet) {
        (true, _) => print(&as_json(&made, output)),
        (false, true) => Ok(()),
        (false, false) => print(&as_text(&made, output)),
    }
}

/// All files of a folder, in order of name.
fn read(folder: &Path) -> Result<Exports, Failure> {
    let failure = |error| Failure::file(folder, "read", error);
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(failure)? {
        let path = entry.map_err(failure)?.path();
        let is_hidden = short_name(&path).starts_with('.');
        if path.is_file() && !is_hidden {
            paths.push(path);
        }
    }
    paths.sort();
    let mut exports = Exports::default();
    let mut problems = Vec::new();
    for path in &paths {
        let file = File::open(path).map_err(|error| Failure::file(path, "read", error))?;
        if let Err(wrong) = exports.add(file, &short_name(path)) {
            problems.extend(wrong);
        }
    }
    if problems.is_empty() && exports.is_empty() {
        let message = "has no file that the AWS command line printed; batchcast twin --commands prints the commands";
        problems.push(Problem::whole(&folder.display().to_string(), message));
    }
    match problems.is_empty() {
        true => Ok(exports),
        false => Err(Failure::Problems(problems)),
    }
}

fn write(made: &Made, folder: &Path, output: &Path) -> Result<(), Failure> {
    fs::create_dir_all(output).map_err(|error| Failure::file(output, "make", error))?;
    for file in &made.files {
        let path = output.join(&file.name);
        match &file.content {
            Content::Bytes(bytes) => fs::write(&path, bytes),
            Content::CopyOf(name) => fs::copy(folder.join(name), &path).map(|_| ()),
        }
        .map_err(|error| Failure::file(&path, "write", error))?;
    }
    Ok(())
}

fn as_text(made: &Made, output: &Path) -> String {
    let list = |title: &str, sentences: &[String]| match sentences.is_empty() {
        true => String::new(),
        false => {
            let lines: String = sentences.iter().map(|one| format!("  - {one}\n")).collect();
            format!("{title}:\n{lines}")
        }
    };
    format!(
        "{}: {}\n{}{}batchcast run {}\n",
        output.display(),
        made.has.join("; "),
        list("Assumed", &made.assumed),
        list("Missing", &made.missing),
        output.display()
    )
}

fn as_json(made: &Made, output: &Path) -> String {
    Json::document(|json| {
        json.text("scenario", &output.display().to_string());
        for (key, sentences) in [
            ("has", &made.has),
            ("assumed", &made.assumed),
            ("missing", &made.missing),
        ] {
            json.array(key, |json| {
                for sentence in sentences {
                    json.element(|json| json.text("sentence", sentence));
                }
            });
        }
    })
}
