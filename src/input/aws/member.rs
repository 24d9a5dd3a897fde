//! Members of a JSON object by name, with what is wrong with them and where.

use serde_json::Value;

use crate::input::builder::Problems;
use crate::input::scenario::shortened;

/// An object of an export, and its JSON pointer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'v> {
    /// The object.
    pub(super) value: &'v Value,
    /// Where it is, with `document 2 ` before it in the second document of a file.
    pub(super) pointer: &'v str,
}

/// Whole numbers that a moment (milliseconds from 1970) may be: to the year 2286.
const MOMENT_MAX: i64 = 9_999_999_999_999;

impl Place<'_> {
    /// The member called `key`; none where it is missing or null.
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.value.get(key).filter(|value| !value.is_null())
    }

    /// A problem of the member called `key`.
    pub(super) fn wrong(&self, key: &str, problems: &mut Problems<'_>, message: impl Into<String>) {
        let pointer = match key {
            "" => self.pointer.to_owned(),
            _ => format!("{}/{key}", self.pointer),
        };
        problems.add(0, &pointer, message);
    }

    /// The text called `key`.
    pub(super) fn text(&self, key: &str, problems: &mut Problems<'_>) -> Option<&str> {
        let value = self.get(key)?;
        let text = value.as_str();
        if text.is_none() {
            self.wrong(key, problems, format!("{} is not text", described(value)));
        }
        text
    }

    /// The text called `key`, which must be there.
    pub(super) fn needed(&self, key: &str, problems: &mut Problems<'_>) -> Option<&str> {
        match self.get(key) {
            Some(Value::String(text)) if text.is_empty() => {
                self.wrong(key, problems, "is empty");
                None
            }
            Some(_) => self.text(key, problems),
            None => {
                self.wrong(key, problems, "missing");
                None
            }
        }
    }

    /// The whole number from `least` to `most` called `key`.
    pub(super) fn whole(
        &self,
        key: &str,
        least: i64,
        most: i64,
        problems: &mut Problems<'_>,
    ) -> Option<i64> {
        let value = self.get(key)?;
        let number = value
            .as_i64()
            .filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let message = format!(
                "{} is not a whole number from {least} to {most}",
                described(value)
            );
            self.wrong(key, problems, message);
        }
        number
    }

    /// The moment called `key`: milliseconds from 1970, as AWS Batch gives them. 0, which stands for none, is none.
    pub(super) fn moment(&self, key: &str, problems: &mut Problems<'_>) -> Option<i64> {
        let value = self.get(key)?;
        match value.as_i64() {
            Some(0) => None,
            Some(ms) if (1_000_000_000_000..=MOMENT_MAX).contains(&ms) => Some(ms),
            _ => {
                let message = format!(
                    "{} is not a moment; AWS Batch gives milliseconds from 1970, such as 1641944200058",
                    described(value)
                );
                self.wrong(key, problems, message);
                None
            }
        }
    }

    /// The moment called `key` as other services' commands print it (`2022-01-11T23:36:40Z`, or seconds from 1970), in
    /// milliseconds from 1970.
    pub(super) fn stamp(&self, key: &str, problems: &mut Problems<'_>) -> Option<i64> {
        let value = self.get(key)?;
        let found = stamp(value);
        if found.is_none() {
            let message = format!(
                "{} is not a moment; write 2022-01-11T23:36:40Z",
                described(value)
            );
            self.wrong(key, problems, message);
        }
        found
    }

    /// The flag called `key`; false where it is missing.
    pub(super) fn flag(&self, key: &str, problems: &mut Problems<'_>) -> bool {
        let Some(value) = self.get(key) else {
            return false;
        };
        let flag = value.as_bool();
        if flag.is_none() {
            let message = format!("{} is neither true nor false", described(value));
            self.wrong(key, problems, message);
        }
        flag.unwrap_or(false)
    }

    /// The object called `key`, with its pointer.
    pub(super) fn object(
        &self,
        key: &str,
        problems: &mut Problems<'_>,
    ) -> Option<(&Value, String)> {
        let value = self.get(key)?;
        if !value.is_object() {
            self.wrong(key, problems, format!("{} is no object", described(value)));
            return None;
        }
        Some((value, format!("{}/{key}", self.pointer)))
    }

    /// The objects of the list called `key`, with their pointers.
    pub(super) fn objects(&self, key: &str, problems: &mut Problems<'_>) -> Vec<(&Value, String)> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let Some(items) = value.as_array() else {
            self.wrong(key, problems, format!("{} is no list", described(value)));
            return Vec::new();
        };
        let mut found = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let pointer = format!("{}/{key}/{index}", self.pointer);
            match item.is_object() {
                true => found.push((item, pointer)),
                false => problems.add(0, &pointer, format!("{} is no object", described(item))),
            }
        }
        found
    }
}

/// A moment as text (RFC 3339) or as seconds from 1970, in milliseconds.
pub(super) fn stamp(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => {
            let moment = text.parse::<jiff::Timestamp>().ok()?;
            Some(moment.as_millisecond()).filter(|ms| (0..=MOMENT_MAX).contains(ms))
        }
        Value::Number(number) => {
            let seconds = number.as_f64()?;
            let is_moment = (0.0..=MOMENT_MAX as f64 / 1000.0).contains(&seconds);
            is_moment.then_some((seconds * 1000.0) as i64)
        }
        _ => None,
    }
}

/// What a value is, for a message.
pub(super) fn described(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::String(text) => format!("`{}` (text)", shortened(text)),
        other => format!("`{}`", shortened(&other.to_string())),
    }
}
