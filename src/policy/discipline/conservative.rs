//! Conservative backfilling: every waiting job has a planned start, which no later job delays. When something ended, the
//! waiting jobs in order move to their earliest feasible start, never later; arrivals are then planned into what is left.
//! A job starts when its planned start has come.
//!
//! Cost: after an end, the square of the backlog; it is for one machine (a cluster), and for research.

use std::collections::BTreeMap;

use super::{Dispatch, Place, Turn, Waiting, Wanted};
use crate::units::{JobId, Shape, SimTime, Span};

#[derive(Default)]
pub(super) struct Conservative {
    planned: BTreeMap<Place, SimTime>,
}

impl Dispatch for Conservative {
    fn plans(&self) -> bool {
        true
    }

    fn needs_one_machine(&self) -> bool {
        true
    }

    fn pass(&mut self, turn: &mut dyn Turn) {
        let now = turn.now();
        let Some((room, ends)) = turn.profile() else {
            // Its environment takes no jobs now.
            return;
        };
        let mut profile = Profile::new(now, room, &ends);
        let jobs = single_jobs(turn);
        self.planned.retain(|place, _| turn.waits(*place));
        for job in &jobs {
            let Some(&start) = self.planned.get(&job.place) else {
                continue;
            };
            if profile.has_room(start.max(now), job.estimate, job.shape) {
                profile.take(start.max(now), job.estimate, job.shape);
            } else {
                // Another queue on the machine took the room, or the machine left: it is planned anew.
                self.planned.remove(&job.place);
            }
        }
        if turn.has_changed() {
            for job in &jobs {
                let Some(planned) = self.planned.get_mut(&job.place) else {
                    continue;
                };
                let start = (*planned).max(now);
                profile.give(start, job.estimate, job.shape);
                *planned = profile
                    .earliest(now, job.estimate, job.shape)
                    .unwrap_or(start)
                    .min(start);
                profile.take(*planned, job.estimate, job.shape);
            }
        }
        for job in &jobs {
            if !self.planned.contains_key(&job.place)
                && let Some(start) = profile.earliest(now, job.estimate, job.shape)
            {
                profile.take(start, job.estimate, job.shape);
                self.planned.insert(job.place, start);
            }
        }
        for job in &jobs {
            let is_time = self
                .planned
                .get(&job.place)
                .is_some_and(|&start| start <= now);
            if is_time && turn.start(job).is_ok() {
                self.planned.remove(&job.place);
            }
        }
        if let Some(&next) = self.planned.values().filter(|&&start| start > now).min() {
            turn.wake(next);
        }
    }
}

/// All waiting jobs in order, blocks taken apart.
fn single_jobs(turn: &mut dyn Turn) -> Vec<Waiting> {
    let everything = Wanted::fitting(Shape::new(u32::MAX, u32::MAX, u32::MAX));
    let mut jobs = Vec::new();
    let mut after = None;
    while let Some(waiting) = turn.next(after, &everything) {
        after = Some(waiting.last());
        jobs.extend((0..waiting.count).map(|n| Waiting {
            place: Place {
                job: JobId(waiting.place.job.0 + n),
                ..waiting.place
            },
            count: 1,
            ..waiting
        }));
    }
    jobs
}

/// Free room over time: from each moment on until the next.
struct Profile(Vec<(SimTime, Shape)>);

impl Profile {
    fn new(now: SimTime, room: Shape, ends: &[(SimTime, Shape)]) -> Profile {
        let mut steps = vec![(now, room)];
        for &(at, given_back) in ends {
            let (last_at, last_room) = steps[steps.len() - 1];
            let room = last_room.plus(given_back);
            if at <= last_at {
                let last = steps.len() - 1;
                steps[last].1 = room;
            } else {
                steps.push((at, room));
            }
        }
        Profile(steps)
    }

    /// Makes `at` a step; times before the first are the first.
    fn step(&mut self, at: SimTime) -> usize {
        match self.0.binary_search_by_key(&at, |&(step, _)| step) {
            Ok(index) => index,
            Err(0) => 0,
            Err(index) => {
                let room = self.0[index - 1].1;
                self.0.insert(index, (at, room));
                index
            }
        }
    }

    fn change(&mut self, start: SimTime, span: Span, change: impl Fn(Shape) -> Shape) {
        if span.is_zero() {
            return;
        }
        let from = self.step(start);
        let to = self.step(start + span);
        for (_, room) in &mut self.0[from..to] {
            *room = change(*room);
        }
    }

    fn take(&mut self, start: SimTime, span: Span, shape: Shape) {
        self.change(start, span, |room| room.less(shape));
    }

    fn give(&mut self, start: SimTime, span: Span, shape: Shape) {
        self.change(start, span, |room| room.plus(shape));
    }

    /// Whether there is room for `shape` from `start` on for all of `span`.
    fn has_room(&mut self, start: SimTime, span: Span, shape: Shape) -> bool {
        if span.is_zero() {
            return true;
        }
        let (from, to) = (self.step(start), self.step(start + span));
        self.0[from..to].iter().all(|(_, room)| shape.fits(*room))
    }

    /// The earliest start from `now` on at which there is room for `shape` for all of `span`.
    fn earliest(&self, now: SimTime, span: Span, shape: Shape) -> Option<SimTime> {
        let mut candidate: Option<SimTime> = None;
        for (index, &(at, room)) in self.0.iter().enumerate() {
            if !shape.fits(room) {
                candidate = None;
                continue;
            }
            let start = *candidate.get_or_insert(at.max(now));
            let next = self.0.get(index + 1).map_or(SimTime::NEVER, |&(at, _)| at);
            if next >= start + span {
                return Some(start);
            }
        }
        None
    }
}
