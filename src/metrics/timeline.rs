//! Levels over time: their exact integrals, and a timeline of buckets that adapts its width to the length of the run.

use crate::model::Levels;
use crate::units::{SimTime, Span};

/// The levels that are integrated, in the order of [`LevelSums`].
pub const LEVELS: [&str; 10] = [
    "pending",
    "runnable",
    "starting",
    "running",
    "vcpus_used",
    "vcpus_provisioned",
    "vcpus_max",
    "memory_used_mib",
    "memory_provisioned_mib",
    "instances",
];

/// Index of `vcpus_used` in [`LevelSums`].
pub const VCPUS_USED: usize = 4;
/// Index of `vcpus_provisioned`.
pub const VCPUS_PROVISIONED: usize = 5;
/// Index of `vcpus_max`.
pub const VCPUS_MAX: usize = 6;
/// Index of `memory_used_mib`.
pub const MEMORY_USED: usize = 7;
/// Index of `memory_provisioned_mib`.
pub const MEMORY_PROVISIONED: usize = 8;

/// Level × milliseconds of each of [`LEVELS`].
pub type LevelSums = [u128; LEVELS.len()];

fn columns(levels: &Levels) -> [u64; LEVELS.len()] {
    [
        levels.pending,
        levels.runnable,
        levels.starting,
        levels.running,
        levels.vcpus_used,
        levels.vcpus_provisioned,
        levels.vcpus_max,
        levels.memory_used,
        levels.memory_provisioned,
        levels.instances,
    ]
}

/// Levels integrated over time, from the first moment it hears of.
#[derive(Clone, Debug, Default)]
pub struct Integral {
    at: SimTime,
    levels: [u64; LEVELS.len()],
    /// Whether all levels are below 2³².
    is_small: bool,
    /// The integrals but for what is in `recent`.
    sums: LevelSums,
    /// What was integrated lately. Small levels over less than 2³² ms do not overflow it.
    recent: [u64; LEVELS.len()],
    /// Milliseconds integrated in `recent`.
    recent_ms: u64,
    /// The integrals at the last mark, but for what is in `marked_recent`.
    marked: LevelSums,
    marked_recent: [u64; LEVELS.len()],
    /// Whether the sums have changed since the last mark.
    has_settled: bool,
    /// Whether the last mark is here: it is noted once there is more to integrate, and read together with it.
    is_marked: bool,
    /// The buckets, where a timeline is wanted.
    timeline: Option<Timeline>,
}

/// What fits in the lower half of a word.
const SMALL: u64 = u32::MAX as u64;

impl Integral {
    /// With a timeline of at most [`Timeline::BUCKETS`] buckets, or without.
    pub fn new(timeline: bool) -> Integral {
        Integral {
            is_small: true,
            timeline: timeline.then(Timeline::default),
            ..Integral::default()
        }
    }

    /// Integrates up to `at` with the levels that hold; moments before the last one change nothing.
    #[inline]
    pub fn advance(&mut self, at: SimTime) {
        if at <= self.at {
            return;
        }
        if self.is_marked {
            self.note_mark();
        }
        if let Some(timeline) = &mut self.timeline {
            timeline.add(self.at, at, &self.levels);
        }
        let dt = (at - self.at).ms();
        self.at = at;
        if self.is_small && dt <= SMALL - self.recent_ms {
            self.recent_ms += dt;
            for (sum, &level) in self.recent.iter_mut().zip(&self.levels) {
                // Lower halves, as is known: a multiplication that is done for several levels at once.
                *sum += (level & SMALL) * (dt & SMALL);
            }
        } else {
            self.advance_far(dt);
        }
    }

    /// Integrates without a limit.
    #[cold]
    fn advance_far(&mut self, dt: u64) {
        self.settle();
        for (sum, &level) in self.sums.iter_mut().zip(&self.levels) {
            *sum += u128::from(level) * u128::from(dt);
        }
    }

    /// Puts what was integrated lately to the rest.
    fn settle(&mut self) {
        add(&mut self.marked, &std::mem::take(&mut self.marked_recent));
        add(&mut self.sums, &std::mem::take(&mut self.recent));
        self.recent_ms = 0;
        self.has_settled = true;
    }

    /// From `at` on, `levels` hold.
    #[inline]
    pub fn set(&mut self, at: SimTime, levels: &Levels) {
        self.advance(at);
        self.levels = columns(levels);
        self.is_small = self.levels.iter().fold(0, |all, level| all | level) <= SMALL;
    }

    /// The integrals so far.
    pub fn sums(&self) -> LevelSums {
        let mut sums = self.sums;
        add(&mut sums, &self.recent);
        sums
    }

    /// Remembers the integrals so far.
    #[inline]
    pub fn mark(&mut self) {
        self.is_marked = true;
    }

    #[inline]
    fn note_mark(&mut self) {
        self.is_marked = false;
        self.marked_recent = self.recent;
        if self.has_settled {
            self.marked = self.sums;
            self.has_settled = false;
        }
    }

    /// The integrals at the last mark.
    pub fn marked(&self) -> LevelSums {
        if self.is_marked {
            return self.sums();
        }
        let mut sums = self.marked;
        add(&mut sums, &self.marked_recent);
        sums
    }

    /// Forgets the past: the integrals and the timeline begin at `at`, with the levels that hold.
    pub fn restart(&mut self, at: SimTime) {
        self.advance(at);
        *self = Integral {
            at,
            levels: self.levels,
            is_small: self.is_small,
            timeline: self.timeline.as_ref().map(|_| Timeline::starting(at)),
            ..Integral::default()
        };
    }

