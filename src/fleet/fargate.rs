//! Fargate: machines that come and go with their attempts. A task has one attempt, and its life is what is known of it, so no
//! meter runs: its bill is made when it ends.
//!
//! A task waits for its machine (`fargateStart`), pulls its image, of which nothing is kept for the next one, and then its
//! container is made. It is billed from the start of the pull to its end in seconds begun, at least 60 (Fargate pricing page),
//! for the size that it asked for. One that is stopped before its pull begins is not billed.
//!
//! maxvCpus bounds the vCPUs of all tasks of an environment, in quarters. Launches take from one bucket of the account for
//! On-Demand tasks and from another for Spot ones (ECS throttling quotas); a retried attempt takes a token like a first one.

use std::collections::BTreeMap;

use crate::billing::fargate::{FargateRates, billed};
use crate::engine::Streams;
use crate::market;
use crate::model::{
    Architecture, CostCause, CostCauses, FargateEnvironment, FargatePrices, InstanceRecord, Knob,
    Settings, TaskMachine, World,
};
use crate::policy::capacity::{AllocationId, Ask, Ever, Placed, TaskAsk};
use crate::units::{EnvId, InstanceId, PoolId, Ratio, Shape, SimTime, Span, TypeId, Usd};

use super::allocations::{NOT_YET, Node};
use super::{AttemptCost, Fleet, Spent, ledger};

/// An environment and its tasks.
#[derive(Clone, Copy, Debug)]
struct Environment {
    spot: bool,
    max_vcpus: u32,
    /// vCPUs of its tasks, in quarters.
    quarters: u64,
}

impl Environment {
    fn has_room(&self, task: &TaskAsk) -> bool {
        self.quarters + u64::from(task.size.quarter_vcpus) <= u64::from(self.max_vcpus) * 4
    }
}

/// A task at work.
#[derive(Clone, Copy, Debug)]
struct Task {
    instance: InstanceId,
    instance_type: TypeId,
    environment: EnvId,
    shape: Shape,
    ask: TaskAsk,
    /// When its image's download begins.
    pulls: SimTime,
    /// When its container runs; [`SimTime::NEVER`] before.
    ran: SimTime,
    traffic: Usd,
}

/// The launches that an account may make.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    /// What is missing to a full one, in parts of a token per thousand.
    missing: u128,
    at: SimTime,
}

/// A token, in parts of a token per thousand.
const TOKEN: u128 = Ratio::PARTS as u128 * 1000;

/// The settings of Fargate.
#[derive(Clone, Copy, Debug)]
struct Knobs {
    start: Span,
    container_start: Span,
    burst: u32,
    refill: Ratio,
    interruptions_per_hour: Ratio,
}

impl Bucket {
    /// From when on a task can be launched, if ever.
    fn ready(&mut self, now: SimTime, knobs: &Knobs) -> SimTime {
        let refill = u128::from(knobs.refill.parts());
        if knobs.burst == 0 {
            return now;
        }
        self.missing = self
            .missing
            .saturating_sub(u128::from((now - self.at).ms()) * refill);
        self.at = now;
        let over = (self.missing + TOKEN).saturating_sub(u128::from(knobs.burst) * TOKEN);
        if over == 0 {
            return now;
        }
        let ms = over.checked_div(refill).map(|_| over.div_ceil(refill));
        let ms = ms.and_then(|ms| u64::try_from(ms).ok());
        match ms {
            Some(ms) if ms < SimTime::LAST.ms() => now + Span::from_ms(ms),
            _ => SimTime::NEVER,
        }
    }
}

/// Everything of Fargate.
pub(super) struct Fargate {
    knobs: Knobs,
    prices: FargatePrices,
    streams: Streams,
    /// By environment; `None` for those of instances.
    environments: Vec<Option<Environment>>,
    /// The machine of each size.
    machines: BTreeMap<(Architecture, TaskMachine), TypeId>,
    /// On-Demand's and Spot's.
    buckets: [Bucket; 2],
    /// By allocation: those of tasks that are there.
    tasks: Vec<Option<Task>>,
    launched: u32,
    /// Whether any of them had a part of a vCPU.
    has_parts: bool,
    /// Bills of tasks that ended, until whoever holds the clock takes them.
    ended: Option<InstanceRecord>,
}

