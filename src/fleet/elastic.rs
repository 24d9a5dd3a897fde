//! Machines that come and go: when idle instances of managed environments leave, what EC2 has of a type, and whether anything
//! happened that a scaling decision could answer to.

use std::collections::BTreeMap;

use crate::model::InstanceRecord;
use crate::policy::scaling::Scale;
use crate::units::{EnvId, InstanceId, PoolId, SimTime, Span, TypeId};

use super::{Fleet, managed};

impl Fleet<'_> {
    /// Commands changed a managed environment.
    pub fn rescale(&mut self, environment: EnvId, scale: Scale) {
        let Some(managed) = &mut self.managed[environment.index()] else {
            return;
        };
        self.levels.vcpus_max += u64::from(scale.max_vcpus);
        self.levels.vcpus_max -= u64::from(managed.scale.max_vcpus);
        managed.rescale(scale);
        self.reconsider_kept(environment);
        self.touched = true;
    }

    /// Idle instances of an environment stay so long from now on after their last job.
    pub fn set_scale_down_delay(&mut self, environment: EnvId, delay: Span) {
        if let Some(managed) = &mut self.managed[environment.index()] {
            managed.set_scale_down_delay(delay);
        }
    }

    /// From now on EC2 has so many instances of a type for us.
    pub fn set_available(&mut self, instance_type: TypeId, available: Option<u32>) {
        match available {
            Some(count) => self.available.insert(instance_type, count),
            None => self.available.remove(&instance_type),
        };
        self.touched = true;
    }

    /// Whether anything happened to a managed environment since this was asked last.
    pub fn take_touched(&mut self) -> bool {
        std::mem::take(&mut self.touched)
    }

    /// Whether a managed environment is below what it has at least.
    pub fn is_below_floor(&self) -> bool {
        self.managed
            .iter()
            .flatten()
            .any(|managed| managed.scale.valid && managed.committed < managed.floor())
    }

    /// vCPUs that a managed environment has asked for and not let go.
    pub fn committed(&self, environment: EnvId) -> u64 {
        self.managed[environment.index()]
            .as_ref()
            .map_or(0, |managed| managed.committed)
    }

    /// Whether machines of a managed environment were asked for and are not ready yet.
    pub fn awaits_machines(&self, environment: EnvId) -> bool {
        self.managed[environment.index()]
            .as_ref()
            .is_some_and(|managed| !managed.coming.is_empty())
    }

    /// Whether any environment is managed: without one, nothing scales and nothing is idle.
    pub fn has_managed(&self) -> bool {
        self.has_managed
    }

    /// When the next idle instance leaves, if nothing is placed on it before.
    pub fn next_leave(&self) -> Option<SimTime> {
        self.idle.first().map(|&(at, _)| at)
    }

    /// Instances that have been idle long enough by now and that their environments need not keep.
    pub fn idle_since_long(&mut self, now: SimTime) -> Vec<InstanceId> {
        let mut leaving = Vec::new();
        let mut vcpus: BTreeMap<EnvId, u64> = BTreeMap::new();
        while let Some(&(at, id)) = self.idle.first().filter(|&&(at, _)| at <= now) {
            self.idle.pop_first();
            let machine = &self.instances[id.index()];
            let Some(managed) = &mut self.managed[machine.environment.index()] else {
                continue;
            };
            let going = vcpus.entry(machine.environment).or_default();
            let own = u64::from(machine.meter.size().vcpus);
            let is_kept = managed.committed - *going - own < u64::from(managed.scale.min_vcpus);
            if is_kept && !machine.outdated {
                managed.kept.insert((at, id));
            } else {
                *going += own;
                leaving.push(id);
            }
        }
        leaving
    }

    /// As [`Fleet::leave`], for an instance that had nothing to do. Where nothing happened since it was asked for and it was
    /// never used, more of the kind would be launched in vain as well.
    pub fn leave_idle(&mut self, now: SimTime, instance: InstanceId) -> InstanceRecord {
        let machine = &self.instances[instance.index()];
        let in_vain = machine.meter.attempts() == 0 && machine.asked == self.epoch;
        if let Some(managed) = &mut self.managed[machine.environment.index()]
            && !machine.outdated
        {
            // What it was asked for beyond minvCpus, it need not have for ever.
            managed.desired = 0;
            if in_vain {
                managed.in_vain = Some(self.epoch);
            }
        }
        self.leave(now, instance)
    }

    /// minvCpus of an environment, or what it has, changed: instances that it kept may leave.
    pub(super) fn reconsider_kept(&mut self, environment: EnvId) {
        if let Some(managed) = &mut self.managed[environment.index()] {
            self.idle.append(&mut managed.kept);
        }
    }

    /// An instance of a managed environment has nothing to do from now on.
    pub(super) fn idles(&mut self, now: SimTime, id: InstanceId) {
        self.idles_after(now, id, Span::ZERO);
    }

    /// The same for one that has had nothing to do for `already`.
    pub(super) fn idles_after(&mut self, now: SimTime, id: InstanceId, already: Span) {
        let machine = &mut self.instances[id.index()];
        let Some(managed) = &self.managed[machine.environment.index()] else {
            return;
        };
        let times = self.idle_times;
        // One that is older than the run and has not idled all its life was used before.
        let was_used = machine.meter.attempts() > 0 || machine.age > already;
        let patience = managed.patience(was_used, times.after_use, times.never_used);
        let billing = self.pools[machine.environment.index()].billing();
        // Not before every queue that waits for its tick has had a look at it.
        let patience = Span::from_ms(patience.ms().saturating_sub(already.ms()));
        let idle_until = (now + patience).next_tick(times.dispatch_tick);
        let leaves = match machine.outdated {
            true => now,
            false => managed::leaves_at(billing, machine.launched, machine.age, idle_until),
        };
        machine.leaves = Some(leaves);
        self.idle.insert((leaves, id));
        self.touched = true;
    }

    /// An instance of a managed environment has something to do.
    #[inline]
    pub(super) fn works(&mut self, id: InstanceId) {
        if self.has_managed {
            self.works_in_managed(id);
        }
    }

    #[inline(never)]
    fn works_in_managed(&mut self, id: InstanceId) {
        let machine = &mut self.instances[id.index()];
        let Some(managed) = &mut self.managed[machine.environment.index()] else {
            return;
        };
        self.touched = true;
        if let Some(at) = machine.leaves.take()
            && !self.idle.remove(&(at, id))
        {
            managed.kept.remove(&(at, id));
        }
    }

    /// Whether EC2 has `count` more instances of a type for us, from a Spot pool if one is named.
    pub(super) fn has_capacity(
        &self,
        now: SimTime,
        instance_type: TypeId,
        pool: PoolId,
        count: u64,
    ) -> bool {
        let has = |alive: u32, all: Option<u32>| {
            all.is_none_or(|all| u64::from(alive) + count <= u64::from(all))
        };
        let of_type = self.available.get(&instance_type).copied();
        self.has_zone(now, pool)
            && has(self.alive[instance_type.index()], of_type)
            && (!pool.is_some()
                || has(
                    self.alive_in_pool[pool.index()],
                    self.market.available(pool, now),
                ))
    }

    pub(super) fn count_type(
        &mut self,
        now: SimTime,
        instance_type: TypeId,
        pool: PoolId,
        change: i64,
    ) {
        let add = |alive: &mut u32| {
            *alive =
                u32::try_from(i64::from(*alive) + change).expect("no fewer than none are alive");
        };
        add(&mut self.alive[instance_type.index()]);
        let vcpus =
            u64::from(self.catalogue.get(instance_type).nominal.vcpus) * change.unsigned_abs();
        match change > 0 {
            true => (self.quotas).take(now, instance_type, pool.is_some(), vcpus),
            false => (self.quotas).give_back(instance_type, pool.is_some(), vcpus),
        }
        if pool.is_some() {
            add(&mut self.alive_in_pool[pool.index()]);
        }
    }
}
