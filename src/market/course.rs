//! The course of a price: steps, and what an instance would have paid until each of them.

use crate::units::{PricePerHour, SimTime, Usd};

/// Where the steps of a course come from: times ascend, and each price holds from its time on. The first holds before its time
/// as well; the last for ever.
pub(super) trait Path: Iterator<Item = (SimTime, PricePerHour)> {}

impl<P: Iterator<Item = (SimTime, PricePerHour)>> Path for P {}

/// The price of a pool, as far as somebody asked.
pub(super) struct Course<'w> {
    steps: Vec<Step>,
    path: Box<dyn Path + Send + 'w>,
    /// When the last step that was told begins: one that changes no price is not kept.
    told: SimTime,
    /// Whether the path has no more steps.
    is_whole: bool,
}

struct Step {
    from: SimTime,
    price: PricePerHour,
    /// What was to be paid from time zero until then.
    paid: Usd,
}

impl<'w> Course<'w> {
    /// # Panics
    /// A path without any step is no price: readers refuse it.
    pub(super) fn new(mut path: Box<dyn Path + Send + 'w>) -> Course<'w> {
        let (_, price) = path.next().expect("a pool has a price");
        Course {
            steps: vec![Step {
                from: SimTime::ZERO,
                price,
                paid: Usd::ZERO,
            }],
            path,
            told: SimTime::ZERO,
            is_whole: false,
        }
    }

    /// The step that holds at `at`.
    fn step(&mut self, at: SimTime) -> &Step {
        self.go_on(at);
        let after = self.steps.partition_point(|step| step.from <= at);
        &self.steps[after - 1]
    }

    /// Steps up to `at` and the one after are known.
    fn go_on(&mut self, at: SimTime) {
        while !self.is_whole && self.told <= at {
            match self.path.next() {
                Some((from, price)) => {
                    self.told = from;
                    let last = self.last();
                    let paid = last.paid + last.price.over(from - last.from);
                    if price != last.price {
                        self.steps.push(Step { from, price, paid });
                    }
                }
                None => self.is_whole = true,
            }
        }
    }

    fn last(&self) -> &Step {
        self.steps.last().expect("a course has a first step")
    }

    pub(super) fn price(&mut self, at: SimTime) -> PricePerHour {
        self.step(at).price
    }

    /// What an instance pays from time zero to `until`.
    pub(super) fn paid(&mut self, until: SimTime) -> Usd {
        let step = self.step(until);
        step.paid + step.price.over(until - step.from)
    }

    /// What an instance pays from one moment to a later one that pays at most `cap`.
    pub(super) fn paid_at_most(&mut self, cap: PricePerHour, from: SimTime, to: SimTime) -> Usd {
        self.go_on(to);
        let first = self.steps.partition_point(|step| step.from <= from) - 1;
        let mut paid = Usd::ZERO;
        for (place, step) in self.steps.iter().enumerate().skip(first) {
            if step.from >= to && place > first {
                break;
            }
            let next = self
                .steps
                .get(place + 1)
                .map_or(to, |next| next.from.min(to));
            paid += step.price.min(cap).over(next.since(step.from.max(from)));
        }
        paid
    }

    /// When the price first is above `cap`, from `from` to `until`.
    pub(super) fn first_above(
        &mut self,
        cap: PricePerHour,
        from: SimTime,
        until: SimTime,
    ) -> Option<SimTime> {
        self.go_on(until);
        let first = self.steps.partition_point(|step| step.from <= from) - 1;
        let found = self.steps[first..]
            .iter()
            .take_while(|step| step.from <= until)
            .find(|step| step.price > cap);
        found.map(|step| step.from.max(from))
    }

    /// When the price changes first after `after`; `until` where that is later than it, and `None` where it never does.
    pub(super) fn next_change(&mut self, after: SimTime, until: SimTime) -> Option<SimTime> {
        self.go_on(until);
        let next = self.steps.partition_point(|step| step.from <= after);
        match self.steps.get(next) {
            Some(step) => Some(step.from.min(until)),
            None if self.is_whole => None,
            None => Some(until),
        }
    }

    /// Whether the price is the same for ever from `until` on.
    pub(super) fn ends_before(&self, until: SimTime) -> bool {
        self.is_whole && self.last().from <= until
    }
}
