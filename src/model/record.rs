//! Records of what ended, and the levels between moments: what a run tells whoever watches it.

use crate::units::{
    EnvId, InstanceId, JobId, PoolId, QueueId, RowId, Shape, ShareId, SimTime, Span, TypeId, Usd,
};

use super::{CostCauses, JobStatus, Row, StatusReason, TimeCause, TimeCauses};

/// A job at its end.
#[derive(Clone, Debug)]
pub struct JobRecord<'a> {
    /// The job.
    pub job: JobId,
    /// The row of the workload that it came from.
    pub row: RowId,
    /// Its index, where it is the child of an array.
    pub array_index: Option<u32>,
    /// 0, or the how-manieth resubmission of its row by a rule this is.
    pub resubmission: u32,
    /// Number of nodes; 1 except for multi-node parallel jobs.
    pub nodes: u32,
    /// SUCCEEDED or FAILED; for a job left over: the state it was in.
    pub status: JobStatus,
    /// AWS's text for it.
    pub reason: &'a StatusReason,
    /// Exit code of the last attempt, if its container ended with one.
    pub exit_code: Option<u8>,
    /// Its queue.
    pub queue: QueueId,
    /// Its share, on a fair-share queue; else [`ShareId::NONE`].
    pub share: ShareId,
    /// Where its last attempt was placed, or [`EnvId::NONE`].
    pub environment: EnvId,
    /// What it asked for (all nodes together).
    pub shape: Shape,
    /// When it was submitted (for a child: when its array was).
    pub submitted: SimTime,
    /// When it became RUNNABLE first, if it did.
    pub eligible: Option<SimTime>,
    /// When its last attempt entered RUNNING, if one did.
    pub started: Option<SimTime>,
    /// When it became terminal.
    pub ended: SimTime,
    /// Unscaled work of one attempt.
    pub work: Span,
    /// The estimate it was planned with; zero where none was stated.
    pub estimate: Span,
    /// Attempts made.
    pub attempts: u8,
    /// Attempts it may make, by its retry strategy.
    pub attempts_max: u8,
    /// `timeout.attemptDurationSeconds`, where it has one.
    pub timeout: Option<Span>,
    /// Its life, cut into causes; they sum to `ended − submitted`.
    pub time: TimeCauses,
    /// What its attempts cost: their share, by dominant resource, of the instances they ran on.
    pub cost: Usd,
}

impl JobRecord<'static> {
    /// The record of a plain job number `index` that came from row number `index`, which is `row`: it waited for its turn, was
    /// `started` and SUCCEEDED at the first attempt, for nothing. What tests and benches of observers begin with.
    pub fn succeeded(index: u32, row: &Row, started: SimTime) -> JobRecord<'static> {
        let mut time = TimeCauses::default();
        time.add(TimeCause::Queue, started - row.submit);
        time.add(TimeCause::Run, row.work);
        JobRecord {
            job: JobId(index),
            row: RowId(index),
            array_index: None,
            resubmission: 0,
            nodes: 1,
            status: JobStatus::Succeeded,
            reason: &StatusReason::EssentialContainerExited,
            exit_code: Some(0),
            queue: QueueId(0),
            share: ShareId::NONE,
            environment: EnvId(0),
            shape: Shape::new(row.vcpus, row.memory, row.gpus),
            submitted: row.submit,
            eligible: Some(row.submit),
            started: Some(started),
            ended: started + row.work,
            work: row.work,
            estimate: row.estimate,
            attempts: 1,
            attempts_max: 1,
            timeout: None,
            time,
            cost: Usd::ZERO,
        }
    }
}

/// An attempt at its end.
#[derive(Clone, Debug)]
pub struct AttemptRecord<'a> {
    /// The job.
    pub job: JobId,
    /// The row of the workload that it came from.
    pub row: RowId,
    /// Its index, where it is the child of an array.
    pub array_index: Option<u32>,
    /// 0, or the how-manieth resubmission of its row by a rule this is.
    pub resubmission: u32,
    /// 1 for the first attempt (`AWS_BATCH_JOB_ATTEMPT`).
    pub attempt: u8,
    /// Its queue.
    pub queue: QueueId,
    /// Where it was placed.
    pub environment: EnvId,
    /// The instance (of a multi-node job: the main node's).
    pub instance: InstanceId,
    /// Number of nodes.
    pub nodes: u32,
    /// What it asked for (all nodes together).
    pub shape: Shape,
    /// When it entered STARTING.
    pub placed: SimTime,
    /// When it entered RUNNING, if it did.
    pub started: Option<SimTime>,
    /// When it ended.
    pub ended: SimTime,
    /// Exit code, if its container ended with one.
    pub exit_code: Option<u8>,
    /// The attempt's `statusReason`.
    pub reason: &'a StatusReason,
    /// `container.reason`, empty where there is none.
    pub container_reason: &'static str,
    /// Whether the job is tried again.
    pub retried: bool,
    /// What it cost: its share, by dominant resource, of the instances it ran on.
    pub cost: Usd,
}

/// An instance and its bill; or the machine of a Fargate task, which lives from the start of its image's pull to the task's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceRecord {
    /// The instance.
    pub instance: InstanceId,
    /// Its environment.
    pub environment: EnvId,
    /// Its type.
    pub instance_type: TypeId,
    /// When its billing began: it was running, but perhaps not ready.
    pub launched: SimTime,
    /// When jobs could be placed on it first, if ever.
    pub registered: Option<SimTime>,
    /// When it left, or the end of the run.
    pub ended: SimTime,
    /// Whether it left before the end of the run.
    pub terminated: bool,
    /// Attempts placed on it.
    pub attempts: u64,
    /// vCPU-milliseconds that attempts had reserved on it.
    pub used_vcpu_ms: u128,
    /// Time during which at least one attempt was on it.
    pub busy: Span,
    /// The Spot pool that it came from; [`PoolId::NONE`] for On-Demand and an owner's own machines.
    pub pool: PoolId,
    /// Whether it was bought as Spot: an instance of a pool, or the machine of a Fargate Spot task.
    pub spot: bool,
    /// Whether EC2 took it back, or Fargate Spot.
    pub interrupted: bool,
    /// Seconds billed.
    pub billed_s: u64,
    /// Its bill, cut into causes.
    pub cost: CostCauses,
    /// What is billed of each hour of the run, from the one of its launch on, where its price changes; empty where it does not.
    pub by_hour: Box<[Usd]>,
}

/// How many and how much, between two moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// Jobs in SUBMITTED or PENDING (no array parents).
    pub pending: u64,
    /// Jobs in RUNNABLE.
    pub runnable: u64,
    /// Jobs in STARTING.
    pub starting: u64,
    /// Jobs in RUNNING.
    pub running: u64,
    /// vCPUs that jobs have reserved.
    pub vcpus_used: u64,
    /// MiB that jobs have reserved.
    pub memory_used: u64,
    /// GPUs that jobs have reserved.
    pub gpus_used: u64,
    /// vCPUs of the machines that are up.
    pub vcpus_provisioned: u64,
    /// MiB of the machines that are up; machines whose memory is not limited count 0.
    pub memory_provisioned: u64,
    /// vCPUs that the environments may have at most (a pool: those of its machines).
    pub vcpus_max: u64,
    /// Machines that are up.
    pub instances: u64,
}
