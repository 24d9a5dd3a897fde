//! The scaling decision: what waits is laid into the room there is and is coming, and machines are launched for the rest.
//!
//! It costs the number of shapes that wait and of different rooms, not the number of jobs or machines: machines with the
//! same room left are one entry. AWS publishes nothing of this but that demand is read over the whole RUNNABLE set; the rule
//! is ours, its knobs are assumptions:
//!
//! 1. Each environment that is below minvCpus, or below a desiredvCpus not reached yet, launches up to it.
//! 2. Queue by queue, the highest priority first: its head, then all else that waits by shape, the largest first. Each entry
//!    goes to the environments of the queue in their order: into room that is there or to come, the scarcest first, then onto
//!    machines launched for it, which have their rest as room for what follows.
//! 3. A launch takes the type that the strategy picks among those that hold the job. It is refused at maxvCpus (the last may
//!    go over it where the strategy may) and at the ceiling of the cluster: the rest spills over to the next environment. It
//!    waits, and the rest with it, for a launch token, and where EC2 has no such instance until `spillAfter` is over.
//!
//! A type of which maxvCpus would never let there be as many as a job needs is not picked.
//!
//! A multi-node job is an entry of its own, wherever it waits, and gets all of its machines in one environment or none: whole
//! ones of one type that are there or to come, where these are enough; else as many as are missing of the type that the
//! strategy picks. All of them are launched at once, so they need room below maxvCpus, launch tokens and capacity together.
//! Of types at one price per vCPU it is the smallest, whatever `sizeBias` says, as what a node leaves of its machine is of use
//! to nobody. Machines that come one after the other may leave unused before all are there; where one did, and nothing else
//! has happened since, machines are launched for all nodes, to come together.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::allocation::{Candidate, Need};
use crate::policy::capacity::Gang;
use crate::policy::discipline::Hold;
use crate::policy::scaling::{HeadWaits, QueueDemand, Want};
use crate::units::{EnvId, PoolId, PricePerHour, Ratio, Shape, SimTime, Span, TypeId};

use super::Fleet;
use super::managed::Managed;

/// The settings of scaling.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knobs {
    pub(super) smallest: bool,
    pub(super) burst: u32,
    pub(super) refill: Ratio,
    pub(super) cluster_max: u32,
    pub(super) backoff: Span,
    pub(super) spill_after: Span,
}

/// Machines of one type that are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Launch {
    /// For which environment.
    pub environment: EnvId,
    /// Their type.
    pub instance_type: TypeId,
    /// The Spot pool that they come from; [`PoolId::NONE`] for On-Demand.
    pub pool: PoolId,
    /// How many.
    pub count: u32,
}

/// What was decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Machines to be launched, in order.
    pub launches: Vec<Launch>,
    /// Why heads go on waiting.
    pub heads: Vec<HeadWaits>,
    /// When a decision may come to something else though nothing happens.
    pub alarm: Option<SimTime>,
}

/// Machines with the same room, in order: room, type, whether they are still to come.
type Room = (Shape, TypeId, bool);

/// The bucket of launches that an account has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tokens {
    /// In parts of a token per thousand.
    units: u128,
    at: SimTime,
}

/// A token.
const TOKEN: u128 = Ratio::PARTS as u128 * 1000;

impl Tokens {
    pub(super) fn full(burst: u32) -> Tokens {
        Tokens {
            units: u128::from(burst) * TOKEN,
            at: SimTime::ZERO,
        }
    }

    fn refill(&mut self, now: SimTime, knobs: &Knobs) {
        let passed = u128::from((now - self.at).ms());
        let full = u128::from(knobs.burst) * TOKEN;
        self.units = (self.units + passed * u128::from(knobs.refill.parts())).min(full);
        self.at = now;
    }

    fn left(&self) -> u64 {
        u64::try_from(self.units / TOKEN).unwrap_or(u64::MAX)
    }

    /// When `count` can be taken, if ever.
    fn next(&self, count: u64, knobs: &Knobs) -> Option<SimTime> {
        let missing = (u128::from(count) * TOKEN).saturating_sub(self.units);
        let parts = u128::from(knobs.refill.parts());
        if parts == 0 || count > u64::from(knobs.burst) {
            return None;
        }
        let ms = u64::try_from(missing.div_ceil(parts)).ok()?;
        Some(self.at + Span::from_ms(ms))
    }
}

