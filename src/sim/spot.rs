//! Spot instances that EC2 takes back: by chance, when their price goes over the cap, or when their pool has fewer.
//!
//! EC2 gives notice when it decides so. The instance is gone `spotNotice` later, until which it is billed, jobs on it run, and
//! may end; without `spotDraining` new ones may even be placed on it. What runs then is lost, and the room given back; that its
//! attempt failed Batch knows `spotStatusLag` later: till then the job is RUNNING, counts for its share, and keeps its
//! consumable resources.

use std::collections::BTreeMap;

use crate::control::{Attempt, Ending, Kept};
use crate::engine::Phase;
use crate::market::TakenBack;
use crate::model::{Knob, Observer, Settings};
use crate::units::{InstanceId, SimTime, Span, Usd, ZoneId};

use super::{Event, Simulation};

/// How EC2 takes instances back, and whose host is gone without Batch knowing it yet.
pub(super) struct Notice {
    time: Span,
    lag: Span,
    drains: bool,
    /// By slot.
    lost: BTreeMap<u32, Lost>,
}

/// An attempt whose host is gone.
struct Lost {
    attempt: Attempt,
    ending: Ending,
    cost: Usd,
    kept: Kept,
}

impl Notice {
    pub(super) fn new(settings: &Settings) -> Notice {
        Notice {
            time: settings.span(Knob::SpotNotice),
            lag: settings.span(Knob::SpotStatusLag),
            drains: settings.flag(Knob::SpotDraining),
            lost: BTreeMap::new(),
        }
    }

    /// Whether the host of a placed attempt is gone.
    #[inline]
    pub(super) fn is_lost(&self, attempt: Attempt) -> bool {
        !self.lost.is_empty()
            && (self.lost.get(&attempt.slot)).is_some_and(|lost| lost.attempt == attempt)
    }
}

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
        if !self.fleet.is_up(instance) || self.fleet.noticed(instance) != SimTime::NEVER {
            return false;
        }
        match self.fleet.taken_back(now, instance) {
            TakenBack::At(at) if at <= now => self.give_notice(&[instance]),
            _ => {
                self.watch_spot(instance);
                false
            }
        }
    }

    /// EC2 gives notice that it takes instances back. Says whether that makes a difference now.
    fn give_notice(&mut self, instances: &[InstanceId]) -> bool {
        let now = self.now();
        let Notice { time, drains, .. } = self.notice;
        let mut any = false;
        for &instance in instances {
            self.fleet.notice(now, instance, drains);
            if time.is_zero() {
                any |= self.gone(instance);
            } else {
                any |= drains;
                self.calendar
                    .schedule(now + time, Phase::Fact, Event::Gone(instance));
            }
        }
        any
    }

    /// The notice of an instance is over. Says whether it was still there.
    pub(super) fn gone(&mut self, instance: InstanceId) -> bool {
        if !self.fleet.is_up(instance) {
            return false;
        }
        self.fleet.take_back(instance);
        self.lose(vec![instance], self.notice.lag)
    }

    /// A zone is lost until a moment, with all that is in it, without notice.
    pub(super) fn outage(&mut self, zone: ZoneId, until: SimTime) {
        let lost = self.fleet.outage(zone, until);
        self.lose(lost, self.notice.lag);
        self.calendar.schedule(until, Phase::Fact, Event::ZoneBack);
    }

    /// The host of an attempt is gone, which Batch knows after `lag`.
    pub(super) fn lose_attempt(&mut self, attempt: Attempt, ending: Ending, lag: Span) {
        let now = self.now();
        if lag.is_zero() {
            self.end_attempt(attempt, ending);
        } else if let Some((cost, kept)) = self.give_back(attempt, &ending) {
            let lost = Lost {
                attempt,
                ending,
                cost,
                kept,
            };
            self.notice.lost.insert(attempt.slot, lost);
            self.calendar
                .schedule(now + lag, Phase::Fact, Event::HostKnownLost(attempt));
        }
    }

    /// Batch knows that the host of an attempt is gone. Says whether it did not before.
    pub(super) fn know(&mut self, attempt: Attempt) -> bool {
        let now = self.now();
        if !self.notice.is_lost(attempt) {
            return false;
        }
        let Some(lost) = self.notice.lost.remove(&attempt.slot) else {
            return false;
        };
        self.control
            .attempt_ended(now, attempt, lost.ending, lost.cost, lost.kept);
        true
    }

    /// A run that is cut is the last that Batch hears of hosts.
    pub(super) fn know_all(&mut self) {
        while let Some((_, lost)) = self.notice.lost.pop_first() {
            let now = self.now();
            self.control
                .attempt_ended(now, lost.attempt, lost.ending, lost.cost, lost.kept);
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
        self.give_notice(&over)
    }
}
