//! How fast a queue dispatches: a bucket of tokens, of which each start takes one (`dispatchRate`, `dispatchBurst`).
//!
//! AWS publishes no rate; practitioners report one. The rule is ours: each queue has a bucket, full when it is created. What
//! goes from RUNNABLE to STARTING takes a token, a multi-node job one for each node, a retried attempt like a first one. A job
//! that is tried while there are not enough ends the pass of its queue, whatever else it lacks and whatever the discipline:
//! nothing starts past it. A multi-node job of more nodes than the bucket holds waits until it is full, and those that follow
//! wait for the rest. The queue is looked at again when there are enough, for its head too: one timer, however many wait.

use crate::model::{Knob, Observer, Settings};
use crate::policy::discipline::Place;
use crate::units::{QueueId, Ratio, SimTime, Span};

use super::{Control, Effect};

/// A token, in parts of a token per thousand.
const TOKEN: u128 = Ratio::PARTS as u128 * 1000;

/// The ceiling of every queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    /// Parts of a token per second, so parts of a token per thousand in a millisecond.
    parts: u128,
    /// Tokens that a bucket holds.
    burst: u64,
}

impl Rate {
    /// The ceiling that the settings put, if any.
    pub(super) fn of(settings: &Settings) -> Option<Rate> {
        let parts = u128::from(settings.ratio(Knob::DispatchRate).parts());
        (parts > 0).then(|| Rate {
            parts,
            burst: u64::from(settings.count(Knob::DispatchBurst).max(1)),
        })
    }
}

/// The bucket of one queue.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bucket {
    /// What is missing to a full one, in the unit of [`TOKEN`].
    missing: u128,
    /// When that was so.
    at: SimTime,
    /// When its queue is to be looked at again, if its last pass ended for want of tokens.
    alarm: Option<SimTime>,
    /// The latest alarm that was set, so that none is set twice.
    armed: SimTime,
}

impl Bucket {
    /// From when on `tokens` can be taken: `now`, or later.
    fn ready(&mut self, now: SimTime, rate: Rate, tokens: u64) -> SimTime {
        let refilled = u128::from((now - self.at).ms()) * rate.parts;
        self.missing = self.missing.saturating_sub(refilled);
        self.at = now;
        let spare = u128::from(rate.burst.saturating_sub(tokens)) * TOKEN;
        if self.missing <= spare {
            return now;
        }
        let ms = self.missing.saturating_sub(spare).div_ceil(rate.parts);
        // More nodes than there are milliseconds are never waited for.
        now + Span::from_ms(
            u64::try_from(ms).map_or(SimTime::LAST.ms(), |ms| ms.min(SimTime::LAST.ms())),
        )
    }

    /// Whether its queue is to be looked at.
    #[inline]
    pub(super) fn rings(&self, now: SimTime) -> bool {
        self.alarm.is_some_and(|at| at <= now)
    }
}

impl<O: Observer> Control<'_, O> {
    /// Tokens that a waiting job of `queue` takes.
    pub(super) fn tokens_of(&self, queue: QueueId, place: Place, lane: u32) -> u64 {
        let entry = self.lane_of(queue, lane).find(place);
        let gang =
            entry.and_then(|(_, entry)| self.contracts[entry.contract as usize].gang.as_ref());
        gang.map_or(1, |gang| gang.nodes.len() as u64)
    }

    /// Whether `queue` has so many tokens now.
    pub(super) fn has_tokens(
        &mut self,
        now: SimTime,
        queue: QueueId,
        rate: Rate,
        tokens: u64,
    ) -> bool {
        self.queues[queue.index()].bucket.ready(now, rate, tokens) == now
    }

    /// Something started that takes so many tokens.
    pub(super) fn take_tokens(&mut self, queue: QueueId, tokens: u64) {
        self.queues[queue.index()].bucket.missing += u128::from(tokens) * TOKEN;
    }

    /// After a pass: where there were not the tokens that a job `lacks`, or there are not those of the head, the queue is
    /// looked at again when there are.
    #[inline]
    pub(super) fn look_again(&mut self, now: SimTime, queue: QueueId, lacks: u64) {
        if let Some(rate) = self.knobs.rate {
            self.arm(now, queue, rate, lacks);
        }
    }

    #[inline(never)]
    fn arm(&mut self, now: SimTime, queue_id: QueueId, rate: Rate, lacks: u64) {
        let head = self.queues[queue_id.index()].watch.head;
        let tokens = match head {
            Some((place, lane)) if lacks == 0 => self.tokens_of(queue_id, place, lane),
            _ => lacks,
        };
        let bucket = &mut self.queues[queue_id.index()].bucket;
        let at = bucket.ready(now, rate, tokens);
        bucket.alarm = (at > now && tokens > 0).then_some(at);
        if bucket.alarm.is_some() && bucket.armed != at {
            bucket.armed = at;
            let tick = at.next_tick(self.knobs.dispatch_tick);
            self.effects.push_back(Effect::DecideAt(tick));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two tokens a second, three at once.
    const RATE: Rate = Rate {
        parts: 2 * Ratio::PARTS as u128,
        burst: 3,
    };

    fn at(ms: u64) -> SimTime {
        SimTime::from_ms(ms)
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let mut bucket = Bucket::default();
        let mut starts = Vec::new();
        let mut now = at(10_000);
        for _ in 0..6 {
            now = bucket.ready(now, RATE, 1);
            bucket.missing += TOKEN;
            starts.push(now.ms());
        }
        assert_eq!(starts, [10_000, 10_000, 10_000, 10_500, 11_000, 11_500]);
        assert_eq!(bucket.ready(at(60_000), RATE, 3), at(60_000), "full again");
    }

    #[test]
    fn a_gang_larger_than_the_bucket_waits_until_it_is_full_and_owes_the_rest() {
        let mut bucket = Bucket::default();
        bucket.missing += TOKEN;
        assert_eq!(bucket.ready(at(0), RATE, 10), at(500));
        let _ = bucket.ready(at(500), RATE, 10);
        bucket.missing += 10 * TOKEN;
        assert_eq!(bucket.ready(at(500), RATE, 1), at(500 + 8 * 500));
    }

    #[test]
    fn a_rate_that_divides_no_millisecond_is_not_exceeded() {
        let third = Rate {
            parts: Ratio::PARTS as u128 / 3,
            burst: 1,
        };
        let mut bucket = Bucket::default();
        let mut now = at(0);
        for _ in 0..4 {
            now = bucket.ready(now, third, 1);
            bucket.missing += TOKEN;
        }
        assert_eq!(now, at(9_001));
    }
}
