//! Reads Parquet files with the columns of our CSV: whole and decimal numbers and texts, which mean what they mean there.

use std::io::Read;

use bytes::Bytes;
use csv::ByteRecord;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

use super::csv_trace::read_rows;
use super::json_cells::read_document;
use super::{Problem, Trace, TraceOptions};

/// Reads a trace; `name` is what problems call it. Lines of problems count rows, from 2 on, as if the file were our CSV.
///
/// # Errors
/// Every problem, up to a hundred, and the number of the others.
pub fn read(reader: impl Read, name: &str, options: &TraceOptions) -> Result<Trace, Vec<Problem>> {
    let bytes = read_document(reader, name).map_err(|problem| vec![problem])?;
    let damaged = |error: parquet::errors::ParquetError| {
        Problem::whole(name, format!("cannot be read as Parquet: {error}"))
    };
    let file = SerializedFileReader::new(Bytes::from(bytes));
    let file = file.map_err(|error| vec![damaged(error)])?;
    let columns = file.metadata().file_metadata().schema().get_fields().iter();
    let header: ByteRecord = columns.map(|column| column.name().as_bytes()).collect();
    let mut rows = file
        .get_row_iter(None)
        .map_err(|error| vec![damaged(error)])?;
    let mut line = 1;
    let next = |record: &mut ByteRecord| {
        let Some(row) = rows.next() else {
            return Ok(None);
        };
        let row = row.map_err(damaged)?;
        line += 1;
        record.clear();
        for (column, field) in row.get_column_iter() {
            let text = text(field).map_err(|what| {
                Problem::at(
                    name,
                    line,
                    column,
                    format!("is {what}; must be a number or a text"),
                )
            })?;
            record.push_field(text.as_bytes());
        }
        Ok(Some(line))
    };
    read_rows(&header, next, name, options)
}

/// A cell as our CSV has it.
fn text(field: &Field) -> Result<String, String> {
    Ok(match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Byte(number) => number.to_string(),
        Field::Short(number) => number.to_string(),
        Field::Int(number) => number.to_string(),
        Field::Long(number) => number.to_string(),
        Field::UByte(number) => number.to_string(),
        Field::UShort(number) => number.to_string(),
        Field::UInt(number) => number.to_string(),
        Field::ULong(number) => number.to_string(),
        // Without exponents, and nothing where it is no number.
        Field::Float(number) if number.is_nan() => String::new(),
        Field::Double(number) if number.is_nan() => String::new(),
        Field::Float(number) => number.to_string(),
        Field::Double(number) => number.to_string(),
        other => return Err(format!("{other}")),
    })
}
