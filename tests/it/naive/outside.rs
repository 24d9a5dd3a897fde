//! What comes from outside: the API's actions and the submissions.

use std::sync::Arc;

use batchcast::model::{
    Command, ComputeEnvironment, ConsumableUpdate, EnvironmentKind, EnvironmentUpdate, JobQueue,
    JobStatus, Knob, Managed, QueueUpdate, StatusReason,
};
use batchcast::units::Span;

use super::{Definition, Environment, Fact, Naive, Queue, Resource};

pub(super) type Answer = Result<(), String>;

pub(super) fn refuse<T>(why: &str) -> Result<T, String> {
    Err(why.to_owned())
}

impl Naive<'_> {
    pub(super) fn command(&mut self, command: &Command) -> Answer {
        match command {
            Command::SetAvailableCapacity {
                instance_type,
                available,
            } => {
                self.available.retain(|one| one.0 != *instance_type);
                self.available
                    .extend(available.map(|count| (*instance_type, count)));
                self.wants_scaling = true;
            }
            Command::ZoneOutage { .. } => unreachable!("no zone is known to it"),
            Command::RegisterJobDefinition(definition) => {
                let revision = self
                    .definitions
                    .iter()
                    .filter(|d| d.is.name == definition.name);
                let revision = revision.count() as u32 + 1;
                self.definitions.push(Definition {
                    revision,
                    active: true,
                    is: definition.clone(),
                });
            }
            Command::DeregisterJobDefinition { job_definition } => {
                let found = self
                    .definition(job_definition)
                    .ok_or("no such definition")?;
                self.definitions[found].active = false;
            }
            Command::CreateSchedulingPolicy(policy) => {
                if self.policies.iter().any(|p| p.name == policy.name) {
                    return refuse("policy exists");
                }
                self.policies.push(policy.clone());
            }
            Command::UpdateSchedulingPolicy(policy) => {
                let found = self.policies.iter().position(|p| p.name == policy.name);
                let found = found.ok_or("no such policy")?;
                for queue in 0..self.queues.len() {
                    if self.queues[queue].is.scheduling_policy.as_ref() == Some(&policy.name) {
                        self.forget(queue);
                    }
                }
                self.policies[found] = policy.clone();
                self.all_queues_due();
            }
            Command::DeleteSchedulingPolicy { name } => {
                let used = self.queues.iter().any(|queue| {
                    !queue.deleted && queue.is.scheduling_policy.as_ref() == Some(name)
                });
                if used || !self.policies.iter().any(|p| p.name == *name) {
                    return refuse("policy unknown or in use");
                }
                self.policies.retain(|p| p.name != *name);
            }
            Command::CreateComputeEnvironment(environment) => {
                if self.environment(&environment.name).is_some() {
                    return refuse("environment exists");
                }
                let (unmanaged_vcpus, machines, billing) = match &environment.kind {
                    EnvironmentKind::Unmanaged {
                        unmanaged_vcpus,
                        machines,
                        billing,
                    } => (unmanaged_vcpus, machines, billing),
                    EnvironmentKind::Fargate(_) => panic!("the second simulator has no Fargate"),
                    EnvironmentKind::Managed(spec) => {
                        return self.create_managed(environment, spec);
                    }
                };
                let number = self.environments.len();
                self.environments.push(Environment {
                    is: environment.clone(),
                    managed: None,
                    unmanaged_vcpus: *unmanaged_vcpus,
                    billing: *billing,
                    registered: 0,
                    slowest: None,
                });
                for group in machines {
                    self.know_speed(number, group.instance_type);
                    self.environments[number].registered += group.count;
                }
                for group in machines {
                    for _ in 0..group.count {
                        // The number after that of its joining.
                        let leave = group.terminate.map(|at| (at, self.sequence + 2));
                        if group.launch <= self.now {
                            self.join(number, group.instance_type, leave);
                        } else {
                            let join = Fact::Join {
                                environment: number,
                                instance_type: group.instance_type,
                                leave,
                            };
                            self.schedule(group.launch, join);
                        }
                        self.sequence += 2;
                    }
                }
            }
            Command::UpdateComputeEnvironment(update) => return self.update_environment(update),
            Command::DeleteComputeEnvironment {
                compute_environment,
            } => {
                let number = self.environment(compute_environment).ok_or("no such")?;
                let attached = self
                    .queues
                    .iter()
                    .any(|q| !q.deleted && q.is.environments.contains(compute_environment));
                if attached || self.environments[number].is.enabled {
                    return refuse("enabled or attached");
                }
                for machine in self.up(number) {
                    self.leave(machine);
                }
                self.environments[number].is.name.clear();
                self.wants_scaling |= self.managed(number).is_some();
            }
            Command::CreateJobQueue(queue) => {
                let unknown = !queue
                    .environments
                    .iter()
                    .all(|name| self.is_attachable(name));
                let policy = &queue.scheduling_policy;
                let lost = policy
                    .as_ref()
                    .is_some_and(|p| !self.policies.iter().any(|q| q.name == *p));
                if self.queue(&queue.name).is_some() || unknown || lost {
                    return refuse("queue exists or names unknown things");
                }
                if !self.is_plannable(queue, &queue.environments) {
                    return refuse("conservative backfilling needs one machine");
                }
                self.wants_scaling = true;
                self.queues.push(Queue {
                    is: queue.clone(),
                    deleted: false,
                    is_due: false,
                    tried: false,
                    held: None,
                    plans: Vec::new(),
                    wakes: None,
                    bucket: super::rate::Bucket::default(),
                    may_move: false,
                    blocked: None,
                    stamp: 0,
                    forgotten: None,
                });
            }
            Command::UpdateJobQueue(update) => return self.update_queue(update),
            Command::DeleteJobQueue { job_queue } => {
                let number = self.queue(job_queue).ok_or("no such queue")?;
                if self.queues[number].is.enabled {
                    return refuse("queue is enabled");
                }
                self.queues[number].deleted = true;
                let text = StatusReason::Caller(Arc::from("Job queue deleted"));
                for job in 0..self.jobs.len() {
                    if self.jobs[job].queue == number {
                        self.terminate(job, &text);
                    }
                }
            }
            Command::CreateConsumableResource(resource) => {
                if self.resource(&resource.name).is_some() {
                    return refuse("resource exists");
                }
                self.resources.push(Resource {
                    is: resource.clone(),
                    in_use: 0,
                });
            }
            Command::UpdateConsumableResource {
                consumable_resource,
                update,
            } => {
                let number = self
                    .resource(consumable_resource)
                    .ok_or("no such resource")?;
                let total = &mut self.resources[number].is.total;
                *total = match *update {
                    ConsumableUpdate::Set(to) => to,
                    ConsumableUpdate::Add(more) => *total + more,
                    ConsumableUpdate::Remove(less) => total.saturating_sub(less),
                };
                self.all_queues_due();
            }
            Command::DeleteConsumableResource {
                consumable_resource,
            } => {
                let number = self
                    .resource(consumable_resource)
                    .ok_or("no such resource")?;
                self.resources[number].is.name.clear();
            }
            Command::CancelJob { job, reason } => {
                let job = self.job_named(job).ok_or("no such job")?;
                self.cancel(job, &StatusReason::Caller(Arc::from(reason.as_str())));
            }
            Command::TerminateJob { job, reason } => {
                let job = self.job_named(job).ok_or("no such job")?;
                self.terminate(job, &StatusReason::Caller(Arc::from(reason.as_str())));
            }
            Command::RunInstances {
                compute_environment,
                instance_type,
                count,
            } => {
                let number = self.environment(compute_environment).ok_or("no such")?;
                if self.managed(number).is_some() {
                    return refuse("Batch launches its instances");
                }
                let mut queues = self.queues.iter().filter(|queue| !queue.deleted);
                if queues.any(|queue| {
                    queue.is.environments.contains(compute_environment)
                        && self.is_conservative(&queue.is)
                }) {
                    return refuse("conservative backfilling needs one machine");
                }
                self.know_speed(number, *instance_type);
                self.environments[number].registered += count;
                for _ in 0..*count {
                    self.join(number, *instance_type, None);
                }
                self.wants_scaling = true;
            }
            Command::TerminateInstances {
                compute_environment,
                count,
            } => {
                let number = self.environment(compute_environment).ok_or("no such")?;
                for machine in self.up(number).into_iter().rev().take(*count as usize) {
                    self.leave(machine);
                }
            }
        }
        Ok(())
    }

    fn is_conservative(&self, queue: &JobQueue) -> bool {
        let default = self.word(Knob::Dispatch);
        queue.discipline.as_deref().unwrap_or(default) == "conservative"
    }

    /// Conservative backfilling plans on exactly one machine of one environment.
    fn is_plannable(&self, queue: &JobQueue, environments: &[String]) -> bool {
        let registered = environments
            .iter()
            .filter_map(|name| self.environment(name));
        let registered = registered.map(|number| self.environments[number].registered);
        !self.is_conservative(queue) || (environments.len() == 1 && registered.sum::<u32>() == 1)
    }

    fn is_attachable(&self, name: &str) -> bool {
        self.environment(name)
            .is_some_and(|number| self.environments[number].is.valid)
    }

    fn know_speed(&mut self, environment: usize, instance_type: batchcast::units::TypeId) {
        let speed = self.scenario.world.catalogue.get(instance_type).speed;
        let slowest = &mut self.environments[environment].slowest;
        *slowest = Some(slowest.map_or(speed, |known| known.min(speed)));
    }

    fn update_environment(&mut self, update: &EnvironmentUpdate) -> Answer {
        let number = self
            .environment(&update.compute_environment)
            .ok_or("no such environment")?;
        self.rescale(number, update)?;
        let environment = &mut self.environments[number];
        environment.is.enabled = update.enabled.unwrap_or(environment.is.enabled);
        environment.is.valid = update.valid.unwrap_or(environment.is.valid);
        if environment.managed.is_none() {
            environment.unmanaged_vcpus = update.unmanaged_vcpus.or(environment.unmanaged_vcpus);
        }
        self.environment_changed(number);
        self.wants_scaling = true;
        Ok(())
    }

    fn create_managed(&mut self, environment: &ComputeEnvironment, spec: &Managed) -> Answer {
        let number = self.environments.len();
        self.environments.push(Environment {
            is: environment.clone(),
            managed: Some(super::scaling::Managed::new(spec)),
            unmanaged_vcpus: Some(spec.max_vcpus),
            billing: spec.billing,
            registered: u32::MAX,
            slowest: None,
        });
        for &instance_type in &spec.types {
            self.know_speed(number, instance_type);
        }
        self.wants_scaling = true;
        Ok(())
    }

    /// `minvCpus`, `maxvCpus` and `desiredvCpus`, which can only grow.
    fn rescale(&mut self, number: usize, update: &EnvironmentUpdate) -> Answer {
        let committed = self.committed(number);
        let Some(managed) = &mut self.environments[number].managed else {
            return match update.scales() {
                true => refuse("only managed environments scale"),
                false => Ok(()),
            };
        };
        let min = update.min_vcpus.unwrap_or(managed.is.min_vcpus);
        let max = update.max_vcpus.unwrap_or(managed.is.max_vcpus);
        if max == 0 || min > max {
            return refuse("minvCpus must not be above maxvCpus");
        }
        if let Some(desired) = update.desired_vcpus
            && (desired < committed || !(min..=max).contains(&desired))
        {
            return refuse("desiredvCpus cannot be lowered");
        }
        (managed.is.min_vcpus, managed.is.max_vcpus) = (min, max);
        let desired = update.desired_vcpus.or(managed.desired);
        managed.desired = desired.filter(|&desired| committed < desired);
        self.environments[number].unmanaged_vcpus = Some(max);
        Ok(())
    }

    /// The instances of an environment that run, ready or not, launched first first.
    fn up(&self, environment: usize) -> Vec<usize> {
        let mut up: Vec<usize> = (0..self.machines.len()).collect();
        up.retain(|&machine| {
            let machine = &self.machines[machine];
            machine.environment == environment && machine.left.is_none()
        });
        up
    }

    fn update_queue(&mut self, update: &QueueUpdate) -> Answer {
        let number = self.queue(&update.job_queue).ok_or("no such queue")?;
        if let Some(environments) = &update.environments {
            if !environments.iter().all(|name| self.is_attachable(name)) {
                return refuse("unknown or INVALID environment");
            }
            if !self.is_plannable(&self.queues[number].is, environments) {
                return refuse("conservative backfilling needs one machine");
            }
        }
        if let Some(policy) = &update.scheduling_policy {
            let is_fifo = self.queues[number].is.scheduling_policy.is_none();
            if is_fifo || !self.policies.iter().any(|p| p.name == *policy) {
                return refuse("a policy can be replaced, never added");
            }
            self.forget(number);
            self.queues[number].is.scheduling_policy = Some(policy.clone());
        }
        let queue = &mut self.queues[number].is;
        queue.enabled = update.enabled.unwrap_or(queue.enabled);
        queue.priority = update.priority.unwrap_or(queue.priority);
        if let Some(environments) = &update.environments {
            queue.environments.clone_from(environments);
        }
        if let Some(actions) = &update.time_limit_actions {
            queue.time_limit_actions.clone_from(actions);
        }
        self.queues[number].is_due = true;
        self.queues[number].may_move = true;
        self.wants_scaling = true;
        Ok(())
    }

    /// `name` (its latest active revision) or `name:revision`.
    pub(super) fn definition(&self, name: &str) -> Option<usize> {
        let all = self.definitions.iter().enumerate();
        match name.split_once(':') {
            Some((name, revision)) => all
                .filter(|(_, d)| {
                    d.active && d.is.name == name && d.revision.to_string() == revision
                })
                .map(|(number, _)| number)
                .next(),
            None => all
                .filter(|(_, d)| d.active && d.is.name == name)
                .map(|(number, _)| number)
                .next_back(),
        }
    }

    /// `source` or `source:index`.
    fn job_named(&self, name: &str) -> Option<usize> {
        let workload = &self.scenario.workload;
        let find = |source: &str| {
            (0..workload.rows.len()).find_map(|row| {
                let mut text = Vec::new();
                workload.write_source(workload.rows[row].source, &mut text);
                if text == source.as_bytes() {
                    self.job_of_row[row]
                } else {
                    None
                }
            })
        };
        find(name).or_else(|| {
            let (source, index) = name.rsplit_once(':')?;
            let parent = find(source)?;
            self.jobs[parent]
                .children
                .get(index.parse::<usize>().ok()?)
                .copied()
        })
    }

    pub(super) fn queue(&self, name: &str) -> Option<usize> {
        self.queues
            .iter()
            .position(|queue| !queue.deleted && queue.is.name == name)
    }

    pub(super) fn environment(&self, name: &str) -> Option<usize> {
        self.environments
            .iter()
            .position(|environment| environment.is.name == name)
    }

    pub(super) fn resource(&self, name: &str) -> Option<usize> {
        self.resources
            .iter()
            .position(|resource| resource.is.name == name)
    }

    pub(super) fn cancel(&mut self, job: usize, text: &StatusReason) {
        for child in self.jobs[job].children.clone() {
            self.cancel(child, text);
        }
        if !self.jobs[job].children.is_empty() {
            return;
        }
        match self.jobs[job].status {
            JobStatus::Submitted | JobStatus::Runnable => {
                self.finish(job, JobStatus::Failed, text.clone());
            }
            JobStatus::Pending => {
                let open = |&on: &usize| self.jobs[on].status != JobStatus::Succeeded;
                if self.jobs[job].needs.iter().any(open) {
                    self.jobs[job].cancelled = Some(text.clone());
                } else {
                    self.finish(job, JobStatus::Failed, text.clone());
                }
            }
            _ => {}
        }
    }

    fn terminate(&mut self, job: usize, text: &StatusReason) {
        for child in self.jobs[job].children.clone() {
            self.terminate(child, text);
        }
        match self.jobs[job].status {
            JobStatus::Starting | JobStatus::Running => self.stop(job, text.clone()),
            _ if self.jobs[job].children.is_empty() => self.cancel(job, text),
            _ => {}
        }
    }

    pub(super) fn retry_delay(&self) -> Span {
        self.span(Knob::RetryDelay)
    }
}
