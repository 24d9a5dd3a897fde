//! Who pays for a machine: its bill, and how its time is shared by the attempts on it.
//!
//! At each moment the price of a machine goes to the attempts on it by dominant share (the larger of their parts of its
//! vCPUs, memory and GPUs); where the shares sum above one they are scaled to one. Walking all attempts at each change
//! would cost their number, so a machine keeps a *clock*: what a whole machine's share cost so far. An attempt pays its share
//! of what the clock ran while it was there. Shares are whole 2⁻³² parts and the clock whole units, rounded down; what
//! rounding leaves, and what nobody reserved, is `stranded`, so the causes of an instance sum to its bill exactly.

use crate::model::{CostCause, CostCauses};
use crate::units::{NO_LIMIT_MIB, PricePerHour, Shape, SimTime, Span, Usd};

/// A whole machine as a share.
pub(super) const WHOLE: u64 = 1 << 32;

/// The meter of one machine.
#[derive(Debug)]
pub(super) struct Meter {
    price: PricePerHour,
    size: Shape,
    at: SimTime,
    on_it: u32,
    weights: u64,
    used_vcpus: u32,
    attempts: u64,
    clock: u128,
    busy: Span,
    used_vcpu_ms: u128,
    booked: CostCauses,
}

impl Meter {
    pub(super) fn new(price: PricePerHour, size: Shape, now: SimTime) -> Meter {
        Meter {
            price,
            size,
            at: now,
            on_it: 0,
            weights: 0,
            used_vcpus: 0,
            attempts: 0,
            clock: 0,
            busy: Span::ZERO,
            used_vcpu_ms: 0,
            booked: CostCauses::default(),
        }
    }

    /// Everything up to `now` is counted.
    #[inline]
    pub(super) fn advance(&mut self, now: SimTime) {
        if now != self.at {
            self.pass(now);
        }
    }

    #[inline(never)]
    fn pass(&mut self, now: SimTime) {
        let passed = now - self.at;
        self.at = now;
        if self.on_it == 0 {
            return;
        }
        self.busy += passed;
        self.used_vcpu_ms += u128::from(self.used_vcpus) * u128::from(passed.ms());
        let units = u128::from(self.price.ticks()) * u128::from(passed.ms());
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

    /// The whole bill by cause, for a machine that was up for `up`, the first `boot` of it before jobs could come, and is
    /// billed `billed_s` seconds.
    pub(super) fn close(&self, billed_s: u64, boot: Span, up: Span) -> CostCauses {
        let mut causes = self.booked;
        let attempts = causes.total();
        causes.add(CostCause::Boot, self.price.over(boot));
        causes.add(CostCause::Idle, self.price.over(up - self.busy - boot));
        causes.add(CostCause::Stranded, self.price.over(self.busy) - attempts);
        causes.add(
            CostCause::Minimum,
            self.price.over(Span::from_s(billed_s) - up),
        );
        causes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: SimTime = SimTime::from_s(3600);

    #[test]
    fn shares_that_sum_above_one_are_scaled_to_one() {
        let price = PricePerHour::parse("1.00").unwrap();
        let mut meter = Meter::new(price, Shape::new(4, 4000, 0), SimTime::ZERO);
        let (cpu, memory) = (Shape::new(3, 400, 0), Shape::new(1, 3600, 0));
        let weights = [meter.weight(cpu), meter.weight(memory)];
        meter.occupy(cpu, weights[0]);
        meter.occupy(memory, weights[1]);
        meter.advance(HOUR);
        let costs = weights.map(|weight| meter.cost(0, meter.clock(), weight));
        assert_eq!(costs[0].to_string(), "0.4545454546");
        assert_eq!(costs[1].to_string(), "0.5454545454");
        for cost in costs {
            meter.book(CostCause::Useful, cost);
        }
        let causes = meter.close(3600, Span::ZERO, HOUR - SimTime::ZERO);
        assert_eq!(causes.total(), price.over(Span::from_s(3600)));
        assert!(causes.get(CostCause::Stranded) >= Usd::ZERO);
    }

    #[test]
    fn a_minute_is_the_least_bill_and_the_rest_of_it_is_the_minimum() {
        let price = PricePerHour::parse("0.36").unwrap();
        let meter = Meter::new(price, Shape::new(4, 4000, 0), SimTime::ZERO);
        let causes = meter.close(60, Span::ZERO, Span::from_s(10));
        assert_eq!(causes.get(CostCause::Idle).to_string(), "0.001");
        assert_eq!(causes.get(CostCause::Minimum).to_string(), "0.005");
        assert_eq!(causes.total().to_string(), "0.006");
    }
}
