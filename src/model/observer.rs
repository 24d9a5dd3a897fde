//! What a run is seen as from outside: records of what ended, and levels between moments. The core writes nothing down.

use crate::units::{EnvId, JobId, PoolId, QueueId, RowId, ShareId, SimTime};

use super::{AttemptRecord, InstanceRecord, JobRecord, Levels};

/// Something that watches a run. All methods do nothing unless overridden.
pub trait Observer {
    /// A queue, environment or share came to be; records name it by its identifier from now on.
    fn named(&mut self, name: Named<'_>) {
        let _ = name;
    }

    /// Jobs were accepted: `children` of them (1 for a plain job), in one submission.
    fn submitted(&mut self, at: SimTime, row: RowId, children: u32) {
        let _ = (at, row, children);
    }

    /// AWS would refuse this submission or command, with this reason. `row` is `None` for an operator's command.
    fn rejected(&mut self, at: SimTime, row: Option<RowId>, reason: &str) {
        let _ = (at, row, reason);
    }

    /// An attempt ended.
    fn attempt_ended(&mut self, attempt: &AttemptRecord<'_>) {
        let _ = attempt;
    }

    /// A job became terminal. Array parents are not reported; their children are.
    fn job_ended(&mut self, job: &JobRecord<'_>) {
        let _ = job;
    }

    /// A job was left over at the end of the run; `job.ended` is the end of the run.
    fn job_unfinished(&mut self, job: &JobRecord<'_>, why: &str) {
        let _ = (job, why);
    }

    /// A queue's head was declared blocked, with AWS's status reason ("Batch Job Queue Blocked" event).
    fn queue_blocked(&mut self, at: SimTime, queue: QueueId, job: JobId, reason: &str) {
        let _ = (at, queue, job, reason);
    }

    /// An instance left, or the run ended: its whole bill.
    fn instance_ended(&mut self, instance: &InstanceRecord) {
        let _ = instance;
    }

    /// From `at` on, until the next call, these levels hold. Called at most once per moment and round.
    fn levels(&mut self, at: SimTime, levels: &Levels) {
        let _ = (at, levels);
    }

    /// The run ended at `at`; nothing follows.
    fn ended(&mut self, at: SimTime) {
        let _ = at;
    }
}

/// An observer that looks away.
impl Observer for () {}

/// A name for an identifier.
#[derive(Clone, Copy, Debug)]
pub enum Named<'a> {
    /// A job queue.
    Queue(QueueId, &'a str),
    /// A compute environment.
    Environment(EnvId, &'a str),
    /// A share identifier; shares are numbered over all queues.
    Share(ShareId, QueueId, &'a str),
    /// A Spot pool, by the name of its availability zone.
    Pool(PoolId, &'a str),
}
