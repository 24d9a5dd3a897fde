//! Compute environments and consumable resources, as their `Create…` actions take them.

use super::FargateEnvironment;
use crate::units::{SimTime, Span, TypeId};

/// A compute environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComputeEnvironment {
    /// `computeEnvironmentName`.
    pub name: String,
    /// `state`: whether it takes new jobs.
    pub enabled: bool,
    /// `status`: whether it is VALID. An INVALID environment takes no jobs; those that run go on.
    pub valid: bool,
    /// Who gives it its machines.
    pub kind: EnvironmentKind,
}

/// `type`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvironmentKind {
    /// `UNMANAGED`: the owner registers the machines, Batch only places jobs on them.
    Unmanaged {
        /// `unmanagedvCpus`: the size that fair share reserves from; nothing is reserved where it is absent.
        unmanaged_vcpus: Option<u32>,
        /// The machines.
        machines: Vec<MachineGroup>,
        /// How its machines are billed.
        billing: Billing,
    },
    /// `MANAGED`: Batch launches the machines and lets them go.
    Managed(Managed),
    /// `MANAGED`, of type FARGATE or FARGATE_SPOT: each attempt has a machine of its own that comes and goes with it.
    Fargate(FargateEnvironment),
}

/// `computeResources` of a managed environment of EC2 instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Managed {
    /// `type`: On-Demand or Spot instances.
    pub purchase: Purchase,
    /// `allocationStrategy`.
    pub strategy: AllocationStrategy,
    /// `minvCpus`: never fewer once reached, even while it is DISABLED.
    pub min_vcpus: u32,
    /// `maxvCpus`: launches stop there; the last may go over it, except under BEST_FIT.
    pub max_vcpus: u32,
    /// `desiredvCpus`: launched at first, whether or not a job waits.
    pub desired_vcpus: Option<u32>,
    /// `instanceTypes`, expanded: ascending, of one architecture.
    pub types: Vec<TypeId>,
    /// For each of `types` where in the list of `instanceTypes` it, or the family that it comes from, stands: what the
    /// strategies go by that take the order of the list.
    pub positions: Vec<u32>,
    /// `scalingPolicy.minScaleDownDelayMinutes`: how long an instance stays after its last job at least.
    pub scale_down_delay: Span,
    /// `updatePolicy`: what becomes of jobs when its instances are replaced.
    pub update_policy: UpdatePolicy,
    /// How its instances are billed.
    pub billing: Billing,
}

/// `updatePolicy`: what becomes of running jobs in an infrastructure update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpdatePolicy {
    /// `terminateJobsOnUpdate`: they end at once.
    pub terminate_jobs: bool,
    /// `jobExecutionTimeoutMinutes`: else they may run so long.
    pub timeout: Span,
}

impl Default for UpdatePolicy {
    /// Half an hour (API UpdatePolicy).
    fn default() -> UpdatePolicy {
        UpdatePolicy {
            terminate_jobs: false,
            timeout: Span::from_s(30 * 60),
        }
    }
}

/// `type` of managed EC2 instances: how they are bought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Purchase {
    /// `EC2`: On-Demand.
    #[default]
    OnDemand,
    /// `SPOT`.
    Spot {
        /// `bidPercentage`: the most an instance may cost, in percent of its On-Demand price; 100 where it is not stated.
        bid_percentage: u32,
    },
}

/// `allocationStrategy`: which type is launched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AllocationStrategy {
    /// `BEST_FIT`: the cheapest instance that holds the job; no other if that one is short.
    #[default]
    BestFit,
    /// `BEST_FIT_PROGRESSIVE`: the cheapest per vCPU; the next where one is short.
    BestFitProgressive,
    /// `BEST_FIT_PROGRESSIVE_ORDERED`: the first of the list that holds the job; On-Demand only.
    BestFitProgressiveOrdered,
    /// `SPOT_CAPACITY_OPTIMIZED`: the pool that is least likely to be interrupted.
    SpotCapacityOptimized,
    /// `SPOT_PRICE_CAPACITY_OPTIMIZED`: of the pools that are unlikely to be interrupted the cheapest.
    SpotPriceCapacityOptimized,
    /// `SPOT_CAPACITY_OPTIMIZED_PRIORITIZED`: of the pools that are unlikely to be interrupted the first of the list.
    SpotCapacityOptimizedPrioritized,
}

/// A number of like machines that an owner registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineGroup {
    /// Their type.
    pub instance_type: TypeId,
    /// How many.
    pub count: u32,
    /// When they join.
    pub launch: SimTime,
    /// When their owner takes them away, if ever. Jobs on them are lost.
    pub terminate: Option<SimTime>,
}

/// How the time of an instance becomes an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Billing {
    /// By the second begun, at least 60 of them (since 2017-10-02, AWS What's New of that day).
    PerSecond,
    /// By the hour begun (before 2017-10-02).
    PerHour,
}

/// A consumable resource: something that jobs lock and that is no machine, such as licences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumableResource {
    /// `consumableResourceName`.
    pub name: String,
    /// `totalQuantity`.
    pub total: u64,
    /// `resourceType` REPLENISHABLE (given back when an attempt ends) or NON_REPLENISHABLE (used up).
    pub replenishable: bool,
}
