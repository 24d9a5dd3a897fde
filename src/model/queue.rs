//! Job queues and scheduling policies, as their `Create…` actions take them.

use crate::units::Span;

/// A job queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobQueue {
    /// `jobQueueName`.
    pub name: String,
    /// `state`: whether it accepts jobs.
    pub enabled: bool,
    /// `priority`: the larger is evaluated earlier where queues share an environment.
    pub priority: i32,
    /// `computeEnvironmentOrder`, names in ascending order of `order`.
    pub environments: Vec<String>,
    /// `schedulingPolicyArn`: the policy's name. A queue without one is FIFO.
    pub scheduling_policy: Option<String>,
    /// `jobStateTimeLimitActions`.
    pub time_limit_actions: Vec<TimeLimitAction>,
    /// Ours: the dispatch discipline (`strict`, `easy` …); the run's where absent.
    pub discipline: Option<String>,
    /// Ours: the order within the queue, or within each of its shares (`fifo`, `sjf` …); the run's where absent.
    pub order: Option<String>,
}

/// `jobStateTimeLimitActions`: cancel a job that stood at the head of its queue for one reason too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeLimitAction {
    /// Which blocking reason it is about.
    pub reason: BlockReason,
    /// `maxTimeSeconds`: 600 to 86,400 s.
    pub max_time: Span,
}

/// Why the head of a queue cannot be placed at all, in AWS's words (User Guide, jobs stuck in RUNNABLE).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockReason {
    /// All attached environments have capacity errors.
    InsufficientInstanceCapacity,
    /// The job needs more vCPUs than any attached environment may have.
    MaxResource,
    /// No machine of the attached environments is big enough.
    JobResourceRequirement,
    /// An instance type that the zone does not offer, or a broken launch template.
    InstanceConfigurationUnsupported,
    /// The service role lacks a permission.
    ServiceRolePermissions,
    /// All attached environments are INVALID.
    InvalidEnvironments,
    /// Anything else.
    Undetermined,
}

impl BlockReason {
    /// The reasons, in the order in which the guide lists them.
    pub const ALL: [BlockReason; 7] = [
        BlockReason::InsufficientInstanceCapacity,
        BlockReason::MaxResource,
        BlockReason::JobResourceRequirement,
        BlockReason::InstanceConfigurationUnsupported,
        BlockReason::ServiceRolePermissions,
        BlockReason::InvalidEnvironments,
        BlockReason::Undetermined,
    ];

    /// The prefix that `jobStateTimeLimitActions.reason` names.
    pub const fn code(self) -> &'static str {
        match self {
            BlockReason::InsufficientInstanceCapacity => "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
            BlockReason::MaxResource => "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
            BlockReason::JobResourceRequirement => "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
            BlockReason::InstanceConfigurationUnsupported => {
                "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED"
            }
            BlockReason::ServiceRolePermissions => "MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS",
            BlockReason::InvalidEnvironments => "ACTION_REQUIRED",
            BlockReason::Undetermined => "UNDETERMINED",
        }
    }

    /// The whole `statusReason` of a RUNNABLE job that blocks its queue.
    pub const fn status_reason(self) -> &'static str {
        match self {
            BlockReason::InsufficientInstanceCapacity => {
                "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested for instance type"
            }
            BlockReason::MaxResource => {
                "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue cannot meet the CPU requirement of the job."
            }
            BlockReason::JobResourceRequirement => {
                "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is higher than that can be met by the CE(s) attached to the job queue."
            }
            BlockReason::InstanceConfigurationUnsupported => {
                "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED - Your compute environment associated with this job queue has an unsupported instance type configuration."
            }
            BlockReason::ServiceRolePermissions => {
                "MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS – Batch service role has a permission issue."
            }
            BlockReason::InvalidEnvironments => {
                "ACTION_REQUIRED - CE(s) associated with the job queue are invalid."
            }
            BlockReason::Undetermined => {
                "UNDETERMINED - Batch job is blocked, root cause is undetermined."
            }
        }
    }

    /// Whether `jobStateTimeLimitActions` may name it (User Guide, job_stuck_in_runnable_time_limit_actions).
    pub const fn may_be_limited(self) -> bool {
        matches!(
            self,
            BlockReason::InsufficientInstanceCapacity
                | BlockReason::MaxResource
                | BlockReason::JobResourceRequirement
                | BlockReason::InstanceConfigurationUnsupported
        )
    }
}

/// A scheduling policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedulingPolicy {
    /// `name`.
    pub name: String,
    /// `fairsharePolicy`.
    pub fairshare: FairsharePolicy,
}

/// `fairsharePolicy`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FairsharePolicy {
    /// `shareDecaySeconds`; zero means 600 s today (API FairsharePolicy).
    pub share_decay: Span,
    /// `computeReservation`, percent: 0 to 99.
    pub compute_reservation: u8,
    /// `shareDistribution`; a share it does not name weighs one.
    pub distribution: Vec<ShareWeight>,
}

/// The weight of one share identifier, or of all that begin with a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareWeight {
    /// `shareIdentifier`, with its trailing `*` where it is a prefix.
    pub identifier: String,
    /// `weightFactor`: the lower, the more.
    pub weight: WeightFactor,
}

/// `weightFactor` in ten-thousandths: 0.0001 to 999.9999 in AWS's range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WeightFactor(pub u32);

impl WeightFactor {
    /// A weight of 1.0, the default.
    pub const ONE: WeightFactor = WeightFactor(10_000);
}

impl Default for WeightFactor {
    fn default() -> Self {
        WeightFactor::ONE
    }
}
