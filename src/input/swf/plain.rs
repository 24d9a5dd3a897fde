//! Lines as nearly all are: 18 whole numbers or −1, blanks between them. Eight bytes are looked at together, so that neither the
//! length of a number nor its digits cost branches: half the instructions of a loop over digits, and few mispredictions.

use super::FIELDS;

/// Bytes within which a line ends.
const WINDOW: usize = 256;

/// The start of a line, and the bytes behind it that a look at its last byte takes in.
type Window = [u8; WINDOW + 8];

/// `-1` as the low bytes of a word.
const MINUS_ONE: u16 = u16::from_le_bytes(*b"-1");

/// Reads the line at the start of `text` into `fields` and returns its length with its end; `None` where it is any other line,
/// a long one, or near the end of `text`.
// Not inlined, so that its constants stay in registers.
#[inline(never)]
pub(super) fn parse_line(text: &[u8], fields: &mut [i64; FIELDS]) -> Option<usize> {
    let text: &Window = text.first_chunk()?;
    let mut at = 0;
    let mut end = b' ';
    for field in fields {
        if end != b' ' {
            return None;
        }
        let word = word_at(text, at);
        let bits;
        if word as u16 == MINUS_ONE {
            (*field, bits) = (-1, 16);
        } else {
            bits = digit_bits(word);
            if !(8..64).contains(&bits) {
                (*field, at, end) = parse_unusual(text, at)?;
                continue;
            }
            *field = value(word, bits);
        }
        end = (word >> bits) as u8;
        at += bits as usize / 8 + 1;
    }
    match end {
        _ if at > WINDOW => None,
        b'\n' => Some(at),
        b'\r' if text[at] == b'\n' => Some(at + 1),
        _ => None,
    }
}

/// A number of up to 15 digits, perhaps behind blanks: its value, where the next begins, and the byte before that.
fn parse_unusual(text: &Window, mut at: usize) -> Option<(i64, usize, u8)> {
    while at < WINDOW && text[at] == b' ' {
        at += 1;
    }
    let word = word_at(text, at);
    let (number, length) = match digit_bits(word) {
        0 if word as u16 == MINUS_ONE => (-1, 2),
        0 => return None,
        64 => {
            let high = value(word, 64);
            let word = word_at(text, at + 8);
            match digit_bits(word) {
                0 => (high, 8),
                64 => return None,
                bits => (high * 10i64.pow(bits / 8) + value(word, bits), 8 + bits / 8),
            }
        }
        bits => (value(word, bits), bits / 8),
    };
    let end = at + length as usize;
    Some((number, end + 1, text[end % WINDOW]))
}

/// Eight bytes from `at` on, the first lowest. Beyond the window its front is seen again: such a line is refused at its end.
#[inline]
fn word_at(text: &Window, at: usize) -> u64 {
    let bytes = text[at % WINDOW..].first_chunk();
    bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// A word of eight times `byte`.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Eight for each byte of `word` that is a digit, before the first that is none.
#[inline]
fn digit_bits(word: u64) -> u32 {
    // A digit becomes 0 to 9: it has no high bits, and six more give it none.
    let low = word ^ each(b'0');
    let others = (low | low.wrapping_add(each(6))) & each(0xf0);
    others.trailing_zeros() & !7
}

/// The value of the digits in the first `bits` of `word`, 8 to 64: pairs, fours and the eight are summed in parallel.
#[inline]
fn value(word: u64, bits: u32) -> i64 {
    // Zeros before the number instead of what follows it.
    let eight = (word ^ each(b'0')) << (64 - bits);
    let pairs = eight.wrapping_mul(1 + (10 << 8)) >> 8 & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(1 + (100 << 16)) >> 16 & 0x0000_ffff_0000_ffff;
    (fours.wrapping_mul(1 + (10_000 << 32)) >> 32) as i64
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
