//! Idle instances of managed environments leave.

use batchcast::model::{Billing, Knob};
use batchcast::units::{SimTime, Span};

use super::{Fault, Naive};

impl Naive<'_> {
    /// When an idle instance of a managed environment leaves, if nothing happens before and it may.
    pub(super) fn leaves_at(&self, machine: usize) -> Option<SimTime> {
        let is = &self.machines[machine];
        let managed = self.managed(is.environment)?;
        let registered = is.registered.filter(|_| is.left.is_none())?;
        let attempts = self.attempts_on(machine);
        let ends = attempts.iter().map(|(_, attempt)| attempt.ended);
        let ends = ends.collect::<Option<Vec<_>>>()?;
        let at = match ends.iter().max() {
            None => registered + self.span(Knob::NeverUsedIdle),
            Some(&end) => {
                let patience = self.span(Knob::ScaleInIdle);
                end + patience.max(managed.is.scale_down_delay)
            }
        };
        // Not before every queue that waits for its tick has had a look at it.
        let at = at.next_tick(self.span(Knob::DispatchTick));
        Some(match managed.is.billing {
            Billing::PerSecond => at,
            Billing::PerHour => {
                let hours = (at - is.launched).hours_started().max(1);
                is.launched + Span::from_s(3600 * hours)
            }
        })
    }

    /// Idle instances and when they leave, the earliest first.
    pub(super) fn idle(&self) -> Vec<(SimTime, usize)> {
        let all = (0..self.machines.len()).filter_map(|one| Some((self.leaves_at(one)?, one)));
        let mut idle: Vec<_> = all.collect();
        idle.sort();
        idle
    }

    /// Whether `minvCpus` lets an instance go where the environment has `committed`.
    pub(super) fn may_leave(&self, machine: usize, committed: u32) -> bool {
        let is = &self.machines[machine];
        let rest = committed - self.vcpus(is.instance_type);
        rest >= self.min_of(is.environment) || self.fault == Some(Fault::ScaleInIgnoresMin)
    }

    /// When the next idle instance leaves, if nothing happens before. One whose time is up and that minvCpus keeps does not.
    pub(super) fn next_leave(&self) -> Option<SimTime> {
        let goes = |&(at, machine): &(SimTime, usize)| {
            let committed = self.committed(self.machines[machine].environment);
            at > self.now || self.may_leave(machine, committed)
        };
        let at = self.idle().into_iter().find(goes)?.0;
        Some(at.max(self.now))
    }

    pub(super) fn leave_idle(&mut self) {
        if self.is_over() {
            return;
        }
        for (at, machine) in self.idle() {
            let environment = self.machines[machine].environment;
            if at > self.now || !self.may_leave(machine, self.committed(environment)) {
                continue;
            }
            let is_used = !self.attempts_on(machine).is_empty();
            if !is_used && self.machines[machine].asked == self.happened {
                let happened = self.happened;
                self.managed_mut(environment).in_vain = Some(happened);
            }
            // What it was asked for beyond minvCpus, it need not have for ever.
            self.managed_mut(environment).desired = None;
            self.machines[machine].left = Some(self.now);
            self.wants_scaling = true;
            self.last = self.now;
        }
    }
}
