//! Reads the traces of Alibaba's clusters: pods with GPUs (2023, a table with a header) and batch tasks (2018, a table without one).

pub mod batch_task;
pub mod pods;
#[cfg(test)]
mod tests;

use super::Problem;
use super::table::Table;
use super::tasks::Tasks;
use csv::ByteRecord;

/// Hands each record of `table` to `each`, and leaves out, where the trace is to be mended, those that `each` finds faults with.
fn each_record(
    table: &mut Table<'_>,
    tasks: &mut Tasks<'_>,
    mut each: impl FnMut(&mut Tasks<'_>, &ByteRecord, u64),
) {
    let mut record = ByteRecord::new();
    loop {
        match table.next(&mut record) {
            Ok(Some(line)) => {
                let before = tasks.problems.count();
                each(tasks, &record, line);
                tasks.judge(before, line);
            }
            Ok(None) => return,
            Err(problem) => {
                tasks.problems.push(problem);
                return;
            }
        }
    }
}

/// Milliseconds of a cell of whole or decimal seconds; `None` where it is empty or wrong, which is said.
fn seconds(tasks: &mut Tasks<'_>, line: u64, name: &str, text: &str) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    match super::builder::parse_seconds(text.as_bytes()) {
        Ok(seconds) => Some(seconds.ms),
        Err(message) => {
            tasks.wrong(line, name, message);
            None
        }
    }
}

/// A whole number in a cell; `None` where it is empty or wrong, which is said.
fn whole(tasks: &mut Tasks<'_>, line: u64, name: &str, text: &str) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    match super::builder::parse_whole(text.as_bytes(), 0, u32::MAX) {
        Ok(number) => Some(number),
        Err(message) => {
            tasks.wrong(line, name, message);
            None
        }
    }
}

/// The list of problems with one in it.
fn one(problem: Problem) -> Vec<Problem> {
    vec![problem]
}
