//! The jobs of a run that started and ended, one by one in order of submission.

use crate::metrics::{RowSink, SLOWDOWN_TAU_MS};
use crate::model::JobRecord;
use crate::units::RowId;

/// A job that started and ended, by the definitions of summaries.
#[derive(Clone, Debug)]
pub(super) struct EndedJob {
    pub(super) row: RowId,
    child: Option<u32>,
    pub(super) wait_s: f64,
    pub(super) slowdown: f64,
}

/// Those of a run.
#[derive(Default)]
pub(super) struct Ended(Vec<EndedJob>);

impl Ended {
    /// In order of submission.
    pub(super) fn by_submission(mut self) -> Vec<EndedJob> {
        self.0.sort_by_key(|job| (job.row, job.child));
        self.0
    }
}

impl RowSink for Ended {
    fn job(&mut self, job: &JobRecord<'_>, why: Option<&str>) {
        let Some(started) = job.started.filter(|_| why.is_none()) else {
            return;
        };
        let (wait, run) = ((started - job.submitted).ms(), (job.ended - started).ms());
        self.0.push(EndedJob {
            row: job.row,
            child: job.array_index,
            wait_s: wait as f64 / 1e3,
            slowdown: ((wait + run) as f64 / run.max(SLOWDOWN_TAU_MS) as f64).max(1.0),
        });
    }
}
