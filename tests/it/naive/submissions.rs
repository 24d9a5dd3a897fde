//! Submissions: which AWS would refuse, and what becomes of the others at first.

use batchcast::model::{
    DependencyKind, FateKind, JobDefinition, JobStatus, Knob, Row, StatusReason, rules,
};
use batchcast::units::{Ratio, Shape, Span};

use super::outside::{Answer, refuse};
use super::{Job, Naive, Share};

impl Naive<'_> {
    /// A submission of the workload.
    pub(super) fn submit(&mut self, row: usize) -> Answer {
        let template =
            &self.scenario.workload.templates[self.scenario.workload.rows[row].template as usize];
        let queue_name = template.job_queue.clone();
        let job = self.new_job(row, &queue_name)?;
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
        let mut job = self.new_job(old.row, &queue)?;
        job.shape.memory = times(old.shape.memory, action.memory_factor);
        for (node, before) in job.nodes.iter_mut().zip(&old.nodes) {
            node.0.memory = times(before.0.memory, action.memory_factor);
        }
        if !job.nodes.is_empty() {
            job.shape.memory = job.nodes.iter().map(|node| node.0.memory).sum();
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
    fn new_job(&self, row_number: usize, queue_name: &str) -> Result<Job, String> {
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
        let shape = match nodes.is_empty() {
            true => shape,
            false => nodes
                .iter()
                .fold(Shape::default(), |sum, node| sum.plus(node.0)),
        };
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
    /// and at least the run (up to where a timeout stops it) on the slowest machine there is for the queue, unless estimates
    /// kill.
    pub(super) fn estimate(&self, job: &Job, attempt: usize) -> Span {
        let stated = self.scenario.workload.rows[job.row].estimate;
        if !stated.is_zero() && self.flag(Knob::KillAtEstimate) {
            return stated;
        }
        let fates = self.fates(job.row, job.index);
        let run = match fates.get(attempt).or(fates.last()) {
            Some(fate) if fate.kind == FateKind::FailedToStart => Span::ZERO,
            Some(fate) => fate.run,
            None => job.work,
        };
        let environments = self.queues[job.queue].is.environments.iter();
        let speeds =
            environments.filter_map(|name| self.environments[self.environment(name)?].slowest);
        let mut run = super::life::scaled(run, speeds.min().unwrap_or(Ratio::ONE), job.speed);
        if let Some(timeout) = job.timeout
            && run > timeout + self.span(Knob::TimeoutLag)
        {
            run = timeout + self.span(Knob::TimeoutLag) + self.grace();
        }
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
