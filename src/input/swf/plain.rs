//! Lines as nearly all are: 18 whole numbers, −1 among them, with blanks between. They are read in one go, without a look for
//! the line's end before. (To take eight digits at once costs more, as most numbers are short, and as then each number's place
//! waits for the length of the one before.)

use super::{DIGITS_MAX, FIELDS};

/// Bytes within which a line ends.
const WINDOW: usize = 256;

/// Bytes that a look at one number takes in.
const LOOK: usize = 1 + DIGITS_MAX;

/// The start of a line, and the bytes behind it that a look at its last number takes in.
type Window = [u8; WINDOW + LOOK];

/// `-1` as the low bytes of a word.
const MINUS_ONE: u16 = u16::from_le_bytes(*b"-1");

/// Reads the line at the start of `text` into `fields` and returns its length with its end; `None` where it is any other line,
/// a long one, or near the end of `text`.
pub(super) fn parse_line(text: &[u8], fields: &mut [i64; FIELDS]) -> Option<usize> {
    let text: &Window = text.first_chunk()?;
    let mut at = 0;
    let mut end = b' ';
    for field in fields {
        if end != b' ' {
            return None;
        }
        let word = word_at(text, at);
        if word as u16 == MINUS_ONE {
            // Most fields of most logs.
            *field = -1;
            end = (word >> 16) as u8;
            at += 3;
            continue;
        }
        (*field, at, end) = if (word as u8).is_ascii_digit() {
            parse_number(text, at, word as u8)?
        } else {
            parse_behind_blanks(text, at)?
        };
        at += 1;
    }
    match end {
        _ if at > WINDOW => None,
        b'\n' => Some(at),
        b'\r' if text[at] == b'\n' => Some(at + 1),
        _ => None,
    }
}

/// The number that begins with the digit `first` at `at`, where it ends, and the byte there.
#[inline(always)]
fn parse_number(text: &Window, at: usize, first: u8) -> Option<(i64, usize, u8)> {
    let mut value = i64::from(first - b'0');
    // So many bytes as a constant: their places are not checked one by one.
    let bytes: &[u8; LOOK] = text[at % WINDOW..].first_chunk()?;
    let mut length = 1;
    while length < LOOK {
        let digit = bytes[length].wrapping_sub(b'0');
        if digit > 9 {
            return Some((value, at + length, bytes[length]));
        }
        value = value * 10 + i64::from(digit);
        length += 1;
    }
    None
}

/// The number, perhaps −1, that stands behind blanks at `at`, where it ends, and the byte there.
#[inline(never)]
fn parse_behind_blanks(text: &Window, mut at: usize) -> Option<(i64, usize, u8)> {
    while text[at % WINDOW] == b' ' && at < WINDOW {
        at += 1;
    }
    let word = word_at(text, at);
    match word as u8 {
        digit @ b'0'..=b'9' => parse_number(text, at, digit),
        _ if word as u16 == MINUS_ONE => Some((-1, at + 2, (word >> 16) as u8)),
        _ => None,
    }
}

/// Four bytes from `at` on, the first lowest. Behind the window its front is seen again: a line that gets there is refused at
/// its end.
#[inline]
fn word_at(text: &Window, at: usize) -> u32 {
    let bytes = text[at % WINDOW..].first_chunk();
    bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_length_and_distance_are_read() {
        let numbers = [
            0,
            9,
            10,
            -1,
            99,
            100,
            1_234,
            56_789,
            123_456,
            7_654_321,
            12_345_678,
            123_456_789,
            123_456_789_012_345,
            -1,
            5,
            -1,
            10_000_000,
            8,
        ];
        for (between, end) in [(" ", "\n"), ("  ", "\r\n"), ("         ", "\n")] {
            let words: Vec<String> = numbers.iter().map(i64::to_string).collect();
            let line = format!("{between}{}{end}", words.join(between));
            let mut fields = [0; FIELDS];
            let text = format!("{line}{}", "next".repeat(WINDOW));
            assert_eq!(parse_line(text.as_bytes(), &mut fields), Some(line.len()));
            assert_eq!(fields, numbers, "{line}");
        }
    }

    #[test]
    fn any_other_line_is_left_to_who_reads_them_all() {
        let plain = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18\n";
        let rest = "1 2 3 4 5 6 7 8 ".repeat(30);
        let is_read = |line: &str| {
            let text = format!("{line}{rest}");
            parse_line(text.as_bytes(), &mut [0; FIELDS]).is_some()
        };
        assert!(is_read(plain));
        let gap = " ".repeat(WINDOW - plain.len() + 1);
        assert!(is_read(&plain.replacen(' ', &gap, 1)));
        let too_long = format!("{gap} ");
        for (from, to) in [
            ("18\n", "\n"),
            ("18\n", "18 19\n"),
            ("18\n", "18 \n"),
            ("18\n", "18\r"),
            (" 9 ", " 9.5 "),
            (" 9 ", " -9 "),
            (" 9 ", " -12 "),
            (" 9 ", " - "),
            (" 9 ", "\t9 "),
            (" 9 ", "\n9 "),
            (" 9 ", " x "),
            (" 9 ", " 9; "),
            (" 9 ", " 1234567890123456 "),
            (" 9 ", " / "),
            (" 9 ", " : "),
            (" 9 ", &"9".repeat(2 * WINDOW)),
            ("1 ", "; "),
            ("1 2", "1\x002"),
            (" ", &too_long),
        ] {
            assert!(
                !is_read(&plain.replacen(from, to, 1)),
                "{to:?} for {from:?}"
            );
        }
        let cut = format!("{plain}{}", &rest[..100]);
        assert_eq!(parse_line(cut.as_bytes(), &mut [0; FIELDS]), None);
        assert_eq!(parse_line(b"", &mut [0; FIELDS]), None);
    }
}
