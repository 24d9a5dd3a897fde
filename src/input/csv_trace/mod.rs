//! Reads the native trace: CSV with a header, units in the column names, one row for each job, array or array child. The
//! `jobs.csv` of a run is such a trace again.

mod arrays;
mod cells;
mod columns;
mod draft;
mod mend;
mod ties;

use std::io::Read;

use csv::ByteRecord;

use super::builder::Problems;
use super::table::{Form, Table};
use super::{Problem, Trace, TraceOptions, find_rule};

use columns::Columns;
use draft::Drafts;

/// Reads a trace, plain or gzip; `name` is what problems call it.
///
/// Columns are found by name, in any order; a cell that is empty is absent. Rows are sorted by submission; rows of one
/// moment keep their order, except that what depends on another comes after it. The `jobs.csv` of a run (it has `end_s`) is
/// in order of ends: there the rows of one moment are sorted by number.
///
/// Lines in front of the header that begin with `# ` are comments. What `batchcast doctor --fix` and `batchcast import` say there of the
/// jobs (`# batchcast: repaired memory-in-kb 7`) counts as if it had been done now.
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
    let mut table = Table::open(reader, name, Form::QUOTED).map_err(|problem| vec![problem])?;
    let comments = std::mem::take(&mut table.comments);
    let mut header = ByteRecord::new();
    match table.next(&mut header) {
        Ok(Some(_)) => {}
        Ok(None) => {
            let message = "is empty; a trace begins with a header such as submit_s,run_s,vcpus";
            return Err(vec![Problem::whole(name, message)]);
        }
        Err(problem) => return Err(vec![problem]),
    }
    let mut trace = read_rows(&header, |record| table.next(record), name, options)?;
    for comment in &comments {
        take_counts(&mut trace, comment);
    }
    Ok(trace)
}

/// Reads the rows that `next` gives, each with the line that it stands in, until there are no more; `header` names their cells.
pub(super) fn read_rows(
    header: &ByteRecord,
    mut next: impl FnMut(&mut ByteRecord) -> Result<Option<u64>, Problem>,
    name: &str,
    options: &TraceOptions,
) -> Result<Trace, Vec<Problem>> {
    let mut problems = Problems::of(name);
    let columns = Columns::read(header, options.job_definition.is_some(), &mut problems);
    if !problems.is_empty() {
        return Err(problems.into_list());
    }
    let mut drafts = Drafts::new(options, columns, problems);
    let mut record = ByteRecord::new();
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

/// Takes over `batchcast: dropped zero-run 3`: what was done to the jobs before they came to stand here.
fn take_counts(trace: &mut Trace, comment: &str) {
    let Some(rest) = comment.strip_prefix("batchcast:") else {
        return;
    };
    let words: Vec<&str> = rest.split_whitespace().collect();
    let [what, rule, count] = words[..] else {
        return;
    };
    let Ok(count) = count.parse::<u64>() else {
        return;
    };
    let (counts, other) = match what {
        "dropped" => (&mut trace.workload.dropped, "dropped-elsewhere"),
        "repaired" => (&mut trace.workload.repaired, "repaired-elsewhere"),
        _ => return,
    };
    let rule = find_rule(rule).map_or(other, |rule| rule.name);
    match counts.iter_mut().find(|(name, _)| *name == rule) {
        Some((_, known)) => *known = known.saturating_add(count),
        None => counts.push((rule, count)),
    }
    counts.sort_unstable();
}

#[cfg(test)]
mod tests;
