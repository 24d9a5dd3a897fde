//! Managed environments: what is launched for what waits.

use std::cmp::Reverse;

use batchcast::model::{AllocationStrategy, Knob, Managed as Spec};
use batchcast::units::{Ratio, Shape, SimTime, Span, TypeId};

use super::{Fact, Fault, Machine, Naive};

/// A managed environment.
pub(super) struct Managed {
    /// As updates left it.
    pub(super) is: Spec,
    /// A `desiredvCpus` that was not reached yet.
    pub(super) desired: Option<u32>,
    /// Types that were short, and until when they are left out.
    backed_off: Vec<(TypeId, SimTime)>,
    /// Since when nothing could be had for want of capacity.
    short_since: Option<SimTime>,
    /// What the count of events was when it let go of an instance that nobody had used.
    pub(super) in_vain: Option<u64>,
}

impl Managed {
    pub(super) fn new(spec: &Spec) -> Managed {
        Managed {
            is: spec.clone(),
            desired: spec.desired_vcpus,
            backed_off: Vec::new(),
            short_since: None,
            in_vain: None,
        }
    }
}

/// Jobs of one shape.
pub(super) struct Entry {
    pub(super) shape: Shape,
    count: u64,
    /// For a multi-node job what each node asks for and the type it insists on; empty for others.
    pub(super) nodes: Vec<(Shape, Option<String>)>,
    /// The head of its queue, which nothing but room keeps from starting.
    needs_only_room: bool,
}

/// A decision in the making.
pub(super) struct Decision {
    /// Room on each machine that is there or to come, by environment.
    pub(super) rooms: Vec<Vec<(Shape, TypeId)>>,
    /// Types that were found short in this decision.
    short: Vec<(usize, TypeId)>,
    alarm: Option<SimTime>,
}

impl Decision {
    fn wake(&mut self, at: SimTime) {
        self.alarm = Some(self.alarm.map_or(at, |known| known.min(at)));
    }
}

pub(super) enum Tried {
    Launched(TypeId),
    Spills,
    Keeps,
}

/// A launch token, in parts per million times milliseconds.
pub(super) const TOKEN: u128 = Ratio::PARTS as u128 * 1000;

