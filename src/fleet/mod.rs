//! The machines: who is up, who is where, what it costs.

mod allocations;
mod ledger;
mod planning;
mod pool;
mod rooms;

use crate::model::{
    Billing, Catalogue, ComputeEnvironment, CostCause, EnvironmentKind, InstanceRecord, Knob,
    MachineGroup, World,
};
use crate::policy::capacity::{AllocationId, Ask, Capacity, Ever, Gang, Placed, Reservation};
use crate::policy::placement::{self, Placement};
use crate::units::{EnvId, InstanceId, NO_LIMIT_MIB, Ratio, Shape, SimTime, Span, TypeId, Usd};

use allocations::{Allocation, Allocations, NOT_YET, Node};
use ledger::Meter;
use pool::Pool;

/// An instance: a machine with jobs on it.
#[derive(Debug)]
struct Instance {
    environment: EnvId,
    instance_type: TypeId,
    speed: Ratio,
    /// Its place among the machines of its environment.
    position: u32,
    launched: SimTime,
    gone: Option<SimTime>,
    meter: Meter,
}

/// What all machines together have and have given away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FleetLevels {
    /// vCPUs, MiB and GPUs that attempts have reserved.
    pub used: (u64, u64, u64),
    /// vCPUs and MiB of the machines that are up; machines whose memory is not limited count no memory.
    pub provisioned: (u64, u64),
    /// vCPUs that the environments may have at most: for pools, those of all machines that are or will be registered.
    pub vcpus_max: u64,
    /// Machines that are up.
    pub instances: u64,
}

/// All machines of all environments.
pub struct Fleet<'w> {
    catalogue: &'w Catalogue,
    placement: Placement,
    registered_memory_only: bool,
    /// Whether expected ends are kept: only backfilling needs them.
    keeps_ends: bool,
    /// Whether containers run as soon as they are placed.
    starts_at_once: bool,
    pools: Vec<Pool>,
    instances: Vec<Instance>,
    allocations: Allocations,
    levels: FleetLevels,
    releases: u64,
}

/// What an attempt cost, by phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AttemptCost {
    /// While its container was being made.
    pub starting: Usd,
    /// While it ran.
    pub running: Usd,
}

impl AttemptCost {
    /// Both together.
    pub fn total(self) -> Usd {
        self.starting + self.running
    }
}

