//! Who pays for a machine: its bill, and how its time is shared by the attempts on it.
//!
//! At each moment the price of a machine goes to the attempts on it by dominant share (the larger of their parts of its
//! vCPUs, memory and GPUs); where the shares sum above one they are scaled to one. Walking all attempts at each change
//! would cost their number, so a machine keeps a *clock*: what a whole machine's share cost so far. An attempt pays its share
//! of what the clock ran while it was there. Shares are whole 2⁻³² parts and the clock whole units, rounded down; what
//! rounding leaves, and what nobody reserved, is `stranded`, so the causes of an instance sum to its bill exactly.

use crate::market::{Market, Tariff};
use crate::model::{CostCause, CostCauses};
use crate::units::{NO_LIMIT_MIB, Shape, SimTime, Span, Usd};

/// A whole machine as a share.
pub(super) const WHOLE: u64 = 1 << 32;

/// The meter of one machine.
#[derive(Debug)]
pub(super) struct Meter {
    tariff: Tariff,
    size: Shape,
    at: SimTime,
    on_it: u32,
    weights: u64,
    used_vcpus: u32,
    attempts: u64,
    clock: u128,
    busy: Span,
    /// What the machine cost while it was busy.
    paid_busy: Usd,
    used_vcpu_ms: u128,
    booked: CostCauses,
}

impl Meter {
    pub(super) fn new(tariff: Tariff, size: Shape, now: SimTime) -> Meter {
        Meter {
            tariff,
            size,
            at: now,
            on_it: 0,
            weights: 0,
            used_vcpus: 0,
            attempts: 0,
            clock: 0,
            busy: Span::ZERO,
            paid_busy: Usd::ZERO,
            used_vcpu_ms: 0,
            booked: CostCauses::default(),
        }
    }

    /// Everything up to `now` is counted.
    #[inline]
    pub(super) fn advance(&mut self, now: SimTime, market: &mut Market<'_>) {
        if now != self.at {
            self.pass(now, market);
        }
    }

    #[inline(never)]
    fn pass(&mut self, now: SimTime, market: &mut Market<'_>) {
        let before = self.at;
        let passed = now - before;
        self.at = now;
        if self.on_it == 0 {
            return;
        }
        self.busy += passed;
        self.used_vcpu_ms += u128::from(self.used_vcpus) * u128::from(passed.ms());
        let paid = market.paid(self.tariff, before, now);
        self.paid_busy += paid;
        let units = u128::try_from(paid.units()).expect("no machine costs less than nothing");
        self.clock += if self.weights <= WHOLE {
            units
        } else {
            units * u128::from(WHOLE) / u128::from(self.weights)
        };
    }

    /// The dominant share of `shape`.
    pub(super) fn weight(&self, shape: Shape) -> u64 {
        let part = |of: u32, all: u32| {
            if all == 0 {
                0
            } else {
                (u64::from(of) << 32) / u64::from(all)
            }
        };
        let memory = if self.size.memory == NO_LIMIT_MIB {
            0
        } else {
            part(shape.memory, self.size.memory)
        };
        part(shape.vcpus, self.size.vcpus)
            .max(memory)
            .max(part(shape.gpus, self.size.gpus))
    }

    pub(super) fn occupy(&mut self, shape: Shape, weight: u64) {
        self.on_it += 1;
        self.attempts += 1;
        self.weights += weight;
        self.used_vcpus += shape.vcpus;
    }

    pub(super) fn vacate(&mut self, shape: Shape, weight: u64) {
        self.on_it -= 1;
        self.weights -= weight;
        self.used_vcpus -= shape.vcpus;
    }

    /// What a share of `weight` cost while the clock went `from` one mark `to` another.
    #[inline]
    pub(super) fn cost(&self, from: u128, to: u128, weight: u64) -> Usd {
        if from == to {
            return Usd::ZERO;
        }
        let units = ((to - from) * u128::from(weight)) >> 32;
        Usd::from_units(i128::try_from(units).expect("more money than can be counted"))
    }

    pub(super) fn book(&mut self, cause: CostCause, amount: Usd) {
        self.booked.add(cause, amount);
    }

    pub(super) fn clock(&self) -> u128 {
        self.clock
    }

    pub(super) fn size(&self) -> Shape {
        self.size
    }

    pub(super) fn is_empty(&self) -> bool {
        self.on_it == 0
    }

    pub(super) fn attempts(&self) -> u64 {
        self.attempts
    }

    pub(super) fn busy(&self) -> Span {
        self.busy
    }

    pub(super) fn used_vcpu_ms(&self) -> u128 {
        self.used_vcpu_ms
    }

