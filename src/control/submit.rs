//! The door for jobs: what SubmitJob checks and does.

use std::collections::BTreeMap;

use crate::model::{DependencyKind, Extra, FateKind, Observer, Rejection, Row, rules};
use crate::policy::checkpoint;
use crate::units::{EnvId, JobId, NO_LIMIT_MIB, QueueId, Ratio, RowId, Shape, SimTime, Span};

use super::arrays::Array;
use super::job::{Job, NOWHERE, Whereabouts};
use super::lane::{Entry, Who};
use super::{Control, registry};

/// What a client changes when it submits a row again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resubmission {
    /// 1 for the first resubmission of a row.
    pub number: u32,
    /// To another queue.
    pub job_queue: Option<String>,
    /// The terms of the job that it repeats, as [`super::JobEnd::contract`] has them.
    pub contract: u32,
    /// MiB that job asked for.
    pub memory: u32,
    /// So many times that memory, rounded up; of a multi-node job each node's.
    pub memory_factor: Ratio,
    /// One child of the row's array.
    pub child: Option<u32>,
}

/// What a submission must have succeed before it runs.
#[derive(Default)]
struct Before {
    /// Jobs (or arrays) to be told by: the whole of them, or one child.
    waits: Vec<(JobId, Option<u32>)>,
    /// Arrays whose children are waited for index by index.
    same_index: Vec<JobId>,
    /// Whether one has failed already.
    is_broken: bool,
}

/// So many times `memory` MiB, rounded up.
fn times(memory: u32, factor: Ratio) -> u32 {
    let parts = u128::from(memory) * u128::from(factor.parts());
    let memory = parts.div_ceil(u128::from(Ratio::PARTS));
    u32::try_from(memory).map_or(NO_LIMIT_MIB - 1, |memory| memory.min(NO_LIMIT_MIB - 1))
}

