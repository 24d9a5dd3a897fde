//! Arrivals fitted: a Poisson rate, and where the span allows how it follows the hour of the day and the day of the week.

use libm::{exp, sqrt};

use crate::input::generate::{Arrivals, Weekly};
use crate::units::Span;

use super::goodness::distance;
use super::sample::Sample;

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// Time since Monday, 00:00, when 1970 began.
const THURSDAY_MS: i64 = 3 * DAY_MS as i64;
/// Shortest span from which hours of the day are told apart, and days of the week.
const SPAN_MIN: [u64; 2] = [3 * DAY_MS, 14 * DAY_MS];
/// Fewest submissions for either.
const COUNT_MIN: [usize; 2] = [240, 70];

/// Arrivals as they were fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedArrivals {
    /// What a generator draws from.
    pub arrivals: Arrivals,
    /// Submissions an hour, with the 95 % interval of a Poisson process.
    pub per_hour: [f64; 3],
    /// Whether hours of the day are told apart, and days of the week.
    pub follows: [bool; 2],
    /// Kolmogorov–Smirnov distance of the time between submissions from what the fit expects.
    pub ks: f64,
    /// Variance over mean of the submissions of an hour, by what the fit expects: 1 where they are independent of each other.
    pub dispersion: f64,
    /// First and last submission, in milliseconds.
    pub span: [u64; 2],
}

/// Fits rising moments in milliseconds, of which `epoch_ms` is since 1970 at zero.
pub fn fit_arrivals(moments: &[u64], epoch_ms: i64) -> FittedArrivals {
    let first = moments.first().copied().unwrap_or(0);
    let last = moments.last().copied().unwrap_or(0);
    let span = last - first;
    let clock = (epoch_ms + THURSDAY_MS)
        .rem_euclid(7 * DAY_MS as i64)
        .unsigned_abs();
    let mut fitted = FittedArrivals {
        arrivals: Arrivals::AtOnce,
        per_hour: [0.0; 3],
        follows: [false; 2],
        ks: 0.0,
        dispersion: 1.0,
        span: [first, last],
    };
    if span == 0 {
        return fitted;
    }
    // The first submission begins the span and is none within it.
    let count = (moments.len() - 1) as f64;
    let rate = count / (span as f64 / HOUR_MS as f64);
    fitted.follows = [0, 1].map(|at| span >= SPAN_MIN[at] && moments.len() >= COUNT_MIN[at]);
    let weekly = profile(moments, clock, rate, fitted.follows);
    let mean_rate = weekly.rate_per_hour;
    let factor = exp(1.959_963_984_540_054 / sqrt(count));
    fitted.per_hour = [mean_rate, mean_rate / factor, mean_rate * factor];
    let rates = weekly.rates();
    let expected = expected(moments, clock, &rates);
    let gaps = expected.windows(2).map(|pair| pair[1] - pair[0]);
    let gaps = Sample::of(gaps.collect());
    if gaps.count > 1.0 {
        fitted.ks = distance(&gaps, |x| (1.0 - exp(-x), exp(-x))).ks;
    }
    fitted.dispersion = dispersion(moments, clock, &rates);
    fitted.arrivals = match fitted.follows {
        [false, false] => Arrivals::Poisson {
            rate_per_hour: mean_rate,
        },
        _ => Arrivals::Weekly(Box::new(weekly)),
    };
    fitted
}

/// Each clock hour that the span touches: its place in the week, and which part of it is within the span.
fn hours(first: u64, last: u64, clock: u64) -> impl Iterator<Item = (usize, f64)> {
    let (from, to) = (first + clock, last + clock);
    (from / HOUR_MS..=to / HOUR_MS).map(move |hour| {
        let (begin, end) = (hour * HOUR_MS, (hour + 1) * HOUR_MS);
        let part = to.min(end) - from.max(begin).min(to.min(end));
        ((hour % 168) as usize, part as f64 / HOUR_MS as f64)
    })
}

/// The likeliest rate = level × hour of the day × day of the week: each in turn is what was seen over what the others expect.
fn profile(moments: &[u64], clock: u64, rate: f64, follows: [bool; 2]) -> Weekly {
    let (first, last) = (moments[0], moments[moments.len() - 1]);
    let mut exposure = [0.0; 168];
    for (place, part) in hours(first, last, clock) {
        exposure[place] += part;
    }
    let mut seen = [0.0; 168];
    for moment in &moments[1..] {
        seen[((moment + clock) / HOUR_MS % 168) as usize] += 1.0;
    }
    let (mut of_hour, mut of_day, mut level) = ([1.0; 24], [1.0; 7], rate);
    for _ in 0..100 {
        if follows[0] {
            for (hour, part) in of_hour.iter_mut().enumerate() {
                let days = (0..7).map(|day| day * 24 + hour);
                let all: f64 = days.clone().map(|at| seen[at]).sum();
                let due: f64 = days.map(|at| exposure[at] * level * of_day[at / 24]).sum();
                *part = if due > 0.0 { all / due } else { 1.0 };
            }
            even(&mut of_hour, &mut level);
        }
        if follows[1] {
            for (day, part) in of_day.iter_mut().enumerate() {
                let places = day * 24..(day + 1) * 24;
                let all: f64 = seen[places.clone()].iter().sum();
                let due: f64 = places
                    .map(|at| exposure[at] * level * of_hour[at % 24])
                    .sum();
                *part = if due > 0.0 { all / due } else { 1.0 };
            }
            even(&mut of_day, &mut level);
        }
    }
    Weekly {
        rate_per_hour: level,
        hours: of_hour,
        days: of_day,
        clock_at_zero: Span::from_ms(clock),
    }
}

/// Makes the parts one on average, and the level what it must then be.
fn even(parts: &mut [f64], level: &mut f64) {
    let mean = parts.iter().sum::<f64>() / parts.len() as f64;
    if mean > 0.0 {
        parts.iter_mut().for_each(|part| *part /= mean);
        *level *= mean;
    }
}

/// How many submissions the fit expects before each.
fn expected(moments: &[u64], clock: u64, rates: &[f64]) -> Vec<f64> {
    let Some(first) = moments.first() else {
        return Vec::new();
    };
    let (mut hour, mut passed) = ((first + clock) / HOUR_MS, 0.0);
    let mut each = Vec::with_capacity(moments.len());
    let mut at = first + clock;
    for moment in moments {
        let to = moment + clock;
        while to / HOUR_MS > hour {
            let end = (hour + 1) * HOUR_MS;
            passed += (end - at) as f64 / HOUR_MS as f64 * rates[(hour % 168) as usize];
            (at, hour) = (end, hour + 1);
        }
        passed += (to - at) as f64 / HOUR_MS as f64 * rates[(hour % 168) as usize];
        at = to;
        each.push(passed);
    }
    each
}

/// Pearson's sum over the hours, for each hour.
fn dispersion(moments: &[u64], clock: u64, rates: &[f64]) -> f64 {
    let (first, last) = (moments[0], moments[moments.len() - 1]);
    let mut moments = moments[1..].iter().peekable();
    let (mut sum, mut count) = (0.0, 0.0);
    let begin = (first + clock) / HOUR_MS;
    for (hour, (place, part)) in (begin..).zip(hours(first, last, clock)) {
        let mut seen = 0.0;
        while moments
            .next_if(|at| (**at + clock) / HOUR_MS <= hour)
            .is_some()
        {
            seen += 1.0;
        }
        let due = part * rates[place];
        if due > 0.0 {
            sum += (seen - due) * (seen - due) / due;
            count += 1.0;
        }
    }
    sum / f64::max(count, 1.0)
}