    /// The whole bill by cause.
    pub(super) fn close(&self, life: &Life, market: &mut Market<'_>) -> CostCauses {
        let mut paid = |from, to| market.paid(self.tariff, from, to);
        let mut causes = self.booked;
        let attempts = causes.total();
        let boot = paid(life.launched, life.registered);
        let up = paid(life.launched, life.ended);
        causes.add(CostCause::Boot, boot);
        causes.add(CostCause::Idle, up - self.paid_busy - boot);
        causes.add(CostCause::Stranded, self.paid_busy - attempts);
        if life.billed_to >= life.ended {
            causes.add(CostCause::Minimum, paid(life.ended, life.billed_to));
        } else {
            causes.add(CostCause::Waived, -paid(life.billed_to, life.ended));
        }
        causes
    }

    /// What is billed of each hour of the run from the one of its launch on, where that is not one price times its time.
    pub(super) fn by_hour(&self, life: &Life, market: &mut Market<'_>) -> Box<[Usd]> {
        const HOUR: Span = Span::from_s(3600);
        if matches!(self.tariff, Tariff::Fixed(_)) {
            return Box::default();
        }
        let mut hours = Vec::new();
        let mut from = life.launched;
        while from < life.billed_to {
            // The hour after, also for a moment that is a full hour.
            let next = (from + Span::from_ms(1)).next_tick(HOUR);
            let to = next.min(life.billed_to);
            hours.push(market.paid(self.tariff, from, to));
            from = to;
        }
        hours.into()
    }
}

/// The marks of a machine's life, ascending but for the last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    pub(super) launched: SimTime,
    /// When jobs could be placed on it first; when it ended, where that never was.
    pub(super) registered: SimTime,
    pub(super) ended: SimTime,
    /// Until when it is billed: after its end by a minimum or a started hour, before it where EC2 waives what it interrupted.
    pub(super) billed_to: SimTime,
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::engine::Streams;
    use crate::model::{Catalogue, Profile, Settings, World};
    use crate::units::PricePerHour;

    const HOUR: SimTime = SimTime::from_s(3600);

    fn world() -> World {
        World {
            catalogue: Catalogue::default(),
            spot: Default::default(),
            settings: Settings::new(Profile::Ideal),
            billing: Default::default(),
            quotas: Default::default(),
            start_epoch_ms: 0,
        }
    }

    fn meter(price: &str) -> Meter {
        let tariff = Tariff::Fixed(PricePerHour::parse(price).unwrap());
        Meter::new(tariff, Shape::new(4, 4000, 0), SimTime::ZERO)
    }

    fn life(ended: SimTime, billed_to: SimTime) -> Life {
        Life {
            launched: SimTime::ZERO,
            registered: SimTime::ZERO,
            ended,
            billed_to,
        }
    }

    #[test]
    fn shares_that_sum_above_one_are_scaled_to_one() {
        let world = world();
        let mut market = Market::new(&world, Streams::new(1));
        let mut meter = meter("1.00");
        let (cpu, memory) = (Shape::new(3, 400, 0), Shape::new(1, 3600, 0));
        let weights = [meter.weight(cpu), meter.weight(memory)];
        meter.occupy(cpu, weights[0]);
        meter.occupy(memory, weights[1]);
        meter.advance(HOUR, &mut market);
        let costs = weights.map(|weight| meter.cost(0, meter.clock(), weight));
        assert_eq!(costs[0].to_string(), "0.4545454546");
        assert_eq!(costs[1].to_string(), "0.5454545454");
        for cost in costs {
            meter.book(CostCause::Useful, cost);
        }
        let causes = meter.close(&life(HOUR, HOUR), &mut market);
        assert_eq!(causes.total().to_string(), "1.00");
        assert!(causes.get(CostCause::Stranded) >= Usd::ZERO);
    }

    #[test]
    fn a_minute_is_the_least_bill_and_the_rest_of_it_is_the_minimum() {
        let world = world();
        let mut market = Market::new(&world, Streams::new(1));
        let life = life(SimTime::from_s(10), SimTime::from_s(60));
        let causes = meter("0.36").close(&life, &mut market);
        assert_eq!(causes.get(CostCause::Idle).to_string(), "0.001");
        assert_eq!(causes.get(CostCause::Minimum).to_string(), "0.005");
        assert_eq!(causes.total().to_string(), "0.006");
    }

    #[test]
    fn what_ec2_waives_is_taken_from_the_bill_and_what_it_was_for_stays() {
        let world = world();
        let mut market = Market::new(&world, Streams::new(1));
        let life = life(SimTime::from_s(1800), SimTime::ZERO);
        let causes = meter("0.36").close(&life, &mut market);
        assert_eq!(causes.get(CostCause::Idle).to_string(), "0.18");
        assert_eq!(causes.get(CostCause::Waived).to_string(), "-0.18");
        assert_eq!(causes.total(), Usd::ZERO);
    }
}
