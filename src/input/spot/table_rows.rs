//! A history as CSV: columns by name, in any order.

use std::io::Read;

use csv::{ByteRecord, ReaderBuilder, Terminator};

use crate::input::builder::Problems;
use crate::input::source::{EvenLines, reading_problem};

use super::history::{Assumed, PriceHistory};
use super::rows::{Part, Row};

/// Names of the columns, in lower case and without blanks, hyphens and underscores.
const AT: &[&str] = &["timestamp", "timestamputc", "time", "date"];
const ZONE: &[&str] = &["availabilityzone", "az", "zone", "region"];
const TYPE: &[&str] = &["instancetype", "type"];
const PRICE: &[&str] = &[
    "spotprice",
    "price",
    "spotusdperhour",
    "priceusdperhour",
    "usdperhour",
];
const PRODUCT: &[&str] = &["productdescription", "product"];

/// Where a column is, and what its file calls it.
#[derive(Default)]
struct Column {
    at: Option<usize>,
    name: String,
}

impl Column {
    fn of<'r>(&self, record: &'r ByteRecord) -> Option<&'r str> {
        let cell = record.get(self.at?)?.trim_ascii();
        // What is no UTF-8 is neither a name nor a number either.
        Some(str::from_utf8(cell).unwrap_or("\u{fffd}"))
    }
}

/// Adds the rows of `bytes` to `history`.
pub(super) fn read(
    bytes: impl Read,
    is_gzip: bool,
    file: &str,
    history: &mut PriceHistory,
    assumed: Assumed<'_>,
    problems: &mut Problems<'_>,
) {
    let mut records = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .terminator(Terminator::Any(b'\n'))
        .from_reader(EvenLines::new(bytes));
    let mut record = ByteRecord::new();
    let mut header = None;
    let mut width = 0;
    loop {
        match records.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                let line = records.position().line();
                match error.into_kind() {
                    csv::ErrorKind::Io(error) => {
                        problems.push(reading_problem(file, line, is_gzip, &error));
                    }
                    other => {
                        problems.add(line, "", format!("cannot be read as CSV: {other:?}"));
                    }
                }
                return;
            }
        }
        let line = records.position().line().saturating_sub(1);
        let Some(header) = &header else {
            width = record.len();
            match Header::read(&record, line, assumed, problems) {
                Some(read) => header = Some(read),
                None => return,
            }
            continue;
        };
        if record.len() != width {
            let message = format!("has {} cells, and the header {width}", record.len());
            problems.add(line, "", message);
            continue;
        }
        header
            .row(&record)
            .add(history, assumed, header.is_utc, |part, why| {
                problems.add(line, &header.column(part).name, why);
            });
    }
}

struct Header {
    at: Column,
    zone: Column,
    instance_type: Column,
    price: Column,
    product: Column,
    /// Whether the name of the column of moments says that they are UTC.
    is_utc: bool,
}

impl Header {
    /// The columns of the header, unless one is missing.
    fn read(
        record: &ByteRecord,
        line: u64,
        assumed: Assumed<'_>,
        problems: &mut Problems<'_>,
    ) -> Option<Header> {
        let names: Vec<String> = record
            .iter()
            .map(|name| String::from_utf8_lossy(name).trim().to_owned())
            .collect();
        let folded: Vec<String> = names
            .iter()
            .map(|name| name.to_lowercase().replace([' ', '-', '_'], ""))
            .collect();
        let column = |known: &[&str]| {
            let at = known
                .iter()
                .find_map(|known| folded.iter().position(|name| name == known));
            Column {
                at,
                name: at.map_or(String::new(), |at| names[at].clone()),
            }
        };
        let header = Header {
            at: column(AT),
            zone: column(ZONE),
            instance_type: column(TYPE),
            price: column(PRICE),
            product: column(PRODUCT),
            is_utc: column(AT).name.to_lowercase().contains("utc"),
        };
        let mut is_whole = true;
        let mut need = |column: &Column, what: &str, like: &str| {
            if column.at.is_none() {
                is_whole = false;
                let message = format!("the header names no column of {what}, such as {like}");
                problems.add(line, "", message);
            }
        };
        need(&header.at, "moments", "timestamp_utc");
        need(&header.price, "prices", "spot_usd_per_hour");
        if assumed.instance_type.is_none() {
            need(
                &header.instance_type,
                "types",
                "instance_type (or say with historyInstanceType which it is)",
            );
        }
        is_whole.then_some(header)
    }

    fn row<'r>(&self, record: &'r ByteRecord) -> Row<'r> {
        Row {
            at: self.at.of(record),
            zone: self.zone.of(record),
            instance_type: self.instance_type.of(record),
            price: self.price.of(record),
            product: self.product.of(record),
        }
    }

    fn column(&self, part: Part) -> &Column {
        match part {
            Part::At => &self.at,
            Part::Zone => &self.zone,
            Part::InstanceType => &self.instance_type,
            Part::Price => &self.price,
        }
    }
}
