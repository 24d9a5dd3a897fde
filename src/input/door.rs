//! The door for traces: what a file is is told from its content, and its reader takes it.

use std::io::Read;

use super::recognise::{TraceKind, recognise, what_else};
use super::{
    Problem, Trace, TraceOptions, alibaba, aws, batsim, csv_trace, nextflow, slurm, swf, wfformat,
};

/// Bytes of a file from which its kind is told.
pub const FIRST_BYTES: u64 = 64 << 10;

/// Reads a trace of the kind that `first`, its first bytes, tell; `bytes` begins with them. `name` is what problems call it.
///
/// # Errors
/// Every problem of the trace; where it is none, what it is instead or what could be read.
pub fn read_trace(
    first: &[u8],
    bytes: impl Read,
    name: &str,
    options: &TraceOptions,
) -> Result<Trace, Vec<Problem>> {
    match recognise(first) {
        Some(TraceKind::Swf) => swf::read(bytes, name, options),
        Some(TraceKind::Csv) => csv_trace::read(bytes, name, options),
        Some(TraceKind::Nextflow) => nextflow::read(bytes, name, options),
        Some(TraceKind::Aws) => aws::read(bytes, name, options),
        Some(TraceKind::WfFormat) => wfformat::read(bytes, name, options),
        Some(TraceKind::Slurm) => slurm::read(bytes, name, options),
        Some(TraceKind::Batsim) => batsim::read(bytes, name, options),
        Some(TraceKind::AlibabaPods) => alibaba::pods::read(bytes, name, options),
        Some(TraceKind::AlibabaBatchTask) => alibaba::batch_task::read(bytes, name, options),
        #[cfg(feature = "parquet")]
        Some(TraceKind::Parquet) => super::parquet_trace::read(bytes, name, options),
        #[cfg(not(feature = "parquet"))]
        Some(TraceKind::Parquet) => {
            let message = "is Parquet, which this build does not read; build it with `--features parquet`, or save the table as CSV";
            Err(vec![Problem::whole(name, message)])
        }
        None => Err(vec![Problem::whole(name, no_trace(first))]),
    }
}

/// Why what begins with `first` is no trace.
fn no_trace(first: &[u8]) -> String {
    if let Some(what) = what_else(first) {
        return format!("is no trace: it is {what}");
    }
    let known: Vec<&str> = TraceKind::ALL.iter().map(|kind| kind.marks()).collect();
    format!(
        "is no trace that can be read; known are {}",
        known.join("; ")
    )
}
