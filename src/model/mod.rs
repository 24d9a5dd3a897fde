//! The World and what is asked of it: catalogue, settings, commands, workload. Columns, identifiers and names; no serde, no
//! behaviour beyond reading its own values.

mod assumptions;
mod catalog;
mod cause;
mod command;
mod definition;
mod environment;
mod fargate;
mod market;
mod measured;
mod now;
mod observer;
mod queue;
mod quota;
mod record;
pub mod rules;
mod settings;
mod status;
mod terms;
pub mod type_sets;
mod workload;

pub use assumptions::{ASSUMPTIONS, Assumption, Knob};
pub use catalog::{Architecture, Catalogue, Gpu, Hardware, InstanceType, TaskMachine};
pub use cause::{CostCause, CostCauses, TimeCause, TimeCauses};
pub use command::{
    Command, ConsumableUpdate, EnvironmentUpdate, Infrastructure, QueueUpdate, Rejection, Timed,
};
pub use definition::{
    Checkpoint, ConsumableAsk, EvaluateOnExit, ExitAction, JobDefinition, MultiNode, NodeGroup,
    Pattern, RetryStrategy,
};
pub use environment::{
    AllocationStrategy, Billing, ComputeEnvironment, ConsumableResource, EnvironmentKind,
    MachineGroup, Managed, Purchase, UpdatePolicy,
};
pub use fargate::{ContainerTerms, FargateEnvironment, FargateSize, Platform};
pub use market::{
    Availability, FittedPrice, Interruption, PRICE_LEVELS, PriceProcess, ShockTimes, SpotMarket,
    SpotPool, SpotPrice, SpotShock,
};
pub use measured::MeasuredJob;
pub use now::{LiveInstances, LiveJob, LiveShare, Now};
pub use observer::{Named, Observer};
pub use queue::{
    BlockReason, FairsharePolicy, JobQueue, SchedulingPolicy, ShareWeight, TimeLimitAction,
    WeightFactor,
};
pub use quota::{KnownQuota, QUOTAS, QuotaUse, Quotas, quota_of};
pub use record::{AttemptRecord, InstanceRecord, JobRecord, Levels};
pub use settings::{Profile, Settings, Tag, Unit, Value, parse_span};
pub use status::{JobStatus, StatusReason};
pub use terms::{
    BillingTerms, FargatePrices, OtherUsage, ReservedInstances, RootVolume, SavingsPlan, VolumeKind,
};
pub use workload::{
    Anchor, Dependency, DependencyKind, Extra, Failure, Fate, FateKind, Loop, Resubmit, Row, Rule,
    RuleEvent, SubmitJob, Workload,
};

/// What nobody inside the simulated cloud can change: machine types and prices, and the settings of the model.
#[derive(Clone, Debug)]
pub struct World {
    /// The instance types there are.
    pub catalogue: Catalogue,
    /// What EC2 Spot does.
    pub spot: SpotMarket,
    /// What a bill has besides instances.
    pub billing: BillingTerms,
    /// How many vCPUs the account may have.
    pub quotas: Quotas,
    /// Every assumed parameter.
    pub settings: Settings,
    /// Milliseconds from 1970-01-01T00:00:00Z to simulated time zero; 0 where the input names no date.
    pub start_epoch_ms: i64,
}

/// A world, what is done to it and when: all that a run needs besides a seed.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The name of the scenario.
    pub name: String,
    /// The unchanging part.
    pub world: World,
    /// Operator actions, sorted by time; those at time zero build the queues and environments.
    pub commands: Vec<Timed>,
    /// The jobs.
    pub workload: Workload,
    /// What clients do when something happens to their jobs.
    pub rules: Vec<Rule>,
    /// What there is already at time zero.
    pub now: Now,
    /// Where the run is cut, if it is.
    pub until: Option<crate::units::SimTime>,
}
