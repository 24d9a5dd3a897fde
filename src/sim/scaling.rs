//! When managed environments decide, and what follows: decisions at ticks, launches that run and register, idle instances
//! that leave.

use crate::engine::Phase;
use crate::fleet::Launch;
use crate::model::{Knob, Observer, Settings};
use crate::units::{EnvId, InstanceId, SimTime, Span};

use super::{Event, Simulation};

/// Launches under way, and the next decision.
pub(super) struct Scaling {
    tick: Span,
    launch_time: Span,
    spot_launch_time: Span,
    boot_time: Span,
    /// When the next decision is due.
    due: SimTime,
    /// When the last one was made.
    last: Option<SimTime>,
    /// When an event of the calendar will ask whether anything is due, and when the one behind it will.
    armed: SimTime,
    armed_next: SimTime,
    batches: Vec<Batch>,
}

/// Instances that were asked for together.
struct Batch {
    launch: Launch,
    /// Of the fleet, when they were asked for.
    epoch: u64,
    instances: std::ops::Range<u32>,
}

impl Scaling {
    pub(super) fn new(settings: &Settings) -> Scaling {
        Scaling {
            tick: settings.span(Knob::ScaleOutTick),
            launch_time: settings.span(Knob::LaunchTime),
            spot_launch_time: settings.span(Knob::SpotLaunchTime),
            boot_time: settings.span(Knob::BootTime),
            due: SimTime::NEVER,
            last: None,
            armed: SimTime::NEVER,
            armed_next: SimTime::NEVER,
            batches: Vec::new(),
        }
    }

    /// The first tick at or after `at` at which a decision may be made: with ticks, one at each.
    fn tick_from(&self, at: SimTime) -> SimTime {
        let next = at.next_tick(self.tick);
        if self.last == Some(next) && !self.tick.is_zero() {
            next + self.tick
        } else {
            next
        }
    }
}

impl<O: Observer> Simulation<'_, O> {
    /// Sees to it that a decision is made, and idle instances leave, in time.
    pub(super) fn plan_scaling(&mut self) {
        let now = self.now();
        self.want_scaling();
        let leave = self.fleet.next_leave().unwrap_or(SimTime::NEVER);
        let next = self.scaling.due.min(leave).max(now);
        if next < self.scaling.armed {
            // Most ticks come before the next idle instance leaves: that was asked for already.
            self.scaling.armed_next = std::mem::replace(&mut self.scaling.armed, next);
            if next == now {
                self.calendar.request_decision();
            } else {
                self.calendar.schedule(next, Phase::Decision, Event::Decide);
            }
        }
    }

    /// If anything happened that a decision could answer to, one is due at the next tick.
    fn want_scaling(&mut self) {
        let is_wanted = self.control.take_wants_scaling() | self.fleet.take_touched();
        if is_wanted && self.asks_for_machines() {
            let at = self.scaling.tick_from(self.now());
            self.scaling.due = self.scaling.due.min(at);
        }
    }

    /// Whether a decision would have anything to provide for.
    fn asks_for_machines(&self) -> bool {
        self.control.waits_for_managed() || self.fleet.is_below_floor()
    }

    /// Makes a scaling decision if one is due, and lets idle instances go. Says whether either was done.
    pub(super) fn scale_if_due(&mut self) -> bool {
        // What the passes of this moment placed is a reason too.
        self.want_scaling();
        while self.scaling.armed <= self.now() {
            let next = &mut self.scaling.armed_next;
            self.scaling.armed = std::mem::replace(next, SimTime::NEVER);
        }
        let decision = self.decide_scaling();
        let decided = decision.is_some();
        // What is launched without delay is ready only now: it would leave before any queue had a look at it.
        let left = self.leave_idle();
        for launch in decision.into_iter().flatten() {
            self.begin_launch(launch);
        }
        decided || left
    }

    /// The launches of a decision, if one is due.
    fn decide_scaling(&mut self) -> Option<Vec<Launch>> {
        let now = self.now();
        if self.scaling.due > now {
            return None;
        }
        self.scaling.due = SimTime::NEVER;
        if !self.asks_for_machines() {
            return None;
        }
        self.scaling.last = Some(now);
        let demands = self.control.demands(now);
        let decision = self.fleet.scale(now, &demands);
        // What a decision does itself is no reason for another.
        self.fleet.take_touched();
        for &waits in &decision.heads {
            self.control.head_waits(now, waits);
        }
        if let Some(at) = decision.alarm {
            self.scaling.due = self.scaling.tick_from(at.max(now));
        }
        Some(decision.launches)
    }

    /// Instances were asked for.
    fn begin_launch(&mut self, launch: Launch) {
        self.tell_committed(launch.environment);
        let batch = self.scaling.batches.len() as u32;
        self.scaling.batches.push(Batch {
            launch,
            epoch: self.fleet.epoch(),
            instances: 0..0,
        });
        let launch_time = match launch.pool.is_some() {
            true => self.scaling.spot_launch_time,
            false => self.scaling.launch_time,
        };
        if launch_time.is_zero() {
            self.launched(batch);
        } else {
            let at = self.now() + launch_time;
            self.calendar
                .schedule(at, Phase::Fact, Event::Launched(batch));
        }
    }

    /// Control judges updates and heads that wait by what an environment has.
    pub(super) fn tell_committed(&mut self, environment: EnvId) {
        let committed = self.fleet.committed(environment);
        let awaits_machines = self.fleet.awaits_machines(environment);
        self.control
            .committed(environment, committed, awaits_machines);
    }

    /// Instances run, and are billed.
    pub(super) fn launched(&mut self, index: u32) {
        let now = self.now();
        let batch = &mut self.scaling.batches[index as usize];
        let launch = batch.launch;
        batch.instances = self.fleet.launch(now, launch, batch.epoch);
        if launch.pool.is_some() {
            for instance in batch.instances.clone() {
                self.watch_spot(InstanceId(instance));
            }
            if self.fleet.is_over_supply(now, launch.pool) {
                self.take_back_surplus();
            }
        }
        if self.scaling.boot_time.is_zero() {
            self.registered(index);
        } else {
            let at = now + self.scaling.boot_time;
            self.calendar
                .schedule(at, Phase::Fact, Event::Registered(index));
        }
    }

    /// Instances take jobs. Says whether any is still there.
    pub(super) fn registered(&mut self, index: u32) -> bool {
        let now = self.now();
        let batch = &self.scaling.batches[index as usize];
        let environment = batch.launch.environment;
        if !self.fleet.register(now, batch.instances.clone()) {
            return false;
        }
        self.tell_committed(environment);
        self.control.machines_changed(now, environment);
        true
    }

    /// Lets instances go that were idle long enough. Says whether any left.
    fn leave_idle(&mut self) -> bool {
        let now = self.now();
        let leaving: Vec<InstanceId> = self.fleet.idle_since_long(now);
        let any = !leaving.is_empty();
        for instance in leaving {
            let record = self.fleet.leave_idle(now, instance);
            self.tell_committed(record.environment);
            self.control.observer.instance_ended(&record);
        }
        any
    }
}
