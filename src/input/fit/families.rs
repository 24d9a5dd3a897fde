//! Families of run times fitted to a sample by maximum likelihood, with intervals of their parameters from Fisher's information.

use libm::{erfc, exp, expm1, log, pow, sqrt};

use crate::input::generate::Family;

use super::sample::Sample;
use super::special::{digamma, incomplete_gamma, trigamma};

/// The families that are tried, in this order.
pub const FAMILIES: [&str; 5] = [
    "exponential",
    "logNormal",
    "gamma",
    "weibull",
    "hyperExponential",
];

/// A parameter with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// Its name, as a scenario spells it.
    pub name: &'static str,
    /// Its value: seconds for means, medians and scales.
    pub value: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// A positive parameter with the standard deviation of its estimate: the interval is even in its logarithm.
fn positive(name: &'static str, value: f64, deviation: f64) -> Parameter {
    let factor = exp(Z * deviation / value);
    Parameter {
        name,
        value,
        low: value / factor,
        high: value * factor,
    }
}

/// A family fitted to a sample, or `None` where the sample does not allow it: fewer than two different figures, or parameters
/// that no scenario takes.
pub fn fit(name: &str, sample: &Sample) -> Option<(Family, Vec<Parameter>)> {
    if sample.points.len() < 2 {
        return None;
    }
    let (family, parameters) = match name {
        "exponential" => exponential(sample),
        "logNormal" => log_normal(sample),
        "gamma" => gamma(sample),
        "weibull" => weibull(sample)?,
        "hyperExponential" => hyper_exponential(sample)?,
        _ => return None,
    };
    let is_sound = parameters.iter().all(|one| one.value.is_finite());
    (is_sound && family.faults("run").is_empty()).then_some((family, parameters))
}

fn exponential(sample: &Sample) -> (Family, Vec<Parameter>) {
    let mean = sample.mean_of(|x| x);
    let parameter = positive("mean", mean, mean / sqrt(sample.count));
    (Family::Exponential { mean }, vec![parameter])
}

fn log_normal(sample: &Sample) -> (Family, Vec<Parameter>) {
    let middle = sample.mean_of(log);
    let sigma = sqrt(sample.mean_of(|x| (log(x) - middle) * (log(x) - middle)));
    let median = exp(middle);
    let root = sqrt(sample.count);
    let parameters = vec![
        positive("median", median, median * sigma / root),
        positive("sigma", sigma, sigma / (root * std::f64::consts::SQRT_2)),
    ];
    (Family::LogNormal { median, sigma }, parameters)
}

/// Newton's steps from Minka's start, "Estimating a gamma distribution" (2002).
fn gamma(sample: &Sample) -> (Family, Vec<Parameter>) {
    let mean = sample.mean_of(|x| x);
    let s = (log(mean) - sample.mean_of(log)).max(1e-12);
    let mut shape = (3.0 - s + sqrt((s - 3.0) * (s - 3.0) + 24.0 * s)) / (12.0 * s);
    for _ in 0..100 {
        let off = log(shape) - digamma(shape) - s;
        let next = 1.0 / (1.0 / shape + off / (shape * shape * (1.0 / shape - trigamma(shape))));
        let step = (next - shape).abs();
        shape = next;
        if step < 1e-12 * shape {
            break;
        }
    }
    let scale = mean / shape;
    let curve = trigamma(shape);
    let part = sample.count * (shape * curve - 1.0);
    let parameters = vec![
        positive("shape", shape, sqrt(shape / part)),
        positive("scale", scale, scale * sqrt(curve / part)),
    ];
    (Family::Gamma { shape, scale }, parameters)
}

/// The shape solves an equation that rises with it; it is found by halving, in figures relative to the largest.
fn weibull(sample: &Sample) -> Option<(Family, Vec<Parameter>)> {
    let most = sample.points.last()?.0;
    let middle = sample.mean_of(|x| log(x / most));
    let sums = |shape: f64| -> (f64, f64) {
        sample
            .points
            .iter()
            .fold((0.0, 0.0), |(plain, with), (x, times)| {
                let l = log(x / most);
                let power = times * exp(shape * l);
                (plain + power, with + power * l)
            })
    };
    let (mut low, mut high) = (0.01_f64, 1000.0_f64);
    for _ in 0..60 {
        // Halved in the logarithm: shapes differ by orders.
        let shape = sqrt(low * high);
        let (plain, with) = sums(shape);
        match with / plain - 1.0 / shape - middle > 0.0 {
            true => high = shape,
            false => low = shape,
        }
        if high / low < 1.0 + 1e-12 {
            break;
        }
    }
    let shape = sqrt(low * high);
    let scale = most * pow(sums(shape).0 / sample.count, 1.0 / shape);
    let root = sqrt(sample.count);
    // Fisher's information in closed form: 6/π², and (1 + 6 (1 − γ)²/π²).
    let parameters = vec![
        positive("shape", shape, sqrt(0.607_927_1) * shape / root),
        positive("scale", scale, sqrt(1.108_665_4) * scale / (shape * root)),
    ];
    Some((Family::Weibull { shape, scale }, parameters))
}

