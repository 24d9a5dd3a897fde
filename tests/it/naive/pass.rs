//! One decision: which waiting jobs start, and on which machines.

use std::cmp::Reverse;

use batchcast::model::{BlockReason, InstanceType, JobStatus, Knob};
use batchcast::units::Shape;

use super::{Fact, Fault, Naive};

impl Naive<'_> {
    pub(super) fn pass(&mut self) {
        let mut queues: Vec<usize> = (0..self.queues.len()).collect();
        queues.retain(|&queue| !self.queues[queue].deleted);
        queues.sort_by_key(|&queue| (Reverse(self.queues[queue].is.priority), queue));
        for queue in queues {
            if !self.begins_pass(queue) {
                continue;
            }
            if !self.waiting(queue, None).is_empty() {
                self.last = self.now;
            }
            let head = if self.queues[queue].is.scheduling_policy.is_some() {
                self.fair_pass(queue)
            } else {
                self.fifo_pass(queue)
            };
            self.ends_pass(queue, head);
            self.queues[queue].tried = head.is_some();
            self.look_at_head(queue, head);
        }
    }

    /// Whether `job` came to stand behind a head that was tried and waits, where nobody may pass one.
    pub(super) fn stops_before(&self, queue: usize, job: usize) -> bool {
        let default = self.word(Knob::Dispatch);
        let is = &self.queues[queue].is;
        let discipline = is.discipline.as_deref().unwrap_or(default);
        is.scheduling_policy.is_none()
            && ["strict", "strict-held"].contains(&discipline)
            && self.queues[queue].tried
            && self.waiting(queue, None).first() != Some(&job)
    }

    /// Passes a queue without shares; returns its first job that still waits.
    fn fifo_pass(&mut self, queue: usize) -> Option<usize> {
        let default = self.word(Knob::Dispatch).to_owned();
        let discipline = self.queues[queue].is.discipline.clone().unwrap_or(default);
        match discipline.as_str() {
            "strict" => {
                while let Some(&head) = self.waiting(queue, None).first() {
                    if !self.start_if_it_fits(head) {
                        break;
                    }
                }
            }
            "strict-held" => loop {
                let waiting = self.waiting(queue, None);
                let held = self.queues[queue]
                    .held
                    .filter(|held| waiting.contains(held));
                let Some(head) = held.or(waiting.first().copied()) else {
                    break;
                };
                if !self.start_if_it_fits(head) {
                    self.queues[queue].held = Some(head);
                    return Some(head);
                }
                self.queues[queue].held = None;
            },
            "easy" => self.easy_pass(queue),
            "conservative" => self.conservative_pass(queue),
            other => {
                let k = other
                    .strip_prefix("lookahead:")
                    .expect("a known discipline");
                let window = k.parse::<usize>().expect("a number") + 1;
                // From the front again until nothing starts: then it is known who lacks tokens.
                let mut started = true;
                while std::mem::take(&mut started) {
                    let mut position = 0;
                    loop {
                        let waiting = self.waiting(queue, None);
                        if position >= window.min(waiting.len()) {
                            break;
                        }
                        match self.start_if_it_fits(waiting[position]) {
                            true => started = true,
                            false => position += 1,
                        }
                    }
                }
            }
        }
        self.waiting(queue, None).first().copied()
    }

    /// Passes a fair-share queue; returns the first job of the share whose turn it is, where one waits.
    fn fair_pass(&mut self, queue: usize) -> Option<usize> {
        let mut skipped = Vec::new();
        while let Some(share) = self.next_share(queue, &skipped) {
            let head = self.waiting(queue, Some(share))[0];
            if self.start_if_it_fits(head) {
                continue;
            }
            if self.flag(Knob::ShareHeadBlocks) {
                return Some(head);
            }
            skipped.push(share);
        }
        let share = self.next_share(queue, &[])?;
        Some(self.waiting(queue, Some(share))[0])
    }

    /// The RUNNABLE jobs of a queue, or of one of its shares, in order.
    pub(super) fn waiting(&self, queue: usize, share: Option<usize>) -> Vec<usize> {
        let mut waiting: Vec<usize> = (0..self.jobs.len())
            .filter(|&number| {
                let job = &self.jobs[number];
                job.status == JobStatus::Runnable
                    && !job.resting
                    && job.queue == queue
                    && (share.is_none() || job.share == share)
            })
            .collect();
        let fair = self.queues[queue].is.scheduling_policy.is_some();
        waiting.sort_by_key(|&number| {
            let job = &self.jobs[number];
            let retried = job.retried.map_or(0, |at| at.ms() + 1);
            let not_retried = job.retried.is_none();
            let priority = if fair && not_retried { job.priority } else { 0 };
            let rank = if not_retried { self.rank(number) } else { 0 };
            (
                not_retried,
                Reverse(retried),
                Reverse(priority),
                rank,
                number,
            )
        });
        waiting
    }

    fn rank(&self, number: usize) -> u64 {
        let job = &self.jobs[number];
        let default = self.word(Knob::JobOrder);
        let order = self.queues[job.queue]
            .is
            .order
            .as_deref()
            .unwrap_or(default);
        match order {
            "fifo" => 0,
            "sjf" => job.estimate.ms(),
            "smallest" => u64::from(job.shape.vcpus),
            "largest" => u64::from(u32::MAX - job.shape.vcpus),
            other => panic!("the naive simulator knows no order {other}"),
        }
    }

    pub(super) fn start_if_it_fits(&mut self, job: usize) -> bool {
        if !self.takes_tokens(job) {
            return false;
        }
        match self.machines_for(job) {
            Some(machines) => {
                self.place(job, machines);
                self.use_tokens(job);
                true
            }
            None => false,
        }
    }

    /// The machines that would take the job now.
    pub(super) fn machines_for(&self, number: usize) -> Option<Vec<usize>> {
        let job = &self.jobs[number];
        if self.lacks_consumables(number) {
            return None;
        }
        if self.is_over_the_reserve(number) {
            return None;
        }
        let environments = &self.queues[job.queue].is.environments;
        environments.iter().find_map(|name| {
            let environment = self.environment(name)?;
            let state = &self.environments[environment].is;
            if !state.enabled || !state.valid {
                return None;
            }
            if job.nodes.is_empty() {
                self.machine_for(environment, job.shape)
                    .map(|machine| vec![machine])
            } else {
                self.gang_for(environment, &job.nodes)
            }
        })
    }

    /// Whether something that the job asks for and does not hold yet is not available.
    pub(super) fn lacks_consumables(&self, number: usize) -> bool {
        let job = &self.jobs[number];
        job.consumables.iter().any(|ask| {
            let resource = self
                .resource(&ask.resource)
                .expect("it was there when the job came");
            let resource = &self.resources[resource];
            let held = job.holds && resource.is.replenishable;
            !held && resource.is.total.saturating_sub(resource.in_use) < ask.quantity
        })
    }

    fn machine_for(&self, environment: usize, shape: Shape) -> Option<usize> {
        let mut machines = self.present(environment);
        machines.retain(|&machine| shape.fits(self.free(machine)) && !self.is_taken_whole(machine));
        let spread = self.word(Knob::Placement) == "spread";
        let last_first = self.fault == Some(Fault::TiesToTheLast);
        machines.sort_by_key(|&machine| {
            let free = self.free(machine);
            let (memory, vcpus) = (i64::from(free.memory), i64::from(free.vcpus));
            let id = machine as i64;
            let (memory, vcpus) = if spread {
                (-memory, -vcpus)
            } else {
                (memory, vcpus)
            };
            (memory, vcpus, if last_first { -id } else { id })
        });
        machines.first().copied()
    }

    fn gang_for(
        &self,
        environment: usize,
        nodes: &[(Shape, Option<String>)],
    ) -> Option<Vec<usize>> {
        let mut empty = self.present(environment);
        empty.retain(|&machine| self.is_empty(machine));
        empty.iter().find_map(|&first| {
            let kind = self.machines[first].instance_type;
            let mut alike = empty.clone();
            alike.retain(|&machine| self.machines[machine].instance_type == kind);
            let holds = nodes
                .iter()
                .all(|node| self.holds_node(self.type_of(first), node));
            (holds && alike.len() >= nodes.len()).then(|| alike[..nodes.len()].to_vec())
        })
    }

    pub(super) fn holds_node(&self, kind: &InstanceType, node: &(Shape, Option<String>)) -> bool {
        node.0.fits(self.size(kind)) && node.1.as_ref().is_none_or(|name| *name == kind.name)
    }

    pub(super) fn type_of(&self, machine: usize) -> &InstanceType {
        self.scenario
            .world
            .catalogue
            .get(self.machines[machine].instance_type)
    }

    /// What jobs can use of a machine of this type.
    pub(super) fn size(&self, kind: &InstanceType) -> Shape {
        let memory = match self.word(Knob::UsableMemory) {
            "nominal" => kind.nominal.memory,
            _ => kind.usable_memory,
        };
        Shape {
            memory,
            ..kind.nominal
        }
    }

    /// The machines of an environment that take jobs, launched first first.
    pub(super) fn present(&self, environment: usize) -> Vec<usize> {
        (0..self.machines.len())
            .filter(|&machine| {
                self.machines[machine].environment == environment
                    && self.machines[machine].registered.is_some()
                    && self.machines[machine].left.is_none()
            })
            .collect()
    }

    fn jobs_on(&self, machine: usize) -> impl Iterator<Item = usize> {
        self.running.iter().copied().filter(move |&job| {
            let attempt = self.jobs[job].attempts.last().expect("it runs");
            attempt.machines.contains(&machine)
        })
    }

    fn is_empty(&self, machine: usize) -> bool {
        self.jobs_on(machine).next().is_none()
    }

    fn is_taken_whole(&self, machine: usize) -> bool {
        self.jobs_on(machine)
            .any(|job| !self.jobs[job].nodes.is_empty())
    }

    /// What is free on a machine.
    pub(super) fn free(&self, machine: usize) -> Shape {
        let size = self.size(self.type_of(machine));
        self.jobs_on(machine)
            .fold(size, |free, job| match self.jobs[job].nodes.is_empty() {
                true => free.less(self.jobs[job].shape),
                false => Shape::default(),
            })
    }

    /// Whether the queue's head can never be placed, since when, and what follows.
    fn look_at_head(&mut self, queue: usize, head: Option<usize>) {
        let blocked = head.and_then(|head| Some((head, self.never(head)?)));
        if blocked == self.queues[queue].blocked {
            return;
        }
        self.queues[queue].blocked = blocked;
        self.queues[queue].stamp += 1;
        let stamp = self.queues[queue].stamp;
        if let Some((_, reason)) = blocked {
            let delay = match reason {
                BlockReason::MaxResource | BlockReason::JobResourceRequirement => {
                    Knob::BlockedAfterMisconfiguration
                }
                _ => Knob::BlockedAfterUndetermined,
            };
            self.schedule(self.now + self.span(delay), Fact::Declare { queue, stamp });
        }
    }

    /// A blocked head is declared blocked; says whether it still is the same.
    pub(super) fn declare(&mut self, queue: usize, stamp: u32) -> bool {
        let blocked = self.queues[queue].blocked;
        let Some((job, reason)) = blocked.filter(|_| self.queues[queue].stamp == stamp) else {
            return false;
        };
        if self.jobs[job].status != JobStatus::Runnable {
            return false;
        }
        let actions = &self.queues[queue].is.time_limit_actions;
        if let Some(action) = actions.iter().find(|action| action.reason == reason) {
            self.schedule(self.now + action.max_time, Fact::Limit { queue, stamp });
        }
        true
    }

    /// Why no machine that is registered with the queue's environments can ever take the job.
    pub(super) fn never(&self, number: usize) -> Option<BlockReason> {
        let job = &self.jobs[number];
        let names = &self.queues[job.queue].is.environments;
        let environments: Vec<usize> = names
            .iter()
            .filter_map(|name| self.environment(name))
            .collect();
        let machines = |environment: usize| -> Vec<&InstanceType> {
            let catalogue = &self.scenario.world.catalogue;
            let here = self
                .present(environment)
                .into_iter()
                .map(|machine| self.type_of(machine));
            let to_come = self.facts.iter().filter_map(|fact| match &fact.what {
                Fact::Join {
                    environment: where_to,
                    instance_type,
                    ..
                } if *where_to == environment => Some(catalogue.get(*instance_type)),
                _ => None,
            });
            here.chain(to_come).collect()
        };
        let holds_all = |kind: &InstanceType| match job.nodes.is_empty() {
            true => job.shape.fits(self.size(kind)),
            false => job.nodes.iter().all(|node| self.holds_node(kind, node)),
        };
        let count_of = |environment: usize, kind: &InstanceType| {
            let machines = machines(environment);
            machines
                .iter()
                .filter(|other| other.name == kind.name)
                .count()
        };
        let needed = job.nodes.len().max(1);
        let has_room = |environment: usize| {
            if self.managed(environment).is_some() {
                return self.is_beyond(environment, number).is_none();
            }
            let mut kinds = machines(environment).into_iter();
            kinds.any(|kind| holds_all(kind) && count_of(environment, kind) >= needed)
        };
        // Too much in all: more vCPUs, or for a gang more machines, than the environment has.
        let is_too_much = |environment: usize| {
            if let Some(too_much) = self.is_beyond(environment, number) {
                return too_much;
            }
            let machines = machines(environment);
            match job.nodes.is_empty() {
                true => {
                    machines.iter().map(|kind| kind.nominal.vcpus).sum::<u32>() < job.shape.vcpus
                }
                false => {
                    machines.iter().any(|kind| holds_all(kind))
                        || machines
                            .iter()
                            .all(|kind| count_of(environment, kind) < needed)
                }
            }
        };
        let invalid = |&environment: &usize| !self.environments[environment].is.valid;
        let unusable = |environment: &usize| {
            invalid(environment) || !self.environments[*environment].is.enabled
        };
        if environments.iter().all(invalid) {
            Some(BlockReason::InvalidEnvironments)
        } else if environments.iter().all(unusable) {
            Some(BlockReason::Undetermined)
        } else if environments
            .iter()
            .any(|&environment| has_room(environment))
        {
            None
        } else if environments
            .iter()
            .all(|&environment| is_too_much(environment))
        {
            Some(BlockReason::MaxResource)
        } else {
            Some(BlockReason::JobResourceRequirement)
        }
    }
}
