//! What the outside does to the simulated AWS Batch: its API actions, each at a time. Submissions of a workload are the
//! action `SubmitJob` in compact form (see [`super::Workload`]).

use std::fmt;

use crate::units::{SimTime, Span, TypeId};

use super::{
    AllocationStrategy, ComputeEnvironment, ConsumableResource, JobDefinition, JobQueue, Managed,
    Purchase, SchedulingPolicy, TimeLimitAction, UpdatePolicy,
};

/// A command and when it is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Timed {
    /// When.
    pub at: SimTime,
    /// What.
    pub command: Command,
}

/// An API action on the simulated cloud. Those of Batch are named as Batch names them, the two on machines as EC2 does.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the actions and their members are AWS's own")]
pub enum Command {
    RegisterJobDefinition(JobDefinition),
    DeregisterJobDefinition {
        job_definition: String,
    },
    CreateSchedulingPolicy(SchedulingPolicy),
    UpdateSchedulingPolicy(SchedulingPolicy),
    DeleteSchedulingPolicy {
        name: String,
    },
    CreateComputeEnvironment(ComputeEnvironment),
    UpdateComputeEnvironment(EnvironmentUpdate),
    DeleteComputeEnvironment {
        compute_environment: String,
    },
    CreateJobQueue(JobQueue),
    UpdateJobQueue(QueueUpdate),
    DeleteJobQueue {
        job_queue: String,
    },
    CreateConsumableResource(ConsumableResource),
    UpdateConsumableResource {
        consumable_resource: String,
        update: ConsumableUpdate,
    },
    DeleteConsumableResource {
        consumable_resource: String,
    },
    /// `job` is the identifier that the workload's source gives, with `:index` for a child of an array.
    CancelJob {
        job: String,
        reason: String,
    },
    /// As for CancelJob.
    TerminateJob {
        job: String,
        reason: String,
    },
    /// Registers more machines with an UNMANAGED environment.
    RunInstances {
        compute_environment: String,
        instance_type: TypeId,
        count: u32,
    },
    /// Takes machines from an environment, the latest launched first. Jobs on them are lost.
    TerminateInstances {
        compute_environment: String,
        count: u32,
    },
    /// Ours: how many instances of a type EC2 has for us from now on, those that we have included; without a limit where that
    /// is `None`. 0 is an outage.
    SetAvailableCapacity {
        instance_type: TypeId,
        available: Option<u32>,
    },
    /// Ours: a zone is lost for a time, with all instances of managed environments in it; none is launched there until it is over.
    ZoneOutage {
        availability_zone: String,
        duration: Span,
    },
}

impl Command {
    /// The action's name.
    pub const fn action(&self) -> &'static str {
        match self {
            Command::RegisterJobDefinition(_) => "RegisterJobDefinition",
            Command::DeregisterJobDefinition { .. } => "DeregisterJobDefinition",
            Command::CreateSchedulingPolicy(_) => "CreateSchedulingPolicy",
            Command::UpdateSchedulingPolicy(_) => "UpdateSchedulingPolicy",
            Command::DeleteSchedulingPolicy { .. } => "DeleteSchedulingPolicy",
            Command::CreateComputeEnvironment(_) => "CreateComputeEnvironment",
            Command::UpdateComputeEnvironment(_) => "UpdateComputeEnvironment",
            Command::DeleteComputeEnvironment { .. } => "DeleteComputeEnvironment",
            Command::CreateJobQueue(_) => "CreateJobQueue",
            Command::UpdateJobQueue(_) => "UpdateJobQueue",
            Command::DeleteJobQueue { .. } => "DeleteJobQueue",
            Command::CreateConsumableResource(_) => "CreateConsumableResource",
            Command::UpdateConsumableResource { .. } => "UpdateConsumableResource",
            Command::DeleteConsumableResource { .. } => "DeleteConsumableResource",
            Command::CancelJob { .. } => "CancelJob",
            Command::TerminateJob { .. } => "TerminateJob",
            Command::RunInstances { .. } => "RunInstances",
            Command::TerminateInstances { .. } => "TerminateInstances",
            Command::SetAvailableCapacity { .. } => "SetAvailableCapacity",
            Command::ZoneOutage { .. } => "ZoneOutage",
        }
    }
}