impl Fargate {
    pub(super) fn new(world: &World, streams: Streams) -> Fargate {
        let settings: &Settings = &world.settings;
        let machines = world.catalogue.tasks().filter_map(|(id, machine)| {
            let task = machine.hardware.task?;
            Some(((machine.architecture, task), id))
        });
        Fargate {
            knobs: Knobs {
                start: settings.span(Knob::FargateStart),
                container_start: settings.span(Knob::ContainerStart),
                burst: settings.count(Knob::FargateLaunchBurst),
                refill: settings.ratio(Knob::FargateLaunchesPerSecond),
                interruptions_per_hour: settings.ratio(Knob::FargateSpotInterruptionsPerHour),
            },
            prices: world.billing.fargate,
            streams,
            environments: Vec::new(),
            machines: machines.collect(),
            buckets: [Bucket::default(); 2],
            tasks: Vec::new(),
            launched: 0,
            has_parts: false,
            ended: None,
        }
    }

    /// The next environment came to be.
    pub(super) fn create(&mut self, spec: Option<&FargateEnvironment>) {
        self.environments.push(spec.map(|spec| Environment {
            spot: spec.spot,
            max_vcpus: spec.max_vcpus,
            quarters: 0,
        }));
    }

    fn environment(&self, id: EnvId) -> Option<&Environment> {
        self.environments[id.index()].as_ref()
    }

    /// Room for vCPUs, rounded up, where it is one of Fargate.
    pub(super) fn room(&self, id: EnvId) -> Option<Shape> {
        let environment = self.environment(id)?;
        let free = (u64::from(environment.max_vcpus) * 4).saturating_sub(environment.quarters);
        let vcpus = u32::try_from(free.div_ceil(4)).unwrap_or(u32::MAX);
        Some(Shape::new(vcpus, u32::MAX, 0))
    }

    /// Whether it could ever take a task, where it is one of Fargate.
    pub(super) fn ever(&self, id: EnvId, ask: &Ask<'_>) -> Option<Ever> {
        let environment = self.environment(id)?;
        let quarters = ask.task.map_or(0, |task| task.size.quarter_vcpus);
        let fits = u64::from(quarters) <= u64::from(environment.max_vcpus) * 4;
        Some(if fits { Ever::Yes } else { Ever::TooMuch })
    }

    /// Whether any task had a part of a vCPU.
    pub(super) fn has_parts(&self) -> bool {
        self.has_parts
    }

    /// The task of an allocation.
    fn task(&self, id: AllocationId) -> &Task {
        self.tasks[id.0 as usize]
            .as_ref()
            .expect("the allocation is a task's")
    }

    fn task_mut(&mut self, id: AllocationId) -> &mut Task {
        self.tasks[id.0 as usize]
            .as_mut()
            .expect("the allocation is a task's")
    }

    /// When Fargate Spot interrupts attempt `attempt` of a job, which has its machine from `from` on, to the millisecond.
    fn interruption(&self, job: u32, attempt: u8, from: SimTime) -> SimTime {
        let hazard = self.knobs.interruptions_per_hour;
        let entity = u64::from(job) << 8 | u64::from(attempt);
        let life = market::life(&self.streams, "fargate-interruption", entity, hazard);
        life.map_or(SimTime::NEVER, |life| from + life)
    }
}

/// What comes before a container runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// Until its machine is there.
    pub machine: Span,
    /// Until its image is there after that.
    pub pull: Span,
}