/// What became of a try to launch.
enum Tried {
    Launched(TypeId),
    /// The environment cannot: the next one may.
    Full,
    /// No type of it holds the job.
    TooSmall,
    /// EC2 has had none of its types for too long: the next one may.
    Short,
    /// It will, later.
    Keeps,
}

/// A decision in the making.
struct Making<'f, 'w> {
    fleet: &'f mut Fleet<'w>,
    now: SimTime,
    /// By environment; `None` until somebody asks.
    rooms: Vec<Option<BTreeMap<Room, u32>>>,
    /// Room with less than this takes nobody.
    least: Shape,
    /// Types, or Spot pools of them, that had no capacity in this decision.
    out: BTreeSet<(EnvId, TypeId, PoolId)>,
    /// What each Spot pool that was looked at costs and how risky it seems.
    views: Vec<Option<(PricePerHour, u64)>>,
    decision: Decision,
}

impl Fleet<'_> {
    /// Decides what to launch for what waits: `demands` by priority of their queues. The machines count as asked for from now
    /// on; whoever holds the clock says when they run and when they are ready.
    pub fn scale(&mut self, now: SimTime, demands: &[QueueDemand]) -> Decision {
        self.tokens.refill(now, &self.scaling);
        for managed in self.managed.iter_mut().flatten() {
            managed.backed_off.retain(|_, until| *until > now);
        }
        let rooms = vec![None; self.pools.len()];
        let least = least(demands);
        let views = vec![None; self.market.pools().len()];
        let mut making = Making {
            fleet: self,
            now,
            rooms,
            least,
            out: BTreeSet::new(),
            views,
            decision: Decision::default(),
        };
        making.floors();
        demands.iter().for_each(|demand| making.queue(demand));
        let mut decision = making.decision;
        // A type that is still short is tried again when that changes, which somebody will say.
        let backed_off = self
            .managed
            .iter()
            .flatten()
            .flat_map(|managed| &managed.backed_off)
            .filter(|&(&(one, pool), _)| {
                let vcpus = u64::from(self.size(one).vcpus);
                self.has_capacity(now, one, pool, 1)
                    && self.quotas.allows(one, pool.is_some(), vcpus)
            })
            .map(|(_, &until)| until);
        decision.alarm = decision.alarm.into_iter().chain(backed_off).min();
        decision
    }

    /// Room in an environment, there or to come.
    fn rooms_of(&self, environment: usize, least: Shape) -> BTreeMap<Room, u32> {
        let mut rooms = BTreeMap::new();
        let pool = &self.pools[environment];
        for (position, room) in pool.rooms() {
            if least.fits(room) {
                *rooms
                    .entry((room, pool.type_at(position), false))
                    .or_default() += 1;
            }
        }
        if let Some(managed) = &self.managed[environment] {
            for (&instance_type, &count) in &managed.coming {
                *rooms
                    .entry((managed.size(instance_type), instance_type, true))
                    .or_default() += count;
            }
        }
        rooms
    }
}

impl Making<'_, '_> {
    fn rooms(&mut self, environment: EnvId) -> &mut BTreeMap<Room, u32> {
        let rooms = &mut self.rooms[environment.index()];
        rooms.get_or_insert_with(|| self.fleet.rooms_of(environment.index(), self.least))
    }

    fn managed(&mut self, environment: EnvId) -> Option<&mut Managed> {
        self.fleet.managed[environment.index()].as_mut()
    }

    fn wake(&mut self, at: Option<SimTime>) {
        self.decision.alarm = self.decision.alarm.into_iter().chain(at).min();
    }

    /// minvCpus is kept always, even by a DISABLED environment (API ComputeResource.minvCpus).
    fn floors(&mut self) {
        let least = Shape::new(1, 1, 0);
        for environment in (0..self.fleet.managed.len()).map(EnvId::at) {
            while let Some(managed) = self.managed(environment) {
                let (floor, committed) = (managed.floor(), managed.committed);
                if committed >= floor || !managed.scale.valid {
                    break;
                }
                // The room there was, before what is launched counts as to come.
                self.rooms(environment);
                let Tried::Launched(instance_type) =
                    self.launch(environment, &[least], None, floor - committed, |_| 1)
                else {
                    break;
                };
                let size = self.fleet.size(instance_type);
                self.add_room(environment, (size, instance_type, true), 1);
            }
        }
    }

