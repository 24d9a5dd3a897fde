//! EC2 Spot at work: what each pool costs at each moment, when it takes instances back, and what strategies may see of it.
//!
//! A pool is the instances of one type in one availability zone. Its price is a *course*: steps with what an instance would
//! have paid until each, so that a life of any length costs two look-ups, and no event is made when a price changes. A course
//! goes on as far as somebody asks; where its steps come from is the price model's, one file each: `blocks` (a history cut
//! into blocks and drawn again), `process` (a random process), `fitted` (what a history is like); a history or a constant is steps already.
//!
//! Chance comes from named streams: a price from its pool, an interruption from its instance. So two plans see one market.

mod blocks;
mod course;
mod fitted;
mod process;
mod shocks;
mod signal;

use crate::engine::Streams;
use crate::engine::chance::uniform;
use crate::model::{Interruption, Knob, SpotMarket, SpotPrice, World};
use crate::units::{InstanceId, PoolId, PricePerHour, Ratio, SimTime, Span, TypeId, Usd};

use course::{Course, Path};
use shocks::Shocks;
use signal::Signal;

/// What an instance is charged by the hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tariff {
    /// One price.
    Fixed(PricePerHour),
    /// What its Spot pool costs at each moment.
    Spot(PoolId),
    /// What its Spot pool costs at the beginning of each of its hours, from its launch on: before 2017-10-02.
    SpotByTheHour(PoolId, SimTime),
    /// As one of these two, by the hour from a launch on where that is given, but from a moment on never more than a cap: an
    /// instance that goes for its price pays that no longer (API ComputeResource.bidPercentage).
    Going {
        /// The pool.
        pool: PoolId,
        /// Its launch, where it is billed by the hour.
        by_the_hour: Option<SimTime>,
        /// From when on the cap holds.
        since: SimTime,
        /// The most it pays.
        cap: PricePerHour,
    },
}

impl Tariff {
    /// The same for an instance that from `since` on is to cost at most `cap`; where that was said before, nothing changes.
    pub fn going(self, since: SimTime, cap: PricePerHour) -> Tariff {
        let (pool, by_the_hour) = match self {
            Tariff::Spot(pool) => (pool, None),
            Tariff::SpotByTheHour(pool, launched) => (pool, Some(launched)),
            other => return other,
        };
        Tariff::Going {
            pool,
            by_the_hour,
            since,
            cap,
        }
    }
}

/// The Spot pools of a run.
pub struct Market<'w> {
    spot: &'w SpotMarket,
    courses: Vec<Course<'w>>,
    streams: Streams,
    signal: Signal,
    shocks: Shocks<'w>,
    /// How much our own demand wears a pool out.
    wear: Ratio,
}

/// How far ahead a price is looked at for the moment at which it goes over a cap.
const AHEAD: Span = Span::from_s(7 * 24 * 3600);

/// When an instance is taken back, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenBack {
    /// Then.
    At(SimTime),
    /// Not before; ask again then.
    NotBefore(SimTime),
    /// Never.
    Never,
}

impl<'w> Market<'w> {
    /// The market of `world`, in a run of `streams`.
    pub fn new(world: &'w World, streams: Streams) -> Market<'w> {
        let spot = &world.spot;
        let courses = spot.pools.iter().enumerate().map(|(number, pool)| {
            let number = number as u64;
            let path: Box<dyn Path + Send + 'w> = match &pool.price {
                SpotPrice::Fixed(price) => Box::new([(SimTime::ZERO, *price)].into_iter()),
                SpotPrice::Steps(steps) => Box::new(steps.iter().copied()),
                SpotPrice::Process(process) => Box::new(process::Walk::new(
                    *process,
                    streams.stream("price", number),
                )),
                SpotPrice::Fitted(price) => Box::new(fitted::Wander::new(
                    **price,
                    streams.stream("fitted", number),
                )),
                SpotPrice::Blocks {
                    history,
                    length,
                    block,
                } => Box::new(blocks::Blocks::new(
                    history,
                    *length,
                    *block,
                    streams.stream("blocks", number),
                )),
            };
            Course::new(path)
        });
        Market {
            courses: courses.collect(),
            spot,
            shocks: Shocks::new(spot, streams),
            wear: world.settings.ratio(Knob::SpotDepthHazard),
            streams,
            signal: Signal {
                lag: world.settings.span(Knob::SpotSignalLag),
                noise: world.settings.ratio(Knob::SpotSignalNoise),
            },
        }
    }

