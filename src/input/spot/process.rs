//! Random processes of prices: from figures that people state, or fitted to a history.
//!
//! The logarithm of the price reverts to its mean in equal steps, is moved by normal noise, and now and then by a normal jump.

use crate::model::PriceProcess;
use crate::units::{PricePerHour, Span};

/// What a scenario states of a process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stated {
    /// The part of the distance to the mean that an hour takes back, as a rate: after an hour exp(-rate) of it is left.
    pub reversion_per_hour: f64,
    /// Standard deviation of what an hour adds to the logarithm; of h hours it is √h times that.
    pub volatility_per_hour: f64,
    /// Jumps in a day.
    pub jumps_per_day: f64,
    /// Standard deviation of a jump of the logarithm.
    pub jump_deviation: f64,
    /// How often the price may change.
    pub step: Span,
}

/// Ten decimals of a dollar.
const TICKS_PER_USD: f64 = 1e10;
/// Discounts of Spot against On-Demand go to 90 %, AWS says: no price is below this part unless its mean or history is.
const LEAST_PART: u64 = 10;
/// Samples of a fit at most, an assumed bound on time: nearly ten years of five minutes.
const SAMPLES_MAX: u64 = 1_000_000;
/// A change this many standard deviations off is a jump.
const JUMP_AT: f64 = 4.0;

fn log(price: PricePerHour) -> f64 {
    libm::log(price.ticks().max(1) as f64 / TICKS_PER_USD)
}

/// A part from 0 to 1, in millionths.
fn millionths(part: f64) -> u32 {
    (part.clamp(0.0, 1.0) * 1e6).round() as u32
}

/// A deviation in millionths, however large.
fn deviation(value: f64) -> u32 {
    // The cast ends at the largest number.
    (value.max(0.0) * 1e6).round() as u32
}

/// A process of which the mean price is `mean`, as far as the bounds let it: no higher than `most`.
pub fn of_figures(stated: &Stated, mean: PricePerHour, most: PricePerHour) -> PriceProcess {
    let hours = stated.step.ms() as f64 / 3.6e6;
    let rate = stated.reversion_per_hour;
    let reversion = millionths(-libm::expm1(-rate * hours)).max(1);
    // What is left of a distance after a step, as the run will have it.
    let left = 1.0 - f64::from(reversion) / 1e6;
    // What the noise of a step comes to while it is being taken back.
    let noise =
        stated.volatility_per_hour * libm::sqrt(-libm::expm1(-2.0 * rate * hours) / (2.0 * rate));
    let jump_chance = -libm::expm1(-stated.jumps_per_day * hours / 24.0);
    let jumps = jump_chance * stated.jump_deviation * stated.jump_deviation;
    let variance = (noise * noise + jumps) / (1.0 - left * left);
    PriceProcess {
        first: mean.min(most),
        // The mean of a price is above the price of the mean logarithm, by half of the variance.
        mean_log: ((log(mean) - variance / 2.0) * 1e6).round() as i64,
        reversion,
        deviation: deviation(noise),
        jump_chance: millionths(jump_chance),
        jump_deviation: deviation(stated.jump_deviation),
        step: stated.step,
        most,
        least: PricePerHour::from_ticks((most.ticks() / LEAST_PART).min(mean.ticks())),
    }
}

/// The process that is like `steps` (moments in milliseconds and prices, ascending) when looked at every `step`: an
/// autoregression of the logarithm, whose changes beyond four standard deviations are jumps. It begins at the price of `zero`,
/// and goes no higher than `most` or the history's own highest.
pub fn fitted(
    steps: &[(i64, PricePerHour)],
    zero: i64,
    step: Span,
    most: PricePerHour,
) -> PriceProcess {
    let prices = || steps.iter().map(|&(_, price)| price);
    let highest = prices().max().unwrap_or(most).max(most);
    let lowest = prices().min().unwrap_or(most);
    let logs = samples(steps, step);
    let count = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / count;
    let pairs = || logs.windows(2).map(|pair| (pair[0] - mean, pair[1] - mean));
    let variance: f64 = pairs().map(|(before, _)| before * before).sum();
    let kept = match variance > 0.0 {
        true => {
            let together: f64 = pairs().map(|(before, after)| before * after).sum();
            (together / variance).clamp(0.0, 1.0)
        }
        false => 0.0,
    };
    let news: Vec<f64> = pairs()
        .map(|(before, after)| after - kept * before)
        .collect();
    let spread = root_mean_square(news.iter().copied());
    let is_jump = |new: &f64| new.abs() > JUMP_AT * spread;
    let jumps = || news.iter().copied().filter(is_jump);
    let noise = root_mean_square(news.iter().copied().filter(|new| !is_jump(new)));
    let jump = root_mean_square(jumps());
    let first = steps
        .partition_point(|&(at, _)| at <= zero)
        .saturating_sub(1);
    PriceProcess {
        first: steps.get(first).map_or(most, |&(_, price)| price),
        mean_log: (mean * 1e6).round() as i64,
        reversion: millionths(1.0 - kept).max(1),
        deviation: deviation(noise),
        jump_chance: millionths(jumps().count() as f64 / (news.len().max(1)) as f64),
        // A jump comes on top of the noise.
        jump_deviation: deviation(libm::sqrt((jump * jump - noise * noise).max(0.0))),
        step,
        most: highest,
        least: PricePerHour::from_ticks((most.ticks() / LEAST_PART).min(lowest.ticks())),
    }
}

/// The logarithm of the price at the first of `steps` and after each `step` until the last.
fn samples(steps: &[(i64, PricePerHour)], step: Span) -> Vec<f64> {
    let mut logs = Vec::new();
    let (Some(&(first, _)), Some(&(last, _))) = (steps.first(), steps.last()) else {
        return vec![0.0];
    };
    let length = u64::try_from(last.saturating_sub(first)).unwrap_or(0);
    let step = step.ms().max(1).max(length / SAMPLES_MAX) as i64;
    let mut next = steps.iter().peekable();
    let mut at = first;
    let mut current = 0.0;
    while at <= last {
        while let Some((_, price)) = next.next_if(|&&(from, _)| from <= at) {
            current = log(*price);
        }
        logs.push(current);
        at += step;
    }
    logs
}

fn root_mean_square(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0_u64, 0.0), |(count, sum), value| {
        (count + 1, sum + value * value)
    });
    match count {
        0 => 0.0,
        _ => libm::sqrt(sum / count as f64),
    }
}