    fn queue(&mut self, demand: &QueueDemand) {
        let cannot_grow = |environment: &EnvId| {
            let managed = self.fleet.managed[environment.index()].as_ref();
            managed.is_some_and(|managed| managed.budget() == 0)
        };
        let is_full = demand.environments.iter().all(cannot_grow)
            && (demand.environments.iter()).all(|&environment| self.rooms(environment).is_empty());
        if is_full {
            // Nothing can be launched, and no room is there or to come that queues behind could not have.
            self.decision.heads.push(HeadWaits {
                queue: demand.queue,
                hold: Hold::MaxVcpus,
            });
            return;
        }
        // Gangs leave nothing of their machines to others, and take nothing of theirs.
        let shared = |want: &Want| match want.gang {
            None => u64::from(want.shape.vcpus) * want.count,
            Some(_) => 0,
        };
        let mut vcpus: u64 = demand.wants.iter().map(shared).sum();
        for (place, want) in demand.wants.iter().enumerate() {
            let hold = self.want(demand, want, vcpus);
            if let (0, Some(hold)) = (place, hold) {
                self.decision.heads.push(HeadWaits {
                    queue: demand.queue,
                    hold,
                });
            }
            vcpus -= shared(want);
        }
    }

    /// Provides for one entry; `vcpus` is what it and those behind it ask for. Says what its jobs go on waiting for, unless
    /// there is room for them now.
    fn want(&mut self, demand: &QueueDemand, want: &Want, vcpus: u64) -> Option<Hold> {
        if let Some(gang) = &want.gang {
            return self.gangs(demand, want, gang);
        }
        let mut left = want.count;
        let mut waits_for_boot = false;
        let mut is_full = false;
        for &environment in &demand.environments {
            waits_for_boot |= self.cover(environment, want.shape, &mut left);
            while left > 0 && self.launches_for(environment, want) {
                let ahead = vcpus - u64::from(want.shape.vcpus) * (want.count - left);
                match self.launch(environment, &[want.shape], None, ahead, |_| 1) {
                    Tried::Launched(instance_type) => {
                        waits_for_boot = true;
                        let size = self.fleet.size(instance_type);
                        let taken = times(want.shape, size).min(left);
                        left -= taken;
                        let rest = less(size, want.shape, taken);
                        self.add_room(environment, (rest, instance_type, true), 1);
                    }
                    Tried::Full => {
                        is_full = true;
                        break;
                    }
                    Tried::TooSmall | Tried::Short => break,
                    Tried::Keeps => {
                        return Some(if waits_for_boot {
                            Hold::Boot
                        } else {
                            Hold::Capacity
                        });
                    }
                }
            }
            if left == 0 {
                break;
            }
        }
        if waits_for_boot {
            Some(Hold::Boot)
        } else if left == 0 {
            None
        } else if is_full {
            Some(Hold::MaxVcpus)
        } else {
            Some(Hold::Capacity)
        }
    }

    /// Whether an environment launches for `want` as things are: not where that asks for more than maxvCpus, as such a job is
    /// misconfigured and not one for which it may be exceeded. And where an instance went that nobody had used, only for heads
    /// that wait for nothing but room, until something happens. Otherwise machines would come and go for jobs behind a head
    /// that is stuck, for ever.
    fn launches_for(&self, environment: EnvId, want: &Want) -> bool {
        let managed = self.fleet.managed[environment.index()].as_ref();
        managed.is_some_and(|managed| {
            want.shape.vcpus <= managed.scale.max_vcpus
                && (want.needs_only_room || managed.in_vain != Some(self.fleet.epoch))
        })
    }

    /// Lays jobs of `shape` into room, the scarcest first. Says whether any of it is still to come.
    fn cover(&mut self, environment: EnvId, shape: Shape, left: &mut u64) -> bool {
        let rooms = self.rooms(environment);
        let mut to_come = false;
        let mut changes: Vec<(Room, u32, u64)> = Vec::new();
        for (&room, &machines) in rooms.range((shape, TypeId(0), false)..) {
            if *left == 0 {
                break;
            }
            let each = times(shape, room.0);
            if each == 0 {
                continue;
            }
            to_come |= room.2;
            let filled = (*left / each).min(u64::from(machines));
            if filled > 0 {
                changes.push((room, filled as u32, each));
                *left -= filled * each;
            }
            if *left > 0 && filled < u64::from(machines) {
                changes.push((room, 1, *left));
                *left = 0;
            }
        }
        for (room, machines, taken) in changes {
            remove(self.rooms(environment), room, machines);
            let rest = (less(room.0, shape, taken), room.1, room.2);
            self.add_room(environment, rest, machines);
        }
        to_come
    }

