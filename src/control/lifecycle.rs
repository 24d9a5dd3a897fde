//! The states of a job. This file alone moves a job from one to the next.

use std::sync::Arc;

use crate::model::{
    AttemptRecord, JobRecord, JobStatus, Observer, StatusReason, TimeCause, TimeCauses,
};
use crate::policy::capacity::Placed;
use crate::policy::discipline::Place;
use crate::policy::order::JobView;
use crate::units::{EnvId, InstanceId, JobId, QueueId, Shape, ShareId, SimTime, Span, Usd};

use super::clocks::Marks;
use super::job::{Job, NOWHERE, Whereabouts};
use super::lane::{Entry, Lane, Spot, Who};
use super::queue::Label;
use super::{Attempt, Control, Effect, JobEnd, Kept, Ticket, contracts, retry};

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// In which way.
    pub kind: EndingKind,
    /// Exit code of its container, where it ended with one.
    pub exit_code: Option<u8>,
}

/// In which way an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndingKind {
    /// Its process exited.
    Exit,
    /// It was killed for memory.
    OutOfMemory,
    /// Its container could not be made.
    FailedToStart,
    /// Its timeout (or its estimate, where that kills) ran out.
    TimedOut,
    /// Its machine went away.
    HostLost(InstanceId),
    /// Fargate Spot took its task back.
    TaskInterrupted,
    /// Its container was not made in time.
    CreateTimedOut,
    /// TerminateJob stopped it, with this reason.
    Stopped(Arc<str>),
}

impl Ending {
    /// Whether the attempt SUCCEEDED.
    pub fn is_success(&self) -> bool {
        matches!(self.kind, EndingKind::Exit) && self.exit_code == Some(0)
    }

    fn status_reason(&self) -> StatusReason {
        match &self.kind {
            EndingKind::Exit | EndingKind::OutOfMemory => StatusReason::EssentialContainerExited,
            EndingKind::FailedToStart | EndingKind::CreateTimedOut => {
                StatusReason::TaskFailedToStart
            }
            EndingKind::TaskInterrupted => StatusReason::SpotTaskInterrupted,
            EndingKind::TimedOut => StatusReason::TimedOut,
            EndingKind::HostLost(instance) => StatusReason::HostTerminated(*instance),
            EndingKind::Stopped(reason) => StatusReason::Caller(reason.clone()),
        }
    }

    /// `container.reason` (semantics reference 1.6).
    fn container_reason(&self) -> &'static str {
        match self.kind {
            EndingKind::OutOfMemory => "OutOfMemoryError: Container killed due to memory usage",
            EndingKind::CreateTimedOut => {
                "DockerTimeoutError: Could not transition to created; timed out after waiting 4m0s"
            }
            _ => "",
        }
    }

    /// Timeouts, terminates and cancels are never retried (API RegisterJobDefinition.timeout; User Guide, job retries).
    fn may_be_retried(&self) -> bool {
        !self.is_success() && !matches!(self.kind, EndingKind::TimedOut | EndingKind::Stopped(_))
    }
}

