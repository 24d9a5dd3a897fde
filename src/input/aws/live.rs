//! The state of an account at the moment of its export, as `now` of a scenario.

use super::Jobs;
use super::definitions::Definitions;
use super::runs::Runs;
use super::twin::Making;

/// `now` and jobs that wait for others, and what there is of them.
#[derive(Default)]
pub(super) struct Live {
    pub(super) text: String,
    pub(super) has: Vec<String>,
}

/// The state at `at`.
pub(super) fn live(
    _making: &mut Making<'_>,
    _jobs: &Jobs,
    _runs: &Runs,
    _definitions: &Definitions,
    _at: i64,
) -> Live {
    Live::default()
}
