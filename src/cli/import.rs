//! `batchcast import`: a trace of any kind in another format.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::input::{Trace, TraceKind, TraceOptions, read_trace, recognise};
use crate::report::{Lost, write_batsim, write_swf, write_trace_csv};

use super::args::Common;
use super::failure::Failure;
use super::load::first_bytes;
use super::output::{print, tell};
use super::pool;
use super::trace_args::{Import, TraceFormat};

/// Writes the trace that is asked for.
///
/// # Errors
/// Everything that is wrong with the trace, or a file that cannot be read or written.
pub fn import(asked: &Import, common: &Common) -> Result<(), Failure> {
    let options = TraceOptions {
        job_queue: pool::QUEUE.to_owned(),
        drop_zero_run: asked.drop_zero_run,
        completed_only: asked.completed_only,
        ..TraceOptions::default()
    };
    let file = TraceFile::open(&asked.file)?;
    let trace = file.read(&options)?.map_err(Failure::Problems)?;
    let ending = asked.output.extension().and_then(|ending| ending.to_str());
    let format = asked.format.unwrap_or(match ending {
        Some("swf") => TraceFormat::Swf,
        Some("json") => TraceFormat::Batsim,
        _ => TraceFormat::Csv,
    });
    let lost = write_new(&asked.output, asked.force, |out| match format {
        TraceFormat::Csv => write_trace_csv(&trace.workload, pool::QUEUE, out),
        TraceFormat::Swf => write_swf(&trace.workload, out),
        TraceFormat::Batsim => write_batsim(&trace.workload, trace.machine_size, out),
    })?;
    if common.quiet {
        return Ok(());
    }
    for note in trace.notes.iter().cloned().chain(lost.notes()) {
        tell(&format!("note: {note}\n"));
    }
    let kind = file.kind.map_or("a trace", TraceKind::name);
    print(&format!(
        "{}: {} jobs of {kind}{}\n",
        asked.output.display(),
        trace.workload.rows.len(),
        counts(&trace)
    ))
}

/// What was dropped and repaired, in a few words.
fn counts(trace: &Trace) -> String {
    let mut text = String::new();
    for (what, counts) in [
        ("dropped", &trace.workload.dropped),
        ("repaired", &trace.workload.repaired),
    ] {
        for (rule, count) in counts {
            text.push_str(&format!("; {what} {rule} {count}"));
        }
    }
    text
}

/// A trace's file and what its first bytes tell.
pub struct TraceFile {
    path: PathBuf,
    first: Vec<u8>,
    /// What it is.
    pub kind: Option<TraceKind>,
}

impl TraceFile {
    /// Looks at the first bytes of the file at `path`.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn open(path: &Path) -> Result<TraceFile, Failure> {
        let (first, _) = first_bytes(path)?;
        Ok(TraceFile {
            kind: recognise(&first),
            path: path.to_owned(),
            first,
        })
    }

    /// Reads it.
    ///
    /// # Errors
    /// Where it cannot be opened; within, everything that is wrong with it.
    pub fn read(
        &self,
        options: &TraceOptions,
    ) -> Result<Result<Trace, Vec<crate::input::Problem>>, Failure> {
        let file = File::open(&self.path);
        let file = file.map_err(|error| Failure::file(&self.path, "read", error))?;
        let name = self.path.display().to_string();
        Ok(read_trace(&self.first, file, &name, options))
    }
}

/// Writes a file that appears whole or not at all.
///
/// # Errors
/// Where it is there already and not to be replaced, or cannot be written.
pub fn write_new(
    path: &Path,
    force: bool,
    write: impl FnOnce(&mut dyn Write) -> io::Result<Lost>,
) -> Result<Lost, Failure> {
    if path.exists() && !force {
        return Err(Failure::Usage(format!(
            "{}: is there already; --force replaces it",
            path.display()
        )));
    }
    let failure = |error| Failure::file(path, "write", error);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let written = File::create(&part).and_then(|file| {
        let mut out = BufWriter::with_capacity(1 << 18, file);
        let lost = write(&mut out)?;
        out.flush()?;
        fs::rename(&part, path)?;
        Ok(lost)
    });
    written.map_err(|error| {
        // What was begun is of no use; if it cannot be removed, the error below still says why.
        let _ = fs::remove_file(&part);
        failure(error)
    })
}
