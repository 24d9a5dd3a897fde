//! One tree for what a scenario file says, whether it was TOML or JSON: values with the place they came from.

use crate::input::Problem;
use crate::model::parse_span;
use crate::units::Span;

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This line of the file, from 1; 0 where the line is not known.
    Line(u32),
    /// A `--set key=value` of the command line.
    Set,
    /// A default that the file left out.
    Default,
}

/// A value of a scenario file.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// JSON's null.
    Null,
    /// true or false.
    Flag(bool),
    /// A whole number.
    Whole(i128),
    /// A number with a decimal point or an exponent.
    Decimal(f64),
    /// Text; also a TOML date and time.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A table, in the order of the file.
    Table(Vec<(String, Node)>),
}

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it came from.
    pub origin: Origin,
    /// Its JSON pointer; empty for the whole file.
    pub pointer: String,
}

impl Node {
    /// A node whose pointer is set later, by [`Node::place`].
    pub fn new(value: Value, origin: Origin) -> Node {
        Node {
            value,
            origin,
            pointer: String::new(),
        }
    }

    /// Gives this node and all below it their JSON pointers.
    pub fn place(&mut self, pointer: String) {
        match &mut self.value {
            Value::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    item.place(format!("{pointer}/{index}"));
                }
            }
            Value::Table(members) => {
                for (key, member) in members {
                    member.place(child(&pointer, key));
                }
            }
            _ => {}
        }
        self.pointer = pointer;
    }

    /// The member called `key`, if this is a table that has one.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Table(members) => members
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, member)| member),
            _ => None,
        }
    }

    /// The member called `key`, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        match &mut self.value {
            Value::Table(members) => members
                .iter_mut()
                .find(|(name, _)| name == key)
                .map(|(_, member)| member),
            _ => None,
        }
    }

    /// The members, if this is a table; otherwise none.
    pub fn members(&self) -> &[(String, Node)] {
        match &self.value {
            Value::Table(members) => members,
            _ => &[],
        }
    }

    /// The items, if this is a list; otherwise none.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The items of the list called `key`; none where it is missing or no list.
    pub fn list(&self, key: &str) -> &[Node] {
        self.get(key).map_or(&[], Node::items)
    }

    /// The text, if this is text.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of the member called `key`.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_text()
    }

    /// The name that the member called `key` states, as a name or as an ARN whose last part is the name.
    pub fn name(&self, key: &str) -> Option<&str> {
        self.text(key).map(name_of)
    }

    /// The flag of the member called `key`.
    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.get(key)?.value {
            Value::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    /// The number of the member called `key`, where it is whole and fits into `T`.
    pub fn whole<T: TryFrom<i128>>(&self, key: &str) -> Option<T> {
        self.get(key)?.as_whole()
    }

    /// The number, where it is whole (also as text) and fits into `T`.
    pub fn as_whole<T: TryFrom<i128>>(&self) -> Option<T> {
        match &self.value {
            Value::Whole(number) => T::try_from(*number).ok(),
            Value::Text(text) => T::try_from(text.parse::<i128>().ok()?).ok(),
            _ => None,
        }
    }

    /// The number of the member called `key`, whole or not.
    pub fn decimal(&self, key: &str) -> Option<f64> {
        self.get(key)?.as_decimal()
    }

    /// The number, whole or not.
    pub fn as_decimal(&self) -> Option<f64> {
        match self.value {
            Value::Whole(number) => Some(number as f64),
            Value::Decimal(number) => Some(number),
            _ => None,
        }
    }

    /// The span of the member called `key`.
    pub fn span(&self, key: &str) -> Option<Span> {
        self.get(key)?.as_span()
    }

    /// The span, where this is one: text such as `90s`, or a number of seconds.
    pub fn as_span(&self) -> Option<Span> {
        parse_span(&self.scalar()?).ok()
    }

    /// A text, flag or number as a person would type it after `--set`.
    pub fn scalar(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) => Some(text.clone()),
            Value::Flag(flag) => Some(flag.to_string()),
            Value::Whole(number) => Some(number.to_string()),
            Value::Decimal(number) => Some(number.to_string()),
            Value::Null | Value::List(_) | Value::Table(_) => None,
        }
    }

    /// What this is, for a message: `` `5` ``, `` `abc` (text) ``, `a list`.
    pub fn describe(&self) -> String {
        match &self.value {
            Value::Null => "null".to_owned(),
            Value::Text(text) => format!("`{}` (text)", shortened(text)),
            Value::List(_) => "a list".to_owned(),
            Value::Table(_) => "a table".to_owned(),
            _ => format!("`{}`", shortened(&self.scalar().unwrap_or_default())),
        }
    }

    /// This tree as JSON. A number that JSON cannot hold becomes text.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Flag(flag) => Json::Bool(*flag),
            Value::Whole(number) => i64::try_from(*number)
                .map(Json::from)
                .or_else(|_| u64::try_from(*number).map(Json::from))
                .unwrap_or_else(|_| Json::String(number.to_string())),
            Value::Decimal(number) => serde_json::Number::from_f64(*number)
                .map_or_else(|| Json::String(number.to_string()), Json::Number),
            Value::Text(text) => Json::String(text.clone()),
            Value::List(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Value::Table(members) => Json::Object(
                members
                    .iter()
                    .map(|(key, member)| (key.clone(), member.to_json()))
                    .collect(),
            ),
        }
    }

    /// A tree of defaults from JSON.
    pub fn of_json(json: &serde_json::Value) -> Node {
        use serde_json::Value as Json;
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(flag) => Value::Flag(*flag),
            Json::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(whole), _) => Value::Whole(whole.into()),
                (None, Some(whole)) => Value::Whole(whole.into()),
                (None, None) => Value::Decimal(number.as_f64().unwrap_or_default()),
            },
            Json::String(text) => Value::Text(text.clone()),
            Json::Array(items) => Value::List(items.iter().map(Node::of_json).collect()),
            Json::Object(members) => Value::Table(
                members
                    .iter()
                    .map(|(key, member)| (key.clone(), Node::of_json(member)))
                    .collect(),
            ),
        };
        Node::new(value, Origin::Default)
    }
}

