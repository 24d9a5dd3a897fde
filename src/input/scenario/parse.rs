//! Bytes of a scenario file, TOML or JSON, and `--set` values: to one tree.

use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::input::Problem;

use super::node::{Node, Origin, Value, shortened};

/// Reads a scenario file. JSON is told from TOML by its first character, which in JSON is `{`.
///
/// # Errors
/// Every syntax error with its line.
pub fn parse(file: &str, bytes: &[u8]) -> Result<Node, Vec<Problem>> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let line = 1 + newlines(&bytes[..error.valid_up_to()]);
            let message = "not UTF-8 text; save the file as UTF-8";
            return Err(vec![Problem::line(file, line, message)]);
        }
    };
    let mut root = if text.trim_start().starts_with('{') {
        parse_json(file, text)?
    } else {
        parse_toml(file, text)?
    };
    root.place(String::new());
    Ok(root)
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Turns byte offsets into lines.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Lines {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Lines(newlines.map(|(at, _)| at).collect())
    }

    /// The line of `offset`, from 1.
    fn line(&self, offset: usize) -> u32 {
        u32::try_from(self.0.partition_point(|newline| *newline < offset) + 1).unwrap_or(0)
    }
}

fn parse_toml(file: &str, text: &str) -> Result<Node, Vec<Problem>> {
    let lines = Lines::of(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(Node::new(
            of_table(table.get_ref(), &lines),
            Origin::Line(1),
        ));
    }
    let mut problems: Vec<Problem> = errors
        .iter()
        .map(|error| {
            let line = error.span().map_or(0, |span| lines.line(span.start));
            Problem::line(
                file,
                u64::from(line),
                format!("TOML syntax: {}", error.message()),
            )
        })
        .collect();
    // One slip often upsets the rest of its line; the first complaint is the one to read.
    problems.dedup_by_key(|problem| problem.line);
    Err(problems)
}

fn of_toml(value: &DeValue<'_>, lines: &Lines) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.clone().into_owned()),
        DeValue::Integer(number) => {
            match i128::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Value::Whole(number),
                // Beyond 128 bits: as far from every range as infinity is.
                Err(_) => Value::Decimal(f64::INFINITY),
            }
        }
        DeValue::Float(number) => Value::Decimal(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(moment) => Value::Text(moment.to_string()),
        DeValue::Array(items) => Value::List(
            items
                .iter()
                .map(|item| {
                    let line = lines.line(item.span().start);
                    Node::new(of_toml(item.get_ref(), lines), Origin::Line(line))
                })
                .collect(),
        ),
        DeValue::Table(table) => of_table(table, lines),
    }
}

fn of_table(table: &DeTable<'_>, lines: &Lines) -> Value {
    let mut members: Vec<(usize, String, Node)> = table
        .iter()
        .map(|(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
            let at = key.span().start;
            let node = Node::new(
                of_toml(value.get_ref(), lines),
                Origin::Line(lines.line(at)),
            );
            (at, key.get_ref().clone().into_owned(), node)
        })
        .collect();
    members.sort_by_key(|(at, ..)| *at);
    Value::Table(
        members
            .into_iter()
            .map(|(_, key, node)| (key, node))
            .collect(),
    )
}

fn parse_json(file: &str, text: &str) -> Result<Node, Vec<Problem>> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = JsonNode.deserialize(&mut reader).and_then(|node| {
        reader.end()?;
        Ok(node)
    });
    match read {
        Ok(mut root) => {
            Cursor::at_start(text).place(&mut root);
            Ok(root)
        }
        Err(error) => {
            let message = format!("JSON syntax: {error}");
            Err(vec![Problem::line(file, error.line() as u64, message)])
        }
    }
}

/// Goes through JSON that was read without a fault once more and gives each value its line, which serde tells nobody. A member
/// has the line of its key.
struct Cursor<'a> {
    rest: std::iter::Peekable<std::slice::Iter<'a, u8>>,
    line: u32,
}

impl<'a> Cursor<'a> {
    fn at_start(text: &'a str) -> Cursor<'a> {
        Cursor {
            rest: text.as_bytes().iter().peekable(),
            line: 1,
        }
    }

    /// Gives `node`, which comes next, and all below it their lines.
    fn place(&mut self, node: &mut Node) {
        self.skip(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b':'));
        node.origin = Origin::Line(self.line);
        match &mut node.value {
            Value::Table(members) => {
                self.rest.next();
                for (_, member) in members {
                    let mut key = Node::new(Value::Text(String::new()), Origin::Line(0));
                    self.place(&mut key);
                    self.place(member);
                    member.origin = key.origin;
                }
                self.close();
            }
            Value::List(items) => {
                self.rest.next();
                items.iter_mut().for_each(|item| self.place(item));
                self.close();
            }
            Value::Text(_) => self.skip_string(),
            _ => {
                self.skip(|byte| !matches!(byte, b',' | b'}' | b']') && !byte.is_ascii_whitespace())
            }
        }
    }

