//! From paths to a scenario: the one place that opens input files.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use sha2::{Digest, Sha256};

use crate::input::scenario::{self, Files, Loaded, NoTrace, Pool};
use crate::input::{ClosedLoop, FIRST_BYTES, ShareBy, Trace, TraceOptions, read_trace, recognise};
use crate::report::InputFile;

use super::args::{Closed, Reading, Run};
use super::failure::Failure;
use super::pool;
use super::traces;

/// What a run needs, and what it was read from.
pub struct Input {
    /// The scenario, the seed and what a report says of the reading.
    pub loaded: Loaded,
    /// The files read, with their hashes, in the order in which they were opened.
    pub files: Vec<InputFile>,
    /// The file that the user named.
    pub path: PathBuf,
}

/// The seed of a pool where none is given: that of a scenario which states none.
const SEED: u64 = 1;
/// What a scenario calls the trace that the command line gives.
pub const HISTORY: &str = "history";

/// Reads the scenario at `path`: a file, or a folder with scenario.toml or scenario.json.
///
/// # Errors
/// Every problem of the scenario, or the file that cannot be read.
pub fn scenario(
    path: &Path,
    overrides: &[(String, String)],
    seed: Option<u64>,
) -> Result<Input, Failure> {
    read(path, overrides, seed, None, None)
}

/// The same, which goes on from the live account that the file at `live` describes.
///
/// # Errors
/// As of [`scenario`].
pub fn scenario_from_now(
    path: &Path,
    overrides: &[(String, String)],
    seed: Option<u64>,
    live: &Path,
) -> Result<Input, Failure> {
    read(path, overrides, seed, None, Some(live))
}

/// The same, where the trace called [`HISTORY`] is the file at `history`.
///
/// # Errors
/// As of [`scenario`].
pub fn scenario_with(
    path: &Path,
    overrides: &[(String, String)],
    seed: Option<u64>,
    history: Option<&Path>,
) -> Result<Input, Failure> {
    read(path, overrides, seed, history, None)
}

fn read(
    path: &Path,
    overrides: &[(String, String)],
    seed: Option<u64>,
    history: Option<&Path>,
    live: Option<&Path>,
) -> Result<Input, Failure> {
    let path = scenario_file(path)?;
    refuse_trace(&path)?;
    let bytes = fs::read(&path).map_err(|error| Failure::file(&path, "read", error))?;
    let home = Home {
        folder: path.parent().unwrap_or(Path::new("")).to_owned(),
        files: Rc::new(RefCell::new(vec![described(&short_name(&path), &bytes)])),
        history: history.map(Path::to_owned),
    };
    let name = path.display().to_string();
    let loaded = match live {
        None => scenario::load(&name, &bytes, overrides, seed, &home),
        Some(live) => {
            let text = fs::read(live).map_err(|error| Failure::file(live, "read", error))?;
            let described = described(&short_name(live), &text);
            home.files.borrow_mut().push(described);
            let live = (live.display().to_string(), text);
            let live = Some((live.0.as_str(), live.1.as_slice()));
            scenario::load_from_now(&name, &bytes, live, overrides, seed, &home)
        }
    };
    let loaded = loaded.map_err(Failure::Problems)?;
    Ok(Input {
        loaded,
        files: home.files.take(),
        path,
    })
}

/// The bytes that tell what the file at `path` is, and the file after them.
///
/// # Errors
/// Where it cannot be read.
pub fn first_bytes(path: &Path) -> Result<(Vec<u8>, File), Failure> {
    let failure = |error| Failure::file(path, "read", error);
    let mut file = File::open(path).map_err(failure)?;
    let mut first = Vec::new();
    let looked = (&mut file).take(FIRST_BYTES).read_to_end(&mut first);
    looked.map_err(failure)?;
    Ok((first, file))
}

