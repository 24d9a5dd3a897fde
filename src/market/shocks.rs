//! Shocks: moments at which many instances of a zone or a family are taken back together. Their times are drawn once for all;
//! which instances are among them, for each instance by itself.

use rand::rngs::ChaCha8Rng;

use crate::engine::Streams;
use crate::engine::chance::uniform;
use crate::model::{ShockTimes, SpotMarket, SpotShock};
use crate::units::{InstanceId, PoolId, SimTime, Span};

use super::TakenBack;

/// All shocks of a run.
pub(super) struct Shocks<'w> {
    all: Vec<Shock<'w>>,
    /// For each pool, those that may hit it.
    of_pool: Vec<Vec<u32>>,
    streams: Streams,
}

/// One kind of shock, as far as somebody asked.
struct Shock<'w> {
    spec: &'w SpotShock,
    times: Vec<SimTime>,
    /// Where the next random time comes from.
    stream: Option<ChaCha8Rng>,
}

impl<'w> Shocks<'w> {
    pub(super) fn new(spot: &'w SpotMarket, streams: Streams) -> Shocks<'w> {
        let mut of_pool = vec![Vec::new(); spot.pools.len()];
        let shocks = (0u32..).zip(&spot.shocks).map(|(number, spec)| {
            for pool in &spec.pools {
                of_pool[pool.index()].push(number);
            }
            let (times, stream) = match &spec.times {
                ShockTimes::At(times) => (times.clone(), None),
                ShockTimes::PerHour(_) => {
                    let stream = streams.stream("shock", number.into());
                    (Vec::new(), Some(stream))
                }
            };
            Shock {
                spec,
                times,
                stream,
            }
        });
        Shocks {
            all: shocks.collect(),
            of_pool,
            streams,
        }
    }

    /// When a shock takes `instance` of `pool` back, which runs since `launched`, from `now` to `until`; or from when on it may.
    pub(super) fn first(
        &mut self,
        pool: PoolId,
        instance: InstanceId,
        launched: SimTime,
        now: SimTime,
        until: SimTime,
    ) -> TakenBack {
        let mut found = SimTime::NEVER;
        let mut is_open = false;
        for &number in &self.of_pool[pool.index()] {
            let shock = &mut self.all[number as usize];
            shock.go_on(until);
            is_open |= shock.goes_on_after(until);
            let first = shock
                .times
                .partition_point(|&at| at < now || at <= launched);
            let entity = u64::from(number) << 32 | u64::from(instance.0);
            let hit = (first..shock.times.len())
                .take_while(|&place| shock.times[place] <= until)
                .find(|&place| {
                    let word = self.streams.word("shocked", entity, place as u32);
                    shock.spec.fraction.hits(word)
                });
            found = found.min(hit.map_or(SimTime::NEVER, |place| shock.times[place]));
        }
        match found {
            SimTime::NEVER if is_open => TakenBack::NotBefore(until),
            SimTime::NEVER => TakenBack::Never,
            at => TakenBack::At(at),
        }
    }
}

impl Shock<'_> {
    /// Times up to `until` and the one after are known.
    fn go_on(&mut self, until: SimTime) {
        let (Some(stream), ShockTimes::PerHour(rate)) = (&mut self.stream, &self.spec.times) else {
            return;
        };
        let mut last = self.times.last().copied().unwrap_or(SimTime::ZERO);
        while last <= until && rate.parts() > 0 {
            let hours = -libm::log(uniform(stream)) * 1e6 / rate.parts() as f64;
            let ms = (hours * 3.6e6).min(SimTime::LAST.ms() as f64) as u64;
            last = last + Span::from_ms(ms.max(1));
            self.times.push(last);
        }
    }

    fn goes_on_after(&self, until: SimTime) -> bool {
        self.times.last().is_some_and(|&last| last > until)
    }
}
