//! When managed environments decide, and what follows: decisions at ticks, launches that run and register, idle instances
//! that leave.

use crate::engine::Phase;
use crate::fleet::Launch;
use crate::model::{Knob, Observer, Settings};
use crate::units::{InstanceId, SimTime, Span};

use super::{Event, Simulation};

/// Launches under way, and the next decision.
pub(super) struct Scaling {
    tick: Span,
    launch_time: Span,
    boot_time: Span,
    /// When the next decision is due.
    due: SimTime,
    /// When the last one was made.
    last: Option<SimTime>,
    /// When an event of the calendar will ask whether anything is due.
    armed: SimTime,
    batches: Vec<Batch>,
    /// Batches that were asked for and do not take jobs yet.
    coming: u32,
    /// When the last decision may come to something else by itself; zero where it will not.
    pub(super) alarm: SimTime,
}

/// Instances that were asked for together.
struct Batch {
    launch: Launch,
    instances: std::ops::Range<u32>,
}

impl Scaling {
    pub(super) fn new(settings: &Settings) -> Scaling {
        Scaling {
            tick: settings.span(Knob::ScaleOutTick),
            launch_time: settings.span(Knob::LaunchTime),
            boot_time: settings.span(Knob::BootTime),
            due: SimTime::NEVER,
            last: None,
            armed: SimTime::NEVER,
            batches: Vec::new(),
            coming: 0,
            alarm: SimTime::ZERO,
        }
    }

    /// Whether machines are to come, or to go, or to be decided on.
    pub(super) fn is_busy(&self) -> bool {
        self.coming > 0 || self.armed != SimTime::NEVER
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
        let is_wanted = self.control.take_wants_scaling() | self.fleet.take_touched();
        if is_wanted && (self.control.waits_for_managed() || self.fleet.is_below_floor()) {
            self.scaling.due = self.scaling.due.min(self.scaling.tick_from(now));
        }
        if self.fleet.has_unseen() {
            self.calendar.request_decision();
        }
        let leave = self.fleet.next_leave().unwrap_or(SimTime::NEVER);
        let next = self.scaling.due.min(leave).max(now);
        if next < self.scaling.armed {
            self.scaling.armed = next;
            if next == now {
                self.calendar.request_decision();
            } else {
                self.calendar.schedule(next, Phase::Decision, Event::Decide);
            }
        }
    }

    /// Makes a scaling decision if one is due. Says whether it came to anything.
    pub(super) fn scale_if_due(&mut self) -> bool {
        let now = self.now();
        if self.scaling.armed <= now {
            self.scaling.armed = SimTime::NEVER;
        }
        if self.scaling.due > now {
            return false;
        }
        self.scaling.due = SimTime::NEVER;
        self.scaling.last = Some(now);
        let demands = self.control.demands(now);
        let decision = self.fleet.scale(now, &demands);
        // What a decision does itself is no reason for another.
        self.fleet.take_touched();
        for &waits in &decision.heads {
            self.control.head_waits(now, waits);
        }
        self.scaling.alarm = decision.alarm.unwrap_or(SimTime::ZERO);
        if let Some(at) = decision.alarm {
            self.scaling.due = self.scaling.tick_from(at.max(now));
        }
        for &launch in &decision.launches {
            let environment = launch.environment;
            self.control
                .committed(environment, self.fleet.committed(environment));
            let batch = self.scaling.batches.len() as u32;
            self.scaling.coming += 1;
            self.scaling.batches.push(Batch {
                launch,
                instances: 0..0,
            });
            if self.scaling.launch_time.is_zero() {
                self.launched(batch);
            } else {
                let at = now + self.scaling.launch_time;
                self.calendar
                    .schedule(at, Phase::Fact, Event::Launched(batch));
            }
        }
        !decision.launches.is_empty()
    }

    /// Instances run, and are billed.
    pub(super) fn launched(&mut self, index: u32) {
        let now = self.now();
        let batch = &mut self.scaling.batches[index as usize];
        let launch = batch.launch;
        batch.instances =
            self.fleet
                .launch(now, launch.environment, launch.instance_type, launch.count);
        if self.scaling.boot_time.is_zero() {
            self.registered(index);
        } else {
            let at = now + self.scaling.boot_time;
            self.calendar
                .schedule(at, Phase::Fact, Event::Registered(index));
        }
    }

    /// Instances take jobs.
    pub(super) fn registered(&mut self, index: u32) {
        let now = self.now();
        let batch = &self.scaling.batches[index as usize];
        let environment = batch.launch.environment;
        self.scaling.coming -= 1;
        self.fleet.register(now, batch.instances.clone());
        self.control.machines_changed(now, environment);
    }

    /// Lets instances go that were idle long enough. Says whether any left.
    pub(super) fn leave_idle(&mut self) -> bool {
        let now = self.now();
        let leaving: Vec<InstanceId> = self.fleet.idle_since_long(now);
        let any = !leaving.is_empty();
        for instance in leaving {
            let record = self.fleet.leave(now, instance);
            let environment = record.environment;
            self.control
                .committed(environment, self.fleet.committed(environment));
            self.control.observer.instance_ended(&record);
        }
        any
    }
}