/// A trace where a scenario was to be is told as one, not as a million lines that are no TOML.
fn refuse_trace(path: &Path) -> Result<(), Failure> {
    match recognise(&first_bytes(path)?.0) {
        Some(kind) if path.extension().is_none_or(|ending| ending != "toml") => {
            let shown = path.display();
            Err(Failure::Usage(format!(
                "{shown}: is a trace ({}), not a scenario; `batchcast run --trace {shown} --pool VCPUS` runs it on one machine, and a \
                 scenario names it as [workload] trace",
                kind.name()
            )))
        }
        _ => Ok(()),
    }
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

/// The folder of a scenario, where the files that it names are.
struct Home {
    folder: PathBuf,
    history: Option<PathBuf>,
    files: Rc<RefCell<Vec<InputFile>>>,
}

impl Home {
    /// Where the file is that a scenario calls `path`.
    fn place(&self, path: &str) -> PathBuf {
        match &self.history {
            Some(history) if path == HISTORY => history.clone(),
            _ => self.folder.join(path),
        }
    }
}

impl Files for Home {
    fn open(&self, path: &str) -> Result<Box<dyn Read>, String> {
        let opened = File::open(self.place(path));
        let file = opened.map_err(|error| super::failure::plain(&error))?;
        // Where a scenario names a place of this machine, the manifest does not repeat it.
        let name = match Path::new(path) {
            absolute if absolute.is_absolute() => short_name(absolute),
            _ => path.to_owned(),
        };
        Ok(Box::new(Hashed::new(&name, file, &self.files)))
    }

    fn trace(&self, path: &str, options: &TraceOptions) -> Result<Trace, NoTrace> {
        let place = self.place(path);
        if let Some((trace, file)) = traces::kept(&place, options) {
            self.files.borrow_mut().push(file);
            return Ok(trace);
        }
        let reader = self.open(path).map_err(NoTrace::Unopened)?;
        let trace = scenario::read_trace(path, reader, options).map_err(NoTrace::Wrong)?;
        if let Some(file) = self.files.borrow().last() {
            traces::remember(&place, options, &trace, file);
        }
        Ok(trace)
    }
}

/// Reads the trace of `run` and puts it on its pool.
///
/// # Errors
/// Every problem of the trace, the file that cannot be read, or a policy that there is not.
pub fn trace_on_pool(run: &Run, path: &Path, vcpus: u32) -> Result<Input, Failure> {
    let (first, file) = first_bytes(path)?;
    let files = Rc::new(RefCell::new(Vec::new()));
    let short = short_name(path);
    let bytes = Hashed::new(&short, first.as_slice().chain(file), &files);
    let options = trace_options(&run.reading);
    let name = path.display().to_string();
    let trace = read_trace(&first, bytes, &name, &options).map_err(Failure::Problems)?;
    let is_shared = run.reading.share_by.is_some();
    let trace = Trace {
        workload: pool::on_pool(trace.workload, is_shared),
        ..trace
    };
    let pool = Pool {
        vcpus,
        order: run.order.as_deref().unwrap_or("fifo"),
        discipline: run.discipline.as_deref().unwrap_or("strict"),
        overrides: &run.set,
        seed: run.seed.unwrap_or(SEED),
    };
    let loaded = scenario::trace_scenario(trace, &short, &pool);
    let mut loaded = loaded.map_err(Failure::Problems)?;
    pool::note_policies(&mut loaded, run.order.as_deref(), run.discipline.as_deref());
    if is_shared {
        pool::share(&mut loaded);
    }
    Ok(Input {
        loaded,
        files: files.take(),
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

/// The SHA-256 of all that `from` gives, in hexadecimal.
///
/// # Errors
/// The system's.
pub fn sha256(mut from: impl Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(hexadecimal(&hash.finalize())),
            count => hash.update(&buffer[..count]),
        }
    }
}

/// Hashes what is read through it; when the reader is done with it, it describes the whole file.
struct Hashed<R: Read> {
    name: String,
    from: R,
    hash: Sha256,
    bytes: u64,
    files: Rc<RefCell<Vec<InputFile>>>,
}

impl<R: Read> Hashed<R> {
    fn new(name: &str, from: R, files: &Rc<RefCell<Vec<InputFile>>>) -> Hashed<R> {
        Hashed {
            name: name.to_owned(),
            from,
            hash: Sha256::new(),
            bytes: 0,
            files: Rc::clone(files),
        }
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

impl<R: Read> Drop for Hashed<R> {
    fn drop(&mut self) {
        // What the reader left unread belongs to the file too; an error was the reader's to meet.
        let _ = io::copy(self, &mut io::sink());
        self.files.borrow_mut().push(InputFile {
            name: std::mem::take(&mut self.name),
            bytes: self.bytes,
            sha256: hexadecimal(&std::mem::take(&mut self.hash).finalize()),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_hashed_whole_even_where_the_reader_stops_early() {
        let files = Rc::new(RefCell::new(Vec::new()));
        let mut hashed = Hashed::new("x", &b"abc"[..], &files);
        hashed.read_exact(&mut [0]).unwrap();
        drop(hashed);
        let files = files.take();
        assert_eq!(files, [described("x", b"abc")]);
        assert!(files[0].sha256.starts_with("ba7816bf"), "{files:?}");
    }
}
