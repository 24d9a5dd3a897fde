//! The seams to the modules that read and simulate: one function each.

use std::io::Read;

use crate::input::{Problem, Trace, TraceKind, TraceOptions, csv_trace, recognise, swf};
use crate::model::{InstanceType, Scenario};
use crate::sim::Observer;
use crate::units::SimTime;

/// A scenario as read.
pub struct Loaded {
    /// The scenario.
    pub scenario: Scenario,
    /// The seed that the file states.
    pub seed: Option<u64>,
    /// Keys that mean something to AWS and nothing to the simulation.
    pub ignored_keys: Vec<String>,
}

/// Reads the scenario `bytes` of the file `name`; `open` gives the bytes of a file that it names.
pub fn load_scenario(
    name: &str,
    bytes: &[u8],
    overrides: &[(String, String)],
    seed: Option<u64>,
    open: &dyn Fn(&str) -> std::io::Result<Vec<u8>>,
) -> Result<Loaded, Vec<Problem>> {
    let _ = (bytes, overrides, seed, open);
    Err(vec![Problem::whole(name, "scenarios cannot be read yet")])
}

/// Reads a trace of the kind that its first bytes tell; `bytes` begins with them.
pub fn read_trace(
    first: &[u8],
    bytes: impl Read,
    name: &str,
    options: &TraceOptions,
) -> Result<Trace, Vec<Problem>> {
    match recognise(first) {
        Some(TraceKind::Swf) => swf::read(bytes, name, options),
        Some(TraceKind::Csv) => csv_trace::read(bytes, name, options),
        None => Err(vec![Problem::whole(
            name,
            "is no trace that can be read: neither SWF (comments with `;`, or lines of at least 11 numbers) nor CSV with \
             a header that names submit_s",
        )]),
    }
}

/// The keys of a scenario file.
pub fn schema(json: bool) -> String {
    let _ = json;
    String::new()
}

/// The instance types that every scenario knows.
pub fn common_types() -> Vec<InstanceType> {
    Vec::new()
}

/// How a run ended.
pub struct Outcome<O> {
    /// What watched it.
    pub observer: O,
    /// Digest of all events.
    pub digest: u64,
    /// When it ended.
    pub end: SimTime,
    /// Events handled.
    pub events: u64,
}

/// Runs `scenario`.
pub fn simulate<O: Observer>(scenario: &Scenario, seed: u64, mut observer: O) -> Outcome<O> {
    let _ = (scenario, seed);
    observer.ended(SimTime::ZERO);
    Outcome {
        observer,
        digest: 0,
        end: SimTime::ZERO,
        events: 0,
    }
}
