//! When generated jobs are submitted.

use rand::Rng;
use rand::rngs::ChaCha8Rng;

use crate::model::rules::Fault;
use crate::units::{SimTime, Span};

use crate::engine::chance::uniform;

/// Milliseconds in a day.
const DAY_MS: u64 = 86_400_000;
/// Milliseconds in an hour.
const HOUR_MS: f64 = 3_600_000.0;

/// A pattern of submissions, from the generator's start on.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// All at the start.
    AtOnce,
    /// A Poisson process.
    Poisson {
        /// Submissions an hour, on average.
        rate_per_hour: f64,
    },
    /// The first burst at the start, then one after each interval.
    Bursts {
        /// The interval.
        every: Span,
        /// Submissions of one burst.
        size: u32,
        /// Each comes so much later than its burst at most, evenly drawn.
        jitter: Span,
    },
    /// At the same times every day.
    TimesOfDay {
        /// Time of day: each less than a day.
        at: Vec<Span>,
        /// Submissions at each of these times.
        jobs: u32,
        /// Time of day at simulated time zero.
        clock_at_zero: Span,
    },
    /// A Poisson process whose rate follows the hour of the day and the day of the week.
    Weekly(Box<Weekly>),
}

/// A rate that follows the hour of the day and the day of the week.
#[derive(Clone, Debug, PartialEq)]
pub struct Weekly {
    /// Submissions an hour, on average over a week.
    pub rate_per_hour: f64,
    /// The rate in each hour of the day (UTC), relative to the others; only relations count.
    pub hours: [f64; 24],
    /// The rate on each day from Monday (UTC), relative to the others; only relations count.
    pub days: [f64; 7],
    /// Time since Monday, 00:00, at simulated time zero.
    pub clock_at_zero: Span,
}

const HOUR: u64 = 3_600_000;
const WEEK_HOURS: u64 = 168;

impl Weekly {
    /// Submissions an hour in each hour of the week from Monday, 00:00.
    pub fn rates(&self) -> Vec<f64> {
        let mean = |parts: &[f64]| parts.iter().sum::<f64>() / parts.len() as f64;
        let scale = self.rate_per_hour / (mean(&self.hours) * mean(&self.days));
        let days = self.days.iter();
        days.flat_map(|day| self.hours.iter().map(move |hour| scale * day * hour))
            .collect()
    }

    /// The next submission after `at` (milliseconds from simulated time zero, with decimals), `amount` expected ones later.
    fn after(&self, rates: &[f64], at: f64, amount: f64) -> f64 {
        let zero = self.clock_at_zero.ms();
        let (mut at, mut left) = (at, amount);
        loop {
            let clock = at + zero as f64;
            let hour = (clock / HOUR_MS) as u64;
            let end = ((hour + 1) * HOUR - zero.min((hour + 1) * HOUR)) as f64;
            let rate = rates[(hour % WEEK_HOURS) as usize] / HOUR_MS;
            let within = (end - at) * rate;
            if left < within || at > SimTime::LAST.ms() as f64 {
                return at + if rate > 0.0 { left / rate } else { 0.0 };
            }
            left -= within;
            at = end;
        }
    }
}

