//! A queue: its shares, its order, and the clocks that tell waiting jobs what they waited for.
//!
//! Relabelling every waiting job whenever the reason of its wait changes would cost the backlog. So a queue keeps clocks of
//! how long each label held; a job notes them when it becomes RUNNABLE and takes the differences when it stops waiting.
//! At each moment one label holds for the whole queue: nobody was looked at yet, or no more may be dispatched for now
//! (*unlabelled*), its head can never be placed (*blocked*), its head waits for a scaling decision or for a machine on its way
//! (*scaling*, *boot*: decisions provide for everybody who waits, so everybody waits for them), or its head waits for something
//! else (*front*), which each share counts too while it is the one whose turn it is.

use crate::model::{BlockReason, JobQueue, TimeCause, TimeCauses};
use crate::policy::discipline::{Dispatch, Hold, Place};
use crate::policy::order::JobOrder;
use crate::units::{EnvId, JobId, Ratio, ShareId, SimTime, Span};

use super::clocks::{Clocks, Marks, Notes};
use super::demand::Demand;
use super::lane::Lane;
use super::rate::Bucket;
use super::shares::{Measure, Tournament, Usage};

/// Why the head of a queue waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// Nobody waited when it was last looked at.
    Unlabelled,
    /// Its head can never be placed as things are.
    Blocked(BlockReason),
    /// Its head waits.
    Front(Hold),
}

/// The head of a queue and why it waits.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) label: Label,
    pub(super) head: Option<(Place, u32)>,
    /// When the label was last counted into the clocks.
    counted: SimTime,
    /// Own waits of the head at the front.
    own: Own,
    /// Own waits of jobs that were heads before and were passed by a more urgent one.
    others: Vec<(JobId, Own)>,
    /// Changes whenever head or blocking reason change: makes timers void.
    pub(super) stamp: u32,
    /// When the block was declared, if it was.
    pub(super) declared: Option<SimTime>,
}

/// What a job waited for while it was the head, beyond being blocked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Own {
    capacity: Span,
    consumable: Span,
    max_vcpus: Span,
}

/// A share of a queue; a FIFO queue has one.
pub(super) struct Share {
    pub(super) id: ShareId,
    pub(super) name: String,
    pub(super) lane: Lane,
    pub(super) usage: Usage,
    /// Jobs of it that are not terminal.
    pub(super) live: u64,
    /// When its last job became terminal.
    pub(super) last_end: SimTime,
    pub(super) is_active: bool,
    /// How long it had its turn with a head that waited.
    front: Span,
}

/// The fair-share part of a queue.
pub(super) struct Fair {
    pub(super) policy: String,
    pub(super) measure: Measure,
    pub(super) reservation: u8,
    pub(super) tournament: Tournament,
    /// Shares that are active, idle ones within their window included.
    pub(super) active: u32,
    /// Shares whose last job ended: (when they stop being active, share).
    pub(super) expiring: std::collections::VecDeque<(SimTime, u32)>,
    /// Shares set aside for the current pass.
    pub(super) aside: Vec<u32>,
    /// Jobs that were retried to the front of the queue rather than of their share.
    pub(super) fronts: Vec<u32>,
}

/// A job queue at work.
pub(super) struct Queue {
    pub(super) spec: JobQueue,
    pub(super) deleted: bool,
    pub(super) environments: Vec<EnvId>,
    /// Those that take jobs now: ENABLED and VALID ones.
    pub(super) usable: Vec<EnvId>,
    /// The slowest machine type that may run its jobs: estimates allow for it.
    pub(super) slowest: Ratio,
    /// Whether its environments are of Fargate: all are, or none is.
    pub(super) is_fargate: bool,
    /// Whether its discipline plans with estimates, keeps its head, works on one machine only.
    pub(super) plans: bool,
    pub(super) holds_its_head: bool,
    pub(super) needs_one_machine: bool,
    /// Whether its discipline starts nothing behind a head that waits.
    pub(super) stops_at_its_head: bool,
    pub(super) dispatch: Option<Box<dyn Dispatch>>,
    pub(super) order: Box<dyn JobOrder>,
    pub(super) is_fifo: bool,
    pub(super) fair: Option<Fair>,
    pub(super) shares: Vec<Share>,
    /// Whether a pass could start something.
    pub(super) is_due: bool,
    /// When it asked to be looked at again.
    pub(super) alarm: Option<SimTime>,
    /// What it may start now, where there is a ceiling.
    pub(super) bucket: Bucket,
    /// Whether anything but arrivals happened since the last pass.
    pub(super) has_changed: bool,
    /// Places that came since the last pass; kept for disciplines that plan.
    pub(super) fresh: Vec<Place>,
    pub(super) vcpus_in_use: u64,
    /// Jobs that wait in it.
    pub(super) waiting: u64,
    /// Those jobs by shape, where a managed environment has to provide for them.
    pub(super) demand: Option<Demand>,
    pub(super) watch: Watch,
    clocks: Clocks,
    /// What the waiting jobs noted of them.
    notes: Notes,
}