impl<'w> Fleet<'w> {
    /// No machine yet.
    pub fn new(world: &'w World) -> Fleet<'w> {
        let placement = placement::find(world.settings.word(Knob::Placement))
            .expect("the placement was looked up when the scenario was read")
            .placement;
        Fleet {
            catalogue: &world.catalogue,
            placement,
            registered_memory_only: world.settings.word(Knob::UsableMemory) == "registered",
            keeps_ends: false,
            starts_at_once: world.settings.span(Knob::ContainerStart).is_zero(),
            pools: Vec::new(),
            instances: Vec::new(),
            allocations: Allocations::default(),
            levels: FleetLevels::default(),
            releases: 0,
        }
    }

    /// From now on expected ends are kept: some queue backfills.
    pub fn keep_ends(&mut self) {
        assert!(
            self.keeps_ends || self.allocations.is_empty(),
            "ends of running attempts were not kept"
        );
        self.keeps_ends = true;
    }

    /// An environment came to be. Returns its groups of machines; whoever holds the clock says when they join.
    pub fn create(&mut self, environment: EnvId, spec: &ComputeEnvironment) -> Vec<MachineGroup> {
        assert_eq!(
            environment.index(),
            self.pools.len(),
            "environments are created in order"
        );
        let EnvironmentKind::Unmanaged {
            machines, billing, ..
        } = &spec.kind;
        self.pools.push(Pool::new(*billing, self.placement));
        for group in machines {
            self.expect(environment, group.instance_type, group.count);
        }
        machines.clone()
    }

    /// `count` machines of a type will join: jobs that only they can hold are not impossible.
    pub fn expect(&mut self, environment: EnvId, instance_type: TypeId, count: u32) {
        let size = self.size(instance_type);
        self.pools[environment.index()].expect(instance_type, size, count);
        self.levels.vcpus_max += u64::from(size.vcpus) * u64::from(count);
    }

    /// Machines that were expected join now. Returns their identifiers.
    pub fn join(
        &mut self,
        now: SimTime,
        environment: EnvId,
        instance_type: TypeId,
        count: u32,
    ) -> std::ops::Range<u32> {
        let size = self.size(instance_type);
        let machine = self.catalogue.get(instance_type);
        let first = InstanceId::at(self.instances.len());
        for _ in 0..count {
            let id = InstanceId::at(self.instances.len());
            let position = self.pools[environment.index()].join(id, instance_type, size);
            self.instances.push(Instance {
                environment,
                instance_type,
                speed: machine.speed,
                position,
                launched: now,
                gone: None,
                meter: Meter::new(machine.price, size, now),
            });
            self.levels.instances += 1;
            self.levels.provisioned.0 += u64::from(size.vcpus);
            self.levels.provisioned.1 += counted_memory(size);
        }
        self.releases += 1;
        first.0..first.0 + count
    }

    /// The machines of `environment` that would leave if `count` of them did: the latest launched first.
    pub fn latest(&self, environment: EnvId, count: u32) -> Vec<InstanceId> {
        self.pools[environment.index()].latest(count as usize)
    }

    /// The attempts on `instance`, in order of placement. A gang counts on each of its machines.
    pub fn attempts_on(&self, instance: InstanceId) -> Vec<(AllocationId, crate::units::JobId)> {
        self.allocations.on(instance)
    }

    /// Whether `instance` is still up.
    pub fn is_up(&self, instance: InstanceId) -> bool {
        self.instances[instance.index()].gone.is_none()
    }

    /// `instance` leaves. Its attempts must have been released. Returns its bill.
    pub fn leave(&mut self, now: SimTime, instance: InstanceId) -> InstanceRecord {
        let machine = &mut self.instances[instance.index()];
        assert!(machine.gone.is_none(), "{instance:?} left already");
        let size = machine.meter.size();
        machine.gone = Some(now);
        self.levels.instances -= 1;
        self.levels.provisioned.0 -= u64::from(size.vcpus);
        self.levels.vcpus_max -= u64::from(size.vcpus);
        self.levels.provisioned.1 -= counted_memory(size);
        self.pools[machine.environment.index()].leave(machine.position, machine.instance_type);
        self.bill(now, instance)
    }

    /// The bills of all machines that are up, at the end of the run.
    pub fn close(&mut self, end: SimTime) -> Vec<InstanceRecord> {
        let up = (0..self.instances.len())
            .map(InstanceId::at)
            .filter(|&id| self.is_up(id))
            .collect::<Vec<_>>();
        up.into_iter().map(|id| self.bill(end, id)).collect()
    }

    fn bill(&mut self, end: SimTime, instance: InstanceId) -> InstanceRecord {
        let machine = &mut self.instances[instance.index()];
        let billing = self.pools[machine.environment.index()].billing();
        machine.meter.advance(end);
        InstanceRecord {
            instance,
            environment: machine.environment,
            instance_type: machine.instance_type,
            launched: machine.launched,
            ended: end,
            terminated: machine.gone.is_some(),
            attempts: machine.meter.attempts(),
            used_vcpu_ms: machine.meter.used_vcpu_ms(),
            busy: machine.meter.busy(),
            billed_s: billed_seconds(billing, end - machine.launched),
            cost: machine.meter.close(
                billed_seconds(billing, end - machine.launched),
                end - machine.launched,
            ),
        }
    }

    /// The container of a placed attempt runs from now on.
    pub fn running(&mut self, now: SimTime, id: AllocationId) {
        for node in self.allocations.get_mut(id).nodes_mut() {
            let meter = &mut self.instances[node.instance.index()].meter;
            meter.advance(now);
            node.ran = meter.clock();
        }
    }

    /// Whether losing `instance` ends an attempt: a gang lives as long as its main node.
    pub fn ends_with(&self, allocation: AllocationId, instance: InstanceId) -> bool {
        self.allocations.get(allocation).first.instance == instance
    }

    /// A gang loses a node that is not its main node.
    pub fn lose_node(&mut self, now: SimTime, id: AllocationId, instance: InstanceId) {
        let Some(node) = self.allocations.get_mut(id).remove_node(instance) else {
            return;
        };
        let machine = &mut self.instances[instance.index()];
        machine.meter.advance(now);
        let clock = machine.meter.clock();
        let cost = machine.meter.cost(node.mark, clock, node.weight);
        let starting = machine
            .meter
            .cost(node.mark, node.ran.min(clock), node.weight);
        machine.meter.book(CostCause::ImagePull, starting);
        machine.meter.book(CostCause::Interrupted, cost - starting);
        machine.meter.vacate(node.shape, node.weight);
        let pool = &mut self.pools[machine.environment.index()];
        pool.vacate(machine.position, node.taken, true);
        self.levels.used.0 -= u64::from(node.shape.vcpus);
        self.levels.used.1 -= u64::from(node.shape.memory);
        self.levels.used.2 -= u64::from(node.shape.gpus);
        let allocation = self.allocations.get_mut(id);
        allocation.lost += cost;
        allocation.shape = allocation.shape.less(node.shape);
    }

    /// An attempt ends: its room is free again. `cause` says what its running time was for.
    pub fn release(&mut self, now: SimTime, id: AllocationId, cause: CostCause) -> AttemptCost {
        let allocation = self.allocations.get(id);
        let pool = &mut self.pools[allocation.environment.index()];
        let mut cost = AttemptCost::default();
        for node in allocation.nodes() {
            let machine = &mut self.instances[node.instance.index()];
            let meter = &mut machine.meter;
            meter.advance(now);
            let whole = meter.cost(node.mark, meter.clock(), node.weight);
            let starting = meter.cost(node.mark, node.ran.min(meter.clock()), node.weight);
            meter.book(CostCause::ImagePull, starting);
            meter.book(cause, whole - starting);
            meter.vacate(node.shape, node.weight);
            pool.vacate(machine.position, node.taken, meter.is_empty());
            cost.starting += starting;
            cost.running += whole - starting;
        }
        cost.running += allocation.lost;
        if self.keeps_ends {
            pool.forget_end(allocation.expected_end, id);
        }
        self.levels.used.0 -= u64::from(allocation.shape.vcpus);
        self.levels.used.1 -= u64::from(allocation.shape.memory);
        self.levels.used.2 -= u64::from(allocation.shape.gpus);
        self.releases += 1;
        self.allocations.remove(id);
        cost
    }

    /// What there is and what is used.
    pub fn levels(&self) -> FleetLevels {
        self.levels
    }

    /// What a type has for jobs.
    fn size(&self, instance_type: TypeId) -> Shape {
        let machine = self.catalogue.get(instance_type);
        let memory = if self.registered_memory_only {
            machine.usable_memory
        } else {
            machine.nominal.memory
        };
        Shape {
            memory,
            ..machine.nominal
        }
    }

    /// Keeps the room of one machine for an attempt, or for one node of a gang, which takes all there is.
    #[inline]
    fn occupy(
        &mut self,
        now: SimTime,
        environment: EnvId,
        position: u32,
        shape: Shape,
        whole: bool,
    ) -> Node {
        let pool = &mut self.pools[environment.index()];
        let instance = pool.instance(position);
        let meter = &mut self.instances[instance.index()].meter;
        meter.advance(now);
        let taken = if whole { pool.room(position) } else { shape };
        let weight = if whole {
            ledger::WHOLE
        } else {
            meter.weight(shape)
        };
        let mark = meter.clock();
        pool.occupy(position, taken, meter.is_empty());
        meter.occupy(shape, weight);
        Node {
            instance,
            shape,
            taken,
            weight,
            mark,
            ran: if self.starts_at_once { mark } else { NOT_YET },
        }
    }

    /// Keeps the room of a machine for an attempt.
    fn commit(&mut self, now: SimTime, environment: EnvId, ask: &Ask<'_>, position: u32) -> Placed {
        let node = self.occupy(now, environment, position, ask.shape, false);
        self.enlist(environment, ask, node, None)
    }

    /// Keeps machines for a gang.
    fn commit_gang(
        &mut self,
        now: SimTime,
        environment: EnvId,
        ask: &Ask<'_>,
        gang: &Gang,
        positions: &[u32],
    ) -> Placed {
        let nodes: Vec<Node> = positions
            .iter()
            .zip(&gang.nodes)
            .map(|(&position, &shape)| self.occupy(now, environment, position, shape, true))
            .collect();
        let main = nodes[gang.main as usize];
        self.enlist(environment, ask, main, Some(nodes.into_boxed_slice()))
    }

    /// An attempt is on its machines from now on.
    #[inline]
    fn enlist(
        &mut self,
        environment: EnvId,
        ask: &Ask<'_>,
        first: Node,
        gang: Option<Box<[Node]>>,
    ) -> Placed {
        self.levels.used.0 += u64::from(ask.shape.vcpus);
        self.levels.used.1 += u64::from(ask.shape.memory);
        self.levels.used.2 += u64::from(ask.shape.gpus);
        let allocation = self.allocations.insert(Allocation {
            job: ask.job,
            environment,
            shape: ask.shape,
            first,
            gang,
            expected_end: ask.expected_end,
            lost: Usd::ZERO,
        });
        if self.keeps_ends {
            self.pools[environment.index()].remember_end(ask.expected_end, allocation, ask.shape);
        }
        let machine = &self.instances[first.instance.index()];
        Placed {
            allocation,
            environment,
            instance: first.instance,
            speed: machine.speed,
        }
    }
}

impl Capacity for Fleet<'_> {
    fn place(&mut self, now: SimTime, environment: EnvId, ask: &Ask<'_>) -> Option<Placed> {
        let pool = &mut self.pools[environment.index()];
        match ask.gang {
            Some(gang) => {
                let positions = pool.find_gang(gang)?;
                Some(self.commit_gang(now, environment, ask, gang, &positions))
            }
            None => {
                let position = pool.find(ask.shape)?;
                Some(self.commit(now, environment, ask, position))
            }
        }
    }

