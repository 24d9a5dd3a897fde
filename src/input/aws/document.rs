//! The JSON documents of an export: one or several end to end, whose long lists are handed on element by element.

use std::fmt;
use std::io::Read;

use serde::Deserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::input::builder::Problems;
use crate::input::documents::each_document;

use super::kinds::{Kind, kind_of, kind_of_list};
use super::member::{Place, described};

/// Told everything that a file holds.
pub(super) trait Reader {
    /// One thing of a kind.
    fn take(&mut self, kind: Kind, place: Place<'_>, problems: &mut Problems<'_>);
    /// A list of this kind begins, which may have nothing in it.
    fn begin(&mut self, kind: Kind);
    /// There are more pages of it that were not asked for.
    fn is_cut(&mut self);
    /// Something that is of no kind we know.
    fn unknown(&mut self);
}

/// Tells `to` what is in `bytes`, unpacked.
pub(super) fn read(
    bytes: impl Read,
    is_gzip: bool,
    file: &str,
    to: &mut dyn Reader,
    problems: &mut Problems<'_>,
) {
    each_document(
        bytes,
        is_gzip,
        file,
        "export",
        problems,
        |place, reader, problems| {
            let document = Document {
                place,
                to: &mut *to,
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
    to: &'d mut dyn Reader,
    problems: &'d mut Problems<'p>,
}

impl Document<'_, '_> {
    /// A value of a kind that only its members tell.
    fn any(&mut self, value: &Value, pointer: &str) {
        let full = format!("{}{pointer}", self.place);
        let place = Place {
            value,
            pointer: full.trim_end(),
        };
        if let Some(kind) = kind_of(value) {
            self.to.begin(kind);
            self.to.take(kind, place, self.problems);
            return;
        }
        // A table of instance types by name is a describe-instance-types too.
        let members = value.as_object().filter(|members| {
            !members.is_empty()
                && members
                    .values()
                    .all(|member| kind_of(member) == Some(Kind::InstanceType))
        });
        let Some(members) = members else {
            self.to.unknown();
            return;
        };
        self.to.begin(Kind::InstanceType);
        for (key, member) in members {
            let full = format!("{}{pointer}/{key}", self.place);
            let place = Place {
                value: member,
                pointer: &full,
            };
            self.to.take(Kind::InstanceType, place, self.problems);
        }
    }

    fn listed(&mut self, kind: Kind, value: &Value, pointer: &str) {
        let full = format!("{}{pointer}", self.place);
        let inner;
        let mut value = value;
        if let (Kind::PriceProduct, Some(text)) = (kind, value.as_str()) {
            // A product is text that is JSON again.
            inner = serde_json::from_str::<Value>(text).unwrap_or_default();
            value = &inner;
        }
        if !value.is_object() {
            let message = format!("{} is no object", described(value));
            self.problems.add(0, &full, message);
            return;
        }
        let place = Place {
            value,
            pointer: &full,
        };
        self.to.take(kind, place, self.problems);
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
        f.write_str("an object or a list, as the AWS command line prints it")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0_u64;
        while let Some(item) = items.next_element::<Value>()? {
            self.any(&item, &format!("/{index}"));
            index += 1;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut rest = Map::new();
        let mut has_list = false;
        while let Some(key) = map.next_key::<String>()? {
            match kind_of_list(&key) {
                Some(kind) => {
                    has_list = true;
                    self.to.begin(kind);
                    let list = List {
                        kind,
                        key: &key,
                        document: &mut self,
                    };
                    map.next_value_seed(list)?;
                }
                None => _ = rest.insert(key, map.next_value()?),
            }
        }
        let token = |key: &str| {
            rest.get(key)
                .is_some_and(|token| token.as_str().is_some_and(|text| !text.is_empty()))
        };
        if token("nextToken") || token("NextToken") {
            self.to.is_cut();
        }
        if !has_list {
            self.any(&Value::Object(rest), "");
        }
        Ok(())
    }
}

/// The list of an answer.
struct List<'l, 'd, 'p> {
    kind: Kind,
    key: &'l str,
    document: &'l mut Document<'d, 'p>,
}

impl<'de> DeserializeSeed<'de> for List<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list under {}", self.key)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0_u64;
        while let Some(item) = items.next_element::<Value>()? {
            let pointer = format!("/{}/{index}", self.key);
            self.document.listed(self.kind, &item, &pointer);
            index += 1;
        }
        Ok(())
    }
}