impl Queue {
    pub(super) fn new(
        spec: JobQueue,
        dispatch: Box<dyn Dispatch>,
        order: Box<dyn JobOrder>,
        is_fifo: bool,
        fair: Option<Fair>,
        now: SimTime,
    ) -> Queue {
        Queue {
            spec,
            deleted: false,
            environments: Vec::new(),
            usable: Vec::new(),
            slowest: Ratio::ONE,
            is_fargate: false,
            plans: dispatch.plans(),
            holds_its_head: dispatch.holds_its_head(),
            needs_one_machine: dispatch.needs_one_machine(),
            stops_at_its_head: dispatch.stops_at_its_head(),
            dispatch: Some(dispatch),
            order,
            is_fifo,
            fair,
            shares: Vec::new(),
            is_due: false,
            alarm: None,
            bucket: Bucket::default(),
            has_changed: true,
            fresh: Vec::new(),
            vcpus_in_use: 0,
            waiting: 0,
            demand: None,
            watch: Watch {
                label: Label::Unlabelled,
                head: None,
                counted: now,
                own: Own::default(),
                others: Vec::new(),
                stamp: 0,
                declared: None,
            },
            clocks: Clocks::default(),
            notes: Notes::default(),
        }
    }

    /// Adds a share.
    pub(super) fn add_share(&mut self, id: ShareId, name: &str, usage: Usage) -> u32 {
        self.shares.push(Share {
            id,
            name: name.to_owned(),
            lane: Lane::default(),
            usage,
            live: 0,
            last_end: SimTime::ZERO,
            is_active: false,
            front: Span::ZERO,
        });
        (self.shares.len() - 1) as u32
    }

    /// The share whose turn it is, among those with waiting jobs that were not set aside.
    #[inline]
    pub(super) fn turn(&mut self, now: SimTime) -> Option<u32> {
        if self.fair.is_some() {
            return self.turn_of_shares(now);
        }
        let only = self.shares.first()?;
        (!only.lane.is_empty()).then_some(0)
    }

    #[inline(never)]
    fn turn_of_shares(&mut self, now: SimTime) -> Option<u32> {
        let fair = self.fair.as_mut()?;
        let (measure, shares) = (fair.measure, &mut self.shares);
        let (fronts, aside) = (&fair.fronts, &fair.aside);
        let front = fronts
            .iter()
            .filter(|lane| !aside.contains(lane))
            .min_by_key(|lane| {
                shares[**lane as usize]
                    .lane
                    .front()
                    .map(|entry| entry.place)
            });
        if let Some(&front) = front {
            return Some(front);
        }
        let winner = fair
            .tournament
            .winner(now, measure, |index| shares[index].usage.read(now, measure));
        winner.map(|index| index as u32)
    }

    /// Counts the current label up to `now`.
    #[inline]
    pub(super) fn count(&mut self, now: SimTime) {
        if now != self.watch.counted {
            self.count_anew(now);
        }
    }

    #[inline(never)]
    fn count_anew(&mut self, now: SimTime) {
        let passed = now - self.watch.counted;
        self.watch.counted = now;
        match self.watch.label {
            Label::Unlabelled | Label::Front(Hold::Token) => self.clocks.unlabelled += passed,
            Label::Blocked(_) => self.clocks.blocked += passed,
            Label::Front(Hold::Scaling) => self.clocks.scaling += passed,
            Label::Front(Hold::Boot) => self.clocks.boot += passed,
            Label::Front(hold) => {
                if let Some((_, lane)) = self.watch.head {
                    self.shares[lane as usize].front += passed;
                }
                let own = &mut self.watch.own;
                match hold {
                    Hold::Consumable => own.consumable += passed,
                    Hold::MaxVcpus => own.max_vcpus += passed,
                    Hold::Capacity | Hold::Scaling | Hold::Boot | Hold::Token => {
                        own.capacity += passed
                    }
                }
            }
        }
    }

