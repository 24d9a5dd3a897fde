//! Array jobs: one submission, up to ten thousand children. A child gets a slot of its own only when something happens
//! to it; until then it is a number between its siblings.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{JobStatus, Observer, StatusReason};
use crate::units::{JobId, QueueId, Ratio, RowId, Shape, SimTime, Span};

use super::job::{Job, NOWHERE, Whereabouts};
use super::lane::{Entry, Who};
use super::settle::Task;
use super::{Attempt, Control, Effect, Ticket};

/// An array parent and what its children have in common.
#[derive(Debug)]
pub(super) struct Array {
    pub(super) id: JobId,
    pub(super) row: RowId,
    pub(super) resubmission: u32,
    pub(super) contract: u32,
    pub(super) queue: QueueId,
    pub(super) lane: u32,
    pub(super) size: u32,
    pub(super) sequential: bool,
    pub(super) shape: Shape,
    /// The slowest machine type of its queue when it was submitted: the estimates of its children allow for it.
    pub(super) slowest: Ratio,
    pub(super) submitted: SimTime,
    /// When it waited for nothing as a whole any more, or [`SimTime::NEVER`]. The next tick is what its children wait for then.
    pub(super) released: SimTime,
    /// The tick after that, or [`SimTime::NEVER`].
    pub(super) eligible: SimTime,
    /// Dependencies of the whole array not yet SUCCEEDED.
    pub(super) open: u32,
    /// `N_TO_N` dependencies not yet SUCCEEDED, by child; empty where there are none.
    pub(super) open_by_child: Vec<u8>,
    /// Children that are not terminal.
    pub(super) remaining: u32,
    /// Whether a child FAILED.
    pub(super) has_failed: bool,
    /// Who waits for all of it: into the links.
    pub(super) dependents: u32,
    /// Who waits for one child.
    pub(super) dependents_by_child: BTreeMap<u32, u32>,
    /// Arrays whose children wait for the child with the same index.
    pub(super) same_index: Vec<JobId>,
    /// The reasons of cancels that reach children as they stop waiting for others, by child; the latest cancel counts.
    pub(super) leaving: BTreeMap<u32, Arc<str>>,
}

impl Array {
    /// The identifier of child `index`.
    pub(super) fn child(&self, index: u32) -> JobId {
        JobId(self.id.0 + 1 + index)
    }

    /// Whether its children wait as a block, so that none waits for a sibling or for a child of another array.
    pub(super) fn is_block(&self) -> bool {
        !self.sequential && self.open_by_child.is_empty()
    }

    /// When child `index` waited for no other job any more, where it waits for what the array waits for alone.
    fn released(&self, index: u32) -> SimTime {
        let waits_alone = !self.open_by_child.is_empty() || (self.sequential && index > 0);
        if waits_alone {
            SimTime::NEVER
        } else {
            self.released
        }
    }
}