impl<O: Observer> Control<'_, O> {
    /// Takes a row of the workload in, or says why AWS would not.
    ///
    /// # Errors
    /// AWS's refusal. Nothing has changed then.
    pub fn submit(&mut self, now: SimTime, row: RowId) -> Result<JobId, Rejection> {
        let source = self.workload.row(row);
        let contract = self.contract(source.template)?;
        let shape = self.shape_of(source, contract)?;
        let answer = match self.workload.extra(source) {
            None => self.admit(now, contract).map(|()| {
                let id = self.seat_plain(now, row, None, 0, contract, shape);
                self.observer.submitted(now, row, 1);
                id
            }),
            Some(extra) => self.submit_extra(now, row, contract, shape, extra),
        }?;
        self.job_of_row[row.index()] = answer;
        self.settle(now);
        Ok(answer)
    }

    /// Takes a row in again, changed. It waits for nothing: what it waited for has succeeded.
    ///
    /// # Errors
    /// AWS's refusal. Nothing has changed then.
    pub fn resubmit(
        &mut self,
        now: SimTime,
        row: RowId,
        change: &Resubmission,
    ) -> Result<JobId, Rejection> {
        let workload = self.workload;
        let source = workload.row(row);
        let contract = match &change.job_queue {
            None => self.contract(source.template)?,
            Some(name) => {
                self.resolve(&workload.templates[source.template as usize], Some(name))?
            }
        };
        let mut shape = self.shape_of(source, contract)?;
        let contract = self.with_memory(contract, change);
        if let Some(gang) = &self.contracts[contract as usize].gang {
            shape = gang.sum();
        } else if change.memory > 0 {
            shape.memory = times(change.memory, change.memory_factor);
            self.check_task(source, contract, shape)?;
        }
        self.admit(now, contract)?;
        let id = self.seat_plain(now, row, change.child, change.number, contract, shape);
        self.observer.submitted(now, row, 1);
        self.settle(now);
        Ok(id)
    }

    /// The contract with the memory that `change` asks for each node of a multi-node job; the same for other jobs.
    fn with_memory(&mut self, contract: u32, change: &Resubmission) -> u32 {
        let Some(before) = &self.contracts[change.contract as usize].gang else {
            return contract;
        };
        let mut terms = self.contracts[contract as usize].clone();
        let Some(gang) = &mut terms.gang else {
            return contract;
        };
        for (node, before) in gang.nodes.iter_mut().zip(&before.nodes) {
            node.memory = times(before.memory, change.memory_factor);
        }
        terms.shape = gang.sum();
        self.contracts.push(terms);
        (self.contracts.len() - 1) as u32
    }

    /// Whether the queue takes one more submission.
    #[inline]
    pub(super) fn admit(&mut self, now: SimTime, contract: u32) -> Result<(), Rejection> {
        let terms = &self.contracts[contract as usize];
        let queue = &mut self.queues[terms.queue.index()];
        if queue.fair.is_some()
            && queue.would_exceed_active_shares(now, terms.lane, rules::ACTIVE_SHARES_MAX)
        {
            return Err(Rejection(format!(
                "Job queue {} has {} active share identifiers, the most there may be",
                queue.spec.name,
                rules::ACTIVE_SHARES_MAX
            )));
        }
        Ok(())
    }

    /// What a row asks for: its own figures over the definition's.
    #[inline]
    pub(super) fn shape_of(&self, row: &Row, contract: u32) -> Result<Shape, Rejection> {
        let terms = &self.contracts[contract as usize];
        if terms.gang.is_some() {
            return Ok(terms.shape);
        }
        let pick = |own: u32, defined: u32| if own > 0 { own } else { defined };
        let shape = Shape {
            vcpus: pick(row.vcpus, terms.shape.vcpus),
            memory: pick(row.memory, terms.shape.memory),
            gpus: pick(row.gpus, terms.shape.gpus),
        };
        if shape.vcpus == 0 {
            return Err(Rejection(
                "VCPU is missing: neither the job nor its definition states it".to_owned(),
            ));
        }
        self.check_task(row, contract, shape)?;
        Ok(shape)
    }

    /// In a queue of Fargate environments, whether there is a task of the size that a row asks for.
    #[inline]
    fn check_task(&self, row: &Row, contract: u32, shape: Shape) -> Result<(), Rejection> {
        let terms = &self.contracts[contract as usize];
        if !self.queues[terms.queue.index()].is_fargate {
            return Ok(());
        }
        terms.tasks.task(shape, row.vcpus > 0).map(|_| ())
    }

    /// A job that waits for no other becomes RUNNABLE, now or at the next tick. It gets a slot only where its entry in the
    /// queue cannot hold all there is to know of it.
    fn seat_plain(
        &mut self,
        now: SimTime,
        row: RowId,
        child: Option<u32>,
        resubmission: u32,
        contract: u32,
        shape: Shape,
    ) -> JobId {
        let terms = &self.contracts[contract as usize];
        let (queue, lane) = (terms.queue, terms.lane);
        let is_plain = child.is_none() && resubmission == 0;
        if !is_plain
            || !self.queues[queue.index()].is_fifo
            || now.next_tick(self.knobs.dependency_tick) > now
        {
            let slot = self.new_job(now, row, child, resubmission, contract, shape);
            self.satisfied(now, slot);
            return self.jobs[slot].id;
        }
        let estimate = self.first_estimate(row, None, contract);
        let id = self.directory.push(Whereabouts::Waiting(contract));
        self.counts.runnable += 1;
        self.job_joined(now, queue, lane, 1);
        let entry = Entry {
            place: self.first_place(contract, queue, 0, id),
            count: 1,
            contract,
            who: Who::Row(row),
            shape,
            estimate: self.knobs.container_start + estimate,
            since: now,
            marks: self.queues[queue.index()].marks(now, lane),
        };
        self.enter_lane(now, queue, lane, entry);
        id
    }

    /// What the first attempt of a job that is submitted now is believed to take.
    #[inline]
    fn first_estimate(&mut self, row: RowId, child: Option<u32>, contract: u32) -> Span {
        let queue = self.contracts[contract as usize].queue;
        let slowest = self.queues[queue.index()].slowest;
        let estimate = self.estimate_of(row, child, contract, 1, slowest, Span::ZERO);
        let stated = self.workload.row(row).estimate;
        if !stated.is_zero() && estimate > stated {
            self.estimates_raised += 1;
        }
        estimate
    }

    /// A job in PENDING.
    pub(super) fn new_job(
        &mut self,
        now: SimTime,
        row: RowId,
        child: Option<u32>,
        resubmission: u32,
        contract: u32,
        shape: Shape,
    ) -> u32 {
        let terms = &self.contracts[contract as usize];
        let (queue, lane) = (terms.queue, terms.lane);
        let estimate = self.first_estimate(row, child, contract);
        let id = self.directory.push(Whereabouts::Dormant);
        self.counts.pending += 1;
        self.job_joined(now, queue, lane, 1);
        self.seat(|| Job {
            child: child.unwrap_or(NOWHERE),
            resubmission,
            estimate,
            ..Job::new(id, row, contract, queue, lane, shape, now)
        })
    }

    /// Jobs of a share came. One that makes its share active may make room for others: the reserve shrinks.
    #[inline]
    fn job_joined(&mut self, now: SimTime, queue: QueueId, lane: u32, count: u64) {
        if self.queues[queue.index()].joined(lane, count) && self.queues[queue.index()].waiting > 0
        {
            self.want_decision(now, queue);
        }
    }

    /// Puts a job into a slot. The slot's generation goes on, so that nothing scheduled for an earlier tenant counts.
    #[inline(always)]
    pub(super) fn seat(&mut self, job: impl FnOnce() -> Job) -> u32 {
        let slot = match self.jobs.reserve() {
            Some(slot) => slot,
            None => self.jobs.insert(Job::nobody()),
        };
        let tenant = &mut self.jobs[slot];
        // Made only here, where nothing can fail any more, it is written field by field where it stays.
        *tenant = Job {
            generation: tenant.generation + 1,
            ..job()
        };
        let id = tenant.id;
        self.directory.set(id, Whereabouts::Slot(slot));
        slot
    }

    /// A row with dependencies, an array, or both.
    fn submit_extra(
        &mut self,
        now: SimTime,
        row: RowId,
        contract: u32,
        shape: Shape,
        extra: &Extra,
    ) -> Result<JobId, Rejection> {
        self.check_extra(contract, extra)?;
        let before = self.look_up_dependencies(extra)?;
        self.admit(now, contract)?;
        if extra.array == 0 && !before.is_broken && before.waits.is_empty() {
            let id = self.seat_plain(now, row, None, 0, contract, shape);
            self.observer.submitted(now, row, 1);
            return Ok(id);
        }
        if extra.array == 0 {
            let slot = self.new_job(now, row, None, 0, contract, shape);
            self.observer.submitted(now, row, 1);
            let id = self.jobs[slot].id;
            if before.is_broken {
                self.finish(
                    now,
                    slot,
                    false,
                    crate::model::StatusReason::DependentJobFailed,
                );
            } else {
                self.jobs[slot].open = before.waits.len() as u32;
                before
                    .waits
                    .iter()
                    .for_each(|&(on, child)| self.wait_for(id, on, child));
            }
            return Ok(id);
        }
        Ok(self.submit_array(now, row, contract, shape, extra, &before))
    }

    /// Limits that AWS checks at once (API SubmitJob); a trace of another system may lift them.
    fn check_extra(&self, contract: u32, extra: &Extra) -> Result<(), Rejection> {
        let terms = &self.contracts[contract as usize];
        let refuse = |text: String| Err(Rejection(text));
        let dependencies = extra.dependencies.len() + usize::from(extra.sequential);
        if !terms.lift_limits && dependencies > rules::DEPENDENCIES_MAX {
            return refuse(format!(
                "{dependencies} dependencies; at most {}",
                rules::DEPENDENCIES_MAX
            ));
        }
        let sizes = rules::ARRAY_SIZE_MIN..=rules::ARRAY_SIZE_MAX;
        if extra.array > 0 && !terms.lift_limits && !sizes.contains(&extra.array) {
            return refuse(format!(
                "array size {}; must be 2 to {}",
                extra.array,
                rules::ARRAY_SIZE_MAX
            ));
        }
        if extra.sequential && extra.array == 0 {
            return refuse("a SEQUENTIAL dependency needs an array job".to_owned());
        }
        if extra.array > 0 && terms.gang.is_some() {
            return refuse("an array job cannot be a multi-node parallel job".to_owned());
        }
        Ok(())
    }

    /// What the dependencies of a submission stand at.
    fn look_up_dependencies(&self, extra: &Extra) -> Result<Before, Rejection> {
        let mut before = Before::default();
        let range = extra.dependencies.start as usize..extra.dependencies.end as usize;
        for dependency in &self.workload.dependencies[range] {
            let on = self.job_of_row[dependency.on.index()];
            if !on.is_some() {
                return Err(Rejection(
                    "a job that it depends on does not exist".to_owned(),
                ));
            }
            let size = self
                .workload
                .extra(self.workload.row(dependency.on))
                .map_or(0, |upstream| upstream.array);
            let (target, child) = match dependency.kind {
                DependencyKind::Whole => (on, None),
                DependencyKind::Child(index) if index < size => {
                    (JobId(on.0 + 1 + index), Some(index))
                }
                DependencyKind::Child(index) => {
                    return Err(Rejection(format!(
                        "it depends on child {index} of an array of {size}"
                    )));
                }
                DependencyKind::SameIndex if extra.array > 0 && extra.array == size => {
                    before.same_index.push(on);
                    continue;
                }
                DependencyKind::SameIndex => {
                    return Err(Rejection(
                        "an N_TO_N dependency needs two arrays of one size".to_owned(),
                    ));
                }
            };
            match self.directory.get(target) {
                Whereabouts::Ended(true) => {}
                Whereabouts::Ended(false) => before.is_broken = true,
                _ => before.waits.push((on, child)),
            }
        }
        Ok(before)
    }

    /// `who` waits for `on`, or for one child of it.
    fn wait_for(&mut self, who: JobId, on: JobId, child: Option<u32>) {
        match (self.directory.get(on), child) {
            (Whereabouts::Slot(slot), _) => {
                self.jobs[slot].dependents = self.link(self.jobs[slot].dependents, who);
            }
            (Whereabouts::Waiting(contract), _) => {
                let slot = self.seat_waiting(on, contract);
                self.jobs[slot].dependents = self.link(NOWHERE, who);
            }
            (Whereabouts::Array(array), None) => {
                self.arrays[array].dependents = self.link(self.arrays[array].dependents, who);
            }
            (Whereabouts::Array(array), Some(child)) => {
                let list = self.arrays[array]
                    .dependents_by_child
                    .get(&child)
                    .copied()
                    .unwrap_or(NOWHERE);
                let list = self.link(list, who);
                self.arrays[array].dependents_by_child.insert(child, list);
            }
            (Whereabouts::Ended(_) | Whereabouts::Dormant, _) => {
                unreachable!("only what has not ended is waited for")
            }
        }
    }

    fn submit_array(
        &mut self,
        now: SimTime,
        row: RowId,
        contract: u32,
        shape: Shape,
        extra: &Extra,
        before: &Before,
    ) -> JobId {
        let terms = &self.contracts[contract as usize];
        let (queue, lane, size) = (terms.queue, terms.lane, extra.array);
        let id = self.directory.push(Whereabouts::Dormant);
        (0..size).for_each(|_| {
            self.directory.push(Whereabouts::Dormant);
        });
        let array = self.arrays.insert(Array {
            id,
            row,
            resubmission: 0,
            contract,
            queue,
            lane,
            size,
            sequential: extra.sequential,
            shape,
            slowest: self.queues[queue.index()].slowest,
            submitted: now,
            released: SimTime::NEVER,
            eligible: SimTime::NEVER,
            open: before.waits.len() as u32,
            open_by_child: Vec::new(),
            remaining: size,
            has_failed: false,
            dependents: NOWHERE,
            dependents_by_child: BTreeMap::new(),
            same_index: Vec::new(),
            leaving: BTreeMap::new(),
        });
        self.directory.set(id, Whereabouts::Array(array));
        self.counts.pending += u64::from(size);
        self.job_joined(now, queue, lane, u64::from(size));
        self.observer.submitted(now, row, size);
        if before.is_broken {
            self.break_array(now, array);
            return id;
        }
        before
            .waits
            .iter()
            .for_each(|&(on, child)| self.wait_for(id, on, child));
        let broken = self.wait_index_by_index(array, id, size, &before.same_index);
        for child in broken {
            if self.directory.get(id) == Whereabouts::Array(array) {
                self.break_child(
                    now,
                    array,
                    child,
                    crate::model::StatusReason::DependentJobFailed,
                );
            }
        }
        if self.directory.get(id) == Whereabouts::Array(array) && self.arrays[array].open == 0 {
            self.array_satisfied(now, array);
        }
        id
    }

    /// Children of `id` wait for those of each array in `on`. Returns the children whose namesake has failed already.
    fn wait_index_by_index(&mut self, array: u32, id: JobId, size: u32, on: &[JobId]) -> Vec<u32> {
        let mut broken = Vec::new();
        if on.is_empty() {
            return broken;
        }
        let mut open = vec![0u8; size as usize];
        for &upstream in on {
            for (child, open) in open.iter_mut().enumerate() {
                match self.directory.get(JobId(upstream.0 + 1 + child as u32)) {
                    Whereabouts::Ended(true) => {}
                    Whereabouts::Ended(false) => broken.push(child as u32),
                    _ => *open += 1,
                }
            }
            if let Whereabouts::Array(upstream) = self.directory.get(upstream) {
                self.arrays[upstream].same_index.push(id);
            }
        }
        self.arrays[array].open_by_child = open;
        broken.sort_unstable();
        broken.dedup();
        broken
    }

    /// What the scheduler believes attempt `attempt` to take: the stated estimate, else the timeout, else the run itself;
    /// never less than the run on the `slowest` machine it may get, unless runs are killed at their estimate.
    ///
    /// It is settled when the job is submitted, and anew when it is tried again: slower machines that join meanwhile change
    /// nothing about jobs that wait.
    #[inline(always)]
    pub(super) fn estimate_of(
        &self,
        row: RowId,
        child: Option<u32>,
        contract: u32,
        attempt: u8,
        slowest: Ratio,
        saved: Span,
    ) -> Span {
        let source = self.workload.row(row);
        let terms = &self.contracts[contract as usize];
        let fate = self.workload.fate(source, child, attempt);
        let run = if fate.kind == FateKind::FailedToStart {
            Span::ZERO
        } else {
            fate.run
        };
        let left = Span::from_ms(run.ms().saturating_sub(saved.ms()));
        let mut run = slowest.divide_with(terms.speed, left);
        if let Some(checkpoint) = &terms.checkpoint {
            run = checkpoint::run_time(checkpoint, run, attempt > 1);
        }
        if let Some(timeout) = terms.timeout
            && run > timeout + self.knobs.timeout_lag
        {
            run = timeout + self.knobs.timeout_lag + self.knobs.shutdown;
        }
        let stated = if source.estimate.is_zero() {
            terms.timeout.unwrap_or(run)
        } else {
            source.estimate
        };
        if self.knobs.kill_at_estimate && !source.estimate.is_zero() {
            stated
        } else {
            stated.max(run)
        }
    }

    /// After environments changed: which of them each queue can use, and the slowest machine its jobs may get.
    pub(super) fn renew_environments(&mut self) {
        let environments = &self.registry.environments;
        for queue in &mut self.queues {
            let takes_jobs =
                |id: &EnvId| environments[id.index()].enabled && environments[id.index()].valid;
            queue.usable = queue
                .environments
                .iter()
                .copied()
                .filter(takes_jobs)
                .collect();
            let speeds = queue
                .environments
                .iter()
                .map(|id| environments[id.index()].slowest);
            queue.slowest = speeds.min().unwrap_or(Ratio::ONE);
            let fargate = |id: &EnvId| environments[id.index()].fargate.is_some();
            queue.is_fargate = queue.environments.iter().any(fargate);
            let managed = |id: &EnvId| environments[id.index()].managed.is_some();
            let keeps = queue.environments.iter().any(managed);
            queue.keep_demand(keeps, &self.contracts);
        }
        self.wants_scaling = true;
    }

    /// The slowest of some machine types.
    pub(super) fn slowest_of(&self, types: impl Iterator<Item = crate::units::TypeId>) -> Ratio {
        let speeds = types.map(|id| self.world.catalogue.get(id).speed);
        speeds.min().unwrap_or(Ratio::ONE)
    }

    /// The environment called `name`, for commands that name one.
    pub(super) fn environment(
        &mut self,
        name: &str,
    ) -> Result<&mut registry::Environment, Rejection> {
        match self.registry.environment(name) {
            Some(id) => Ok(&mut self.registry.environments[id.index()]),
            None => Err(Rejection(format!(
                "Compute environment {name} does not exist"
            ))),
        }
    }
}