    /// From `now` on, `label` holds and `head` is the head. Says whether the block (or its absence) is another one.
    pub(super) fn relabel(
        &mut self,
        now: SimTime,
        label: Label,
        head: Option<(Place, u32)>,
    ) -> bool {
        self.count(now);
        if (self.watch.label, self.watch.head) == (label, head) {
            return false;
        }
        let job = |head: Option<(Place, u32)>| head.map(|(place, _)| place.job);
        let is_other_head = job(self.watch.head) != job(head);
        if is_other_head {
            if let Some((before, _)) = self.watch.head
                && self.watch.own != Own::default()
            {
                self.watch.others.push((before.job, self.watch.own));
            }
            self.watch.own = job(head)
                .map(|job| self.take_own_of_others(job))
                .unwrap_or_default();
        }
        let was_blocked = matches!(self.watch.label, Label::Blocked(_));
        let is_blocked = matches!(label, Label::Blocked(_));
        let is_new = (was_blocked || is_blocked) && (is_other_head || self.watch.label != label);
        self.watch.label = label;
        self.watch.head = head;
        if is_new {
            self.watch.stamp += 1;
            self.watch.declared = None;
        }
        is_new
    }

    /// The clocks for a job that becomes RUNNABLE at `now` and comes into the order next.
    #[inline]
    pub(super) fn marks(&mut self, now: SimTime, lane: u32) -> Marks {
        self.count(now);
        if self.waiting == 0 {
            self.notes.clear();
        } else if self.notes.are_many() {
            let lanes = self.shares.iter_mut().map(|share| &mut share.lane);
            self.notes.keep(lanes.flat_map(Lane::marks_mut));
        }
        Marks {
            note: self.notes.make(self.clocks),
            lane_front: self.shares[lane as usize].front,
        }
    }

    /// What `job` waited for since `since`, when it noted `marks`; into `causes`. It stops waiting at `now`.
    pub(super) fn explain(
        &mut self,
        now: SimTime,
        job: JobId,
        lane: u32,
        since: SimTime,
        marks: Marks,
        causes: &mut TimeCauses,
    ) {
        self.count(now);
        let own = if self.watch.head.is_some_and(|(head, _)| head.job == job) {
            std::mem::take(&mut self.watch.own)
        } else {
            self.take_own_of_others(job)
        };
        let (then, clocks) = (self.notes.read(marks.note), self.clocks);
        let unlabelled = clocks.unlabelled - then.unlabelled;
        let blocked = clocks.blocked - then.blocked;
        let scaling = clocks.scaling - then.scaling;
        let boot = clocks.boot - then.boot;
        let lane_front = self.shares[lane as usize].front - marks.lane_front;
        let front = (now - since) - unlabelled - blocked - scaling - boot;
        let at_front = own.capacity + own.consumable + own.max_vcpus;
        causes.add(TimeCause::Dispatch, unlabelled);
        causes.add(TimeCause::BlockedHead, blocked);
        causes.add(TimeCause::Share, front - lane_front);
        causes.add(TimeCause::Queue, lane_front - at_front);
        causes.add(TimeCause::Capacity, own.capacity);
        causes.add(TimeCause::Consumable, own.consumable);
        causes.add(TimeCause::MaxVcpus, own.max_vcpus);
        causes.add(TimeCause::Scaling, scaling);
        causes.add(TimeCause::Boot, boot);
    }

    fn take_own_of_others(&mut self, job: JobId) -> Own {
        match self
            .watch
            .others
            .iter()
            .position(|&(other, _)| other == job)
        {
            Some(index) => self.watch.others.swap_remove(index).1,
            None => Own::default(),
        }
    }

    /// vCPUs of fair-share jobs that may be in use at once, where something is reserved.
    pub(super) fn vcpu_limit(&mut self, now: SimTime, all: Option<u64>) -> Option<u64> {
        let all = all?;
        let fair = self.fair.as_mut()?;
        if fair.reservation == 0 {
            return None;
        }
        let active = expire(fair, &mut self.shares, now);
        Some(all - super::shares::reserved_vcpus(all, fair.reservation, active))
    }

    /// A job of share `lane` came; says whether the share would be one active share too many.
    pub(super) fn would_exceed_active_shares(
        &mut self,
        now: SimTime,
        lane: u32,
        max: usize,
    ) -> bool {
        let Some(fair) = self.fair.as_mut() else {
            return false;
        };
        let active = expire(fair, &mut self.shares, now);
        !self.shares[lane as usize].is_active && active as usize >= max
    }

