//! The machines: who is up, who is where, what it costs.

mod allocations;
mod bills;
mod elastic;
mod extras;
mod fargate;
mod images;
mod ledger;
mod live;
mod managed;
mod planning;
mod pool;
mod quota;
mod replace;
mod rooms;
mod scaling;
mod spent;
mod spot;
mod zones;

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::Streams;
use crate::market::{Market, Tariff};
use crate::model::{
    Billing, Catalogue, ComputeEnvironment, CostCause, EnvironmentKind, InstanceRecord, Knob,
    MachineGroup, QuotaUse, World,
};
use crate::policy::capacity::{AllocationId, Ask, Capacity, Ever, Gang, Placed, Reservation};
use crate::policy::placement::{self, Placement};
use crate::policy::scaling::Scale;
use crate::units::{
    EnvId, InstanceId, NO_LIMIT_MIB, PoolId, Ratio, Shape, SimTime, Span, TypeId, Usd, ZoneId,
};

use allocations::{Allocations, NOT_YET, Node};
use extras::Extras;
use ledger::Meter;
use managed::{Allowed, Managed};
use pool::Pool;

pub use fargate::Start;
pub use replace::LeftBehind;
pub use scaling::{Decision, Launch};
pub use spent::{AttemptCost, Spent};

/// An instance: a machine with jobs on it.
#[derive(Debug)]
struct Instance {
    environment: EnvId,
    instance_type: TypeId,
    speed: Ratio,
    /// Its place among the machines of its environment.
    position: u32,
    launched: SimTime,
    /// How long it had been up when the run began, in whole seconds.
    age: Span,
    /// When jobs could be placed on it first.
    registered: Option<SimTime>,
    gone: Option<SimTime>,
    is_billed: bool,
    /// When it leaves if nothing is placed on it before; in managed environments.
    leaves: Option<SimTime>,
    /// The fleet's epoch when it was asked for.
    asked: u64,
    /// The Spot pool that it comes from, if it is a Spot instance.
    pool: PoolId,
    /// How many times as often as its pool says it is taken back.
    wear: Ratio,
    /// Where it is, as far as the zones of the run are known.
    zone: ZoneId,
    /// The attempts on it, if it is a Spot instance: whose EC2 takes back is asked often.
    attempts: Vec<AllocationId>,
    /// Whether EC2 took it back.
    interrupted: bool,
    /// When EC2 gave notice that it takes it back, or [`SimTime::NEVER`].
    noticed: SimTime,
    /// Whether no job is placed on it any more.
    drains: bool,
    /// Whether its environment was updated since it was asked for.
    outdated: bool,
    meter: Meter,
    /// What it has pulled, where images have a size.
    images: Vec<images::Pulled>,
    /// What pulling it cost.
    traffic: Usd,
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
    /// For each environment, what makes it a managed one.
    managed: Vec<Option<Managed>>,
    has_managed: bool,
    /// Idle instances of managed environments by when they leave.
    idle: BTreeSet<(SimTime, InstanceId)>,
    scaling: scaling::Knobs,
    tokens: scaling::Tokens,
    /// How many instances of a type EC2 has for us, where that is limited.
    available: BTreeMap<TypeId, u32>,
    /// Instances that were asked for and have not left, by type.
    alive: Vec<u32>,
    quotas: quota::Quotas,
    extras: Extras,
    images: images::Images,
    fargate: fargate::Fargate,
    market: Market<'w>,
    /// As `alive`, by Spot pool.
    alive_in_pool: Vec<u32>,
    /// Those of them that run and that EC2 does not take back yet.
    up_in_pool: Vec<u32>,
    /// Until when each zone is lost.
    outages: Vec<SimTime>,
    /// Whether anything happened to a managed environment since the last scaling decision.
    touched: bool,
    /// Grows whenever anything happens but that machines come and go.
    epoch: u64,
    idle_times: IdleTimes,
}

