//! How far a sample is from a fitted family.

use libm::log;

use crate::engine::Streams;
use crate::input::generate::Family;

use super::families::{fit, tails};
use super::sample::Sample;
use super::special::kolmogorov;

/// How far a sample is from a distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distance {
    /// Kolmogorov and Smirnov's: the greatest difference of both distribution functions.
    pub ks: f64,
    /// Anderson and Darling's A², which weighs the tails.
    pub ad: f64,
}

/// Smaller probabilities than this count as this.
const LEAST: f64 = 1e-300;

/// How far `sample` is from what `tails` says of each figure: the probability of at most it, and of more. Figures that came
/// several times are counted so.
pub fn distance(sample: &Sample, tails: impl Fn(f64) -> (f64, f64)) -> Distance {
    let count = sample.count;
    let (mut before, mut ks, mut sum) = (0.0, 0.0_f64, 0.0);
    for (x, times) in &sample.points {
        let (below, above) = tails(*x);
        let after = before + times;
        ks = ks
            .max((below - before / count).abs())
            .max((after / count - below).abs());
        let (rest, left) = (count - before, count - after);
        sum += (after * after - before * before) * log(below.max(LEAST))
            + (rest * rest - left * left) * log(above.max(LEAST));
        before = after;
    }
    Distance {
        ks,
        ad: -count - sum / count,
    }
}

/// How a p was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PBy {
    /// By drawing samples of the fitted family and fitting each again.
    Bootstrap,
    /// By Kolmogorov's limit, which takes the parameters as known: the true p is smaller.
    Kolmogorov,
}

/// Largest sample whose p is found by drawing.
const DRAWN_MAX: f64 = 2000.0;

/// How likely the fitted family is as far from its own samples as from this one.
pub fn p_value(
    name: &str,
    family: &Family,
    sample: &Sample,
    ks: f64,
    draws: u32,
    seed: u64,
) -> (f64, PBy) {
    if sample.count > DRAWN_MAX || draws == 0 {
        return (kolmogorov(ks, sample.count), PBy::Kolmogorov);
    }
    let streams = Streams::new(seed);
    let purpose = format!("fit {name}");
    let mut as_far = 0;
    for draw in 0..draws {
        let mut chance = streams.stream(&purpose, u64::from(draw));
        let figures = (0..sample.count as u64).map(|_| family.sample(&mut chance));
        let drawn = Sample::of(figures.collect());
        let again = fit(name, &drawn).map_or(1.0, |(family, _)| {
            distance(&drawn, |x| tails(&family, x)).ks
        });
        as_far += u32::from(again >= ks);
    }
    let p = f64::from(as_far + 1) / f64::from(draws + 1);
    (p, PBy::Bootstrap)
}
