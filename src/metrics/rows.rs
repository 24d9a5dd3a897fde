//! Rows as they leave the recorder: in order of end, ties by job.

use crate::model::StatusReason;
use crate::model::{AttemptRecord, InstanceRecord, JobRecord, Named};
use crate::units::SimTime;

/// Something that takes the rows of a run while it goes on. All methods do nothing unless overridden.
pub trait RowSink {
    /// Whether jobs and attempts are wanted at all: sorting them costs.
    const ROWS: bool = true;

    /// A queue, environment or share came to be.
    fn named(&mut self, name: Named<'_>) {
        let _ = name;
    }

    /// A job ended; or, with a reason `why`, was left at the end of the run.
    fn job(&mut self, job: &JobRecord<'_>, why: Option<&str>) {
        let _ = (job, why);
    }

    /// An attempt ended. Attempts of one moment come in order of job.
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

static NO_REASON: StatusReason = StatusReason::None;

/// The jobs and attempts of one moment, held back until the moment is over, as the core reports them in the order in which
/// things happened.
#[derive(Debug, Default)]
pub(super) struct Moment {
    at: SimTime,
    jobs: Vec<(JobRecord<'static>, StatusReason)>,
    attempts: Vec<(AttemptRecord<'static>, StatusReason)>,
}

impl Moment {
    /// Takes a job that ended.
    pub fn job(&mut self, job: &JobRecord<'_>, sink: &mut impl RowSink) {
        self.enter(job.ended, sink);
        self.jobs.push((owned_job(job), job.reason.clone()));
    }

    /// Takes an attempt that ended.
    pub fn attempt(&mut self, attempt: &AttemptRecord<'_>, sink: &mut impl RowSink) {
        self.enter(attempt.ended, sink);
        self.attempts
            .push((owned_attempt(attempt), attempt.reason.clone()));
    }

    fn enter(&mut self, at: SimTime, sink: &mut impl RowSink) {
        if at != self.at {
            self.flush(sink);
            self.at = at;
        }
    }

    /// Hands on what is held back.
    pub fn flush(&mut self, sink: &mut impl RowSink) {
        let key = |(job, _): &(JobRecord<'_>, StatusReason)| job.job;
        if !self.jobs.is_sorted_by_key(key) {
            self.jobs.sort_unstable_by_key(key);
        }
        for (job, reason) in &self.jobs {
            sink.job(
                &JobRecord {
                    reason,
                    ..job.clone()
                },
                None,
            );
        }
        self.jobs.clear();
        let key = |(attempt, _): &(AttemptRecord<'_>, StatusReason)| (attempt.job, attempt.attempt);
        if !self.attempts.is_sorted_by_key(key) {
            self.attempts.sort_unstable_by_key(key);
        }
        for (attempt, reason) in &self.attempts {
            sink.attempt(&AttemptRecord {
                reason,
                ..attempt.clone()
            });
        }
        self.attempts.clear();
    }
}

/// `job` without its reason.
fn owned_job(job: &JobRecord<'_>) -> JobRecord<'static> {
    JobRecord {
        job: job.job,
        row: job.row,
        array_index: job.array_index,
        resubmission: job.resubmission,
        nodes: job.nodes,
        status: job.status,
        reason: &NO_REASON,
        exit_code: job.exit_code,
        queue: job.queue,
        share: job.share,
        environment: job.environment,
        shape: job.shape,
        submitted: job.submitted,
        eligible: job.eligible,
        started: job.started,
        ended: job.ended,
        work: job.work,
        estimate: job.estimate,
        attempts: job.attempts,
        time: job.time,
        cost: job.cost,
    }
}

/// `attempt` without its reason.
fn owned_attempt(attempt: &AttemptRecord<'_>) -> AttemptRecord<'static> {
    AttemptRecord {
        job: attempt.job,
        row: attempt.row,
        array_index: attempt.array_index,
        resubmission: attempt.resubmission,
        attempt: attempt.attempt,
        queue: attempt.queue,
        environment: attempt.environment,
        instance: attempt.instance,
        nodes: attempt.nodes,
        shape: attempt.shape,
        placed: attempt.placed,
        started: attempt.started,
        ended: attempt.ended,
        exit_code: attempt.exit_code,
        reason: &NO_REASON,
        container_reason: attempt.container_reason,
        retried: attempt.retried,
        cost: attempt.cost,
    }
}