/// How long instances of managed environments stay without a job.
#[derive(Clone, Copy, Debug)]
struct IdleTimes {
    after_use: Span,
    never_used: Span,
    bills_tail: bool,
    /// Queues look at machines at multiples of this.
    dispatch_tick: Span,
}

impl<'w> Fleet<'w> {
    /// No machine yet; what Spot does is drawn from `streams`.
    pub fn new(world: &'w World, streams: Streams) -> Fleet<'w> {
        let settings = &world.settings;
        let placement = placement::find(settings.word(Knob::Placement))
            .expect("the placement was looked up when the scenario was read")
            .placement;
        Fleet {
            catalogue: &world.catalogue,
            placement,
            registered_memory_only: settings.word(Knob::UsableMemory) == "registered",
            keeps_ends: false,
            starts_at_once: settings.span(Knob::ContainerStart).is_zero(),
            pools: Vec::new(),
            instances: Vec::new(),
            allocations: Allocations::default(),
            levels: FleetLevels::default(),
            releases: 0,
            managed: Vec::new(),
            has_managed: false,
            idle: BTreeSet::new(),
            scaling: scaling::Knobs {
                smallest: settings.word(Knob::SizeBias) == "smallest",
                burst: settings.count(Knob::LaunchBurst),
                refill: settings.ratio(Knob::LaunchRefillPerSecond),
                cluster_max: settings.count(Knob::ClusterInstancesMax),
                backoff: settings.span(Knob::CapacityBackoff),
                spill_after: settings.span(Knob::SpillAfter),
            },
            tokens: scaling::Tokens::full(settings.count(Knob::LaunchBurst)),
            available: BTreeMap::new(),
            alive: vec![0; world.catalogue.len()],
            quotas: quota::Quotas::new(world),
            extras: Extras::of(world),
            images: images::Images::of(world),
            fargate: fargate::Fargate::new(world, streams),
            market: Market::new(world, streams),
            alive_in_pool: vec![0; world.spot.pools.len()],
            up_in_pool: vec![0; world.spot.pools.len()],
            outages: vec![SimTime::ZERO; world.spot.zones.len()],
            touched: false,
            epoch: 0,
            idle_times: IdleTimes {
                after_use: settings.span(Knob::ScaleInIdle),
                never_used: settings.span(Knob::NeverUsedIdle),
                bills_tail: settings.flag(Knob::BillsIdleTail),
                dispatch_tick: settings.span(Knob::DispatchTick),
            },
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
        let (billing, machines) = match &spec.kind {
            EnvironmentKind::Unmanaged {
                billing, machines, ..
            } => {
                self.managed.push(None);
                (*billing, machines.clone())
            }
            EnvironmentKind::Managed(managed) => {
                let allowed = self.allowed(managed);
                let scale = Scale::of(spec).expect("a managed environment scales");
                self.levels.vcpus_max += u64::from(scale.max_vcpus);
                self.touched = true;
                self.managed
                    .push(Some(Managed::new(managed, scale, allowed)));
                self.has_managed = true;
                (managed.billing, Vec::new())
            }
            EnvironmentKind::Fargate(fargate) => {
                self.managed.push(None);
                self.levels.vcpus_max += u64::from(fargate.max_vcpus);
                (Billing::PerSecond, Vec::new())
            }
        };
        self.fargate.create(match &spec.kind {
            EnvironmentKind::Fargate(fargate) => Some(fargate),
            _ => None,
        });
        self.pools.push(Pool::new(billing, self.placement));
        for group in &machines {
            self.expect(environment, group.instance_type, group.count);
        }
        machines
    }

    /// The types that an environment may launch.
    fn allowed(&self, spec: &crate::model::Managed) -> Vec<Allowed> {
        let position = |place: usize| spec.positions.get(place).copied().unwrap_or(0);
        let types = spec.types.iter().enumerate();
        let allowed = types.map(|(place, &instance_type)| Allowed {
            instance_type,
            size: self.size(instance_type),
            price: self.catalogue.get(instance_type).price,
            position: position(place),
        });
        allowed.collect()
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
        let launch = Launch {
            environment,
            instance_type,
            pool: PoolId::NONE,
            count,
        };
        let instances = self.launch(now, launch, self.epoch);
        self.count_type(now, instance_type, PoolId::NONE, i64::from(count));
        self.register(now, instances.clone());
        instances
    }

    /// Machines that were asked for in epoch `asked` run from now on, and are billed; jobs can be placed on them once they are
    /// registered. Returns their identifiers.
    pub fn launch(&mut self, now: SimTime, launch: Launch, asked: u64) -> std::ops::Range<u32> {
        let Launch {
            environment,
            instance_type,
            pool,
            count,
        } = launch;
        let size = self.size(instance_type);
        let machine = self.catalogue.get(instance_type);
        let tariff = match (pool.is_some(), self.pools[environment.index()].billing()) {
            (false, _) => Tariff::Fixed(machine.price),
            (true, Billing::PerSecond) => Tariff::Spot(pool),
            (true, Billing::PerHour) => Tariff::SpotByTheHour(pool, now),
        };
        let first = InstanceId::at(self.instances.len());
        if pool.is_some() {
            self.up_in_pool[pool.index()] += count;
        }
        let wear = match pool.is_some() {
            true => self.market.wear(pool, self.alive_in_pool[pool.index()]),
            false => Ratio::ONE,
        };
        let managed = self.managed[environment.index()].as_ref();
        let outdated = managed.is_some_and(|managed| managed.is_outdated(asked));
        for _ in 0..count {
            let zone = self.zone_for(now, environment, pool);
            self.instances.push(Instance {
                environment,
                instance_type,
                speed: machine.speed,
                position: u32::MAX,
                launched: now,
                age: Span::ZERO,
                registered: None,
                gone: None,
                is_billed: false,
                leaves: None,
                asked,
                pool,
                wear,
                zone,
                attempts: Vec::new(),
                interrupted: false,
                noticed: SimTime::NEVER,
                drains: outdated,
                outdated,
                meter: Meter::new(tariff, size, now),
                images: Vec::new(),
                traffic: Usd::ZERO,
            });
            self.levels.instances += 1;
            self.levels.provisioned.0 += u64::from(size.vcpus);
            self.levels.provisioned.1 += counted_memory(size);
        }
        first.0..first.0 + count
    }

    /// What the run made of EC2's quotas so far: of those with a limit, and of those of which anything was used.
    pub fn quotas(&self) -> Vec<QuotaUse> {
        self.quotas.uses()
    }

    /// Grows whenever anything happens but that machines come and go.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Something happened but that machines come and go: what was launched in vain may be of use now.
    #[inline]
    pub fn progress(&mut self) {
        if self.has_managed {
            let is_vain = |managed: &Managed| managed.in_vain == Some(self.epoch);
            self.touched |= self.managed.iter().flatten().any(is_vain);
        }
        self.epoch += 1;
    }

    /// Machines that run take jobs from now on. Says whether any of them is still there.
    pub fn register(&mut self, now: SimTime, instances: std::ops::Range<u32>) -> bool {
        let mut any = false;
        for id in instances.map(InstanceId) {
            let machine = &mut self.instances[id.index()];
            if machine.gone.is_some() {
                continue;
            }
            any = true;
            let (environment, instance_type) = (machine.environment, machine.instance_type);
            let size = machine.meter.size();
            machine.registered = Some(now);
            machine.position = self.pools[environment.index()].join(id, instance_type, size);
            if let Some(managed) = &mut self.managed[environment.index()]
                && !machine.outdated
            {
                managed.came(instance_type);
            }
            self.close_if_draining(id);
            self.idles(now, id);
        }
        self.releases += 1;
        any
    }

    /// The machines of `environment` that would leave if `count` of them did: the latest launched first, ready or not.
    pub fn latest(&self, environment: EnvId, count: u32) -> Vec<InstanceId> {
        if self.managed[environment.index()].is_none() {
            return self.pools[environment.index()].latest(count as usize);
        }
        let up = |id: &InstanceId| {
            let machine = &self.instances[id.index()];
            machine.environment == environment && machine.gone.is_none()
        };
        (0..self.instances.len())
            .rev()
            .map(InstanceId::at)
            .filter(up)
            .take(count as usize)
            .collect()
    }

    /// The attempts on `instance`, in order of placement. A gang counts on each of its machines.
    pub fn attempts_on(&self, instance: InstanceId) -> Vec<(AllocationId, crate::units::JobId)> {
        let machine = &self.instances[instance.index()];
        if !machine.pool.is_some() {
            return self.allocations.on(instance);
        }
        let job = |&id: &AllocationId| (id, self.allocations.get(id).job);
        let mut found: Vec<_> = machine.attempts.iter().map(job).collect();
        found.sort_by_key(|&(_, job)| job);
        found
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
        let (environment, instance_type) = (machine.environment, machine.instance_type);
        let (position, is_registered) = (machine.position, machine.registered.is_some());
        let is_outdated = machine.outdated;
        self.levels.instances -= 1;
        self.levels.provisioned.0 -= u64::from(size.vcpus);
        self.levels.provisioned.1 -= counted_memory(size);
        let spot_pool = machine.pool;
        let was_counted = machine.noticed == SimTime::NEVER;
        self.count_type(now, instance_type, spot_pool, -1);
        self.works(instance);
        // Where EC2 has only so many of a type, or lets us have no more, another environment may now have one.
        let is_spot = spot_pool.is_some();
        self.touched |= is_spot
            || self.available.contains_key(&instance_type)
            || self.quotas.limits(instance_type, is_spot);
        if is_spot && was_counted {
            self.up_in_pool[spot_pool.index()] -= 1;
        }
        let pool = &mut self.pools[environment.index()];
        if is_registered {
            pool.leave(position);
        }
        match &mut self.managed[environment.index()] {
            Some(managed) => {
                managed.committed -= u64::from(size.vcpus);
                managed.instances -= 1;
                if !is_registered && !is_outdated {
                    managed.came(instance_type);
                }
            }
            None => {
                self.levels.vcpus_max -= u64::from(size.vcpus);
                pool.forget(instance_type);
            }
        }
        self.bill(now, instance)
    }

    /// The container of a placed attempt runs from now on.
    pub fn running(&mut self, now: SimTime, id: AllocationId) {
        if self.allocations.get(id).first.instance.task().is_some() {
            self.task_runs(now, id);
            return;
        }
        for node in self.allocations.get_mut(id).nodes_mut() {
            let meter = &mut self.instances[node.instance.index()].meter;
            meter.advance(now, &mut self.market);
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
        machine.attempts.retain(|&other| other != id);
        machine.meter.advance(now, &mut self.market);
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
        self.idles(now, instance);
    }

    /// An attempt ends: its room is free again. `spent` says what its running time was for.
    #[inline]
    pub fn release(&mut self, now: SimTime, id: AllocationId, spent: Spent) -> AttemptCost {
        let allocation = self.allocations.get(id);
        if allocation.first.instance.task().is_some() {
            return self.release_task(now, id, spent);
        }
        let pool = &mut self.pools[allocation.environment.index()];
        let is_managed = self.managed[allocation.environment.index()].is_some();
        let mut cost = AttemptCost::default();
        for node in allocation.nodes() {
            let machine = &mut self.instances[node.instance.index()];
            if machine.pool.is_some() {
                machine.attempts.retain(|&other| other != id);
            }
            let meter = &mut machine.meter;
            meter.advance(now, &mut self.market);
            let whole = meter.cost(node.mark, meter.clock(), node.weight);
            let starting = meter.cost(node.mark, node.ran.min(meter.clock()), node.weight);
            meter.book(CostCause::ImagePull, starting);
            spent.book(meter, whole - starting);
            meter.vacate(node.shape, node.weight);
            pool.vacate(machine.position, node.taken, meter.is_empty());
            if machine.drains {
                pool.close(machine.position, machine.meter.is_empty());
            }
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
        if is_managed {
            self.touched = true;
            self.emptied_by(now, id);
        }
        self.allocations.remove(id);
        cost
    }

    /// Instances on which nothing is left now that an attempt gave its room back are idle.
    #[inline(never)]
    fn emptied_by(&mut self, now: SimTime, id: AllocationId) {
        for index in 0..self.allocations.get(id).nodes().len() {
            let instance = self.allocations.get(id).nodes()[index].instance;
            if self.instances[instance.index()].meter.is_empty() {
                self.idles(now, instance);
            }
        }
    }

    /// What there is and what is used.
    pub fn levels(&self) -> FleetLevels {
        let mut levels = self.levels;
        if self.fargate.has_parts() {
            // Tasks of a part of a vCPU count as one each: there are no fewer than are used.
            levels.vcpus_max = levels.vcpus_max.max(levels.used.0);
        }
        levels
    }

    /// What a type has for jobs.
    fn size(&self, instance_type: TypeId) -> Shape {
        self.catalogue
            .get(instance_type)
            .size(self.registered_memory_only)
    }

    /// Keeps the room of one machine for an attempt, or for one node of a gang, which takes all there is.
    #[inline(always)]
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
        self.works(instance);
        let pool = &mut self.pools[environment.index()];
        let meter = &mut self.instances[instance.index()].meter;
        meter.advance(now, &mut self.market);
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
    #[inline]
    fn commit(&mut self, now: SimTime, environment: EnvId, ask: &Ask<'_>, position: u32) -> Placed {
        let node = self.occupy(now, environment, position, ask.shape, false);
        self.enlist(environment, ask, node, None)
    }

    /// Keeps machines for a gang.
    #[inline(never)]
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
    #[inline(always)]
    fn enlist(
        &mut self,
        environment: EnvId,
        ask: &Ask<'_>,
        first: Node,
        gang: Option<Box<[Node]>>,
    ) -> Placed {
        self.progress();
        self.levels.used.0 += u64::from(ask.shape.vcpus);
        self.levels.used.1 += u64::from(ask.shape.memory);
        self.levels.used.2 += u64::from(ask.shape.gpus);
        let (allocation, entry) = self.allocations.add();
        // Field by field: written where it stays and not copied there.
        entry.job = ask.job;
        entry.environment = environment;
        entry.shape = ask.shape;
        entry.first = first;
        entry.gang = gang;
        entry.expected_end = ask.expected_end;
        entry.lost = Usd::ZERO;
        for node in entry.nodes() {
            let machine = &mut self.instances[node.instance.index()];
            if machine.pool.is_some() {
                machine.attempts.push(allocation);
            }
        }
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
        if let Some(task) = &ask.task {
            return self.place_task(now, environment, ask, task);
        }
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
            let of_tasks = self.fargate.ever(*environment, ask);
            let ever = match (of_tasks, &self.managed[environment.index()]) {
                (Some(ever), _) => ever,
                (None, Some(managed)) => managed.ever(ask),
                (None, None) => self.pools[environment.index()].ever(ask),
            };
            match ever {
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
            .map(|&environment| match self.fargate.room(environment) {
                Some(room) => room,
                None => self.pools[environment.index()].roomiest(),
            })
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

    fn next_task(
        &mut self,
        now: SimTime,
        environments: &[EnvId],
        ask: &Ask<'_>,
    ) -> Option<SimTime> {
        self.next_launch(now, environments, ask.task.as_ref()?)
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
