//! One pass over one queue: the discipline asks, the machines answer, jobs start.

use std::hint::black_box;

use crate::model::Observer;
use crate::policy::capacity::{Ask, Capacity, Placed, Reservation};
use crate::policy::discipline::{Hold, Place, Turn, Waiting, Wanted};
use crate::units::{EnvId, QueueId, Shape, SimTime};

use super::Control;
use super::lane::{Entry, Who};

/// What a discipline is lent for a pass.
struct Pass<'p, 'w, O: Observer, C: Capacity> {
    control: &'p mut Control<'w, O>,
    capacity: &'p mut C,
    queue: QueueId,
    now: SimTime,
    /// Environments of the queue that take jobs now, in order.
    usable: &'p [EnvId],
    /// The share whose turn it was when the head was last asked for.
    lane: u32,
    /// The first job that could not start, and why: the head.
    first_hold: Option<(Waiting, Hold)>,
    /// Tokens of a job for which there were not enough, after which nothing starts in this pass.
    lacks: u64,
}

impl<O: Observer> Control<'_, O> {
    /// A pass over `queue`.
    pub(super) fn pass<C: Capacity>(&mut self, now: SimTime, queue: QueueId, capacity: &mut C) {
        self.queues[queue.index()].is_due = false;
        if self.knobs.prefix_weight_times_n {
            // Shares that became active, or stopped being so, change the weights of those with their prefix.
            let _ = self.queues[queue.index()].active_shares(now);
            self.weigh(queue);
        }
        self.queues[queue.index()].count(now);
        let usable = std::mem::take(&mut self.queues[queue.index()].usable);
        let mut dispatch = self.queues[queue.index()]
            .dispatch
            .take()
            .expect("a discipline is lent for one pass");
        let mut pass = Pass {
            control: self,
            capacity,
            queue,
            now,
            usable: &usable,
            lane: 0,
            first_hold: None,
            lacks: 0,
        };
        dispatch.pass(&mut pass);
        let (first_hold, lacks) = (pass.first_hold, pass.lacks);
        self.queues[queue.index()].dispatch = Some(dispatch);
        self.end_pass(queue);
        self.watch_head(now, queue, capacity, &usable, first_hold);
        self.queues[queue.index()].usable = usable;
        self.look_again(now, queue, lacks);
    }

    fn end_pass(&mut self, queue: QueueId) {
        let queue = &mut self.queues[queue.index()];
        queue.has_changed = false;
        queue.fresh.clear();
        if let Some(fair) = queue.fair.as_mut()
            && !fair.aside.is_empty()
        {
            let aside = std::mem::take(&mut fair.aside);
            aside.into_iter().for_each(|lane| queue.note_waiting(lane));
        }
    }

    /// Whether a job of the queue may use `vcpus` more beside a fair-share reserve.
    #[inline]
    pub(super) fn leaves_reserve(&mut self, now: SimTime, queue: QueueId, vcpus: u32) -> bool {
        match &self.queues[queue.index()].fair {
            Some(fair) if fair.reservation > 0 => self.leaves_some(now, queue, vcpus),
            _ => true,
        }
    }

    #[inline(never)]
    fn leaves_some(&mut self, now: SimTime, queue: QueueId, vcpus: u32) -> bool {
        let stated = self.queues[queue.index()]
            .environments
            .iter()
            .filter_map(|id| self.registry.environments[id.index()].reserved_from)
            .map(u64::from);
        let all = stated.clone().next().map(|_| stated.sum());
        let queue = &mut self.queues[queue.index()];
        let limit = queue.vcpu_limit(now, all);
        limit.is_none_or(|limit| queue.vcpus_in_use + u64::from(vcpus) <= limit)
    }

    /// Reads the rows of the next few jobs of a share. Of a million jobs that wait none is in a cache; what is read side by
    /// side is waited for once (`benches/growth.rs`: a backlog of 500 shares costs a sixth less).
    #[inline]
    fn fetch_ahead(&self, queue: QueueId, lane: u32) {
        for entry in self.lane_of(queue, lane).next_few() {
            if let Who::Row(row) = entry.who {
                black_box(*self.workload.row(row));
            }
        }
    }

    /// Starts of one queue change what others can have.
    fn others_changed(&mut self, queue: QueueId, placed: &Placed) {
        for index in 0..self.registry.environments[placed.environment.index()]
            .queues
            .len()
        {
            let other = self.registry.environments[placed.environment.index()].queues[index];
            if other != queue {
                self.queues[other.index()].has_changed = true;
            }
        }
    }
}

impl<O: Observer, C: Capacity> Pass<'_, '_, O, C> {
    fn waiting(entry: &Entry, lane: u32) -> Waiting {
        Waiting {
            place: entry.place,
            lane,
            count: entry.count,
            shape: entry.shape,
            estimate: entry.estimate,
        }
    }

