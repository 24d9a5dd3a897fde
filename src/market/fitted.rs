//! A price like that of a history. EC2 smooths its prices, so a price goes on for a day or two as it went; over weeks it is drawn to
//! its mean; and where a history jumps, to and fro, it is drawn anew from the prices that the history had.

use rand::rngs::ChaCha8Rng;

use crate::engine::chance::{normal_quantile, uniform};
use crate::model::{FittedPrice, PRICE_LEVELS};
use crate::units::{PricePerHour, SimTime};

use super::process::{log_of, price_of};

const DAY_MS: f64 = 86_400_000.0;

/// One course of a fitted price.
pub(super) struct Wander {
    fitted: FittedPrice,
    stream: ChaCha8Rng,
    /// The logarithm of the price, which the bounds do not hold back.
    log: f64,
    /// By how much it rises in a day, as it goes now.
    drift: f64,
    at: SimTime,
    has_begun: bool,
    /// Length of a step in days, and what of the drift and of the distance to the mean is left after one.
    days: f64,
    drift_left: f64,
    distance_left: f64,
    /// The chance of a new draw in a step.
    redraw: f64,
}

/// Millionths as a number.
fn number(millionths: i64) -> f64 {
    millionths as f64 / 1e6
}

impl Wander {
    pub(super) fn new(fitted: FittedPrice, mut stream: ChaCha8Rng) -> Wander {
        let step = fitted.step.ms().max(1) as f64;
        let left = |after: crate::units::Span| libm::exp(-step / after.ms().max(1) as f64);
        let days = step / DAY_MS;
        let uncertain =
            number(fitted.drift_deviation.into()) * normal_quantile(uniform(&mut stream));
        Wander {
            log: log_of(fitted.first),
            drift: number(fitted.drift) + uncertain,
            at: SimTime::ZERO,
            has_begun: false,
            days,
            drift_left: left(fitted.momentum),
            distance_left: left(fitted.reversion),
            redraw: -libm::expm1(-(fitted.redraws_per_day.parts() as f64 / 1e6) * days),
            fitted,
            stream,
        }
    }

    fn step(&mut self) {
        let news = normal_quantile(uniform(&mut self.stream));
        let (chance, level) = (uniform(&mut self.stream), uniform(&mut self.stream));
        if chance < self.redraw {
            self.log = quantile(&self.fitted.levels, level);
            self.drift = 0.0;
            return;
        }
        let deviation = number(self.fitted.deviation.into());
        let kept = self.drift_left;
        self.drift = kept * self.drift + deviation * libm::sqrt(1.0 - kept * kept) * news;
        let mean = number(self.fitted.mean_log);
        self.log = mean + self.distance_left * (self.log - mean) + self.drift * self.days;
    }
}

/// The quantile of `part` from 0 to 1, straight between two levels.
fn quantile(levels: &[i64; PRICE_LEVELS], part: f64) -> f64 {
    let place = part * (PRICE_LEVELS - 1) as f64;
    let below = (place as usize).min(PRICE_LEVELS - 2);
    let (low, high) = (number(levels[below]), number(levels[below + 1]));
    low + (place - below as f64) * (high - low)
}

impl Iterator for Wander {
    type Item = (SimTime, PricePerHour);

    fn next(&mut self) -> Option<(SimTime, PricePerHour)> {
        if self.has_begun {
            self.step();
            self.at = self.at + self.fitted.step;
        }
        let price = match self.has_begun {
            true => price_of(self.log, self.fitted.least, self.fitted.most),
            // As it is, to the last digit.
            false => self.fitted.first,
        };
        self.has_begun = true;
        Some((self.at, price))
    }
}
