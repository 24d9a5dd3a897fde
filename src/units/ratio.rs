//! Exact fractions of small whole numbers: speeds, weights, probabilities.

use std::cmp::Ordering;
use std::fmt;

use super::Span;

/// A non-negative fraction in millionths: `1.5` is 1,500,000.
///
/// One denominator for all keeps comparison a comparison of integers, and six decimals are more than any speed, weight or
/// probability a user states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ratio(u64);

impl Ratio {
    /// Parts in one.
    pub const PARTS: u64 = 1_000_000;
    /// Nothing.
    pub const ZERO: Ratio = Ratio(0);
    /// One.
    pub const ONE: Ratio = Ratio(Ratio::PARTS);

    /// `parts` millionths.
    pub const fn from_parts(parts: u64) -> Ratio {
        Ratio(parts)
    }

    /// This fraction in millionths.
    pub const fn parts(self) -> u64 {
        self.0
    }

    /// The nearest fraction to `value`, or `None` where it is negative, not a number or above 10⁹.
    pub fn from_f64(value: f64) -> Option<Ratio> {
        (0.0..=1e9)
            .contains(&value)
            .then(|| Ratio((value * Ratio::PARTS as f64).round() as u64))
    }

    /// `span` × this fraction, rounded up to the millisecond.
    pub fn of(self, span: Span) -> Span {
        let ms = u128::from(span.ms()) * u128::from(self.0);
        Span::from_ms(
            u64::try_from(ms.div_ceil(u128::from(Ratio::PARTS)))
                .expect("a span beyond the end of time"),
        )
    }

    /// `span` ÷ this fraction, rounded up to the millisecond: how long work of `span` takes at this speed.
    ///
    /// # Panics
    /// Where this fraction is zero: readers refuse a speed of zero.
    #[inline]
    pub fn divide(self, span: Span) -> Span {
        if self == Ratio::ONE {
            span
        } else {
            self.divide_exactly(span)
        }
    }

    #[inline(never)]
    fn divide_exactly(self, span: Span) -> Span {
        assert!(self.0 > 0, "a speed of zero never ends");
        let ms = u128::from(span.ms()) * u128::from(Ratio::PARTS);
        Span::from_ms(
            u64::try_from(ms.div_ceil(u128::from(self.0))).expect("a span beyond the end of time"),
        )
    }

    /// `span` ÷ (this fraction × `other`), rounded up once: how long work of `span` takes at two speeds together.
    ///
    /// # Panics
    /// Where either fraction is zero: readers refuse a speed of zero.
    #[inline]
    pub fn divide_with(self, other: Ratio, span: Span) -> Span {
        if other == Ratio::ONE {
            self.divide(span)
        } else {
            self.divide_exactly_with(other, span)
        }
    }

    #[inline(never)]
    fn divide_exactly_with(self, other: Ratio, span: Span) -> Span {
        let parts = u128::from(self.0) * u128::from(other.0);
        assert!(parts > 0, "a speed of zero never ends");
        let ms = u128::from(span.ms()) * u128::from(Ratio::PARTS) * u128::from(Ratio::PARTS);
        Span::from_ms(u64::try_from(ms.div_ceil(parts)).expect("a span beyond the end of time"))
    }

    /// Whether a uniform 64-bit word falls below this probability. One and more always does, zero never.
    pub fn hits(self, word: u64) -> bool {
        let drawn = u128::from(word) * u128::from(Ratio::PARTS);
        drawn.cmp(&(u128::from(self.0) << 64)) == Ordering::Less
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0 / Ratio::PARTS)?;
        match self.0 % Ratio::PARTS {
            0 => Ok(()),
            rest => f.write_str(format!(".{rest:06}").trim_end_matches('0')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certain_event_always_hits_and_an_impossible_one_never() {
        for word in [0, 1, u64::MAX] {
            assert!(Ratio::ONE.hits(word));
            assert!(!Ratio::ZERO.hits(word));
        }
        assert!(Ratio::from_parts(500_000).hits(u64::MAX / 2));
        assert!(!Ratio::from_parts(500_000).hits(u64::MAX / 2 + 2));
    }

    #[test]
    fn twice_the_speed_takes_half_the_time_rounded_up() {
        let twice = Ratio::from_f64(2.0).unwrap();
        assert_eq!(twice.divide(Span::from_ms(3)), Span::from_ms(2));
        assert_eq!(Ratio::ONE.divide(Span::from_ms(3)), Span::from_ms(3));
    }

    #[test]
    fn two_speeds_together_round_up_once() {
        let (fast, slow) = (Ratio::from_parts(1_500_000), Ratio::from_parts(500_000));
        // 2 ms ÷ 0.75 is 2.67 ms; rounded at each step it may come to 4 ms.
        assert_eq!(slow.divide(fast.divide(Span::from_ms(2))), Span::from_ms(4));
        assert_eq!(slow.divide_with(fast, Span::from_ms(2)), Span::from_ms(3));
        assert_eq!(fast.divide_with(slow, Span::from_ms(2)), Span::from_ms(3));
        assert_eq!(
            fast.divide_with(Ratio::ONE, Span::from_ms(3)),
            Span::from_ms(2)
        );
    }
}
