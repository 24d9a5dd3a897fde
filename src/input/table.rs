//! Tables as logs have them: records of cells, with the line that each begins in.

use std::io::{BufRead, BufReader, Read};

use csv::{ByteRecord, Position, ReaderBuilder, Terminator};

use super::Problem;
use super::source::{EvenLines, LONGEST_LINE, Source, reading_problem};

/// Bytes that are held before records are made of them.
const BLOCK: usize = 256 << 10;
/// Comments in front of a table that are kept; there is no reason for more.
const COMMENTS_MAX: usize = 1000;

/// How a table is written.
#[derive(Clone, Copy)]
pub(super) struct Form {
    delimiter: u8,
    quoting: bool,
}

impl Form {
    /// Commas, and quotes where a cell needs them.
    pub(super) const QUOTED: Form = Form {
        delimiter: b',',
        quoting: true,
    };
    /// Bars, and no quotes.
    pub(super) const BARS: Form = Form {
        delimiter: b'|',
        quoting: false,
    };
}

/// A table that is read record by record.
pub(super) struct Table<'a> {
    name: &'a str,
    is_gzip: bool,
    records: csv::Reader<EvenLines<BufReader<Source<'a>>>>,
    /// The lines in front that begin with `# `, without that.
    pub(super) comments: Vec<String>,
    /// How many these were.
    offset: u64,
}

impl<'a> Table<'a> {
    /// Begins to read `reader`, plain or gzip; `name` is what problems call it.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub(super) fn open(
        reader: impl Read + 'a,
        name: &'a str,
        form: Form,
    ) -> Result<Table<'a>, Problem> {
        let source = Source::open(reader, name)?;
        let is_gzip = source.is_gzip();
        let mut bytes = BufReader::with_capacity(BLOCK, source);
        let mut comments = Vec::new();
        let mut offset = 0;
        loop {
            let ahead = bytes.fill_buf();
            let ahead = ahead.map_err(|error| reading_problem(name, offset, is_gzip, &error))?;
            if !ahead.starts_with(b"# ") {
                break;
            }
            let mut line = Vec::new();
            let read = (&mut bytes)
                .take(LONGEST_LINE as u64)
                .read_until(b'\n', &mut line);
            read.map_err(|error| reading_problem(name, offset, is_gzip, &error))?;
            offset += 1;
            if comments.len() < COMMENTS_MAX {
                comments.push(String::from_utf8_lossy(line[2..].trim_ascii()).into_owned());
            }
        }
        let records = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(form.delimiter)
            .quoting(form.quoting)
            .terminator(Terminator::Any(b'\n'))
            .from_reader(EvenLines::new(bytes));
        Ok(Table {
            name,
            is_gzip,
            records,
            comments,
            offset,
        })
    }

    /// Reads the next record into `record` and returns the line that it begins in; `None` after the last.
    ///
    /// # Errors
    /// Where it cannot be read further.
    pub(super) fn next(&mut self, record: &mut ByteRecord) -> Result<Option<u64>, Problem> {
        match self.records.read_byte_record(record) {
            Ok(false) => Ok(None),
            // The reader's own count begins before the blank lines that it skips.
            Ok(true) => {
                let (after, least) = (self.records.position().line(), record.position());
                let least = least.map_or(0, Position::line);
                if after == least + 1 {
                    return Ok(Some(least + self.offset));
                }
                let breaks = record.as_slice().iter().filter(|&&byte| byte == b'\n');
                let within = breaks.count() as u64;
                Ok(Some(
                    after.saturating_sub(within + 1).max(least) + self.offset,
                ))
            }
            Err(error) => {
                let line = self.records.position().line() + self.offset;
                Err(match error.into_kind() {
                    csv::ErrorKind::Io(error) => {
                        reading_problem(self.name, line, self.is_gzip, &error)
                    }
                    other => {
                        Problem::line(self.name, line, format!("cannot be read as CSV: {other:?}"))
                    }
                })
            }
        }
    }
}

/// The text of a record's cell without spaces around it; empty where the column or the cell is not there.
pub(super) fn cell(record: &ByteRecord, place: Option<usize>) -> &str {
    let cell = place.and_then(|place| record.get(place));
    str::from_utf8(cell.unwrap_or_default())
        .unwrap_or_default()
        .trim()
}

/// What is wrong with a record as a whole, if anything is: it should be text and have `count` cells.
pub(super) fn fault(record: &ByteRecord, count: usize) -> Option<String> {
    if str::from_utf8(record.as_slice()).is_err() || record.as_slice().contains(&0) {
        return Some("is not UTF-8 text".to_owned());
    }
    (record.len() != count).then(|| {
        format!(
            "has {} cells; {count} were expected, as the first line has or the format says",
            record.len()
        )
    })
}
