//! Machines that are up already when a run begins.

use crate::policy::capacity::{AllocationId, Ask, ImageAsk, Placed};
use crate::units::{EnvId, InstanceId, PoolId, SimTime, Span, TypeId, ZoneId};

use super::{Fleet, Launch, images};

impl Fleet<'_> {
    /// `count` instances of a managed environment have been up for `age` and take jobs. Spot instances are of the pool in
    /// `zone`, or of that which costs least. Returns their identifiers.
    pub fn adopt(
        &mut self,
        now: SimTime,
        environment: EnvId,
        instance_type: TypeId,
        zone: ZoneId,
        count: u32,
        age: Span,
    ) -> std::ops::Range<u32> {
        let size = self.size(instance_type);
        let is_spot = self.managed[environment.index()]
            .as_ref()
            .is_some_and(|managed| managed.bid_percentage.is_some());
        let pool = match is_spot {
            true => self.pool_in(now, instance_type, zone),
            false => PoolId::NONE,
        };
        self.count_type(now, instance_type, pool, i64::from(count));
        if let Some(managed) = &mut self.managed[environment.index()] {
            let vcpus = u64::from(size.vcpus) * u64::from(count);
            managed.ask_for(instance_type, count, vcpus);
        }
        let launch = Launch {
            environment,
            instance_type,
            pool,
            count,
        };
        // They were not asked for in vain, whatever becomes of them.
        let instances = self.launch(now, launch, u64::MAX);
        for id in instances.clone() {
            self.instances[id as usize].age = Span::from_s(age.ms() / 1000);
        }
        self.register(now, instances.clone());
        instances
    }

    fn pool_in(&mut self, now: SimTime, instance_type: TypeId, zone: ZoneId) -> PoolId {
        let pools = self.market.pools();
        let is_there = |pool: &PoolId| !zone.is_some() || pools[pool.index()].zone == zone;
        let found: Vec<PoolId> = self
            .market
            .pools_of(instance_type)
            .filter(is_there)
            .collect();
        let price = |&pool: &PoolId| self.market.price(pool, now);
        found.into_iter().min_by_key(price).unwrap_or(PoolId::NONE)
    }

    /// Instances on which nothing was placed have had nothing to do for `idle`.
    pub fn idle_for(&mut self, now: SimTime, instances: std::ops::Range<u32>, idle: Span) {
        for id in instances.map(InstanceId) {
            if !self.instances[id.index()].meter.is_empty() {
                continue;
            }
            self.works(id);
            self.idles_after(now, id, idle);
        }
    }

    /// Keeps the room of one instance for an attempt, if there is enough.
    pub fn place_on(
        &mut self,
        now: SimTime,
        ask: &Ask<'_>,
        instance: InstanceId,
    ) -> Option<Placed> {
        let machine = &self.instances[instance.index()];
        let (environment, position) = (machine.environment, machine.position);
        let room = self.pools[environment.index()].room(position);
        (ask.gang.is_none() && ask.shape.fits(room))
            .then(|| self.commit(now, environment, ask, position))
    }

    /// The container of an attempt that was placed now runs already, from an image that its machines have.
    pub fn runs_already(&mut self, now: SimTime, id: AllocationId, image: Option<ImageAsk>) {
        if let Some(image) = image {
            let nodes = self.allocations.get(id).nodes().iter();
            let hosts: Vec<usize> = nodes.map(|node| node.instance.index()).collect();
            for host in hosts {
                images::has(&mut self.instances[host], now, image);
            }
        }
        self.running(now, id);
    }
}
