//! A configuration, its runs, and what is asked of it.

use crate::stats::{Estimate, mean_interval};

use super::MEASURES;
use super::study::Observation;

/// Seeds with which a configuration is tried first.
pub const SCREEN: u64 = 2;

/// Places in [`MEASURES`].
pub(super) const MAKESPAN: usize = 0;
pub(super) const COST: usize = 1;
pub(super) const WAIT_P95: usize = 3;
pub(super) const NOT_SUCCEEDED: usize = 6;

/// Places are into this list.
const _: () = assert!(NOT_SUCCEEDED < MEASURES.len());

/// What must be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// The P90 over seeds of the makespan, in seconds.
    Deadline,
    /// The mean over seeds of the wait's p95, in seconds, at the upper end of its interval.
    WaitP95,
    /// The mean over seeds of the cost, in USD, at the upper end of its interval.
    Budget,
}

impl TargetKind {
    /// The place in [`MEASURES`] of what it limits.
    pub fn place(self) -> usize {
        match self {
            TargetKind::Deadline => MAKESPAN,
            TargetKind::WaitP95 => WAIT_P95,
            TargetKind::Budget => COST,
        }
    }
}

/// A target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// What must be met.
    pub kind: TargetKind,
    /// Seconds or USD.
    pub limit: f64,
}

/// A question for a search.
#[derive(Clone, Copy, Debug)]
pub struct SearchQuestion {
    /// What must be met.
    pub target: Target,
    /// Of those that meet it, which is wanted: the place in [`MEASURES`] of what is to be least.
    pub minimize: usize,
    /// Seeds of each configuration that is told of.
    pub replications: u64,
    /// The most runs.
    pub simulations: u64,
    /// With what probability each interval holds.
    pub confidence: f64,
}

/// What is provable of a configuration before it has run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Floor {
    /// Its cost is at least so much, in USD.
    pub cost: f64,
    /// Its makespan is at least so long, in seconds.
    pub makespan: f64,
}

/// One run of a configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its figures.
    pub observation: Observation,
    /// What its jobs cost at least on any machines that the search may choose, in USD; `None` where nothing is provable.
    pub cost_bound: Option<f64>,
    /// What no machines can finish before, in seconds.
    pub makespan_bound: f64,
    /// What last attempts had reserved: vCPU-, MiB- and GPU-milliseconds.
    pub reserved_ms: [u128; 3],
}

/// The configurations that there are, and how they run. Called from several threads.
pub trait Space: Sync {
    /// How many values each knob has.
    fn sizes(&self) -> Vec<usize>;
    /// What is provable of a configuration, given the runs of today's.
    ///
    /// # Errors
    /// Why it cannot be.
    fn floor(&self, choice: &[usize], today: &[Seen]) -> Result<Floor, String>;
    /// A run with seed `number` of the search.
    ///
    /// # Errors
    /// Why it cannot run.
    fn run(&self, choice: &[usize], number: u64) -> Result<Seen, String>;
}

/// A configuration and its runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Configuration {
    /// The value of each knob.
    pub choice: Vec<usize>,
    /// Its runs, by seed.
    pub runs: Vec<Seen>,
}

impl Configuration {
    pub(super) fn observations(&self) -> Vec<Observation> {
        self.runs
            .iter()
            .map(|run| run.observation.clone())
            .collect()
    }

    /// Its values of the measure at `place`; a run that has none counts as infinite.
    pub fn values(&self, place: usize) -> Vec<f64> {
        let value = |run: &Seen| run.observation.values[place].unwrap_or(f64::INFINITY);
        self.runs.iter().map(value).collect()
    }

    /// Its mean of the measure at `place`, with the interval.
    pub fn estimate(&self, place: usize, confidence: f64) -> Estimate {
        mean_interval(&self.values(place), confidence)
    }

    /// The mean of its lower bounds on cost.
    pub fn cost_bound(&self) -> Option<f64> {
        let bounds: Option<Vec<f64>> = self.runs.iter().map(|run| run.cost_bound).collect();
        bounds.map(|bounds| bounds.iter().sum::<f64>() / bounds.len().max(1) as f64)
    }

    /// The figure that `target` limits.
    pub fn judged(&self, target: &Target, confidence: f64) -> f64 {
        let mut values = self.values(target.kind.place());
        match target.kind {
            TargetKind::Deadline => {
                values.sort_by(f64::total_cmp);
                let rank = (values.len() * 9).div_ceil(10).max(1);
                values.get(rank - 1).copied().unwrap_or(f64::INFINITY)
            }
            _ if values.iter().any(|value| value.is_infinite()) => f64::INFINITY,
            _ => {
                let estimate = mean_interval(&values, confidence);
                // So few runs say nothing of their spread: then their mean decides, until there are more.
                let half = estimate.half.filter(|_| values.len() as u64 > SCREEN);
                estimate.mean + half.unwrap_or(0.0)
            }
        }
    }

    /// The part of its seeds that miss `target`.
    pub fn risk(&self, target: &Target) -> f64 {
        let values = self.values(target.kind.place());
        let missed = values.iter().filter(|value| **value > target.limit).count();
        missed as f64 / values.len().max(1) as f64
    }

    /// Jobs more than today's that did not succeed, over the same seeds.
    pub(super) fn lost(&self, today: &Configuration) -> f64 {
        let pairs = self
            .values(NOT_SUCCEEDED)
            .into_iter()
            .zip(today.values(NOT_SUCCEEDED));
        pairs.map(|(own, theirs)| (own - theirs).max(0.0)).sum()
    }
}
