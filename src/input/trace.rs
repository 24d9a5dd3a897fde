//! What all trace readers share: how a line of another system's log becomes a submission.

use crate::model::{Row, Workload};
use crate::units::Span;

use super::builder::Firsts;

/// How a trace is to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceOptions {
    /// The queue that jobs go to where the trace names none.
    pub job_queue: String,
    /// The definition that jobs have where the trace names none; without one, rows state their own resources.
    pub job_definition: Option<String>,
    /// What becomes the share identifier.
    pub share_by: ShareBy,
    /// Drops jobs with a run time of zero (counted).
    pub drop_zero_run: bool,
    /// Keeps only jobs that completed (SWF status 1); otherwise the status is ignored.
    pub completed_only: bool,
    /// How submissions react to completions.
    pub closed_loop: ClosedLoop,
    /// Memory requests are taken over; otherwise jobs ask for none.
    pub use_memory: bool,
    /// Leaves out what is wrong instead of refusing the trace, and counts it: rows that cannot be read (`malformed-row`), rows
    /// with the identifier of an earlier one (`duplicate-id`), dependencies on jobs that are not there (`orphan-dependency`), and
    /// dependencies that close a circle (`circle-cut`).
    pub mend: bool,
    /// Lifts AWS's limits on counts and sizes (20 dependencies, arrays of 10,000), which other systems do not know.
    pub lift_limits: bool,
}

impl Default for TraceOptions {
    fn default() -> Self {
        TraceOptions {
            job_queue: "trace".to_owned(),
            job_definition: None,
            share_by: ShareBy::Nothing,
            drop_zero_run: false,
            completed_only: false,
            closed_loop: ClosedLoop::Open,
            use_memory: true,
            mend: false,
            lift_limits: true,
        }
    }
}

/// What becomes the share identifier of a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShareBy {
    /// Jobs have no share: for FIFO queues.
    #[default]
    Nothing,
    /// The user (`user12`).
    User,
    /// The group (`group3`).
    Group,
}

impl ShareBy {
    /// The share identifier of user or group `number`; `unknown` for [`Row::UNKNOWN`].
    pub(super) fn identifier(self, number: u32) -> String {
        match self {
            _ if number == Row::UNKNOWN => "unknown".to_owned(),
            ShareBy::Group => format!("group{number}"),
            ShareBy::User | ShareBy::Nothing => format!("user{number}"),
        }
    }
}

/// How the submissions of a log are tied to its completions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClosedLoop {
    /// They are not: every job is submitted when the log says.
    #[default]
    Open,
    /// By SWF fields 17 (preceding job) and 18 (think time).
    Fields,
    /// By user: a job that its user submitted after the end of the one before, at most `think_limit` later, follows that
    /// one again, after the same think time. Others start a new session at their logged time.
    Sessions {
        /// Longest think time within a session.
        think_limit: Span,
    },
}

/// A trace as read.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The jobs, with what was dropped and repaired.
    pub workload: Workload,
    /// Processors of the machine the log is from, where it says (`MaxProcs`, else `MaxNodes`).
    pub machine_size: Option<u32>,
    /// Milliseconds from 1970 to the log's zero, where it says (`UnixStartTime`).
    pub start_epoch_ms: Option<i64>,
    /// Where the rules of `dropped` and `repaired` applied first, as far as the reader kept it.
    pub firsts: Firsts,
    /// What the user should know of the reading beside the counts: one sentence each.
    pub notes: Vec<String>,
}
