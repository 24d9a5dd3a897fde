//! How long something is there at a time, and how long it is gone, looked at in ticks.

use super::Decimal;
use crate::units::Span;

/// Figures of a course of ticks at which something was there or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uptime {
    /// Ticks in all.
    pub ticks: u64,
    /// Ticks at which it was there.
    pub up: u64,
    /// Unbroken times of being there.
    pub ups: u64,
    /// Unbroken times of being gone.
    pub downs: u64,
    /// How often it was there at a tick and gone at the next.
    pub losses: u64,
}

impl Uptime {
    /// The figures of `is_there`, tick by tick.
    pub fn of(is_there: &[bool]) -> Uptime {
        let mut uptime = Uptime::default();
        let mut before = None;
        for &now in is_there {
            uptime.ticks += 1;
            uptime.up += u64::from(now);
            if before != Some(now) {
                match now {
                    true => uptime.ups += 1,
                    false => uptime.downs += 1,
                }
                uptime.losses += u64::from(before == Some(true));
            }
            before = Some(now);
        }
        uptime
    }

    /// Part of the ticks at which it was there.
    pub fn part(&self) -> Option<Decimal> {
        Decimal::quotient(self.up.into(), self.ticks.into())
    }

    /// Hours it is there at a time, on average, at a tick of `gap`.
    pub fn mean_up_hours(&self, gap: Span) -> Option<Decimal> {
        hours(self.up, self.ups, gap)
    }

    /// Hours it is gone at a time, on average, at a tick of `gap`.
    pub fn mean_down_hours(&self, gap: Span) -> Option<Decimal> {
        hours(self.ticks - self.up, self.downs, gap)
    }
}

fn hours(ticks: u64, times: u64, gap: Span) -> Option<Decimal> {
    const HOUR_MS: u128 = 3_600_000;
    Decimal::quotient(
        u128::from(ticks) * u128::from(gap.ms()),
        u128::from(times) * HOUR_MS,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_being_there_and_gone_are_counted_at_both_ends() {
        let ticks = |text: &str| -> Vec<bool> { text.chars().map(|tick| tick == '#').collect() };
        let uptime = Uptime::of(&ticks(".##.#..###"));
        assert_eq!(
            uptime,
            Uptime {
                ticks: 10,
                up: 6,
                ups: 3,
                downs: 3,
                losses: 2
            }
        );
        let hour = Span::from_s(3600);
        assert_eq!(uptime.part(), Some(Decimal::from_parts(600_000)));
        assert_eq!(
            uptime.mean_up_hours(hour),
            Some(Decimal::from_parts(2_000_000))
        );
        assert_eq!(Uptime::of(&ticks("##")).mean_down_hours(hour), None);
        assert_eq!(Uptime::of(&[]).part(), None);
    }
}
