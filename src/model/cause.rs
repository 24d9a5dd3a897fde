//! Why time passes and what money is for. Each second of a job's life and each amount of a bill has exactly one cause.

use crate::units::{Span, Usd};

/// Why a part of a job's life passes. Where several hold at once, the first in this order wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeCause {
    /// Waits for other jobs, until the last of them succeeded. What is left until it is RUNNABLE is [`TimeCause::Dispatch`].
    Dependency,
    /// The head of its queue (itself or another) cannot be placed on any machine there is.
    BlockedHead,
    /// The head of its queue (itself or another) waits for the next scaling decision, which provides for all that wait.
    Scaling,
    /// A machine for the head of its queue (itself or another) is being launched or boots; on Fargate its own, in STARTING.
    Boot,
    /// Another share has its turn.
    Share,
    /// Others are ahead in the order of its queue or share.
    Queue,
    /// At the head; a consumable resource is lacking.
    Consumable,
    /// At the head; the environment may not grow, or a fair-share reserve is kept free.
    MaxVcpus,
    /// At the head; the machines are full.
    Capacity,
    /// Waits for the next look: at what it depended on, or depends on nothing (`dependencyTick`), at its queue (`dispatchTick`),
    /// or at a job that is to be retried (`retryDelay`); or its queue has dispatched as much as it may for now (`dispatchRate`).
    Dispatch,
    /// In STARTING: its container is being made.
    ImagePull,
    /// The attempt that decided its outcome runs; and what of earlier ones a checkpoint kept. Where its host was lost, until
    /// Batch knows it.
    Run,
    /// An earlier attempt that did not count, from placement to the moment at which Batch knew it had ended, but for what its
    /// checkpoints kept.
    Lost,
    /// Its attempts save their work, or find their way back to what was saved.
    Checkpoint,
}

impl TimeCause {
    /// All causes, in order.
    pub const ALL: [TimeCause; 14] = [
        TimeCause::Dependency,
        TimeCause::BlockedHead,
        TimeCause::Scaling,
        TimeCause::Boot,
        TimeCause::Share,
        TimeCause::Queue,
        TimeCause::Consumable,
        TimeCause::MaxVcpus,
        TimeCause::Capacity,
        TimeCause::Dispatch,
        TimeCause::ImagePull,
        TimeCause::Run,
        TimeCause::Lost,
        TimeCause::Checkpoint,
    ];

    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            TimeCause::Dependency => "dependency",
            TimeCause::BlockedHead => "blocked-head",
            TimeCause::Share => "share",
            TimeCause::Queue => "queue",
            TimeCause::Consumable => "consumable",
            TimeCause::MaxVcpus => "max-vcpus",
            TimeCause::Capacity => "capacity",
            TimeCause::Scaling => "scaling",
            TimeCause::Boot => "boot",
            TimeCause::Dispatch => "dispatch",
            TimeCause::ImagePull => "image-pull",
            TimeCause::Run => "run",
            TimeCause::Lost => "lost",
            TimeCause::Checkpoint => "checkpoint",
        }
    }
}

/// A life cut into its causes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeCauses([Span; TimeCause::ALL.len()]);

impl TimeCauses {
    /// The time of one cause.
    pub fn get(&self, cause: TimeCause) -> Span {
        self.0[cause as usize]
    }

    /// Adds to one cause.
    pub fn add(&mut self, cause: TimeCause, span: Span) {
        self.0[cause as usize] += span;
    }

    /// The whole life.
    pub fn total(&self) -> Span {
        self.0.iter().copied().sum()
    }
}

/// What an amount of money was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CostCause {
    /// Attempts that succeeded, and the work of others that a checkpoint kept.
    Useful,
    /// Attempts that failed, timed out or were terminated.
    Failed,
    /// Attempts that lost their machine, but for what their checkpoints kept.
    Interrupted,
    /// Saving work, and finding the way back to it.
    Checkpoint,
    /// Machines that boot.
    Boot,
    /// Containers being made.
    ImagePull,
    /// Machines on which nothing runs.
    Idle,
    /// The unused part of machines on which something runs.
    Stranded,
    /// What a billing minimum or a started hour adds.
    Minimum,
    /// What EC2 waives of an instance that it interrupted, as a negative amount: its first hour, or before 2017-10-02 the hour
    /// begun (EC2 User Guide, billing for interrupted Spot Instances).
    Waived,
    /// The volumes that instances boot from, and what Fargate tasks have beyond the storage that is included.
    Storage,
    /// Public IPv4 addresses of instances.
    Address,
    /// What pulling images moves through gateways and registries.
    Traffic,
    /// What Reserved Instances, Savings Plans and a negotiated discount take off On-Demand prices, as a negative amount: what is
    /// covered at On-Demand prices, less what was paid for it.
    Covered,
    /// What was committed to for an hour and not used in it, by the run or by anybody else.
    CommitmentUnused,
}

impl CostCause {
    /// All causes, in order.
    pub const ALL: [CostCause; 15] = [
        CostCause::Useful,
        CostCause::Failed,
        CostCause::Interrupted,
        CostCause::Checkpoint,
        CostCause::Boot,
        CostCause::ImagePull,
        CostCause::Idle,
        CostCause::Stranded,
        CostCause::Minimum,
        CostCause::Waived,
        CostCause::Storage,
        CostCause::Address,
        CostCause::Traffic,
        CostCause::Covered,
        CostCause::CommitmentUnused,
    ];

    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            CostCause::Useful => "useful",
            CostCause::Failed => "failed",
            CostCause::Interrupted => "interrupted",
            CostCause::Checkpoint => "checkpoint",
            CostCause::Boot => "boot",
            CostCause::ImagePull => "image-pull",
            CostCause::Idle => "idle",
            CostCause::Stranded => "stranded",
            CostCause::Minimum => "minimum",
            CostCause::Waived => "waived",
            CostCause::Storage => "storage",
            CostCause::Address => "address",
            CostCause::Traffic => "traffic",
            CostCause::Covered => "covered",
            CostCause::CommitmentUnused => "commitment-unused",
        }
    }
}

/// An amount cut into its causes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CostCauses([Usd; CostCause::ALL.len()]);

impl CostCauses {
    /// The money of one cause.
    pub fn get(&self, cause: CostCause) -> Usd {
        self.0[cause as usize]
    }

    /// Adds to one cause.
    pub fn add(&mut self, cause: CostCause, amount: Usd) {
        self.0[cause as usize] += amount;
    }

    /// The whole amount.
    pub fn total(&self) -> Usd {
        self.0.iter().copied().sum()
    }
}
