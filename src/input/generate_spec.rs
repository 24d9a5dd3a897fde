//! What a generator of made-up jobs is asked for: a plain description, without any chance in it.

use crate::model::SubmitJob;
use crate::units::{Ratio, SimTime, Span};

/// A source of made-up jobs, as `[[workload.generators]]` states it.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneratorSpec {
    /// Its name: of its stream of chance, and of its jobs (`name/0`, `name/1` …).
    pub name: String,
    /// What all its submissions share; the share identifier is drawn from `shares` where there are any.
    pub template: SubmitJob,
    /// When jobs are submitted.
    pub arrivals: Arrivals,
    /// The first moment at which a job may be submitted.
    pub from: SimTime,
    /// The moment from which none is submitted any more.
    pub until: Option<SimTime>,
    /// Most submissions. One of `until` and `count` is there.
    pub count: Option<u64>,
    /// Run time of one attempt at speed one.
    pub run: Durations,
    /// The user's estimate as a multiple of the run time; without one, none is stated.
    pub estimate_factor: Option<Ratio>,
    /// What jobs ask for, drawn by weight; empty: what their definition says.
    pub sizes: Vec<Size>,
    /// Share identifiers, drawn by weight; empty: the template's.
    pub shares: Vec<(String, Ratio)>,
    /// Children of each submission; 0 for plain jobs.
    pub array: u32,
}

/// When jobs are submitted.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// All at `from`.
    AtOnce,
    /// One at `from` and after every interval.
    Every {
        /// Time between two submissions, above zero.
        interval: Span,
    },
    /// Independently of each other, at a constant rate.
    Poisson {
        /// Mean number of submissions an hour, above zero.
        per_hour: Ratio,
    },
    /// `size` at once at `from` and after every interval.
    Bursts {
        /// Time between two bursts, above zero.
        interval: Span,
        /// Submissions of one burst.
        size: u32,
    },
    /// Independently of each other, at a rate that follows the hour of the day in UTC.
    TimesOfDay {
        /// Mean number of submissions an hour, from midnight; at least one above zero.
        per_hour: [Ratio; 24],
    },
}

/// A distribution of durations, cut to a range.
#[derive(Clone, Debug, PartialEq)]
pub struct Durations {
    /// Its kind and parameters.
    pub kind: DurationKind,
    /// Shorter draws become this.
    pub least: Span,
    /// Longer draws become this.
    pub most: Span,
}

/// A kind of distribution with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum DurationKind {
    /// Always the same.
    Constant(Span),
    /// All durations of a range alike.
    Uniform {
        /// The shortest.
        from: Span,
        /// The longest.
        to: Span,
    },
    /// Exponential.
    Exponential {
        /// Its mean.
        mean: Span,
    },
    /// The logarithm is normally distributed.
    Lognormal {
        /// Half the draws are shorter.
        median: Span,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Weibull.
    Weibull {
        /// 63 % of the draws are shorter.
        scale: Span,
        /// Its shape; heavy-tailed below one.
        shape: f64,
    },
    /// One of some durations, by weight.
    Choice(Vec<(Span, Ratio)>),
}

/// What some of the jobs ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// How many of the jobs, relative to the other sizes.
    pub weight: Ratio,
    /// vCPUs.
    pub vcpus: u32,
    /// MiB.
    pub memory: u32,
    /// GPUs.
    pub gpus: u32,
}
