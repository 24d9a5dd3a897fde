//! Figures with six decimals, as integers: the same bytes on every machine.

use std::fmt;

use crate::units::Span;

/// A non-negative figure in millionths; a quotient is rounded half up to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal(u128);

impl Decimal {
    /// Millionths in one.
    pub const PARTS: u128 = 1_000_000;

    /// `parts` millionths.
    pub const fn from_parts(parts: u128) -> Decimal {
        Decimal(parts)
    }

    /// The figure in millionths.
    pub const fn parts(self) -> u128 {
        self.0
    }

    /// `numerator` ÷ `denominator`, or `None` where nothing is divided by.
    ///
    /// # Panics
    /// Beyond 3 × 10³², more than any sum of a run.
    pub fn quotient(numerator: u128, denominator: u128) -> Option<Decimal> {
        if denominator == 0 {
            return None;
        }
        let whole = numerator / denominator;
        let rest = numerator % denominator;
        // The rest is cut first where it could overflow: then the denominator is so large that no decimal is lost.
        let shift = u128::BITS
            .saturating_sub(rest.leading_zeros())
            .saturating_sub(100);
        let decimals = ((rest >> shift) * Self::PARTS + (denominator >> shift) / 2)
            / (denominator >> shift).max(1);
        let parts = whole
            .checked_mul(Self::PARTS)
            .and_then(|parts| parts.checked_add(decimals));
        Some(Decimal(
            parts.expect("a quotient larger than any sum of a run"),
        ))
    }

    /// Seconds.
    pub fn seconds(span: Span) -> Decimal {
        Decimal(u128::from(span.ms()) * 1000)
    }

    /// `ms` milliseconds as seconds.
    pub fn from_ms(ms: u128) -> Decimal {
        Decimal(ms * 1000)
    }

    /// Rounded half up to `decimals` (at most six) decimals, with all of them printed and thousands apart: `1,234.50`.
    pub fn grouped(self, decimals: u32) -> String {
        let unit = 10u128.pow(6 - decimals.min(6));
        let scaled = (self.0 + unit / 2) / unit;
        let scale = 10u128.pow(decimals.min(6));
        let whole = (scaled / scale).to_string();
        let mut text = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        if decimals > 0 {
            let width = decimals.min(6) as usize;
            text.push_str(&format!(".{:0width$}", scaled % scale));
        }
        text
    }
}

impl fmt::Display for Decimal {
    /// As few decimals as the figure needs: `12`, `0.5`, `3.141593`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0 / Self::PARTS)?;
        match self.0 % Self::PARTS {
            0 => Ok(()),
            rest => f.write_str(format!(".{rest:06}").trim_end_matches('0')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotient_is_rounded_half_up_to_six_decimals() {
        for (numerator, denominator, text) in [
            (1, 3, "0.333333"),
            (2, 3, "0.666667"),
            (1, 2_000_000, "0.000001"),
            (6, 2, "3"),
            (0, 7, "0"),
            (u128::MAX / 2, u128::MAX - 1, "0.5"),
        ] {
            let quotient = Decimal::quotient(numerator, denominator).unwrap();
            assert_eq!(quotient.to_string(), text, "{numerator}/{denominator}");
        }
        assert_eq!(Decimal::quotient(1, 0), None);
    }

    #[test]
    fn grouped_figures_have_their_thousands_apart() {
        let figure = Decimal::from_parts(1_234_567_895_000);
        assert_eq!(figure.grouped(2), "1,234,567.90");
        assert_eq!(figure.grouped(0), "1,234,568");
        assert_eq!(Decimal::from_parts(999_999).grouped(1), "1.0");
    }
}