impl<O: Observer> Control<'_, O> {
    /// The whole array waits for nothing more: its children become RUNNABLE, now or at the next tick.
    pub(super) fn array_satisfied(&mut self, now: SimTime, array: u32) {
        self.arrays[array].released = now;
        let (id, size) = (self.arrays[array].id, self.arrays[array].size);
        if !self.arrays[array].leaving.is_empty() {
            for child in 0..size {
                if self.directory.get(id) == Whereabouts::Array(array) {
                    self.let_child_leave(now, array, child);
                }
            }
            if self.directory.get(id) != Whereabouts::Array(array) {
                return;
            }
        }
        let at = now.next_tick(self.knobs.dependency_tick);
        if at > now {
            self.effects.push_back(Effect::EligibleAt {
                at,
                ticket: Ticket::Array(self.arrays[array].id),
            });
        } else {
            self.open_array(now, array);
        }
    }

    /// Children of an array become RUNNABLE as far as they wait for nothing of their own. Says whether any did.
    pub(super) fn open_array(&mut self, now: SimTime, index: u32) -> bool {
        let array = &mut self.arrays[index];
        array.eligible = now;
        let (size, queue, lane) = (array.size, array.queue, array.lane);
        if array.remaining < size || !array.is_block() {
            let mut any = false;
            for child in 0..size {
                any |= self.try_child(now, index, child);
            }
            return any;
        }
        self.counts.pending -= u64::from(size);
        self.counts.runnable += u64::from(size);
        let mut first = 0;
        while first < size {
            let entry = self.block(now, index, first);
            first += entry.count;
            self.enter_lane(now, queue, lane, entry);
        }
        true
    }

    /// What the scheduler believes the first attempt of child `child` to take, as of the array's submission.
    fn child_estimate(&self, index: u32, child: u32) -> Span {
        let array = &self.arrays[index];
        self.estimate_of(array.row, Some(child), array.contract, 1, array.slowest)
    }

    /// The block that begins with child `first`: as many like children as follow. Where no estimate matters, all are alike.
    fn block(&mut self, now: SimTime, index: u32, first: u32) -> Entry {
        let array = &self.arrays[index];
        let (row, contract, size, queue) = (array.row, array.contract, array.size, array.queue);
        let estimate = self.child_estimate(index, first);
        let has_own_work = self
            .workload
            .extra(self.workload.row(row))
            .is_some_and(|extra| !extra.child_work.is_empty() || !extra.child_fates.is_empty());
        let estimates_matter =
            !self.queues[queue.index()].is_fifo || self.queues[queue.index()].plans;
        let mut count = size - first;
        if has_own_work && estimates_matter {
            count = (first + 1..size)
                .find(|&child| self.child_estimate(index, child) != estimate)
                .unwrap_or(size)
                - first;
        }
        let array = &self.arrays[index];
        let (job, lane) = (array.child(first), array.lane);
        let (shape, submitted) = (array.shape, array.submitted);
        let rank = self.rank(queue, job, submitted, now, shape, estimate);
        Entry {
            place: self.first_place(contract, queue, rank, job),
            count,
            contract,
            who: Who::Block(index),
            shape,
            estimate: self.knobs.container_start + estimate,
            since: now,
            marks: self.queues[queue.index()].marks(now, lane),
        }
    }

    /// Whether child `child` waits for other jobs: for the whole array's dependencies, its namesake or its predecessor.
    pub(super) fn child_waits(&self, index: u32, child: u32) -> bool {
        let array = &self.arrays[index];
        let waits_for_same = array
            .open_by_child
            .get(child as usize)
            .is_some_and(|&open| open > 0);
        let waits_for_previous = array.sequential
            && child > 0
            && self.directory.get(array.child(child - 1)) != Whereabouts::Ended(true);
        array.open > 0 || waits_for_same || waits_for_previous
    }

    /// Child `child` becomes RUNNABLE if it waits for nothing more. Says whether it does.
    pub(super) fn try_child(&mut self, now: SimTime, index: u32, child: u32) -> bool {
        let array = &self.arrays[index];
        if array.eligible == SimTime::NEVER
            || self.directory.get(array.child(child)) != Whereabouts::Dormant
            || self.child_waits(index, child)
        {
            return false;
        }
        let slot = self.materialise(index, child, JobStatus::Pending, 0);
        self.satisfied(now, slot);
        true
    }

    /// A child whose cancel waited for its dependencies fails now that they have ended.
    pub(super) fn let_child_leave(&mut self, now: SimTime, index: u32, child: u32) {
        let leaving = self.arrays[index].leaving.get(&child);
        if let Some(reason) = leaving.cloned()
            && !self.child_waits(index, child)
        {
            self.break_child(now, index, child, StatusReason::Caller(reason));
        }
    }

    /// Gives a child that nothing happened to yet a slot of its own. `rank`: its rank in the order, where it waits there.
    pub(super) fn materialise(
        &mut self,
        index: u32,
        child: u32,
        status: JobStatus,
        rank: u64,
    ) -> u32 {
        let estimate = self.child_estimate(index, child);
        let array = &self.arrays[index];
        let id = array.child(child);
        let is_waiting = status == JobStatus::Runnable;
        let (row, contract) = (array.row, array.contract);
        let (queue, lane, shape) = (array.queue, array.lane, array.shape);
        let (submitted, released, since) = (array.submitted, array.released(child), array.eligible);
        let resubmission = array.resubmission;
        self.seat(|| Job {
            child,
            array: index,
            resubmission,
            status,
            estimate,
            rank,
            released,
            eligible: if is_waiting { since } else { SimTime::NEVER },
            since,
            ..Job::new(id, row, contract, queue, lane, shape, submitted)
        })
    }

    /// A child that is waited for as a dormant one fails without an attempt.
    pub(super) fn break_child(
        &mut self,
        now: SimTime,
        index: u32,
        child: u32,
        reason: StatusReason,
    ) {
        let job = self.arrays[index].child(child);
        match self.directory.get(job) {
            Whereabouts::Dormant => {
                let slot = self.materialise(index, child, JobStatus::Pending, 0);
                self.finish(now, slot, false, reason);
            }
            Whereabouts::Slot(slot) if self.jobs[slot].status == JobStatus::Pending => {
                self.finish(now, slot, false, reason);
            }
            _ => {}
        }
    }

    /// A child became terminal: its siblings, its namesakes in other arrays and whoever waits for it hear of it, in order of
    /// job; then, if it was the last, whoever waits for its parent.
    pub(super) fn child_ended(&mut self, now: SimTime, index: u32, child: u32, succeeded: bool) {
        let array = &mut self.arrays[index];
        array.remaining -= 1;
        array.has_failed |= !succeeded;
        let parent = array.id;
        let first_told = self.tasks.len();
        if array.sequential && child + 1 < array.size {
            self.tasks.push_back(Task::Child {
                array: parent,
                child: child + 1,
                succeeded,
                is_same_index: false,
            });
        }
        for &other in &array.same_index {
            self.tasks.push_back(Task::Child {
                array: other,
                child,
                succeeded,
                is_same_index: true,
            });
        }
        let is_last = array.remaining == 0;
        if let Some(list) = array.dependents_by_child.remove(&child) {
            self.tell(list, succeeded);
            self.tasks.make_contiguous()[first_told..].sort_by_key(Task::who);
        }
        if is_last {
            self.end_array(now, index);
        }
    }

    /// All children are terminal: the parent ends, and whoever waits for all of it hears.
    fn end_array(&mut self, _now: SimTime, index: u32) {
        let array = &mut self.arrays[index];
        let (id, row, succeeded) = (array.id, array.row, !array.has_failed);
        let list = std::mem::replace(&mut array.dependents, NOWHERE);
        array.same_index = Vec::new();
        array.open_by_child = Vec::new();
        self.directory.set(id, Whereabouts::Ended(succeeded));
        self.arrays.release(index);
        if self.tells_row_ends {
            self.effects.push_back(Effect::RowEnded(row));
        }
        self.tell(list, succeeded);
    }

    /// Gives a child that waits in a block a slot. Its place in the order stays the block's.
    pub(super) fn seat_from_block(&mut self, index: u32, child: u32) -> Option<u32> {
        let array = &self.arrays[index];
        let is_waiting = array.is_block() && array.eligible != SimTime::NEVER;
        if !is_waiting || self.directory.get(array.child(child)) != Whereabouts::Dormant {
            return None;
        }
        let (queue, lane, job) = (array.queue, array.lane, array.child(child));
        let (contract, submitted, eligible, shape) =
            (array.contract, array.submitted, array.eligible, array.shape);
        let estimate = self.child_estimate(index, child);
        let rank = self.rank(queue, job, submitted, eligible, shape, estimate);
        let place = self.first_place(contract, queue, rank, job);
        self.lane_of(queue, lane).find(place)?;
        Some(self.materialise(index, child, JobStatus::Runnable, rank))
    }

    /// A job waits for nothing more: it becomes RUNNABLE, now or at the next tick.
    pub(super) fn satisfied(&mut self, now: SimTime, slot: u32) {
        let job = &mut self.jobs[slot];
        job.released = job.released.min(now);
        let at = now.next_tick(self.knobs.dependency_tick);
        if at > now {
            let attempt = Attempt {
                slot,
                generation: self.jobs[slot].generation,
            };
            self.effects.push_back(Effect::EligibleAt {
                at,
                ticket: Ticket::Job(attempt),
            });
        } else {
            self.enter_runnable(now, slot);
        }
    }
}
