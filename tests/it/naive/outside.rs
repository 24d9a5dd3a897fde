//! What comes from outside: the API's actions and the submissions.

use std::sync::Arc;

use batchcast::model::{
    Command, ConsumableUpdate, DependencyKind, EnvironmentKind, EnvironmentUpdate, FateKind,
    JobDefinition, JobQueue, JobStatus, Knob, QueueUpdate, Row, StatusReason, rules,
};
use batchcast::units::{Ratio, Shape, Span};

use super::{Definition, Environment, Fact, Job, Naive, Queue, Resource, Share};

type Answer = Result<(), String>;

fn refuse<T>(why: &str) -> Result<T, String> {
    Err(why.to_owned())
}

impl Naive<'_> {
    pub(super) fn command(&mut self, command: &Command) -> Answer {
        match command {
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
                let mut policies = self.policies.iter_mut();
                *policies
                    .find(|p| p.name == policy.name)
                    .ok_or("no such policy")? = policy.clone();
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
                let EnvironmentKind::Unmanaged {
                    unmanaged_vcpus,
                    machines,
                    billing,
                } = &environment.kind;
                let number = self.environments.len();
                self.environments.push(Environment {
                    is: environment.clone(),
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
                        if group.launch <= self.now {
                            self.join(number, group.instance_type, group.terminate);
                        } else {
                            let join = Fact::Join {
                                environment: number,
                                instance_type: group.instance_type,
                                terminate: group.terminate,
                            };
                            self.schedule(group.launch, join);
                        }
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
                for machine in self.present(number) {
                    self.leave(machine);
                }
                self.environments[number].is.name.clear();
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
                self.queues.push(Queue {
                    is: queue.clone(),
                    deleted: false,
                    is_due: false,
                    held: None,
                    plans: Vec::new(),
                    wakes: None,
                    may_move: false,
                    blocked: None,
                    stamp: 0,
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
            }
            Command::TerminateInstances {
                compute_environment,
                count,
            } => {
                let number = self.environment(compute_environment).ok_or("no such")?;
                for machine in self.present(number).into_iter().rev().take(*count as usize) {
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
        let environment = &mut self.environments[number];
        environment.is.enabled = update.enabled.unwrap_or(environment.is.enabled);
        environment.is.valid = update.valid.unwrap_or(environment.is.valid);
        environment.unmanaged_vcpus = update.unmanaged_vcpus.or(environment.unmanaged_vcpus);
        self.environment_changed(number);
        Ok(())
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
        let queue = &mut self.queues[number].is;
        if let Some(policy) = &update.scheduling_policy {
            if queue.scheduling_policy.is_none() || !self.policies.iter().any(|p| p.name == *policy)
            {
                return refuse("a policy can be replaced, never added");
            }
            queue.scheduling_policy = Some(policy.clone());
        }
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
        Ok(())
    }

    /// A submission of the workload.
    pub(super) fn submit(&mut self, row: usize) -> Answer {
        let template =
            &self.scenario.workload.templates[self.scenario.workload.rows[row].template as usize];
        let queue_name = template.job_queue.clone();
        let job = self.new_job(row, &queue_name, Ratio::ONE)?;
        self.share_of_new(&job, row)?;
        // A share is seen from its first request on, even where that is refused for something else.
        let job = self.with_share(job, row);
        let workload = &self.scenario.workload;
        let extra = workload
            .extra(&workload.rows[row])
            .cloned()
            .unwrap_or_default();
        let dependencies = &workload.dependencies
            [extra.dependencies.start as usize..extra.dependencies.end as usize];
        let lifted = template.lift_limits;
        if extra.array > 0
            && !lifted
            && !(rules::ARRAY_SIZE_MIN..=rules::ARRAY_SIZE_MAX).contains(&extra.array)
        {
            return refuse("array size");
        }
        if dependencies.len() > rules::DEPENDENCIES_MAX && !lifted {
            return refuse("too many dependencies");
        }
        if extra.sequential && extra.array == 0 {
            return refuse("SEQUENTIAL on a job that is no array");
        }
        if extra.array > 0 && !job.nodes.is_empty() {
            return refuse("an array of multi-node jobs");
        }
        let mut whole = Vec::new();
        let mut by_index = Vec::new();
        for dependency in dependencies {
            let on = self.job_of_row[dependency.on.index()].ok_or("dependency on no job")?;
            match dependency.kind {
                DependencyKind::Whole => whole.push(on),
                DependencyKind::Child(index) => {
                    whole.push(
                        *self.jobs[on]
                            .children
                            .get(index as usize)
                            .ok_or("no such child")?,
                    );
                }
                DependencyKind::SameIndex => {
                    if extra.array == 0 || self.jobs[on].children.len() != extra.array as usize {
                        return refuse("N_TO_N needs arrays of one size");
                    }
                    by_index.push(on);
                }
            }
        }
        self.note_new_share(&job);

        let first = self.jobs.len();
        self.job_of_row[row] = Some(first);
        let mut accepted = vec![first];
        if extra.array == 0 {
            self.jobs.push(Job {
                needs: whole,
                original: first,
                ..job
            });
        } else {
            let children: Vec<usize> = (0..extra.array as usize).map(|i| first + 1 + i).collect();
            self.jobs.push(Job {
                children: children.clone(),
                status: JobStatus::Pending,
                original: first,
                ..job.clone()
            });
            for (index, &child) in children.iter().enumerate() {
                let mut needs = whole.clone();
                needs.extend(by_index.iter().map(|&on| self.jobs[on].children[index]));
                if extra.sequential && index > 0 {
                    needs.push(child - 1);
                }
                let mut job = Job {
                    index: Some(index as u32),
                    parent: Some(first),
                    needs,
                    work: self.plain_work(row, Some(index)),
                    original: child,
                    ..job.clone()
                };
                job.estimate = self.estimate(&job, 0);
                self.jobs.push(job);
            }
            accepted = children;
        }
        for job in accepted {
            self.consider_new(job);
        }
        Ok(())
    }

    /// A rule submits the work of a job again, as a job of its own.
    pub(super) fn submit_again(&mut self, of: usize, rule: usize) -> Answer {
        let action = &self.scenario.rules[rule].action;
        let old = self.jobs[of].clone();
        let queue = match &action.job_queue {
            Some(name) => name.clone(),
            None => self.queues[old.queue].is.name.clone(),
        };
        let mut job = self.new_job(old.row, &queue, Ratio::ONE)?;
        job.shape.memory = times(old.shape.memory, action.memory_factor);
        for (node, before) in job.nodes.iter_mut().zip(&old.nodes) {
            node.0.memory = times(before.0.memory, action.memory_factor);
        }
        self.share_of_new(&job, old.row)?;
        let job = self.with_share(job, old.row);
        self.note_new_share(&job);
        let number = self.jobs.len();
        let mut job = Job {
            index: old.index,
            work: old.work,
            original: old.original,
            ..job
        };
        job.estimate = self.estimate(&job, 0);
        self.jobs.push(job);
        self.consider_new(number);
        Ok(())
    }

    /// A fresh job: fails at once, waits for others, or is ready.
    fn consider_new(&mut self, job: usize) {
        let needs = self.jobs[job].needs.clone();
        if self.jobs[job].status.is_terminal() {
            return; // its predecessor in a SEQUENTIAL array failed at once
        }
        if needs
            .iter()
            .any(|&on| self.jobs[on].status == JobStatus::Failed)
        {
            self.finish(job, JobStatus::Failed, StatusReason::DependentJobFailed);
        } else if needs
            .iter()
            .all(|&on| self.jobs[on].status == JobStatus::Succeeded)
        {
            self.satisfied(job);
        } else {
            self.jobs[job].status = JobStatus::Pending;
        }
    }

    /// The job that a row describes, as far as array, dependencies and share do not matter.
    fn new_job(
        &self,
        row_number: usize,
        queue_name: &str,
        memory_factor: Ratio,
    ) -> Result<Job, String> {
        let workload = &self.scenario.workload;
        let row = &workload.rows[row_number];
        let template = &workload.templates[row.template as usize];
        let queue = self.queue(queue_name).ok_or("no such queue")?;
        if !self.queues[queue].is.enabled {
            return refuse("queue is disabled");
        }
        let definition = match &template.job_definition {
            None => None,
            Some(name) => {
                let found = self.definition(name).ok_or("no such definition")?;
                Some(&self.definitions[found].is)
            }
        };
        let shape = shape_of(row, definition);
        let mut nodes = Vec::new();
        let mut main_node = 0;
        if let Some(layout) = definition.and_then(|d| d.nodes.as_ref()) {
            let count = template.num_nodes.unwrap_or(layout.num_nodes);
            for node in 0..count {
                let group = layout.group_of(node).ok_or("no group holds the node")?;
                nodes.push((group.shape, group.instance_type.clone()));
            }
            main_node = layout.main_node as usize;
        }
        let mut shape = match nodes.is_empty() {
            true => shape,
            false => nodes
                .iter()
                .fold(Shape::default(), |sum, node| sum.plus(node.0)),
        };
        shape.memory = times(shape.memory, memory_factor);
        let consumables = (template.consumables.clone())
            .or(definition.map(|d| d.consumables.clone()))
            .unwrap_or_default();
        if consumables
            .iter()
            .any(|ask| self.resource(&ask.resource).is_none())
        {
            return refuse("no such consumable resource");
        }
        let timeout = template.timeout.or(definition.and_then(|d| d.timeout));
        let mut job = Job {
            row: row_number,
            index: None,
            parent: None,
            children: Vec::new(),
            queue,
            share: None,
            shape,
            nodes,
            main_node,
            retry: (template.retry.clone())
                .or(definition.map(|d| d.retry.clone()))
                .unwrap_or_default(),
            timeout,
            priority: (template.scheduling_priority_override)
                .or(definition.and_then(|d| d.scheduling_priority))
                .unwrap_or(0),
            consumables,
            speed: definition.map_or(Ratio::ONE, |d| d.speed),
            work: self.plain_work(row_number, None),
            estimate: Span::ZERO,
            needs: Vec::new(),
            satisfied: false,
            cancelled: None,
            status: JobStatus::Submitted,
            reason: StatusReason::None,
            exit_code: None,
            submitted: self.now,
            eligible: None,
            resting: false,
            retried: None,
            ended: None,
            attempts: Vec::new(),
            holds: false,
            original: self.jobs.len(),
        };
        job.estimate = self.estimate(&job, 0);
        Ok(job)
    }

    /// Whether the row names a share exactly where the queue wants one.
    fn share_of_new(&self, job: &Job, row: usize) -> Answer {
        let workload = &self.scenario.workload;
        let template = &workload.templates[workload.rows[row].template as usize];
        let fair = self.queues[job.queue].is.scheduling_policy.is_some();
        if fair != template.share_identifier.is_some() {
            return refuse("share identifier missing, or given on a FIFO queue");
        }
        if let Some(identifier) = &template.share_identifier
            && self
                .share(job.queue, identifier)
                .is_none_or(|s| !self.is_active(s))
            && self.active_shares(job.queue) >= rules::ACTIVE_SHARES_MAX
        {
            return refuse("too many active shares");
        }
        Ok(())
    }

    fn with_share(&mut self, job: Job, row: usize) -> Job {
        let workload = &self.scenario.workload;
        let template = &workload.templates[workload.rows[row].template as usize];
        let share = template.share_identifier.as_ref().map(|identifier| {
            self.share(job.queue, identifier).unwrap_or_else(|| {
                self.shares.push(Share {
                    queue: job.queue,
                    identifier: identifier.clone(),
                });
                self.shares.len() - 1
            })
        });
        Job { share, ..job }
    }

    /// One more active share makes the reserve smaller.
    fn note_new_share(&mut self, job: &Job) {
        if job.share.is_some_and(|share| !self.is_active(share)) && self.reserves(job.queue) {
            self.queues[job.queue].is_due = true;
        }
    }

    fn share(&self, queue: usize, identifier: &str) -> Option<usize> {
        let mut shares = self.shares.iter();
        shares.position(|share| share.queue == queue && share.identifier == identifier)
    }

    /// What is believed of the run of attempt `attempt` (from 0): the stated estimate, else the timeout, else the run itself,
    /// and at least the run on the slowest machine there is for the queue, unless estimates kill.
    pub(super) fn estimate(&self, job: &Job, attempt: usize) -> Span {
        let stated = self.scenario.workload.rows[job.row].estimate;
        if !stated.is_zero() && self.flag(Knob::KillAtEstimate) {
            return stated;
        }
        let fates = self.fates(job.row);
        let run = match fates.get(attempt).or(fates.last()) {
            Some(fate) if fate.kind == FateKind::FailedToStart => Span::ZERO,
            Some(fate) => fate.run,
            None => job.work,
        };
        let environments = self.queues[job.queue].is.environments.iter();
        let speeds =
            environments.filter_map(|name| self.environments[self.environment(name)?].slowest);
        let run = super::life::scaled(run, speeds.min().unwrap_or(Ratio::ONE), job.speed);
        match (stated.is_zero(), job.timeout) {
            (false, _) => stated.max(run),
            (true, Some(timeout)) => timeout.max(run),
            (true, None) => run,
        }
    }

    fn plain_work(&self, row: usize, index: Option<usize>) -> Span {
        let workload = &self.scenario.workload;
        let of_child = workload
            .extra(&workload.rows[row])
            .zip(index)
            .and_then(|(extra, index)| {
                let works = &workload.child_work
                    [extra.child_work.start as usize..extra.child_work.end as usize];
                works.get(index).copied()
            });
        of_child.unwrap_or(workload.rows[row].work)
    }

    /// `name` (its latest active revision) or `name:revision`.
    fn definition(&self, name: &str) -> Option<usize> {
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

fn shape_of(row: &Row, definition: Option<&JobDefinition>) -> Shape {
    let otherwise = definition.map_or(Shape::default(), |d| d.shape);
    Shape {
        vcpus: if row.vcpus > 0 {
            row.vcpus
        } else {
            otherwise.vcpus
        },
        memory: if row.memory > 0 {
            row.memory
        } else {
            otherwise.memory
        },
        gpus: if row.gpus > 0 {
            row.gpus
        } else {
            otherwise.gpus
        },
    }
}

/// Memory times a factor, rounded up.
fn times(memory: u32, factor: Ratio) -> u32 {
    let parts = u64::from(memory) * factor.parts();
    u32::try_from(parts.div_ceil(Ratio::PARTS)).expect("small numbers")
}
