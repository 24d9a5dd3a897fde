//! Families of run times, sampled the same way on every platform.
//!
//! Every family but the gamma takes one uniform number and inverts its distribution function, with the `libm` crate for
//! logarithms, exponentials and powers. The triangular family is `rand_distr`'s own: it takes one uniform number and a square
//! root, which IEEE 754 defines to the last bit. The others of `rand_distr` take logarithms and powers from the platform's C
//! library wherever another crate switches `num-traits/std` on, and then give other samples (log-normal, Weibull, Pareto), or
//! draw as many numbers as their rejection needs, with an exponential of the platform's in the tail (normal, exponential,
//! gamma), after which streams that began alike are no longer abreast. Its uniform leaves one end out and not the other.

use std::convert::Infallible;

use libm::{erfc, exp, log, pow, sqrt};
use rand::{Rng, TryRng};
use rand_distr::Distribution;

use crate::model::rules::Fault;
use crate::units::Span;

use crate::engine::chance::{normal_quantile, uniform};

/// A family with its parameters. Times are seconds.
#[derive(Clone, Debug, PartialEq)]
pub enum Family {
    /// Always `value`.
    Constant {
        /// Seconds.
        value: f64,
    },
    /// Evenly from `least` to `most`.
    Uniform {
        /// Seconds.
        least: f64,
        /// Seconds.
        most: f64,
    },
    /// Exponential.
    Exponential {
        /// Seconds.
        mean: f64,
    },
    /// Its logarithm is normal.
    LogNormal {
        /// Seconds.
        median: f64,
        /// Standard deviation of the natural logarithm.
        sigma: f64,
    },
    /// Normal, given that it is not negative.
    Normal {
        /// Mean before the truncation, in seconds.
        mean: f64,
        /// Standard deviation before the truncation, in seconds.
        deviation: f64,
    },
    /// Weibull.
    Weibull {
        /// Shape; below one the tail is heavy.
        shape: f64,
        /// Scale in seconds: 63 % are shorter.
        scale: f64,
    },
    /// Gamma; the mean is shape × scale.
    Gamma {
        /// Shape.
        shape: f64,
        /// Scale in seconds.
        scale: f64,
    },
    /// Pareto.
    Pareto {
        /// Shortest, in seconds.
        least: f64,
        /// Shape; at most one has no mean.
        shape: f64,
    },
    /// Triangular.
    Triangular {
        /// Shortest, in seconds.
        least: f64,
        /// Most frequent, in seconds.
        mode: f64,
        /// Longest, in seconds.
        most: f64,
    },
    /// Two exponentials: of one with probability `part`, else of the other.
    HyperExponential {
        /// Part of the first, from 0 to 1.
        part: f64,
        /// Mean of the first, in seconds.
        mean: f64,
        /// Mean of the other, in seconds.
        other_mean: f64,
    },
    /// What was measured: quantiles, evenly spaced from the least to the most.
    Empirical {
        /// Seconds, rising. Between two the course is geometric, where one is 0 straight.
        quantiles: Vec<f64>,
    },
}

impl Family {
    /// One sample in seconds: not negative where [`Family::faults`] finds nothing, and infinite where it is too great for a
    /// number.
    pub fn sample(&self, chance: &mut impl Rng) -> f64 {
        if let Family::Empirical { quantiles } = self {
            return between(quantiles, uniform(chance));
        }
        // Numbers alone: a copy of them costs nothing.
        match *self {
            Family::Empirical { .. } => 0.0,
            Family::Constant { value } => value,
            Family::Uniform { least, most } => least + (most - least) * uniform(chance),
            Family::Exponential { mean } => -mean * log(uniform(chance)),
            Family::LogNormal { median, sigma } => {
                median * exp(sigma * normal_quantile(uniform(chance)))
            }
            Family::Normal { mean, deviation } => {
                // The part of the distribution above zero, entered from above: there the tail is precise.
                let kept = 0.5 * erfc(-mean / deviation / std::f64::consts::SQRT_2);
                (mean - deviation * normal_quantile(kept * uniform(chance))).max(0.0)
            }
            Family::Weibull { shape, scale } => scale * pow(-log(uniform(chance)), 1.0 / shape),
            Family::Gamma { shape, scale } => scale * gamma(shape, chance),
            Family::Pareto { least, shape } => least * pow(uniform(chance), -1.0 / shape),
            Family::Triangular { least, mode, most } => {
                match rand_distr::Triangular::new(least, most, mode) {
                    Ok(triangular) => triangular.sample(&mut Open(chance)),
                    // Parameters with faults.
                    Err(_) => mode,
                }
            }
            Family::HyperExponential {
                part,
                mean,
                other_mean,
            } => {
                let mean = match uniform(chance) < part {
                    true => mean,
                    false => other_mean,
                };
                -mean * log(uniform(chance))
            }
        }
    }