    /// The pools of one type, in order of zone.
    pub fn pools_of(&self, instance_type: TypeId) -> impl Iterator<Item = PoolId> + use<'w> {
        let pools = &self.spot.pools;
        let first = pools.partition_point(|pool| pool.instance_type < instance_type);
        let end = pools.partition_point(|pool| pool.instance_type <= instance_type);
        (first..end).map(PoolId::at)
    }

    /// What an instance of a pool costs by the hour at `at`.
    pub fn price(&mut self, pool: PoolId, at: SimTime) -> PricePerHour {
        self.courses[pool.index()].price(at)
    }

    /// When the price of a pool changes next, as far as one looks ahead; then one may ask again.
    pub fn next_price(&mut self, pool: PoolId, after: SimTime) -> Option<SimTime> {
        self.courses[pool.index()].next_change(after, after + AHEAD)
    }

    /// What an instance pays from one moment to a later one.
    pub fn paid(&mut self, tariff: Tariff, from: SimTime, to: SimTime) -> Usd {
        match tariff {
            Tariff::Fixed(price) => price.over(to - from),
            Tariff::Spot(pool) => {
                let course = &mut self.courses[pool.index()];
                course.paid(to) - course.paid(from)
            }
            Tariff::SpotByTheHour(pool, launched) => {
                let course = &mut self.courses[pool.index()];
                by_the_hour(course, launched, to, None) - by_the_hour(course, launched, from, None)
            }
            Tariff::Going {
                pool,
                by_the_hour: Some(launched),
                cap,
                ..
            } => {
                let course = &mut self.courses[pool.index()];
                let cap = Some(cap);
                by_the_hour(course, launched, to, cap) - by_the_hour(course, launched, from, cap)
            }
            Tariff::Going {
                pool, since, cap, ..
            } => {
                let course = &mut self.courses[pool.index()];
                let middle = since.clamp(from, to);
                course.paid(middle) - course.paid(from) + course.paid_at_most(cap, middle, to)
            }
        }
    }

    /// How many times as often as its pool says an instance is taken back that is launched where we hold `ours` of the pool.
    pub fn wear(&self, pool: PoolId, ours: u32) -> Ratio {
        let depth = u64::from(self.spot.pools[pool.index()].depth);
        let more = u128::from(self.wear.parts()) * u128::from(ours);
        let more = more.checked_div(u128::from(depth)).unwrap_or(0);
        Ratio::from_parts(Ratio::PARTS.saturating_add(u64::try_from(more).unwrap_or(u64::MAX)))
    }

    /// When EC2 takes back `instance`, which runs in `pool` from `now` on, is to cost at most `cap` and is taken back `wear` times
    /// as often as others. Asked again at a later moment, the answer is the same as far as both know.
    pub fn taken_back(
        &mut self,
        pool: PoolId,
        instance: InstanceId,
        launched: SimTime,
        now: SimTime,
        cap: Option<PricePerHour>,
        wear: Ratio,
    ) -> TakenBack {
        let by_chance = self.by_chance(pool, instance, launched, wear);
        let by_shock = self
            .shocks
            .first(pool, instance, launched, now, now + AHEAD);
        let by_chance = match by_shock {
            TakenBack::At(at) => by_chance.min(at),
            _ => by_chance,
        };
        let Some(cap) = cap else {
            return match by_chance {
                SimTime::NEVER => by_shock,
                at => match by_shock {
                    TakenBack::NotBefore(later) if later < at => by_shock,
                    _ => TakenBack::At(at),
                },
            };
        };
        let until = now + AHEAD;
        let course = &mut self.courses[pool.index()];
        match course.first_above(cap, now, until) {
            Some(at) => TakenBack::At(at.min(by_chance)),
            None if by_chance <= until => TakenBack::At(by_chance),
            None if course.ends_before(until) && by_chance == SimTime::NEVER => by_shock,
            None => TakenBack::NotBefore(until),
        }
    }

    /// The exponential life of an instance at the hazard of its pool, to the millisecond.
    fn by_chance(
        &self,
        pool: PoolId,
        instance: InstanceId,
        launched: SimTime,
        wear: Ratio,
    ) -> SimTime {
        let hazard = self.spot.pools[pool.index()].interruptions_per_hour.parts();
        if self.spot.interruption == Interruption::Never || hazard == 0 {
            return SimTime::NEVER;
        }
        let mut stream = self.streams.stream("interruption", u64::from(instance.0));
        let mut hours = -libm::log(uniform(&mut stream)) * 1e6 / hazard as f64;
        if wear != Ratio::ONE {
            hours *= Ratio::PARTS as f64 / wear.parts() as f64;
        }
        let ms = hours * 3.6e6;
        if ms < SimTime::LAST.ms() as f64 {
            // Later than its launch, so that it was there.
            launched + Span::from_ms((ms as u64).max(1))
        } else {
            SimTime::NEVER
        }
    }

    /// How likely instances of a pool are to be taken back, as an allocation strategy sees it: late and blurred.
    pub fn signal(&self, pool: PoolId, now: SimTime) -> u64 {
        let hazard = self.spot.pools[pool.index()].interruptions_per_hour;
        self.signal.of(hazard, pool, now, &self.streams)
    }

    /// How many instances of a pool there are for us at `at`, where that is limited.
    pub fn available(&self, pool: PoolId, at: SimTime) -> Option<u32> {
        let steps = &self.spot.pools[pool.index()].available;
        let after = steps.partition_point(|&(from, _)| from <= at);
        let step = after.checked_sub(1).or((!steps.is_empty()).then_some(0));
        step.map(|step| steps[step].1)
    }

    /// When a pool may next have fewer instances than now, or more.
    pub fn next_supply(&self, after: SimTime) -> SimTime {
        let next = |steps: &[(SimTime, u32)]| {
            let later = steps.partition_point(|&(from, _)| from <= after);
            steps.get(later).map_or(SimTime::NEVER, |&(from, _)| from)
        };
        let pools = self.spot.pools.iter();
        let times = pools.map(|pool| next(&pool.available));
        times.min().unwrap_or(SimTime::NEVER)
    }

    /// The pools there are.
    pub fn pools(&self) -> &'w [crate::model::SpotPool] {
        &self.spot.pools
    }
}

