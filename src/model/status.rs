//! Job states and the reasons that AWS gives for them, letter for letter.

use std::fmt;

use crate::units::InstanceId;

use super::BlockReason;

/// `JobStatus`, in AWS's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobStatus {
    /// Accepted, not yet looked at.
    Submitted,
    /// Waits for a dependency; also an array parent while its children are on their way.
    Pending,
    /// Waits for its turn and for room.
    Runnable,
    /// Placed on a host; its container is being made.
    Starting,
    /// Its container runs.
    Running,
    /// Ended with exit code 0.
    Succeeded,
    /// Ended in any other way.
    Failed,
}

impl JobStatus {
    /// All states, in AWS's order.
    pub const ALL: [JobStatus; 7] = [
        JobStatus::Submitted,
        JobStatus::Pending,
        JobStatus::Runnable,
        JobStatus::Starting,
        JobStatus::Running,
        JobStatus::Succeeded,
        JobStatus::Failed,
    ];

    /// The name in AWS's spelling.
    pub const fn name(self) -> &'static str {
        match self {
            JobStatus::Submitted => "SUBMITTED",
            JobStatus::Pending => "PENDING",
            JobStatus::Runnable => "RUNNABLE",
            JobStatus::Starting => "STARTING",
            JobStatus::Running => "RUNNING",
            JobStatus::Succeeded => "SUCCEEDED",
            JobStatus::Failed => "FAILED",
        }
    }

    /// Whether nothing can happen to such a job any more.
    pub const fn is_terminal(self) -> bool {
        matches!(self, JobStatus::Succeeded | JobStatus::Failed)
    }
}

/// `statusReason` of a job or an attempt; it displays as AWS's own text (semantics reference, section 1.6).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StatusReason {
    /// None given.
    None,
    /// The container ended by itself, with whatever exit code.
    EssentialContainerExited,
    /// The host went away under the container.
    HostTerminated(InstanceId),
    /// Fargate Spot took its task back.
    SpotTaskInterrupted,
    /// The container could not be made.
    TaskFailedToStart,
    /// `timeout.attemptDurationSeconds` ran out.
    TimedOut,
    /// A dependency failed.
    DependentJobFailed,
    /// At least one child of the array failed.
    ArrayChildFailed,
    /// What the caller of CancelJob or TerminateJob wrote.
    Caller(std::sync::Arc<str>),
    /// A `jobStateTimeLimitActions` entry cancelled it.
    TimeLimit(BlockReason),
    /// Its queue was deleted. Assumed text: AWS publishes none.
    QueueDeleted,
}

impl fmt::Display for StatusReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StatusReason::None => Ok(()),
            StatusReason::EssentialContainerExited => {
                f.write_str("Essential container in task exited")
            }
            StatusReason::HostTerminated(instance) => {
                write!(f, "Host EC2 (instance i-{:017x}) terminated.", instance.0)
            }
            StatusReason::SpotTaskInterrupted => f.write_str("Your Spot Task was interrupted."),
            StatusReason::TaskFailedToStart => f.write_str("Task failed to start"),
            StatusReason::TimedOut => f.write_str("Job attempt duration exceeded timeout"),
            StatusReason::DependentJobFailed => f.write_str("Dependent Job failed"),
            StatusReason::ArrayChildFailed => f.write_str("Array Child Job failed"),
            StatusReason::Caller(text) => f.write_str(text),
            StatusReason::TimeLimit(reason) => {
                write!(
                    f,
                    "Canceled by JobStateTimeLimit action due to reason: {}",
                    reason.code()
                )
            }
            StatusReason::QueueDeleted => f.write_str("Job queue deleted"),
        }
    }
}
