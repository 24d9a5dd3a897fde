//! What managed environments are asked to provide, and what becomes of it: the words between `control`, which knows who
//! waits, and `fleet`, which launches. `sim` carries them.

use crate::model::{ComputeEnvironment, EnvironmentKind};
use crate::units::{EnvId, QueueId, Shape};

use super::capacity::Gang;
use super::discipline::Hold;

/// Jobs of one shape that wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// What each asks for (a gang: the sum over its nodes).
    pub shape: Shape,
    /// How many there are.
    pub count: u64,
    /// They are multi-node jobs, each of which needs whole machines of one type.
    pub gang: Option<Gang>,
    /// The head of its queue, which nothing but room keeps from starting.
    pub needs_only_room: bool,
}

/// What waits in a queue that has a managed environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueDemand {
    /// The queue.
    pub queue: QueueId,
    /// Its environments that take jobs, in order.
    pub environments: Vec<EnvId>,
    /// Its head, then all others by shape, the largest first; of one shape multi-node jobs last.
    pub wants: Vec<Want>,
}

/// A managed environment as commands leave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// `state` ENABLED.
    pub enabled: bool,
    /// `status` VALID.
    pub valid: bool,
    /// `minvCpus`; 0 once the environment is deleted.
    pub min_vcpus: u32,
    /// `maxvCpus`.
    pub max_vcpus: u32,
    /// A `desiredvCpus` that was asked for just now.
    pub desired_vcpus: Option<u32>,
}

impl Scale {
    /// How an environment stands at its creation, if it is a managed one.
    pub fn of(spec: &ComputeEnvironment) -> Option<Scale> {
        let EnvironmentKind::Managed(managed) = &spec.kind else {
            return None;
        };
        Some(Scale {
            enabled: spec.enabled,
            valid: spec.valid,
            min_vcpus: managed.min_vcpus,
            max_vcpus: managed.max_vcpus,
            desired_vcpus: managed.desired_vcpus,
        })
    }
}

/// Why the head of a queue goes on waiting after a scaling decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadWaits {
    /// The queue.
    pub queue: QueueId,
    /// What for: [`Hold::Boot`], [`Hold::MaxVcpus`] or [`Hold::Capacity`].
    pub hold: Hold,
}