impl Fleet<'_> {
    /// Launches a task, if there is room for it and a token.
    pub(super) fn place_task(
        &mut self,
        now: SimTime,
        environment: EnvId,
        ask: &Ask<'_>,
        task: &TaskAsk,
    ) -> Option<Placed> {
        let fargate = &mut self.fargate;
        let knobs = fargate.knobs;
        let place = fargate.environments[environment.index()].as_mut()?;
        if !place.has_room(task) {
            return None;
        }
        let bucket = &mut fargate.buckets[usize::from(place.spot)];
        if bucket.ready(now, &knobs) > now {
            return None;
        }
        let machine = TaskMachine {
            size: task.size,
            spot: place.spot,
        };
        let instance_type = *fargate.machines.get(&(task.architecture, machine))?;
        bucket.missing += TOKEN;
        place.quarters += u64::from(task.size.quarter_vcpus);
        let instance = InstanceId::of_task(fargate.launched);
        fargate.launched += 1;
        fargate.has_parts |= !task.size.quarter_vcpus.is_multiple_of(4);
        let shape = ask.shape;
        self.progress();
        let (id, entry) = self.allocations.add();
        entry.job = ask.job;
        entry.environment = environment;
        entry.shape = shape;
        entry.first = Node {
            instance,
            shape,
            taken: shape,
            weight: ledger::WHOLE,
            mark: 0,
            ran: NOT_YET,
        };
        entry.gang = None;
        entry.expected_end = ask.expected_end;
        entry.lost = Usd::ZERO;
        let pulls = now + knobs.start;
        let is_at_once = knobs.start.is_zero() && knobs.container_start.is_zero();
        let slot = id.0 as usize;
        if self.fargate.tasks.len() <= slot {
            self.fargate.tasks.resize(slot + 1, None);
        }
        self.fargate.tasks[slot] = Some(Task {
            instance,
            instance_type,
            environment,
            shape,
            ask: *task,
            pulls,
            ran: if is_at_once { now } else { SimTime::NEVER },
            traffic: Usd::ZERO,
        });
        self.levels.used.0 += u64::from(shape.vcpus);
        self.levels.used.1 += u64::from(shape.memory);
        self.levels.provisioned.0 += u64::from(shape.vcpus);
        self.levels.provisioned.1 += u64::from(shape.memory);
        self.levels.instances += 1;
        Some(Placed {
            allocation: id,
            environment,
            instance,
            speed: self.catalogue.get(instance_type).speed,
        })
    }

    /// When the next task can be launched, where nothing but the ceiling on launches keeps `task` from one of `environments`.
    pub(super) fn next_launch(
        &mut self,
        now: SimTime,
        environments: &[EnvId],
        task: &TaskAsk,
    ) -> Option<SimTime> {
        let Fargate {
            environments: all,
            buckets,
            knobs,
            ..
        } = &mut self.fargate;
        let with_room = environments
            .iter()
            .filter_map(|id| all[id.index()])
            .filter(|environment| environment.has_room(task));
        with_room
            .map(|environment| buckets[usize::from(environment.spot)].ready(now, knobs))
            .min()
    }

    /// maxvCpus of a Fargate environment is another.
    pub fn limit_tasks(&mut self, environment: EnvId, max_vcpus: u32) {
        if let Some(place) = &mut self.fargate.environments[environment.index()] {
            self.levels.vcpus_max += u64::from(max_vcpus);
            self.levels.vcpus_max -= u64::from(place.max_vcpus);
            place.max_vcpus = max_vcpus;
        }
    }

    /// How long a task waits for its machine and then pulls its image of `mib` MiB, where it has a size.
    pub(super) fn start_task(&mut self, id: AllocationId, mib: Option<u32>) -> Start {
        let start = Start {
            machine: self.fargate.knobs.start,
            pull: mib.map_or(Span::ZERO, |mib| self.images.pull(mib, 1)),
        };
        let traffic = mib.map_or(Usd::ZERO, |mib| self.images.traffic(mib));
        let task = self.fargate.task_mut(id);
        task.traffic = traffic;
        if !start.pull.is_zero() {
            task.ran = SimTime::NEVER;
        }
        start
    }

    /// The container of a task runs from now on.
    pub(super) fn task_runs(&mut self, now: SimTime, id: AllocationId) {
        self.fargate.task_mut(id).ran = now;
    }

    /// When Fargate Spot takes back the task of attempt `attempt` of a job, which was just placed; never where it is none.
    pub fn task_interruption(&self, id: AllocationId, attempt: u8) -> SimTime {
        let allocation = self.allocations.get(id);
        match self.fargate.environment(allocation.environment) {
            Some(environment) if environment.spot => {
                let from = self.fargate.task(id).pulls;
                self.fargate.interruption(allocation.job.0, attempt, from)
            }
            _ => SimTime::NEVER,
        }
    }

    /// A task ends, and its machine is gone.
    pub(super) fn release_task(
        &mut self,
        now: SimTime,
        id: AllocationId,
        spent: Spent,
    ) -> AttemptCost {
        let task = self.fargate.tasks[id.0 as usize]
            .take()
            .expect("the allocation is a task's");
        let environment = &mut self.fargate.environments[task.environment.index()];
        let environment = environment.as_mut().expect("it is one of Fargate");
        environment.quarters -= u64::from(task.ask.size.quarter_vcpus);
        self.levels.used.0 -= u64::from(task.shape.vcpus);
        self.levels.used.1 -= u64::from(task.shape.memory);
        self.levels.provisioned.0 -= u64::from(task.shape.vcpus);
        self.levels.provisioned.1 -= u64::from(task.shape.memory);
        self.levels.instances -= 1;
        self.releases += 1;
        self.allocations.remove(id);
        let (record, cost) = self.task_bill(now, &task, spent, true);
        self.fargate.ended = Some(record);
        cost
    }

    /// The bill of the task that ended last, once.
    #[inline]
    pub fn take_task_bill(&mut self) -> Option<InstanceRecord> {
        self.fargate.ended.take()
    }

    /// The bills of tasks that are there at the end of the run, in order of launch.
    pub(super) fn close_tasks(&mut self, end: SimTime) -> Vec<InstanceRecord> {
        let mut tasks: Vec<Task> = self.fargate.tasks.iter().flatten().copied().collect();
        tasks.sort_by_key(|task| task.instance);
        let bill = |task: &Task| {
            self.task_bill(end, task, Spent::on(CostCause::Stranded), false)
                .0
        };
        tasks.iter().map(bill).collect()
    }

    fn task_bill(
        &self,
        now: SimTime,
        task: &Task,
        spent: Spent,
        terminated: bool,
    ) -> (InstanceRecord, AttemptCost) {
        let machine = self.catalogue.get(task.instance_type);
        let began = task.pulls.min(now);
        let life = now - began;
        let billed = match now < task.pulls {
            true => Span::ZERO,
            false => billed(life),
        };
        let ran = task.ran.min(now).max(began);
        let attempt = AttemptCost {
            starting: machine.price.over(ran - began),
            running: machine.price.over(now - ran),
        };
        let mut cost = CostCauses::default();
        let starting = match terminated {
            true => CostCause::ImagePull,
            false => spent.cause,
        };
        cost.add(starting, attempt.starting);
        spent.parts(attempt.running, |cause, part| cost.add(cause, part));
        cost.add(
            CostCause::Minimum,
            machine.price.over(billed) - machine.price.over(life),
        );
        if !billed.is_zero() {
            let rates = FargateRates::on_demand(task.ask.architecture).with(&self.fargate.prices);
            let storage = rates
                .task(task.ask.size, task.ask.storage_gib, billed)
                .storage;
            cost.add(CostCause::Storage, storage);
            cost.add(CostCause::Traffic, task.traffic);
            self.extras.book_address(began, now, &mut cost);
        }
        let used = u128::from(task.shape.vcpus) * u128::from(life.ms());
        let record = InstanceRecord {
            instance: task.instance,
            environment: task.environment,
            instance_type: task.instance_type,
            launched: began,
            registered: (!billed.is_zero()).then_some(began),
            ended: now,
            terminated,
            attempts: 1,
            used_vcpu_ms: used,
            busy: life,
            pool: PoolId::NONE,
            spot: self
                .fargate
                .environment(task.environment)
                .is_some_and(|environment| environment.spot),
            interrupted: spent.cause == CostCause::Interrupted,
            billed_s: billed.ms() / 1000,
            cost,
            by_hour: Box::default(),
        };
        (record, attempt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_launched_at_once_and_the_rest_at_the_rate() {
        let knobs = Knobs {
            start: Span::ZERO,
            container_start: Span::ZERO,
            burst: 100,
            refill: Ratio::from_parts(20 * Ratio::PARTS),
            interruptions_per_hour: Ratio::ZERO,
        };
        let mut bucket = Bucket::default();
        let mut now = SimTime::from_s(1000);
        let mut starts = Vec::new();
        for _ in 0..103 {
            now = bucket.ready(now, &knobs);
            bucket.missing += TOKEN;
            starts.push(now.ms() - 1_000_000);
        }
        assert_eq!(starts[..100], [0; 100]);
        assert_eq!(starts[100..], [50, 100, 150]);
        let never = Knobs {
            refill: Ratio::ZERO,
            ..knobs
        };
        assert_eq!(bucket.ready(now, &never), SimTime::NEVER);
    }
}
