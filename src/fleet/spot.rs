//! Spot instances: when EC2 takes them back.

use crate::market::TakenBack;
use crate::units::{InstanceId, PoolId, PricePerHour, SimTime};

use super::{Fleet, scaling};

impl Fleet<'_> {
    /// When EC2 takes `instance` back, as far as is known at `now`; `Never` for what is no Spot instance.
    pub fn taken_back(&mut self, now: SimTime, instance: InstanceId) -> TakenBack {
        let machine = &self.instances[instance.index()];
        if !machine.pool.is_some() {
            return TakenBack::Never;
        }
        let (pool, launched, wear) = (machine.pool, machine.launched, machine.wear);
        let cap = self.cap(instance);
        self.market
            .taken_back(pool, instance, launched, now, cap, wear)
    }

    /// From `since` on a Spot instance pays no more than it may cost, whatever its pool does: it goes, or is gone and paid for by a
    /// minimum, or nothing happens to it any more.
    pub(super) fn cap_from(&mut self, since: SimTime, instance: InstanceId) {
        if let Some(cap) = self.cap(instance) {
            self.instances[instance.index()].meter.goes(since, cap);
        }
    }

    /// The most that `instance` may cost, where it is a Spot instance.
    fn cap(&self, instance: InstanceId) -> Option<PricePerHour> {
        let machine = &self.instances[instance.index()];
        if !machine.pool.is_some() {
            return None;
        }
        let managed = self.managed[machine.environment.index()].as_ref();
        let on_demand = self.catalogue.get(machine.instance_type).price;
        let bid = managed.and_then(|managed| managed.bid());
        bid.map(|percent| scaling::cap(on_demand, percent))
    }

    /// EC2 gives notice that it takes `instance` back. `drains`: no job is placed on it from now on.
    pub fn notice(&mut self, now: SimTime, instance: InstanceId, drains: bool) {
        self.cap_from(now, instance);
        let machine = &mut self.instances[instance.index()];
        machine.noticed = now;
        machine.drains = drains;
        self.up_in_pool[machine.pool.index()] -= 1;
        self.touched |= drains;
        self.close_if_draining(instance);
    }

    /// When EC2 gave notice that it takes `instance` back; [`SimTime::NEVER`] where it did not.
    pub fn noticed(&self, instance: InstanceId) -> SimTime {
        self.instances[instance.index()].noticed
    }

    /// A machine that drains has no room.
    pub(super) fn close_if_draining(&mut self, instance: InstanceId) {
        let machine = &self.instances[instance.index()];
        if machine.drains && machine.registered.is_some() {
            let is_empty = machine.meter.is_empty();
            self.pools[machine.environment.index()].close(machine.position, is_empty);
        }
    }

    /// EC2 takes `instance` back: what of it is billed is known when it has left.
    pub fn take_back(&mut self, instance: InstanceId) {
        self.instances[instance.index()].interrupted = true;
    }

    /// When a Spot pool may next have more instances or fewer.
    pub fn next_supply(&self, after: SimTime) -> SimTime {
        self.market.next_supply(after)
    }

    /// Whether more instances of a Spot pool run than there are for us.
    pub fn is_over_supply(&self, now: SimTime, pool: PoolId) -> bool {
        let available = self.market.available(pool, now);
        available.is_some_and(|all| self.up_in_pool[pool.index()] > all)
    }

    /// Instances of Spot pools that have fewer by now than run: the latest launched are taken back. What was asked for and does
    /// not run yet comes, and is taken back then.
    pub fn over_supply(&mut self, now: SimTime) -> Vec<InstanceId> {
        // There may be more of another pool.
        self.touched = true;
        let pools = self.market.pools().len();
        let mut surplus: Vec<u32> = vec![0; pools];
        for (place, surplus) in surplus.iter_mut().enumerate() {
            let available = self.market.available(PoolId::at(place), now);
            *surplus = available.map_or(0, |all| self.up_in_pool[place].saturating_sub(all));
        }
        let mut over = Vec::new();
        if surplus.iter().all(|&count| count == 0) {
            return over;
        }
        for place in (0..self.instances.len()).rev() {
            let machine = &self.instances[place];
            let is_counted = machine.pool.is_some() && machine.noticed == SimTime::NEVER;
            if machine.gone.is_some() || !is_counted {
                continue;
            }
            let surplus = &mut surplus[machine.pool.index()];
            if *surplus > 0 {
                *surplus -= 1;
                over.push(InstanceId::at(place));
            }
        }
        over
    }
}
