//! Makes the run of a run folder again, as it was or with keys changed. Its scenario is in the folder; the traces that it reads
//! are not, so they are looked for, and taken only where their hash is that of then.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Parser;
use serde_json::Value;

use crate::input::scenario::{self, Files, Loaded};
use crate::metrics::{Figures, Summary};
use crate::plan;
use crate::report::{InputFile, whole};

use super::args::{Command, CommandLine, Run};
use super::explain::Kept;
use super::failure::{Failure, plain};
use super::load;
use super::run;

/// Everything that a run needs to be made again.
pub struct Again {
    /// scenario.json, and what to call it.
    scenario: Vec<u8>,
    name: String,
    /// The words of the command line, where the run was one of `--trace` and `--pool`.
    pool: Option<Vec<String>>,
    /// Where the files are that it reads, by their names in the manifest.
    inputs: BTreeMap<String, PathBuf>,
    /// The digest of its events.
    digest: String,
}

/// Keys and values as `--set` takes them, or options of `run` themselves.
type Sets = [(String, String)];

impl Again {
    /// Looks for what the run of `kept` read: in `folder`, or where none is given beside the run and here.
    ///
    /// # Errors
    /// What is missing, as a sentence for the user.
    pub fn find(kept: &Kept, folder: Option<&Path>) -> Result<Again, String> {
        let manifest = &kept.manifest;
        let words: Vec<String> = strings(manifest.get("command"));
        let is_pool = words.iter().any(|word| word == "--pool");
        // The scenario itself is in the folder, with all that was set.
        let inputs = looked_for(kept, folder, usize::from(!is_pool))?;
        let path = kept.path.join("scenario.json");
        let scenario =
            fs::read(&path).map_err(|error| format!("{}: {}", path.display(), plain(&error)))?;
        let digest = manifest.get("digest").and_then(Value::as_str);
        Ok(Again {
            scenario,
            name: path.display().to_string(),
            pool: is_pool.then_some(words),
            inputs,
            digest: digest.unwrap_or("").to_owned(),
        })
    }

    /// Whether the run was one of `--trace` and `--pool`.
    pub fn is_pool(kept: &Kept) -> bool {
        strings(kept.manifest.get("command"))
            .iter()
            .any(|word| word == "--pool")
    }

    /// The figures of the run with each of `variants` set, in their order; the first sets nothing and must be the run that was
    /// kept. `done` is called after each.
    ///
    /// # Errors
    /// Why the run cannot be made again as it was.
    pub fn figures(
        &self,
        variants: &[&Sets],
        done: impl Fn() + Send + Sync,
    ) -> Result<Vec<Result<Figures, String>>, String> {
        let mut all: Vec<&Sets> = vec![&[]];
        all.extend(variants);
        let mut results = plan::each(&all, |sets| {
            let summary = self.run(sets);
            done();
            summary
        });
        let base = results.remove(0)?;
        let digest = format!("{:016x}", base.digest);
        if digest != self.digest {
            return Err(format!(
                "this version of batchcast ({}) makes another run of it (digest {digest} instead of {}), so gains would not be \
                 those of the run that is told; make the run again with this version",
                env!("CARGO_PKG_VERSION"),
                self.digest
            ));
        }
        let figures = results.into_iter();
        let figures = figures.map(|result| Figures::beside(&result?, &base));
        Ok(figures.collect())
    }

    fn run(&self, sets: &Sets) -> Result<Summary, String> {
        let loaded = match &self.pool {
            None => self.scenario(sets),
            Some(words) => self.on_pool(words, sets),
        };
        let loaded = loaded.map_err(|failure| in_a_line(&failure))?;
        Ok(plan::replication(&loaded.scenario, loaded.seed))
    }

    fn scenario(&self, sets: &Sets) -> Result<Loaded, Failure> {
        scenario::load(&self.name, &self.scenario, sets, None, self).map_err(Failure::Problems)
    }

    fn on_pool(&self, words: &[String], sets: &Sets) -> Result<Loaded, Failure> {
        let unreadable =
            || Failure::Usage("manifest.json: holds no command that can be run again".to_owned());
        let line = CommandLine::try_parse_from(words).map_err(|_| unreadable())?;
        let Command::Run(mut run) = line.command else {
            return Err(unreadable());
        };
        run.trace = run
            .trace
            .as_deref()
            .map(|trace| self.place_of(&load::short_name(trace)));
        for (key, value) in sets {
            set(&mut run, key, value);
        }
        Ok(run::read(&run)?.loaded)
    }

    fn place_of(&self, name: &str) -> PathBuf {
        self.inputs
            .get(name)
            .cloned()
            .unwrap_or_else(|| PathBuf::from(name))
    }
}

impl Files for Again {
    fn open(&self, path: &str) -> Result<Box<dyn Read>, String> {
        // The manifest names files of this machine's own places by their last part.
        let name = match Path::new(path) {
            absolute if absolute.is_absolute() => load::short_name(absolute),
            _ => path.to_owned(),
        };
        let opened = File::open(self.place_of(&name));
        opened
            .map(|file| Box::new(file) as Box<dyn Read>)
            .map_err(|error| plain(&error))
    }
}

