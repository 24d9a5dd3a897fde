//! The tables of keys as rows for people: what a scenario may say, and what the model assumes.

use crate::model::{ASSUMPTIONS, Profile, Unit};

use super::ours::SCENARIO;
use super::shape::{Effect, Field, Kind};

/// A key of a scenario file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// Where it stands: `jobQueues[].priority`, `events[].UpdateJobQueue.priority`.
    pub path: String,
    /// What its value may be: `text`, `span`, `list` and the like.
    pub kind: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What holds where it is left out, as JSON; empty where nothing does.
    pub default: &'static str,
    /// The unit of its number, if it has one.
    pub unit: &'static str,
    /// What it means.
    pub doc: &'static str,
}

/// Every key that the simulation heeds, in the order of the tables.
pub fn key_table() -> Vec<KeyRow> {
    let mut rows = Vec::new();
    for field in SCENARIO.fields {
        add(field, "", &mut rows);
    }
    rows
}

fn add(field: &'static Field, parent: &str, rows: &mut Vec<KeyRow>) {
    if field.effect == Effect::Ignored {
        return;
    }
    let path = format!("{parent}{}", field.name);
    rows.push(KeyRow {
        path: path.clone(),
        kind: word(&field.kind),
        required: field.required,
        default: field.default.unwrap_or_default(),
        unit: field.unit,
        doc: field.doc,
    });
    descend(&field.kind, &path, rows);
}

fn descend(kind: &'static Kind, path: &str, rows: &mut Vec<KeyRow>) {
    match kind {
        Kind::Object(shape) => {
            for field in shape.fields.iter().chain(shape.more) {
                add(field, &format!("{path}."), rows);
            }
        }
        Kind::Tagged(tagged) => {
            for field in tagged.common {
                add(field, &format!("{path}."), rows);
            }
            for (word, shape) in tagged.variants {
                for field in shape.fields.iter().chain(shape.more) {
                    add(field, &format!("{path}.{word}."), rows);
                }
            }
        }
        Kind::List(item) | Kind::OneOrMany(item) => descend(item, &format!("{path}[]"), rows),
        Kind::Either(_, object) => descend(object, path, rows),
        _ => {}
    }
}

/// What a value is, in a word.
fn word(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Flag => "flag",
        Kind::Whole(..) | Kind::Quantity => "whole number",
        Kind::Decimal(..) => "number",
        Kind::Span => "span",
        Kind::Price => "price",
        Kind::Memory => "MiB or \"unlimited\"",
        Kind::Choice(_) | Kind::AnyCase(_) => "word",
        Kind::Object(_) | Kind::Tagged(_) | Kind::Map(_) => "table",
        Kind::List(_) => "list",
        Kind::OneOrMany(_) => "value or list",
        Kind::Either(..) => "value or table",
    }
}

/// A row of `batchcast assumptions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssumptionRow {
    /// Its key in `[model]`.
    pub key: &'static str,
    /// Its unit, or what its value may be.
    pub unit: &'static str,
    /// Its default in each profile, in the order of [`assumption_profiles`].
    pub defaults: [&'static str; 4],
    /// What it rests on: `documented`, `observed`, `assumed`.
    pub tag: &'static str,
    /// What it means, in a sentence.
    pub sentence: &'static str,
}

/// The names of the profiles, from the quickest.
pub fn assumption_profiles() -> [&'static str; 4] {
    Profile::ALL.map(Profile::name)
}

/// Every assumption of the model.
pub fn assumptions_table() -> Vec<AssumptionRow> {
    ASSUMPTIONS
        .iter()
        .map(|assumption| AssumptionRow {
            key: assumption.key,
            unit: match assumption.unit {
                Unit::Seconds => "s",
                Unit::Ratio => "number",
                Unit::Count => "count",
                Unit::Flag => "flag",
                Unit::Choice(_) => "word",
                Unit::Policy => "policy",
                Unit::Price => "USD/h",
            },
            defaults: assumption.defaults,
            tag: assumption.tag.name(),
            sentence: assumption.sentence,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_that_counts_is_documented_once() {
        let rows = key_table();
        let mut paths: Vec<&str> = rows.iter().map(|row| row.path.as_str()).collect();
        assert!(paths.contains(&"jobQueues[].priority"));
        assert!(paths.contains(&"events[].UpdateJobQueue.priority"));
        assert!(paths.contains(&"model.dispatchTick"));
        assert!(rows.iter().all(|row| row.doc.ends_with('.')), "{rows:#?}");
        let count = paths.len();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), count);
        assert_eq!(assumptions_table().len(), ASSUMPTIONS.len());
    }

    #[test]
    fn every_default_of_the_tables_is_json() {
        for row in key_table() {
            if !row.default.is_empty() {
                let read = serde_json::from_str::<serde_json::Value>(row.default);
                assert!(read.is_ok(), "{}: {}", row.path, row.default);
            }
        }
    }
}
