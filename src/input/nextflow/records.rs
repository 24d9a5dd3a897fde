//! The rows of either kind of file, as named cells.

use std::io::{BufReader, Read};

use csv::{ReaderBuilder, StringRecord, Terminator};
use serde_json::Value;

use crate::input::Problem;
use crate::input::builder::Problems;
use crate::input::source::{EvenLines, Source, reading_problem};

/// A row: its cells by name, and where it is (a line of a table, or the number of an element).
pub(super) struct Record<'r> {
    /// The line, or 0 in JSON.
    pub(super) line: u64,
    /// What stands before a column's name to say where it is: `/12/` in JSON, nothing in a table.
    pub(super) place: String,
    cells: Cells<'r>,
}

enum Cells<'r> {
    Table(&'r StringRecord, &'r StringRecord),
    Json(&'r Value),
}

impl Record<'_> {
    /// The cell called `name`: none where it is missing, empty or `-`.
    pub(super) fn cell(&self, name: &str) -> Option<String> {
        let text = match &self.cells {
            Cells::Table(header, row) => {
                let at = header.iter().position(|known| known.trim() == name)?;
                row.get(at)?.trim().to_owned()
            }
            Cells::Json(object) => match object.get(name)? {
                Value::String(text) => text.trim().to_owned(),
                Value::Null => return None,
                other => other.to_string(),
            },
        };
        (!text.is_empty() && text != "-").then_some(text)
    }
}

/// Tells `each` every row.
///
/// # Errors
/// What cannot be read at all; what is wrong with rows goes to `problems`.
pub(super) fn read(
    reader: impl Read,
    name: &str,
    problems: &mut Problems<'_>,
    mut each: impl FnMut(&Record<'_>, &mut Problems<'_>),
) -> Result<(), Vec<Problem>> {
    let source = Source::open(reader, name).map_err(|problem| vec![problem])?;
    let is_gzip = source.is_gzip();
    let mut bytes = BufReader::new(source);
    let mut head = [0];
    let count = bytes.read(&mut head);
    let count = count.map_err(|error| vec![reading_problem(name, 0, is_gzip, &error)])?;
    let whole = head[..count].chain(bytes);
    if head[0] == b'[' {
        return json(whole, name, is_gzip, problems, &mut each);
    }
    let mut table = ReaderBuilder::new()
        .delimiter(b'\t')
        .flexible(true)
        .quoting(false)
        .terminator(Terminator::Any(b'\n'))
        .from_reader(EvenLines::new(whole));
    let failed = |error: csv::Error| {
        let line = error.position().map_or(0, csv::Position::line);
        vec![match error.into_kind() {
            csv::ErrorKind::Io(error) => reading_problem(name, line, is_gzip, &error),
            other => Problem::line(name, line, format!("cannot be read as a table: {other:?}")),
        }]
    };
    let header = table.headers().map_err(failed)?.clone();
    for needed in ["task_id", "native_id", "submit", "realtime"] {
        if !header.iter().any(|known| known.trim() == needed) {
            let message =
                format!("the header has no column {needed}; ask Nextflow for it with trace.fields");
            problems.add(1, needed, message);
        }
    }
    if !problems.is_empty() {
        return Ok(());
    }
    let mut row = StringRecord::new();
    while table.read_record(&mut row).map_err(failed)? {
        let line = row.position().map_or(0, csv::Position::line);
        if row.len() != header.len() {
            let message = format!("has {} cells, and the header {}", row.len(), header.len());
            problems.add(line, "", message);
            continue;
        }
        let record = Record {
            line,
            place: String::new(),
            cells: Cells::Table(&header, &row),
        };
        each(&record, problems);
    }
    Ok(())
}

fn json(
    bytes: impl Read,
    name: &str,
    is_gzip: bool,
    problems: &mut Problems<'_>,
    each: &mut impl FnMut(&Record<'_>, &mut Problems<'_>),
) -> Result<(), Vec<Problem>> {
    let read: Result<Vec<Value>, _> = serde_json::from_reader(BufReader::new(bytes));
    let tasks = read.map_err(|error| {
        let line = error.line() as u64;
        vec![match error.io_error_kind() {
            Some(kind) => reading_problem(name, line, is_gzip, &kind.into()),
            None => Problem::line(name, line, format!("JSON syntax: {error}")),
        }]
    })?;
    for (index, task) in tasks.iter().enumerate() {
        let record = Record {
            line: 0,
            place: format!("/{index}/"),
            cells: Cells::Json(task),
        };
        each(&record, problems);
    }
    Ok(())
}
