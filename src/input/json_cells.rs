//! Parts of JSON documents that take whatever stands there: so a document is read once, fast, and everything that is wrong with it is
//! told with its pointer instead of the first thing with its line.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Problem;
use super::source::{Source, reading_problem};

/// Largest document that is read, unpacked: a document is held whole, and a packed one may unpack without end.
const DOCUMENT_MAX: u64 = 4 << 30;

/// The bytes of a document, plain or gzip.
///
/// # Errors
/// Where they cannot be read, or are more than a document may have.
pub(super) fn read_document(reader: impl Read, name: &str) -> Result<Vec<u8>, Problem> {
    let mut source = Source::open(reader, name)?;
    let is_gzip = source.is_gzip();
    let mut bytes = Vec::new();
    let read = source
        .by_ref()
        .take(DOCUMENT_MAX + 1)
        .read_to_end(&mut bytes);
    read.map_err(|error| reading_problem(name, 0, is_gzip, &error))?;
    if bytes.len() as u64 > DOCUMENT_MAX {
        let message = "is larger than 4 GiB; a JSON document is held in memory whole, so split it";
        return Err(Problem::whole(name, message));
    }
    Ok(bytes)
}

/// Parses a document into its loose parts.
///
/// # Errors
/// Where it is no JSON.
pub(super) fn parse<'d, T: Deserialize<'d>>(bytes: &'d [u8], name: &str) -> Result<T, Problem> {
    let bytes = bytes.trim_ascii_start();
    if bytes.is_empty() {
        return Err(Problem::whole(
            name,
            "is empty; a JSON document was expected",
        ));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let line = error.line() as u64;
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or(&text);
        let message = format!("is no JSON: {what} (column {})", error.column());
        Problem::line(name, line, message)
    })
}

/// A value that should be plain: a number or a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Cell<'d> {
    /// Not there, or null.
    #[default]
    Missing,
    /// A whole number.
    Whole(u64),
    /// Any other number.
    Number(f64),
    /// A text.
    Text(Cow<'d, str>),
    /// Something else, by name.
    Other(&'static str),
}

impl Cell<'_> {
    /// What it is, for a message.
    pub(super) fn shown(&self) -> String {
        match self {
            Cell::Missing => "nothing".to_owned(),
            Cell::Whole(number) => number.to_string(),
            Cell::Number(number) => number.to_string(),
            Cell::Text(text) => format!("`{}`", super::scenario::shortened(text)),
            Cell::Other(what) => (*what).to_owned(),
        }
    }

    /// A number of seconds as milliseconds, rounded half up; none where it is missing.
    ///
    /// # Errors
    /// Why it is none.
    pub(super) fn milliseconds(&self) -> Result<Option<u64>, String> {
        let wrong = || {
            format!(
                "is {}; must be a number of seconds from 0 to {}",
                self.shown(),
                crate::units::SimTime::LAST.ms() / 1000
            )
        };
        let ms = match self {
            Cell::Missing => return Ok(None),
            Cell::Whole(seconds) => seconds.checked_mul(1000),
            // Casts saturate, and what is too large is refused below.
            Cell::Number(seconds) if *seconds >= 0.0 => Some((seconds * 1000.0).round() as u64),
            _ => None,
        };
        let ms = ms.filter(|ms| *ms <= crate::units::SimTime::LAST.ms());
        ms.map(Some).ok_or_else(wrong)
    }

    /// A number from `least` to `most`, fractions rounded up; none where it is missing.
    ///
    /// # Errors
    /// Why it is none.
    pub(super) fn at_least(&self, least: u64, most: u64) -> Result<Option<u64>, String> {
        let value = match self {
            Cell::Missing => return Ok(None),
            Cell::Whole(value) => Some(*value),
            Cell::Number(value) if *value >= 0.0 => Some(value.ceil() as u64),
            _ => None,
        };
        let value = value.filter(|value| (least..=most).contains(value));
        value.map(Some).ok_or_else(|| {
            let shown = self.shown();
            format!("is {shown}; must be a number from {least} to {most}")
        })
    }

    /// A text, or a whole number as one; none where it is missing.
    ///
    /// # Errors
    /// Why it is none.
    pub(super) fn text(&self) -> Result<Option<Cow<'_, str>>, String> {
        match self {
            Cell::Missing => Ok(None),
            Cell::Text(text) => Ok(Some(Cow::Borrowed(text))),
            Cell::Whole(number) => Ok(Some(Cow::Owned(number.to_string()))),
            other => Err(format!("is {}; must be a text", other.shown())),
        }
    }
}

