//! What single cells of the native trace mean.

use crate::model::{Fate, FateKind};
use crate::units::{Ratio, Span};

use super::super::builder::{parse_seconds, parse_whole};

/// Reads `137@30;oom@12;nostart;0@60`: how the attempts end, and after how many seconds.
///
/// # Errors
/// A sentence that says what is wrong and what would be right.
pub(super) fn parse_fates(text: &[u8]) -> Result<Vec<Fate>, String> {
    text.split(|&byte| byte == b';')
        .map(<[u8]>::trim_ascii)
        .filter(|entry| !entry.is_empty())
        .map(parse_fate)
        .collect()
}

fn parse_fate(entry: &[u8]) -> Result<Fate, String> {
    let (end, seconds) = match entry.iter().position(|&byte| byte == b'@') {
        Some(at) => (entry[..at].trim_ascii(), Some(entry[at + 1..].trim_ascii())),
        None => (entry, None),
    };
    let wrong = |why: &str| {
        format!(
            "`{}` {why}; write an exit code and seconds such as 137@30, oom@12 or nostart",
            entry.escape_ascii()
        )
    };
    let (exit_code, kind) = match end {
        b"nostart" if seconds.is_none() => {
            return Ok(Fate {
                exit_code: 0,
                run: Span::ZERO,
                kind: FateKind::FailedToStart,
            });
        }
        b"nostart" => return Err(wrong("never runs, so it has no seconds")),
        b"oom" => (137, FateKind::OutOfMemory),
        code => (
            parse_exit_code(code).map_err(|_| wrong("has no exit code from 0 to 255"))?,
            FateKind::Exit,
        ),
    };
    let seconds = seconds.ok_or_else(|| wrong("does not say after how many seconds"))?;
    Ok(Fate {
        exit_code,
        run: Span::from_ms(parse_seconds(seconds)?.ms),
        kind,
    })
}

/// Reads an exit code.
pub(super) fn parse_exit_code(text: &[u8]) -> Result<u8, String> {
    parse_whole(text, 0, 255).map(|code| code as u8)
}

/// Reads a decimal from 0 to 1 with at most six decimals.
pub(super) fn parse_probability(text: &[u8]) -> Result<Ratio, String> {
    let wrong = || {
        format!(
            "`{}` is not a probability; write a decimal from 0 to 1 with at most six decimals",
            text.escape_ascii()
        )
    };
    let (whole, decimals) = match text.iter().position(|&byte| byte == b'.') {
        Some(dot) => (&text[..dot], &text[dot + 1..]),
        None => (text, &[][..]),
    };
    let whole = parse_whole(whole, 0, 1).map_err(|_| wrong())?;
    if decimals.len() > 6 || !decimals.iter().all(u8::is_ascii_digit) {
        return Err(wrong());
    }
    let digit = |place: usize| {
        decimals
            .get(place)
            .map_or(0, |digit| u64::from(digit - b'0'))
    };
    let decimals = (0..6).fold(0, |parts, place| parts * 10 + digit(place));
    let parts = u64::from(whole) * Ratio::PARTS + decimals;
    (parts <= Ratio::PARTS)
        .then(|| Ratio::from_parts(parts))
        .ok_or_else(wrong)
}

/// The entries of `depends_on` or `after`: what stands between spaces and semicolons.
pub(super) fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', '\t', ';'])
        .filter(|entry| !entry.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fates_read_in_order_and_say_what_is_wrong() {
        let fates = parse_fates(b"137@30; oom@12.5 ;nostart;0@60;").unwrap();
        let read: Vec<(u8, u64, FateKind)> = fates
            .iter()
            .map(|fate| (fate.exit_code, fate.run.ms(), fate.kind))
            .collect();
        assert_eq!(
            read,
            [
                (137, 30_000, FateKind::Exit),
                (137, 12_500, FateKind::OutOfMemory),
                (0, 0, FateKind::FailedToStart),
                (0, 60_000, FateKind::Exit)
            ]
        );
        for (text, expected) in [
            ("256@1", "has no exit code from 0 to 255"),
            ("-1@1", "has no exit code"),
            ("boom@1", "has no exit code"),
            ("137", "does not say after how many seconds"),
            ("oom", "does not say after how many seconds"),
            ("nostart@3", "never runs"),
            ("0@-3", "is negative"),
            ("0@x", "is not a number of seconds"),
        ] {
            let error = parse_fates(text.as_bytes()).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn probabilities_are_exact_to_a_millionth() {
        for (text, parts) in [
            ("0", 0),
            ("1", 1_000_000),
            ("0.05", 50_000),
            ("0.000001", 1),
        ] {
            let expected = Ratio::from_parts(parts);
            assert_eq!(parse_probability(text.as_bytes()), Ok(expected));
        }
        for text in [
            "",
            "1.1",
            "2",
            "-0.1",
            "0.0000001",
            "1e-3",
            "NaN",
            ".5",
            "5%",
        ] {
            assert!(parse_probability(text.as_bytes()).is_err(), "{text}");
        }
    }
}
