//! JSON in a fixed order with exact decimals: the same bytes for the same run, and no float on the way.

use crate::metrics::Decimal;
use crate::units::Span;

/// Writes one JSON document, two spaces of indentation for each level.
#[derive(Debug, Default)]
pub struct Json {
    text: String,
    depth: usize,
    /// Whether the next value is the first of its object or array.
    first: bool,
}

impl Json {
    /// A document that is one object, whose members `fill` writes.
    pub fn document(fill: impl FnOnce(&mut Json)) -> String {
        let mut json = Json::default();
        json.group('{', '}', fill);
        json.text.push('\n');
        json.text
    }

    fn group(&mut self, open: char, close: char, fill: impl FnOnce(&mut Json)) {
        self.text.push(open);
        self.depth += 1;
        self.first = true;
        fill(self);
        self.depth -= 1;
        if !self.first {
            self.line();
        }
        self.text.push(close);
        self.first = false;
    }

    fn line(&mut self) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("  ", self.depth));
    }

    fn next(&mut self) {
        if !self.first {
            self.text.push(',');
        }
        self.first = false;
        self.line();
    }

    fn key(&mut self, key: &str) {
        self.next();
        self.quoted(key);
        self.text.push_str(": ");
    }

    fn quoted(&mut self, text: &str) {
        // A string always has a JSON form.
        self.text
            .push_str(&serde_json::Value::from(text).to_string());
    }

    /// A member that is an object.
    pub fn object(&mut self, key: &str, fill: impl FnOnce(&mut Json)) {
        self.key(key);
        self.group('{', '}', fill);
    }

    /// A member that is an array.
    pub fn array(&mut self, key: &str, fill: impl FnOnce(&mut Json)) {
        self.key(key);
        self.group('[', ']', fill);
    }

    /// An element that is an object.
    pub fn element(&mut self, fill: impl FnOnce(&mut Json)) {
        self.next();
        self.group('{', '}', fill);
    }

    /// An element that is a string.
    pub fn element_text(&mut self, text: &str) {
        self.next();
        self.quoted(text);
    }

    /// A member that is a string.
    pub fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        self.quoted(text);
    }

    /// A member that is a whole number.
    pub fn whole(&mut self, key: &str, number: u64) {
        self.key(key);
        self.text.push_str(&number.to_string());
    }

    /// A member that is a number of statistics, rounded to six decimals; it must be finite.
    pub fn number(&mut self, key: &str, number: f64) {
        self.key(key);
        let text = format!("{number:.6}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        self.text.push_str(if text == "-0" { "0" } else { text });
    }

    /// A member that is true or false.
    pub fn flag(&mut self, key: &str, flag: bool) {
        self.key(key);
        self.text.push_str(if flag { "true" } else { "false" });
    }

    /// A member that is null.
    pub fn null(&mut self, key: &str) {
        self.key(key);
        self.text.push_str("null");
    }

    /// A member that is a figure, or null where there is none.
    pub fn decimal(&mut self, key: &str, figure: Option<Decimal>) {
        self.key(key);
        match figure {
            Some(figure) => self.text.push_str(&figure.to_string()),
            None => self.text.push_str("null"),
        }
    }

    /// A member that is a span in seconds, or null.
    pub fn seconds(&mut self, key: &str, span: Option<Span>) {
        self.decimal(key, span.map(Decimal::seconds));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_reads_back_as_what_was_written() {
        let text = Json::document(|json| {
            json.text("name", "a \"quoted\"\nname");
            json.object("empty", |_| {});
            json.array("list", |json| {
                json.element_text("x");
                json.element(|json| json.whole("n", 3));
            });
            json.decimal("third", Decimal::quotient(1, 3));
            json.decimal("none", None);
            json.flag("yes", true);
            json.seconds("s", Some(Span::from_ms(1_500)));
        });
        let expected = serde_json::json!({
            "name": "a \"quoted\"\nname", "empty": {}, "list": ["x", {"n": 3}],
            "third": 0.333_333, "none": null, "yes": true, "s": 1.5,
        });
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            expected
        );
        assert!(text.starts_with("{\n  \"name\": "), "{text}");
        assert!(
            text.ends_with("}\n") && text.contains("\"empty\": {},"),
            "{text}"
        );
    }
}
