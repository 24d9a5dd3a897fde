//! Traces that were read once, for commands that read one scenario with many settings and seeds.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::input::{Trace, TraceOptions};
use crate::report::InputFile;

/// A trace, how it was read, and what its file was.
struct Kept {
    place: PathBuf,
    options: TraceOptions,
    trace: Arc<Trace>,
    file: InputFile,
}

/// `None` where nobody asked for it: a trace of one run is not held twice.
static TRACES: Mutex<Option<Vec<Kept>>> = Mutex::new(None);

/// From now on traces are kept.
pub fn keep_traces() {
    if let Ok(mut traces) = TRACES.lock() {
        traces.get_or_insert_default();
    }
}

/// The trace at `place` if it was read with these options before, and what its file was then.
pub fn kept(place: &Path, options: &TraceOptions) -> Option<(Trace, InputFile)> {
    let traces = TRACES.lock().ok()?;
    let mut traces = traces.as_ref()?.iter();
    let found = traces.find(|kept| kept.place == place && kept.options == *options)?;
    Some((Trace::clone(&found.trace), found.file.clone()))
}

/// Keeps a trace, if that was asked for.
pub fn remember(place: &Path, options: &TraceOptions, trace: &Trace, file: &InputFile) {
    let Ok(mut traces) = TRACES.lock() else {
        return;
    };
    if let Some(traces) = traces.as_mut() {
        traces.push(Kept {
            place: place.to_owned(),
            options: options.clone(),
            trace: Arc::new(trace.clone()),
            file: file.clone(),
        });
    }
}
