//! Values as bytes, and amounts of a column that sum to what they say.

use crate::units::Usd;

use super::numbers::{EMPTY_ROOM, Numbers};

/// A whole number.
pub fn put_u64(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Milliseconds as seconds with up to three decimals: `12`, `0.5`, `3.141`.
pub fn put_seconds(out: &mut Vec<u8>, ms: u64) {
    let mut room = EMPTY_ROOM;
    let mut numbers = Numbers::new(&mut room);
    numbers.seconds(ms);
    let text = numbers.text();
    out.extend_from_slice(text.strip_suffix(b",").unwrap_or(text));
}

/// 10⁻¹⁰ USD as dollars with as many decimals as the amount needs; `0` for nothing.
pub fn put_ticks(out: &mut Vec<u8>, ticks: i128) {
    let mut room = EMPTY_ROOM;
    let mut numbers = Numbers::new(&mut room);
    numbers.ticks(ticks);
    out.extend_from_slice(numbers.text());
}

/// Text as one CSV field: in quotes where it has to be.
pub fn put_field(out: &mut Vec<u8>, text: &[u8]) {
    let special = |byte: &u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
    if !text.iter().any(special) {
        out.extend_from_slice(text);
        return;
    }
    out.push(b'"');
    for &byte in text {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Rounds the amounts of a column to 10⁻¹⁰ USD so that the rows up to any row sum to their rounded sum: what one row is
/// rounded by, the next takes over.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoundedColumn {
    /// Units that have not been printed yet (negative: printed too much).
    carry: i64,
}

/// Units of [`Usd`] in 10⁻¹⁰ USD.
const UNITS_PER_TICK: i64 = Usd::from_ticks(1).units() as i64;

impl RoundedColumn {
    /// What the next row of the column prints, in 10⁻¹⁰ USD.
    #[inline]
    pub fn next(&mut self, amount: Usd) -> i128 {
        let units = amount.units();
        match i64::try_from(units) {
            Ok(small) if small.unsigned_abs() < 1 << 62 => {
                let units = small + self.carry;
                let ticks = (units + UNITS_PER_TICK / 2).div_euclid(UNITS_PER_TICK);
                self.carry = units - ticks * UNITS_PER_TICK;
                i128::from(ticks)
            }
            _ => {
                let units = Usd::from_units(units + i128::from(self.carry));
                let ticks = units.rounded_ticks();
                self.carry = (units.units() - ticks * i128::from(UNITS_PER_TICK)) as i64;
                ticks
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(put: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        put(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn single_values_have_no_comma() {
        assert_eq!(text(|out| put_seconds(out, 3_141)), "3.141");
        assert_eq!(text(|out| put_ticks(out, 15_000_000_000)), "1.5");
        assert_eq!(text(|out| put_u64(out, 12)), "12");
    }

    #[test]
    fn a_field_is_quoted_where_it_must_be() {
        for (field, expected) in [
            ("plain name", "plain name"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("two\nlines", "\"two\nlines\""),
        ] {
            assert_eq!(text(|out| put_field(out, field.as_bytes())), expected);
        }
    }

    #[test]
    fn a_rounded_column_sums_to_its_rounded_sum_at_every_row() {
        let mut column = RoundedColumn::default();
        let (mut exact, mut printed) = (Usd::ZERO, 0);
        for step in 0..1000i128 {
            let amount = Usd::from_units(
                step * step * 7_919
                    + if step % 10 == 0 {
                        i128::from(i64::MAX)
                    } else {
                        0
                    },
            );
            exact += amount;
            printed += column.next(amount);
            assert_eq!(printed, exact.rounded_ticks(), "row {step}");
        }
    }
}