/// The exponential life of what is taken back `hazard` times an hour whatever its age, to the millisecond and no less than one;
/// `None` where it is longer than a run can be.
pub fn life(streams: &Streams, purpose: &str, entity: u64, hazard: Ratio) -> Option<Span> {
    if hazard == Ratio::ZERO {
        return None;
    }
    let mut stream = streams.stream(purpose, entity);
    let ms = -libm::log(uniform(&mut stream)) * 1e6 / hazard.parts() as f64 * 3.6e6;
    (ms < (SimTime::LAST.ms() / 2) as f64).then(|| Span::from_ms((ms as u64).max(1)))
}

/// What an instance paid until `to` that pays for each of its hours, begun or whole, what its pool costs when it begins, at
/// most `cap`.
fn by_the_hour(
    course: &mut Course<'_>,
    launched: SimTime,
    to: SimTime,
    cap: Option<PricePerHour>,
) -> Usd {
    const HOUR: Span = Span::from_s(3600);
    let mut paid = Usd::ZERO;
    let mut from = launched;
    while from < to {
        let end = (from + HOUR).min(to);
        let price = course.price(from);
        paid += cap.map_or(price, |cap| price.min(cap)).over(end - from);
        from = end;
    }
    paid
}

#[cfg(test)]
mod tests;
