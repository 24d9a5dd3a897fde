//! Heads of queues: why they wait, when they count as blocked, and what jobStateTimeLimitActions do about it
//! (User Guide, jobs stuck in RUNNABLE).

use crate::model::{BlockReason, Observer, StatusReason};
use crate::policy::capacity::{Ask, Capacity, Ever};
use crate::policy::discipline::{Hold, Place, Waiting};
use crate::units::{EnvId, JobId, QueueId, SimTime, Span};

use super::job::Whereabouts;
use super::queue::Label;
use super::{Control, Effect};

impl<O: Observer> Control<'_, O> {
    /// After a pass: who is the head now, and why does it wait?
    pub(super) fn watch_head<C: Capacity>(
        &mut self,
        now: SimTime,
        queue_id: QueueId,
        capacity: &C,
        usable: &[EnvId],
        first_hold: Option<(Waiting, Hold)>,
    ) {
        let queue = &mut self.queues[queue_id.index()];
        let front = queue.turn(now).and_then(|lane| {
            queue.shares[lane as usize]
                .lane
                .front()
                .map(|entry| (entry.place, lane))
        });
        let held = first_hold.filter(|_| queue.holds_its_head);
        let Some((place, lane)) = held
            .map(|(waiting, _)| (waiting.place, waiting.lane))
            .or(front)
        else {
            self.label(now, queue_id, Label::Unlabelled, None);
            return;
        };
        let job = place.job;
        let before = match queue.watch.label {
            Label::Front(hold) if queue.watch.head.is_some_and(|(head, _)| head.job == job) => {
                Some(hold)
            }
            _ => None,
        };
        let no_room = if queue.is_fargate {
            Hold::MaxVcpus
        } else if queue.demand.is_some() {
            self.registry.before_decision(usable)
        } else {
            Hold::Capacity
        };
        let hold = match first_hold {
            // What a scaling decision found holds until the next one.
            Some((waiting, Hold::Capacity)) if waiting.place.job == job => match before {
                Some(Hold::Consumable | Hold::Token) | None => no_room,
                Some(hold) => hold,
            },
            Some((waiting, hold)) if waiting.place.job == job => hold,
            _ => before.unwrap_or(no_room),
        };
        let reason = self.impossible(queue_id, capacity, usable, place, lane);
        let label = reason.map_or(Label::Front(hold), Label::Blocked);
        self.label(now, queue_id, label, Some((place, lane)));
    }

    /// Why a head can never be placed as things are, if it cannot.
    fn impossible<C: Capacity>(
        &self,
        queue_id: QueueId,
        capacity: &C,
        usable: &[EnvId],
        place: Place,
        lane: u32,
    ) -> Option<BlockReason> {
        let queue = &self.queues[queue_id.index()];
        if usable.is_empty() {
            let all_invalid = queue
                .environments
                .iter()
                .all(|id| !self.registry.environments[id.index()].valid);
            return Some(if all_invalid {
                BlockReason::InvalidEnvironments
            } else {
                BlockReason::Undetermined
            });
        }
        let lane = &queue.shares[lane as usize].lane;
        let (_, entry) = lane.find(place)?;
        let gang = self.contracts[entry.contract as usize].gang.as_ref();
        let ask = Ask {
            job: place.job,
            shape: entry.shape,
            gang,
            expected_end: SimTime::ZERO,
            task: self.task_of(queue_id, entry),
        };
        match capacity.ever(&queue.environments, &ask) {
            Ever::Yes => None,
            Ever::TooMuch => Some(BlockReason::MaxResource),
            Ever::TooBig => Some(BlockReason::JobResourceRequirement),
        }
    }

    /// From now on `label` holds; a new block is declared after a while.
    fn label(&mut self, now: SimTime, queue: QueueId, label: Label, head: Option<(Place, u32)>) {
        let is_new = self.queues[queue.index()].relabel(now, label, head);
        if let (true, Label::Blocked(reason)) = (is_new, label) {
            let delay = match reason {
                BlockReason::MaxResource | BlockReason::JobResourceRequirement => {
                    self.knobs.blocked_after_misconfiguration
                }
                _ => self.knobs.blocked_after_undetermined,
            };
            self.watch_at(now + delay, queue);
        }
    }

    fn watch_at(&mut self, at: SimTime, queue: QueueId) {
        let stamp = self.queues[queue.index()].watch.stamp;
        self.effects.push_back(Effect::WatchAt { at, queue, stamp });
    }

    /// A timer about the head of `queue` ran out. Says whether it still meant anything: head or reason may be others.
    pub fn watch_timer(&mut self, now: SimTime, queue_id: QueueId, stamp: u32) -> bool {
        let queue = &mut self.queues[queue_id.index()];
        let (Label::Blocked(reason), Some((head, _))) = (queue.watch.label, queue.watch.head)
        else {
            return false;
        };
        let job = head.job;
        if queue.watch.stamp != stamp || matches!(self.directory.get(job), Whereabouts::Ended(_)) {
            return false;
        }
        let Some(since) = queue.watch.declared else {
            queue.watch.declared = Some(now);
            self.observer
                .queue_blocked(now, queue_id, job, reason.status_reason());
            if let Some(limit) = self.time_limit(queue_id, reason) {
                self.watch_at(now + limit, queue_id);
            }
            return true;
        };
        let is_over = self
            .time_limit(queue_id, reason)
            .is_some_and(|limit| since + limit <= now);
        if is_over {
            self.drop_waiting(now, job, StatusReason::TimeLimit(reason));
            self.settle(now);
        }
        is_over
    }

    /// The time limit of a queue for `reason`.
    fn time_limit(&self, queue: QueueId, reason: BlockReason) -> Option<Span> {
        let actions = &self.queues[queue.index()].spec.time_limit_actions;
        actions
            .iter()
            .find(|action| action.reason == reason)
            .map(|action| action.max_time)
    }

    /// The actions of a queue changed: a head that is declared blocked already is measured against the new ones.
    pub(super) fn renew_time_limits(&mut self, now: SimTime, queue: QueueId) {
        let watch = &self.queues[queue.index()].watch;
        if let (Label::Blocked(reason), Some(since)) = (watch.label, watch.declared)
            && let Some(limit) = self.time_limit(queue, reason)
        {
            self.watch_at((since + limit).max(now), queue);
        }
    }

    /// A job in RUNNABLE FAILS for `reason`.
    pub(super) fn drop_waiting(&mut self, now: SimTime, job: JobId, reason: StatusReason) {
        match self.directory.get(job) {
            Whereabouts::Slot(slot) => self.finish(now, slot, false, reason),
            Whereabouts::Dormant => {
                if let Some((array, child)) = self.array_of(job)
                    && let Some(slot) = self.seat_from_block(array, child)
                {
                    self.finish(now, slot, false, reason);
                }
            }
            Whereabouts::Waiting(contract) => {
                let slot = self.seat_waiting(job, contract);
                self.finish(now, slot, false, reason);
            }
            Whereabouts::Array(_) | Whereabouts::Ended(_) => {}
        }
    }

    /// The live array that has `job` as a child, and its index.
    pub(super) fn array_of(&self, job: JobId) -> Option<(u32, u32)> {
        (0..=job.0)
            .rev()
            .map(JobId)
            .find_map(|id| match self.directory.get(id) {
                Whereabouts::Array(array) => Some((array, job.0.checked_sub(id.0 + 1)?)),
                _ => None,
            })
    }

    /// A queue is to be looked at again at `at`.
    pub(super) fn wake(&mut self, at: SimTime, queue: QueueId) {
        self.queues[queue.index()].alarm = Some(at);
        self.effects
            .push_back(Effect::DecideAt(at.next_tick(self.knobs.dispatch_tick)));
    }
}