/// Changes a command line as `--set` or an option of that name would.
pub fn set(run: &mut Run, key: &str, value: &str) {
    let text = Some(value.to_owned());
    match key {
        "--pool" => run.pool = value.parse().ok().or(run.pool),
        "--discipline" | "dispatch" if run.trace.is_some() => run.discipline = text,
        "--order" | "jobOrder" if run.trace.is_some() => run.order = text,
        _ => run.set.push((key.to_owned(), value.to_owned())),
    }
}

/// A failure in one line, without the word that begins it.
pub fn in_a_line(failure: &Failure) -> String {
    match failure {
        Failure::Problems(problems) => match problems.first() {
            Some(first) if problems.len() > 1 => {
                format!("{} (and {} more)", first.message, problems.len() - 1)
            }
            Some(first) => first.message.clone(),
            None => String::new(),
        },
        other => {
            let message = other.message();
            message.trim_end().trim_start_matches("error: ").to_owned()
        }
    }
}

fn strings(list: Option<&Value>) -> Vec<String> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|item| Some(item.as_str()?.to_owned()))
        .collect()
}

fn input_file(json: &Value) -> Option<InputFile> {
    Some(InputFile {
        name: json.get("name")?.as_str()?.to_owned(),
        bytes: json.get("bytes")?.as_u64()?,
        sha256: json.get("sha256")?.as_str()?.to_owned(),
    })
}

/// Where every file is that the run of `kept` read, its scenario too, by the names of its manifest.
///
/// # Errors
/// What is missing, as a sentence for the user.
pub fn found_inputs(
    kept: &Kept,
    folder: Option<&Path>,
) -> Result<BTreeMap<String, PathBuf>, String> {
    looked_for(kept, folder, 0)
}

/// The same without the first `left_out` files.
fn looked_for(
    kept: &Kept,
    folder: Option<&Path>,
    left_out: usize,
) -> Result<BTreeMap<String, PathBuf>, String> {
    let words: Vec<String> = strings(kept.manifest.get("command"));
    let read = kept.manifest.get("inputs").and_then(Value::as_array);
    let read = read.into_iter().flatten().filter_map(input_file);
    let folders = match folder {
        Some(folder) => vec![folder.to_owned()],
        None => places(&kept.path, words.last().map_or("", String::as_str)),
    };
    let mut inputs = BTreeMap::new();
    let mut missing = Vec::new();
    for file in read.skip(left_out) {
        match look_for(&file, &folders) {
            Ok(path) => _ = inputs.insert(file.name, path),
            Err(why) => missing.push(why),
        }
    }
    match missing.is_empty() {
        true => Ok(inputs),
        false => Err(format!(
            "{}; say where they are with --inputs DIR",
            missing.join("; ")
        )),
    }
}

/// Where the files of a run may be that is kept at `run`, and whose scenario was called `scenario`: here, beside the run, and
/// where a scenario of that name is at most one folder below.
fn places(run: &Path, scenario: &str) -> Vec<PathBuf> {
    let here = PathBuf::from(".");
    let beside = fs::canonicalize(run)
        .ok()
        .and_then(|run| Some(run.parent()?.to_owned()));
    // Not in the run's folder itself: its jobs.csv is another than that which it read.
    let mut places = vec![here];
    places.extend(beside);
    let mut homes = Vec::new();
    for place in &places {
        homes.push(place.join(scenario));
        let entries = fs::read_dir(place)
            .into_iter()
            .flatten()
            .filter_map(Result::ok);
        let mut below: Vec<PathBuf> = entries.map(|entry| entry.path().join(scenario)).collect();
        below.sort();
        homes.extend(below);
    }
    for home in homes {
        if home.is_dir() {
            places.push(home);
        } else if let Some(folder) = home.parent().filter(|_| home.is_file()) {
            places.push(folder.to_owned());
        }
    }
    places
}

/// The first file in `folders` that is what was read as `file`.
fn look_for(file: &InputFile, folders: &[PathBuf]) -> Result<PathBuf, String> {
    let mut other = None;
    for folder in folders {
        let short = load::short_name(Path::new(&file.name));
        for path in [folder.join(&file.name), folder.join(short)] {
            match is_the_same(file, &path) {
                Ok(true) => return Ok(path),
                Ok(false) => other = Some(path),
                Err(_) => {}
            }
        }
    }
    let what = format!(
        "{} ({} bytes, sha256 {}…), which the run read,",
        file.name,
        whole(file.bytes),
        file.sha256.get(..12).unwrap_or(&file.sha256)
    );
    Err(match other {
        Some(path) => format!(
            "{what} has changed since: {} is another file",
            path.display()
        ),
        None => format!("{what} was not found beside the run or here"),
    })
}

fn is_the_same(file: &InputFile, path: &Path) -> io::Result<bool> {
    if fs::metadata(path)?.len() != file.bytes {
        return Ok(false);
    }
    Ok(load::sha256(File::open(path)?)? == file.sha256)
}
