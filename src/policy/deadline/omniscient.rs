//! Knows when Spot will be there: nobody can, so it is no policy but what others are held against.

use super::{DeadlinePolicy, KnownDeadline, Machine, View};

pub(super) const KNOWN: KnownDeadline = KnownDeadline {
    name: "omniscient",
    sentence: "Knows the future: as much Spot as there will be, On-Demand for the rest. The least cost there is without change-overs.",
    make: || Box::new(Omniscient),
};

struct Omniscient;

impl DeadlinePolicy for Omniscient {
    fn choose(&mut self, view: &View<'_>) -> Machine {
        let pays_changeovers = view.changeover > 0;
        if pays_changeovers && view.is_last_call() {
            return Machine::OnDemand;
        }
        if view.has_spot {
            return Machine::Spot;
        }
        let spot = view.ahead.iter().filter(|has_spot| **has_spot).count();
        match (spot as u64) < view.remaining() {
            true => Machine::OnDemand,
            false => Machine::Idle,
        }
    }
}