    fn add_room(&mut self, environment: EnvId, room: Room, machines: u32) {
        if self.least.fits(room.0) {
            *self.rooms(environment).entry(room).or_default() += machines;
        }
    }

    /// Provides for multi-node jobs one by one. Says what the first goes on waiting for.
    fn gangs(&mut self, demand: &QueueDemand, want: &Want, gang: &Gang) -> Option<Hold> {
        let mut first = None;
        for job in 0..want.count {
            let (is_provided, hold) = self.gang(demand, want, gang);
            if job == 0 {
                first = hold;
            }
            if !is_provided {
                // Nor are those like it.
                break;
            }
        }
        first
    }

    /// Provides for a multi-node job. Says whether there are machines for it, and what it goes on waiting for.
    fn gang(&mut self, demand: &QueueDemand, want: &Want, gang: &Gang) -> (bool, Option<Hold>) {
        let mut is_full = false;
        for &environment in &demand.environments {
            let nodes = gang.nodes.len() as u64;
            let whole = self.whole(environment, gang);
            if let Some((&instance_type, _)) = whole.iter().find(|(_, count)| **count >= nodes) {
                let to_come = self.take_whole(environment, instance_type, nodes);
                return (true, to_come.then_some(Hold::Boot));
            }
            if !self.launches_for(environment, want) {
                continue;
            }
            match self.launch_gang(environment, gang, &whole) {
                Tried::Launched(_) => return (true, Some(Hold::Boot)),
                Tried::Full => is_full = true,
                Tried::TooSmall | Tried::Short => {}
                Tried::Keeps => return (false, Some(Hold::Capacity)),
            }
        }
        let hold = match is_full {
            true => Hold::MaxVcpus,
            false => Hold::Capacity,
        };
        (false, Some(hold))
    }

    /// Launches what is missing besides the `whole` machines, by type, that are there or to come.
    fn launch_gang(
        &mut self,
        environment: EnvId,
        gang: &Gang,
        whole: &BTreeMap<TypeId, u64>,
    ) -> Tried {
        let managed = self.fleet.managed[environment.index()].as_ref();
        let in_vain = managed.is_some_and(|managed| managed.in_vain == Some(self.fleet.epoch));
        let nodes = gang.nodes.len() as u64;
        let there = |one: TypeId| match in_vain {
            true => 0,
            false => whole.get(&one).copied().unwrap_or(0),
        };
        // How many are missing depends on the type, and that on the strategy.
        let missing = |one: TypeId| nodes - there(one);
        // A node has its machine to itself.
        let largest = gang.nodes.iter().map(|node| u64::from(node.vcpus)).max();
        let demand = largest.unwrap_or(0);
        let tried = self.launch(
            environment,
            &gang.nodes,
            gang.instance_type,
            demand,
            missing,
        );
        if let Tried::Launched(instance_type) = tried {
            self.take_whole(environment, instance_type, there(instance_type));
        }
        tried
    }

    /// Whole machines by type on which every node fits.
    fn whole(&mut self, environment: EnvId, gang: &Gang) -> BTreeMap<TypeId, u64> {
        let mut whole = BTreeMap::new();
        let (fleet, least) = (&*self.fleet, self.least);
        let rooms = self.rooms[environment.index()]
            .get_or_insert_with(|| fleet.rooms_of(environment.index(), least));
        for (&(room, instance_type, _), &machines) in rooms.iter() {
            if room == fleet.size(instance_type)
                && gang.instance_type.is_none_or(|only| only == instance_type)
                && gang.nodes.iter().all(|node| node.fits(room))
            {
                *whole.entry(instance_type).or_default() += u64::from(machines);
            }
        }
        whole
    }

    /// Says whether any of them is still to come.
    fn take_whole(&mut self, environment: EnvId, instance_type: TypeId, mut count: u64) -> bool {
        let size = self.fleet.size(instance_type);
        let rooms = self.rooms(environment);
        for to_come in [false, true] {
            let room = (size, instance_type, to_come);
            let there = rooms.get(&room).copied().unwrap_or(0);
            let taken = u64::from(there).min(count);
            remove(rooms, room, taken as u32);
            count -= taken;
            if to_come {
                return taken > 0;
            }
        }
        false
    }

