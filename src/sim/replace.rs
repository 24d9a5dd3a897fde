//! Infrastructure updates: what becomes of the instances that an environment had before.

use crate::engine::Phase;
use crate::fleet::LeftBehind;
use crate::model::{Managed, Observer};
use crate::units::{EnvId, Span};

use super::{Event, Simulation};

impl<O: Observer> Simulation<'_, O> {
    /// An environment buys and launches by `spec` from now on. Its instances serve nobody new and leave when they are idle; those
    /// with jobs end at once or when the time of its `updatePolicy` is over, as do the jobs (User Guide, updating compute
    /// environments).
    pub(super) fn replace(&mut self, environment: EnvId, spec: &Managed) {
        let now = self.now();
        let LeftBehind { running, booting } = self.fleet.replace(now, environment, spec);
        self.lose(booting, Span::ZERO);
        if spec.update_policy.terminate_jobs {
            self.lose(running, Span::ZERO);
        } else if !running.is_empty() {
            let update = self.left_behind.len() as u32;
            self.left_behind.push(running);
            let at = now + spec.update_policy.timeout;
            self.calendar
                .schedule(at, Phase::Fact, Event::LeftBehind(update));
        }
        self.tell_committed(environment);
    }

    /// The time of an update is over. Says whether any instance was still there.
    pub(super) fn end_left_behind(&mut self, update: u32) -> bool {
        let instances = std::mem::take(&mut self.left_behind[update as usize]);
        self.lose(instances, Span::ZERO)
    }
}
