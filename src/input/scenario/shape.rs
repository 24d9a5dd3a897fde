//! What an object of a scenario file may hold, as a table: one list of fields checks files, fills in defaults, makes the
//! JSON Schema for editors and documents the keys.

use std::collections::BTreeSet;

use crate::model::parse_span;
use crate::units::PricePerHour;

use super::node::{Node, Origin, Problems, Value, child, shortened};

/// An object: its name and its fields.
#[derive(Debug)]
pub struct Shape {
    /// The name: of AWS's shape or action, or ours.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub doc: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
    /// Further fields of it: ours, where the others are AWS's.
    pub more: &'static [Field],
}

/// One key of an object.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// What its value may be.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
    /// What holds where it is left out, as JSON.
    pub default: Option<&'static str>,
    /// The unit of its number, if it has one.
    pub unit: &'static str,
    /// What it means, in a sentence. Empty for AWS's keys without effect.
    pub doc: &'static str,
    /// Whether the simulation heeds it.
    pub effect: Effect,
}

/// Whether a key changes the simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It does.
    Heeded,
    /// It is accepted and reported once as without effect.
    Ignored,
}

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Any text.
    Text,
    /// true or false.
    Flag,
    /// A whole number in a range.
    Whole(i64, i64),
    /// A number in a range.
    Decimal(f64, f64),
    /// A whole number, also as text: AWS writes resource quantities so.
    Quantity,
    /// A duration: text such as `90s`, or a number of seconds.
    Span,
    /// A price in USD an hour: a decimal as text or number.
    Price,
    /// MiB, or the word `unlimited`.
    Memory,
    /// One of some words.
    Choice(&'static [&'static str]),
    /// One of some words, in whatever case.
    AnyCase(&'static [&'static str]),
    /// An object.
    Object(&'static Shape),
    /// An object whose further fields depend on the word under a key.
    Tagged(&'static Tagged),
    /// A list.
    List(&'static Kind),
    /// A value, or a list of such.
    OneOrMany(&'static Kind),
    /// A plain value, or an object.
    Either(&'static Kind, &'static Kind),
    /// A table with keys of the user's own.
    Map(&'static Kind),
}

/// Objects that are told apart by the word under one key.
#[derive(Debug)]
pub struct Tagged {
    /// What they are, in a sentence.
    pub doc: &'static str,
    /// The key.
    pub tag: &'static str,
    /// What the key means.
    pub tag_doc: &'static str,
    /// Fields that all have.
    pub common: &'static [Field],
    /// The words and the object that each stands for.
    pub variants: &'static [(&'static str, &'static Shape)],
}

/// An object called `name`.
pub const fn shape(name: &'static str, doc: &'static str, fields: &'static [Field]) -> Shape {
    Shape {
        name,
        doc,
        fields,
        more: &[],
    }
}

impl Shape {
    /// The same with more fields.
    pub const fn with(mut self, more: &'static [Field]) -> Shape {
        self.more = more;
        self
    }
}

/// A field that may be left out and has no default.
pub const fn field(name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field {
        name,
        kind,
        required: false,
        default: None,
        unit: "",
        doc,
        effect: Effect::Heeded,
    }
}

/// A field of AWS's that changes nothing here.
pub const fn ignored(name: &'static str, kind: Kind) -> Field {
    let mut field = field(name, kind, "");
    field.effect = Effect::Ignored;
    field
}

impl Field {
    /// The same, but it must be there.
    pub const fn required(mut self) -> Field {
        self.required = true;
        self
    }

    /// The same with a default, written as JSON.
    pub const fn default(mut self, json: &'static str) -> Field {
        self.default = Some(json);
        self
    }

    /// The same with a unit.
    pub const fn unit(mut self, unit: &'static str) -> Field {
        self.unit = unit;
        self
    }
}

/// What a check found besides problems.
#[derive(Debug, Default)]
pub struct Noted {
    /// Pointers of keys that have no effect, with `*` for the index of a list.
    pub ignored: BTreeSet<String>,
}

/// Checks `node` against `kind`: types, ranges, words, missing and unknown keys, all of them.
pub fn check(kind: &Kind, node: &Node, problems: &mut Problems, noted: &mut Noted) {
    if let Some(wanted) = mismatch(kind, &node.value) {
        problems.at(node, format!("{} is not {wanted}", node.describe()));
        return;
    }
    match kind {
        Kind::Object(shape) => check_fields(
            shape.name,
            &[shape.fields, shape.more],
            &[],
            node,
            problems,
            noted,
        ),
        Kind::Tagged(tagged) => check_tagged(tagged, node, problems, noted),
        Kind::List(item) => {
            for node in node.items() {
                check(item, node, problems, noted);
            }
        }
        Kind::OneOrMany(item) => match &node.value {
            Value::List(items) => items
                .iter()
                .for_each(|node| check(item, node, problems, noted)),
            _ => check(item, node, problems, noted),
        },
        Kind::Either(plain, object) => check(either(plain, object, node), node, problems, noted),
        Kind::Map(item) => {
            for (_, node) in node.members() {
                check(item, node, problems, noted);
            }
        }
        Kind::Span => {
            if let Some(Err(why)) = node.scalar().map(|text| parse_span(&text)) {
                problems.at(node, why);
            }
        }
        Kind::Price => {
            if let Some(Err(why)) = node.scalar().map(|text| PricePerHour::parse(&text)) {
                problems.at(node, why);
            }
        }
        _ => {}
    }
}

fn check_tagged(tagged: &'static Tagged, node: &Node, problems: &mut Problems, noted: &mut Noted) {
    let words: Vec<&str> = tagged.variants.iter().map(|(word, _)| *word).collect();
    let Some(word) = node.text(tagged.tag) else {
        let message = match node.get(tagged.tag) {
            Some(other) => format!("{} is not one of {}", other.describe(), words.join(", ")),
            None => format!("missing; must be one of {}", words.join(", ")),
        };
        problems.below(node, tagged.tag, message);
        return;
    };
    match tagged.variants.iter().find(|(known, _)| *known == word) {
        Some((_, shape)) => check_fields(
            word,
            &[tagged.common, shape.fields, shape.more],
            &[tagged.tag],
            node,
            problems,
            noted,
        ),
        None => problems.below(
            node,
            tagged.tag,
            format!(
                "`{}` is not one of {}{}",
                shortened(word),
                words.join(", "),
                did_you_mean(word, &words)
            ),
        ),
    }
}

fn check_fields(
    owner: &str,
    groups: &[&'static [Field]],
    also: &[&str],
    node: &Node,
    problems: &mut Problems,
    noted: &mut Noted,
) {
    let fields = || groups.iter().flat_map(|group| group.iter());
    for (key, member) in node.members() {
        if also.contains(&key.as_str()) {
            continue;
        }
        match fields().find(|field| field.name == key) {
            Some(field) => {
                if field.effect == Effect::Ignored {
                    noted.ignored.insert(starred(&member.pointer));
                }
                check(&field.kind, member, problems, noted);
            }
            None => {
                let names: Vec<&str> = fields().map(|field| field.name).collect();
                let hint = match did_you_mean(key, &names) {
                    hint if hint.is_empty() => format!("; its keys are {}", names.join(", ")),
                    hint => hint,
                };
                problems.at(
                    member,
                    format!("`{}` is not a key of {owner}{hint}", shortened(key)),
                );
            }
        }
    }
    for field in fields().filter(|field| field.required) {
        if node.get(field.name).is_none() {
            problems.below(node, field.name, format!("missing: {}", field.doc));
        }
    }
}

/// Which of two kinds a node means to be.
fn either(plain: &'static Kind, object: &'static Kind, node: &Node) -> &'static Kind {
    match node.value {
        Value::Table(_) => object,
        _ => plain,
    }
}

/// What `value` should have been, where it is not.
fn mismatch(kind: &Kind, value: &Value) -> Option<String> {
    let wanted = |is_right: bool, text: &str| (!is_right).then(|| text.to_owned());
    match kind {
        Kind::Text => wanted(matches!(value, Value::Text(_)), "text; write it in quotes"),
        Kind::Flag => wanted(matches!(value, Value::Flag(_)), "true or false"),
        Kind::Whole(least, most) => {
            let is_right = matches!(value, Value::Whole(number)
                if (i128::from(*least)..=i128::from(*most)).contains(number));
            wanted(
                is_right,
                &format!("a whole number {}", range(least, most, i64::MIN, i64::MAX)),
            )
        }
        Kind::Decimal(least, most) => {
            let number = match value {
                Value::Whole(number) => *number as f64,
                Value::Decimal(number) => *number,
                _ => f64::NAN,
            };
            wanted(
                (*least..=*most).contains(&number),
                &format!("a number {}", range(least, most, f64::MIN, f64::MAX)),
            )
        }
        Kind::Quantity => {
            let is_right = match value {
                Value::Whole(number) => (0..=i128::from(u32::MAX)).contains(number),
                Value::Text(_) => true,
                _ => false,
            };
            wanted(is_right, "a quantity; write a whole number")
        }
        Kind::Span => wanted(
            is_scalar_number(value),
            "a span of time; write 90s, 5m, 2h, 1d or a number of seconds",
        ),
        Kind::Price => wanted(
            is_scalar_number(value),
            "a price; write USD an hour as a decimal, such as 0.0425",
        ),
        Kind::Memory => {
            let is_right = match value {
                Value::Whole(number) => (1..i128::from(u32::MAX)).contains(number),
                Value::Text(word) => word == "unlimited",
                _ => false,
            };
            wanted(
                is_right,
                "a memory size; write MiB as a whole number from 1, or \"unlimited\"",
            )
        }
        Kind::Choice(words) => match value {
            Value::Text(word) if words.contains(&word.as_str()) => None,
            Value::Text(word) => Some(format!(
                "one of {}{}",
                words.join(", "),
                did_you_mean(word, words)
            )),
            _ => Some(format!("one of {}", words.join(", "))),
        },
        Kind::AnyCase(words) => {
            let is_right = matches!(value, Value::Text(word)
                if words.iter().any(|known| known.eq_ignore_ascii_case(word)));
            wanted(is_right, &format!("one of {}", words.join(", ")))
        }
        Kind::Object(shape) => wanted(
            matches!(value, Value::Table(_)),
            &format!("a table ({})", shape.name),
        ),
        Kind::Tagged(_) | Kind::Map(_) => wanted(matches!(value, Value::Table(_)), "a table"),
        Kind::List(_) => wanted(matches!(value, Value::List(_)), "a list"),
        Kind::OneOrMany(_) | Kind::Either(..) => None,
    }
}

fn is_scalar_number(value: &Value) -> bool {
    matches!(value, Value::Text(_) | Value::Whole(_) | Value::Decimal(_))
}

/// `from 1 to 10`, or only the end that means something.
fn range<T: PartialEq + std::fmt::Display>(least: &T, most: &T, lowest: T, highest: T) -> String {
    match (*least == lowest, *most == highest) {
        (true, true) => "that is finite".to_owned(),
        (false, true) => format!("from {least}"),
        (true, false) => format!("up to {most}"),
        (false, false) => format!("from {least} to {most}"),
    }
}

/// `; did you mean `x`?` where one of `names` is near enough to `word`, and nothing otherwise.
pub fn did_you_mean<S: AsRef<str>>(word: &str, names: &[S]) -> String {
    let folded = word.to_lowercase();
    let nearest = names
        .iter()
        .map(|name| {
            let near = strsim::damerau_levenshtein(&folded, &name.as_ref().to_lowercase());
            (near, name.as_ref())
        })
        .min_by_key(|(distance, _)| *distance);
    match nearest {
        Some((distance, name)) if distance <= 1 + word.chars().count() / 4 && word.len() < 200 => {
            format!("; did you mean `{name}`?")
        }
        _ => String::new(),
    }
}

/// `pointer` with `*` for each index.
fn starred(pointer: &str) -> String {
    let parts: Vec<&str> = pointer
        .split('/')
        .map(|part| match part.parse::<u64>() {
            Ok(_) => "*",
            Err(_) => part,
        })
        .collect();
    parts.join("/")
}

/// Fills in every default that `node` leaves out.
pub fn fill(kind: &Kind, node: &mut Node) {
    match kind {
        Kind::Object(shape) => fill_fields(&[shape.fields, shape.more], node),
        Kind::Tagged(tagged) => {
            let word = node.text(tagged.tag).unwrap_or_default();
            let known = tagged.variants.iter().find(|(known, _)| *known == word);
            if let Some((_, shape)) = known {
                fill_fields(&[tagged.common, shape.fields, shape.more], node);
            }
        }
        Kind::Either(plain, object) => fill(either(plain, object, node), node),
        Kind::List(item) | Kind::OneOrMany(item) => match &mut node.value {
            Value::List(items) => items.iter_mut().for_each(|node| fill(item, node)),
            _ if matches!(kind, Kind::OneOrMany(_)) => fill(item, node),
            _ => {}
        },
        _ => {}
    }
}

fn fill_fields(groups: &[&'static [Field]], node: &mut Node) {
    let Value::Table(members) = &mut node.value else {
        return;
    };
    for field in groups.iter().flat_map(|group| group.iter()) {
        match members.iter().position(|(key, _)| key == field.name) {
            Some(at) => fill(&field.kind, &mut members[at].1),
            None => {
                let default = field
                    .default
                    .and_then(|json| serde_json::from_str(json).ok());
                if let Some(json) = default {
                    let mut filled = Node::of_json(&json);
                    filled.origin = Origin::Default;
                    fill(&field.kind, &mut filled);
                    filled.place(child(&node.pointer, field.name));
                    members.push((field.name.to_owned(), filled));
                }
            }
        }
    }
}
