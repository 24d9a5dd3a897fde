//! Lines as nearly all are: 18 whole numbers or −1, blanks between them. Eight bytes are looked at together, so that the length
//! of a number costs no branch: a third of the instructions of a loop over digits, and few mispredictions.

use super::FIELDS;

/// Reads the line at the start of `text` into `fields` and returns its length with its end; `None` where it is any other line,
/// or where fewer than eight bytes follow one of its numbers.
#[inline]
pub(super) fn parse_line(text: &[u8], fields: &mut [i64; FIELDS]) -> Option<usize> {
    let mut at = 0;
    let mut end = b' ';
    for field in fields {
        let mut word = word_at(text, at)?;
        if end != b' ' {
            return None;
        }
        while word as u8 == b' ' {
            let blanks = (word ^ each(b' ')).trailing_zeros() / 8;
            at += blanks as usize;
            word = word_at(text, at)?;
        }
        let digits = count_digits(word);
        let length;
        (*field, length, end) = match digits {
            1..=7 => (value(word, digits), digits, byte(word, digits)),
            0 if word as u16 == MINUS_ONE => (-1, 2, byte(word, 2)),
            0 => return None,
            _ => long_number(text, at)?,
        };
        at += length as usize + 1;
    }
    match end {
        b'\n' => Some(at),
        b'\r' if text.get(at) == Some(&b'\n') => Some(at + 1),
        _ => None,
    }
}

/// `-1` as the low bytes of a word.
const MINUS_ONE: u16 = u16::from_le_bytes(*b"-1");

/// Eight bytes from `at` on, the first lowest.
#[inline]
fn word_at(text: &[u8], at: usize) -> Option<u64> {
    let bytes = text.get(at..)?.first_chunk()?;
    Some(u64::from_le_bytes(*bytes))
}

/// A word of eight times `byte`.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The byte of `word` at `index`, below eight.
#[inline]
fn byte(word: u64, index: u32) -> u8 {
    (word >> (8 * index)) as u8
}

/// How many bytes of `word` are digits before the first that is none.
#[inline]
fn count_digits(word: u64) -> u32 {
    // A digit becomes 0 to 9: it has no high bits, and six more give it none.
    let low = word ^ each(b'0');
    let others = (low | low.wrapping_add(each(6))) & each(0xf0);
    others.trailing_zeros() / 8
}

/// The value of the first `digits` bytes of `word`, 1 to 8 digits: pairs, fours and the eight are summed in parallel.
#[inline]
fn value(word: u64, digits: u32) -> i64 {
    // Zeros before the number instead of what follows it.
    let eight = (word ^ each(b'0')) << (64 - 8 * digits);
    let pairs = eight.wrapping_mul(1 + (10 << 8)) >> 8 & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(1 + (100 << 16)) >> 16 & 0x0000_ffff_0000_ffff;
    (fours.wrapping_mul(1 + (10_000 << 32)) >> 32) as i64
}

/// A number of 8 to 15 digits, its length, and the byte behind it.
fn long_number(text: &[u8], at: usize) -> Option<(i64, u32, u8)> {
    let high = value(word_at(text, at)?, 8);
    let word = word_at(text, at + 8)?;
    let digits = count_digits(word);
    let low = match digits {
        0 => 0,
        1..=7 => value(word, digits),
        _ => return None,
    };
    let number = high * 10i64.pow(digits) + low;
    Some((number, 8 + digits, byte(word, digits)))
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
        for (between, end) in [(" ", "\n"), ("  ", "\r\n"), ("            ", "\n")] {
            let words: Vec<String> = numbers.iter().map(i64::to_string).collect();
            let line = format!("{between}{}{end}", words.join(between));
            let mut fields = [0; FIELDS];
            let text = format!("{line}2 next line");
            assert_eq!(parse_line(text.as_bytes(), &mut fields), Some(line.len()));
            assert_eq!(fields, numbers, "{line}");
        }
    }

    #[test]
    fn any_other_line_is_left_to_who_reads_them_all() {
        let plain = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18\n";
        let rest = "1 2 3 4 5 6 7 8";
        let is_read = |line: &str| {
            let text = format!("{line}{rest}");
            parse_line(text.as_bytes(), &mut [0; FIELDS]).is_some()
        };
        assert!(is_read(plain));
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
            ("1 ", "; "),
            ("1 2", "1\02"),
        ] {
            assert!(
                !is_read(&plain.replacen(from, to, 1)),
                "{to:?} for {from:?}"
            );
        }
        assert_eq!(parse_line(&plain.as_bytes()[..40], &mut [0; FIELDS]), None);
        assert_eq!(parse_line(b"", &mut [0; FIELDS]), None);
    }
}
