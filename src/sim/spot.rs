//! Spot instances that EC2 takes back: by chance, when their price goes over the cap, or when their pool has fewer.

use crate::engine::Phase;
use crate::market::TakenBack;
use crate::model::Observer;
use crate::units::{InstanceId, SimTime};

use super::{Event, Simulation};

impl<O: Observer> Simulation<'_, O> {
    /// Sees to it that EC2 takes back `instance`, which has just begun to run, when its time has come.
    pub(super) fn watch_spot(&mut self, instance: InstanceId) {
        let now = self.now();
        let at = match self.fleet.taken_back(now, instance) {
            TakenBack::Never => return,
            TakenBack::At(at) | TakenBack::NotBefore(at) => at.max(now),
        };
        self.calendar
            .schedule(at, Phase::Fact, Event::TakenBack(instance));
    }

    /// EC2 takes back `instance`, if it is still there and its time has come. Says whether it was.
    pub(super) fn taken_back(&mut self, instance: InstanceId) -> bool {
        let now = self.now();
        if !self.fleet.is_up(instance) {
            return false;
        }
        match self.fleet.taken_back(now, instance) {
            TakenBack::At(at) if at <= now => {
                self.fleet.take_back(instance);
                self.lose(vec![instance])
            }
            _ => {
                self.watch_spot(instance);
                false
            }
        }
    }

    /// Sees to it that a change of what Spot pools have is heard of.
    pub(super) fn await_supply(&mut self) {
        let at = self.fleet.next_supply(self.now());
        if at != SimTime::NEVER {
            self.calendar.schedule(at, Phase::Fact, Event::Supply);
        }
    }

    /// Spot pools have more or fewer instances: what is over is taken back. Says whether any was.
    pub(super) fn supply(&mut self) -> bool {
        self.await_supply();
        let any = self.take_back_surplus();
        self.plan_scaling();
        any
    }

    /// EC2 takes back what its pools have no more of. Says whether that was any.
    pub(super) fn take_back_surplus(&mut self) -> bool {
        let over = self.fleet.over_supply(self.now());
        over.iter().for_each(|&one| self.fleet.take_back(one));
        self.lose(over)
    }
}