    fn close(&mut self) {
        self.skip(|byte| !matches!(byte, b'}' | b']'));
        self.rest.next();
    }

    fn skip_string(&mut self) {
        self.rest.next();
        while let Some(byte) = self.rest.next() {
            match byte {
                b'\\' => _ = self.rest.next(),
                b'"' => return,
                _ => {}
            }
        }
    }

    fn skip(&mut self, is_skipped: impl Fn(u8) -> bool) {
        while let Some(byte) = self.rest.next_if(|byte| is_skipped(**byte)) {
            self.line = self.line.saturating_add(u32::from(*byte == b'\n'));
        }
    }
}

/// Builds nodes from JSON as it is read, so that a key given twice is seen.
struct JsonNode;

impl<'de> DeserializeSeed<'de> for JsonNode {
    type Value = Node;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Node, D::Error> {
        reader
            .deserialize_any(self)
            .map(|value| Node::new(value, Origin::Line(0)))
    }
}

impl<'de> Visitor<'de> for JsonNode {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Whole(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Whole(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Decimal(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(JsonNode)? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members: Vec<(String, Node)> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom(format!(
                    "the key `{}` is given twice",
                    shortened(&key)
                )));
            }
            members.push((key, map.next_value_seed(JsonNode)?));
        }
        Ok(Value::Table(members))
    }
}

/// Sets `key` (dotted, such as `jobQueues.nightly.priority`, or a JSON pointer) to `text`, read as a TOML value where it is
/// one and as plain text otherwise. An item of a list is meant by its index or by its name.
///
/// # Errors
/// A sentence that says what is wrong with `key`.
pub fn set(root: &mut Node, key: &str, text: &str) -> Result<(), String> {
    let parts: Vec<String> = match key.strip_prefix('/') {
        Some(pointer) => pointer
            .split('/')
            .map(|part| part.replace("~1", "/").replace("~0", "~"))
            .collect(),
        None => key.split('.').map(str::to_owned).collect(),
    };
    if parts.iter().any(String::is_empty) {
        return Err(format!(
            "`{key}` is no key; write it as model.dispatchTick or /model/dispatchTick"
        ));
    }
    let mut value = Node::new(value_of(text), Origin::Set);
    mark_set(&mut value);
    let mut here = root;
    for part in &parts {
        here = step(here, part).map_err(|why| format!("`{key}`: {why}"))?;
    }
    *here = value;
    Ok(())
}

fn value_of(text: &str) -> Value {
    match DeValue::parse(text.trim()) {
        Ok(value) => of_toml(value.get_ref(), &Lines(Vec::new())),
        Err(_) => Value::Text(text.to_owned()),
    }
}

fn mark_set(node: &mut Node) {
    node.origin = Origin::Set;
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(mark_set),
        Value::Table(members) => members.iter_mut().for_each(|(_, node)| mark_set(node)),
        _ => {}
    }
}

/// The keys by which an item of a list may be meant in `--set`.
const NAME_KEYS: [&str; 8] = [
    "computeEnvironmentName",
    "jobQueueName",
    "jobDefinitionName",
    "consumableResourceName",
    "instanceType",
    "jobName",
    "computeEnvironment",
    "name",
];

/// The member or item `part` of `node`, made (as null) where a table has none.
fn step<'a>(node: &'a mut Node, part: &str) -> Result<&'a mut Node, String> {
    if node.value == Value::Null {
        node.value = Value::Table(Vec::new());
    }
    let described = node.describe();
    match &mut node.value {
        Value::Table(members) => {
            let at = members.iter().position(|(key, _)| key == part);
            let at = at.unwrap_or_else(|| {
                members.push((part.to_owned(), Node::new(Value::Null, Origin::Set)));
                members.len() - 1
            });
            Ok(&mut members[at].1)
        }
        Value::List(items) => {
            let named = |item: &Node| NAME_KEYS.iter().any(|key| item.name(key) == Some(part));
            let at = items
                .iter()
                .position(named)
                .or_else(|| part.parse().ok().filter(|at| *at < items.len()));
            match at {
                Some(at) => Ok(&mut items[at]),
                None => Err(format!(
                    "the list has no item called `{}`, and no such index; it has {}",
                    shortened(part),
                    items.len()
                )),
            }
        }
        _ => Err(format!(
            "`{}` stands below {described}, which holds nothing",
            shortened(part)
        )),
    }
}