    fn ever(&self, environments: &[EnvId], ask: &Ask<'_>) -> Ever {
        let mut answer = Ever::TooMuch;
        for environment in environments {
            match self.pools[environment.index()].ever(ask) {
                Ever::Yes => return Ever::Yes,
                Ever::TooBig => answer = Ever::TooBig,
                Ever::TooMuch => {}
            }
        }
        answer
    }

    fn roomiest(&self, environments: &[EnvId]) -> Shape {
        environments
            .iter()
            .map(|environment| self.pools[environment.index()].roomiest())
            .fold(Shape::default(), |most, room| Shape {
                vcpus: most.vcpus.max(room.vcpus),
                memory: most.memory.max(room.memory),
                gpus: most.gpus.max(room.gpus),
            })
    }

    fn reserve(&self, environments: &[EnvId], ask: &Ask<'_>) -> Option<Reservation> {
        planning::reserve(&self.pools, &self.allocations, environments, ask)
    }

    fn place_beside(
        &mut self,
        now: SimTime,
        environments: &[EnvId],
        ask: &Ask<'_>,
        reservation: &mut Reservation,
    ) -> Option<Placed> {
        for (place, &environment) in environments.iter().enumerate() {
            let spare = &mut reservation.spare[place];
            if let Some(position) = self.pools[environment.index()].find_beside(ask.shape, spare) {
                spare[position as usize] = spare[position as usize].less(ask.shape);
                return Some(self.commit(now, environment, ask, position));
            }
        }
        None
    }

    fn profile(&self, environments: &[EnvId]) -> Option<(Shape, Vec<(SimTime, Shape)>)> {
        let mut machines = environments
            .iter()
            .map(|environment| &self.pools[environment.index()]);
        let pool = machines.next()?;
        (machines.next().is_none() && pool.len() == 1)
            .then(|| (pool.room(0), pool.ends().collect()))
    }

    fn releases(&self) -> u64 {
        self.releases
    }
}

/// Memory as it counts in sums: where it is not limited, not at all.
fn counted_memory(size: Shape) -> u64 {
    if size.memory == NO_LIMIT_MIB {
        0
    } else {
        u64::from(size.memory)
    }
}

/// Seconds on the bill for an instance that was up for `span`.
fn billed_seconds(billing: Billing, span: Span) -> u64 {
    match billing {
        Billing::PerSecond => span
            .seconds_started()
            .max(crate::model::rules::BILLED_SECONDS_MIN),
        Billing::PerHour => span.hours_started().max(1) * 3600,
    }
}