    /// What is wrong with the parameters; `member` is what the faults call the family.
    pub fn faults(&self, member: &str) -> Vec<Fault> {
        let longest = Span::LONGEST.ms() as f64 / 1000.0;
        let mut faults = Vec::new();
        let mut check = |name: &str, value: f64, holds: bool, right: &str| {
            if !holds {
                faults.push(Fault {
                    member: format!("{member}/{name}"),
                    message: format!("{value}; must be {right}"),
                });
            }
        };
        let is_time = |value: f64| (0.0..=longest).contains(&value);
        let is_positive = |value: f64| value > 0.0 && value <= longest;
        let is_shape = |value: f64| (0.01..=1000.0).contains(&value);
        const TIME: &str = "0 or more seconds, at most 100000000000";
        const POSITIVE: &str = "above 0, at most 100000000000 seconds";
        const SHAPE: &str = "from 0.01 to 1000";
        if let Family::Empirical { quantiles } = self {
            let rises = quantiles.windows(2).all(|pair| pair[0] <= pair[1]);
            let count = quantiles.len();
            let most = quantiles.last().copied().unwrap_or(0.0);
            check("quantiles", count as f64, count >= 2, "2 or more of them");
            check("quantiles", most, rises, "none below the one before");
            for &value in quantiles {
                check("quantiles", value, is_time(value), TIME);
            }
        }
        match *self {
            Family::Empirical { .. } => {}
            Family::HyperExponential {
                part,
                mean,
                other_mean,
            } => {
                check("part", part, (0.0..=1.0).contains(&part), "from 0 to 1");
                check("mean", mean, is_positive(mean), POSITIVE);
                check("other_mean", other_mean, is_positive(other_mean), POSITIVE);
            }
            Family::Constant { value } => check("value", value, is_time(value), TIME),
            Family::Uniform { least, most } => {
                check("least", least, is_time(least), TIME);
                check("most", most, is_time(most), TIME);
                check("most", most, most >= least, "at least as much as least");
            }
            Family::Exponential { mean } => check("mean", mean, is_positive(mean), POSITIVE),
            Family::LogNormal { median, sigma } => {
                check("median", median, is_positive(median), POSITIVE);
                check(
                    "sigma",
                    sigma,
                    (0.0..=20.0).contains(&sigma),
                    "from 0 to 20",
                );
            }
            Family::Normal { mean, deviation } => {
                check("mean", mean, is_time(mean), TIME);
                check("deviation", deviation, is_positive(deviation), POSITIVE);
            }
            Family::Weibull { shape, scale } | Family::Gamma { shape, scale } => {
                check("shape", shape, is_shape(shape), SHAPE);
                check("scale", scale, is_positive(scale), POSITIVE);
            }
            Family::Pareto { least, shape } => {
                check("least", least, is_positive(least), POSITIVE);
                check("shape", shape, is_shape(shape), SHAPE);
            }
            Family::Triangular { least, mode, most } => {
                check("least", least, is_time(least), TIME);
                check("most", most, is_time(most), TIME);
                let is_between = least <= mode && mode <= most;
                check("mode", mode, is_between, "from least to most");
            }
        }
        faults
    }
}

/// The quantile at `p` between those that are given.
fn between(quantiles: &[f64], p: f64) -> f64 {
    let steps = quantiles.len().saturating_sub(1);
    let place = p * steps as f64;
    let below = (place as usize).min(steps.saturating_sub(1));
    let part = place - below as f64;
    match quantiles.get(below..below + 2) {
        Some(&[low, high]) if low > 0.0 => low * exp(part * log(high / low)),
        Some(&[low, high]) => low + part * (high - low),
        _ => quantiles.first().copied().unwrap_or(0.0),
    }
}

