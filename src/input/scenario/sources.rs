//! Where a scenario's jobs come from besides its own list: the one place that calls trace readers and generators.

use std::io::Read;

use crate::input::generate_spec::GeneratorSpec;
use crate::input::{Problem, Trace, TraceOptions};
use crate::model::Workload;

/// Reads the trace that the user calls `name`.
///
/// # Errors
/// Every problem of the trace.
pub fn read_trace(
    name: &str,
    reader: Box<dyn Read>,
    options: &TraceOptions,
) -> Result<Trace, Vec<Problem>> {
    let _ = (reader, options);
    Err(vec![Problem::whole(name, "traces are not read yet")])
}

/// The jobs of a generator. `start` is the milliseconds from 1970 to time zero, for the hours of the day.
///
/// # Errors
/// A sentence that says what cannot be generated.
pub fn generate(spec: &GeneratorSpec, start: i64, seed: u64) -> Result<Workload, String> {
    let _ = (start, seed);
    Err(format!(
        "`{}`: jobs are not generated yet; list them in workload.jobs",
        spec.name
    ))
}
