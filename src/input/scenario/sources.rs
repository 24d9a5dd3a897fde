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

/// The jobs of generator number `index` of a scenario.
///
/// # Errors
/// Sentences that say what cannot be generated.
pub fn generate(spec: &GeneratorSpec, index: u32, seed: u64) -> Result<Workload, Vec<String>> {
    let _ = (index, seed);
    Err(vec![format!(
        "`{}`: jobs are not generated yet; list them in workload.jobs",
        spec.template.job_name
    )])
}
