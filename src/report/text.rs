//! Values as bytes, without a detour: rows are written a million at a time.

use std::io::{self, Write};

use crate::units::Usd;

/// Bytes gathered before they are handed on.
const BLOCK: usize = 256 * 1024;

/// Buffered output that keeps its first error, as the run it reports on cannot stop for it.
#[derive(Debug)]
pub struct Out<W: Write> {
    /// Where rows are put together; give it whole rows and call [`Out::row_done`] after each.
    pub bytes: Vec<u8>,
    to: W,
    error: Option<io::Error>,
}

impl<W: Write> Out<W> {
    /// Output to `to` that begins with `header`.
    pub fn new(to: W, header: &str) -> Out<W> {
        let mut bytes = Vec::with_capacity(BLOCK + 4096);
        bytes.extend_from_slice(header.as_bytes());
        Out {
            bytes,
            to,
            error: None,
        }
    }

    /// Hands on a full block.
    #[inline]
    pub fn row_done(&mut self) {
        if self.bytes.len() >= BLOCK {
            self.hand_on();
        }
    }

    #[cold]
    fn hand_on(&mut self) {
        if self.error.is_none() {
            self.error = self.to.write_all(&self.bytes).err();
        }
        self.bytes.clear();
    }

    /// Hands on what is left and gives the destination back.
    ///
    /// # Errors
    /// The first error of the destination, whenever it was.
    pub fn finish(mut self) -> io::Result<W> {
        self.hand_on();
        match self.error {
            Some(error) => Err(error),
            None => {
                self.to.flush()?;
                Ok(self.to)
            }
        }
    }
}

/// A whole number.
#[inline]
pub fn put_u64(out: &mut Vec<u8>, number: u64) {
    if number < 10 {
        out.push(b'0' + number as u8);
    } else {
        out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }
}

/// Milliseconds as seconds with up to three decimals: `12`, `0.5`, `3.141`.
#[inline]
pub fn put_seconds(out: &mut Vec<u8>, ms: u64) {
    put_u64(out, ms / 1000);
    let rest = (ms % 1000) as u32;
    if rest > 0 {
        put_thousandths(out, rest);
    }
}

fn put_thousandths(out: &mut Vec<u8>, rest: u32) {
    let digit = |n: u32| b'0' + (n % 10) as u8;
    let text = [b'.', digit(rest / 100), digit(rest / 10), digit(rest)];
    let length = match rest {
        _ if rest.is_multiple_of(100) => 2,
        _ if rest.is_multiple_of(10) => 3,
        _ => 4,
    };
    out.extend_from_slice(&text[..length]);
}

/// 10⁻¹⁰ USD as dollars with as many decimals as the amount needs; `0` for nothing.
#[inline]
pub fn put_ticks(out: &mut Vec<u8>, ticks: i128) {
    if ticks == 0 {
        out.push(b'0');
        return;
    }
    if ticks < 0 {
        out.push(b'-');
    }
    let ticks = ticks.unsigned_abs();
    match u64::try_from(ticks) {
        Ok(ticks) => {
            put_u64(out, ticks / TICKS_PER_USD);
            put_decimals(out, ticks % TICKS_PER_USD);
        }
        Err(_) => {
            let (whole, rest) = (
                ticks / u128::from(TICKS_PER_USD),
                ticks % u128::from(TICKS_PER_USD),
            );
            out.extend_from_slice(itoa::Buffer::new().format(whole).as_bytes());
            put_decimals(out, rest as u64);
        }
    }
}

/// 10⁻¹⁰ USD in a dollar.
const TICKS_PER_USD: u64 = 10_000_000_000;

fn put_decimals(out: &mut Vec<u8>, rest: u64) {
    if rest == 0 {
        return;
    }
    let mut buffer = itoa::Buffer::new();
    // A leading one keeps the zeros that follow it; the point takes its place.
    let digits = buffer.format(rest + TICKS_PER_USD).as_bytes();
    let zeros = digits
        .iter()
        .rev()
        .take_while(|&&digit| digit == b'0')
        .count();
    out.push(b'.');
    out.extend_from_slice(&digits[1..digits.len() - zeros]);
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
    fn seconds_have_up_to_three_decimals() {
        for (ms, expected) in [
            (0, "0"),
            (9_000, "9"),
            (12_345_000, "12345"),
            (500, "0.5"),
            (1_010, "1.01"),
            (3_141, "3.141"),
            (7, "0.007"),
        ] {
            assert_eq!(text(|out| put_seconds(out, ms)), expected);
        }
    }

    #[test]
    fn money_has_as_many_decimals_as_it_needs() {
        for (ticks, expected) in [
            (0, "0"),
            (1, "0.0000000001"),
            (15_000_000_000, "1.5"),
            (20_000_000_000, "2"),
            (-425_000_000, "-0.0425"),
            (
                i128::from(u64::MAX) * 10_000_000_000,
                "18446744073709551615",
            ),
        ] {
            assert_eq!(text(|out| put_ticks(out, ticks)), expected);
        }
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

    #[test]
    fn output_keeps_its_first_error() {
        #[derive(Debug)]
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::Error::from(io::ErrorKind::StorageFull))
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut out = Out::new(Full, "header\n");
        out.bytes.resize(BLOCK, b'x');
        out.row_done();
        out.bytes.push(b'y');
        assert_eq!(out.finish().unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
