//! A history as the JSON of `aws ec2 describe-spot-price-history`: an object, a bare list, or several of these end to end.

use std::fmt;
use std::io::Read;

use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::input::builder::Problems;
use crate::input::documents::each_document;

use super::history::{Assumed, PriceHistory};
use super::rows::{Part, Row};

/// The key under which the API gives the rows.
const ROWS: &str = "SpotPriceHistory";

/// Adds the rows of `bytes` to `history`.
pub(super) fn read(
    bytes: impl Read,
    is_gzip: bool,
    file: &str,
    history: &mut PriceHistory,
    assumed: Assumed<'_>,
    problems: &mut Problems<'_>,
) {
    each_document(
        bytes,
        is_gzip,
        file,
        "history",
        problems,
        |place, reader, problems| {
            let document = Document {
                place,
                history: &mut *history,
                assumed,
                problems,
            };
            document.deserialize(reader)
        },
    );
}

/// One document of a file.
struct Document<'d, 'p> {
    /// What stands before its pointers.
    place: String,
    history: &'d mut PriceHistory,
    assumed: Assumed<'d>,
    problems: &'d mut Problems<'p>,
}

impl Document<'_, '_> {
    fn wrong(&mut self, pointer: &str, message: impl Into<String>) {
        let pointer = format!("{}{pointer}", self.place);
        self.problems.add(0, pointer.trim_end(), message);
    }

    fn rows<'de, A: SeqAccess<'de>>(&mut self, mut rows: A, parent: &str) -> Result<(), A::Error> {
        let mut index = 0_u64;
        while let Some(row) = rows.next_element::<RawRow>()? {
            self.row(&row, &format!("{parent}/{index}"));
            index += 1;
        }
        Ok(())
    }

    fn row(&mut self, raw: &RawRow, pointer: &str) {
        if let Some(what) = raw.instead {
            self.wrong(pointer, format!("is {what}; a row is an object such as {{\"Timestamp\": …, \"InstanceType\": …, \"SpotPrice\": …}}"));
            return;
        }
        let texts = raw.cells.each_ref().map(|cell| match cell {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            Value::Number(number) => Ok(Some(number.to_string())),
            other => Err(format!("`{other}` is not text")),
        });
        let mut is_sound = true;
        for (key, text) in KEYS.iter().zip(&texts) {
            if let Err(why) = text {
                is_sound = false;
                self.wrong(&format!("{pointer}/{key}"), why.as_str());
            }
        }
        if !is_sound {
            return;
        }
        let [at, zone, zone_id, instance_type, price, product] = texts
            .each_ref()
            .map(|text| text.as_ref().ok().and_then(Option::as_deref));
        let row = Row {
            at,
            zone: zone.or(zone_id),
            instance_type,
            price,
            product,
        };
        let mut faults = Vec::new();
        row.add(self.history, self.assumed, false, |part, why| {
            faults.push((part, why));
        });
        for (part, why) in faults {
            let key = match part {
                Part::At => KEYS[0],
                Part::Zone => KEYS[1],
                Part::InstanceType => KEYS[3],
                Part::Price => KEYS[4],
            };
            self.wrong(&format!("{pointer}/{key}"), why);
        }
    }
}

impl<'de> DeserializeSeed<'de> for Document<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with SpotPriceHistory, or a list of its rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, rows: A) -> Result<(), A::Error> {
        self.rows(rows, "")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut has_rows = false;
        while let Some(key) = map.next_key::<String>()? {
            if key == ROWS {
                has_rows = true;
                map.next_value_seed(Rows(&mut self))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if !has_rows {
            let message = "has no SpotPriceHistory; a history is what `aws ec2 describe-spot-price-history` prints";
            self.wrong("", message);
        }
        Ok(())
    }
}

/// The list of rows of an object.
struct Rows<'r, 'd, 'p>(&'r mut Document<'d, 'p>);

impl<'de> DeserializeSeed<'de> for Rows<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows under SpotPriceHistory")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, rows: A) -> Result<(), A::Error> {
        self.0.rows(rows, &format!("/{ROWS}"))
    }
}

/// The keys of a row that count.
const KEYS: [&str; 6] = [
    "Timestamp",
    "AvailabilityZone",
    "AvailabilityZoneId",
    "InstanceType",
    "SpotPrice",
    "ProductDescription",
];

/// What a row holds, whatever it is.
#[derive(Default)]
struct RawRow {
    cells: [Value; KEYS.len()],
    /// What stands there in place of an object.
    instead: Option<&'static str>,
}

impl<'de> serde::Deserialize<'de> for RawRow {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<RawRow, D::Error> {
        reader.deserialize_any(RawRowVisitor)
    }
}

struct RawRowVisitor;

fn instead<E>(what: &'static str) -> Result<RawRow, E> {
    Ok(RawRow {
        instead: Some(what),
        ..RawRow::default()
    })
}

impl<'de> Visitor<'de> for RawRowVisitor {
    type Value = RawRow;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawRow, A::Error> {
        let mut row = RawRow::default();
        while let Some(key) = map.next_key::<String>()? {
            match KEYS.iter().position(|known| *known == key) {
                Some(at) => row.cells[at] = map.next_value()?,
                None => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(row)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<RawRow, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        instead("a list")
    }

    fn visit_unit<E>(self) -> Result<RawRow, E> {
        instead("null")
    }

    fn visit_bool<E>(self, _: bool) -> Result<RawRow, E> {
        instead("a flag")
    }

    fn visit_i64<E>(self, _: i64) -> Result<RawRow, E> {
        instead("a number")
    }

    fn visit_u64<E>(self, _: u64) -> Result<RawRow, E> {
        instead("a number")
    }

    fn visit_f64<E>(self, _: f64) -> Result<RawRow, E> {
        instead("a number")
    }

    fn visit_str<E>(self, _: &str) -> Result<RawRow, E> {
        instead("text")
    }
}
