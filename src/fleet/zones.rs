//! Availability zones: where machines are, and what is lost with one.
//!
//! A Spot instance is where its pool is. On-Demand instances of managed environments are spread over the zones of the run one
//! after the other, but for zones that are lost. An owner's own machines are in none.

use crate::units::{EnvId, InstanceId, PoolId, SimTime, ZoneId};

use super::Fleet;

impl Fleet<'_> {
    /// Where the next machine of an environment is launched.
    pub(super) fn zone_for(&self, now: SimTime, environment: EnvId, pool: PoolId) -> ZoneId {
        if pool.is_some() {
            return self.market.pools()[pool.index()].zone;
        }
        let zones = self.outages.len();
        if self.managed[environment.index()].is_none() || zones == 0 {
            return ZoneId::NONE;
        }
        let first = self.instances.len() % zones;
        let mut from_there = (0..zones).map(|place| ZoneId::at((first + place) % zones));
        let up = from_there.find(|&zone| !self.is_out(now, zone));
        up.unwrap_or(ZoneId::at(first))
    }

    /// Whether a zone is lost.
    fn is_out(&self, now: SimTime, zone: ZoneId) -> bool {
        zone.is_some() && now < self.outages[zone.index()]
    }

    /// Whether an instance of a Spot pool, or an On-Demand one, finds a zone that is there.
    pub(super) fn has_zone(&self, now: SimTime, pool: PoolId) -> bool {
        match pool.is_some() {
            true => !self.is_out(now, self.market.pools()[pool.index()].zone),
            false => {
                let mut zones = (0..self.outages.len()).map(ZoneId::at);
                self.outages.is_empty() || zones.any(|zone| !self.is_out(now, zone))
            }
        }
    }

    /// A zone is lost until a moment. Returns the machines that are lost with it.
    pub fn outage(&mut self, zone: ZoneId, until: SimTime) -> Vec<InstanceId> {
        let lasts = &mut self.outages[zone.index()];
        *lasts = (*lasts).max(until);
        self.touched = true;
        let there = (0..self.instances.len()).map(InstanceId::at);
        let mut lost: Vec<InstanceId> = there
            .filter(|id| {
                let machine = &self.instances[id.index()];
                machine.gone.is_none() && machine.zone == zone
            })
            .collect();
        self.lose_spot(&mut lost);
        lost
    }

    /// Those of `instances` that were launched into a zone that is lost, and are lost too.
    pub fn launched_in_vain(
        &mut self,
        now: SimTime,
        instances: std::ops::Range<u32>,
    ) -> Vec<InstanceId> {
        let mut lost: Vec<InstanceId> = instances
            .map(InstanceId)
            .filter(|id| self.is_out(now, self.instances[id.index()].zone))
            .collect();
        self.lose_spot(&mut lost);
        lost
    }

    /// A zone may be there again: what could not be launched may be now.
    pub fn zone_back(&mut self) {
        self.touched = true;
    }

    /// That a Spot instance is lost with its zone is EC2's doing.
    fn lose_spot(&mut self, lost: &mut [InstanceId]) {
        for id in lost {
            let machine = &mut self.instances[id.index()];
            machine.interrupted |= machine.pool.is_some();
        }
    }
}
