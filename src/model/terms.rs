//! What is paid for machines besides the price of their type, and what takes off it: the terms of the bill.

use crate::units::{PricePerHour, Ratio, SimTime, TypeId};

/// The terms of the bill. Without any there are no lines besides those of instances.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BillingTerms {
    /// The volume that each instance boots from, where it is billed.
    pub root_volume: Option<RootVolume>,
    /// Whether each instance has a public IPv4 address that is billed.
    pub public_ipv4: bool,
    /// What each GB of an image costs that is pulled; as the amount of a price.
    pub pull_per_gb: PricePerHour,
    /// What Fargate costs, where the scenario says.
    pub fargate: FargatePrices,
    /// By what On-Demand usage that no commitment covers is cheaper, negotiated.
    pub discount: Ratio,
    /// Savings Plans.
    pub savings_plans: Vec<SavingsPlan>,
    /// Reserved Instances.
    pub reserved_instances: Vec<ReservedInstances>,
    /// What is used outside of the run, under the same commitments.
    pub other_usage: Vec<OtherUsage>,
}

impl BillingTerms {
    /// Whether anything can make the bill differ from On-Demand prices.
    pub fn has_commitments(&self) -> bool {
        self.discount > Ratio::ZERO
            || !self.savings_plans.is_empty()
            || !self.reserved_instances.is_empty()
    }
}

/// What Fargate costs On-Demand, of both architectures; what is not stated is that of us-east-1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FargatePrices {
    /// A vCPU for an hour.
    pub vcpu: Option<PricePerHour>,
    /// A GB of memory for an hour.
    pub memory_gb: Option<PricePerHour>,
    /// A GB of storage over what is included for an hour.
    pub storage_gb: Option<PricePerHour>,
}

/// A volume that an instance boots from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootVolume {
    /// Its size, GiB.
    pub gib: u32,
    /// Its kind.
    pub kind: VolumeKind,
}

/// A kind of EBS volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumeKind {
    /// General purpose, the second generation.
    Gp2,
    /// General purpose, the third.
    Gp3,
}

/// A Savings Plan: so much is spent in each hour, used or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavingsPlan {
    /// The family of an EC2 Instance Savings Plan; `None` for a Compute Savings Plan.
    pub family: Option<String>,
    /// What is spent in each hour.
    pub commitment: PricePerHour,
    /// By what its rates are below On-Demand, where not stated; `None` where it covers only what it states a rate for.
    pub discount: Option<Ratio>,
    /// Rates by type, ascending.
    pub rates: Vec<(TypeId, PricePerHour)>,
}

/// Reserved Instances of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservedInstances {
    /// The type, which need not be one of the run.
    pub instance_type: String,
    /// How many.
    pub count: u32,
    /// What each costs an hour, used or not, with its share of what was paid beforehand.
    pub hourly: PricePerHour,
}

/// Usage outside of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherUsage {
    /// The type of its instances; `None` for Fargate.
    pub instance_type: Option<TypeId>,
    /// What one costs an hour On-Demand.
    pub price: PricePerHour,
    /// How many run.
    pub count: u32,
    /// From when on.
    pub from: SimTime,
    /// Until when; to the end of the run where that is [`SimTime::NEVER`].
    pub to: SimTime,
}