impl Naive<'_> {
    pub(super) fn managed(&self, environment: usize) -> Option<&Managed> {
        self.environments[environment].managed.as_ref()
    }

    pub(super) fn managed_mut(&mut self, environment: usize) -> &mut Managed {
        let managed = self.environments[environment].managed.as_mut();
        managed.expect("a managed environment")
    }

    /// Whether a queue names a managed environment.
    pub(super) fn names_managed(&self, queue: usize) -> bool {
        let mut names = self.queues[queue].is.environments.iter();
        names.any(|name| {
            let number = self.environment(name);
            number.is_some_and(|number| self.managed(number).is_some())
        })
    }

    /// Something happened that is no coming or going of machines: what was launched in vain may be of use now.
    pub(super) fn progress(&mut self) {
        let now = Some(self.happened);
        let managed = self.environments.iter().filter_map(|e| e.managed.as_ref());
        self.wants_scaling |= managed.into_iter().any(|managed| managed.in_vain == now);
        self.happened += 1;
    }

    /// When the next decision is due, if one is.
    pub(super) fn next_scaling(&self) -> Option<SimTime> {
        let waits = |queue: usize| {
            let is = &self.queues[queue];
            !is.deleted && self.names_managed(queue) && !self.waiting(queue, None).is_empty()
        };
        let is_below = |environment: usize| {
            self.managed(environment).is_some()
                && self.environments[environment].is.valid
                && self.committed(environment) < self.floor(environment)
        };
        let mut ask = (0..self.queues.len()).any(waits);
        ask |= (0..self.environments.len()).any(is_below);
        if !ask {
            return None;
        }
        let wanted = self.wants_scaling.then_some(self.now);
        let at = wanted.into_iter().chain(self.scaling_alarm).min()?;
        let tick = self.span(Knob::ScaleOutTick);
        let mut at = at.max(self.now).next_tick(tick);
        if !tick.is_zero() && self.last_scaling == Some(at) {
            at = at + tick;
        }
        Some(at)
    }

    /// The decision phase after the passes: a scaling decision if one is due, then idle instances leave, then what is launched
    /// without delay runs.
    pub(super) fn scale_and_leave(&mut self) {
        if self.next_scaling() == Some(self.now) {
            self.wants_scaling = false;
            self.scaling_alarm = None;
            self.last_scaling = Some(self.now);
            self.last = self.now;
            self.decide();
        }
        self.leave_idle();
        for (environment, instance_type, asked) in std::mem::take(&mut self.launching) {
            let run = Fact::Run {
                environment,
                instance_type,
                asked,
            };
            match self.span(Knob::LaunchTime) {
                Span::ZERO => {
                    self.handle(run);
                }
                later => self.schedule(self.now + later, run),
            }
        }
    }

    /// An instance runs, and is billed.
    pub(super) fn run_instance(&mut self, environment: usize, instance_type: TypeId, asked: u64) {
        let number = self.machines.len();
        self.machines.push(Machine {
            environment,
            instance_type,
            launched: self.now,
            registered: None,
            asked,
            left: None,
        });
        match self.span(Knob::BootTime) {
            Span::ZERO => {
                self.register(number);
            }
            later => self.schedule(self.now + later, Fact::Register(number)),
        }
    }

    /// An instance takes jobs. Says whether it was still there.
    pub(super) fn register(&mut self, machine: usize) -> bool {
        if self.machines[machine].left.is_some() {
            return false;
        }
        self.machines[machine].registered = Some(self.now);
        self.wants_scaling = true;
        self.environment_changed(self.machines[machine].environment);
        true
    }

    /// Instances that were asked for and do not run yet: environment and type.
    fn requested(&self) -> impl Iterator<Item = (usize, TypeId)> {
        let scheduled = self.facts.iter().filter_map(|fact| match fact.what {
            Fact::Run {
                environment,
                instance_type,
                ..
            } => Some((environment, instance_type)),
            _ => None,
        });
        let decided = self.launching.iter().map(|one| (one.0, one.1));
        scheduled.chain(decided)
    }

    /// Instances that run and have not left: environment and type.
    fn running_instances(&self) -> impl Iterator<Item = (usize, TypeId)> {
        let up = self
            .machines
            .iter()
            .filter(|machine| machine.left.is_none());
        up.map(|machine| (machine.environment, machine.instance_type))
    }

    pub(super) fn vcpus(&self, instance_type: TypeId) -> u32 {
        let catalogue = &self.scenario.world.catalogue;
        catalogue.get(instance_type).nominal.vcpus
    }

    pub(super) fn size_of(&self, instance_type: TypeId) -> Shape {
        self.size(self.scenario.world.catalogue.get(instance_type))
    }

    /// vCPUs that an environment asked for and did not let go.
    pub(super) fn committed(&self, environment: usize) -> u32 {
        let all = self.requested().chain(self.running_instances());
        let own = all.filter(|one| one.0 == environment);
        own.map(|one| self.vcpus(one.1)).sum()
    }

    pub(super) fn min_of(&self, environment: usize) -> u32 {
        match self.environments[environment].is.name.is_empty() {
            true => 0, // deleted
            false => self.managed(environment).map_or(0, |m| m.is.min_vcpus),
        }
    }

    fn floor(&self, environment: usize) -> u32 {
        match self.environments[environment].is.name.is_empty() {
            true => 0,
            false => {
                let desired = self.managed(environment).and_then(|m| m.desired);
                self.min_of(environment).max(desired.unwrap_or(0))
            }
        }
    }

    /// Whether EC2 has so many more of a type for us.
    fn has_capacity(&self, instance_type: TypeId, count: u64) -> bool {
        let limit = self.available.iter().find(|one| one.0 == instance_type);
        let all = self.requested().chain(self.running_instances());
        let alive = all.filter(|one| one.1 == instance_type).count();
        limit.is_none_or(|&(_, available)| alive as u64 + count <= u64::from(available))
    }

    fn decide(&mut self) {
        let burst = u128::from(self.count(Knob::LaunchBurst)) * TOKEN;
        let refill = u128::from(self.ratio(Knob::LaunchRefillPerSecond).parts());
        let passed = u128::from((self.now - self.tokens_at).ms());
        self.tokens = (self.tokens + passed * refill).min(burst);
        self.tokens_at = self.now;

        let mut decision = Decision {
            rooms: self.rooms(),
            short: Vec::new(),
            alarm: None,
        };
        for environment in 0..self.environments.len() {
            if self.managed(environment).is_none() {
                continue;
            }
            while self.environments[environment].is.valid
                && let Some(missing) =
                    (self.floor(environment)).checked_sub(self.committed(environment))
                && missing > 0
            {
                let least = [(Shape::new(1, 1, 0), None)];
                let demand = u64::from(missing);
                let tried = self.launch(&mut decision, environment, &least, demand, true, &|_| 1);
                let Tried::Launched(instance_type) = tried else {
                    break;
                };
                let size = self.size_of(instance_type);
                decision.rooms[environment].push((size, instance_type));
            }
        }
        let mut queues: Vec<usize> = (0..self.queues.len()).collect();
        queues.retain(|&queue| !self.queues[queue].deleted && self.names_managed(queue));
        queues.sort_by_key(|&queue| (Reverse(self.queues[queue].is.priority), queue));
        for queue in queues {
            let entries = self.entries(queue);
            let mut later: u64 = entries.iter().map(Entry::vcpus).sum();
            for entry in entries {
                later -= entry.vcpus();
                match entry.nodes.is_empty() {
                    true => self.provide(&mut decision, queue, &entry, later),
                    false => self.provide_gang(&mut decision, queue, &entry),
                }
            }
        }
        // A type that is still short when it is no more left out changes nothing; that it no more is, somebody will say.
        for environment in 0..self.environments.len() {
            let ends = match self.managed(environment) {
                Some(managed) => managed.backed_off.clone(),
                None => Vec::new(),
            };
            for (instance_type, until) in ends {
                if until > self.now && self.has_capacity(instance_type, 1) {
                    decision.wake(until);
                }
            }
        }
        self.scaling_alarm = decision.alarm;
    }

    /// Room there is and room to come.
    fn rooms(&self) -> Vec<Vec<(Shape, TypeId)>> {
        let mut rooms = vec![Vec::new(); self.environments.len()];
        for number in 0..self.machines.len() {
            let machine = &self.machines[number];
            if machine.left.is_none() {
                rooms[machine.environment].push((self.free(number), machine.instance_type));
            }
        }
        for (environment, instance_type) in self.requested() {
            rooms[environment].push((self.size_of(instance_type), instance_type));
        }
        rooms
    }

    /// What waits: the head of the queue, then all others by shape, the largest first.
    fn entries(&self, queue: usize) -> Vec<Entry> {
        let waiting = self.waiting(queue, None);
        let is = &self.queues[queue];
        let head = if is.is.scheduling_policy.is_some() {
            self.next_share(queue, &[])
                .map(|share| self.waiting(queue, Some(share))[0])
        } else {
            let held = is.held.filter(|held| waiting.contains(held));
            held.or(waiting.first().copied())
        };
        let Some(head) = head else {
            return Vec::new();
        };
        let needs_only_room = !self.lacks_consumables(head)
            && !self.is_over_the_reserve(head)
            && self.has_tokens_at(head) == self.now;
        let entry = |job: usize| Entry {
            shape: self.jobs[job].shape,
            count: 1,
            nodes: self.jobs[job].nodes.clone(),
            needs_only_room: job == head && needs_only_room,
        };
        let mut entries: Vec<Entry> = waiting
            .into_iter()
            .filter(|&job| job != head)
            .filter(|&job| {
                self.fault != Some(Fault::GangsOnlyAtTheHead) || self.jobs[job].nodes.is_empty()
            })
            .map(entry)
            .collect();
        // Of one shape multi-node jobs come last, by what each node asks for.
        entries.sort_by_key(|entry| {
            let nodes: Vec<Shape> = entry.nodes.iter().map(|node| node.0).collect();
            let named = entry.nodes.iter().find_map(|node| node.1.clone());
            (Reverse(entry.shape), nodes, named)
        });
        // Plain jobs of one shape are one entry.
        entries.dedup_by(|next, first| {
            let alike =
                next.shape == first.shape && next.nodes.is_empty() && first.nodes.is_empty();
            first.count += u64::from(alike);
            alike
        });
        entries.insert(0, entry(head));
        entries
    }

    /// The environments of a queue that take jobs now.
    pub(super) fn usable(&self, queue: usize) -> Vec<usize> {
        let names = self.queues[queue].is.environments.iter();
        let mut usable: Vec<usize> = names.filter_map(|name| self.environment(name)).collect();
        usable.retain(|&number| {
            let is = &self.environments[number].is;
            is.enabled && is.valid
        });
        usable
    }

    /// Whether an environment launches for this entry as things are.
    pub(super) fn launches_for(&self, environment: usize, entry: &Entry) -> bool {
        let managed = self.managed(environment);
        managed.is_some_and(|managed| {
            entry.shape.vcpus <= managed.is.max_vcpus
                && (entry.needs_only_room || managed.in_vain != Some(self.happened))
        })
    }

    fn provide(&mut self, decision: &mut Decision, queue: usize, entry: &Entry, later: u64) {
        let mut count = entry.count;
        for environment in self.usable(queue) {
            decision.rooms[environment].sort();
            for room in &mut decision.rooms[environment] {
                while count > 0 && entry.shape.fits(room.0) {
                    room.0 = room.0.less(entry.shape);
                    count -= 1;
                }
            }
            while count > 0 && self.launches_for(environment, entry) {
                let demand = u64::from(entry.shape.vcpus) * count + later;
                let one = [(entry.shape, None)];
                match self.launch(decision, environment, &one, demand, false, &|_| 1) {
                    Tried::Launched(instance_type) => {
                        let mut room = self.size_of(instance_type);
                        while count > 0 && entry.shape.fits(room) {
                            room = room.less(entry.shape);
                            count -= 1;
                        }
                        decision.rooms[environment].push((room, instance_type));
                    }
                    Tried::Spills => break,
                    Tried::Keeps => return,
                }
            }
        }
    }

    /// Asks for machines of one type, one of which holds each of `nodes`: as many as `missing` says of the type.
    pub(super) fn launch(
        &mut self,
        decision: &mut Decision,
        environment: usize,
        nodes: &[(Shape, Option<String>)],
        demand: u64,
        is_floor: bool,
        missing: &dyn Fn(TypeId) -> u64,
    ) -> Tried {
        let is = &self.environments[environment].is;
        if !is.valid || !(is.enabled || is_floor) {
            return Tried::Spills;
        }
        let spec = self
            .managed(environment)
            .expect("a managed environment")
            .is
            .clone();
        let committed = self.committed(environment);
        let most = u64::from(self.count(Knob::ClusterInstancesMax));
        let all = self.requested().chain(self.running_instances());
        let instances = all.filter(|one| one.0 == environment).count() as u64;
        if committed >= spec.max_vcpus || (most > 0 && instances >= most) {
            return Tried::Spills;
        }
        let mut candidates = spec.types.clone();
        candidates.retain(|&one| self.holds_nodes(one, nodes));
        let is_best_fit = spec.strategy == AllocationStrategy::BestFit;
        if self.fault != Some(Fault::BestFitOvershoots) {
            candidates.retain(|&one| self.lets_be(environment, one, nodes.len()));
        }
        if candidates.is_empty() {
            return Tried::Spills;
        }
        let managed = self.managed(environment).expect("a managed environment");
        candidates.retain(|&one| {
            let mut off = managed.backed_off.iter();
            !off.any(|&(other, until)| other == one && until > self.now)
                && !decision.short.contains(&(environment, one))
        });
        let burst = self.count(Knob::LaunchBurst);
        loop {
            let chosen = match is_best_fit {
                true => self.cheapest(&candidates),
                false => self.progressive(&candidates, demand, spec.max_vcpus - committed),
            };
            // As many as there must be at once: a single one where there is no telling.
            let count = chosen.map_or(1, missing);
            if let Some(chosen) = chosen {
                let each = u64::from(self.vcpus(chosen));
                let budget = u64::from(spec.max_vcpus - committed);
                let overshoots = !is_best_fit || self.fault == Some(Fault::BestFitOvershoots);
                let is_too_much = match overshoots {
                    true => each * (count - 1) >= budget,
                    false => each * count > budget,
                };
                if is_too_much
                    || (most > 0 && instances + count > most)
                    || (burst > 0 && count > u64::from(burst))
                {
                    return Tried::Spills;
                }
            }
            let together = match self.fault {
                Some(Fault::GangsOneByOne) => 1,
                _ => count,
            };
            if burst > 0 && self.tokens < u128::from(together) * TOKEN {
                let refill = u128::from(self.ratio(Knob::LaunchRefillPerSecond).parts());
                if refill > 0 {
                    let ms = (u128::from(count) * TOKEN - self.tokens).div_ceil(refill);
                    let ms = u64::try_from(ms).expect("small numbers");
                    decision.wake(self.now + Span::from_ms(ms));
                }
                return Tried::Keeps;
            }
            let Some(chosen) = chosen else {
                return self.is_short(decision, environment);
            };
            if self.has_capacity(chosen, count) {
                (0..count).for_each(|_| self.ask_for(environment, chosen));
                return Tried::Launched(chosen);
            }
            if is_best_fit {
                return self.is_short(decision, environment);
            }
            candidates.retain(|&one| one != chosen);
            decision.short.push((environment, chosen));
            let until = self.now + self.span(Knob::CapacityBackoff);
            let backed_off = &mut self.managed_mut(environment).backed_off;
            backed_off.retain(|one| one.0 != chosen);
            backed_off.push((chosen, until));
        }
    }

    fn ask_for(&mut self, environment: usize, instance_type: TypeId) {
        if self.count(Knob::LaunchBurst) > 0 {
            self.tokens = self.tokens.saturating_sub(TOKEN);
        }
        self.launching
            .push((environment, instance_type, self.happened));
        let committed = self.committed(environment);
        let managed = self.managed_mut(environment);
        managed.short_since = None;
        managed.desired = managed.desired.filter(|&desired| committed < desired);
    }

    fn is_short(&mut self, decision: &mut Decision, environment: usize) -> Tried {
        let now = self.now;
        let since = *self.managed_mut(environment).short_since.get_or_insert(now);
        let spills = since + self.span(Knob::SpillAfter);
        if now < spills {
            decision.wake(spills);
            return Tried::Keeps;
        }
        Tried::Spills
    }

    fn cheapest(&self, candidates: &[TypeId]) -> Option<TypeId> {
        let catalogue = &self.scenario.world.catalogue;
        let price = |one: &TypeId| (catalogue.get(*one).price, self.vcpus(*one), *one);
        candidates.iter().copied().min_by_key(price)
    }

    /// The cheapest per vCPU; of several the one that `sizeBias` says.
    fn progressive(&self, candidates: &[TypeId], demand: u64, budget: u32) -> Option<TypeId> {
        let catalogue = &self.scenario.world.catalogue;
        let ticks = |one: TypeId| u128::from(catalogue.get(one).price.ticks());
        let vcpus = |one: TypeId| u128::from(self.vcpus(one));
        let is_cheaper = |a: TypeId, b: TypeId| ticks(a) * vcpus(b) < ticks(b) * vcpus(a);
        let mut best = candidates.to_vec();
        best.retain(|&one| !candidates.iter().any(|&other| is_cheaper(other, one)));
        let most = u128::from(demand.min(u64::from(budget)));
        let filled = best.iter().copied().filter(|&one| vcpus(one) <= most);
        let largest = filled.max_by_key(|&one| (vcpus(one), Reverse(one)));
        let smallest = best.iter().copied().min_by_key(|&one| (vcpus(one), one));
        match self.word(Knob::SizeBias) {
            "smallest" => smallest,
            _ => largest.or(smallest),
        }
    }
}

impl Entry {
    /// What it asks for of machines that others share.
    fn vcpus(&self) -> u64 {
        match self.nodes.is_empty() {
            true => u64::from(self.shape.vcpus) * self.count,
            false => 0,
        }
    }
}
