//! JSON values as TOML in one line, and what of AWS's members a scenario takes.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::input::scenario::{Effect, Field, Kind, Shape};

/// A value as TOML. Null is nothing in TOML, and must have been taken out.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::Null => "\"\"".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let members = members.iter();
            let members: Vec<String> = members
                .map(|(key, value)| format!("{} = {}", bare(key), inline(value)))
                .collect();
            format!("{{ {} }}", members.join(", "))
        }
    }
}

/// Text as TOML.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            other if other.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(other))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// A key as TOML.
fn bare(key: &str) -> String {
    let is_bare = !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    match is_bare {
        true => key.to_owned(),
        false => quoted(key),
    }
}

/// A comment of one or several lines.
pub(super) fn comment(text: &str) -> String {
    let clean = text.replace(|letter: char| letter.is_control() && letter != '\n', " ");
    clean.lines().map(|line| format!("# {line}\n")).collect()
}

/// A table of a list, with a line for each member.
pub(super) fn table(name: &str, members: &Map<String, Value>) -> String {
    let mut text = format!("[[{name}]]\n");
    let is_name = |key: &String| key == "name" || key.ends_with("Name");
    let named = members.iter().filter(|(key, _)| is_name(key));
    let others = members.iter().filter(|(key, _)| !is_name(key));
    for (key, value) in named.chain(others) {
        text.push_str(&format!("{} = {}\n", bare(key), inline(value)));
    }
    text
}

/// The same, with what AWS calls it as a comment.
pub(super) fn titled(name: &str, title: &str, members: &Map<String, Value>) -> String {
    let text = table(name, members);
    let clean = title.replace(char::is_control, " ");
    match (title.is_empty(), text.split_once('\n')) {
        (false, Some((head, rest))) => format!("{head} # {clean}\n{rest}"),
        _ => text,
    }
}

/// Members that AWS knows and that change nothing by their nature: names, rights, networks, what runs in a container.
const INERT: &[&str] = &[
    "tags",
    "status",
    "statusReason",
    "uuid",
    "serviceRole",
    "subnets",
    "securityGroupIds",
    "instanceRole",
    "ec2KeyPair",
    "spotIamFleetRole",
    "command",
    "jobRoleArn",
    "executionRoleArn",
    "environment",
    "secrets",
    "user",
    "privileged",
    "readonlyRootFilesystem",
    "logConfiguration",
    "parameters",
    "propagateTags",
    "networkConfiguration",
    "ecsSettings",
    "containerOrchestrationType",
    "context",
    "ulimits",
    "mountPoints",
    "enableExecuteCommand",
    "repositoryCredentials",
    "taskRoleArn",
    "networkMode",
    "ipcMode",
    "pidMode",
    "name",
    "dependsOn",
    "essential",
    "imagePullPolicy",
    "args",
    "env",
    "securityContext",
    "serviceAccountName",
    "dnsPolicy",
    "imagePullSecrets",
    "metadata",
    "networkInterfaces",
    "desiredvCpus",
];

/// What of `value`, an object as AWS tells it, a scenario's object `shape` takes and heeds. Members that are there and that nothing
/// models are counted in `left` by name; inert ones are not.
pub(super) fn heeded(
    shape: &'static Shape,
    value: &Value,
    left: &mut BTreeMap<String, u64>,
) -> Map<String, Value> {
    let mut taken = Map::new();
    let Some(members) = value.as_object() else {
        return taken;
    };
    let fields = || shape.fields.iter().chain(shape.more);
    // In the order of the shape, which puts the name first.
    for field in fields().filter(|field| field.effect == Effect::Heeded) {
        if let Some(value) = members.get(field.name)
            && let Some(value) = of_kind(field, &field.kind, value, left)
        {
            taken.insert(field.name.to_owned(), value);
        }
    }
    for (name, value) in members {
        let is_heeded = fields().any(|field| field.name == name && field.effect == Effect::Heeded);
        let is_inert = INERT.contains(&name.as_str()) || name.ends_with("Arn");
        if !is_heeded && !is_inert && !is_empty(value) {
            *left.entry(name.clone()).or_default() += 1;
        }
    }
    taken
}

/// Whether a value says nothing.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
    }
}

fn of_kind(
    field: &Field,
    kind: &Kind,
    value: &Value,
    left: &mut BTreeMap<String, u64>,
) -> Option<Value> {
    match (kind, value) {
        (_, Value::Null) => None,
        (Kind::Object(shape), Value::Object(members)) => {
            let taken = heeded(shape, value, left);
            // AWS prints empty objects for what was not given.
            (!taken.is_empty() || (members.is_empty() && field.required))
                .then_some(Value::Object(taken))
        }
        (Kind::List(item), Value::Array(items)) => {
            let items = items
                .iter()
                .filter_map(|value| of_kind(field, item, value, left));
            let items: Vec<Value> = items.collect();
            (!items.is_empty() || field.required).then_some(Value::Array(items))
        }
        _ => Some(value.clone()),
    }
}