/// The name in `text`: an ARN's last path part, or the text itself.
pub fn name_of(text: &str) -> &str {
    match text.strip_prefix("arn:") {
        Some(rest) => rest.rsplit('/').next().unwrap_or(rest),
        None => text,
    }
}

/// The pointer of member `key` of the table at `pointer`.
pub fn child(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// At most 60 characters of a text, for messages.
pub fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The problems of one scenario file, as they are found.
#[derive(Debug, Default)]
pub struct Problems {
    file: String,
    list: Vec<Problem>,
    pointers: std::collections::HashSet<String>,
}

impl Problems {
    /// None yet, for the file that the user calls `file`.
    pub fn of(file: &str) -> Problems {
        Problems {
            file: file.to_owned(),
            ..Problems::default()
        }
    }

    /// A problem of `node`.
    pub fn at(&mut self, node: &Node, message: impl Into<String>) {
        self.push(node.origin, node.pointer.clone(), message.into());
    }

    /// A problem of what stands, or should stand, at `path` below `node`: the line is that of the deepest part that is there.
    pub fn below(&mut self, node: &Node, path: &str, message: impl Into<String>) {
        let (origin, pointer) = locate(node, path);
        self.push(origin, pointer, message.into());
    }

    /// The same, unless that very place was found wrong before.
    pub fn below_once(&mut self, node: &Node, path: &str, message: impl Into<String>) {
        let (origin, pointer) = locate(node, path);
        if !self.pointers.contains(&pointer) {
            self.push(origin, pointer, message.into());
        }
    }

    /// Whether a problem was found at `path` below `node` itself.
    pub fn is_wrong(&self, node: &Node, path: &str) -> bool {
        self.pointers.contains(&locate(node, path).1)
    }

    fn push(&mut self, origin: Origin, pointer: String, message: String) {
        let (file, line) = match origin {
            Origin::Line(line) => (self.file.as_str(), line),
            Origin::Set => ("--set", 0),
            Origin::Default => (self.file.as_str(), 0),
        };
        self.pointers.insert(pointer.clone());
        self.list
            .push(Problem::at(file, u64::from(line), pointer, message));
    }

    /// Takes over problems that name their own place, such as those of a trace.
    pub fn extend(&mut self, problems: impl IntoIterator<Item = Problem>) {
        self.list.extend(problems);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether something at `pointer` or below it was found wrong.
    pub fn touches(&self, pointer: &str) -> bool {
        self.list.iter().any(|problem| {
            problem
                .pointer
                .strip_prefix(pointer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// All of them, by file, line and order of discovery.
    pub fn into_sorted(self) -> Vec<Problem> {
        let mut list = self.list;
        list.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        list.dedup();
        list
    }
}

/// The pointer of `path` below `node`, and where its deepest part that is there came from.
fn locate(node: &Node, path: &str) -> (Origin, String) {
    let mut origin = node.origin;
    let mut pointer = node.pointer.clone();
    let mut here = Some(node);
    for part in path.split('/').filter(|part| !part.is_empty()) {
        here = here.and_then(|node| match &node.value {
            Value::List(items) => part.parse::<usize>().ok().and_then(|at| items.get(at)),
            _ => node.get(part),
        });
        if let Some(node) = here {
            // What was filled in has no line; the table it belongs to has.
            if node.origin != Origin::Default {
                origin = node.origin;
            }
        }
        pointer = child(&pointer, part);
    }
    (origin, pointer)
}
