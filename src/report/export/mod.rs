//! A run folder in the formats of others: FOCUS and CUR bills, Batsim's results, SWF. Pure over the bytes of its tables.

mod batsim;
mod cur;
mod focus;
mod swf;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Read};

use csv::{ReaderBuilder, StringRecord};

pub use batsim::{BatsimVersion, batsim_jobs, batsim_schedule};
pub use cur::{CUR_2_0, write_cur};
pub use focus::{FOCUS_1_2, OURS, write_focus};
pub use swf::write_run_swf;

/// What the files of a run say of it as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct RunFacts {
    /// Name of its scenario.
    pub scenario: String,
    /// Its region.
    pub region: String,
    /// Milliseconds from 1970 to simulated time zero.
    pub start_epoch_ms: i64,
    /// When it ended, in milliseconds.
    pub end_ms: u64,
    /// Version of the program that made it.
    pub version: String,
}

/// Why a run cannot be exported.
#[derive(Debug)]
pub enum ExportFault {
    /// A table is not what it should be, and how.
    Table(String),
    /// What was made cannot be written.
    Write(io::Error),
}

impl From<io::Error> for ExportFault {
    fn from(error: io::Error) -> ExportFault {
        ExportFault::Write(error)
    }
}

impl From<csv::Error> for ExportFault {
    fn from(error: csv::Error) -> ExportFault {
        ExportFault::Write(io::Error::other(error))
    }
}

/// A table of a run, row by row, its columns by name.
struct Rows<R: Read> {
    file: &'static str,
    columns: BTreeMap<String, usize>,
    reader: csv::Reader<R>,
    row: StringRecord,
}

impl<R: Read> Rows<R> {
    /// Reads the header and looks for `columns`.
    fn open(file: &'static str, from: R, columns: &[&str]) -> Result<Rows<R>, ExportFault> {
        let mut reader = ReaderBuilder::new().comment(Some(b'#')).from_reader(from);
        let wrong =
            |error: csv::Error| ExportFault::Table(format!("{file} that is no table: {error}"));
        let header = reader.headers().map_err(wrong)?;
        let known: BTreeMap<String, usize> = header.iter().map(str::to_owned).zip(0..).collect();
        let missing: Vec<&str> = (columns.iter().copied())
            .filter(|column| !known.contains_key(*column))
            .collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            return Err(ExportFault::Table(format!(
                "{file} without the columns {missing}"
            )));
        }
        Ok(Rows {
            file,
            columns: known,
            reader,
            row: StringRecord::new(),
        })
    }

    /// Goes to the next row; `false` after the last.
    fn next(&mut self) -> Result<bool, ExportFault> {
        let file = self.file;
        self.reader
            .read_record(&mut self.row)
            .map_err(|error| ExportFault::Table(format!("{file} that cannot be read: {error}")))
    }

    /// A cell of this row; empty where there is none.
    fn text(&self, column: &str) -> &str {
        let at = self.columns.get(column);
        at.and_then(|at| self.row.get(*at)).unwrap_or("")
    }

    /// Seconds in a cell as milliseconds; `None` where it is empty.
    ///
    /// # Errors
    /// A cell that is no time, with its line.
    fn ms(&self, column: &str) -> Result<Option<u64>, ExportFault> {
        self.decimal(column, 3)
            .map(|ms| ms.map(|ms| u64::try_from(ms).unwrap_or(0)))
    }

    /// A whole number; 0 where the cell is empty.
    ///
    /// # Errors
    /// A cell that is none, with its line.
    fn whole(&self, column: &str) -> Result<u64, ExportFault> {
        let whole = self.decimal(column, 0)?.unwrap_or(0);
        Ok(u64::try_from(whole).unwrap_or(0))
    }

    /// A decimal times ten to the power of `digits`, what is below cut off; `None` where the cell is empty.
    ///
    /// # Errors
    /// A cell that is none, with its line.
    fn decimal(&self, column: &str, digits: u32) -> Result<Option<i128>, ExportFault> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        parse_decimal(text, digits).map(Some).ok_or_else(|| {
            let line = self.row.position().map_or(0, csv::Position::line);
            ExportFault::Table(format!(
                "{} line {line} column {column}: `{text}` is no number",
                self.file
            ))
        })
    }
}

/// A decimal times ten to the power of `digits`; what is below is cut off.
fn parse_decimal(text: &str, digits: u32) -> Option<i128> {
    let (sign, plain) = match text.strip_prefix('-') {
        Some(plain) => (-1, plain),
        None => (1, text),
    };
    let (whole, part) = plain.split_once('.').unwrap_or((plain, ""));
    let is_plain = |text: &str| text.bytes().all(|letter| letter.is_ascii_digit());
    if whole.is_empty() || !is_plain(whole) || !is_plain(part) {
        return None;
    }
    let kept: String = part
        .chars()
        .chain("0".repeat(digits as usize).chars())
        .take(digits as usize)
        .collect();
    format!("{whole}{kept}")
        .parse::<i128>()
        .ok()
        .map(|number| sign * number)
}

/// A moment of the run as UTC: `2026-01-05T22:00:00Z`, to the second.
fn utc(facts: &RunFacts, ms: u64) -> String {
    let at = facts
        .start_epoch_ms
        .saturating_add(i64::try_from(ms).unwrap_or(i64::MAX));
    let second = jiff::Timestamp::from_second(at.div_euclid(1000));
    second.map_or_else(|_| String::new(), |second| second.to_string())
}

/// The first moment of the month of `ms`, or of the month after, as UTC.
fn month(facts: &RunFacts, ms: u64, later: bool) -> String {
    let text = utc(facts, ms);
    let number =
        |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<u32>().ok());
    match (number(0..4), number(5..7)) {
        (Some(year), Some(month)) => {
            let months = year * 12 + month - 1 + u32::from(later);
            format!("{:04}-{:02}-01T00:00:00Z", months / 12, months % 12 + 1)
        }
        _ => String::new(),
    }
}