impl<'d> Deserialize<'d> for Cell<'d> {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(CellVisitor)
    }
}

struct CellVisitor;

impl<'d> Visitor<'d> for CellVisitor {
    type Value = Cell<'d>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Cell::Other("true or false"))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Cell::Whole(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(match u64::try_from(value) {
            Ok(value) => Cell::Whole(value),
            Err(_) => Cell::Number(value as f64),
        })
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Cell::Number(value))
    }

    fn visit_borrowed_str<E>(self, value: &'d str) -> Result<Self::Value, E> {
        Ok(Cell::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Cell::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Cell::Missing)
    }

    fn visit_seq<A: SeqAccess<'d>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Cell::Other("a list"))
    }

    fn visit_map<A: MapAccess<'d>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Cell::Other("an object"))
    }
}

/// A part that should be a list or an object of a known form.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Part<'d, T> {
    /// It is.
    Is(T),
    /// It is not there.
    #[default]
    Missing,
    /// It is something else.
    Other(Cell<'d>),
}

/// What reads one entry of an object into the object being made.
pub(super) trait Object<'d>: Default {
    /// Reads the value of `key` from `map`; a key that is not known is read over.
    ///
    /// # Errors
    /// Where it is no JSON.
    fn entry<A: MapAccess<'d>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;
}

/// An object.
pub(super) type ObjectPart<'d, T> = Part<'d, Entries<T>>;
/// A list.
pub(super) type ListPart<'d, T> = Part<'d, Vec<T>>;

/// An object that was read entry by entry.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Entries<T>(pub(super) T);

impl<'d, T: Object<'d>> Deserialize<'d> for Part<'d, Entries<T>> {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(EntriesVisitor(PhantomData))
    }
}

/// Forwards what is neither list nor object to [`CellVisitor`].
macro_rules! plain_values_are_other {
    () => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }

        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Part::Other(Cell::Other("true or false")))
        }

        fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
            Ok(Part::Other(Cell::Whole(value)))
        }

        fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
            Ok(Part::Other(Cell::Number(value as f64)))
        }

        fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
            Ok(Part::Other(Cell::Number(value)))
        }

        fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
            Ok(Part::Other(Cell::Text(Cow::Owned(value.to_owned()))))
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Part::Missing)
        }
    };
}

struct EntriesVisitor<T>(PhantomData<T>);

impl<'d, T: Object<'d>> Visitor<'d> for EntriesVisitor<T> {
    type Value = Part<'d, Entries<T>>;

    plain_values_are_other!();

    fn visit_seq<A: SeqAccess<'d>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Part::Other(Cell::Other("a list")))
    }

    fn visit_map<A: MapAccess<'d>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut object = T::default();
        while let Some(key) = map.next_key::<Key<'d>>()? {
            object.entry(&key.0, &mut map)?;
        }
        Ok(Part::Is(Entries(object)))
    }
}

/// A key, borrowed where it holds no escapes.
struct Key<'d>(Cow<'d, str>);

impl<'d> Deserialize<'d> for Key<'d> {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'d> Visitor<'d> for KeyVisitor {
            type Value = Key<'d>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, value: &'d str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(value)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(value.to_owned())))
            }
        }
        from.deserialize_str(KeyVisitor)
    }
}

impl<'d, T: Deserialize<'d>> Deserialize<'d> for Part<'d, Vec<T>> {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'d, T: Deserialize<'d>> Visitor<'d> for ListVisitor<T> {
    type Value = Part<'d, Vec<T>>;

    plain_values_are_other!();

    fn visit_seq<A: SeqAccess<'d>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = seq.next_element()? {
            list.push(element);
        }
        Ok(Part::Is(list))
    }

    fn visit_map<A: MapAccess<'d>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Part::Other(Cell::Other("an object")))
    }
}

/// An object of any keys, in the order of the document.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Named<'d, T>(pub(super) Vec<(Cow<'d, str>, T)>);

impl<'d, T: Deserialize<'d>> Deserialize<'d> for Part<'d, Named<'d, T>> {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(NamedVisitor(PhantomData))
    }
}

struct NamedVisitor<T>(PhantomData<T>);

impl<'d, T: Deserialize<'d>> Visitor<'d> for NamedVisitor<T> {
    type Value = Part<'d, Named<'d, T>>;

    plain_values_are_other!();

    fn visit_seq<A: SeqAccess<'d>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Part::Other(Cell::Other("a list")))
    }

    fn visit_map<A: MapAccess<'d>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(key) = map.next_key::<Key<'d>>()? {
            list.push((key.0, map.next_value()?));
        }
        Ok(Part::Is(Named(list)))
    }
}
