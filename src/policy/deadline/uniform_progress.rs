//! Keeps the pace that would just make the deadline (Uniform Progress; "Can't Be Late", NSDI 2024).

use super::{DeadlinePolicy, KnownDeadline, Machine, View};

pub(super) const KNOWN: KnownDeadline = KnownDeadline {
    name: "uniform-progress",
    sentence: "Spot while it is there; else On-Demand while less is done than an even pace to the deadline would have done.",
    make: || Box::new(UniformProgress),
};

struct UniformProgress;

impl DeadlinePolicy for UniformProgress {
    fn choose(&mut self, view: &View<'_>) -> Machine {
        if view.has_spot && may_use_spot(view) {
            return Machine::Spot;
        }
        let product = |one: u64, other: u64| u128::from(one) * u128::from(other);
        let is_behind = product(view.done, view.deadline) < product(view.work, view.tick);
        match is_behind || view.is_last_call() {
            true => Machine::OnDemand,
            false => Machine::Idle,
        }
    }
}

/// Without change-overs Spot never harms. With them it must leave time to come back to On-Demand, and from On-Demand it must be
/// worth going: time for both ways.
fn may_use_spot(view: &View<'_>) -> bool {
    if view.changeover == 0 {
        return true;
    }
    match view.on {
        Machine::OnDemand => view.left() > view.remaining() + 2 * view.changeover,
        Machine::Idle | Machine::Spot => !view.is_last_call(),
    }
}
