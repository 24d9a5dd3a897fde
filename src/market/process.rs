//! A price that wanders: it reverts to its mean in the logarithm, and jumps now and then (an Ornstein–Uhlenbeck process with
//! normal jumps, in equal steps).

use rand::rngs::ChaCha8Rng;

use crate::engine::chance::{normal_quantile, uniform};
use crate::model::PriceProcess;
use crate::units::{PricePerHour, SimTime};

/// Ten decimals of a dollar.
const TICKS_PER_USD: f64 = 1e10;

/// One course of a process.
pub(super) struct Walk {
    process: PriceProcess,
    stream: ChaCha8Rng,
    /// The logarithm of the price, which the bounds do not hold back.
    log: f64,
    at: SimTime,
    has_begun: bool,
}

impl Walk {
    pub(super) fn new(process: PriceProcess, stream: ChaCha8Rng) -> Walk {
        Walk {
            log: log_of(process.first),
            process,
            stream,
            at: SimTime::ZERO,
            has_begun: false,
        }
    }

    fn price(&self) -> PricePerHour {
        price_of(self.log, self.process.least, self.process.most)
    }
}

/// The price of which `log` is the logarithm, within its bounds.
pub(super) fn price_of(log: f64, least: PricePerHour, most: PricePerHour) -> PricePerHour {
    let (least, most) = (least.ticks(), most.ticks());
    let ticks = libm::exp(log) * TICKS_PER_USD;
    let ticks = ticks.clamp(least as f64, most.max(least) as f64);
    // Prices are whole hundred-thousandths of a dollar, as AWS's are to four or six decimals.
    let grain = 10_000;
    let rounded = (ticks as u64).div_ceil(grain) * grain;
    PricePerHour::from_ticks(rounded.clamp(least, most.max(least)))
}

/// The natural logarithm of a price in USD an hour.
pub(super) fn log_of(price: PricePerHour) -> f64 {
    libm::log(price.ticks().max(1) as f64 / TICKS_PER_USD)
}

impl Iterator for Walk {
    type Item = (SimTime, PricePerHour);

    fn next(&mut self) -> Option<(SimTime, PricePerHour)> {
        if self.has_begun {
            let part = |millionths: u32| f64::from(millionths) / 1e6;
            let process = self.process;
            let mean = process.mean_log as f64 / 1e6;
            let noise = normal_quantile(uniform(&mut self.stream));
            let (jumps, jump) = (
                uniform(&mut self.stream),
                normal_quantile(uniform(&mut self.stream)),
            );
            self.log += part(process.reversion) * (mean - self.log);
            self.log += part(process.deviation) * noise;
            if jumps < part(process.jump_chance) {
                self.log += part(process.jump_deviation) * jump;
            }
            self.at = self.at + process.step;
        }
        self.has_begun = true;
        Some((self.at, self.price()))
    }
}
