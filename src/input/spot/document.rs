//! A file that is one JSON document.

use std::io::{BufReader, Read};

use serde_json::Value;

use crate::input::Problem;
use crate::input::source::{Source, reading_problem};

/// The document of a file, plain or gzip.
pub(super) fn document(reader: impl Read, file: &str) -> Result<Value, Vec<Problem>> {
    let source = Source::open(reader, file).map_err(|problem| vec![problem])?;
    let is_gzip = source.is_gzip();
    serde_json::from_reader(BufReader::new(source)).map_err(|error| {
        let line = error.line() as u64;
        vec![match error.io_error_kind() {
            Some(kind) => reading_problem(file, line, is_gzip, &kind.into()),
            None => Problem::line(file, line, format!("JSON syntax: {error}")),
        }]
    })
}
