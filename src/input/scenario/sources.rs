//! Where a scenario's jobs come from besides its own list: the one place that calls trace readers and generators.

use std::io::{Cursor, Read};

use crate::input::generate::{self, GeneratorSpec};
use crate::input::{FIRST_BYTES, Problem, Trace, TraceOptions};
use crate::model::Workload;

/// Reads the trace that the user calls `name`, whose kind is told from its content.
///
/// # Errors
/// Every problem of the trace.
pub fn read_trace(
    name: &str,
    mut reader: Box<dyn Read>,
    options: &TraceOptions,
) -> Result<Trace, Vec<Problem>> {
    let mut head = Vec::new();
    if let Err(error) = reader.by_ref().take(FIRST_BYTES).read_to_end(&mut head) {
        let message = format!("cannot be read: {error}");
        return Err(vec![Problem::whole(name, message)]);
    }
    let whole = Cursor::new(&head[..]).chain(reader);
    crate::input::read_trace(&head, whole, name, options)
}

/// The jobs of generator number `index` of a scenario.
///
/// # Errors
/// Sentences that say what cannot be generated.
pub fn generate(spec: &GeneratorSpec, index: u32, seed: u64) -> Result<Workload, Vec<String>> {
    generate::generate(spec, index, seed).map_err(|faults| {
        faults
            .into_iter()
            .map(|fault| format!("{}: {}", fault.member, fault.message))
            .collect()
    })
}