    /// The timeline, where one was wanted.
    pub fn into_timeline(self) -> Option<Timeline> {
        self.timeline
    }
}

fn add(sums: &mut LevelSums, more: &[u64; LEVELS.len()]) {
    for (sum, &more) in sums.iter_mut().zip(more) {
        *sum += u128::from(more);
    }
}

/// Averages of levels over buckets of one width: first a second, doubled by merging neighbours whenever the run outgrows
/// them.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    start: SimTime,
    end: SimTime,
    /// Log₂ of the width in seconds.
    doublings: u32,
    buckets: Vec<LevelSums>,
}

/// One bucket as it prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its beginning.
    pub from: SimTime,
    /// Its end; the last bucket ends with the run.
    pub to: SimTime,
    /// Level × milliseconds over it.
    pub sums: LevelSums,
}

impl Timeline {
    /// Most buckets that there can be.
    pub const BUCKETS: usize = 1024;

    fn starting(at: SimTime) -> Timeline {
        Timeline {
            start: at,
            end: at,
            ..Timeline::default()
        }
    }

    /// The width of a bucket.
    pub fn width(&self) -> Span {
        Span::from_s(1 << self.doublings)
    }

    fn add(&mut self, from: SimTime, to: SimTime, levels: &[u64; LEVELS.len()]) {
        if self.buckets.is_empty() && self.end < from {
            self.start = from;
        }
        while (to - self.start).ms().div_ceil(self.width().ms()) > Self::BUCKETS as u64 {
            self.halve();
        }
        let width = self.width().ms();
        let (mut from, to) = ((from - self.start).ms(), (to - self.start).ms());
        while from < to {
            let index = from / width;
            let until = ((index + 1) * width).min(to);
            let index = usize::try_from(index).expect("a bucket number below the most there are");
            if self.buckets.len() <= index {
                self.buckets.resize(index + 1, LevelSums::default());
            }
            let dt = u128::from(until - from);
            for (sum, &level) in self.buckets[index].iter_mut().zip(levels) {
                *sum += u128::from(level) * dt;
            }
            from = until;
        }
        self.end = self.start + Span::from_ms(to);
    }

    /// Doubles the width of all buckets.
    fn halve(&mut self) {
        self.doublings += 1;
        let halved = self.buckets.len().div_ceil(2);
        for index in 0..halved {
            let mut sums = self.buckets[2 * index];
            if let Some(second) = self.buckets.get(2 * index + 1) {
                for (sum, more) in sums.iter_mut().zip(second) {
                    *sum += more;
                }
            }
            self.buckets[index] = sums;
        }
        self.buckets.truncate(halved);
    }

    /// The buckets in order.
    pub fn buckets(&self) -> impl Iterator<Item = Bucket> + '_ {
        let width = self.width();
        self.buckets.iter().enumerate().map(move |(index, sums)| {
            let from = self.start + Span::from_ms(index as u64 * width.ms());
            Bucket {
                from,
                to: (from + width).min(self.end),
                sums: *sums,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(running: u64) -> Levels {
        Levels {
            running,
            ..Levels::default()
        }
    }

    #[test]
    fn a_timeline_keeps_its_integral_however_often_it_doubles() {
        let mut integral = Integral::new(true);
        for second in 0..5000u64 {
            integral.set(SimTime::from_ms(second * 1000 + 300), &running(second % 7));
        }
        integral.advance(SimTime::from_s(5000));
        let expected = integral.sums()[3];
        let timeline = integral.into_timeline().unwrap();
        assert_eq!(timeline.width(), Span::from_s(8));
        assert!(timeline.buckets().count() <= Timeline::BUCKETS);
        assert_eq!(
            timeline
                .buckets()
                .map(|bucket| bucket.sums[3])
                .sum::<u128>(),
            expected
        );
        assert_eq!(timeline.buckets().last().unwrap().to, SimTime::from_s(5000));
    }

    #[test]
    fn integrals_are_exact_over_any_time_and_of_any_level() {
        let mut integral = Integral::new(false);
        let (mut at, mut sum) = (0u64, 0u128);
        let (mut marked, steps) = (0u128, [1, 5_000, u64::from(u32::MAX), 1 << 40, 7]);
        for (step, level) in steps.into_iter().cycle().zip([3, u64::MAX, 0, 1 << 31, 9]) {
            integral.set(SimTime::from_ms(at), &running(level));
            at += step;
            sum += u128::from(step) * u128::from(level);
            integral.advance(SimTime::from_ms(at));
            assert_eq!(integral.sums()[3], sum);
            assert_eq!(integral.marked()[3], marked);
            if level != 0 {
                integral.mark();
                marked = sum;
                assert_eq!(integral.marked()[3], marked);
            }
        }
    }

    #[test]
    fn a_restart_forgets_what_was_before() {
        let mut integral = Integral::new(true);
        integral.set(SimTime::ZERO, &running(5));
        integral.restart(SimTime::from_s(100));
        integral.advance(SimTime::from_s(101));
        assert_eq!(integral.sums()[3], 5000);
        let buckets: Vec<Bucket> = integral.into_timeline().unwrap().buckets().collect();
        assert_eq!(buckets.len(), 1);
        assert_eq!(buckets[0].from, SimTime::from_s(100));
        assert_eq!(buckets[0].sums[3], 5000);
    }

    #[test]
    fn one_long_quiet_time_fills_few_buckets() {
        let mut integral = Integral::new(true);
        integral.set(SimTime::ZERO, &running(1));
        integral.advance(SimTime::LAST);
        let timeline = integral.into_timeline().unwrap();
        assert!(timeline.buckets().count() <= Timeline::BUCKETS);
    }
}