/// Chance whose uniform numbers of `rand` are those of [`uniform`], which are never zero: the lowest of the 53 bits that make
/// one is set.
struct Open<'a, R>(&'a mut R);

impl<R: Rng> TryRng for Open<'_, R> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64() | 1 << 11)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

/// A gamma variate of scale one: Marsaglia and Tsang, "A simple method for generating gamma variables" (2000).
fn gamma(shape: f64, chance: &mut impl Rng) -> f64 {
    if shape < 1.0 {
        let power = pow(uniform(chance), 1.0 / shape);
        return gamma(shape + 1.0, chance) * power;
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / sqrt(9.0 * d);
    loop {
        let x = normal_quantile(uniform(chance));
        let v = 1.0 + c * x;
        let v = v * v * v;
        if v > 0.0 && log(uniform(chance)) < 0.5 * x * x + d - d * v + d * log(v) {
            return d * v;
        }
    }
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{self, ContinuousCDF};

    use crate::engine::Streams;

    use super::*;

    type DistributionFunction = Box<dyn Fn(f64) -> f64>;

    /// Every family with parameters, and its published distribution function where the samples are not constant.
    fn families() -> Vec<(Family, DistributionFunction)> {
        let normal = distribution::Normal::new(0.0, 1.0).unwrap();
        let gamma = |shape| distribution::Gamma::new(shape, 1.0 / 30.0).unwrap();
        let (plump, thin) = (gamma(2.5), gamma(0.4));
        let weibull = distribution::Weibull::new(0.7, 100.0).unwrap();
        let pareto = distribution::Pareto::new(10.0, 1.5).unwrap();
        let triangular = distribution::Triangular::new(10.0, 100.0, 30.0).unwrap();
        let log_normal = distribution::LogNormal::new(6.4, 1.6).unwrap();
        let median = exp(6.4);
        let truncated = move |x: f64| {
            let below = normal.cdf(-1.5);
            (normal.cdf((x - 60.0) / 40.0) - below) / (1.0 - below)
        };
        let measured = vec![0.0, 10.0, 20.0, 40.0, 80.0];
        vec![
            (
                Family::Uniform {
                    least: 5.0,
                    most: 25.0,
                },
                Box::new(|x| (x - 5.0) / 20.0),
            ),
            (
                Family::Exponential { mean: 60.0 },
                Box::new(|x| 1.0 - exp(-x / 60.0)),
            ),
            (
                Family::LogNormal { median, sigma: 1.6 },
                Box::new(move |x| log_normal.cdf(x)),
            ),
            (
                Family::Normal {
                    mean: 60.0,
                    deviation: 40.0,
                },
                Box::new(truncated),
            ),
            (
                Family::Weibull {
                    shape: 0.7,
                    scale: 100.0,
                },
                Box::new(move |x| weibull.cdf(x)),
            ),
            (
                Family::Gamma {
                    shape: 2.5,
                    scale: 30.0,
                },
                Box::new(move |x| plump.cdf(x)),
            ),
            (
                Family::Gamma {
                    shape: 0.4,
                    scale: 30.0,
                },
                Box::new(move |x| thin.cdf(x)),
            ),
            (
                Family::Pareto {
                    least: 10.0,
                    shape: 1.5,
                },
                Box::new(move |x| pareto.cdf(x)),
            ),
            (
                Family::Triangular {
                    least: 10.0,
                    mode: 30.0,
                    most: 100.0,
                },
                Box::new(move |x| triangular.cdf(x)),
            ),
            (
                Family::HyperExponential {
                    part: 0.7,
                    mean: 10.0,
                    other_mean: 500.0,
                },
                Box::new(|x| 1.0 - 0.7 * exp(-x / 10.0) - 0.3 * exp(-x / 500.0)),
            ),
            (
                Family::Empirical {
                    quantiles: measured,
                },
                Box::new(|x| match x < 10.0 {
                    true => x / 40.0,
                    false => 0.25 * (1.0 + log(x / 10.0) / log(2.0)),
                }),
            ),
        ]
    }

    #[test]
    fn samples_follow_the_published_distribution() {
        const COUNT: usize = 20_000;
        for (family, cdf) in families() {
            assert_eq!(family.faults("run"), []);
            let mut samples: Vec<f64> = (0..COUNT as u64)
                .map(|job| family.sample(&mut Streams::new(1).stream("run", job)))
                .collect();
            samples.sort_by(f64::total_cmp);
            let distance = samples
                .iter()
                .enumerate()
                .map(|(rank, &x)| (cdf(x) - (rank as f64 + 0.5) / COUNT as f64).abs())
                .fold(0.0, f64::max);
            // Kolmogorov and Smirnov's bound at 1 %.
            assert!(
                distance < 1.63 / sqrt(COUNT as f64),
                "{family:?}: {distance}"
            );
        }
    }

    #[test]
    fn the_uniform_numbers_that_rand_distr_sees_are_ours() {
        use rand::RngExt;
        for job in 0..1000 {
            let stream = || Streams::new(3).stream("run", job);
            let seen: f64 = Open(&mut stream()).random();
            assert_eq!(seen, uniform(&mut stream()));
        }
    }

    #[test]
    fn the_samples_of_each_family_are_the_same_for_ever() {
        let mut lines = Vec::new();
        for (family, _) in families() {
            let samples: Vec<String> = (0..3)
                .map(|job| {
                    family
                        .sample(&mut Streams::new(42).stream("run", job))
                        .to_string()
                })
                .collect();
            lines.push(samples.join(" "));
        }
        assert_eq!(lines, GOLDEN);
    }

    /// Written down once, to the last bit; a change here changes every generated workload.
    const GOLDEN: [&str; 11] = [
        "14.35676989601663 8.781128297720933 23.466099466983607",
        "45.57792835220626 99.94258902009861 4.787741023491143",
        "528.9388679007116 146.90614661333944 5909.13232666327",
        "66.38548011732938 97.16284945338717 16.494656382836858",
        "67.52013935617236 207.286249265454 2.7002199603484938",
        "61.50092284509756 33.33082018363598 150.6223297721796",
        "5.560648166899141 0.9696602649784287 14.308611669103048",
        "16.593424777094597 30.357946270146087 10.54637517396875",
        "42.0982082940885 28.447263937909163 78.0186745645272",
        "5.749960384524276 2.4838263131419036 626.5259647039223",
        "18.293789797921917 7.562256595441865 64.67552649918927",
    ];

    #[test]
    fn wrong_parameters_are_faults() {
        for (family, expected) in [
            (
                Family::Constant { value: -1.0 },
                "run/value -1; must be 0 or more",
            ),
            (
                Family::Constant { value: f64::NAN },
                "run/value NaN; must be 0 or more",
            ),
            (
                Family::Uniform {
                    least: 5.0,
                    most: 4.0,
                },
                "run/most 4; must be at least as much",
            ),
            (
                Family::Exponential { mean: 0.0 },
                "run/mean 0; must be above 0",
            ),
            (
                Family::LogNormal {
                    median: 1.0,
                    sigma: 21.0,
                },
                "run/sigma 21; must be from 0 to 20",
            ),
            (
                Family::Normal {
                    mean: -1.0,
                    deviation: 1.0,
                },
                "run/mean -1; must be 0 or more",
            ),
            (
                Family::Weibull {
                    shape: 0.0,
                    scale: 1.0,
                },
                "run/shape 0; must be from 0.01",
            ),
            (
                Family::Gamma {
                    shape: 1.0,
                    scale: f64::INFINITY,
                },
                "run/scale inf; must be above 0",
            ),
            (
                Family::Pareto {
                    least: 0.0,
                    shape: 1.0,
                },
                "run/least 0; must be above 0",
            ),
            (
                Family::Triangular {
                    least: 1.0,
                    mode: 5.0,
                    most: 4.0,
                },
                "run/mode 5; must be from least",
            ),
        ] {
            let faults = family.faults("run");
            let shown = format!("{} {}", faults[0].member, faults[0].message);
            assert!(shown.contains(expected), "{shown}");
        }
    }
}
