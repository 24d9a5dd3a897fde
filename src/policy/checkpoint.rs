//! How an attempt that saves its work as it goes passes its time, what an interruption leaves of it, and how often it should
//! save: by Young, by Daly, or exactly.
//!
//! A job with checkpoints works for an interval, pays the cost of saving, and so on; the last piece of its work is not saved,
//! as its end is. Every attempt after the first begins with `restart`. Times are those of the machine it runs on.

use crate::model::Checkpoint;
use crate::units::{Ratio, SimTime, Span};

/// What an attempt has come to after a while.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Time it worked.
    pub worked: Span,
    /// The part of that which its last completed checkpoint saved.
    pub saved: Span,
    /// Time it spent on beginning again and on saving, completed or not.
    pub saving: Span,
}

/// How long an attempt runs that has work for `work` to do; `is_resumed`: it is not the first of its job.
pub fn run_time(checkpoint: &Checkpoint, work: Span, is_resumed: bool) -> Span {
    let saving = u128::from(checkpoint.cost.ms()) * u128::from(saves(checkpoint, work));
    let restart = restart(checkpoint, is_resumed);
    let ms = u128::from(work.ms()) + u128::from(restart.ms()) + saving;
    // Nothing that takes longer ends before the end of time.
    let longest = u128::from(Span::LONGEST.ms());
    Span::from_ms(u64::try_from(ms.min(longest)).unwrap_or(u64::MAX))
}

/// What such an attempt has come to after it ran for `ran`.
pub fn progress(checkpoint: &Checkpoint, work: Span, is_resumed: bool, ran: Span) -> Progress {
    let restart = restart(checkpoint, is_resumed);
    if ran <= restart {
        return Progress {
            saving: ran,
            ..Progress::default()
        };
    }
    let ran = ran - restart;
    let Some(interval) = interval(checkpoint) else {
        return Progress {
            worked: ran,
            saved: Span::ZERO,
            saving: restart,
        };
    };
    let (interval, period) = (interval.ms(), (interval + checkpoint.cost).ms());
    let all = saves(checkpoint, work);
    let done = (ran.ms() / period).min(all);
    let rest = ran.ms() - done * period;
    let worked = match done < all {
        true => rest.min(interval),
        false => rest,
    };
    let saving = rest - worked + done * checkpoint.cost.ms();
    Progress {
        worked: Span::from_ms(done * interval + worked),
        saved: Span::from_ms(done * interval),
        saving: Span::from_ms(saving) + restart,
    }
}

/// Work at speed one that `span` on a machine was, for a machine and a definition of these speeds; rounded down.
pub fn work_of(span: Span, speeds: [Ratio; 2]) -> Span {
    let one = u128::from(Ratio::PARTS);
    let [machine, definition] = speeds.map(|speed| u128::from(speed.parts()));
    let ms = u128::from(span.ms()) * machine / one * definition / one;
    Span::from_ms(u64::try_from(ms).unwrap_or(u64::MAX))
}

/// How often an attempt saves that has work for `work` to do.
fn saves(checkpoint: &Checkpoint, work: Span) -> u64 {
    let pieces = interval(checkpoint).map_or(1, |interval| work.ms().div_ceil(interval.ms()));
    pieces.saturating_sub(1)
}

fn interval(checkpoint: &Checkpoint) -> Option<Span> {
    checkpoint.interval.filter(|interval| !interval.is_zero())
}

fn restart(checkpoint: &Checkpoint, is_resumed: bool) -> Span {
    match is_resumed {
        true => checkpoint.restart,
        false => Span::ZERO,
    }
}

/// A rule for how often to save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntervalRule {
    /// √(2δM), for a cost δ and a mean time M between interruptions (Young, 1974).
    Young,
    /// Young's with two terms more, and M where δ is above 2M (Daly, 2006).
    Daly,
    /// The one with the least expected time: M (1 + W₀(−e^(−δ/M − 1))).
    Exact,
}

impl IntervalRule {
    /// All rules.
    pub const ALL: [IntervalRule; 3] =
        [IntervalRule::Young, IntervalRule::Daly, IntervalRule::Exact];

    /// Its word in scenario files.
    pub const fn name(self) -> &'static str {
        match self {
            IntervalRule::Young => "young",
            IntervalRule::Daly => "daly",
            IntervalRule::Exact => "exact",
        }
    }

    /// Time to work between two checkpoints of `cost` where `mean` lies between interruptions, in whatever unit both are in.
    pub fn interval(self, cost: f64, mean: f64) -> f64 {
        let young = libm::sqrt(2.0 * cost * mean);
        match self {
            IntervalRule::Young => young,
            IntervalRule::Daly if cost >= 2.0 * mean => mean,
            IntervalRule::Daly => {
                let part = cost / (2.0 * mean);
                young * (1.0 + libm::sqrt(part) / 3.0 + part / 9.0) - cost
            }
            IntervalRule::Exact => exact(cost / mean) * mean,
        }
    }

    /// The same in time, to the millisecond and at least one.
    pub fn interval_of(self, cost: Span, mean: Span) -> Span {
        let ms = self.interval(cost.ms() as f64, mean.ms() as f64);
        let longest = SimTime::LAST.ms() as f64;
        Span::from_ms((libm::round(ms.clamp(1.0, longest))) as u64)
    }
}

