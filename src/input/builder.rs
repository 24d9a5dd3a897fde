//! What the readers share: collecting problems and counts, numbers from bytes, and identifiers.

use rustc_hash::FxHashMap;

use crate::model::Row;
use crate::units::SimTime;

use super::Problem;

/// Problems listed of one file; the rest is counted.
pub(super) const PROBLEMS_MAX: usize = 100;

/// The problems of one file.
pub(super) struct Problems<'a> {
    file: &'a str,
    list: Vec<Problem>,
    more: u64,
}

impl<'a> Problems<'a> {
    /// None yet.
    pub(super) fn of(file: &'a str) -> Problems<'a> {
        Problems {
            file,
            list: Vec::new(),
            more: 0,
        }
    }

    /// Adds a problem of a line (0: of the whole file) and column (empty: of the whole line).
    pub(super) fn add(&mut self, line: u64, column: &str, message: impl Into<String>) {
        self.push(Problem::at(self.file, line, column, message));
    }

    /// Adds a problem.
    pub(super) fn push(&mut self, problem: Problem) {
        if self.list.len() < PROBLEMS_MAX {
            self.list.push(problem);
        } else {
            self.more += 1;
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.list.len() as u64 + self.more
    }

    /// Forgets those that came after the first `count` (see [`Problems::count`]), as what they speak of was left out.
    pub(super) fn forget_after(&mut self, count: u64) {
        self.more = self.more.min(count.saturating_sub(self.list.len() as u64));
        self.list
            .truncate(usize::try_from(count).unwrap_or(usize::MAX));
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All of them, the last telling how many more there are.
    pub(super) fn into_list(mut self) -> Vec<Problem> {
        if self.more > 0 {
            self.list.push(Problem::whole(
                self.file,
                format!("{} more problems like these", self.more),
            ));
        }
        self.list
    }
}

/// How often each named rule applied, in order of first use, and where first.
#[derive(Default)]
pub(super) struct Tally {
    counts: Vec<(&'static str, u64)>,
    firsts: Firsts,
}

/// Where rules applied first: the rule, and a few places such as `line 7`.
pub type Firsts = Vec<(&'static str, Vec<String>)>;

/// Places kept of each rule.
const FIRSTS_MAX: usize = 5;

/// Keeps where `rule` applied, where that is one of the first places.
pub(super) fn note_first(firsts: &mut Firsts, rule: &'static str, place: impl FnOnce() -> String) {
    match firsts.iter_mut().find(|(name, _)| *name == rule) {
        Some((_, places)) if places.len() >= FIRSTS_MAX => {}
        Some((_, places)) => places.push(place()),
        None => firsts.push((rule, vec![place()])),
    }
}

impl Tally {
    /// Counts `times` for `rule`.
    pub(super) fn add(&mut self, rule: &'static str, times: u64) {
        if times == 0 {
            return;
        }
        match self.counts.iter_mut().find(|(name, _)| *name == rule) {
            Some((_, count)) => *count += times,
            None => self.counts.push((rule, times)),
        }
    }

    /// Counts one for `rule`, which applied at `place`.
    pub(super) fn at(&mut self, rule: &'static str, place: impl FnOnce() -> String) {
        self.add(rule, 1);
        note_first(&mut self.firsts, rule, place);
    }

    /// The places where rules applied first; none are left behind.
    pub(super) fn take_firsts(&mut self) -> Firsts {
        std::mem::take(&mut self.firsts)
    }

    /// The counts, sorted by rule.
    pub(super) fn into_counts(mut self) -> Vec<(&'static str, u64)> {
        self.counts.sort_unstable();
        self.counts
    }
}

/// The identifiers that a trace uses; each is a number or a name, as in [`Row::source`].
#[derive(Debug, Default)]
pub(super) struct Identifiers {
    /// The names.
    pub(super) names: Vec<String>,
    by_name: FxHashMap<String, u32>,
}

impl Identifiers {
    /// What stands for `text`, which may be new.
    pub(super) fn intern(&mut self, text: &str) -> u32 {
        if let Some(known) = self.find(text) {
            return known;
        }
        let source = name_source(&mut self.names, text.to_owned());
        self.by_name.insert(text.to_owned(), source);
        source
    }

    /// What stands for `text`, if that can be an identifier of this trace.
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        source_number(text.as_bytes()).or_else(|| self.by_name.get(text).copied())
    }

    /// The text of `source`.
    pub(super) fn show(&self, source: u32) -> String {
        match source.checked_sub(Row::NAMED) {
            Some(index) => self.names[index as usize].clone(),
            None => source.to_string(),
        }
    }
}

/// Milliseconds of a decimal number of seconds: exact to the millisecond, rounded half up beyond it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seconds {
    /// Whole milliseconds.
    pub(super) ms: u64,
    /// Whether more than three decimals were rounded away.
    pub(super) is_rounded: bool,
}

/// Reads `12`, `0.5` or `3.1415`, without sign, exponent or float.
///
/// # Errors
/// A sentence that says what is wrong with `text` and what would be right.
pub(super) fn parse_seconds(text: &[u8]) -> Result<Seconds, String> {
    // Whole seconds, the usual case; what could be too long or is no number goes the long way.
    if (1..=10).contains(&text.len()) && text.iter().all(u8::is_ascii_digit) {
        let seconds = text
            .iter()
            .fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
        let ms = seconds * 1000;
        if ms <= SimTime::LAST.ms() {
            return Ok(Seconds {
                ms,
                is_rounded: false,
            });
        }
    }
    let wrong = |why: &str| format!("`{}` {why}", text.escape_ascii());
    let (whole, decimals) = match text.iter().position(|&byte| byte == b'.') {
        Some(dot) => (&text[..dot], &text[dot + 1..]),
        None => (text, &[][..]),
    };
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    if whole.first() == Some(&b'-') {
        return Err(wrong("is negative; must be 0 or more seconds"));
    }
    if whole.is_empty() || !digits(whole) || !digits(decimals) {
        return Err(wrong("is not a number of seconds; write 12 or 12.345"));
    }
    let place = |index: usize| {
        decimals
            .get(index)
            .map_or(0, |digit| u64::from(digit - b'0'))
    };
    let part = place(0) * 100 + place(1) * 10 + place(2) + u64::from(place(3) >= 5);
    whole
        .iter()
        .try_fold(0u64, |value, digit| {
            value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
        })
        .and_then(|seconds| seconds.checked_mul(1000)?.checked_add(part))
        .filter(|ms| *ms <= SimTime::LAST.ms())
        .map(|ms| Seconds {
            ms,
            is_rounded: decimals.iter().skip(3).any(|&digit| digit != b'0'),
        })
        .ok_or_else(|| {
            wrong(&format!(
                "is too long; at most {} seconds",
                SimTime::LAST.ms() / 1000
            ))
        })
}

/// Reads a whole number from `least` to `most`.
///
/// # Errors
/// A sentence that says what is wrong with `text` and what would be right.
pub(super) fn parse_whole(text: &[u8], least: u32, most: u32) -> Result<u32, String> {
    let value = text
        .iter()
        .try_fold(0u64, |value, byte| {
            let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
            value.checked_mul(10)?.checked_add(digit)
        })
        .filter(|_| !text.is_empty())
        .and_then(|value| u32::try_from(value).ok());
    match value {
        Some(value) if (least..=most).contains(&value) => Ok(value),
        _ => Err(format!(
            "`{}` is not a whole number from {least} to {most}",
            text.escape_ascii()
        )),
    }
}

/// The number that `text` is as an identifier of a source: below [`Row::NAMED`] and written without leading zeros, so that
/// it prints as it was read. Anything else is a name.
pub(super) fn source_number(text: &[u8]) -> Option<u32> {
    let is_plain = text == b"0" || text.first().is_some_and(|&first| first != b'0');
    parse_whole(text, 0, Row::NAMED - 1)
        .ok()
        .filter(|_| is_plain)
}

/// Adds `name` to `names` and returns the identifier that stands for it.
pub(super) fn name_source(names: &mut Vec<String>, name: String) -> u32 {
    let index = u32::try_from(names.len()).expect("fewer names than bytes that fit in memory");
    names.push(name);
    Row::NAMED + index
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_read_exactly_to_the_millisecond() {
        for (text, ms, is_rounded) in [
            ("0", 0, false),
            ("12", 12_000, false),
            ("0.5", 500, false),
            ("1.", 1_000, false),
            ("3.1410", 3_141, false),
            ("3.1415", 3_142, true),
            ("0.0004", 0, true),
            ("0.9995", 1_000, true),
            ("100000000000", 100_000_000_000_000, false),
        ] {
            let expected = Seconds { ms, is_rounded };
            assert_eq!(parse_seconds(text.as_bytes()), Ok(expected), "{text}");
        }
        for text in [
            "",
            ".",
            ".5",
            "-1",
            "1e3",
            "NaN",
            "inf",
            "1,5",
            "1.2.3",
            "100000000000.001",
            "99999999999999999999",
            "0x10",
            "١",
        ] {
            assert!(parse_seconds(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_number_with_leading_zeros_is_a_name() {
        for (text, number) in [
            ("0", Some(0)),
            ("7", Some(7)),
            ("2147483647", Some(2_147_483_647)),
            ("2147483648", None),
            ("007", None),
            ("", None),
            ("7a", None),
            ("-1", None),
        ] {
            assert_eq!(source_number(text.as_bytes()), number, "{text}");
        }
    }

    #[test]
    fn a_hundred_problems_are_listed_and_the_rest_is_counted() {
        let mut problems = Problems::of("log");
        for line in 1..=250 {
            problems.add(line, "", "is wrong");
        }
        let list = problems.into_list();
        assert_eq!(list.len(), PROBLEMS_MAX + 1);
        assert_eq!(list[PROBLEMS_MAX].message, "150 more problems like these");
    }
}
