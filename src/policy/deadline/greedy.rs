//! Waits for Spot as long as the deadline lets it.

use super::{DeadlinePolicy, KnownDeadline, Machine, View};

pub(super) const KNOWN: KnownDeadline = KnownDeadline {
    name: "greedy",
    sentence: "Spot while it is there and nothing while it is not, until only On-Demand to the end keeps the deadline.",
    make: || Box::new(Greedy),
};

struct Greedy;

impl DeadlinePolicy for Greedy {
    fn choose(&mut self, view: &View<'_>) -> Machine {
        match view.has_spot {
            _ if view.is_last_call() => Machine::OnDemand,
            true => Machine::Spot,
            false => Machine::Idle,
        }
    }
}
