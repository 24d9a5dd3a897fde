//! Numbers and text as people read them: durations in two units, money to the cent, thousands apart.

use crate::metrics::Decimal;
use crate::units::{Span, Usd};

/// Stands for a space at which no line is broken.
pub const GLUE: char = '\u{a0}';

/// A duration as [`duration`] writes it, or `none` where there is none.
pub fn duration_or_none(span: Option<Span>) -> String {
    span.map_or_else(|| "none".to_owned(), duration)
}

/// A span in its two largest units, rounded: `2 d 3 h`, `1 h 2 min`, `3 min 20 s`, `4.2 s`, `15 ms`.
pub fn duration(span: Span) -> String {
    const MINUTE: u64 = 60_000;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    // Rounded before the units are chosen, so that nothing lasts 59 min 60 s.
    let rounded = |unit: u64| (span.ms() + unit / 2) / unit * unit;
    if span.ms() > 0 && span.ms() < 1_000 {
        format!("{} ms", span.ms())
    } else if rounded(100) < MINUTE {
        let seconds = Decimal::seconds(Span::from_ms(rounded(100)));
        format!("{seconds} s")
    } else if rounded(1_000) < HOUR {
        let s = rounded(1_000) / 1_000;
        two(s / 60, "min", s % 60, "s")
    } else if rounded(MINUTE) < DAY {
        let min = rounded(MINUTE) / MINUTE;
        two(min / 60, "h", min % 60, "min")
    } else {
        let h = rounded(HOUR) / HOUR;
        two(h / 24, "d", h % 24, "h")
    }
}

fn two(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    match small {
        0 => format!("{} {large_unit}", whole(large)),
        _ => format!("{} {large_unit} {small} {small_unit}", whole(large)),
    }
}

/// Seconds as a duration.
pub fn seconds(figure: Decimal) -> String {
    milliseconds(figure.parts() / 1000)
}

/// Milliseconds, of one job or of many, as a duration.
pub fn milliseconds(ms: u128) -> String {
    // Sums over many jobs may be longer than a span can be; half of all there is leaves room for rounding.
    let ms = u64::try_from(ms).unwrap_or(u64::MAX).min(u64::MAX / 2);
    duration(Span::from_ms(ms))
}

/// vCPU-hours, with one decimal.
pub(super) fn vcpu_hours(vcpu_ms: u128) -> String {
    let hours = Decimal::quotient(vcpu_ms, 3_600_000).unwrap_or_default();
    hours.grouped(1)
}

/// A part of one in per cent.
pub fn percent(part: Decimal) -> String {
    let text = Decimal::from_parts(part.parts() * 100).grouped(1);
    match text.as_str() {
        "0.0" if part.parts() > 0 => "<0.1 %".to_owned(),
        _ => format!("{text} %"),
    }
}

/// A count.
pub fn whole(number: u64) -> String {
    Decimal::from_parts(u128::from(number) * Decimal::PARTS).grouped(0)
}

/// Dollars to the cent.
pub fn dollars(amount: Usd) -> String {
    if amount < Usd::ZERO {
        return format!("-{}", dollars(-amount));
    }
    let parts = u128::try_from(amount.rounded_ticks()).unwrap_or(0) / 10_000;
    let text = Decimal::from_parts(parts).grouped(2);
    match text.as_str() {
        "0.00" if amount != Usd::ZERO => "<0.01".to_owned(),
        _ => text,
    }
}

/// The first `width` columns of `text`, with an ellipsis where there are more.
pub fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// The same text as one word, which no line break cuts.
pub fn glued(text: &str) -> String {
    text.replace(' ', &GLUE.to_string())
}

/// Lines of at most `width` columns, broken at spaces other than no-break spaces; a longer word is broken where it must.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut columns = 0;
    let words = text.split(|letter: char| letter.is_whitespace() && letter != GLUE);
    for word in words.filter(|word| !word.is_empty()) {
        let mut word: &str = word;
        loop {
            let length = word.chars().count();
            let space = usize::from(columns > 0);
            let last = lines.last_mut().expect("there is a line from the start");
            if columns + space + length <= width {
                if space == 1 {
                    last.push(' ');
                }
                last.push_str(word);
                columns += space + length;
                break;
            }
            if columns == 0 {
                let cut = word
                    .char_indices()
                    .nth(width)
                    .map_or(word.len(), |(at, _)| at);
                last.push_str(&word[..cut]);
                word = &word[cut..];
            }
            lines.push(String::new());
            columns = 0;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_to_their_second_unit_and_never_last_sixty_of_anything() {
        for (ms, text) in [
            (0, "0 s"),
            (15, "15 ms"),
            (999, "999 ms"),
            (4_249, "4.2 s"),
            (4_250, "4.3 s"),
            (30_000, "30 s"),
            (59_949, "59.9 s"),
            (59_950, "1 min"),
            (200_400, "3 min 20 s"),
            (3_599_499, "59 min 59 s"),
            (3_599_500, "1 h"),
            (7_980_000, "2 h 13 min"),
            (86_399_999, "1 d"),
            (97_200_000, "1 d 3 h"),
            (360_000_000_000, "4,166 d 16 h"),
        ] {
            assert_eq!(duration(Span::from_ms(ms)), text, "{ms}");
        }
        assert!(milliseconds(u128::MAX).ends_with(" h"));
    }

    #[test]
    fn what_is_little_is_not_nothing() {
        assert_eq!(dollars(Usd::ZERO), "0.00");
        assert_eq!(dollars(Usd::from_ticks(49_999_999)), "<0.01");
        assert_eq!(dollars(Usd::from_ticks(50_000_000)), "0.01");
        assert_eq!(dollars(Usd::from_ticks(12_345_600_000_000)), "1,234.56");
        assert_eq!(percent(Decimal::from_parts(0)), "0.0 %");
        assert_eq!(percent(Decimal::from_parts(1)), "<0.1 %");
        assert_eq!(percent(Decimal::from_parts(123_456)), "12.3 %");
    }

    #[test]
    fn long_text_wraps_at_spaces_and_long_words_where_they_must() {
        assert_eq!(wrap("aa bb cc", 5), ["aa bb", "cc"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
        assert_eq!(wrap("aa bb\u{a0}cc", 6), ["aa", "bb\u{a0}cc"]);
    }
}