impl Arrivals {
    /// Faults of the pattern, by member.
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut check = |holds: bool, member: &str, message: String| {
            if !holds {
                faults.push(Fault {
                    member: format!("arrivals/{member}"),
                    message,
                });
            }
        };
        match self {
            Arrivals::AtOnce => {}
            Arrivals::Weekly(weekly) => {
                let rate = weekly.rate_per_hour;
                check(
                    rate > 0.0 && rate <= 1e9,
                    "rate_per_hour",
                    format!("{rate}; must be above 0 and at most 1000000000 an hour"),
                );
                for (name, parts) in [("hours", &weekly.hours[..]), ("days", &weekly.days[..])] {
                    let is_sound = parts.iter().all(|part| (0.0..=1e6).contains(part));
                    let sum: f64 = parts.iter().sum();
                    check(
                        is_sound && sum > 0.0,
                        name,
                        "must be from 0 to 1000000, and one above 0".to_owned(),
                    );
                }
            }
            Arrivals::Poisson { rate_per_hour } => check(
                *rate_per_hour > 0.0 && *rate_per_hour <= 1e9,
                "rate_per_hour",
                format!("{rate_per_hour}; must be above 0 and at most 1000000000 an hour"),
            ),
            Arrivals::Bursts {
                every,
                size,
                jitter,
            } => {
                check(!every.is_zero(), "every", "0; must be above 0 s".to_owned());
                check(*size > 0, "size", "0; must be 1 or more".to_owned());
                check(
                    *jitter <= Span::LONGEST && *every <= Span::LONGEST,
                    "jitter",
                    format!("{jitter}; must be at most {} s", Span::LONGEST),
                );
            }
            Arrivals::TimesOfDay {
                at,
                jobs,
                clock_at_zero,
            } => {
                check(!at.is_empty(), "at", "names no time of day".to_owned());
                check(*jobs > 0, "jobs", "0; must be 1 or more".to_owned());
                for time in at.iter().chain([clock_at_zero]) {
                    check(
                        time.ms() < DAY_MS,
                        "at",
                        format!("{time} s; a time of day is less than 86400 s"),
                    );
                }
            }
        }
        faults
    }

    /// About how many submissions come within `span_ms` milliseconds.
    pub(super) fn mean_within(&self, span_ms: u64) -> f64 {
        let span_ms = span_ms as f64;
        match self {
            Arrivals::AtOnce => 0.0,
            Arrivals::Poisson { rate_per_hour } => span_ms / HOUR_MS * rate_per_hour,
            Arrivals::Weekly(weekly) => span_ms / HOUR_MS * weekly.rate_per_hour,
            Arrivals::Bursts { every, size, .. } => span_ms / every.ms() as f64 * f64::from(*size),
            Arrivals::TimesOfDay { at, jobs, .. } => {
                span_ms / DAY_MS as f64 * at.len() as f64 * f64::from(*jobs)
            }
        }
    }

    /// The submissions in the order in which they are drawn, without end; jittered bursts may overlap.
    pub(super) fn times<'a>(
        &'a self,
        start: SimTime,
        stream: impl Fn(u64) -> ChaCha8Rng + 'a,
    ) -> Box<dyn Iterator<Item = SimTime> + 'a> {
        match self {
            Arrivals::AtOnce => Box::new(std::iter::repeat(start)),
            Arrivals::Poisson { rate_per_hour } => {
                let mut chance = stream(0);
                let gap = HOUR_MS / rate_per_hour;
                let mut at = start.ms() as f64;
                Box::new(std::iter::from_fn(move || {
                    at -= gap * libm::log(uniform(&mut chance));
                    // Kept whole below 2⁵³ ms, far beyond the last moment.
                    Some(SimTime::from_ms(at.round() as u64))
                }))
            }
            Arrivals::Weekly(weekly) => {
                let mut chance = stream(0);
                let rates = weekly.rates();
                let mut at = start.ms() as f64;
                Box::new(std::iter::from_fn(move || {
                    at = weekly.after(&rates, at, -libm::log(uniform(&mut chance)));
                    Some(SimTime::from_ms(at.round() as u64))
                }))
            }
            Arrivals::Bursts {
                every,
                size,
                jitter,
            } => {
                let bursts = (0u64..)
                    .map(move |burst| start.ms().saturating_add(burst.saturating_mul(every.ms())));
                let jobs = bursts.flat_map(|at| std::iter::repeat_n(at, *size as usize));
                Box::new(jobs.zip(0u64..).map(move |(at, job)| {
                    let late = if jitter.is_zero() {
                        0
                    } else {
                        below(stream(job).next_u64(), jitter.ms() + 1)
                    };
                    SimTime::from_ms(at.saturating_add(late))
                }))
            }
            Arrivals::TimesOfDay {
                at,
                jobs,
                clock_at_zero,
            } => {
                let mut at = at.clone();
                at.sort_unstable();
                let clock = (0u64..).flat_map(move |day| {
                    let midnight = day.saturating_mul(DAY_MS);
                    let times: Vec<u64> = at
                        .iter()
                        .map(|time| midnight.saturating_add(time.ms()))
                        .collect();
                    times
                });
                let moments = clock.filter_map(move |clock| {
                    let moment = SimTime::from_ms(clock.checked_sub(clock_at_zero.ms())?);
                    (moment >= start).then_some(moment)
                });
                Box::new(moments.flat_map(|moment| std::iter::repeat_n(moment, *jobs as usize)))
            }
        }
    }
}

/// A whole number below `count`, from a uniform word.
pub(super) fn below(word: u64, count: u64) -> u64 {
    ((u128::from(word) * u128::from(count)) >> 64) as u64
}
