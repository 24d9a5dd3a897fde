//! The seam to the core.

use crate::model::Scenario;
use crate::sim::Observer;
use crate::units::SimTime;

/// How a run ended.
pub struct Outcome<O> {
    /// What watched it.
    pub observer: O,
    /// Digest of all events.
    pub digest: u64,
    /// When it ended.
    pub end: SimTime,
    /// Events handled.
    pub events: u64,
}

/// Runs `scenario`.
pub fn simulate<O: Observer>(scenario: &Scenario, seed: u64, mut observer: O) -> Outcome<O> {
    let _ = (scenario, seed);
    observer.ended(SimTime::ZERO);
    Outcome {
        observer,
        digest: 0,
        end: SimTime::ZERO,
        events: 0,
    }
}
