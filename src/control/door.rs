//! The door for all actions but SubmitJob: each is checked as AWS checks it, then done.

use std::sync::Arc;

use crate::model::{
    Command, ConsumableResource, ConsumableUpdate, JobQueue, JobStatus, Knob, Named, Observer,
    Platform, QueueUpdate, Rejection, SchedulingPolicy, StatusReason, rules,
};
use crate::policy::discipline;
use crate::policy::order;
use crate::units::{EnvId, JobId, QueueId, ShareId, SimTime, ZoneId};

use super::job::Whereabouts;
use super::queue::{Fair, Queue};
use super::registry::{Consumable, Revision};
use super::shares::Usage;
use super::{Attempt, Control, Effect};

pub(super) type Answer = Result<(), Rejection>;

pub(super) fn refuse(text: impl Into<String>) -> Answer {
    Err(Rejection(text.into()))
}

/// The first fault of a request, as AWS would answer.
pub(super) fn first_fault(faults: Vec<rules::Fault>) -> Answer {
    match faults.into_iter().next() {
        Some(fault) => refuse(format!("{}: {}", fault.member, fault.message)),
        None => Ok(()),
    }
}

impl<O: Observer> Control<'_, O> {
    pub(super) fn carry_out(&mut self, now: SimTime, command: &Command) -> Answer {
        self.version += 1;
        match command {
            Command::RegisterJobDefinition(definition) => {
                first_fault(rules::definition_faults(definition))?;
                let revisions = self
                    .registry
                    .definitions
                    .entry(definition.name.clone())
                    .or_default();
                revisions.push(Revision {
                    definition: definition.clone(),
                    is_active: true,
                });
                Ok(())
            }
            Command::DeregisterJobDefinition { job_definition } => self.deregister(job_definition),
            Command::CreateSchedulingPolicy(policy) => {
                if self.registry.policies.contains_key(&policy.name) {
                    return refuse(format!("Scheduling policy {} already exists", policy.name));
                }
                self.put_policy(now, policy)
            }
            Command::UpdateSchedulingPolicy(policy) => {
                if !self.registry.policies.contains_key(&policy.name) {
                    return refuse(format!("Scheduling policy {} does not exist", policy.name));
                }
                self.put_policy(now, policy)
            }
            Command::DeleteSchedulingPolicy { name } => self.delete_policy(name),
            Command::CreateComputeEnvironment(spec) => self.create_environment(spec),
            Command::UpdateComputeEnvironment(update) => self.update_environment(now, update),
            Command::DeleteComputeEnvironment {
                compute_environment,
            } => self.delete_environment(compute_environment),
            Command::CreateJobQueue(spec) => self.create_queue(now, spec),
            Command::UpdateJobQueue(update) => self.update_queue(now, update),
            Command::DeleteJobQueue { job_queue } => self.delete_queue(now, job_queue),
            Command::CreateConsumableResource(spec) => self.create_consumable(spec),
            Command::UpdateConsumableResource {
                consumable_resource,
                update,
            } => self.update_consumable(now, consumable_resource, *update),
            Command::DeleteConsumableResource {
                consumable_resource,
            } => match self.registry.consumable(consumable_resource) {
                Some(id) => {
                    self.registry.consumables[id.index()].deleted = true;
                    Ok(())
                }
                None => refuse(format!(
                    "Consumable resource {consumable_resource} does not exist"
                )),
            },
            Command::CancelJob { job, reason } => self.leave(now, job, reason, false),
            Command::TerminateJob { job, reason } => self.leave(now, job, reason, true),
            Command::RunInstances {
                compute_environment,
                instance_type,
                count,
            } => {
                let slowest = self.slowest_of(std::iter::once(*instance_type));
                let environment = self.environment(compute_environment)?;
                if environment.fargate.is_some() {
                    return refuse(rules::NO_INSTANCES);
                }
                if environment.managed.is_some() {
                    return refuse(format!(
                        "Compute environment {compute_environment} is MANAGED: Batch launches its instances"
                    ));
                }
                if let Some(id) = self.registry.environment(compute_environment)
                    && self.registry.environments[id.index()]
                        .queues
                        .iter()
                        .any(|queue| self.queues[queue.index()].needs_one_machine)
                {
                    return refuse("conservative backfilling needs one environment of one machine");
                }
                let environment = self.environment(compute_environment)?;
                environment.machines += u64::from(*count);
                environment.slowest = environment.slowest.min(slowest);
                let id = self
                    .registry
                    .environment(compute_environment)
                    .expect("it was just found");
                self.renew_environments();
                self.effects.push_back(Effect::Join {
                    environment: id,
                    instance_type: *instance_type,
                    count: *count,
                });
                Ok(())
            }
            Command::TerminateInstances {
                compute_environment,
                count,
            } => match self.registry.environment(compute_environment) {
                Some(id) if self.registry.environments[id.index()].fargate.is_some() => {
                    refuse(rules::NO_INSTANCES)
                }
                Some(environment) => {
                    self.effects.push_back(Effect::Leave {
                        environment,
                        count: *count,
                    });
                    Ok(())
                }
                None => refuse(format!(
                    "Compute environment {compute_environment} does not exist"
                )),
            },
            Command::SetAvailableCapacity {
                instance_type,
                available,
            } => {
                self.effects.push_back(Effect::Available {
                    instance_type: *instance_type,
                    available: *available,
                });
                Ok(())
            }
            Command::ZoneOutage {
                availability_zone,
                duration,
            } => {
                let zones = &self.world.spot.zones;
                let Some(zone) = zones.iter().position(|zone| zone == availability_zone) else {
                    return refuse(format!(
                        "Availability zone {availability_zone} does not exist"
                    ));
                };
                self.effects.push_back(Effect::Outage {
                    zone: ZoneId::at(zone),
                    until: now + *duration,
                });
                Ok(())
            }
        }
    }

    /// The queue called `name`.
    pub(super) fn queue(&self, name: &str) -> Option<QueueId> {
        self.queues
            .iter()
            .position(|queue| queue.spec.name == name && !queue.deleted)
            .map(QueueId::at)
    }

    fn known_queue(&self, name: &str) -> Result<QueueId, Rejection> {
        self.queue(name)
            .ok_or_else(|| Rejection(format!("Job queue {name} does not exist")))
    }

    fn deregister(&mut self, reference: &str) -> Answer {
        let Some((name, revision)) = reference.rsplit_once(':') else {
            return refuse(format!(
                "JobDefinition {reference} must be given as name:revision"
            ));
        };
        let revisions = self.registry.definitions.get_mut(name);
        let found = revisions
            .zip(revision.parse::<usize>().ok())
            .and_then(|(all, n)| all.get_mut(n.wrapping_sub(1)));
        match found {
            Some(revision) => {
                revision.is_active = false;
                Ok(())
            }
            None => refuse(format!("JobDefinition {reference} does not exist")),
        }
    }

    fn put_policy(&mut self, now: SimTime, policy: &SchedulingPolicy) -> Answer {
        first_fault(rules::name_faults("name", &policy.name))?;
        first_fault(rules::fairshare_faults(&policy.fairshare))?;
        self.registry
            .policies
            .insert(policy.name.clone(), policy.clone());
        let measure = self.measure(policy.fairshare.share_decay);
        for index in 0..self.queues.len() {
            let fair = self.queues[index].fair.as_ref();
            if fair.is_some_and(|fair| fair.policy == policy.name) {
                let reservation = policy.fairshare.compute_reservation;
                self.queues[index].renew_policy(now, measure, reservation);
                self.weigh(QueueId::at(index));
            }
        }
        self.all_queues_due(now);
        Ok(())
    }

    fn delete_policy(&mut self, name: &str) -> Answer {
        let user = self.queues.iter().find(|queue| {
            !queue.deleted && queue.fair.as_ref().is_some_and(|fair| fair.policy == name)
        });
        if let Some(queue) = user {
            return refuse(format!(
                "Scheduling policy {name} is in use by job queue {}",
                queue.spec.name
            ));
        }
        match self.registry.policies.remove(name) {
            Some(_) => Ok(()),
            None => refuse(format!("Scheduling policy {name} does not exist")),
        }
    }

    fn create_queue(&mut self, now: SimTime, spec: &JobQueue) -> Answer {
        first_fault(rules::queue_faults(spec))?;
        if self.queue(&spec.name).is_some() {
            return refuse(format!("Job queue {} already exists", spec.name));
        }
        let environments = self.environments(&spec.environments)?;
        let platform = self.platform_of(&environments)?;
        let dispatch = match (
            self.handed_in.dispatches.remove(&spec.name),
            &spec.discipline,
        ) {
            (Some(own), _) => own,
            (None, Some(name)) => discipline::find(name).map_err(Rejection)?.make(),
            (None, None) => self.knobs.default_discipline.make(),
        };
        let plans = dispatch.plans();
        if plans && platform == Platform::Fargate {
            return refuse(rules::NO_BACKFILLING);
        }
        self.check_plannable(dispatch.needs_one_machine(), &environments)?;
        let name = spec
            .order
            .as_deref()
            .unwrap_or(self.world.settings.word(Knob::JobOrder));
        let known = order::find(name).map_err(Rejection)?;
        let own = self.handed_in.orders.remove(&spec.name);
        let is_fifo = own.is_none() && known.name == "fifo";
        let order = own.unwrap_or_else(|| (known.make)());
        let fair = match &spec.scheduling_policy {
            None => None,
            Some(_) if plans => {
                return refuse(format!(
                    "Job queue {}: backfilling and fair share exclude each other",
                    spec.name
                ));
            }
            Some(name) => Some(self.fair(name)?),
        };
        let is_fifo_queue = fair.is_none();
        let id = QueueId::at(self.queues.len());
        let queue = Queue::new(spec.clone(), dispatch, order, is_fifo, fair, now);
        self.queues.push(queue);
        self.observer.named(Named::Queue(id, &spec.name));
        if is_fifo_queue {
            self.queues[id.index()].add_share(
                ShareId::NONE,
                "",
                Usage::new(crate::model::WeightFactor::ONE),
            );
        }
        self.attach(id, environments);
        self.sort_queues();
        if plans {
            self.effects.push_back(Effect::KeepEnds);
        }
        Ok(())
    }

    /// A queue's environments are all of EC2 or all of Fargate (API ComputeEnvironmentOrder).
    fn platform_of(&self, environments: &[EnvId]) -> Result<Platform, Rejection> {
        let mut platforms = environments
            .iter()
            .map(|id| self.registry.environments[id.index()].platform());
        let first = platforms.next().unwrap_or_default();
        match platforms.all(|other| other == first) {
            true => Ok(first),
            false => Err(Rejection(rules::MIXED_PLATFORMS.to_owned())),
        }
    }

    /// Conservative backfilling plans on one machine.
    fn check_plannable(&self, needs_one_machine: bool, environments: &[EnvId]) -> Answer {
        let machines = environments
            .iter()
            .map(|id| self.registry.environments[id.index()].machines);
        if needs_one_machine && (environments.len() != 1 || machines.sum::<u64>() != 1) {
            return refuse("conservative backfilling needs one environment of one machine");
        }
        Ok(())
    }

    fn fair(&self, policy: &str) -> Result<Fair, Rejection> {
        let Some(found) = self.registry.policies.get(policy) else {
            return Err(Rejection(format!(
                "Scheduling policy {policy} does not exist"
            )));
        };
        Ok(Fair {
            policy: policy.to_owned(),
            measure: self.measure(found.fairshare.share_decay),
            reservation: found.fairshare.compute_reservation,
            tournament: super::shares::Tournament::default(),
            active: 0,
            expiring: std::collections::VecDeque::new(),
            aside: Vec::new(),
            fronts: Vec::new(),
        })
    }

    /// A new share of a fair-share queue.
    pub(super) fn new_share(&mut self, queue: QueueId, identifier: &str) -> u32 {
        let id = ShareId(self.registry.shares);
        self.registry.shares += 1;
        self.observer.named(Named::Share(id, queue, identifier));
        self.queues[queue.index()].add_share(
            id,
            identifier,
            Usage::new(crate::model::WeightFactor::ONE),
        )
    }

    fn attach(&mut self, queue: QueueId, environments: Vec<EnvId>) {
        for environment in &mut self.registry.environments {
            environment.queues.retain(|other| *other != queue);
        }
        for id in &environments {
            self.registry.environments[id.index()].queues.push(queue);
        }
        self.queues[queue.index()].environments = environments;
        self.renew_environments();
    }

    /// By priority, the higher first; equal ones by creation (assumed: AWS does not say).
    fn sort_queues(&mut self) {
        let mut order: Vec<QueueId> = (0..self.queues.len())
            .map(QueueId::at)
            .filter(|id| !self.queues[id.index()].deleted)
            .collect();
        order.sort_by_key(|id| {
            (
                std::cmp::Reverse(self.queues[id.index()].spec.priority),
                *id,
            )
        });
        self.queue_order = order;
    }

    fn update_queue(&mut self, now: SimTime, update: &QueueUpdate) -> Answer {
        let id = self.known_queue(&update.job_queue)?;
        let environments = match &update.environments {
            Some(names) => {
                first_fault(rules::environment_order_faults(names))?;
                Some(self.environments(names)?)
            }
            None => None,
        };
        if let Some(environments) = &environments {
            let is_fargate = self.platform_of(environments)? == Platform::Fargate;
            if is_fargate != self.queues[id.index()].is_fargate {
                return refuse(rules::MIXED_PLATFORMS);
            }
            self.check_plannable(self.queues[id.index()].needs_one_machine, environments)?;
        }
        if let Some(actions) = &update.time_limit_actions {
            first_fault(rules::time_limit_faults(actions))?;
        }
        let policy = match (
            &update.scheduling_policy,
            self.queues[id.index()].fair.is_some(),
        ) {
            (Some(name), true) => Some(self.fair(name)?),
            (Some(_), false) => {
                return refuse(format!(
                    "Job queue {} is FIFO and can never get a scheduling policy",
                    update.job_queue
                ));
            }
            (None, _) => None,
        };
        let queue = &mut self.queues[id.index()];
        queue.spec.enabled = update.enabled.unwrap_or(queue.spec.enabled);
        queue.spec.priority = update.priority.unwrap_or(queue.spec.priority);
        if let Some(actions) = &update.time_limit_actions {
            queue.spec.time_limit_actions = actions.clone();
        }
        if let (Some(new), Some(fair)) = (policy, queue.fair.as_mut()) {
            fair.policy = new.policy;
            queue.renew_policy(now, new.measure, new.reservation);
            self.weigh(id);
        }
        if let Some(environments) = environments {
            self.attach(id, environments);
        }
        self.sort_queues();
        self.renew_time_limits(now, id);
        self.queues[id.index()].has_changed = true;
        self.want_decision(now, id);
        self.wants_scaling = true;
        Ok(())
    }

    /// Its waiting jobs fail, those that are placed are stopped (API DeleteJobQueue).
    fn delete_queue(&mut self, now: SimTime, name: &str) -> Answer {
        let id = self.known_queue(name)?;
        if self.queues[id.index()].spec.enabled {
            return refuse(format!(
                "Job queue {name} must be DISABLED before it is deleted"
            ));
        }
        let text: Arc<str> = StatusReason::QueueDeleted.to_string().into();
        for job in 0..self.directory.len() {
            let job = JobId::at(job);
            match self.directory.get(job) {
                Whereabouts::Waiting(contract) if self.contracts[contract as usize].queue == id => {
                    let slot = self.seat_waiting(job, contract);
                    self.remove_job(now, slot, &text, true);
                }
                Whereabouts::Slot(slot) if self.jobs[slot].queue == id => {
                    self.remove_job(now, slot, &text, true)
                }
                Whereabouts::Array(array) if self.arrays[array].queue == id => {
                    self.remove_array(now, array, &text, true)
                }
                _ => {}
            }
        }
        self.queues[id.index()].deleted = true;
        for environment in &mut self.registry.environments {
            environment.queues.retain(|other| *other != id);
        }
        self.sort_queues();
        Ok(())
    }

    fn create_consumable(&mut self, spec: &ConsumableResource) -> Answer {
        first_fault(rules::name_faults("consumableResourceName", &spec.name))?;
        if self.registry.consumable(&spec.name).is_some() {
            return refuse(format!("Consumable resource {} already exists", spec.name));
        }
        self.registry.consumables.push(Consumable {
            spec: spec.clone(),
            in_use: 0,
            deleted: false,
        });
        Ok(())
    }

    fn update_consumable(&mut self, now: SimTime, name: &str, update: ConsumableUpdate) -> Answer {
        let Some(id) = self.registry.consumable(name) else {
            return refuse(format!("Consumable resource {name} does not exist"));
        };
        let total = &mut self.registry.consumables[id.index()].spec.total;
        *total = match update {
            ConsumableUpdate::Set(quantity) => quantity,
            ConsumableUpdate::Add(quantity) => {
                total.saturating_add(quantity).min(rules::CONSUMABLE_MAX)
            }
            ConsumableUpdate::Remove(quantity) => total.saturating_sub(quantity),
        };
        self.all_queues_due(now);
        Ok(())
    }

    /// CancelJob, or TerminateJob where `also_placed`.
    fn leave(&mut self, now: SimTime, job: &str, reason: &str, also_placed: bool) -> Answer {
        let Some((row, child)) = self.find_source(job) else {
            return refuse(format!("Job {job} does not exist"));
        };
        let id = self.job_of_row[row.index()];
        if !id.is_some() {
            return refuse(format!("Job {job} does not exist"));
        }
        let reason: Arc<str> = reason.into();
        match (self.directory.get(id), child) {
            (Whereabouts::Array(array), None) => {
                self.remove_array(now, array, &reason, also_placed)
            }
            (Whereabouts::Array(array), Some(child)) => {
                self.remove_child(now, array, child, &reason, also_placed)
            }
            (Whereabouts::Slot(slot), _) => self.remove_job(now, slot, &reason, also_placed),
            (Whereabouts::Waiting(contract), _) => {
                let slot = self.seat_waiting(id, contract);
                self.remove_job(now, slot, &reason, also_placed);
            }
            (Whereabouts::Ended(_) | Whereabouts::Dormant, _) => {}
        }
        Ok(())
    }

    /// Cancels or terminates a job, by state (semantics reference 1.9).
    fn remove_job(&mut self, now: SimTime, slot: u32, reason: &Arc<str>, also_placed: bool) {
        let job = &mut self.jobs[slot];
        match job.status {
            JobStatus::Starting | JobStatus::Running if also_placed && job.leaving.is_none() => {
                job.leaving = Some(reason.clone());
                let attempt = Attempt {
                    slot,
                    generation: job.generation,
                };
                let at = now + self.knobs.shutdown;
                self.effects.push_back(Effect::Stop { attempt, at });
            }
            JobStatus::Pending if job.open > 0 => job.leaving = Some(reason.clone()),
            JobStatus::Pending | JobStatus::Runnable => {
                self.finish(now, slot, false, StatusReason::Caller(reason.clone()));
            }
            _ => {}
        }
    }

    fn remove_array(&mut self, now: SimTime, array: u32, reason: &Arc<str>, also_placed: bool) {
        let (id, size) = (self.arrays[array].id, self.arrays[array].size);
        for child in 0..size {
            if self.directory.get(id) != Whereabouts::Array(array) {
                return;
            }
            self.remove_child(now, array, child, reason, also_placed);
        }
    }

    fn remove_child(
        &mut self,
        now: SimTime,
        array: u32,
        child: u32,
        reason: &Arc<str>,
        also_placed: bool,
    ) {
        if child >= self.arrays[array].size {
            return;
        }
        match self.directory.get(self.arrays[array].child(child)) {
            Whereabouts::Slot(slot) => self.remove_job(now, slot, reason, also_placed),
            Whereabouts::Dormant => match self.seat_from_block(array, child) {
                Some(slot) => self.finish(now, slot, false, StatusReason::Caller(reason.clone())),
                // As for a plain job: at once where nothing is waited for, else when that has ended.
                None if self.child_waits(array, child) => {
                    self.arrays[array].leaving.insert(child, reason.clone());
                }
                None => self.break_child(now, array, child, StatusReason::Caller(reason.clone())),
            },
            Whereabouts::Array(_) | Whereabouts::Waiting(_) | Whereabouts::Ended(_) => {}
        }
    }
}