impl<O: Observer> Control<'_, O> {
    /// A job that became eligible at a tick, or again after a delay. Says whether it is still there to be.
    pub fn became_eligible(&mut self, now: SimTime, ticket: Ticket) -> bool {
        match ticket {
            Ticket::Array(id) => match self.directory.get(id) {
                Whereabouts::Array(array) => {
                    if !self.open_array(now, array) {
                        return false;
                    }
                }
                _ => return false,
            },
            Ticket::Job(attempt) => {
                let waits = self
                    .current(attempt)
                    .is_some_and(|job| job.status == JobStatus::Pending);
                if !waits {
                    return false;
                }
                self.enter_runnable(now, attempt.slot);
            }
        }
        self.settle(now);
        true
    }

    /// PENDING → RUNNABLE, for the first time or again.
    pub(super) fn enter_runnable(&mut self, now: SimTime, slot: u32) {
        let job = &mut self.jobs[slot];
        job.status = JobStatus::Runnable;
        if job.is_retried {
            // The delay before an attempt passes between two looks at the queue.
            let delay = now - job.since;
            if !delay.is_zero() {
                self.pasts[job.past].add(TimeCause::Dispatch, delay);
            }
        } else {
            job.eligible = now;
        }
        job.since = now;
        let (queue, lane, id, shape, contract) =
            (job.queue, job.lane, job.id, job.shape, job.contract);
        let (submitted, estimate, is_retried) = (job.submitted, job.estimate, job.is_retried);
        self.counts.pending -= 1;
        self.counts.runnable += 1;
        let rank = self.rank(queue, id, submitted, now, shape, estimate);
        self.jobs[slot].rank = rank;
        let place = if is_retried {
            self.retried_place(slot)
        } else {
            self.first_place(contract, queue, rank, id)
        };
        let entry = Entry {
            place,
            count: 1,
            contract,
            who: Who::Job(slot),
            shape,
            estimate: self.knobs.container_start + estimate,
            since: now,
            marks: self.queues[queue.index()].marks(now, lane),
        };
        self.enter_lane(now, queue, lane, entry);
        if is_retried
            && self.knobs.retry_to_front_of_queue
            && let Some(fair) = self.queues[queue.index()].fair.as_mut()
        {
            fair.fronts.push(lane);
        }
    }

    /// The rank that the queue's order gives.
    pub(super) fn rank(
        &mut self,
        queue: QueueId,
        job: JobId,
        submitted: SimTime,
        eligible: SimTime,
        shape: Shape,
        estimate: Span,
    ) -> u64 {
        let queue = &mut self.queues[queue.index()];
        if queue.is_fifo {
            return 0;
        }
        let mut rank = [0];
        queue.order.ranks(
            &[JobView {
                job,
                submitted,
                eligible,
                shape,
                estimate,
            }],
            &mut rank,
        );
        rank[0]
    }

    /// Where a job stands that was not tried before. Scheduling priority counts on fair-share queues only
    /// (API SubmitJob.schedulingPriorityOverride).
    #[inline]
    pub(super) fn first_place(
        &self,
        contract: u32,
        queue: QueueId,
        rank: u64,
        job: JobId,
    ) -> Place {
        let is_fair = self.queues[queue.index()].fair.is_some();
        let priority = if is_fair {
            self.contracts[contract as usize].scheduling_priority
        } else {
            0
        };
        Place {
            class: RETRIED_BELOW + u64::from(u32::MAX - priority),
            rank,
            job,
        }
    }

    /// Where a retried job stands: "at the front of the job queue" (User Guide, best practices), so before whatever was
    /// retried earlier.
    fn retried_place(&self, slot: u32) -> Place {
        let job = &self.jobs[slot];
        Place {
            class: RETRIED_BELOW - 1 - job.since.ms(),
            rank: 0,
            job: job.id,
        }
    }

    /// The place of a job that is RUNNABLE.
    pub(super) fn place_of(&self, slot: u32) -> Place {
        let job = &self.jobs[slot];
        if job.is_retried {
            self.retried_place(slot)
        } else {
            self.first_place(job.contract, job.queue, job.rank, job.id)
        }
    }

    /// An entry comes into the order; a decision is due.
    // Inlined, and the entry looked at by its parts, so that it is written where it stays.
    #[inline(always)]
    pub(super) fn enter_lane(&mut self, now: SimTime, queue_id: QueueId, lane: u32, entry: Entry) {
        let queue = &mut self.queues[queue_id.index()];
        let place = entry.place;
        queue.waiting += u64::from(entry.count);
        if queue.demand.is_some() {
            self.wants_scaling = true;
            let gang = contracts::gang(&self.contracts, entry.contract);
            queue.count_demand(entry.shape, entry.count, gang, true);
        }
        let lanes = &mut queue.shares[lane as usize].lane;
        // The head was tried and waits, and so does whoever comes behind it.
        let waits_behind = queue.stops_at_its_head
            && queue.fair.is_none()
            && queue.watch.head.is_some()
            && lanes.front().is_some_and(|front| front.place < place);
        lanes.insert(entry);
        if waits_behind {
            return;
        }
        queue.note_waiting(lane);
        if queue.plans {
            queue.fresh.push(place);
        }
        self.want_decision(now, queue_id);
    }

    /// One job, which is or is in the entry at `spot`, leaves the order.
    #[inline(always)]
    pub(super) fn leave_lane(&mut self, queue_id: QueueId, lane: u32, spot: Spot, job: &Entry) {
        let queue = &mut self.queues[queue_id.index()];
        let place = job.place;
        queue.shares[lane as usize].lane.take(spot, place);
        queue.waiting -= 1;
        if queue.demand.is_some() {
            let gang = contracts::gang(&self.contracts, job.contract);
            queue.count_demand(job.shape, 1, gang, false);
        }
        queue.note_waiting(lane);
        if place.class < RETRIED_BELOW
            && let Some(fair) = queue.fair.as_mut()
            && let Some(index) = fair.fronts.iter().rposition(|&front| front == lane)
        {
            fair.fronts.remove(index);
        }
    }

    /// The jobs of a share that wait.
    pub(super) fn lane_of(&self, queue: QueueId, lane: u32) -> &Lane {
        &self.queues[queue.index()].shares[lane as usize].lane
    }

    /// Where a plain job stands that has no slot.
    fn spot_of_waiting(&self, job: JobId, contract: u32) -> Option<(QueueId, u32, Spot, &Entry)> {
        let terms = &self.contracts[contract as usize];
        let place = self.first_place(contract, terms.queue, 0, job);
        let (spot, entry) = self.lane_of(terms.queue, terms.lane).find(place)?;
        Some((terms.queue, terms.lane, spot, entry))
    }

    /// The entry of a plain job that has no slot.
    pub(super) fn waiting_entry(&self, job: JobId, contract: u32) -> Option<&Entry> {
        let (_, _, _, entry) = self.spot_of_waiting(job, contract)?;
        Some(entry)
    }

    /// Gives a plain job that waits a slot: more is to be known of it than its entry holds.
    pub(super) fn seat_waiting(&mut self, job: JobId, contract: u32) -> u32 {
        let (queue, lane, spot, &entry) = self
            .spot_of_waiting(job, contract)
            .expect("a job that waits stands in its queue");
        let slot = self.seat_entry(&entry, queue, lane);
        let lane = &mut self.queues[queue.index()].shares[lane as usize].lane;
        lane.at_mut(spot).who = Who::Job(slot);
        slot
    }

    /// The slot of the job that an entry is for: its own, or a new one.
    #[inline(always)]
    fn seat_entry(&mut self, entry: &Entry, queue: QueueId, lane: u32) -> u32 {
        match entry.who {
            Who::Job(slot) => slot,
            Who::Block(array) => {
                let child = entry.place.job.0 - self.arrays[array].id.0 - 1;
                self.materialise(array, child, JobStatus::Runnable, entry.place.rank)
            }
            Who::Row(row) => {
                let estimate = entry.estimate - self.knobs.container_start;
                self.seat(|| Job {
                    status: JobStatus::Runnable,
                    estimate,
                    released: entry.since,
                    eligible: entry.since,
                    ..Job::new(
                        entry.place.job,
                        row,
                        entry.contract,
                        queue,
                        lane,
                        entry.shape,
                        entry.since,
                    )
                })
            }
        }
    }

    /// RUNNABLE → STARTING. Whoever knows the attempt's fate says when its container runs, which may be at once.
    #[inline(always)]
    pub(super) fn start(
        &mut self,
        now: SimTime,
        entry: &Entry,
        queue: QueueId,
        lane: u32,
        placed: Placed,
    ) {
        let slot = self.seat_entry(entry, queue, lane);
        self.explain_wait(now, slot, entry.since, entry.marks);
        let job = &mut self.jobs[slot];
        job.placed = Some(placed);
        job.placed_at = now;
        job.started = SimTime::NEVER;
        job.attempts += 1;
        job.generation += 1;
        job.exit_code = None;
        job.status = JobStatus::Starting;
        let attempt = Attempt {
            slot,
            generation: job.generation,
        };
        let (contract, vcpus) = (job.contract, job.shape.vcpus);
        let held = std::mem::replace(&mut job.holds_consumables, true);
        self.counts.runnable -= 1;
        self.counts.starting += 1;
        self.lock_consumables(contract, held);
        self.queues[queue.index()].use_vcpus(now, lane, i64::from(vcpus));
        self.effects.push_back(Effect::Placed(attempt));
    }

    /// STARTING → RUNNING. Nothing happens where the attempt is void.
    pub fn container_started(&mut self, now: SimTime, attempt: Attempt) {
        if self
            .current(attempt)
            .is_some_and(|job| job.status == JobStatus::Starting)
        {
            self.enter_running(now, attempt.slot);
        }
    }

    fn enter_running(&mut self, now: SimTime, slot: u32) {
        let job = &mut self.jobs[slot];
        job.status = JobStatus::Running;
        job.started = now;
        self.counts.starting -= 1;
        self.counts.running += 1;
    }

    /// What a job waited for until now goes into its past.
    #[inline]
    fn explain_wait(&mut self, now: SimTime, slot: u32, since: SimTime, marks: Marks) {
        if now != since {
            self.explain_some(now, slot, since, marks);
        }
    }

    #[inline(never)]
    fn explain_some(&mut self, now: SimTime, slot: u32, since: SimTime, marks: Marks) {
        let past = self.past(slot);
        let job = &self.jobs[slot];
        let (id, lane) = (job.id, job.lane);
        self.queues[job.queue.index()].explain(now, id, lane, since, marks, &mut self.pasts[past]);
    }

    /// The past of a job; a blank one where it had none.
    fn past(&mut self, slot: u32) -> u32 {
        if self.jobs[slot].past == NOWHERE {
            self.jobs[slot].past = self.pasts.insert(TimeCauses::default());
        }
        self.jobs[slot].past
    }

    /// An attempt ended: the job is SUCCEEDED, RUNNABLE again or FAILED. Nothing happens where the attempt is void.
    pub fn attempt_ended(
        &mut self,
        now: SimTime,
        attempt: Attempt,
        mut ending: Ending,
        cost: Usd,
        kept: Kept,
    ) {
        if self.current(attempt).is_none() {
            return;
        }
        let slot = attempt.slot;
        if let Some(reason) = self.jobs[slot].leaving.take() {
            ending = Ending {
                kind: EndingKind::Stopped(reason),
                exit_code: ending.exit_code.or(Some(137)),
            };
        }
        let reason = ending.status_reason();
        let job = &mut self.jobs[slot];
        let placed = job.placed.take().expect("an attempt that ends was placed");
        let was_running = job.status == JobStatus::Running;
        job.generation += 1;
        job.exit_code = ending.exit_code;
        job.cost += cost;
        let (contract, queue, lane, vcpus) = (job.contract, job.queue, job.lane, job.shape.vcpus);
        let is_retried = ending.may_be_retried() && self.is_worth_another(slot, &ending, &reason);
        if was_running {
            self.counts.running -= 1;
        } else {
            self.counts.starting -= 1;
        }
        self.queues[queue.index()].use_vcpus(now, lane, -i64::from(vcpus));
        if !(is_retried && self.knobs.consumables_held_over_retry) {
            self.jobs[slot].holds_consumables = false;
            self.unlock_consumables(now, contract);
        }
        self.record_attempt(now, slot, placed, &ending, &reason, is_retried, cost);
        self.changed(now, placed.environment);
        if is_retried {
            self.try_again(now, slot, kept);
        } else {
            if !kept.saving.is_zero() {
                let past = self.past(slot);
                self.pasts[past].add(TimeCause::Checkpoint, kept.saving);
            }
            self.end(
                now,
                slot,
                ending.is_success(),
                reason,
                Some((placed, kept.saving)),
            );
        }
        self.settle(now);
    }

    /// Whether the job of a placed attempt will be tried again if that ends as `ending` says.
    pub fn is_tried_again(&self, attempt: Attempt, ending: &Ending) -> bool {
        self.current(attempt)
            .is_some_and(|job| job.leaving.is_none())
            && ending.may_be_retried()
            && self.is_worth_another(attempt.slot, ending, &ending.status_reason())
    }

    /// Whether a job whose attempt failed is tried again.
    #[inline(never)]
    fn is_worth_another(&self, slot: u32, ending: &Ending, reason: &StatusReason) -> bool {
        let job = &self.jobs[slot];
        let failed = retry::Failed {
            status_reason: &reason.to_string(),
            reason: ending.container_reason(),
            exit_code: ending.exit_code,
        };
        let strategy = &self.contracts[job.contract as usize].retry;
        let absent_matches = self.knobs.absent_reason_matches;
        retry::is_retried(strategy, job.attempts, &failed, absent_matches)
    }

    /// A failed attempt did not count: the job goes back to RUNNABLE.
    fn try_again(&mut self, now: SimTime, slot: u32, kept: Kept) {
        let past = self.past(slot);
        let job = &mut self.jobs[slot];
        let all = now - job.placed_at;
        self.pasts[past].add(TimeCause::Run, kept.worked);
        self.pasts[past].add(TimeCause::Checkpoint, kept.saving);
        self.pasts[past].add(TimeCause::Lost, all - kept.worked - kept.saving);
        job.saved += kept.work;
        job.is_retried = true;
        job.since = now;
        job.status = JobStatus::Pending;
        let (row, child, contract, attempts) = (job.row, job.child, job.contract, job.attempts);
        let child = (child != NOWHERE).then_some(child);
        let slowest = self.queues[job.queue.index()].slowest;
        let attempt = attempts.saturating_add(1);
        let saved = self.jobs[slot].saved;
        let estimate = self.estimate_of(row, child, contract, attempt, slowest, saved);
        self.jobs[slot].estimate = estimate;
        self.counts.pending += 1;
        let attempt = Attempt {
            slot,
            generation: self.jobs[slot].generation,
        };
        let at = now + self.knobs.retry_delay;
        if at > now {
            self.effects.push_back(Effect::EligibleAt {
                at,
                ticket: Ticket::Job(attempt),
            });
        } else {
            self.enter_runnable(now, slot);
        }
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "one record, seen from the one place that makes it"
    )]
    fn record_attempt(
        &mut self,
        now: SimTime,
        slot: u32,
        placed: Placed,
        ending: &Ending,
        reason: &StatusReason,
        retried: bool,
        cost: Usd,
    ) {
        let job = &self.jobs[slot];
        self.observer.attempt_ended(&AttemptRecord {
            job: job.id,
            row: job.row,
            array_index: (job.child != NOWHERE).then_some(job.child),
            resubmission: job.resubmission,
            attempt: job.attempts,
            queue: job.queue,
            environment: placed.environment,
            instance: placed.instance,
            nodes: self.contracts[job.contract as usize]
                .gang
                .as_ref()
                .map_or(1, |gang| gang.nodes.len() as u32),
            shape: job.shape,
            placed: job.placed_at,
            started: (job.started != SimTime::NEVER).then_some(job.started),
            ended: now,
            exit_code: ending.exit_code,
            reason,
            container_reason: ending.container_reason(),
            retried,
            cost,
        });
    }

    /// A job that is not placed FAILS (or, without work, ends): cancelled, or what it waited for failed.
    pub(super) fn finish(
        &mut self,
        now: SimTime,
        slot: u32,
        succeeded: bool,
        reason: StatusReason,
    ) {
        match self.jobs[slot].status {
            JobStatus::Runnable => {
                let (queue, lane) = (self.jobs[slot].queue, self.jobs[slot].lane);
                let place = self.place_of(slot);
                let (spot, &entry) = self
                    .lane_of(queue, lane)
                    .find(place)
                    .expect("a job that waits stands in its queue");
                let entry = Entry { place, ..entry };
                self.leave_lane(queue, lane, spot, &entry);
                self.left_waiting(now, queue);
                self.explain_wait(now, slot, entry.since, entry.marks);
                let queue = &mut self.queues[queue.index()];
                if queue.waiting == 0 {
                    queue.relabel(now, Label::Unlabelled, None);
                }
                self.counts.runnable -= 1;
                self.end(now, slot, succeeded, reason, None);
            }
            JobStatus::Pending => {
                self.counts.pending -= 1;
                self.end(now, slot, succeeded, reason, None);
            }
            other => unreachable!("{:?} is {}, not waiting", self.jobs[slot].id, other.name()),
        }
    }

    /// A job that waited left without being started: others may move.
    #[inline]
    fn left_waiting(&mut self, now: SimTime, queue: QueueId) {
        if self.queues[queue.index()].waiting > 0 {
            self.queues[queue.index()].has_changed = true;
            self.want_decision(now, queue);
        }
    }

    /// A job becomes terminal. `placed`: where its last attempt was, if that is what ended, and how long it saved work.
    fn end(
        &mut self,
        now: SimTime,
        slot: u32,
        succeeded: bool,
        reason: StatusReason,
        placed: Option<(Placed, Span)>,
    ) {
        let status = if succeeded {
            JobStatus::Succeeded
        } else {
            JobStatus::Failed
        };
        self.jobs[slot].status = status;
        let last = placed.map(|(placed, saving)| (placed.environment, saving));
        let time = self.life(now, slot, last);
        let record = self.record(
            now,
            slot,
            &reason,
            placed.map(|(placed, _)| placed.environment),
            time,
        );
        debug_assert_eq!(record.time.total(), now - record.submitted, "{record:?}");
        self.observer.job_ended(&record);
        let job = &mut self.jobs[slot];
        let dependents = std::mem::replace(&mut job.dependents, NOWHERE);
        let (id, row, array, child, queue, lane) =
            (job.id, job.row, job.array, job.child, job.queue, job.lane);
        job.generation += 1;
        let (contract, holds) = (job.contract, job.holds_consumables);
        if job.past != NOWHERE {
            self.pasts
                .release(std::mem::replace(&mut job.past, NOWHERE));
        }
        if self.tells_job_ends {
            self.effects.push_back(Effect::JobEnded(Box::new(JobEnd {
                row,
                child: (child != NOWHERE).then_some(child),
                queue,
                succeeded,
                exit_code: job.exit_code,
                reason,
                memory: job.shape.memory,
                contract,
            })));
        }
        if self.tells_row_ends && array == NOWHERE && job.resubmission == 0 {
            self.effects.push_back(Effect::RowEnded(row));
        }
        self.directory.set(id, Whereabouts::Ended(succeeded));
        self.jobs.release(slot);
        if holds {
            // It waited for another attempt and kept what it had.
            self.unlock_consumables(now, contract);
        }
        self.queues[queue.index()].left(now, lane);
        self.tell(dependents, succeeded);
        if array != NOWHERE {
            self.child_ended(now, array, child, succeeded);
        }
    }

    /// A job's life until now, cut into causes. `last`: where an attempt is what ends it, where that was, and how long it saved
    /// work, which is in its past.
    #[inline(always)]
    fn life(&self, now: SimTime, slot: u32, last: Option<(EnvId, Span)>) -> TimeCauses {
        let job = &self.jobs[slot];
        let mut time = if job.past == NOWHERE {
            TimeCauses::default()
        } else {
            self.pasts[job.past]
        };
        let released = job.released.min(now);
        time.add(TimeCause::Dependency, released - job.submitted);
        // Nothing but the next look at dependencies lies between.
        time.add(TimeCause::Dispatch, job.eligible.min(now) - released);
        if let Some((environment, saving)) = last {
            let started = job.started.min(now);
            let mut starting = started - job.placed_at;
            if self.registry.environments[environment.index()]
                .fargate
                .is_some()
            {
                let boot = starting.min(self.knobs.fargate_start);
                time.add(TimeCause::Boot, boot);
                starting = starting - boot;
            }
            time.add(TimeCause::ImagePull, starting);
            time.add(TimeCause::Run, now - started - saving);
        } else if job.status == JobStatus::Failed
            && job.is_retried
            && now > job.since
            && job.eligible != SimTime::NEVER
        {
            // It was cancelled between two attempts: what it waited since is in its past, a delay is not.
            let missing = (now - job.submitted) - time.total();
            time.add(TimeCause::Dispatch, missing);
        }
        time
    }

    /// The life so far of a job that is not terminal.
    pub(super) fn unfinished_life(&mut self, now: SimTime, slot: u32) -> TimeCauses {
        match self.jobs[slot].status {
            JobStatus::Runnable => {
                let (queue, lane) = (self.jobs[slot].queue, self.jobs[slot].lane);
                if let Some(entry) = self.lane_of(queue, lane).get(self.place_of(slot)) {
                    self.explain_wait(now, slot, entry.since, entry.marks);
                }
                self.life(now, slot, None)
            }
            JobStatus::Starting | JobStatus::Running => {
                let last = self.jobs[slot]
                    .placed
                    .map(|placed| (placed.environment, Span::ZERO));
                self.life(now, slot, last)
            }
            _ => {
                let mut time = self.life(now, slot, None);
                let missing = (now - self.jobs[slot].submitted) - time.total();
                time.add(TimeCause::Dispatch, missing);
                time
            }
        }
    }

    /// The record of a job as it stands.
    #[inline(always)]
    pub(super) fn record<'r>(
        &self,
        now: SimTime,
        slot: u32,
        reason: &'r StatusReason,
        environment: Option<EnvId>,
        time: TimeCauses,
    ) -> JobRecord<'r> {
        let job = &self.jobs[slot];
        let row = self.workload.row(job.row);
        let child = (job.child != NOWHERE).then_some(job.child);
        let queue = &self.queues[job.queue.index()];
        let contract = &self.contracts[job.contract as usize];
        JobRecord {
            job: job.id,
            row: job.row,
            array_index: child,
            resubmission: job.resubmission,
            nodes: contract
                .gang
                .as_ref()
                .map_or(1, |gang| gang.nodes.len() as u32),
            status: job.status,
            reason,
            exit_code: job.exit_code,
            queue: job.queue,
            share: if queue.fair.is_some() {
                queue.shares[job.lane as usize].id
            } else {
                ShareId::NONE
            },
            environment: environment.unwrap_or(EnvId::NONE),
            shape: job.shape,
            submitted: job.submitted,
            eligible: (job.eligible != SimTime::NEVER).then_some(job.eligible),
            started: (job.started != SimTime::NEVER).then_some(job.started),
            ended: now,
            work: self.workload.work(row, child),
            estimate: row.estimate,
            attempts: job.attempts,
            attempts_max: contract.retry.attempts,
            timeout: contract.timeout,
            time,
            cost: job.cost,
        }
    }
}

/// Classes below are those of retried jobs, the latest retried first; above, jobs stand by scheduling priority.
const RETRIED_BELOW: u64 = 1 << 62;
const _: () = assert!(SimTime::LAST.ms() * 2 < RETRIED_BELOW);
