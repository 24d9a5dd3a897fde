//! How good a forecast was: proper scores, all in the unit of what was forecast and the lower the better, and how often intervals
//! held. The definitions are those of Gneiting and Raftery (2007).

/// The pinball loss of `forecast` as the quantile `part` (from 0 to 1) where `measured` came.
pub fn pinball(part: f64, forecast: f64, measured: f64) -> f64 {
    let over = measured - forecast;
    match over >= 0.0 {
        true => part * over,
        false => (part - 1.0) * over,
    }
}

/// The interval score of `low` to `high`, which are to hold all but `alpha` of what comes: its width, and 2/alpha times how far
/// `measured` lies outside.
pub fn interval_score(alpha: f64, low: f64, high: f64, measured: f64) -> f64 {
    let outside = (low - measured).max(measured - high).max(0.0);
    (high - low) + 2.0 / alpha * outside
}

/// The continuous ranked probability score of equally likely `samples`: their mean distance to `measured`, less half of their mean
/// distance to each other. Of one sample it is the absolute error. `samples` are sorted by it. `None` where there are none.
pub fn crps(samples: &mut [f64], measured: f64) -> Option<f64> {
    if samples.is_empty() {
        return None;
    }
    samples.sort_unstable_by(f64::total_cmp);
    let count = samples.len() as f64;
    let distance: f64 = samples.iter().map(|sample| (sample - measured).abs()).sum();
    let ranks = samples.iter().enumerate();
    // Of two samples the greater counts plus, the lesser minus.
    let apart: f64 = ranks
        .map(|(rank, sample)| (2.0 * rank as f64 + 1.0 - count) * sample)
        .sum();
    Some(distance / count - apart / (count * count))
}

/// The same of a normal distribution.
pub fn crps_normal(mean: f64, deviation: f64, measured: f64) -> f64 {
    use std::f64::consts::{FRAC_1_SQRT_2, PI};
    if deviation <= 0.0 {
        return (measured - mean).abs();
    }
    let z = (measured - mean) / deviation;
    let below = 0.5 * libm::erfc(-z * FRAC_1_SQRT_2);
    let density = libm::exp(-z * z / 2.0) / libm::sqrt(2.0 * PI);
    deviation * (z * (2.0 * below - 1.0) + 2.0 * density - 1.0 / libm::sqrt(PI))
}

/// Errors of many forecasts of single values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Errors {
    /// How many.
    pub count: u64,
    /// Sum of forecast less measured.
    pub signed: f64,
    /// Sum of the absolute errors.
    pub absolute: f64,
    /// Sum of the absolute measured values.
    pub measured: f64,
    /// Sum of absolute errors over measured, where measured is not zero, and how many these are.
    relative: (f64, u64),
}

impl Errors {
    /// Adds one.
    pub fn add(&mut self, forecast: f64, measured: f64) {
        let error = forecast - measured;
        self.count += 1;
        self.signed += error;
        self.absolute += error.abs();
        self.measured += measured.abs();
        if measured != 0.0 {
            self.relative.0 += (error / measured).abs();
            self.relative.1 += 1;
        }
    }

    /// Mean of forecast less measured.
    pub fn bias(&self) -> Option<f64> {
        (self.count > 0).then(|| self.signed / self.count as f64)
    }

    /// Mean absolute percentage error, as a part of one, of those that are not zero.
    pub fn mape(&self) -> Option<f64> {
        (self.relative.1 > 0).then(|| self.relative.0 / self.relative.1 as f64)
    }

    /// Weighted absolute percentage error, as a part of one: absolute errors over what was measured, each summed.
    pub fn wape(&self) -> Option<f64> {
        (self.measured > 0.0).then(|| self.absolute / self.measured)
    }
}

/// Of `count` intervals that each hold with the chance `part`, how many may hold at least and at most without it being said with
/// 99 % confidence that the chance is another.
pub fn coverage_band(count: u32, part: f64) -> (u32, u32) {
    const TAIL: f64 = 0.005;
    let n = f64::from(count);
    let chance_of = |hits: u32| {
        let k = f64::from(hits);
        let ways = libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
        libm::exp(ways + k * libm::log(part) + (n - k) * libm::log1p(-part))
    };
    let mut below = 0.0;
    let mut least = None;
    for hits in 0..=count {
        below += chance_of(hits);
        if below > TAIL {
            least.get_or_insert(hits);
        }
        if below >= 1.0 - TAIL {
            return (least.unwrap_or(hits), hits);
        }
    }
    (least.unwrap_or(count), count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sample_is_scored_by_its_distance_and_many_normal_ones_like_their_law() {
        assert_eq!(crps(&mut [3.0], 5.0), Some(2.0));
        assert_eq!(crps(&mut [], 5.0), None);
        // Distances 1, 1; half of the mean distance of pairs: (0 + 2 + 2 + 0) / 4 / 2.
        assert_eq!(crps(&mut [1.0, -1.0], 0.0), Some(0.5));
        let quantile = |place: u32| {
            let part = (f64::from(place) + 0.5) / 4000.0;
            crate::engine::chance::normal_quantile(part)
        };
        let mut samples: Vec<f64> = (0..4000).map(quantile).collect();
        let found = crps(&mut samples, 1.0).unwrap();
        assert!((found - crps_normal(0.0, 1.0, 1.0)).abs() < 1e-3, "{found}");
        assert_eq!(crps_normal(1.0, 0.0, 3.0), 2.0);
    }

    #[test]
    fn errors_are_summed_and_a_measured_zero_has_no_percentage() {
        let mut errors = Errors::default();
        assert_eq!(
            (errors.bias(), errors.mape(), errors.wape()),
            (None, None, None)
        );
        errors.add(12.0, 10.0);
        errors.add(3.0, 0.0);
        errors.add(9.0, 10.0);
        assert_eq!(errors.bias(), Some(4.0 / 3.0));
        assert_eq!(errors.wape(), Some(6.0 / 20.0));
        assert!((errors.mape().unwrap() - 0.15).abs() < 1e-12);
    }
}
