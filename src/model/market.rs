//! What EC2 Spot is in a run: pools of one instance type in one availability zone, what each costs when, and when it takes
//! instances back. What the pools do lies in `market`; this is what was asked of them.

use crate::units::{PoolId, PricePerHour, Ratio, SimTime, Span, TypeId, ZoneId};

/// Spot in a run. Where no environment uses it there is no pool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpotMarket {
    /// Names of the availability zones, ascending.
    pub zones: Vec<String>,
    /// The pools, ascending by type and zone.
    pub pools: Vec<SpotPool>,
    /// How EC2 takes instances back.
    pub interruption: Interruption,
    /// When it takes many at once.
    pub shocks: Vec<SpotShock>,
}

/// Many instances are taken back at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpotShock {
    /// From these pools: those of one zone, or of one family of types.
    pub pools: Vec<PoolId>,
    /// When.
    pub times: ShockTimes,
    /// The chance of each instance there to be among them.
    pub fraction: Ratio,
}

/// When shocks come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShockTimes {
    /// At random, so often in an hour.
    PerHour(Ratio),
    /// At these times, ascending.
    At(Vec<SimTime>),
}

/// Instances of one type in one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpotPool {
    /// The type.
    pub instance_type: TypeId,
    /// The zone.
    pub zone: ZoneId,
    /// What an instance of it costs.
    pub price: SpotPrice,
    /// Interruptions of one instance in an hour, in millionths: its hazard, which strategies never see as it is.
    pub interruptions_per_hour: Ratio,
    /// How many instances there are for us, from when on; empty where that is not limited.
    pub available: Vec<(SimTime, u32)>,
    /// How many instances it has for all, so far as we wear it out (`spotDepthHazard`); 0 where it is as deep as can be.
    pub depth: u32,
}

/// How the price of a pool goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpotPrice {
    /// Always the same.
    Fixed(PricePerHour),
    /// From each time on the price beside it, ascending; before the first the first.
    Steps(Vec<(SimTime, PricePerHour)>),
    /// A random process, drawn in the run.
    Process(PriceProcess),
    /// What a history was found to be like, drawn in the run.
    Fitted(Box<FittedPrice>),
    /// Blocks of a history, drawn in the run and laid end to end.
    Blocks {
        /// The history, as steps from time zero to its end.
        history: Vec<(SimTime, PricePerHour)>,
        /// Where it ends.
        length: Span,
        /// How long a block is.
        block: Span,
    },
}

/// A price that reverts to its mean, in the logarithm, with jumps, in steps of `step`. Logarithms are natural, of USD an hour,
/// and all figures but times and prices are in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceProcess {
    /// The price at time zero.
    pub first: PricePerHour,
    /// Mean of the logarithm of the price.
    pub mean_log: i64,
    /// The part of the distance to the mean that a step takes back, from 0 to 1,000,000.
    pub reversion: u32,
    /// Standard deviation of what a step adds to the logarithm.
    pub deviation: u32,
    /// The chance of a jump in a step.
    pub jump_chance: u32,
    /// Standard deviation of a jump of the logarithm.
    pub jump_deviation: u32,
    /// How often the price may change.
    pub step: Span,
    /// The highest price there is: the On-Demand price since 2017-12, ten times that before.
    pub most: PricePerHour,
    /// The lowest.
    pub least: PricePerHour,
}

/// How many logarithms tell how the prices of a history lie.
pub const PRICE_LEVELS: usize = 41;

/// A price like that of a history: it goes on for a while as it went, is drawn to its mean slowly, and now and then is anew one of
/// the prices that the history had. Logarithms are natural, of USD an hour; they and their changes are in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FittedPrice {
    /// The price at time zero.
    pub first: PricePerHour,
    /// By how much its logarithm rises in a day, as it goes at time zero: what is expected.
    pub drift: i64,
    /// How uncertain that is, as a standard deviation.
    pub drift_deviation: u32,
    /// Standard deviation of that rise at any time.
    pub deviation: u32,
    /// After so long 1/e of the way it goes is left.
    pub momentum: Span,
    /// Mean of the logarithm.
    pub mean_log: i64,
    /// After so long 1/e of a distance to the mean is left.
    pub reversion: Span,
    /// How often in a day it is drawn anew.
    pub redraws_per_day: Ratio,
    /// Logarithms of the prices that it is drawn from, as quantiles at even distances from the least to the highest.
    pub levels: [i64; PRICE_LEVELS],
    /// How often it may change.
    pub step: Span,
    /// The highest price there is.
    pub most: PricePerHour,
    /// The lowest.
    pub least: PricePerHour,
}

/// How EC2 takes instances back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interruption {
    /// Never by chance; only where a pool has no more, or its price goes over the cap.
    #[default]
    Never,
    /// Each instance at its pool's hazard, whatever its age.
    Hazard,
}

/// How many Spot instances of a pool were to be had, looked at again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Availability {
    /// From one look (a tick) to the next; at least a second.
    pub gap: Span,
    /// How many there were at each; at least one look.
    pub counts: Vec<u32>,
}