    /// `count` more jobs of share `lane` are alive. Says whether the share became active, which makes the reserve smaller.
    #[inline]
    pub(super) fn joined(&mut self, lane: u32, count: u64) -> bool {
        let share = &mut self.shares[lane as usize];
        share.live += count;
        let Some(fair) = self.fair.as_mut().filter(|_| !share.is_active) else {
            return false;
        };
        share.is_active = true;
        fair.active += 1;
        fair.reservation > 0
    }

    /// A job of share `lane` became terminal.
    #[inline]
    pub(super) fn left(&mut self, now: SimTime, lane: u32) {
        let share = &mut self.shares[lane as usize];
        share.live -= 1;
        share.last_end = now;
        if share.live == 0
            && let Some(fair) = self.fair.as_mut()
        {
            fair.expiring.push_back((now + fair.measure.window, lane));
        }
    }

    /// Its policy is another one or was changed: from `now` on usage is measured by it. What has left the window before is
    /// forgotten, and shares that idle stop being active by the new one.
    pub(super) fn renew_policy(&mut self, now: SimTime, measure: Measure, reservation: u8) {
        if let Some(fair) = self.fair.as_mut() {
            expire(fair, &mut self.shares, now);
            let before = std::mem::replace(&mut fair.measure, measure).window;
            fair.reservation = reservation;
            for share in &mut self.shares {
                share.usage.forget(now, before);
            }
            fair.tournament.change_window(now, before, measure.window);
            let idle = self
                .shares
                .iter()
                .enumerate()
                .filter(|(_, share)| share.is_active && share.live == 0);
            let window = fair.measure.window;
            let mut expiring: Vec<_> = idle
                .map(|(lane, share)| (share.last_end + window, lane as u32))
                .collect();
            expiring.sort_unstable();
            fair.expiring = expiring.into();
        }
    }

    /// A job of share `lane` began to use vCPUs, or gave them back.
    #[inline]
    pub(super) fn use_vcpus(&mut self, now: SimTime, lane: u32, delta: i64) {
        self.vcpus_in_use = self
            .vcpus_in_use
            .checked_add_signed(delta)
            .expect("no fewer than no vCPUs are in use");
        if self.fair.is_some() {
            self.use_of_share(now, lane, delta);
        }
    }

    #[inline(never)]
    fn use_of_share(&mut self, now: SimTime, lane: u32, delta: i64) {
        let Some(fair) = self.fair.as_mut() else {
            return;
        };
        let usage = &mut self.shares[lane as usize].usage;
        usage.change(now, delta);
        if usage.in_use() > 0 {
            fair.tournament.warms(lane as usize);
            fair.tournament.touch(lane as usize);
        } else {
            let rest = usage.rest(now, fair.measure.window);
            fair.tournament.rests(lane as usize, now, rest);
        }
    }

    /// Share `lane` has used so many vCPU-milliseconds, as they count at `now`. It is active.
    pub(super) fn has_used(&mut self, now: SimTime, lane: u32, vcpu_ms: u64) {
        self.joined(lane, 1);
        self.shares[lane as usize].usage.add(now, vcpu_ms);
        if let Some(fair) = self.fair.as_mut() {
            fair.tournament.warms(lane as usize);
        }
        self.use_of_share(now, lane, 0);
        self.left(now, lane);
    }

    /// Number of active shares at `now`.
    pub(super) fn active_shares(&mut self, now: SimTime) -> Option<u32> {
        self.fair
            .as_mut()
            .map(|fair| expire(fair, &mut self.shares, now))
    }

    /// Tells the tournament whether share `lane` has anybody waiting.
    #[inline]
    pub(super) fn note_waiting(&mut self, lane: u32) {
        if self.fair.is_some() {
            self.tell_tournament(lane);
        }
    }

    #[inline(never)]
    fn tell_tournament(&mut self, lane: u32) {
        let waiting = !self.shares[lane as usize].lane.is_empty();
        if let Some(fair) = self.fair.as_mut() {
            fair.tournament
                .set_waiting(lane as usize, waiting && !fair.aside.contains(&lane));
        }
    }
}

/// Shares whose window is over stop being active. Returns how many are left.
fn expire(fair: &mut Fair, shares: &mut [Share], now: SimTime) -> u32 {
    while let Some(&(at, lane)) = fair.expiring.front().filter(|&&(at, _)| at <= now) {
        fair.expiring.pop_front();
        let share = &mut shares[lane as usize];
        if share.is_active && share.live == 0 && share.last_end + fair.measure.window == at {
            share.is_active = false;
            fair.active -= 1;
        }
    }
    fair.active
}
