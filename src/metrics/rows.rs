//! Rows as they leave the recorder: in order of moment.

use crate::model::{AttemptRecord, InstanceRecord, JobRecord, Named};

/// Something that takes the rows of a run while it goes on. All methods do nothing unless overridden.
pub trait RowSink {
    /// Whether jobs and attempts are wanted at all.
    const ROWS: bool = true;

    /// A queue, environment or share came to be.
    fn named(&mut self, name: Named<'_>) {
        let _ = name;
    }

    /// A job ended; or, with a reason `why`, was left at the end of the run. Jobs come in order of `ended`, those of one moment
    /// in the order in which things happened; then, in order of job, those that are left.
    fn job(&mut self, job: &JobRecord<'_>, why: Option<&str>) {
        let _ = (job, why);
    }

    /// An attempt ended. Attempts come in order of `ended`, those of one moment in the order in which things happened.
    fn attempt(&mut self, attempt: &AttemptRecord<'_>) {
        let _ = attempt;
    }

    /// An instance left, or the run ended.
    fn instance(&mut self, instance: &InstanceRecord) {
        let _ = instance;
    }
}

/// A sink for who wants no rows.
impl RowSink for () {
    const ROWS: bool = false;
}
