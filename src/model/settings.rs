//! The values of the model's parameters: units, profiles, how text becomes a value. Which parameters there are,
//! [`super::ASSUMPTIONS`] lists.

use crate::units::{PricePerHour, Ratio, Span};

use super::assumptions::{ASSUMPTIONS, Assumption, Knob};

/// A set of defaults, from no delay at all to a slow day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// Every delay and tick zero, all memory usable: what traces on a pool and the oracles use.
    Ideal,
    /// A quick day.
    Fast,
    /// An ordinary day.
    #[default]
    Typical,
    /// A slow day.
    Slow,
}

impl Profile {
    /// All profiles, from the quickest.
    pub const ALL: [Profile; 4] = [
        Profile::Ideal,
        Profile::Fast,
        Profile::Typical,
        Profile::Slow,
    ];

    /// The name that a scenario writes.
    pub const fn name(self) -> &'static str {
        match self {
            Profile::Ideal => "ideal",
            Profile::Fast => "fast",
            Profile::Typical => "typical",
            Profile::Slow => "slow",
        }
    }
}

/// The unit of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A span: seconds, or text such as `90s`, `5m`, `2h`.
    Seconds,
    /// A number without a unit.
    Ratio,
    /// A whole number.
    Count,
    /// true or false.
    Flag,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// The name of a policy, with its parameters.
    Policy,
    /// USD per vCPU-hour.
    Price,
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// For [`Unit::Seconds`].
    Span(Span),
    /// For [`Unit::Ratio`].
    Ratio(Ratio),
    /// For [`Unit::Count`].
    Count(u32),
    /// For [`Unit::Flag`].
    Flag(bool),
    /// For [`Unit::Choice`].
    Choice(&'static str),
    /// For [`Unit::Policy`].
    Text(String),
    /// For [`Unit::Price`].
    Price(PricePerHour),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Span(span) => write!(f, "{span} s"),
            Value::Ratio(ratio) => write!(f, "{ratio}"),
            Value::Count(count) => write!(f, "{count}"),
            Value::Flag(flag) => write!(f, "{flag}"),
            Value::Choice(word) => f.write_str(word),
            Value::Text(text) => f.write_str(text),
            Value::Price(price) => write!(f, "{price} USD/h"),
        }
    }
}

/// What a statement about AWS rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// AWS says so.
    Documented,
    /// Practitioners report it.
    Observed,
    /// Nobody says: ours.
    Assumed,
}

impl Tag {
    /// The tag as a word.
    pub const fn name(self) -> &'static str {
        match self {
            Tag::Documented => "documented",
            Tag::Observed => "observed",
            Tag::Assumed => "assumed",
        }
    }
}

impl Assumption {
    /// Its default in `profile`.
    fn default_in(&self, profile: Profile) -> Value {
        parse(self.unit, self.defaults[profile as usize]).expect("a default reads as its own unit")
    }
}

/// The values of all parameters in one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    profile: Profile,
    values: Vec<Value>,
}

impl Settings {
    /// The defaults of `profile`.
    pub fn new(profile: Profile) -> Settings {
        let values = ASSUMPTIONS
            .iter()
            .map(|assumption| assumption.default_in(profile));
        Settings {
            profile,
            values: values.collect(),
        }
    }

    /// The profile the defaults came from.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// The assumption called `key`.
    pub fn find(key: &str) -> Option<&'static Assumption> {
        ASSUMPTIONS.iter().find(|assumption| assumption.key == key)
    }

    /// Sets a parameter from text, as a scenario or `--set` writes it. The name of a policy is not looked up here.
    ///
    /// # Errors
    /// A sentence that says what would be right.
    pub fn set(&mut self, assumption: &Assumption, text: &str) -> Result<(), String> {
        self.values[assumption.knob as usize] = parse(assumption.unit, text)?;
        Ok(())
    }

    /// The value of `knob`.
    pub fn value(&self, knob: Knob) -> &Value {
        &self.values[knob as usize]
    }

    /// Whether `knob` has another value than its profile gives it. A default that a scenario writes out is no change.
    pub fn is_changed(&self, knob: Knob) -> bool {
        *self.value(knob) != ASSUMPTIONS[knob as usize].default_in(self.profile)
    }

    /// The value of a knob in seconds.
    pub fn span(&self, knob: Knob) -> Span {
        match self.value(knob) {
            Value::Span(span) => *span,
            other => unreachable!("{knob:?} is {other:?}, not a span"),
        }
    }

    /// The value of a yes-or-no knob.
    pub fn flag(&self, knob: Knob) -> bool {
        match self.value(knob) {
            Value::Flag(flag) => *flag,
            other => unreachable!("{knob:?} is {other:?}, not a flag"),
        }
    }

    /// The value of a knob that counts something.
    pub fn count(&self, knob: Knob) -> u32 {
        match self.value(knob) {
            Value::Count(count) => *count,
            other => unreachable!("{knob:?} is {other:?}, not a count"),
        }
    }

    /// The value of a knob without a unit.
    pub fn ratio(&self, knob: Knob) -> Ratio {
        match self.value(knob) {
            Value::Ratio(ratio) => *ratio,
            other => unreachable!("{knob:?} is {other:?}, not a ratio"),
        }
    }

    /// The value of a knob that is a word: a choice or a policy.
    pub fn word(&self, knob: Knob) -> &str {
        match self.value(knob) {
            Value::Choice(word) => word,
            Value::Text(text) => text,
            other => unreachable!("{knob:?} is {other:?}, not a word"),
        }
    }

    /// The value of a price knob.
    pub fn price(&self, knob: Knob) -> PricePerHour {
        match self.value(knob) {
            Value::Price(price) => *price,
            other => unreachable!("{knob:?} is {other:?}, not a price"),
        }
    }
}

