//! Pieces of markup, and figures of summary.json as people read them.

use serde_json::Value;

use crate::explain::usd;
use crate::picture::draw::escaped;
use crate::report::{dollars, duration, whole};
use crate::units::{Span, Usd};

/// Text at a pointer; nothing where there is none.
pub fn text_at<'a>(from: &'a Value, pointer: &str) -> &'a str {
    from.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

/// A whole number at a pointer.
pub fn whole_at(from: &Value, pointer: &str) -> u64 {
    from.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

/// Seconds at a pointer.
pub fn span_at(from: &Value, pointer: &str) -> Option<Span> {
    let seconds = from.pointer(pointer).and_then(Value::as_f64)?;
    Some(Span::from_ms((seconds * 1_000.0).round().max(0.0) as u64))
}

/// Money at a pointer.
pub fn usd_at(from: &Value, pointer: &str) -> Option<Usd> {
    usd(from.pointer(pointer)?.as_str()?)
}

/// A share at a pointer, as per cents.
pub fn per_cent_at(from: &Value, pointer: &str) -> Option<String> {
    let part = from.pointer(pointer).and_then(Value::as_f64)?;
    Some(per_cent(part))
}

/// A share as per cents: `37.5 %`, `<0.1 %`.
pub fn per_cent(part: f64) -> String {
    match part * 100.0 {
        small if small > 0.0 && small < 0.1 => "<0.1 %".to_owned(),
        amount => format!("{amount:.1} %"),
    }
}

/// A cell of a table: what it says, and by what it is sorted.
pub struct Cell {
    text: String,
    key: Option<String>,
}

impl Cell {
    /// Text, which is escaped here.
    pub fn text(text: &str) -> Cell {
        Cell {
            text: escaped(text),
            key: None,
        }
    }

    /// Markup that is safe.
    pub fn markup(text: String) -> Cell {
        Cell { text, key: None }
    }

    /// A whole number.
    pub fn whole(number: u64) -> Cell {
        Cell::keyed(&whole(number), &number.to_string())
    }

    /// A span of time.
    pub fn span(span: Option<Span>) -> Cell {
        match span {
            Some(span) => Cell::keyed(&duration(span), &span.ms().to_string()),
            None => Cell::keyed("–", "-1"),
        }
    }

    /// Money.
    pub fn usd(amount: Usd) -> Cell {
        Cell::keyed(&dollars(amount), &amount.to_string())
    }

    /// A number with a text of its own.
    pub fn keyed(text: &str, key: &str) -> Cell {
        Cell {
            text: escaped(text),
            key: Some(escaped(key)),
        }
    }
}

/// Longest text of a column whose cells are never broken.
const SHORT: usize = 28;

/// A table that can be sorted by its headings.
pub fn table(caption: &str, headings: &[&str], rows: &[Vec<Cell>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let is_number = |column: usize| {
        rows.iter()
            .all(|row| row.get(column).is_some_and(|cell| cell.key.is_some()))
    };
    let is_short = |column: usize| {
        let mut cells = rows.iter().filter_map(|row| row.get(column));
        cells.all(|cell| cell.text.len() <= SHORT)
    };
    let class = |column: usize| match (is_number(column), is_short(column)) {
        (true, _) => " class=\"n\"",
        (_, true) => " class=\"w\"",
        _ => "",
    };
    let mut html = format!(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table class=\"sort\">\n<caption>{0}</caption>\n<thead><tr>",
        escaped(caption)
    );
    for (column, heading) in headings.iter().enumerate() {
        let class = class(column);
        html.push_str(&format!(
            "<th scope=\"col\"{class}>{}</th>",
            escaped(heading)
        ));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        html.push_str("<tr>");
        for (column, cell) in row.iter().enumerate() {
            let class = class(column);
            let text = &cell.text;
            match &cell.key {
                Some(key) => html.push_str(&format!("<td{class} data-v=\"{key}\">{text}</td>")),
                None => html.push_str(&format!("<td{class}>{text}</td>")),
            }
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>\n");
    html
}

/// A bar from 0 to 1 within a cell.
pub fn bar(part: f64, class: &str) -> String {
    if part <= 0.0 {
        return String::new();
    }
    let wide = (part.clamp(0.0, 1.0) * 1_000.0).round() / 10.0;
    format!("<span class=\"bar\"><i class=\"b-{class}\" style=\"width:{wide}%\"></i></span>")
}