    /// Starts a job at the place that `place` finds for it, if the queue may start anything more.
    fn try_start(
        &mut self,
        waiting: &Waiting,
        place: impl FnOnce(&mut C, &Ask<'_>) -> Option<Placed>,
    ) -> Result<(), Hold> {
        let Some(rate) = self.control.knobs.rate else {
            return self.try_place(waiting, place);
        };
        if self.lacks == 0 {
            let tokens = (self.control).tokens_of(self.queue, waiting.place, waiting.lane);
            if (self.control).has_tokens(self.now, self.queue, rate, tokens) {
                self.try_place(waiting, place)?;
                self.control.take_tokens(self.queue, tokens);
                return Ok(());
            }
            self.lacks = tokens;
        }
        Err(Hold::Token)
    }

    /// Starts a job at the place that `place` finds for it.
    #[inline(always)]
    fn try_place(
        &mut self,
        waiting: &Waiting,
        place: impl FnOnce(&mut C, &Ask<'_>) -> Option<Placed>,
    ) -> Result<(), Hold> {
        let control = &mut *self.control;
        let lane = control.lane_of(self.queue, waiting.lane);
        let (spot, entry) = lane
            .find(waiting.place)
            .expect("a job that a discipline starts waits");
        let job = Entry {
            place: waiting.place,
            count: 1,
            ..*entry
        };
        let Entry {
            contract,
            who,
            shape,
            estimate,
            ..
        } = job;
        if !control.consumables_available(contract, who) {
            return Err(Hold::Consumable);
        }
        if !control.leaves_reserve(self.now, self.queue, shape.vcpus) {
            return Err(Hold::MaxVcpus);
        }
        let ask = Ask {
            job: waiting.place.job,
            shape,
            gang: control.contracts[contract as usize].gang.as_ref(),
            expected_end: self.now + estimate,
        };
        let placed = place(self.capacity, &ask).ok_or(Hold::Capacity)?;
        control.leave_lane(self.queue, waiting.lane, spot, &job);
        control.fetch_ahead(self.queue, waiting.lane);
        control.start(self.now, &job, self.queue, waiting.lane, placed);
        control.others_changed(self.queue, &placed);
        Ok(())
    }

    fn held(&mut self, waiting: &Waiting, answer: Result<(), Hold>) -> Result<(), Hold> {
        if let Err(hold) = answer {
            self.first_hold.get_or_insert((*waiting, hold));
        }
        answer
    }
}

impl<O: Observer, C: Capacity> Turn for Pass<'_, '_, O, C> {
    fn now(&self) -> SimTime {
        self.now
    }

    fn head(&mut self) -> Option<Waiting> {
        let queue = &mut self.control.queues[self.queue.index()];
        self.lane = queue.turn(self.now)?;
        queue.shares[self.lane as usize]
            .lane
            .front()
            .map(|entry| Self::waiting(entry, self.lane))
    }

    fn next(&mut self, after: Option<Place>, wanted: &Wanted) -> Option<Waiting> {
        if self.lacks > 0 {
            return None;
        }
        let lane = &mut self.control.queues[self.queue.index()]
            .shares
            .get_mut(self.lane as usize)?
            .lane;
        if lane.is_empty() {
            return None;
        }
        lane.next(after, wanted)
            .map(|entry| Self::waiting(&entry, self.lane))
    }

    fn start(&mut self, waiting: &Waiting) -> Result<(), Hold> {
        let (now, usable) = (self.now, self.usable);
        let answer = self.try_start(waiting, |capacity, ask| {
            usable
                .iter()
                .find_map(|&environment| capacity.place(now, environment, ask))
        });
        self.held(waiting, answer)
    }

    fn start_beside(
        &mut self,
        waiting: &Waiting,
        reservation: &mut Reservation,
    ) -> Result<(), Hold> {
        let (now, usable) = (self.now, self.usable);
        let answer = self.try_start(waiting, |capacity, ask| {
            if ask.gang.is_some() {
                None
            } else {
                capacity.place_beside(now, usable, ask, reservation)
            }
        });
        self.held(waiting, answer)
    }

    fn pass_over(&mut self) -> bool {
        let blocks = self.control.knobs.share_head_blocks;
        let lane = self.lane;
        let queue = &mut self.control.queues[self.queue.index()];
        match queue.fair.as_mut() {
            Some(fair) if !blocks && self.lacks == 0 => {
                fair.aside.push(lane);
                queue.note_waiting(lane);
                true
            }
            _ => false,
        }
    }

    fn waits(&self, place: Place) -> bool {
        let queue = &self.control.queues[self.queue.index()];
        queue
            .shares
            .iter()
            .any(|share| share.lane.find(place).is_some())
    }

    fn room(&self) -> Shape {
        self.capacity.roomiest(self.usable)
    }

    fn reserve(&self, waiting: &Waiting) -> Option<Reservation> {
        let ask = Ask {
            job: waiting.place.job,
            shape: waiting.shape,
            gang: None,
            expected_end: self.now,
        };
        self.capacity.reserve(self.usable, &ask)
    }

    fn profile(&self) -> Option<(Shape, Vec<(SimTime, Shape)>)> {
        self.capacity.profile(self.usable)
    }

    fn has_changed(&self) -> bool {
        self.control.queues[self.queue.index()].has_changed
    }

    fn fresh(&self) -> &[Place] {
        &self.control.queues[self.queue.index()].fresh
    }

    fn find(&self, place: Place) -> Option<Waiting> {
        let queue = &self.control.queues[self.queue.index()];
        let entry = queue.shares.first()?.lane.get(place)?;
        Some(Self::waiting(&entry, 0))
    }

    fn wake(&mut self, at: SimTime) {
        let queue = self.queue;
        self.control.wake(at, queue);
    }
}
