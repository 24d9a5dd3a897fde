//! What a run rests on, and how it is made again.

use serde_json::Value;

use super::markup::{Cell, table, text_at, whole_at};
use crate::picture::draw::escaped;
use crate::picture::read::Sources;

/// Assumptions, notes, and what was repaired.
pub fn rests(from: &Sources<'_>) -> String {
    let summary = from.summary;
    let mut html = String::new();
    let mut items = vec![format!(
        "Profile <b>{}</b>.",
        escaped(text_at(summary, "/profile"))
    )];
    items.push(
        match text_at(summary, "/loop") {
            "open" => "Every job is submitted at its stated time, however long others wait.",
            _ => "Jobs are submitted after those that they follow have ended.",
        }
        .to_owned(),
    );
    if summary.pointer("/head_of_line/matters") == Some(&Value::Bool(true)) {
        items.push(
            "Whether a job may pass a head of its queue that does not fit is not published by AWS, and matters here: see \
             <code>head_of_line</code> in summary.json."
                .to_owned(),
        );
    }
    let notes = from.manifest.get("notes").and_then(Value::as_array);
    for note in notes.into_iter().flatten().filter_map(Value::as_str) {
        items.push(escaped(note));
    }
    let items: String = items
        .iter()
        .map(|item| format!("<li>{item}</li>\n"))
        .collect();
    html.push_str(&format!("<ul class=\"plain\">\n{items}</ul>\n"));
    html.push_str(&reasons(summary));
    let all = summary.get("assumptions").and_then(Value::as_object);
    let all: Vec<(&String, &Value)> = all.into_iter().flatten().collect();
    let is_changed = |one: &Value| one.get("changed") == Some(&Value::Bool(true));
    let row = |(key, one): &(&String, &Value)| {
        vec![
            Cell::text(key),
            Cell::text(text_at(one, "/value")),
            Cell::text(text_at(one, "/tag")),
            Cell::text(if is_changed(one) {
                "this run"
            } else {
                "profile"
            }),
        ]
    };
    let headings = ["assumption", "value", "rests on", "set by"];
    let changed: Vec<Vec<Cell>> = all
        .iter()
        .filter(|(_, one)| is_changed(one))
        .map(row)
        .collect();
    html.push_str(&table("Set for this run", &headings, &changed));
    let rows: Vec<Vec<Cell>> = all.iter().map(row).collect();
    html.push_str(&format!(
        "<details><summary>All {} assumptions: what AWS does not publish</summary>\n{}</details>\n",
        rows.len(),
        table(
            "Assumptions; batchcast assumptions tells what each means",
            &headings,
            &rows
        )
    ));
    html
}

/// What was not done as it was asked for, and why.
fn reasons(summary: &Value) -> String {
    let mut rows = Vec::new();
    for (key, what) in [
        ("repaired", "value of the trace repaired"),
        ("dropped", "row of the trace dropped"),
        ("rejected", "submission refused"),
        ("rejected_commands", "command refused"),
        ("unfinished", "job left unfinished"),
        ("queue_blocked", "head of a queue that fits nowhere"),
    ] {
        let reasons = summary.get(key).and_then(Value::as_object);
        for (reason, count) in reasons.into_iter().flatten() {
            rows.push(vec![
                Cell::text(what),
                Cell::text(reason),
                Cell::whole(count.as_u64().unwrap_or(0)),
            ]);
        }
    }
    let caption = "What was repaired, refused or left";
    table(caption, &["what", "why", "how many"], &rows)
}

/// The command, its inputs, and what proves that it gave the same.
pub fn again(from: &Sources<'_>) -> String {
    let manifest = from.manifest;
    let words = manifest.get("command").and_then(Value::as_array);
    let words: Vec<String> = words
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(quoted)
        .collect();
    let mut html = format!(
        "<pre class=\"command\" tabindex=\"0\">{}</pre>\n<p>Version {}, seed {}. The digest of its events is <code>{}</code>: the \
         same command gives the same one, and the same bytes, on every machine.</p>\n",
        escaped(&words.join(" ")),
        escaped(text_at(manifest, "/version")),
        whole_at(manifest, "/seed"),
        escaped(text_at(manifest, "/digest"))
    );
    let inputs = manifest.get("inputs").and_then(Value::as_array);
    let rows: Vec<Vec<Cell>> = inputs
        .into_iter()
        .flatten()
        .map(|one| {
            vec![
                Cell::text(text_at(one, "/name")),
                Cell::whole(whole_at(one, "/bytes")),
                Cell::markup(format!("<code>{}</code>", escaped(text_at(one, "/sha256")))),
            ]
        })
        .collect();
    html.push_str(&table("What it read", &["file", "bytes", "SHA-256"], &rows));
    html
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=,+@%".contains(letter);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}
