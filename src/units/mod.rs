//! Words with types: time, money, shapes, ratios and identifiers. Everything is an integer; nothing here knows AWS.

mod ids;
mod money;
mod ratio;
mod shape;
mod time;

pub use ids::{
    ConsumableId, DefinitionId, EnvId, InstanceId, JobId, PoolId, QueueId, RowId, ShareId, TypeId,
    ZoneId,
};
pub use money::{PricePerHour, Usd, apportion, apportion_to};
pub use ratio::Ratio;
pub use shape::{NO_LIMIT_MIB, Shape};
pub use time::{SimTime, Span};