    /// Launches machines of the type that the strategy picks, `count` of them by type, or says why not.
    fn launch(
        &mut self,
        environment: EnvId,
        shapes: &[Shape],
        only: Option<TypeId>,
        demand: u64,
        count: impl Fn(TypeId) -> u64,
    ) -> Tried {
        let now = self.now;
        let knobs = self.fleet.scaling;
        loop {
            let Some(managed) = self.fleet.managed[environment.index()].as_ref() else {
                return Tried::Full;
            };
            let is_floor = managed.committed < managed.floor();
            if !managed.scale.valid || !(managed.scale.enabled || is_floor) {
                return Tried::Full;
            }
            let instances = u64::from(managed.instances);
            let is_one_cluster = |count: u64| {
                knobs.cluster_max == 0 || instances + count <= u64::from(knobs.cluster_max)
            };
            if managed.budget() == 0 || !is_one_cluster(1) {
                return Tried::Full;
            }
            if managed.fitting(shapes, only).next().is_none() {
                return Tried::TooSmall;
            }
            let lets_be = |one| managed.lets_be(one, shapes.len());
            if !managed.fitting(shapes, only).any(lets_be) {
                return Tried::Full;
            }
            let (candidates, cheaper) = self.candidates(environment, shapes, only);
            let Some(managed) = self.fleet.managed[environment.index()].as_ref() else {
                return Tried::Full;
            };
            if candidates.is_empty() {
                if knobs.burst > 0 && self.fleet.tokens.left() == 0 {
                    let at = self.fleet.tokens.next(1, &knobs);
                    self.wake(at);
                    return Tried::Keeps;
                }
                self.wake(cheaper);
                return self.short(environment, &knobs);
            }
            let need = Need {
                demand_vcpus: demand,
                budget_vcpus: managed.budget(),
                smallest: knobs.smallest,
            };
            let chosen = managed.allocation.choose(&candidates, &need);
            let count = count(chosen.instance_type);
            let all = u64::from(chosen.vcpus) * count;
            let free = if managed.may_exceed() {
                all - u64::from(chosen.vcpus).min(all) < managed.budget()
            } else {
                all <= managed.budget()
            };
            let is_one_burst = knobs.burst == 0 || count <= u64::from(knobs.burst);
            if !(free && is_one_cluster(count) && is_one_burst) {
                return Tried::Full;
            }
            if knobs.burst > 0 && self.fleet.tokens.left() < count {
                let at = self.fleet.tokens.next(count, &knobs);
                self.wake(at);
                return Tried::Keeps;
            }
            let (instance_type, pool) = (chosen.instance_type, chosen.pool);
            let is_within_quota = self.fleet.quotas.allows(instance_type, pool.is_some(), all);
            if !is_within_quota {
                (self.fleet.quotas).refuse(now, instance_type, pool.is_some());
            }
            if is_within_quota && self.fleet.has_capacity(now, instance_type, pool, count) {
                self.ask_for(Launch {
                    environment,
                    instance_type,
                    pool,
                    count: count as u32,
                });
                return Tried::Launched(chosen.instance_type);
            }
            let falls_back = managed.allocation.falls_back();
            if !falls_back {
                return self.short(environment, &knobs);
            }
            self.out.insert((environment, instance_type, pool));
            if !knobs.backoff.is_zero()
                && let Some(managed) = self.managed(environment)
            {
                let until = now + knobs.backoff;
                managed.backed_off.insert((instance_type, pool), until);
            }
        }
    }

    /// What may be launched for `shapes`, and when a Spot pool that is over the cap may cost less.
    fn candidates(
        &mut self,
        environment: EnvId,
        shapes: &[Shape],
        only: Option<TypeId>,
    ) -> (Vec<Candidate>, Option<SimTime>) {
        let now = self.now;
        let Fleet {
            managed, market, ..
        } = &mut *self.fleet;
        let mut candidates = Vec::new();
        let mut cheaper = None;
        let Some(managed) = &managed[environment.index()] else {
            return (candidates, cheaper);
        };
        let is_out = |one: TypeId, pool: PoolId| {
            managed.is_backed_off(now, one, pool) || self.out.contains(&(environment, one, pool))
        };
        let fitting = managed.fitting(shapes, only);
        for one in fitting.filter(|one| managed.lets_be(one, shapes.len())) {
            let candidate = Candidate {
                instance_type: one.instance_type,
                vcpus: one.size.vcpus,
                price: one.price,
                pool: PoolId::NONE,
                position: one.position,
                risk: 0,
            };
            let Some(bid) = managed.bid_percentage else {
                if !is_out(one.instance_type, PoolId::NONE) {
                    candidates.push(candidate);
                }
                continue;
            };
            for pool in market.pools_of(one.instance_type) {
                if is_out(one.instance_type, pool) {
                    continue;
                }
                let view = &mut self.views[pool.index()];
                let (price, risk) = *view
                    .get_or_insert_with(|| (market.price(pool, now), market.signal(pool, now)));
                if price > cap(one.price, bid) {
                    cheaper = cheaper
                        .into_iter()
                        .chain(market.next_price(pool, now))
                        .min();
                } else {
                    candidates.push(Candidate {
                        price,
                        pool,
                        risk,
                        ..candidate
                    });
                }
            }
        }
        (candidates, cheaper)
    }

