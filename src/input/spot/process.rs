//! Random processes of prices from figures that people state.
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
pub(super) const LEAST_PART: u64 = 10;

pub(super) fn log(price: PricePerHour) -> f64 {
    libm::log(price.ticks().max(1) as f64 / TICKS_PER_USD)
}

/// A part from 0 to 1, in millionths.
fn millionths(part: f64) -> u32 {
    (part.clamp(0.0, 1.0) * 1e6).round() as u32
}

/// A deviation in millionths, however large.
pub(super) fn deviation(value: f64) -> u32 {
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