/// `UpdateComputeEnvironment`: what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentUpdate {
    /// `computeEnvironment`.
    pub compute_environment: String,
    /// `state`.
    pub enabled: Option<bool>,
    /// `unmanagedvCpus`.
    pub unmanaged_vcpus: Option<u32>,
    /// Ours: `status` VALID or INVALID, a fault that a scenario injects.
    pub valid: Option<bool>,
    /// `computeResources.minvCpus`.
    pub min_vcpus: Option<u32>,
    /// `computeResources.maxvCpus`.
    pub max_vcpus: Option<u32>,
    /// `computeResources.desiredvCpus`.
    pub desired_vcpus: Option<u32>,
    /// `computeResources.scalingPolicy.minScaleDownDelayMinutes`.
    pub scale_down_delay: Option<Span>,
    /// `updatePolicy`.
    pub update_policy: Option<UpdatePolicy>,
    /// Members of `computeResources` for which all instances are replaced.
    pub infrastructure: Option<Box<Infrastructure>>,
}

/// An infrastructure update: what is `None` stays, and yet all instances are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Infrastructure {
    /// `type`: whether Spot.
    pub is_spot: Option<bool>,
    /// `bidPercentage`.
    pub bid_percentage: Option<u32>,
    /// `allocationStrategy`.
    pub strategy: Option<AllocationStrategy>,
    /// `instanceTypes`, expanded as in [`Managed::types`], with [`Managed::positions`].
    pub types: Option<(Vec<TypeId>, Vec<u32>)>,
}

impl Infrastructure {
    /// How an environment buys and launches after it.
    pub fn applied_to(&self, spec: &Managed) -> Managed {
        let old_bid = match spec.purchase {
            Purchase::Spot { bid_percentage } => Some(bid_percentage),
            Purchase::OnDemand => None,
        };
        let is_spot = self.is_spot.unwrap_or(old_bid.is_some());
        let (types, positions) = self
            .types
            .clone()
            .unwrap_or((spec.types.clone(), spec.positions.clone()));
        Managed {
            purchase: match is_spot {
                true => Purchase::Spot {
                    bid_percentage: self.bid_percentage.or(old_bid).unwrap_or(100),
                },
                false => Purchase::OnDemand,
            },
            strategy: self.strategy.unwrap_or(spec.strategy),
            types,
            positions,
            ..spec.clone()
        }
    }
}

impl EnvironmentUpdate {
    /// Whether it changes anything that only managed environments have.
    pub fn scales(&self) -> bool {
        self.min_vcpus.is_some()
            || self.max_vcpus.is_some()
            || self.desired_vcpus.is_some()
            || self.scale_down_delay.is_some()
            || self.infrastructure.is_some()
    }
}

/// `UpdateJobQueue`: what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueUpdate {
    /// `jobQueue`.
    pub job_queue: String,
    /// `state`.
    pub enabled: Option<bool>,
    /// `priority`.
    pub priority: Option<i32>,
    /// `computeEnvironmentOrder`.
    pub environments: Option<Vec<String>>,
    /// `schedulingPolicyArn`: a policy can be replaced, never added or removed.
    pub scheduling_policy: Option<String>,
    /// `jobStateTimeLimitActions`.
    pub time_limit_actions: Option<Vec<TimeLimitAction>>,
}

/// `UpdateConsumableResource`: `operation` and `quantity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsumableUpdate {
    /// `SET` the total.
    Set(u64),
    /// `ADD` to the total.
    Add(u64),
    /// `REMOVE` from the total.
    Remove(u64),
}

/// AWS's refusal of a request: a `ClientException` with its reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rejection(pub String);

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientException: {}", self.0)
    }
}