/// The interval in units of the mean for a cost of `d` of them: y with e^(y + d) (1 − y) = 1, by Newton's method from Young's.
fn exact(d: f64) -> f64 {
    // ln(1 − y) + y + d falls from d at y = 0 without bound towards 1, ever more steeply, and both beginnings lie beyond where
    // it is zero: no step goes too far.
    let mut y = libm::sqrt(2.0 * d).min(1.0 - libm::exp(-1.0 - d));
    for _ in 0..100 {
        let value = libm::log1p(-y) + y + d;
        let next = (y + value * (1.0 - y) / y.max(1e-300)).clamp(0.0, 1.0 - 1e-16);
        if (next - y).abs() <= 1e-16 * next.abs() {
            return next;
        }
        y = next;
    }
    y
}

/// Mean time to finish `work` with checkpoints of `cost` each `interval`, one after the last piece too, `restart` at the
/// beginning of every attempt after the first, and interruptions at random, `mean` apart, also while it saves or restarts:
/// M e^(R/M) (e^((τ+δ)/M) − 1) T/τ.
pub fn expected_time(work: f64, interval: f64, cost: f64, restart: f64, mean: f64) -> f64 {
    let piece = mean * libm::exp(restart / mean) * libm::expm1((interval + cost) / mean);
    piece * work / interval
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000;

    fn half_hourly() -> Checkpoint {
        Checkpoint {
            interval: Some(Span::from_ms(30 * MINUTE)),
            cost: Span::from_ms(MINUTE),
            restart: Span::from_ms(2 * MINUTE),
            on_notice: false,
            after_failure: false,
        }
    }

    fn minutes(minutes: u64) -> Span {
        Span::from_ms(minutes * MINUTE)
    }

    #[test]
    fn work_is_saved_between_its_pieces_and_not_at_its_end() {
        for (work, first, resumed) in [(0, 0, 2), (30, 30, 32), (31, 32, 34), (90, 92, 94)] {
            let run = |is_resumed| run_time(&half_hourly(), minutes(work), is_resumed);
            assert_eq!(
                (run(false), run(true)),
                (minutes(first), minutes(resumed)),
                "{work} min"
            );
        }
    }

    #[test]
    fn what_an_attempt_has_come_to_is_its_time_cut_in_two_at_any_moment() {
        let checkpoint = half_hourly();
        for (ran, worked, saved, saving) in [
            (1, 0, 0, 1),
            (2, 0, 0, 2),
            (31, 29, 0, 2),
            (32, 30, 0, 2),
            (33, 30, 30, 3),
            (63, 60, 30, 3),
            (64, 60, 60, 4),
            (66, 62, 60, 4),
            (95, 90, 90, 5),
        ] {
            let found = progress(&checkpoint, minutes(91), true, minutes(ran));
            let expected = Progress {
                worked: minutes(worked),
                saved: minutes(saved),
                saving: minutes(saving),
            };
            // The fourth piece is begun after 90 minutes of work and a third checkpoint.
            assert_eq!(found, expected, "after {ran} min");
        }
        let end = run_time(&checkpoint, minutes(91), true);
        let all = progress(&checkpoint, minutes(91), true, end);
        assert_eq!((all.worked, all.worked + all.saving), (minutes(91), end));
    }

    #[test]
    fn the_published_intervals_come_out() {
        // Daly (2006): 117, 57 and 9.1 min at 24 h, 6 h and 15 min with checkpoints of 5 min.
        for (mean, young, daly, exact) in [
            (
                1440.0,
                120.0,
                116.689_814_814_814_81,
                116.690_073_326_658_93,
            ),
            (360.0, 60.0, 56.712_962_962_962_96, 56.714_001_998_766_534),
            (
                15.0,
                12.247_448_713_915_89,
                9.140_919_986_395_815,
                9.166_502_820_935_703,
            ),
        ] {
            let found = IntervalRule::ALL.map(|rule| rule.interval(5.0, mean));
            for (found, expected) in found.into_iter().zip([young, daly, exact]) {
                assert!((found / expected - 1.0).abs() < 1e-12, "{mean}: {found}");
            }
        }
    }

    #[test]
    fn no_interval_is_better_than_the_exact_one() {
        for (cost, mean) in [
            (1e-6, 1.0),
            (0.01, 1.0),
            (0.5, 1.0),
            (3.0, 1.0),
            (30.0, 1.0),
        ] {
            let best = IntervalRule::Exact.interval(cost, mean);
            assert!(best > 0.0 && best < mean, "{best}");
            let time = |interval| expected_time(1.0, interval, cost, 0.0, mean);
            for other in [0.9, 0.99, 1.01, 1.1] {
                assert!(time(best) <= time(best * other), "{cost}: {best} × {other}");
            }
        }
    }
}
