//! Every scenario's report and summary, byte for byte.
//!
//! A folder of `scenarios/` has `scenario.toml` and may have variants beside it. `golden/report.txt` and `golden/summary.json`
//! belong to `scenario.toml`, `golden/NAME.report.txt` and `golden/NAME.summary.json` to `NAME.toml`. A change that is meant
//! is written with `UPDATE_GOLDEN=1 cargo test golden`, and explained where it is committed. A scenario that is too large for a
//! test is played with the words of `golden/arguments`, which make it smaller.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the project.
pub const HOME: &str = env!("CARGO_MANIFEST_DIR");

/// The file beside the goldens with what they are played with.
const ARGUMENTS: &str = "arguments";

/// A scenario file and the folder it is in.
struct Run {
    folder: PathBuf,
    stem: String,
}

impl Run {
    fn scenario(&self) -> PathBuf {
        self.folder.join(format!("{}.toml", self.stem))
    }

    /// The name of its golden `kind`.
    fn golden_name(&self, kind: &str) -> String {
        match self.stem.as_str() {
            "scenario" => kind.to_owned(),
            stem => format!("{stem}.{kind}"),
        }
    }

    /// Words that make it smaller, if it is large.
    fn arguments(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.join("golden").join(ARGUMENTS));
        let text = text.unwrap_or_default();
        text.split_whitespace().map(str::to_owned).collect()
    }

    /// What the program prints and what it writes to summary.json.
    fn play(&self) -> [(String, String); 2] {
        let out = tempfile::tempdir().unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_batchcast"))
            .arg("run")
            .arg(self.scenario())
            .args(self.arguments())
            .args(["--tables", "none", "-o"])
            .arg(out.path().join("run"))
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.success(),
            "{}: {said}",
            self.scenario().display()
        );
        let report = String::from_utf8(output.stdout).unwrap();
        let summary = fs::read_to_string(out.path().join("run/summary.json")).unwrap();
        [
            (self.golden_name("report.txt"), report),
            (self.golden_name("summary.json"), summary),
        ]
    }
}

pub fn sorted_paths(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The folders of scenarios.
pub fn folders() -> Vec<PathBuf> {
    let mut paths = sorted_paths(&Path::new(HOME).join("scenarios"));
    paths.retain(|path| path.is_dir());
    paths
}

fn runs() -> Vec<Run> {
    let files = folders()
        .into_iter()
        .flat_map(|folder| sorted_paths(&folder));
    files
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .map(|path| Run {
            folder: path.parent().unwrap().to_owned(),
            stem: path.file_stem().unwrap().to_str().unwrap().to_owned(),
        })
        .collect()
}

/// The first line in which two texts differ, as both have it.
fn first_difference(expected: &str, found: &str) -> String {
    let (mut expected, mut found) = (expected.lines(), found.lines());
    for number in 1.. {
        match (expected.next(), found.next()) {
            (None, None) => break,
            (was, is) if was == is => {}
            (was, is) => {
                return format!(
                    "line {number}\n  golden: {}\n  now:    {}",
                    was.unwrap_or("(end)"),
                    is.unwrap_or("(end)")
                );
            }
        }
    }
    "a line's end".to_owned()
}

pub fn golden(folder: &str, name: &str) -> String {
    let path = Path::new(HOME)
        .join("scenarios")
        .join(folder)
        .join("golden")
        .join(name);
    fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

#[test]
fn every_scenario_gives_its_golden_byte_for_byte() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1");
    let mut differences = Vec::new();
    for run in runs() {
        for (name, now) in run.play() {
            let path = run.folder.join("golden").join(&name);
            if update {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(&path, now).unwrap();
                continue;
            }
            match fs::read_to_string(&path) {
                Ok(golden) if golden == now => {}
                Ok(golden) => differences.push(format!(
                    "{}: {}",
                    path.display(),
                    first_difference(&golden, &now)
                )),
                Err(why) => differences.push(format!("{}: {why}", path.display())),
            }
        }
    }
    assert!(
        differences.is_empty(),
        "{}\nIf this is meant: UPDATE_GOLDEN=1 cargo test golden, and say why where it is committed.",
        differences.join("\n")
    );
}

#[test]
fn no_golden_belongs_to_nothing() {
    for folder in folders() {
        let own = runs().into_iter().filter(|run| run.folder == folder);
        let expected: Vec<String> = own
            .flat_map(|run| ["report.txt", "summary.json"].map(|kind| run.golden_name(kind)))
            .chain([ARGUMENTS.to_owned()])
            .collect();
        for path in sorted_paths(&folder.join("golden")) {
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(
                expected.iter().any(|one| one == name),
                "{}: no scenario file gives it",
                path.display()
            );
        }
    }
}

#[test]
fn a_hundred_machines_for_a_day_of_started_hours_cost_240_dollars_to_the_last_digit() {
    let summary = golden("02-nytimes-2007", "summary.json");
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["cost_usd"], "240.00");
    assert_eq!(summary["makespan_s"], 86_350);
    // 100 machines × 86,350 s × 0.10 USD/h, rounded to 10⁻¹⁰ USD.
    let seconds = golden("02-nytimes-2007", "per-second.summary.json");
    let seconds: serde_json::Value = serde_json::from_str(&seconds).unwrap();
    assert_eq!(seconds["cost_usd"], "239.8611111111");
}
