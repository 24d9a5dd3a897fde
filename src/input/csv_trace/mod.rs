//! Reads the native trace: CSV with a header, units in the column names, one row for each job, array or array child. The
//! `jobs.csv` of a run is such a trace again.

mod arrays;
mod cells;
mod columns;
mod draft;
mod ties;

use std::io::Read;

use csv::{ByteRecord, Position, ReaderBuilder, Terminator};

use super::builder::Problems;
use super::source::{EvenLines, Source, reading_problem};
use super::{Problem, Trace, TraceOptions};

use columns::Columns;
use draft::Drafts;

/// Reads a trace, plain or gzip; `name` is what problems call it.
///
/// Columns are found by name, in any order; a cell that is empty is absent. Rows are sorted by submission; rows of one
/// moment keep their order, except that what depends on another comes after it. The `jobs.csv` of a run (it has `end_s`) is
/// in order of ends: there the rows of one moment are sorted by number.
///
/// Dropped and counted on request: jobs that run for no time (`zero-run`) or have another `status` than SUCCEEDED
/// (`not-completed`), but no children of arrays. Repaired and counted: times finer than a millisecond (`rounded-to-ms`),
/// rows that stand behind a later one (`unsorted-submit`), dependencies on dropped
/// jobs (`dependency-on-dropped`), arrays whose children have estimates of their own (`child-estimates`): the longest holds
/// for all. Run times and fates may be each child's own.
///
/// # Errors
/// Every problem, up to a hundred, and the number of the others.
pub fn read(reader: impl Read, name: &str, options: &TraceOptions) -> Result<Trace, Vec<Problem>> {
    let mut problems = Problems::of(name);
    let source = Source::open(reader, name).map_err(|problem| vec![problem])?;
    let is_gzip = source.is_gzip();
    let mut records = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .terminator(Terminator::Any(b'\n'))
        .from_reader(EvenLines::new(source));
    let mut record = ByteRecord::new();
    // The line that the record begins in: the reader's own count begins before the blank lines that it skips.
    let mut next = |record: &mut ByteRecord| match records.read_byte_record(record) {
        Ok(false) => Ok(None),
        Ok(true) => {
            let (after, least) = (records.position().line(), record.position());
            let least = least.map_or(0, Position::line);
            if after == least + 1 {
                return Ok(Some(least));
            }
            let breaks = record.as_slice().iter().filter(|&&byte| byte == b'\n');
            let within = breaks.count() as u64;
            Ok(Some(after.saturating_sub(within + 1).max(least)))
        }
        Err(error) => {
            let line = records.position().line();
            Err(match error.into_kind() {
                csv::ErrorKind::Io(error) => reading_problem(name, line, is_gzip, &error),
                other => Problem::line(name, line, format!("cannot be read as CSV: {other:?}")),
            })
        }
    };
    match next(&mut record) {
        Ok(Some(_)) => {}
        Ok(None) => {
            problems.add(
                0,
                "",
                "is empty; a trace begins with a header such as submit_s,run_s,vcpus",
            );
            return Err(problems.into_list());
        }
        Err(problem) => return Err(vec![problem]),
    }
    let columns = Columns::read(&record, options.job_definition.is_some(), &mut problems);
    if !problems.is_empty() {
        return Err(problems.into_list());
    }
    let mut drafts = Drafts::new(options, columns, problems);
    loop {
        match next(&mut record) {
            Ok(Some(line)) => drafts.record(&record, line),
            Ok(None) => break,
            Err(problem) => {
                drafts.problems.push(problem);
                break;
            }
        }
    }
    drafts.finish()
}

#[cfg(test)]
mod tests;
