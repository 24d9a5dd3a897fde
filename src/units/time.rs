//! Moments and durations in whole milliseconds. They are different types: a moment plus a moment does not compile.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// A moment: milliseconds since the scenario's `start` (for a trace: since the log's own zero).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(u64);

/// A duration in milliseconds; never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

impl SimTime {
    /// The moment a scenario starts.
    pub const ZERO: SimTime = SimTime(0);
    /// Later than any moment an input may name: readers refuse times beyond [`SimTime::LAST`].
    pub const NEVER: SimTime = SimTime(u64::MAX);
    /// The last moment an input may name: about 3,170 years. Sums of two such moments cannot overflow.
    pub const LAST: SimTime = SimTime(100_000_000_000_000);

    /// The moment `ms` milliseconds after the start.
    pub const fn from_ms(ms: u64) -> SimTime {
        SimTime(ms)
    }

    /// The moment `s` seconds after the start.
    pub const fn from_s(s: u64) -> SimTime {
        SimTime(s * 1000)
    }

    /// Milliseconds since the start.
    pub const fn ms(self) -> u64 {
        self.0
    }

    /// The span from `earlier` to this moment, or nothing where `earlier` is the later one.
    pub const fn since(self, earlier: SimTime) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// The first multiple of `tick` at or after this moment; this moment itself where `tick` is zero.
    pub const fn next_tick(self, tick: Span) -> SimTime {
        if tick.0 == 0 {
            return self;
        }
        SimTime(self.0.div_ceil(tick.0) * tick.0)
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// The longest span an input may name (see [`SimTime::LAST`]).
    pub const LONGEST: Span = Span(SimTime::LAST.0);

    /// A span of `ms` milliseconds.
    pub const fn from_ms(ms: u64) -> Span {
        Span(ms)
    }

    /// A span of `s` seconds.
    pub const fn from_s(s: u64) -> Span {
        Span(s * 1000)
    }

    /// Milliseconds.
    pub const fn ms(self) -> u64 {
        self.0
    }

    /// True for no time at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Seconds begun: a partial second counts whole, as AWS bills (EC2 User Guide, per-second billing).
    pub const fn seconds_started(self) -> u64 {
        self.0.div_ceil(1000)
    }

    /// Hours begun: a partial hour counts whole, as AWS billed before 2 October 2017.
    pub const fn hours_started(self) -> u64 {
        self.0.div_ceil(3_600_000)
    }
}

impl Add<Span> for SimTime {
    type Output = SimTime;
    fn add(self, span: Span) -> SimTime {
        SimTime(
            self.0
                .checked_add(span.0)
                .expect("a moment beyond the end of time"),
        )
    }
}

impl Sub<SimTime> for SimTime {
    type Output = Span;
    fn sub(self, earlier: SimTime) -> Span {
        assert!(self.0 >= earlier.0, "{earlier:?} is later than {self:?}");
        Span(self.0 - earlier.0)
    }
}

impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(
            self.0
                .checked_add(other.0)
                .expect("a span beyond the end of time"),
        )
    }
}

impl AddAssign for Span {
    fn add_assign(&mut self, other: Span) {
        *self = *self + other;
    }
}

impl Sub for Span {
    type Output = Span;
    fn sub(self, other: Span) -> Span {
        assert!(self.0 >= other.0, "{other:?} is longer than {self:?}");
        Span(self.0 - other.0)
    }
}

impl std::iter::Sum for Span {
    fn sum<I: Iterator<Item = Span>>(spans: I) -> Span {
        spans.fold(Span::ZERO, Add::add)
    }
}

/// Seconds with up to three decimals: `12`, `0.5`, `3.141`.
fn write_seconds(f: &mut fmt::Formatter<'_>, ms: u64) -> fmt::Result {
    write!(f, "{}", ms / 1000)?;
    match ms % 1000 {
        0 => Ok(()),
        rest => f.write_str(format!(".{rest:03}").trim_end_matches('0')),
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_seconds(f, self.0)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_seconds(f, self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_second_or_hour_is_billed_whole() {
        assert_eq!(Span::from_ms(1).seconds_started(), 1);
        assert_eq!(Span::from_ms(60_000).seconds_started(), 60);
        assert_eq!(Span::from_ms(3_600_001).hours_started(), 2);
        assert_eq!(Span::ZERO.hours_started(), 0);
    }

    #[test]
    fn seconds_print_with_up_to_three_decimals() {
        for (ms, text) in [
            (0, "0"),
            (12_000, "12"),
            (500, "0.5"),
            (3_141, "3.141"),
            (10_010, "10.01"),
        ] {
            assert_eq!(Span::from_ms(ms).to_string(), text);
        }
    }

    #[test]
    fn the_next_tick_is_this_moment_where_it_is_one() {
        let tick = Span::from_s(5);
        assert_eq!(SimTime::from_s(10).next_tick(tick), SimTime::from_s(10));
        assert_eq!(
            SimTime::from_ms(10_001).next_tick(tick),
            SimTime::from_s(15)
        );
        assert_eq!(
            SimTime::from_ms(7).next_tick(Span::ZERO),
            SimTime::from_ms(7)
        );
    }

    #[test]
    #[should_panic(expected = "is later than")]
    fn a_negative_span_is_our_bug_and_says_so() {
        let _ = SimTime::ZERO - SimTime::from_ms(1);
    }
}
