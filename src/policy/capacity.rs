//! What a discipline may ask of the machines, and how placing is done. `fleet` implements it and `sim` lends it to `control`.

use crate::model::{Architecture, FargateSize};
use crate::units::{EnvId, InstanceId, JobId, Ratio, Shape, SimTime, TypeId};

/// What an attempt asks for.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The job, for whoever looks at the machines later.
    pub job: JobId,
    /// What one container asks for (a gang: the sum over its nodes).
    pub shape: Shape,
    /// A gang of whole machines, or an ordinary container.
    pub gang: Option<&'a Gang>,
    /// When it is expected to end if it is placed now.
    pub expected_end: SimTime,
    /// In a queue of Fargate environments, the task that it becomes.
    pub task: Option<TaskAsk>,
}

/// What a Fargate task is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskAsk {
    /// Its size.
    pub size: FargateSize,
    /// Its storage in GiB; 0: what is included.
    pub storage_gib: u32,
    /// Its processor.
    pub architecture: Architecture,
}

/// A container image that a host needs before the attempt runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageAsk {
    /// Which one: equal numbers are one image.
    pub image: u32,
    /// Its size, not 0.
    pub mib: u32,
}

/// The nodes of a multi-node parallel job: each takes a whole, empty machine; all are of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gang {
    /// What each node asks for, by node index.
    pub nodes: Vec<Shape>,
    /// The type that all must have, where the definition names one.
    pub instance_type: Option<TypeId>,
    /// Index of the main node.
    pub main: u32,
}

impl Gang {
    /// What all nodes ask for together.
    pub fn sum(&self) -> Shape {
        (self.nodes.iter()).fold(Shape::default(), |sum, node| sum.plus(*node))
    }
}

/// An attempt's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// What to give back at its end.
    pub allocation: AllocationId,
    /// The environment.
    pub environment: EnvId,
    /// The machine (of a gang: the main node's).
    pub instance: InstanceId,
    /// Speed of that machine's type.
    pub speed: Ratio,
}

/// A placed attempt, as the machines know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocationId(pub u32);

/// Whether a request could ever be placed on the machines that are or will be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ever {
    /// It could, if they were free.
    Yes,
    /// It asks for more vCPUs (a gang: for more machines) than any environment has in all.
    TooMuch,
    /// No single machine is big enough.
    TooBig,
}

/// A head's planned start and what is left beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// The earliest moment at which, by the estimates, it fits.
    pub at: SimTime,
    /// Room on each machine at that moment, with the head placed: environment by environment, machine by machine.
    pub spare: Vec<Vec<Shape>>,
}

impl Reservation {
    /// The most spare vCPUs on any machine: nothing with more fits beside the head.
    pub fn spare_vcpus(&self) -> u32 {
        self.spare
            .iter()
            .flatten()
            .map(|room| room.vcpus)
            .max()
            .unwrap_or(0)
    }
}

/// The machines, as far as scheduling asks about them.
pub trait Capacity {
    /// Places an attempt on a machine of `environment` and keeps the place for it, or does nothing.
    fn place(&mut self, now: SimTime, environment: EnvId, ask: &Ask<'_>) -> Option<Placed>;

    /// Whether any machine of these environments could ever take it.
    fn ever(&self, environments: &[EnvId], ask: &Ask<'_>) -> Ever;

    /// An upper bound of the room on any one machine of these environments.
    fn roomiest(&self, environments: &[EnvId]) -> Shape;

    /// When, by the estimates, `ask` fits on a machine of these environments, and what is then spare beside it.
    fn reserve(&self, environments: &[EnvId], ask: &Ask<'_>) -> Option<Reservation>;

    /// Places an attempt where it leaves the reservation its room, and takes it from what is spare.
    fn place_beside(
        &mut self,
        now: SimTime,
        environments: &[EnvId],
        ask: &Ask<'_>,
        reservation: &mut Reservation,
    ) -> Option<Placed>;

    /// The room of the one machine of these environments now, and the expected ends on it in order of time, or `None`
    /// where there are several machines.
    fn profile(&self, environments: &[EnvId]) -> Option<(Shape, Vec<(SimTime, Shape)>)>;

    /// When the next Fargate task can be launched, where nothing but the ceiling on launches keeps `ask` from one of these
    /// environments.
    fn next_task(&mut self, now: SimTime, environments: &[EnvId], ask: &Ask<'_>)
    -> Option<SimTime>;

    /// Grows whenever room was given back or machines joined: as long as it stays, what did not fit does not fit.
    fn releases(&self) -> u64;
}
