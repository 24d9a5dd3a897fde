//! Means with Student's intervals, quantiles with intervals of order statistics, and when a mean is known well enough.

use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, StudentsT};

/// Size, mean and spread of a sample, gathered one by one (Welford).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    count: u64,
    mean: f64,
    /// Sum of squared distances from the mean.
    squares: f64,
}

impl Moments {
    /// Those of a whole sample.
    pub fn of(sample: &[f64]) -> Moments {
        let mut moments = Moments::default();
        sample.iter().for_each(|&value| moments.add(value));
        moments
    }

    /// One more.
    pub fn add(&mut self, value: f64) {
        self.count += 1;
        let before = value - self.mean;
        self.mean += before / self.count as f64;
        self.squares += before * (value - self.mean);
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their mean; 0 where there are none.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Their variance (n − 1), or `None` where there are fewer than two.
    pub fn variance(&self) -> Option<f64> {
        (self.count > 1).then(|| (self.squares / (self.count - 1) as f64).max(0.0))
    }
}

/// A mean with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The mean of the sample.
    pub mean: f64,
    /// Half the width of the interval around it; `None` where the sample has fewer than two members.
    pub half: Option<f64>,
    /// Members of the sample.
    pub count: u64,
}

impl Estimate {
    /// Fewer replications than this give no idea of their spread that a stopping rule may rest on (Law, Simulation Modeling and
    /// Analysis, section 9.4).
    pub const FIRST_LOOK: u64 = 10;

    /// Whether the mean is known to a relative error of `relative`: the half width over the mean is at most γ / (1 + γ), as the
    /// mean in the denominator is an estimate too (ibid.).
    pub fn is_within(&self, relative: f64) -> bool {
        let Some(half) = self.half else { return false };
        self.count >= Estimate::FIRST_LOOK && half <= self.mean.abs() * relative / (1.0 + relative)
    }

    /// The interval.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let half = self.half?;
        Some((self.mean - half, self.mean + half))
    }
}

/// The mean of a sample, and the interval around it that holds the true mean with probability `confidence` where means of
/// such samples are normal.
///
/// ```
/// let estimate = batchcast::stats::mean_interval(&[1.0, 2.0, 3.0], 0.95);
/// assert_eq!(estimate.mean, 2.0);
/// assert!((estimate.half.unwrap() - 2.484).abs() < 1e-3);
/// ```
pub fn mean_interval(sample: &[f64], confidence: f64) -> Estimate {
    let moments = Moments::of(sample);
    let half = moments.variance().map(|variance| {
        let quantile = student(moments.count() - 1, 1.0 - (1.0 - confidence) / 2.0);
        quantile * (variance / moments.count() as f64).sqrt()
    });
    Estimate {
        mean: moments.mean(),
        half,
        count: moments.count(),
    }
}

/// The quantile of Student's distribution with `freedom` degrees of freedom.
fn student(freedom: u64, probability: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom as f64)
        .map_or(f64::INFINITY, |student| student.inverse_cdf(probability))
}

/// The quantile of an ascending sample by nearest rank, or `None` where there is none.
pub fn quantile(ascending: &[f64], probability: f64) -> Option<f64> {
    let rank = (probability * ascending.len() as f64).ceil() as usize;
    let last = ascending.len().checked_sub(1)?;
    ascending.get(rank.saturating_sub(1).min(last)).copied()
}

/// Between which members of a sample a quantile lies; a side without one is open, as the sample is too small to bound it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OrderInterval {
    /// The quantile is not below this.
    pub low: Option<f64>,
    /// The quantile is not above this.
    pub high: Option<f64>,
}

/// The interval of order statistics that holds the quantile with probability `confidence` at least, whatever the
/// distribution is: how many of a sample lie below its true quantile is binomial.
pub fn quantile_interval(ascending: &[f64], probability: f64, confidence: f64) -> OrderInterval {
    let count = ascending.len();
    let Ok(below) = Binomial::new(probability, count as u64) else {
        return OrderInterval::default();
    };
    let tail = (1.0 - confidence) / 2.0;
    // The member of rank r lies above the quantile with the probability that fewer than r lie below it.
    let low = (1..=count)
        .take_while(|&rank| below.cdf(rank as u64 - 1) <= tail)
        .last();
    let high = (1..=count).find(|&rank| 1.0 - below.cdf(rank as u64 - 1) <= tail);
    OrderInterval {
        low: low.map(|rank| ascending[rank - 1]),
        high: high.map(|rank| ascending[rank - 1]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_quantiles_are_those_of_the_tables() {
        for (count, quantile) in [(10, 3.250), (20, 2.861), (30, 2.756), (50, 2.680)] {
            assert!(
                (student(count - 1, 0.995) - quantile).abs() < 5e-4,
                "{count}"
            );
        }
    }

    #[test]
    fn fifty_nine_runs_bound_the_95th_percentile_by_their_largest() {
        let sample: Vec<f64> = (1..=59).map(f64::from).collect();
        let one_sided = quantile_interval(&sample, 0.95, 0.90);
        assert_eq!(one_sided.high, Some(59.0));
        let fewer = quantile_interval(&sample[..58], 0.95, 0.90);
        assert_eq!(fewer.high, None, "the side is open");
    }

    #[test]
    fn an_interval_of_order_statistics_holds_the_median_as_often_as_it_says() {
        // Ranks 40 and 61 of a hundred: 1 − 2 P(B ≤ 39) = 0.9648.
        let sample: Vec<f64> = (1..=100).map(f64::from).collect();
        let interval = quantile_interval(&sample, 0.5, 0.95);
        assert_eq!((interval.low, interval.high), (Some(40.0), Some(61.0)));
    }

    #[test]
    fn nine_runs_are_never_enough_to_stop() {
        let flat = mean_interval(&[5.0; 9], 0.95);
        assert!(!flat.is_within(0.01));
        assert!(mean_interval(&[5.0; 10], 0.95).is_within(0.01));
    }

    #[test]
    fn one_value_has_a_mean_and_no_interval() {
        let estimate = mean_interval(&[5.0], 0.95);
        assert_eq!((estimate.mean, estimate.half), (5.0, None));
        assert_eq!(mean_interval(&[], 0.95).count, 0);
        assert_eq!(quantile(&[], 0.5), None);
    }
}
