//! What an allocation strategy sees of a pool's risk. AWS looks at its own spare capacity; a simulated strategy that saw the
//! very hazard that will interrupt it would win by construction. So it sees the hazard late and blurred by a factor that is
//! drawn anew for each pool and hour.

use crate::engine::Streams;
use crate::engine::chance::uniform;
use crate::units::{PoolId, Ratio, SimTime, Span};

/// Settings of the signal.
pub(super) struct Signal {
    /// How old it is.
    pub(super) lag: Span,
    /// The blur: the factor lies between one over (1 + noise) and 1 + noise, evenly in the logarithm.
    pub(super) noise: Ratio,
}

const HOUR_MS: u64 = 3_600_000;

impl Signal {
    /// Interruptions an hour in millionths as they seem to be, for pool `pool` at `now`.
    pub(super) fn of(&self, hazard: Ratio, pool: PoolId, now: SimTime, streams: &Streams) -> u64 {
        if self.noise == Ratio::ZERO {
            return hazard.parts();
        }
        let seen = now.since(SimTime::ZERO + self.lag);
        let hour = seen.ms() / HOUR_MS;
        let mut stream = streams.stream("signal", u64::from(pool.0) << 32 | hour & 0xffff_ffff);
        let spread = libm::log1p(self.noise.parts() as f64 / Ratio::PARTS as f64);
        let factor = libm::exp((2.0 * uniform(&mut stream) - 1.0) * spread);
        // A pool without a hazard still seems to have some.
        (hazard.parts().max(1) as f64 * factor) as u64
    }
}
