//! What there is already when a run begins: it forecasts from now, not from an empty cloud.

use crate::units::{RowId, Span, TypeId, ZoneId};

/// The state of a live account at time zero. Nothing in it happened within the run: what was paid, waited or run before is only
/// heeded where it decides what comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Instances of managed environments that are up.
    pub instances: Vec<LiveInstances>,
    /// Jobs that run: rows of the workload, its first.
    pub running: Vec<LiveJob>,
    /// What shares have used.
    pub shares: Vec<LiveShare>,
}

impl Now {
    /// Whether a run begins in an empty cloud.
    pub fn is_empty(&self) -> bool {
        self.instances.is_empty() && self.running.is_empty() && self.shares.is_empty()
    }
}

/// Like instances that are up and take jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveInstances {
    /// Their environment, which is managed.
    pub environment: String,
    /// Their type.
    pub instance_type: TypeId,
    /// How many.
    pub count: u32,
    /// How long ago they were launched.
    pub age: Span,
    /// How long those of them without a job have had none.
    pub idle: Span,
    /// The zone of Spot instances; [`ZoneId::NONE`]: where their type is cheapest at time zero.
    pub zone: ZoneId,
}

/// A job that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveJob {
    /// Its row.
    pub row: RowId,
    /// Where it runs; the first of its queue with room where it does not say.
    pub environment: Option<String>,
    /// On the machine of this entry of [`Now::instances`], if it says.
    pub on: Option<u32>,
    /// For how long it has been RUNNING.
    pub ran: Span,
}

/// What a share has used, as it counts at time zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveShare {
    /// A fair-share queue.
    pub job_queue: String,
    /// The share.
    pub share_identifier: String,
    /// vCPU-milliseconds.
    pub vcpu_ms: u64,
}