    /// EC2 has none of what the environment may launch.
    fn short(&mut self, environment: EnvId, knobs: &Knobs) -> Tried {
        let now = self.now;
        let Some(managed) = self.managed(environment) else {
            return Tried::Full;
        };
        let since = *managed.short_since.get_or_insert(now);
        let spills = since + knobs.spill_after;
        if now < spills {
            self.wake(Some(spills));
            Tried::Keeps
        } else {
            Tried::Short
        }
    }

    fn ask_for(&mut self, launch: Launch) {
        let Launch {
            environment,
            instance_type,
            pool,
            count,
        } = launch;
        let size = self.fleet.size(instance_type);
        if self.fleet.scaling.burst > 0 {
            self.fleet.tokens.units -= u128::from(count) * TOKEN;
        }
        let now = self.now;
        (self.fleet).count_type(now, instance_type, pool, i64::from(count));
        if let Some(managed) = self.managed(environment) {
            let vcpus = u64::from(size.vcpus) * u64::from(count);
            managed.ask_for(instance_type, count, vcpus);
        }
        self.fleet.reconsider_kept(environment);
        match self.decision.launches.last_mut() {
            Some(last)
                if (last.environment, last.instance_type, last.pool)
                    == (environment, instance_type, pool) =>
            {
                last.count += count;
            }
            _ => self.decision.launches.push(launch),
        }
    }
}

/// The most that a Spot instance may cost: `percent` of its On-Demand price (API ComputeResource.bidPercentage).
pub(super) fn cap(on_demand: PricePerHour, percent: u32) -> PricePerHour {
    let ticks = u128::from(on_demand.ticks()) * u128::from(percent) / 100;
    PricePerHour::from_ticks(u64::try_from(ticks).unwrap_or(u64::MAX))
}

/// What each of the jobs that wait asks for at least.
fn least(demands: &[QueueDemand]) -> Shape {
    let wants = demands.iter().flat_map(|demand| &demand.wants);
    let shapes = wants.flat_map(|want| match &want.gang {
        Some(gang) => gang.nodes.as_slice(),
        None => std::slice::from_ref(&want.shape),
    });
    let least = shapes.copied().reduce(|a, b| Shape {
        vcpus: a.vcpus.min(b.vcpus),
        memory: a.memory.min(b.memory),
        gpus: a.gpus.min(b.gpus),
    });
    // A machine without a vCPU left takes nobody.
    least.map_or(Shape::new(1, 0, 0), |least| Shape {
        vcpus: least.vcpus.max(1),
        ..least
    })
}

fn remove(rooms: &mut BTreeMap<Room, u32>, room: Room, machines: u32) {
    if let Some(there) = rooms.get_mut(&room) {
        *there -= machines;
        if *there == 0 {
            rooms.remove(&room);
        }
    }
}

/// How many of `shape` fit in `room`.
fn times(shape: Shape, room: Shape) -> u64 {
    let part = |of: u32, all: u32| (of > 0).then(|| u64::from(all / of));
    [
        part(shape.vcpus, room.vcpus),
        part(shape.memory, room.memory),
        part(shape.gpus, room.gpus),
    ]
    .into_iter()
    .flatten()
    .min()
    .unwrap_or(0)
}

/// `room` without `count` of `shape`.
fn less(room: Shape, shape: Shape, count: u64) -> Shape {
    let all = |of: u32| u32::try_from(u64::from(of) * count).unwrap_or(u32::MAX);
    room.less(Shape::new(
        all(shape.vcpus),
        all(shape.memory),
        all(shape.gpus),
    ))
}
