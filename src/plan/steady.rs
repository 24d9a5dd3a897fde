//! One long run as a sample of a system that goes on for ever: what of its beginning is left out, and how surely the rest tells a
//! mean, although each job's wait hangs on those before.

use crate::metrics::Recorder;
use crate::model::Scenario;
use crate::sim::Simulation;
use crate::stats::{Estimate, batch_means, lag_one, mean_interval, warm_up};

use super::ended::{Ended, EndedJob};
use super::finish;

/// Parts of the run whose means are looked at: 20 to 30 are usual (Law, Simulation Modeling and Analysis, section 9.5.3).
pub const BATCHES: usize = 20;
/// Batch means that hang on each other more than this are no sample.
const LAG_MAX: f64 = 0.3;

/// What a long run tells of waits in the steady state.
#[derive(Clone, Debug, PartialEq)]
pub struct Steady {
    /// Jobs that started and ended.
    pub jobs: usize,
    /// Those of them, the first by submission, that are warm-up; `None` where waits never settle, and nothing is left out.
    pub left_out: Option<usize>,
    /// Mean wait in seconds of the rest.
    pub wait_s: Estimate,
    /// Mean bounded slowdown of the rest.
    pub slowdown: Estimate,
    /// How much the mean wait of a batch hangs on that of the one before; `None` where they do not vary.
    pub lag: Option<f64>,
}

impl Steady {
    /// Whether the intervals can be trusted: waits settle, and batches are long enough to say nothing of each other.
    pub fn is_sound(&self) -> bool {
        self.left_out.is_some()
            && self.wait_s.half.is_some()
            && self.lag.is_none_or(|lag| lag <= LAG_MAX)
    }
}

/// Runs `scenario` once; intervals hold with probability `confidence`.
pub fn steady(scenario: &Scenario, seed: u64, confidence: f64) -> Steady {
    let recorder = Recorder::new(&scenario.workload, Ended::default(), false);
    let outcome = Simulation::new(scenario, seed, recorder).run();
    let (_, ended, _) = finish(scenario, seed, Vec::new(), outcome);
    let ended = ended.by_submission();
    let of = |value: fn(&EndedJob) -> f64| ended.iter().map(value).collect::<Vec<f64>>();
    let (waits, slowdowns) = (of(|job| job.wait_s), of(|job| job.slowdown));
    let left_out = warm_up(&waits);
    let rest = |all: &[f64]| batch_means(&all[left_out.unwrap_or(0)..], BATCHES);
    Steady {
        jobs: ended.len(),
        left_out,
        wait_s: mean_interval(&rest(&waits), confidence),
        slowdown: mean_interval(&rest(&slowdowns), confidence),
        lag: lag_one(&rest(&waits)),
    }
}