/// Most different figures that the steps of expectation and maximisation go over; more are put together first.
const COARSE: usize = 4000;

/// Expectation and maximisation, from the halves below and above the mean; the part's interval is even in its log-odds.
fn hyper_exponential(sample: &Sample) -> Option<(Family, Vec<Parameter>)> {
    let coarse = sample.coarse(COARSE);
    let mean = coarse.mean_of(|x| x);
    let lower: Vec<(f64, f64)> = coarse
        .points
        .iter()
        .copied()
        .filter(|(x, _)| *x <= mean)
        .collect();
    let times: f64 = lower.iter().map(|(_, times)| times).sum();
    let sum: f64 = lower.iter().map(|(x, times)| x * times).sum();
    let (mut part, mut short) = (times / coarse.count, sum / times);
    let mut long = (mean - part * short) / (1.0 - part);
    for _ in 0..2000 {
        let (mut weight, mut of_short) = (0.0, 0.0);
        for (x, times) in &coarse.points {
            let own = times * of_first(*x, part, short, long);
            weight += own;
            of_short += own * x;
        }
        let next = (
            weight / coarse.count,
            of_short / weight,
            (mean * coarse.count - of_short) / (coarse.count - weight),
        );
        let moved =
            (next.0 - part).abs() + (next.1 / short - 1.0).abs() + (next.2 / long - 1.0).abs();
        (part, short, long) = next;
        if moved.is_nan() || moved < 1e-10 {
            break;
        }
    }
    // One kind alone is an exponential, which is tried anyway.
    if !(part > 1e-6 && part < 1.0 - 1e-6 && short > 0.0 && long > short) {
        return None;
    }
    let variance = hyper_variance(&coarse, part, short, long)?;
    let spread = exp(Z * sqrt(variance[0]) / (part * (1.0 - part)));
    let odds = part / (1.0 - part);
    let bound = |odds: f64| odds / (1.0 + odds);
    let parameters = vec![
        Parameter {
            name: "part",
            value: part,
            low: bound(odds / spread),
            high: bound(odds * spread),
        },
        positive("mean", short, sqrt(variance[1])),
        positive("otherMean", long, sqrt(variance[2])),
    ];
    let family = Family::HyperExponential {
        part,
        mean: short,
        other_mean: long,
    };
    Some((family, parameters))
}

/// How likely `x` is of the first kind. In logarithms, as both densities may be too small for a number.
fn of_first(x: f64, part: f64, short: f64, long: f64) -> f64 {
    let gap = log((1.0 - part) / part * short / long) + x / short - x / long;
    1.0 / (1.0 + exp(gap))
}

/// Variances of part, first and other mean: the inverse of the information, taken from the scores of the figures.
fn hyper_variance(sample: &Sample, part: f64, short: f64, long: f64) -> Option<[f64; 3]> {
    let mut info = [[0.0; 3]; 3];
    for (x, times) in &sample.points {
        let own = of_first(*x, part, short, long);
        let score = [
            own / part - (1.0 - own) / (1.0 - part),
            own * (x / short - 1.0) / short,
            (1.0 - own) * (x / long - 1.0) / long,
        ];
        for row in 0..3 {
            for column in 0..3 {
                info[row][column] += times * score[row] * score[column];
            }
        }
    }
    let minor = |a: usize, b: usize| info[a][a] * info[b][b] - info[a][b] * info[b][a];
    let [p, q, r] = [minor(1, 2), minor(0, 2), minor(0, 1)];
    let whole = info[0][0] * p - info[0][1] * (info[1][0] * info[2][2] - info[1][2] * info[2][0])
        + info[0][2] * (info[1][0] * info[2][1] - info[1][1] * info[2][0]);
    let variances = [p / whole, q / whole, r / whole];
    let is_sound = variances.iter().all(|one| one.is_finite() && *one > 0.0);
    is_sound.then_some(variances)
}

/// How likely a sample of `family` is at most `x`, and how likely more, each precise where it is small.
pub fn tails(family: &Family, x: f64) -> (f64, f64) {
    match *family {
        Family::Exponential { mean } => (-expm1(-x / mean), exp(-x / mean)),
        Family::LogNormal { median, sigma } => {
            let z = log(x / median) / sigma / std::f64::consts::SQRT_2;
            (0.5 * erfc(-z), 0.5 * erfc(z))
        }
        Family::Gamma { shape, scale } => incomplete_gamma(shape, x / scale),
        Family::Weibull { shape, scale } => {
            let power = pow(x / scale, shape);
            (-expm1(-power), exp(-power))
        }
        Family::HyperExponential {
            part,
            mean,
            other_mean,
        } => {
            let above = part * exp(-x / mean) + (1.0 - part) * exp(-x / other_mean);
            let below = -part * expm1(-x / mean) - (1.0 - part) * expm1(-x / other_mean);
            (below, above)
        }
        _ => (f64::NAN, f64::NAN),
    }
}