/// Reads `text` as a value of `unit`.
fn parse(unit: Unit, text: &str) -> Result<Value, String> {
    match unit {
        Unit::Seconds => parse_span(text).map(Value::Span),
        Unit::Ratio => text
            .parse::<f64>()
            .ok()
            .and_then(Ratio::from_f64)
            .map(Value::Ratio)
            .ok_or_else(|| format!("`{text}` is not a number from 0 to 1,000,000,000")),
        Unit::Count => text
            .parse::<u32>()
            .map(Value::Count)
            .map_err(|_| format!("`{text}` is not a whole number from 0 to {}", u32::MAX)),
        Unit::Flag => match text {
            "true" => Ok(Value::Flag(true)),
            "false" => Ok(Value::Flag(false)),
            _ => Err(format!("`{text}` is neither true nor false")),
        },
        Unit::Choice(words) => words
            .iter()
            .find(|word| **word == text)
            .map(|word| Value::Choice(word))
            .ok_or_else(|| format!("`{text}` is not one of {}", words.join(", "))),
        Unit::Policy => Ok(Value::Text(text.to_owned())),
        Unit::Price => PricePerHour::parse(text).map(Value::Price),
    }
}

/// Reads `90`, `90s`, `1.5h`, `2d`, `250ms`; a bare number is seconds.
///
/// # Errors
/// A sentence that says what would be right.
pub fn parse_span(text: &str) -> Result<Span, String> {
    let wrong = || {
        format!(
            "`{text}` is not a span of time; write seconds, or a number with ms, s, m, h or d, such as 90s or 1.5h"
        )
    };
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let ms_per: u64 = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wrong()),
    };
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || number.ends_with('.') || decimals.len() > 9 || decimals.contains('.') {
        return Err(wrong());
    }
    let too_long = || {
        format!(
            "`{text}` is longer than {} days, the longest span there is",
            Span::LONGEST.ms() / 86_400_000
        )
    };
    let whole: u64 = whole.parse().map_err(|_| too_long())?;
    let scale = 10u64.pow(decimals.len() as u32);
    let part: u64 = if decimals.is_empty() {
        0
    } else {
        decimals.parse().map_err(|_| wrong())?
    };
    let ms = whole.checked_mul(ms_per).ok_or_else(too_long)? + part * ms_per / scale;
    if ms > Span::LONGEST.ms() {
        return Err(too_long());
    }
    Ok(Span::from_ms(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_assumption_stands_at_its_knobs_place_and_its_defaults_read() {
        for (index, assumption) in ASSUMPTIONS.iter().enumerate() {
            assert_eq!(assumption.knob as usize, index, "{}", assumption.key);
        }
        for profile in Profile::ALL {
            assert_eq!(Settings::new(profile).values.len(), ASSUMPTIONS.len());
        }
    }

    #[test]
    fn a_default_that_is_written_out_is_no_change() {
        let mut settings = Settings::new(Profile::Typical);
        for (text, is_changed) in [("3s", false), ("3000ms", false), ("4s", true), ("3", false)] {
            let assumption = &ASSUMPTIONS[Knob::ContainerStart as usize];
            settings.set(assumption, text).unwrap();
            assert_eq!(
                settings.is_changed(Knob::ContainerStart),
                is_changed,
                "{text}"
            );
        }
    }

    #[test]
    fn spans_read_with_units() {
        for (text, ms) in [
            ("90", 90_000),
            ("1.5h", 5_400_000),
            ("250ms", 250),
            ("2d", 172_800_000),
            ("0.001s", 1),
        ] {
            assert_eq!(parse_span(text).unwrap(), Span::from_ms(ms), "{text}");
        }
        for text in [
            "",
            "s",
            "-1s",
            "1e3",
            "NaN",
            "1.s",
            "5 m",
            "99999999999999999999h",
            "1..2",
        ] {
            assert!(parse_span(text).is_err(), "{text}");
        }
    }
}
