//! Infrastructure updates: an environment's instances are replaced by others.

use crate::model::Managed as Spec;
use crate::units::{EnvId, InstanceId, SimTime};

use super::Fleet;

/// The instances of an environment that an update leaves behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftBehind {
    /// Those that run, with or without jobs.
    pub running: Vec<InstanceId>,
    /// Those that boot: nobody needs them any more.
    pub booting: Vec<InstanceId>,
}

impl Fleet<'_> {
    /// An environment launches by `spec` from now on. No job is placed any more on the instances that it has, nor on those that
    /// it asked for before; each leaves as soon as it has nothing to do, whatever minvCpus says. They count for maxvCpus as long
    /// as they are there, so that new ones come when there is room (User Guide, updating compute environments).
    pub fn replace(&mut self, now: SimTime, environment: EnvId, spec: &Spec) -> LeftBehind {
        let allowed = self.allowed(spec);
        let epoch = self.epoch;
        let mut left = LeftBehind::default();
        let Some(managed) = &mut self.managed[environment.index()] else {
            return left;
        };
        managed.renew(spec, allowed, epoch);
        for id in (0..self.instances.len()).map(InstanceId::at) {
            let machine = &mut self.instances[id.index()];
            if machine.environment != environment || machine.gone.is_some() {
                continue;
            }
            machine.outdated = true;
            machine.drains = true;
            if machine.registered.is_none() {
                left.booting.push(id);
                continue;
            }
            left.running.push(id);
            self.close_if_draining(id);
            self.leaves_now_if_idle(now, id);
        }
        self.touched = true;
        left
    }

    /// An instance whose environment was updated waits for nothing once it is idle.
    fn leaves_now_if_idle(&mut self, now: SimTime, id: InstanceId) {
        let machine = &mut self.instances[id.index()];
        let Some(at) = machine.leaves.replace(now) else {
            machine.leaves = None;
            return;
        };
        let environment = machine.environment.index();
        if !self.idle.remove(&(at, id))
            && let Some(managed) = &mut self.managed[environment]
        {
            managed.kept.remove(&(at, id));
        }
        self.idle.insert((now, id));
    }
}
