//! Where a scenario's jobs come from besides its own list: the one place that calls trace readers and generators.

use std::io::{Cursor, Read};

use crate::input::generate::{self, GeneratorSpec};
use crate::input::{
    Problem, Trace, TraceKind, TraceOptions, aws, csv_trace, nextflow, recognise, swf,
};
use crate::model::Workload;

/// Bytes from which the kind of a trace is told.
const LOOKED_AT: u64 = 64 << 10;

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
    if let Err(error) = reader.by_ref().take(LOOKED_AT).read_to_end(&mut head) {
        let message = format!("cannot be read: {error}");
        return Err(vec![Problem::whole(name, message)]);
    }
    let kind = recognise(&head);
    let whole = Cursor::new(head).chain(reader);
    match kind {
        Some(TraceKind::Swf) => swf::read(whole, name, options),
        Some(TraceKind::Csv) => csv_trace::read(whole, name, options),
        Some(TraceKind::Nextflow) => nextflow::read(whole, name, options),
        Some(TraceKind::Aws) => aws::read(whole, name, options),
        None => {
            let message = "is no trace that we know: neither SWF, nor CSV with a column submit_s, nor a trace or report of Nextflow, nor jobs of `aws batch describe-jobs`";
            Err(vec![Problem::whole(name, message)])
        }
    }
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
