//! What a generator of made-up jobs is asked for: a plain description, without any chance in it.

use crate::model::SubmitJob;
use crate::units::{Ratio, SimTime, Span};

/// What is generated.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneratorSpec {
    /// When jobs are submitted.
    pub arrivals: Arrivals,
    /// The first moment at which one may be.
    pub start: SimTime,
    /// From this moment on none is; needed where there is no `count`.
    pub until: Option<SimTime>,
    /// Number of submissions (an array is one); needed where there is no `until`.
    pub count: Option<u32>,
    /// Run times of jobs, or of array children.
    pub run: RunTime,
    /// The estimate as a multiple of the run time (of the longest child); none is stated where absent.
    pub estimate: Option<Ratio>,
    /// vCPUs; 0 stands for the definition's.
    pub vcpus: Choice,
    /// MiB; 0 stands for the definition's.
    pub memory: Choice,
    /// Whether `memory` is for each vCPU.
    pub memory_per_vcpu: bool,
    /// GPUs.
    pub gpus: Choice,
    /// Children of an array; 0 stands for a plain job.
    pub array: Choice,
    /// What all jobs have in common: queue, definition, share, retries, failure by chance.
    pub template: SubmitJob,
    /// Number of the first job; the others count on from it.
    pub first_number: u32,
}

/// A pattern of submissions, from the generator's start on.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// All at the start.
    AtOnce,
    /// A Poisson process.
    Poisson {
        /// Submissions an hour, on average.
        rate_per_hour: f64,
    },
    /// The first burst at the start, then one after each interval.
    Bursts {
        /// The interval.
        every: Span,
        /// Submissions of one burst.
        size: u32,
        /// Each comes so much later than its burst at most, evenly drawn.
        jitter: Span,
    },
    /// At the same times every day.
    TimesOfDay {
        /// Time of day: each less than a day.
        at: Vec<Span>,
        /// Submissions at each of these times.
        jobs: u32,
        /// Time of day at simulated time zero.
        clock_at_zero: Span,
    },
}

/// Run times: a family, held within bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunTime {
    /// The family.
    pub family: Family,
    /// Shorter samples are raised to this.
    pub least: Span,
    /// Longer samples are cut to this.
    pub most: Span,
}

/// A family of run times with its parameters. Times are seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(
    missing_docs,
    reason = "the parameters are those of the scenario's keys, where they are documented"
)]
pub enum Family {
    /// Always `value`.
    Constant { value: f64 },
    /// Evenly from `least` to `most`.
    Uniform { least: f64, most: f64 },
    /// Exponential.
    Exponential { mean: f64 },
    /// Its logarithm is normal.
    LogNormal { median: f64, sigma: f64 },
    /// Normal, given that it is not negative.
    Normal { mean: f64, deviation: f64 },
    /// Weibull.
    Weibull { shape: f64, scale: f64 },
    /// Gamma; the mean is shape × scale.
    Gamma { shape: f64, scale: f64 },
    /// Pareto.
    Pareto { least: f64, shape: f64 },
    /// Triangular.
    Triangular { least: f64, mode: f64, most: f64 },
}

/// A number chosen by weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The values, each with its weight.
    pub values: Vec<(u32, u32)>,
}

impl Choice {
    /// Always `value`.
    pub fn always(value: u32) -> Choice {
        Choice {
            values: vec![(value, 1)],
        }
    }
}
