//! From paths to a scenario: the one place that opens input files.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::input::{ClosedLoop, ShareBy, TraceOptions};
use crate::model::Scenario;
use crate::report::InputFile;

use super::adapters;
use super::args::{Closed, Reading, Run};
use super::failure::Failure;
use super::pool;

/// What a run needs, and what it was read from.
pub struct Input {
    /// The scenario.
    pub scenario: Scenario,
    /// The seed: the command line's, else the scenario's, else 0.
    pub seed: u64,
    /// Keys of the scenario without effect.
    pub ignored_keys: Vec<String>,
    /// The files read, with their hashes.
    pub files: Vec<InputFile>,
    /// The file that the user named.
    pub path: PathBuf,
}

/// Bytes of a file that are looked at to tell its kind.
const FIRST_BYTES: u64 = 64 << 10;

/// Reads the scenario at `path`: a file, or a folder with scenario.toml or scenario.json.
///
/// # Errors
/// Every problem of the scenario, or the file that cannot be read.
pub fn scenario(
    path: &Path,
    overrides: &[(String, String)],
    seed: Option<u64>,
) -> Result<Input, Failure> {
    let path = scenario_file(path)?;
    let bytes = fs::read(&path).map_err(|error| Failure::file(&path, "read", error))?;
    let home = path.parent().unwrap_or(Path::new("")).to_owned();
    let files = RefCell::new(vec![described(&short_name(&path), &bytes)]);
    let open = |name: &str| -> io::Result<Vec<u8>> {
        let bytes = fs::read(home.join(name))?;
        files.borrow_mut().push(described(name, &bytes));
        Ok(bytes)
    };
    let name = path.display().to_string();
    let loaded = adapters::load_scenario(&name, &bytes, overrides, seed, &open)
        .map_err(Failure::Problems)?;
    Ok(Input {
        scenario: loaded.scenario,
        seed: seed.or(loaded.seed).unwrap_or(0),
        ignored_keys: loaded.ignored_keys,
        files: files.into_inner(),
        path,
    })
}

fn scenario_file(path: &Path) -> Result<PathBuf, Failure> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    ["scenario.toml", "scenario.json"]
        .iter()
        .map(|name| path.join(name))
        .find(|file| file.exists())
        .ok_or_else(|| {
            Failure::Usage(format!(
                "{}: has neither scenario.toml nor scenario.json",
                path.display()
            ))
        })
}

/// Reads the trace of `run` and puts it on its pool.
///
/// # Errors
/// Every problem of the trace, the file that cannot be read, or a policy that there is not.
pub fn trace_on_pool(run: &Run, path: &Path, vcpus: u32) -> Result<Input, Failure> {
    let options = trace_options(&run.reading);
    let pool = pool::Pool::new(run, vcpus).map_err(Failure::Usage)?;
    let mut file = File::open(path).map_err(|error| Failure::file(path, "read", error))?;
    let mut first = Vec::new();
    let looked = (&mut file).take(FIRST_BYTES).read_to_end(&mut first);
    looked.map_err(|error| Failure::file(path, "read", error))?;
    let mut hashed = Hashed {
        from: first.as_slice().chain(file),
        hash: Sha256::new(),
        bytes: 0,
    };
    let name = path.display().to_string();
    let trace =
        adapters::read_trace(&first, &mut hashed, &name, &options).map_err(Failure::Problems)?;
    let file = hashed
        .finish(short_name(path))
        .map_err(|error| Failure::file(path, "read", error))?;
    Ok(Input {
        scenario: pool.scenario(trace, &short_name(path)),
        seed: run.seed.unwrap_or(0),
        ignored_keys: Vec::new(),
        files: vec![file],
        path: path.to_owned(),
    })
}

fn trace_options(reading: &Reading) -> TraceOptions {
    TraceOptions {
        job_queue: pool::QUEUE.to_owned(),
        drop_zero_run: reading.drop_zero_run,
        completed_only: reading.completed_only,
        closed_loop: match reading.closed_loop {
            None => ClosedLoop::Open,
            Some(Closed::Fields) => ClosedLoop::Fields,
            Some(Closed::Sessions(think_limit)) => ClosedLoop::Sessions { think_limit },
        },
        share_by: match reading.share_by.as_deref() {
            Some("user") => ShareBy::User,
            Some("group") => ShareBy::Group,
            _ => ShareBy::Nothing,
        },
        ..TraceOptions::default()
    }
}

/// A name without the folders before it, which differ from place to place.
pub fn short_name(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn described(name: &str, bytes: &[u8]) -> InputFile {
    InputFile {
        name: name.to_owned(),
        bytes: bytes.len() as u64,
        sha256: hexadecimal(&Sha256::digest(bytes)),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hashes what is read through it.
struct Hashed<R> {
    from: R,
    hash: Sha256,
    bytes: u64,
}

impl<R: Read> Hashed<R> {
    /// Reads what the reader left, and describes the whole.
    fn finish(mut self, name: String) -> io::Result<InputFile> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(InputFile {
            name,
            bytes: self.bytes,
            sha256: hexadecimal(&self.hash.finalize()),
        })
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.hash.update(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_hashed_whole_even_where_the_reader_stops_early() {
        let mut hashed = Hashed {
            from: &b"abc"[..],
            hash: Sha256::new(),
            bytes: 0,
        };
        hashed.read_exact(&mut [0]).unwrap();
        let file = hashed.finish("x".to_owned()).unwrap();
        assert_eq!(file, described("x", b"abc"));
        assert!(file.sha256.starts_with("ba7816bf"), "{file:?}");
    }
}
